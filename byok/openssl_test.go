package byok

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// openssl is the command line of OpenSSL 3, a second implementation of
// everything here but the JSON.
type openssl struct {
	t    *testing.T
	path string
	dir  string
}

func newOpenSSL(t *testing.T) *openssl {
	t.Helper()
	path, err := exec.LookPath("openssl")
	if err != nil {
		t.Fatal("openssl is not installed: apt-get install openssl")
	}
	version, err := exec.Command(path, "version").Output()
	if err != nil || !strings.HasPrefix(string(version), "OpenSSL 3") {
		t.Fatalf("OpenSSL 3 is wanted, this is %s", version)
	}
	return &openssl{t, path, t.TempDir()}
}

func (o *openssl) file(name string, b []byte) string {
	o.t.Helper()
	path := filepath.Join(o.dir, name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		o.t.Fatal(err)
	}
	return path
}

func (o *openssl) run(in []byte, args ...string) []byte {
	o.t.Helper()
	cmd := exec.Command(o.path, args...)
	cmd.Stdin = bytes.NewReader(in)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		o.t.Fatalf("openssl %s: %v\n%s", strings.Join(args, " "), err, stderr.Bytes())
	}
	return out
}

func privatePEM(t *testing.T, key *rsa.PrivateKey) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// unwrap reverses Wrap with OpenSSL's commands; they are in the auditor's manual.
func (o *openssl) unwrap(kek string, size int, ct []byte) []byte {
	o.t.Helper()
	aes := o.run(ct[:size], "pkeyutl", "-decrypt", "-inkey", kek, "-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha1")
	if len(aes) != 32 {
		o.t.Fatalf("OpenSSL finds an AES key of %d bytes", len(aes))
	}
	return o.run(ct[size:], "enc", "-d", "-id-aes256-wrap-pad", "-K", hex.EncodeToString(aes), "-iv", "A65959A6")
}

func (o *openssl) wrap(kek string, plaintext []byte) []byte {
	o.t.Helper()
	aes := o.run(nil, "rand", "32")
	head := o.run(aes, "pkeyutl", "-encrypt", "-pubin", "-inkey", kek, "-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha1")
	return append(head, o.run(plaintext, "enc", "-id-aes256-wrap-pad", "-K", hex.EncodeToString(aes), "-iv", "A65959A6")...)
}

// TestOpenSSLMatrix: what we wrap OpenSSL unwraps, and the reverse, for every
// key under every KEK.
func TestOpenSSLMatrix(t *testing.T) {
	o := newOpenSSL(t)
	count := 0
	for _, bits := range kekSizes {
		kek, private := testKEK(t, bits)
		privateFile := o.file(fmt.Sprint("private-", bits), privatePEM(t, private))
		publicFile := o.file(fmt.Sprint("public-", bits), kek.PEM())
		for _, typ := range KeyTypes() {
			plaintext := testKey(t, typ).Plaintext()
			ct, err := Wrap(rand.Reader, kek, crypto.SHA1, plaintext)
			if err != nil {
				t.Fatal(err)
			}
			if got := o.unwrap(privateFile, bits/8, ct); !bytes.Equal(got, plaintext) {
				t.Errorf("%s under %d: OpenSSL unwraps something else", typ, bits)
			}
			got, err := Unwrap(private, crypto.SHA1, o.wrap(publicFile, plaintext))
			if err != nil || !bytes.Equal(got, plaintext) {
				t.Errorf("%s under %d, wrapped by OpenSSL: %v", typ, bits, err)
			}
			count += 2
		}
	}
	if count != 60 {
		t.Errorf("%d wraps crossed, want 60", count)
	}
}

// TestOpenSSLKeys: keys that OpenSSL makes are read, and it reads ours.
func TestOpenSSLKeys(t *testing.T) {
	o := newOpenSSL(t)
	for typ, args := range map[KeyType][]string{
		RSA2048: {"-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"},
		P256:    {"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"},
		P384:    {"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"},
		P521:    {"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"},
		P256K:   {"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"},
	} {
		text := o.run(nil, append([]string{"genpkey"}, args...)...)
		path := o.file(string(typ)+".pem", text)
		der := o.run(text, "pkcs8", "-topk8", "-nocrypt", "-outform", "DER")
		key, zeros, err := ParsePKCS8(der)
		if err != nil || zeros != 0 || key.Type() != typ || !bytes.Equal(key.PKCS8(), der) {
			t.Errorf("%s: %v", typ, err)
			continue
		}
		pub, err := ParsePublicKey(o.run(text, "pkey", "-pubout"))
		if err != nil || !pub.Equal(key.Public()) {
			t.Errorf("%s: public key: %v", typ, err)
		}
		if spki := o.run(key.pkcs8Bare(), "pkey", "-inform", "DER", "-pubout", "-outform", "DER"); !bytes.Equal(spki, pub.SPKI()) {
			t.Errorf("%s: OpenSSL derives another public key from ours", typ)
		}
		crossSignatures(t, o, path, key)
	}
}

func crossSignatures(t *testing.T, o *openssl, path string, key *PrivateKey) {
	t.Helper()
	msg := o.file("msg", []byte("message"))
	sum := hashSum("SHA-256", []byte("message"))
	theirs := o.run(nil, "dgst", "-sha256", "-sign", path, msg)
	if key.Type().Kind() == KindEC {
		theirs = rawSignature(theirs, key.Type().size())
	}
	if err := key.Public().Verify("SHA-256", sum, theirs); err != nil {
		t.Errorf("%s: OpenSSL's signature: %v", key.Type(), err)
	}
	ours, err := key.Sign("SHA-256", sum)
	if err != nil {
		t.Fatal(err)
	}
	if key.Type().Kind() == KindEC {
		ours = signatureDER(ours)
	}
	out := o.run(nil, "dgst", "-sha256", "-verify", o.file("pub", key.Public().PEM()), "-signature", o.file("sig", ours), msg)
	if string(out) != "Verified OK\n" {
		t.Errorf("%s: OpenSSL says %s of our signature", key.Type(), out)
	}
}

// TestOpenSSLCode runs the check of a KEK's code that the documents give.
func TestOpenSSLCode(t *testing.T) {
	o := newOpenSSL(t)
	kek, _ := testKEK(t, 3072)
	spki := o.run(kek.PEM(), "pkey", "-pubin", "-outform", "DER")
	if sum := o.run(spki, "dgst", "-sha256", "-r"); !strings.HasPrefix(string(sum), kek.SHA256().String()+" ") {
		t.Errorf("OpenSSL says %s, we say %s", sum, kek.SHA256())
	}
}
