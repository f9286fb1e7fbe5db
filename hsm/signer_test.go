package hsm

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"testing"

	"github.com/keyceremony/ceremony/byok"
)

// software is as much of a Token as a Signer uses, with keys in memory.
type software struct {
	Token
	keys  []*byok.PrivateKey
	spoil bool // damages signatures
}

func (s *software) Find(context.Context, Query) ([]Key, error) {
	var keys []Key
	for i, k := range s.keys {
		keys = append(keys, Key{ID: []byte{byte(i)}, Type: k.Type(), Public: k.Public()})
	}
	return keys, nil
}

func (s *software) Sign(_ context.Context, id []byte, hash Hash, digest []byte) ([]byte, error) {
	sig, err := s.keys[id[0]].Sign(string(hash), digest)
	if s.spoil {
		sig[len(sig)-1] ^= 1
	}
	return sig, err
}

func TestSigner(t *testing.T) {
	sum := sha256.Sum256([]byte("statement"))
	for _, kind := range []byok.KeyType{"P-256", "RSA-2048"} {
		key, err := byok.GenerateKey(rand.Reader, kind)
		if err != nil {
			t.Fatal(err)
		}
		token := &software{keys: []*byok.PrivateKey{key}}
		s, err := NewSigner(t.Context(), token, Query{})
		if err != nil {
			t.Fatal(err)
		}
		sig, err := s.Sign(nil, sum[:], crypto.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		switch pub := s.Public().(type) {
		case *ecdsa.PublicKey:
			if !ecdsa.VerifyASN1(pub, sum[:], sig) {
				t.Error("the ECDSA signature does not verify")
			}
		case *rsa.PublicKey:
			if err := rsa.VerifyPKCS1v15(pub, crypto.SHA256, sum[:], sig); err != nil {
				t.Error(err)
			}
		default:
			t.Errorf("public key of type %T", pub)
		}
		token.spoil = true
		if _, err := s.Sign(nil, sum[:], crypto.SHA256); !errors.Is(err, byok.ErrSignature) {
			t.Errorf("a damaged signature of the token is handed out: %v", err)
		}
	}
}

func TestSignerRefusals(t *testing.T) {
	key, err := byok.GenerateKey(rand.Reader, "P-256")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewSigner(t.Context(), &software{}, Query{Label: "x"}); !errors.Is(err, ErrNoKey) {
		t.Errorf("%v, wanted %v", err, ErrNoKey)
	}
	two := &software{keys: []*byok.PrivateKey{key, key}}
	if _, err := NewSigner(t.Context(), two, Query{}); !errors.Is(err, ErrManyKeys) {
		t.Errorf("%v, wanted %v", err, ErrManyKeys)
	}
	s, err := NewSigner(t.Context(), &software{keys: []*byok.PrivateKey{key}}, Query{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Sign(nil, make([]byte, 20), crypto.SHA1); !errors.Is(err, ErrCannot) {
		t.Errorf("%v, wanted %v", err, ErrCannot)
	}
}

func TestQueryString(t *testing.T) {
	for want, q := range map[string]Query{
		"any key": {}, `label "a"`: {Label: "a"}, "id 0102": {ID: []byte{1, 2}}, `id 01, label "a"`: {ID: []byte{1}, Label: "a"},
	} {
		if got := q.String(); got != want {
			t.Errorf("%q, wanted %q", got, want)
		}
	}
}
