package hsmtest

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"testing"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/hsm"
)

// order: nothing is wrapped before there is a probe and a KEK.
func (r *suite) order(t *testing.T) {
	id := r.keys[r.Types[0]].ID
	if _, err := r.token.Wrap(t.Context(), id); !errors.Is(err, hsm.ErrNotProbed) {
		t.Errorf("wrap before the probe: %v, wanted %v", err, hsm.ErrNotProbed)
	}
}

func (r *suite) probe(t *testing.T) {
	c, err := r.token.Probe(t.Context(), 2048, r.Types, false)
	if err != nil {
		t.Fatal(err)
	}
	if c.Way == "" || len(c.Types) != len(r.Types) || len(c.Tried) == 0 {
		t.Fatalf("no way was found: %+v", c)
	}
	for i, kind := range r.Types {
		got := c.Types[i]
		if got.Type != kind || !got.OK {
			t.Errorf("%s: %+v", kind, got)
		}
		padded := got.TrailingZeros > 0 && got.TrailingZeros <= 7 && got.Problem != ""
		if wanted := r.Zeros && (kind.Kind() == byok.KindRSA || kind == "P-256"); wanted != padded && (wanted || !r.Zeros) {
			t.Errorf("%s: %d trailing zeros, %q", kind, got.TrailingZeros, got.Problem)
		}
	}
	t.Logf("%s", c.Way)
	if _, err := r.token.Wrap(t.Context(), r.keys[r.Types[0]].ID); !errors.Is(err, hsm.ErrNoKEK) {
		t.Errorf("wrap before the KEK is loaded: %v, wanted %v", err, hsm.ErrNoKEK)
	}
	if all, err := r.token.Find(t.Context(), hsm.Query{}); err != nil || len(all) != len(r.Types) {
		t.Errorf("%d keys after the probe (%v), wanted %d", len(all), err, len(r.Types))
	}
}

func (r *suite) wrap(t *testing.T) {
	for _, bits := range []int{2048, 3072, 4096} {
		public, private := KEK(t, bits)
		read, err := r.token.LoadKEK(t.Context(), public)
		if err != nil {
			t.Fatal(err)
		}
		if !read.Equal(public) {
			t.Fatalf("the KEK of %d bits reads back as another", bits)
		}
		for _, kind := range r.Types {
			ciphertext, err := r.token.Wrap(t.Context(), r.keys[kind].ID)
			if err != nil {
				t.Fatalf("%s under %d: %v", kind, bits, err)
			}
			if least, most := byok.CiphertextLengths(kind, bits); len(ciphertext) < least || len(ciphertext) > most {
				t.Errorf("%s under %d: %d bytes, not %d to %d", kind, bits, len(ciphertext), least, most)
			}
			plain, err := byok.Unwrap(private, crypto.SHA1, ciphertext)
			if err != nil {
				t.Fatalf("%s under %d: %v", kind, bits, err)
			}
			r.compare(t, kind, plain)
		}
	}
	if _, err := r.token.Wrap(t.Context(), []byte("nothing has this id")); !errors.Is(err, hsm.ErrNoKey) {
		t.Errorf("wrap of no key: %v, wanted %v", err, hsm.ErrNoKey)
	}
}

// compare holds what came out of the blob against what the token said of the key.
func (r *suite) compare(t *testing.T, kind byok.KeyType, plain []byte) {
	t.Helper()
	want := r.keys[kind]
	if kind.Kind() == byok.KindAES {
		if len(plain)*8 != kind.Bits() {
			t.Fatalf("%s: %d bytes", kind, len(plain))
		}
		mac, err := byok.CMAC(plain, make([]byte, 16))
		if err != nil || hex.EncodeToString(mac[:3]) != want.KCV {
			t.Errorf("%s: another key check value than %s (%v)", kind, want.KCV, err)
		}
		r.sameAES(t, want.ID, plain)
		return
	}
	key, zeros, err := byok.ParsePKCS8(plain)
	if err != nil {
		t.Fatalf("%s: %v", kind, err)
	}
	if zeros > 0 && !r.Zeros {
		t.Errorf("%s: %d zeros behind the PKCS#8", kind, zeros)
	}
	if !key.Public().Equal(want.Public) {
		t.Errorf("%s: another key", kind)
	}
}

// sameAES encrypts with the token and with the key that came out of the blob.
func (r *suite) sameAES(t *testing.T, id, raw []byte) {
	t.Helper()
	iv, text := make([]byte, 16), make([]byte, 32)
	_, _ = rand.Read(iv)
	_, _ = rand.Read(text)
	block, err := aes.NewCipher(raw)
	if err != nil {
		t.Fatal(err)
	}
	want := make([]byte, len(text))
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(want, text)
	if got, err := r.token.Encrypt(t.Context(), id, hsm.CBC, iv, text); err != nil || !bytes.Equal(got, want) {
		t.Errorf("CBC: another ciphertext (%v)", err)
	}
	if want, err = byok.WrapKW(raw, text); err != nil {
		t.Fatal(err)
	}
	if got, err := r.token.Encrypt(t.Context(), id, hsm.KW, nil, text); err != nil || !bytes.Equal(got, want) {
		t.Errorf("KW: another ciphertext (%v)", err)
	}
}

