package hsmtest

import (
	"context"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"fmt"
	"slices"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/hsm"
)

// use finds the key for an operation that keys of some kinds can do.
func (m *memory) use(op string, id []byte, kinds ...byok.Kind) (*byok.PrivateKey, error) {
	o, err := m.one(id)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	if !slices.Contains(kinds, o.key.Type().Kind()) {
		return nil, fmt.Errorf("%s: %w with a key of type %s", op, hsm.ErrCannot, o.key.Type())
	}
	return o.key, nil
}

func (m *memory) Sign(ctx context.Context, id []byte, hash hsm.Hash, digest []byte) ([]byte, error) {
	leave, err := m.enter(ctx)
	defer leave()
	if err != nil {
		return nil, err
	}
	key, err := m.use("sign", id, byok.KindRSA, byok.KindEC)
	if err != nil {
		return nil, err
	}
	return key.Sign(string(hash), digest)
}

func (m *memory) Decrypt(ctx context.Context, id, ciphertext []byte) ([]byte, error) {
	leave, err := m.enter(ctx)
	defer leave()
	if err != nil {
		return nil, err
	}
	key, err := m.use("decrypt", id, byok.KindRSA)
	if err != nil {
		return nil, err
	}
	return key.DecryptOAEP(crypto.SHA1, ciphertext)
}

func (m *memory) Encrypt(ctx context.Context, id []byte, mode hsm.Mode, iv, plaintext []byte) ([]byte, error) {
	leave, err := m.enter(ctx)
	defer leave()
	if err != nil {
		return nil, err
	}
	key, err := m.use("encrypt", id, byok.KindAES)
	switch {
	case err != nil:
		return nil, err
	case mode == hsm.KW && len(iv) == 0:
		return byok.WrapKW(key.AES(), plaintext)
	case mode == hsm.CBC && len(iv) == aes.BlockSize && len(plaintext) > 0 && len(plaintext)%aes.BlockSize == 0:
		return encryptCBC(key.AES(), iv, plaintext)
	}
	return nil, fmt.Errorf("encrypt: %d bytes with an IV of %d do not fit the mode %q", len(plaintext), len(iv), mode)
}

func encryptCBC(raw, iv, plaintext []byte) ([]byte, error) {
	block, err := aes.NewCipher(raw)
	if err != nil {
		return nil, err
	}
	out := make([]byte, len(plaintext))
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(out, plaintext)
	return out, nil
}
