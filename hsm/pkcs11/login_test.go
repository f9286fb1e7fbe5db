//go:build cgo

package pkcs11

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/hsm"
	"github.com/keyceremony/ceremony/hsm/hsmtest"
)

// TestPINStates: the token's flags decide whether a PIN is tried at all.
func TestPINStates(t *testing.T) {
	for _, f := range []struct {
		flags  string
		insist bool
		state  hsm.PINState
		want   error
	}{
		{"0x0", false, hsm.PINFresh, nil},
		{"0x10000", false, hsm.PINCountLow, nil},
		{"0x20000", false, hsm.PINFinalTry, hsm.ErrFinalTry},
		{"0x20000", true, hsm.PINFinalTry, nil},
		{"0x40000", false, hsm.PINLocked, hsm.ErrPINLocked},
		{"0x40000", true, hsm.PINLocked, hsm.ErrPINLocked},
	} {
		t.Run(f.flags, func(t *testing.T) {
			d := interpose(t, "INTERPOSER_FLAGS="+f.flags)
			token := mustOpen(t, options(d))
			if i, err := token.Info(t.Context()); err != nil || i.PIN != f.state {
				t.Errorf("%q (%v), wanted %q", i.PIN, err, f.state)
			}
			if err := token.Login(t.Context(), d.PIN, f.insist); !errors.Is(err, f.want) {
				t.Errorf("%v, wanted %v", err, f.want)
			}
		})
	}
}

// TestOneTry: a wrong PIN is tried once, and a refused one not at all.
func TestOneTry(t *testing.T) {
	// The second call of C_Login would crash.
	d := interpose(t, "INTERPOSER_FAULT=C_Login:2:segv")
	token := mustOpen(t, options(d))
	if err := token.Login(t.Context(), []byte("0000"), false); !errors.Is(err, hsm.ErrPINIncorrect) {
		t.Errorf("%v, wanted %v", err, hsm.ErrPINIncorrect)
	}
	if _, err := token.Info(t.Context()); err != nil {
		t.Errorf("C_Login was called again: %v", err)
	}
	d = interpose(t, "INTERPOSER_FLAGS=0x20000", "INTERPOSER_FAULT=C_Login:1:segv")
	token = mustOpen(t, options(d))
	if err := token.Login(t.Context(), d.PIN, false); !errors.Is(err, hsm.ErrFinalTry) {
		t.Errorf("%v, wanted %v", err, hsm.ErrFinalTry)
	}
}

// TestPINPad: without a PIN the token's own pad is asked.
func TestPINPad(t *testing.T) {
	d := interpose(t, "INTERPOSER_FLAGS=0x100", "INTERPOSER_PIN=1234-5678")
	token := mustOpen(t, options(d))
	if i, err := token.Info(t.Context()); err != nil || !i.ProtectedPath {
		t.Errorf("no PIN pad is seen (%v)", err)
	}
	if err := token.Login(t.Context(), nil, false); err != nil {
		t.Error(err)
	}
	if _, err := token.Generate(t.Context(), hsm.Request{Type: "P-256", Label: "x", ID: []byte("x")}); err != nil {
		t.Errorf("not logged in: %v", err)
	}
}

// TestPINIsNotRepeated: no error has the PIN in it.
func TestPINIsNotRepeated(t *testing.T) {
	d := hsmtest.SoftHSM(t)
	var stderr bytes.Buffer
	o := options(d)
	o.Stderr = &stderr
	token := mustOpen(t, o)
	err := token.Login(t.Context(), []byte("secret-pin"), false)
	if err == nil || strings.Contains(err.Error()+stderr.String(), "secret") {
		t.Errorf("%v\n%s", err, stderr.String())
	}
}

func probeAndLoad(t *testing.T, token *token, kek *byok.KEK) {
	t.Helper()
	if _, err := token.Probe(t.Context(), 2048, []byok.KeyType{"P-256"}, false); err != nil {
		t.Fatal(err)
	}
	if read, err := token.LoadKEK(t.Context(), kek); err != nil || !read.Equal(kek) {
		t.Fatalf("load the KEK: %v", err)
	}
}

// TestKeyCheckValue: a token without AES-ECB has one too, and one that does
// not encrypt at all has none, but its keys are found.
func TestKeyCheckValue(t *testing.T) {
	for _, f := range []struct {
		fault string
		none  bool
	}{
		{"", false},
		{"C_EncryptInit:1:rv=0x70", false},
		{"C_EncryptInit:1:rv=0x70,C_EncryptInit:2:rv=0x70", true},
	} {
		d := interpose(t, "INTERPOSER_FAULT="+f.fault)
		token := ready(t, d, options(d))
		k, err := token.Generate(t.Context(), hsm.Request{Type: "AES-256", Label: "aes", ID: []byte("aes")})
		if err != nil || (k.KCV == "") != f.none {
			t.Fatalf("%q: %q, %v", f.fault, k.KCV, err)
		}
		found, err := token.Find(t.Context(), hsm.Query{ID: k.ID})
		if err != nil || len(found) != 1 || found[0].KCV == "" {
			t.Fatalf("%q: found %+v, %v", f.fault, found, err)
		}
		if want := found[0].KCV; !f.none && k.KCV != want {
			t.Errorf("%q: %q, wanted %q", f.fault, k.KCV, want)
		}
	}
}
