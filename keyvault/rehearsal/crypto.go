package rehearsal

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"errors"
	"io"

	"github.com/keyceremony/ceremony/byok"
)

var hashes = map[string]crypto.Hash{"SHA-256": crypto.SHA256, "SHA-384": crypto.SHA384, "SHA-512": crypto.SHA512}

// sign signs a digest: PKCS#1 v1.5 or PSS with a salt as long as the hash
// (RFC 7518, 3.3 and 3.5), or r ‖ s (3.4).
func sign(key *byok.PrivateKey, alg string, digest []byte) ([]byte, error) {
	hash, pss, err := checkSigning(key, alg, digest)
	if err != nil {
		return nil, err
	}
	if !pss {
		return key.Sign(hash, digest)
	}
	priv, ok := key.Crypto().(*rsa.PrivateKey)
	if !ok {
		return nil, badAlgorithm(alg)
	}
	return rsa.SignPSS(rand.Reader, priv, hashes[hash], digest, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
}

func verify(key *byok.PrivateKey, alg string, digest, sig []byte) (bool, error) {
	hash, pss, err := checkSigning(key, alg, digest)
	if err != nil {
		return false, err
	}
	if !pss {
		return key.Public().Verify(hash, digest, sig) == nil, nil
	}
	pub, ok := key.Public().Crypto().(*rsa.PublicKey)
	if !ok {
		return false, badAlgorithm(alg)
	}
	return rsa.VerifyPSS(pub, hashes[hash], digest, sig, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil, nil
}

var errDecrypt = badParameter("The parameter is incorrect.")

// asymmetric encrypts or decrypts with RSA; wrapping a key is the same
// operation under another permission.
func asymmetric(op string, key *byok.PrivateKey, req opRequest) ([]byte, error) {
	priv, ok := key.Crypto().(*rsa.PrivateKey)
	if !ok {
		return nil, badAlgorithm(req.Alg)
	}
	out, err := rsaOp(op == "encrypt" || op == "wrapKey", priv, req.Alg, req.Value)
	var f *fault
	if err != nil && !errors.As(err, &f) {
		return nil, errDecrypt
	}
	return out, err
}

func rsaOp(encrypt bool, key *rsa.PrivateKey, alg string, value []byte) ([]byte, error) {
	switch alg {
	case "RSA1_5":
		if encrypt {
			//lint:ignore SA1019 the service offers it, so a rehearsal does
			return rsa.EncryptPKCS1v15(rand.Reader, &key.PublicKey, value)
		}
		//lint:ignore SA1019 the service offers it, so a rehearsal does
		return rsa.DecryptPKCS1v15(nil, key, value)
	case "RSA-OAEP":
		if encrypt {
			return rsa.EncryptOAEP(sha1.New(), rand.Reader, &key.PublicKey, value, nil)
		}
		return rsa.DecryptOAEP(sha1.New(), nil, key, value, nil)
	case "RSA-OAEP-256":
		if encrypt {
			return rsa.EncryptOAEP(sha256.New(), rand.Reader, &key.PublicKey, value, nil)
		}
		return rsa.DecryptOAEP(sha256.New(), nil, key, value, nil)
	}
	return nil, badAlgorithm(alg)
}

// symmetric encrypts or decrypts with AES. Only KW wraps and unwraps.
func (s *Server) symmetric(op string, key []byte, req opRequest, out *opResult) error {
	size, mode := keyBits(req.Alg)
	wrap := op == "wrapKey" || op == "unwrapKey"
	if size != len(key) || wrap != (mode == "KW") {
		return badAlgorithm(req.Alg)
	}
	var err error
	switch mode {
	case "KW":
		out.Value, err = keyWrap(op == "wrapKey", key, req.Value)
	case "CBC", "CBCPAD":
		err = s.cbc(op == "encrypt", mode == "CBCPAD", key, req, out)
	case "GCM":
		err = s.gcm(op == "encrypt", key, req, out)
	default:
		return badAlgorithm(req.Alg)
	}
	if err != nil {
		return errDecrypt
	}
	return nil
}

func keyWrap(wrap bool, key, value []byte) ([]byte, error) {
	if wrap {
		return byok.WrapKW(key, value)
	}
	return byok.UnwrapKW(key, value)
}

// cbc is AES-CBC, with PKCS#7 padding if pad.
func (s *Server) cbc(encrypt, pad bool, key []byte, req opRequest, out *opResult) error {
	block, err := aes.NewCipher(key)
	if err != nil {
		return err
	}
	text := bytes.Clone(req.Value)
	if encrypt && pad {
		n := aes.BlockSize - len(text)%aes.BlockSize
		text = append(text, bytes.Repeat([]byte{byte(n)}, n)...)
	}
	if len(req.IV) != aes.BlockSize || len(text) == 0 || len(text)%aes.BlockSize != 0 {
		return errDecrypt
	}
	out.IV = req.IV
	out.Value = make(data, len(text))
	if encrypt {
		cipher.NewCBCEncrypter(block, req.IV).CryptBlocks(out.Value, text)
		return nil
	}
	cipher.NewCBCDecrypter(block, req.IV).CryptBlocks(out.Value, text)
	if pad {
		out.Value, err = unpad(out.Value)
	}
	return err
}

func unpad(b []byte) ([]byte, error) {
	n := int(b[len(b)-1])
	if n < 1 || n > aes.BlockSize || !bytes.Equal(b[len(b)-n:], bytes.Repeat([]byte{byte(n)}, n)) {
		return nil, errDecrypt
	}
	return b[:len(b)-n], nil
}

// gcm is AES-GCM; the service chooses the nonce, as the real one does.
func (s *Server) gcm(encrypt bool, key []byte, req opRequest, out *opResult) error {
	block, err := aes.NewCipher(key)
	if err != nil {
		return err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return err
	}
	if !encrypt {
		if len(req.IV) != aead.NonceSize() {
			return errDecrypt
		}
		out.Value, err = aead.Open(nil, req.IV, append(bytes.Clone(req.Value), req.Tag...), req.AAD)
		return err
	}
	out.IV = make(data, aead.NonceSize())
	if _, err := io.ReadFull(s.opts.Rand, out.IV); err != nil {
		return err
	}
	sealed := aead.Seal(nil, out.IV, req.Value, req.AAD)
	out.Value, out.Tag = sealed[:len(req.Value)], sealed[len(req.Value):]
	return nil
}
