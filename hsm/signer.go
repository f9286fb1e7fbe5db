package hsm

import (
	"context"
	"crypto"
	"crypto/rsa"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"math/big"

	"github.com/keyceremony/ceremony/byok"
)

// A Signer signs with a key of a token as a crypto.Signer, and through
// ssh.NewSignerFromSigner as an SSH key: the HSM's seal key and people's cards.
type Signer struct {
	ctx   context.Context
	token Token
	key   Key
}

var _ crypto.Signer = (*Signer)(nil)

// NewSigner finds exactly one RSA or EC key with a public half. The token
// stays the caller's, open and logged in; ctx bounds every signature, because
// crypto.Signer hands none down.
func NewSigner(ctx context.Context, t Token, q Query) (*Signer, error) {
	keys, err := t.Find(ctx, q)
	switch {
	case err != nil:
		return nil, err
	case len(keys) == 0:
		return nil, fmt.Errorf("%w: %s", ErrNoKey, q)
	case len(keys) > 1:
		return nil, fmt.Errorf("%w: %d keys match %s", ErrManyKeys, len(keys), q)
	}
	k := keys[0]
	if k.Public == nil {
		return nil, fmt.Errorf("%w: sign with key %q: its type or its public half is not known", ErrCannot, k.Label)
	}
	return &Signer{ctx, t, k}, nil
}

// String names what the query asks for.
func (q Query) String() string {
	switch {
	case len(q.ID) > 0 && q.Label != "":
		return fmt.Sprintf("id %x, label %q", q.ID, q.Label)
	case len(q.ID) > 0:
		return fmt.Sprintf("id %x", q.ID)
	case q.Label != "":
		return fmt.Sprintf("label %q", q.Label)
	}
	return "any key"
}

// Key returns the key that signs.
func (s *Signer) Key() Key { return s.key }

// Public returns the key's public half, as *rsa.PublicKey or *ecdsa.PublicKey.
func (s *Signer) Public() crypto.PublicKey { return s.key.Public.Crypto() }

// Sign signs a digest: RSA as RSASSA-PKCS1-v1_5, EC as the ASN.1 of crypto/ecdsa
// (RFC 3279, 2.2.3). It takes SHA-256, SHA-384 and SHA-512. The token's
// signature is verified before it is returned.
func (s *Signer) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	hash, ok := map[crypto.Hash]Hash{crypto.SHA256: SHA256, crypto.SHA384: SHA384, crypto.SHA512: SHA512}[opts.HashFunc()]
	if !ok {
		return nil, fmt.Errorf("%w: sign a digest of %v", ErrCannot, opts.HashFunc())
	}
	if _, pss := opts.(*rsa.PSSOptions); pss {
		return nil, fmt.Errorf("%w: sign with RSA-PSS", ErrCannot)
	}
	sig, err := s.token.Sign(s.ctx, s.key.ID, hash, digest)
	if err != nil {
		return nil, err
	}
	if err := s.key.Public.Verify(string(hash), digest, sig); err != nil {
		return nil, fmt.Errorf("the token's signature with key %q: %w", s.key.Label, err)
	}
	if s.key.Type.Kind() == byok.KindRSA {
		return sig, nil
	}
	return derSignature(sig)
}

// derSignature turns r‖s into SEQUENCE { r, s }.
func derSignature(sig []byte) ([]byte, error) {
	if len(sig) == 0 || len(sig)%2 != 0 {
		return nil, errors.New("internal error: a signature of an odd length")
	}
	half := len(sig) / 2
	r, s := new(big.Int).SetBytes(sig[:half]), new(big.Int).SetBytes(sig[half:])
	return asn1.Marshal(struct{ R, S *big.Int }{r, s})
}