func (r *suite) sign(t *testing.T) {
	message := []byte("a challenge")
	d256, d384, d512 := sha256.Sum256(message), sha512.Sum384(message), sha512.Sum512(message)
	digests := map[hsm.Hash][]byte{hsm.SHA256: d256[:], hsm.SHA384: d384[:], hsm.SHA512: d512[:]}
	for _, kind := range r.Types {
		if kind.Kind() == byok.KindAES {
			continue
		}
		k := r.keys[kind]
		for hash, digest := range digests {
			sig, err := r.token.Sign(t.Context(), k.ID, hash, digest)
			if err != nil {
				t.Fatalf("%s, %s: %v", kind, hash, err)
			}
			if err := k.Public.Verify(string(hash), digest, sig); err != nil {
				t.Errorf("%s, %s: %v", kind, hash, err)
			}
		}
	}
	if _, err := r.token.Sign(t.Context(), r.keys[r.Types[0]].ID, hsm.SHA384, d256[:]); err == nil {
		t.Error("a digest of 32 bytes was signed as SHA-384")
	}
}

func (r *suite) decrypt(t *testing.T) {
	for _, kind := range r.Types {
		if kind.Kind() != byok.KindRSA {
			continue
		}
		k, secret := r.keys[kind], make([]byte, 32)
		_, _ = rand.Read(secret)
		ciphertext, err := k.Public.EncryptOAEP(rand.Reader, crypto.SHA1, secret)
		if err != nil {
			t.Fatal(err)
		}
		if plain, err := r.token.Decrypt(t.Context(), k.ID, ciphertext); err != nil || !bytes.Equal(plain, secret) {
			t.Errorf("%s: another plaintext (%v)", kind, err)
		}
		ciphertext[len(ciphertext)-1] ^= 1
		if _, err := r.token.Decrypt(t.Context(), k.ID, ciphertext); err == nil {
			t.Errorf("%s: a damaged ciphertext decrypts", kind)
		}
	}
}

// encrypt: sizes that the modes do not have are refused. That the ciphertexts
// are right is seen in wrap.
func (r *suite) encrypt(t *testing.T) {
	for _, kind := range r.Types {
		if kind.Kind() != byok.KindAES {
			continue
		}
		for name, f := range map[string]struct {
			mode     hsm.Mode
			iv, text int
		}{
			"no IV":          {hsm.CBC, 0, 32},
			"half a block":   {hsm.CBC, 16, 24},
			"nothing":        {hsm.CBC, 16, 0},
			"one semiblock":  {hsm.KW, 0, 8},
			"not semiblocks": {hsm.KW, 0, 20},
			"another mode":   {"ECB", 0, 16},
		} {
			if _, err := r.token.Encrypt(t.Context(), r.keys[kind].ID, f.mode, make([]byte, f.iv), make([]byte, f.text)); err == nil {
				t.Errorf("%s, %s: no error", kind, name)
			}
		}
	}
}

// cannot: what a type of key does not do is ErrCannot.
func (r *suite) cannot(t *testing.T) {
	ec := r.keys[r.Types[0]].ID
	if _, err := r.token.Decrypt(t.Context(), ec, make([]byte, 256)); !errors.Is(err, hsm.ErrCannot) {
		t.Errorf("an EC key decrypts: %v, wanted %v", err, hsm.ErrCannot)
	}
	if _, err := r.token.Encrypt(t.Context(), ec, hsm.CBC, make([]byte, 16), make([]byte, 16)); !errors.Is(err, hsm.ErrCannot) {
		t.Errorf("an EC key encrypts: %v, wanted %v", err, hsm.ErrCannot)
	}
	for _, kind := range r.Types {
		if kind.Kind() == byok.KindAES {
			if _, err := r.token.Sign(t.Context(), r.keys[kind].ID, hsm.SHA256, make([]byte, 32)); !errors.Is(err, hsm.ErrCannot) {
				t.Errorf("%s signs: %v, wanted %v", kind, err, hsm.ErrCannot)
			}
		}
	}
}

// settle gives the fates to the keys in turn, so that each kind has each.
func (r *suite) settle(t *testing.T) {
	fates := []hsm.Fate{hsm.FateUnextractable, hsm.FateDestroy, hsm.FateKeep}
	for i, kind := range r.Types {
		r.settleOne(t, r.keys[kind], fates[i%len(fates)])
	}
	if _, err := r.token.Settle(t.Context(), []byte("nothing has this id"), hsm.FateKeep); !errors.Is(err, hsm.ErrNoKey) {
		t.Errorf("settle no key: %v, wanted %v", err, hsm.ErrNoKey)
	}
}

func (r *suite) settleOne(t *testing.T, k hsm.Key, fate hsm.Fate) {
	t.Helper()
	got, err := r.token.Settle(t.Context(), k.ID, fate)
	if err != nil {
		t.Fatalf("%s, %s: %v", k.Type, fate, err)
	}
	_, wrapErr := r.token.Wrap(t.Context(), k.ID)
	switch fate {
	case hsm.FateKeep:
		same(t, got, k)
		if wrapErr != nil || got.Extractable == nil || !*got.Extractable {
			t.Errorf("%s: kept, but %v", k.Type, wrapErr)
		}
	case hsm.FateUnextractable:
		same(t, got, k)
		if !errors.Is(wrapErr, hsm.ErrNotExtractable) || got.Extractable == nil || *got.Extractable {
			t.Errorf("%s: not extractable, but wrap says %v", k.Type, wrapErr)
		}
	case hsm.FateDestroy:
		if !errors.Is(wrapErr, hsm.ErrNoKey) || !bytes.Equal(got.ID, k.ID) || got.Type != "" {
			t.Errorf("%s: destroyed, but wrap says %v", k.Type, wrapErr)
		}
		found, err := r.token.Find(t.Context(), hsm.Query{ID: k.ID})
		if err != nil || len(found) != 0 {
			t.Errorf("%s: destroyed, but %d are found (%v)", k.Type, len(found), err)
		}
	}
}
