package hsmtest

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/hsm"
)

// wayOne is the one mechanism by which the token wraps.
const wayOne hsm.Way = "CKM_RSA_AES_KEY_WRAP"

// Probe wraps throw-away keys as Wrap does and unwraps them again.
func (m *memory) Probe(ctx context.Context, kekBits int, types []byok.KeyType, trusted bool) (hsm.Capability, error) {
	leave, err := m.enter(ctx)
	defer leave()
	if err == nil && !m.user {
		err = hsm.ErrNotLoggedIn
	}
	var kek *rsa.PrivateKey
	if err == nil {
		kek, err = rsa.GenerateKey(rand.Reader, kekBits)
	}
	if err != nil {
		return hsm.Capability{}, fmt.Errorf("probe: %w", err)
	}
	m.way, m.probed = wayOne, map[byok.KeyType]bool{}
	c := hsm.Capability{Way: wayOne, Tried: []hsm.Attempt{{Way: wayOne, Result: "right"}}}
	if trusted {
		c.Untrusted = &hsm.Refusal{OK: true, Found: hsm.ErrWrapWithTrusted.Error()} // as Wrap refuses it
	}
	for _, kind := range types {
		if err := trial(kek, kind); err != nil {
			return hsm.Capability{}, fmt.Errorf("probe with a key of type %s: %w", kind, err)
		}
		m.probed[kind] = true
		c.Types = append(c.Types, hsm.TypeResult{Type: kind, Generated: true, OK: true})
	}
	return c, nil
}

// trial wraps a throw-away key, unwraps it and compares.
func trial(kek *rsa.PrivateKey, kind byok.KeyType) error {
	public, err := byok.NewKEK(&kek.PublicKey)
	if err != nil {
		return err
	}
	key, err := byok.GenerateKey(rand.Reader, kind)
	if err != nil {
		return err
	}
	blob, err := byok.Wrap(rand.Reader, public, crypto.SHA1, key.Plaintext())
	if err != nil {
		return err
	}
	back, err := byok.Unwrap(kek, crypto.SHA1, blob)
	if err == nil && !bytes.Equal(back, key.Plaintext()) {
		err = errors.New("another key comes back")
	}
	return err
}

func (m *memory) Wrap(ctx context.Context, id []byte) ([]byte, error) {
	leave, err := m.enter(ctx)
	defer leave()
	switch {
	case err != nil:
		return nil, err
	case m.way == "":
		return nil, hsm.ErrNotProbed
	case m.kek == nil:
		return nil, hsm.ErrNoKEK
	}
	o, err := m.one(id)
	switch {
	case err != nil:
		return nil, err
	case !o.extractable:
		return nil, fmt.Errorf("%w: its CKA_EXTRACTABLE is not true", hsm.ErrNotExtractable)
	case o.trustedOnly && !m.trusts(m.kek):
		return nil, fmt.Errorf("%w: the security officer has not marked the loaded KEK as trusted", hsm.ErrWrapWithTrusted)
	case !m.probed[o.key.Type()]:
		return nil, fmt.Errorf("%w for keys of type %s", hsm.ErrNotProbed, o.key.Type())
	}
	return byok.Wrap(rand.Reader, m.kek, crypto.SHA1, o.key.Plaintext())
}
