package vaulttest

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/keyvault"
)

// use performs every operation of a key, and checks each against the key
// outside the vault.
func (f *fixture) use(k keyvault.Key, kt byok.KeyType, key *byok.PrivateKey) {
	f.t.Helper()
	switch kt.Kind() {
	case byok.KindRSA:
		for _, alg := range []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"} {
			f.sign(k, alg, key)
		}
		for _, alg := range []string{"RSA1_5", "RSA-OAEP", "RSA-OAEP-256"} {
			f.roundTrip(k, keyvault.CryptoParams{Alg: alg, Data: []byte("sixteen bytes !!")})
		}
		f.decryptForeign(k, key)
	case byok.KindEC:
		f.sign(k, map[byok.KeyType]string{byok.P256: "ES256", byok.P384: "ES384", byok.P521: "ES512", byok.P256K: "ES256K"}[kt], key)
	case byok.KindAES:
		f.symmetric(k, kt, key.AES())
	}
}

// digests of one message, as the algorithms take them.
func digestFor(alg string) (hash string, sum []byte) {
	msg := []byte("a challenge")
	switch alg[len(alg)-3:] {
	case "384":
		d := sha512.Sum384(msg)
		return "SHA-384", d[:]
	case "512":
		d := sha512.Sum512(msg)
		return "SHA-512", d[:]
	}
	d := sha256.Sum256(msg)
	return "SHA-256", d[:]
}

func (f *fixture) sign(k keyvault.Key, alg string, key *byok.PrivateKey) {
	f.t.Helper()
	ctx := f.t.Context()
	hash, sum := digestFor(alg)
	sig, err := f.Vault.Sign(ctx, k.Name, k.Version, alg, sum)
	if err != nil {
		f.t.Errorf("%s: %s", alg, Detail(err))
		return
	}
	if err := check(key.Public(), alg, hash, sum, sig); err != nil {
		f.t.Errorf("%s: the vault's signature does not verify outside: %v", alg, err)
	}
	if ok, err := f.Vault.Verify(ctx, k.Name, k.Version, alg, sum, sig); !ok || err != nil {
		f.t.Errorf("%s: the vault does not verify its own signature: %v", alg, err)
	}
	sum[0] ^= 1
	if ok, err := f.Vault.Verify(ctx, k.Name, k.Version, alg, sum, sig); ok || err != nil {
		f.t.Errorf("%s: verifies over another digest: %v, %v", alg, ok, err)
	}
	if _, err := f.Vault.Sign(ctx, k.Name, k.Version, alg, sum[:20]); CodeOf(err) != keyvault.BadRequest {
		f.t.Errorf("%s: signs 20 bytes: %v", alg, err)
	}
}

func check(pub *byok.PublicKey, alg, hash string, sum, sig []byte) error {
	if alg[:2] != "PS" {
		return pub.Verify(hash, sum, sig)
	}
	h := map[string]crypto.Hash{"SHA-256": crypto.SHA256, "SHA-384": crypto.SHA384, "SHA-512": crypto.SHA512}[hash]
	return rsa.VerifyPSS(pub.Crypto().(*rsa.PublicKey), h, sum, sig, nil)
}

// roundTrip encrypts and decrypts, wraps and unwraps.
func (f *fixture) roundTrip(k keyvault.Key, op keyvault.CryptoParams) {
	f.t.Helper()
	ctx := f.t.Context()
	ct, err := f.Vault.Encrypt(ctx, k.Name, k.Version, op)
	if err != nil {
		f.t.Errorf("%s: encrypt: %s", op.Alg, Detail(err))
		return
	}
	back := op
	back.Data = ct
	if pt, err := f.Vault.Decrypt(ctx, k.Name, k.Version, back); err != nil || !bytes.Equal(pt, op.Data) {
		f.t.Errorf("%s: decrypt: %v", op.Alg, err)
	}
	if back.Data, err = f.Vault.Wrap(ctx, k.Name, k.Version, op); err != nil {
		f.t.Errorf("%s: wrap: %s", op.Alg, Detail(err))
		return
	}
	if pt, err := f.Vault.Unwrap(ctx, k.Name, k.Version, back); err != nil || !bytes.Equal(pt, op.Data) {
		f.t.Errorf("%s: unwrap: %v", op.Alg, err)
	}
}

// decryptForeign is the challenge of a key that may only decrypt: encrypted
// outside to the recorded public key.
func (f *fixture) decryptForeign(k keyvault.Key, key *byok.PrivateKey) {
	f.t.Helper()
	msg := bytes.Repeat([]byte{7}, 32)
	ct, err := key.Public().EncryptOAEP(rand.Reader, crypto.SHA256, msg)
	if err != nil {
		f.t.Fatal(err)
	}
	op := keyvault.CryptoParams{Alg: "RSA-OAEP-256", Data: ct}
	if pt, err := f.Vault.Decrypt(f.t.Context(), k.Name, k.Version, op); err != nil || !bytes.Equal(pt, msg) {
		f.t.Errorf("decrypt what was encrypted outside: %v", err)
	}
	op.Data = bytes.Clone(ct)
	op.Data[5] ^= 1
	if _, err := f.Vault.Decrypt(f.t.Context(), k.Name, k.Version, op); CodeOf(err) != keyvault.BadRequest {
		f.t.Errorf("decrypt something else: %v", err)
	}
}

// symmetric compares the vault's ciphertext with our own, as the challenge of
// an AES key does.
func (f *fixture) symmetric(k keyvault.Key, kt byok.KeyType, raw []byte) {
	f.t.Helper()
	ctx, size := f.t.Context(), string(kt)[4:]
	iv, msg := bytes.Repeat([]byte{9}, 16), bytes.Repeat([]byte{3}, 32)
	op := keyvault.CryptoParams{Alg: "A" + size + "CBC", IV: iv, Data: msg}
	ct, err := f.Vault.Encrypt(ctx, k.Name, k.Version, op)
	if err != nil {
		f.t.Fatal(Detail(err))
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		f.t.Fatal(err)
	}
	want := make([]byte, len(msg))
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(want, msg)
	if !bytes.Equal(ct, want) {
		f.t.Error("the vault's CBC ciphertext is not ours")
	}
	op.Data = ct
	if pt, err := f.Vault.Decrypt(ctx, k.Name, k.Version, op); err != nil || !bytes.Equal(pt, msg) {
		f.t.Errorf("CBC: decrypt: %v", err)
	}
	kw := keyvault.CryptoParams{Alg: "A" + size + "KW", Data: msg}
	wrapped, err := f.Vault.Wrap(ctx, k.Name, k.Version, kw)
	if err != nil {
		f.t.Fatal(Detail(err))
	}
	if want, _ := byok.WrapKW(raw, msg); !bytes.Equal(wrapped, want) {
		f.t.Error("the vault's wrapped key is not ours")
	}
	kw.Data = wrapped
	if pt, err := f.Vault.Unwrap(ctx, k.Name, k.Version, kw); err != nil || !bytes.Equal(pt, msg) {
		f.t.Errorf("KW: unwrap: %v", err)
	}
	if _, err := f.Vault.Encrypt(ctx, k.Name, k.Version, keyvault.CryptoParams{Alg: "RSA-OAEP", Data: msg}); CodeOf(err) != keyvault.BadRequest {
		f.t.Errorf("an AES key encrypts with RSA: %v", err)
	}
}
