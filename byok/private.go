package byok

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"io"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
)

const whatPrivate = "private key"

// PrivateKey is a target key that software holds: a throw-away key of a probe,
// a key of the rehearsal vault, a key of a test. A real target key stays in
// its HSM and is never one of these.
type PrivateKey struct {
	typ KeyType
	rsa *rsa.PrivateKey
	ec  *ecdsa.PrivateKey
	k   *secp256k1.PrivateKey // P-256K
	aes []byte
	pub *PublicKey // nil for AES
}

// GenerateKey makes a key. AES keys are read from random; for the others the
// standard library and decred insist on the system's random source.
func GenerateKey(random io.Reader, t KeyType) (*PrivateKey, error) {
	switch row := t.info(); {
	case row.kind == KindAES:
		raw := make([]byte, row.bits/8)
		if _, err := io.ReadFull(random, raw); err != nil {
			return nil, fmt.Errorf("generating an %s key: %w", t, err)
		}
		return NewAESKey(raw)
	case row.kind == KindRSA:
		key, err := rsa.GenerateKey(rand.Reader, row.bits)
		if err != nil {
			return nil, fmt.Errorf("generating an %s key: %w", t, err)
		}
		return NewPrivateKey(key)
	case t == P256K:
		key, err := secp256k1.GeneratePrivateKey()
		if err != nil {
			return nil, fmt.Errorf("generating a %s key: %w", t, err)
		}
		return NewPrivateKey(key)
	case row.kind == KindEC:
		key, err := ecdsa.GenerateKey(row.curve, rand.Reader)
		if err != nil {
			return nil, fmt.Errorf("generating a %s key: %w", t, err)
		}
		return NewPrivateKey(key)
	default:
		return nil, malformed("key type", "type", "one of "+typeNames(), "%s", shown(string(t)))
	}
}

// NewAESKey makes a key of 16, 24 or 32 raw bytes, which are copied.
func NewAESKey(raw []byte) (*PrivateKey, error) {
	t := typeOf(KindAES, 8*len(raw))
	if t == "" {
		return nil, malformed(whatPrivate, "size", "16, 24 or 32 bytes", "an AES key of %s", plural(len(raw), "byte"))
	}
	return &PrivateKey{typ: t, aes: bytes.Clone(raw)}, nil
}

// NewPrivateKey takes an *rsa.PrivateKey of two primes, an *ecdsa.PrivateKey
// or a *secp256k1.PrivateKey of decred.
func NewPrivateKey(key crypto.PrivateKey) (*PrivateKey, error) {
	switch key := key.(type) {
	case *rsa.PrivateKey:
		return newRSAKey(key)
	case *ecdsa.PrivateKey:
		return newECKey(key)
	case *secp256k1.PrivateKey:
		if key.Key.IsZero() {
			return nil, malformed(whatPrivate, "scalar", "a number from 1 to the order of P-256K less one", "zero")
		}
		pub, err := newPoint(whatPrivate, P256K, key.PubKey().SerializeUncompressed())
		if err != nil {
			return nil, err
		}
		return &PrivateKey{typ: P256K, k: key, pub: pub}, nil
	default:
		return nil, malformed(whatPrivate, "algorithm", "an RSA or EC key", "a %T", key)
	}
}

func newRSAKey(key *rsa.PrivateKey) (*PrivateKey, error) {
	if len(key.Primes) != 2 {
		return nil, malformed(whatPrivate, "primes", "two", "%s", plural(len(key.Primes), "prime"))
	}
	pub, err := NewRSAPublicKey(key.N, key.E)
	if err != nil {
		return nil, err
	}
	if key.Validate() != nil {
		return nil, malformed(whatPrivate, "numbers", "numbers of one RSA key", "numbers that contradict each other")
	}
	key.Precompute()
	return &PrivateKey{typ: pub.typ, rsa: key, pub: pub}, nil
}

func newECKey(key *ecdsa.PrivateKey) (*PrivateKey, error) {
	for _, row := range types {
		if row.curve == nil || row.curve != key.Curve {
			continue
		}
		point, err := key.PublicKey.Bytes()
		if err != nil {
			return nil, malformed(whatPrivate, "point", "a point on "+string(row.typ), "one that is not on the curve")
		}
		pub, err := newPoint(whatPrivate, row.typ, point)
		if err != nil {
			return nil, err
		}
		return &PrivateKey{typ: row.typ, ec: key, pub: pub}, nil
	}
	return nil, malformed(whatPrivate, "curve", "P-256, P-384, P-521 or P-256K", "another curve")
}

// Type returns the type and size of the key.
func (k *PrivateKey) Type() KeyType { return k.typ }

// Public returns the public half, nil for AES.
func (k *PrivateKey) Public() *PublicKey { return k.pub }

// AES returns a copy of the raw bytes of an AES key, nil for any other.
func (k *PrivateKey) AES() []byte { return bytes.Clone(k.aes) }

// Crypto returns an *rsa.PrivateKey, an *ecdsa.PrivateKey, for P-256K a
// *secp256k1.PrivateKey of decred, and for AES its raw bytes.
func (k *PrivateKey) Crypto() crypto.PrivateKey {
	switch {
	case k.rsa != nil:
		return k.rsa
	case k.ec != nil:
		return k.ec
	case k.k != nil:
		return k.k
	default:
		return k.AES()
	}
}

// DecryptOAEP reverses PublicKey.EncryptOAEP. Every failure is ErrUnwrap.
func (k *PrivateKey) DecryptOAEP(hash crypto.Hash, ciphertext []byte) ([]byte, error) {
	if k.rsa == nil {
		return nil, malformed(whatPrivate, "algorithm", "an RSA key", "%s", k.typ)
	}
	return decryptOAEP(k.rsa, hash, ciphertext)
}
