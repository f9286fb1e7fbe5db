package byok

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
)

// testBlob returns a blob of a P-256 key under a KEK of 2048 bits, and its file.
func testBlob(t testing.TB) (Blob, []byte) {
	t.Helper()
	kek, _ := testKEK(t, 2048)
	ct, err := Wrap(rand.Reader, kek, crypto.SHA1, testKey(t, P256).PKCS8())
	if err != nil {
		t.Fatal(err)
	}
	// These bytes are ours to choose: with them the text has + and / in
	// standard base64 wherever the rest falls.
	copy(ct, []byte{0xfb, 0xff, 0xbf})
	blob := Blob{testKID, ct, "ceremony 1.0.0; Acme HSM 3.2"}
	file, err := blob.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return blob, file
}

func TestEncode(t *testing.T) {
	blob := Blob{testKID, make([]byte, 280), `ceremony 1.0.0; "Acme" HSM`}
	file, err := blob.Encode()
	if err != nil {
		t.Fatal(err)
	}
	want := `{
  "schema_version": "1.0.0",
  "header": {
    "kid": "` + testKID + `",
    "alg": "dir",
    "enc": "CKM_RSA_AES_KEY_WRAP"
  },
  "ciphertext": "` + strings.Repeat("A", 374) + `",
  "generator": "ceremony 1.0.0; \"Acme\" HSM"
}
`
	if string(file) != want {
		t.Errorf("Encode:\n%s\nwant\n%s", file, want)
	}
}

func TestEncodeRefuses(t *testing.T) {
	good, _ := testBlob(t)
	for _, tt := range []struct {
		name string
		edit func(*Blob)
		want string
	}{
		{"kid", func(b *Blob) { b.KID = "kek" }, `kid: found "kek", wanted https://HOST/keys/NAME/VERSION`},
		{"no ciphertext", func(b *Blob) { b.Ciphertext = nil }, "key transfer blob: found a ciphertext of 0 bytes, wanted the length of a key under a KEK"},
		{"length", func(b *Blob) { b.Ciphertext = make([]byte, 257) }, "key transfer blob: found a ciphertext of 257 bytes, wanted the length of a key under a KEK"},
		{"plain key", func(b *Blob) { b.Ciphertext = plainKeyOf(280) }, "key transfer blob: found a key that is not encrypted, wanted a ciphertext"},
		{"no generator", func(b *Blob) { b.Generator = "" }, `key transfer blob: found "", wanted a printable text of up to 256 bytes`},
		{"control character", func(b *Blob) { b.Generator = "HSM\x00" }, `key transfer blob: found "HSM\x00", wanted a printable text of up to 256 bytes`},
		{"no UTF-8", func(b *Blob) { b.Generator = "HSM\xff" }, `key transfer blob: found "HSM\xff", wanted a printable text of up to 256 bytes`},
		{"long", func(b *Blob) { b.Generator = strings.Repeat("x", 257) }, `key transfer blob: found "` + strings.Repeat("x", 160) + `"… (257 bytes), wanted a printable text of up to 256 bytes`},
	} {
		blob := good
		tt.edit(&blob)
		if file, err := blob.Encode(); err == nil || err.Error() != tt.want || file != nil {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

// plainKeyOf has the first bytes of PKCS#8, and any length.
func plainKeyOf(n int) []byte {
	der := append([]byte{0x30, 0x82, byte((n - 4) >> 8), byte(n - 4), 2, 1, 0}, make([]byte, n-7)...)
	return der
}

func TestDecode(t *testing.T) {
	blob, file := testBlob(t)
	got, findings, err := Decode(file)
	if err != nil || got.KID != blob.KID || got.Generator != blob.Generator || !bytes.Equal(got.Ciphertext, blob.Ciphertext) {
		t.Errorf("Decode = %+v, %v", got, err)
	}
	if len(findings) != len(Checks()) {
		t.Errorf("%d findings, want %d", len(findings), len(Checks()))
	}
	again, err := got.Encode()
	if err != nil || !bytes.Equal(again, file) {
		t.Errorf("another file was written: %v", err)
	}
}

func TestDecodeRefuses(t *testing.T) {
	_, file := testBlob(t)
	bad := bytes.Replace(file, []byte(`"dir"`), []byte(`"RSA-OAEP"`), 1)
	blob, findings, err := Decode(changed(t, file, bad))
	var fe *FormatError
	if !errors.As(err, &fe) || fe.Code != CheckAlg || fe.Error() != `key transfer blob: found "RSA-OAEP", wanted "dir"` {
		t.Errorf("Decode: %v", err)
	}
	if blob.KID != "" || blob.Ciphertext != nil || Holds(findings) {
		t.Error("a refused blob came back, or its findings hold")
	}
}
