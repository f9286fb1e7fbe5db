package byok

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"testing"
)

// TestMatrix wraps every key type under every KEK, through the file and back.
func TestMatrix(t *testing.T) {
	for _, bits := range kekSizes {
		for _, typ := range KeyTypes() {
			t.Run(fmt.Sprintf("%s under %d", typ, bits), func(t *testing.T) {
				kek, private := testKEK(t, bits)
				key := testKey(t, typ)
				plaintexts := map[string][]byte{"plaintext": key.Plaintext()}
				if typ.Kind() == KindEC {
					plaintexts["bare"] = key.pkcs8Bare()
				}
				for form, plaintext := range plaintexts {
					got := throughFile(t, kek, typ, plaintext, func(ct []byte) ([]byte, error) { return Unwrap(private, crypto.SHA1, ct) })
					if !bytes.Equal(got, plaintext) {
						t.Errorf("%s: another plaintext came back", form)
					}
					again, _, err := ParsePlaintext(typ.Kind(), got)
					if err != nil || again.Type() != typ || !bytes.Equal(again.Plaintext(), key.Plaintext()) {
						t.Errorf("%s: another key came back: %v", form, err)
					}
				}
			})
		}
	}
}

// throughFile wraps, encodes, lints, decodes and unwraps.
func throughFile(t *testing.T, kek *KEK, typ KeyType, plaintext []byte, unwrap func([]byte) ([]byte, error)) []byte {
	t.Helper()
	ct, err := Wrap(rand.Reader, kek, crypto.SHA1, plaintext)
	if err != nil {
		t.Fatal(err)
	}
	if shortest, longest := CiphertextLengths(typ, kek.Bits()); len(ct) < shortest || len(ct) > longest {
		t.Errorf("%d bytes, want %d to %d", len(ct), shortest, longest)
	}
	file, err := Blob{testKID, ct, "ceremony test"}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range Lint(file, Expect{testKID, "contoso.vault.azure.net", kek.Bits(), typ}) {
		if !f.OK {
			t.Errorf("%+v", f)
		}
	}
	blob, _, err := Decode(file)
	if err != nil || blob.KID != testKID || !bytes.Equal(blob.Ciphertext, ct) || blob.Generator != "ceremony test" {
		t.Fatalf("Decode: %v", err)
	}
	got, err := unwrap(blob.Ciphertext)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestWrapHashes(t *testing.T) {
	kek, private := testKEK(t, 2048)
	hashes := []crypto.Hash{crypto.SHA1, crypto.SHA256, crypto.SHA384, crypto.SHA512}
	for _, h := range hashes {
		ct, err := Wrap(rand.Reader, kek, h, []byte("plaintext"))
		if err != nil {
			t.Fatal(err)
		}
		for _, other := range hashes {
			got, err := Unwrap(private, other, ct)
			if h == other && (err != nil || string(got) != "plaintext") || h != other && !errors.Is(err, ErrUnwrap) {
				t.Errorf("wrapped with %v, unwrapped with %v: %q, %v", h, other, got, err)
			}
		}
	}
}

func TestWrapRefuses(t *testing.T) {
	kek, private := testKEK(t, 2048)
	for _, tt := range []struct {
		name string
		call func() error
		want string
	}{
		{"no plaintext", func() error { _, err := Wrap(rand.Reader, kek, crypto.SHA1, nil); return err }, "found 0 bytes to wrap, wanted 1 to 1048576"},
		{"MD5", func() error { _, err := Wrap(rand.Reader, kek, crypto.MD5, []byte{1}); return err }, "found hash number 2 for OAEP, wanted SHA-1, SHA-256, SHA-384 or SHA-512"},
		{"no random source", func() error { _, err := Wrap(brokenReader{}, kek, crypto.SHA1, []byte{1}); return err }, "making an AES key: unexpected EOF"},
		{"random source ends", func() error {
			_, err := Wrap(io.LimitReader(rand.Reader, 32), kek, crypto.SHA1, []byte{1})
			return err
		}, "encrypting with RSA-OAEP: EOF"},
		{"unwrap with MD5", func() error { _, err := Unwrap(private, crypto.MD5, make([]byte, 280)); return err }, ErrUnwrap.Error()},
		{"unwrap nothing", func() error { _, err := Unwrap(private, crypto.SHA1, nil); return err }, ErrUnwrap.Error()},
		{"unwrap without key", func() error { _, err := Unwrap(nil, crypto.SHA1, make([]byte, 280)); return err }, ErrUnwrap.Error()},
	} {
		if err := tt.call(); err == nil || err.Error() != tt.want {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

// TestUnwrapDamage flips one bit of every byte of a ciphertext, and cuts it
// everywhere: always the same error, the very same value.
func TestUnwrapDamage(t *testing.T) {
	kek, private := testKEK(t, 2048)
	ct, err := Wrap(rand.Reader, kek, crypto.SHA1, testKey(t, P256).pkcs8Bare())
	if err != nil {
		t.Fatal(err)
	}
	for i := range ct {
		bad := bytes.Clone(ct)
		bad[i] ^= 1 << (i % 8)
		if got, err := Unwrap(private, crypto.SHA1, bad); err != ErrUnwrap || got != nil {
			t.Errorf("byte %d: %d bytes, %v", i, len(got), err)
		}
	}
	for n := 0; n < len(ct); n += 8 {
		if got, err := Unwrap(private, crypto.SHA1, ct[:n]); err != ErrUnwrap || got != nil {
			t.Errorf("cut to %d: %d bytes, %v", n, len(got), err)
		}
	}
	_, other := testKEK(t, 3072)
	if _, err := Unwrap(other, crypto.SHA1, ct); err != ErrUnwrap {
		t.Errorf("another KEK: %v", err)
	}
}

// TestUnwrapEphemeral: OAEP that holds around an AES key of another size.
func TestUnwrapEphemeral(t *testing.T) {
	kek, private := testKEK(t, 2048)
	for _, size := range []int{0, 16, 24, 31, 33} {
		key := make([]byte, size)
		head, err := encryptOAEP(rand.Reader, kek.pub, crypto.SHA1, key)
		if err != nil {
			t.Fatal(err)
		}
		wrapped, err := WrapKWP(make([]byte, 32), []byte("plaintext")) // the key of zeros that a failure uses
		if err != nil {
			t.Fatal(err)
		}
		if got, err := Unwrap(private, crypto.SHA1, append(head, wrapped...)); err != ErrUnwrap || got != nil {
			t.Errorf("AES key of %d bytes: %d bytes, %v", size, len(got), err)
		}
	}
}

func BenchmarkWrap(b *testing.B) {
	for _, bits := range kekSizes {
		kek, _ := testKEK(b, bits)
		plaintext := testKey(b, RSA4096).PKCS8()
		b.Run(fmt.Sprintf("RSA-4096 under %d", bits), func(b *testing.B) {
			for b.Loop() {
				if _, err := Wrap(rand.Reader, kek, crypto.SHA1, plaintext); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkUnwrap(b *testing.B) {
	kek, private := testKEK(b, 4096)
	ct, err := Wrap(rand.Reader, kek, crypto.SHA1, testKey(b, RSA4096).PKCS8())
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := Unwrap(private, crypto.SHA1, ct); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLint(b *testing.B) {
	kek, _ := testKEK(b, 4096)
	ct, err := Wrap(rand.Reader, kek, crypto.SHA1, testKey(b, RSA4096).PKCS8())
	if err != nil {
		b.Fatal(err)
	}
	file, err := Blob{testKID, ct, "ceremony test"}.Encode()
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		if !Holds(Lint(file, Expect{testKID, "contoso.vault.azure.net", 4096, RSA4096})) {
			b.Fatal("does not hold")
		}
	}
}
