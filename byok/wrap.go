package byok

import (
	"crypto"
	"crypto/rsa"
	_ "crypto/sha1" // Azure's OAEP is over SHA-1
	"fmt"
	"io"
)

// ephemeralSize is the length of the AES key between KEK and target key. The
// specification names no length; every known implementation takes AES-256.
const ephemeralSize = 32

// Wrap makes the ciphertext of a key transfer blob in software, as
// CKM_RSA_AES_KEY_WRAP does (PKCS #11 v2.40, "RSA AES KEY WRAP"): RSAES-OAEP of
// a fresh AES-256 key, then AES key wrap with padding of the plaintext under it.
//
// hash is crypto.SHA1 for Azure; MGF1 uses the same one, the label is empty.
// plaintext is PKCS#8, or the raw bytes of an AES key.
func Wrap(rand io.Reader, kek *KEK, hash crypto.Hash, plaintext []byte) ([]byte, error) {
	ephemeral := make([]byte, ephemeralSize)
	defer clear(ephemeral)
	if _, err := io.ReadFull(rand, ephemeral); err != nil {
		return nil, fmt.Errorf("making an AES key: %w", err)
	}
	wrapped, err := WrapKWP(ephemeral, plaintext)
	if err != nil {
		return nil, err
	}
	head, err := encryptOAEP(rand, kek.pub, hash, ephemeral)
	if err != nil {
		return nil, err
	}
	return append(head, wrapped...), nil
}

// Unwrap reverses Wrap. Every failure is ErrUnwrap, and the work done is the
// same whether the AES key or the padding is wrong: where OAEP fails, the rest
// is unwrapped with a key of zeros and the result thrown away.
func Unwrap(kek *rsa.PrivateKey, hash crypto.Hash, ciphertext []byte) ([]byte, error) {
	if kek == nil || len(ciphertext) < kek.Size()+16 {
		return nil, ErrUnwrap
	}
	ephemeral := make([]byte, ephemeralSize)
	defer clear(ephemeral)
	decrypted, err := decryptOAEP(kek, hash, ciphertext[:kek.Size()])
	held := err == nil && len(decrypted) == ephemeralSize
	if held {
		copy(ephemeral, decrypted)
	}
	clear(decrypted)
	plaintext, err := UnwrapKWP(ephemeral, ciphertext[kek.Size():])
	if !held || err != nil {
		clear(plaintext)
		return nil, ErrUnwrap
	}
	return plaintext, nil
}

// checkHash allows the hashes that a service documents for OAEP.
func checkHash(hash crypto.Hash) error {
	switch hash {
	case crypto.SHA1, crypto.SHA256, crypto.SHA384, crypto.SHA512:
		return nil
	default:
		return fmt.Errorf("found hash number %d for OAEP, wanted SHA-1, SHA-256, SHA-384 or SHA-512", uint(hash))
	}
}

func encryptOAEP(rand io.Reader, pub *rsa.PublicKey, hash crypto.Hash, msg []byte) ([]byte, error) {
	if err := checkHash(hash); err != nil {
		return nil, err
	}
	out, err := rsa.EncryptOAEP(hash.New(), rand, pub, msg, nil)
	if err != nil {
		return nil, fmt.Errorf("encrypting with RSA-OAEP: %w", err)
	}
	return out, nil
}

func decryptOAEP(key *rsa.PrivateKey, hash crypto.Hash, ciphertext []byte) ([]byte, error) {
	if err := checkHash(hash); err != nil {
		return nil, err
	}
	msg, err := rsa.DecryptOAEP(hash.New(), nil, key, ciphertext, nil)
	if err != nil {
		return nil, ErrUnwrap
	}
	return msg, nil
}
