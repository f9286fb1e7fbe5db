//go:build cgo

package pkcs11

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"os"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/keyceremony/ceremony/hsm"
	"github.com/keyceremony/ceremony/hsm/hsmtest"
)

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// card is a token with a person's EC and AES key, and more, on it.
func card(t *testing.T, more ...hsm.Request) hsmtest.Device {
	t.Helper()
	d := hsmtest.SoftHSM(t)
	token := ready(t, d, options(d))
	for _, r := range append(more,
		hsm.Request{Type: "P-256", Label: "ec", ID: []byte("1")},
		hsm.Request{Type: "AES-256", Label: "aes", ID: []byte("3")},
	) {
		if _, err := token.Generate(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if err := token.Close(); err != nil {
		t.Fatal(err)
	}
	return d
}

// TestCardSignsSSH: a card's key is an SSH key, with the SHA-2 algorithms.
func TestCardSignsSSH(t *testing.T) {
	d := card(t, hsm.Request{Type: "RSA-2048", Label: "rsa", ID: []byte("2")})
	for label, algorithm := range map[string]string{"ec": ssh.KeyAlgoECDSA256, "rsa": ssh.KeyAlgoRSASHA512} {
		c, err := Signer(t.Context(), options(d), d.PIN, hsm.Query{Label: label})
		if err != nil {
			t.Fatal(err)
		}
		signer, err := ssh.NewSignerFromSigner(c)
		if err != nil {
			t.Fatal(err)
		}
		sig, err := signer.(ssh.AlgorithmSigner).SignWithAlgorithm(rand.Reader, []byte("statement"), algorithm)
		if err != nil {
			t.Fatalf("%s: %v", label, err)
		}
		if err := signer.PublicKey().Verify([]byte("statement"), sig); err != nil {
			t.Errorf("%s: %v", label, err)
		}
		if err := signer.PublicKey().Verify([]byte("another"), sig); err == nil {
			t.Errorf("%s: another statement verifies", label)
		}
		if err := c.Close(); err != nil {
			t.Errorf("%s: close: %v", label, err)
		}
	}
}

func TestCardByURI(t *testing.T) {
	d := card(t)
	o := Options{Module: d.Module, URI: "pkcs11:serial=" + d.Serial + ";object=ec;id=1"}
	c, err := Signer(t.Context(), o, d.PIN, hsm.Query{})
	if err != nil {
		t.Fatal(err)
	}
	if c.Key().Label != "ec" {
		t.Errorf("key %q", c.Key().Label)
	}
	sum := sha256.Sum256([]byte("x"))
	if _, err := c.Sign(rand.Reader, sum[:], crypto.SHA1); !errors.Is(err, hsm.ErrCannot) {
		t.Errorf("SHA-1: %v, wanted %v", err, hsm.ErrCannot)
	}
	if _, err := c.Sign(rand.Reader, sum[:], &rsa.PSSOptions{Hash: crypto.SHA256}); !errors.Is(err, hsm.ErrCannot) {
		t.Errorf("PSS: %v, wanted %v", err, hsm.ErrCannot)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if _, err := Signer(t.Context(), o, d.PIN, hsm.Query{Label: "ec"}); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("the key is named twice: %v", err)
	}
}

func TestCardRefusals(t *testing.T) {
	d := card(t)
	for name, f := range map[string]struct {
		pin  string
		q    hsm.Query
		want error
	}{
		"no key":    {string(d.PIN), hsm.Query{Label: "none"}, hsm.ErrNoKey},
		"two":       {string(d.PIN), hsm.Query{}, hsm.ErrManyKeys},
		"AES":       {string(d.PIN), hsm.Query{Label: "aes"}, hsm.ErrCannot},
		"wrong PIN": {"0000", hsm.Query{Label: "ec"}, hsm.ErrPINIncorrect},
	} {
		if _, err := Signer(t.Context(), options(d), []byte(f.pin), f.q); !errors.Is(err, f.want) {
			t.Errorf("%s: %v, wanted %v", name, err, f.want)
		}
	}
}

// TestCardIsReadOnly: nothing is made on a card.
func TestCardIsReadOnly(t *testing.T) {
	d := card(t)
	c, err := Signer(t.Context(), options(d), d.PIN, hsm.Query{Label: "ec"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.token.Generate(t.Context(), hsm.Request{Type: "P-256", Label: "new", ID: []byte("9")}); err == nil {
		t.Error("a key was made on a card")
	}
}
