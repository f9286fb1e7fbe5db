//go:build cgo

package pkcs11

import (
	"errors"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/hsm"
	"github.com/keyceremony/ceremony/hsm/hsmtest"
)

// TestTrustedSoftHSM is a token that wraps in two steps, so that the security
// officer makes the wrapping key too.
func TestTrustedSoftHSM(t *testing.T) {
	d := hsmtest.SoftHSM(t)
	hsmtest.RunTrusted(t, hsmtest.Subject{
		Open: opener(options(d)), PIN: d.PIN, SOPIN: d.SOPIN, Label: d.Label, Types: everyType, Zeros: true, Local: true,
	})
}

// TestNobodyRefuses: a module that ignores CKA_WRAP_WITH_TRUSTED is seen.
func TestNobodyRefuses(t *testing.T) {
	d := hsmtest.NSS(t)
	token := ready(t, d, options(d))
	c, err := token.Probe(t.Context(), 2048, []byok.KeyType{"P-256"}, true)
	if err != nil || c.Way == "" || c.Untrusted == nil || c.Untrusted.OK || c.Untrusted.Found == "" {
		t.Errorf("%+v, %v", c, err)
	}
	t.Log(c.Untrusted.Found)
}

// TestTrustedSingle: where one mechanism does both, no wrapping key is made.
// SoftHSM by itself lets no such key leave under the untrusted AES key in
// which the interposer gets at its bytes.
func TestTrustedSingle(t *testing.T) {
	d := interpose(t, "INTERPOSER_SINGLE=1")
	token := mustOpen(t, options(d))
	kek, _ := hsmtest.KEK(t, 2048)
	if err := token.Trust(t.Context(), d.SOPIN, kek, false); err != nil {
		t.Fatal(err)
	}
	if there, err := token.Trusted(t.Context(), kek); err != nil || !there.Ready() || there.TwoSteps || there.WrappingKeys != 0 {
		t.Errorf("%+v, %v", there, err)
	}
	if err := token.Login(t.Context(), d.PIN, false); err != nil {
		t.Fatal(err)
	}
	k, err := token.Generate(t.Context(), hsm.Request{Type: "P-256", Label: "x", ID: []byte("x"), Trusted: true})
	if err != nil {
		t.Fatal(err)
	}
	probeAndLoad(t, token, kek)
	if _, err := token.Wrap(t.Context(), k.ID); !errors.Is(err, hsm.ErrCannotWrap) {
		t.Errorf("wrap under a trusted KEK: %v, wanted the module's own %v", err, hsm.ErrCannotWrap)
	}
	// As with a probe that found another way than the mechanisms promise.
	token.way = ways[4].name
	if there, err := token.Trusted(t.Context(), kek); err != nil || there.Ready() {
		t.Errorf("in two steps, without a wrapping key: %+v, %v", there, err)
	}
	if _, err := token.Wrap(t.Context(), k.ID); !errors.Is(err, hsm.ErrWrapWithTrusted) {
		t.Errorf("%v, wanted %v", err, hsm.ErrWrapWithTrusted)
	}
}

// TestSOPINStates: the security officer's PIN is tried as carefully as the
// crypto officer's.
func TestSOPINStates(t *testing.T) {
	kek, _ := hsmtest.KEK(t, 2048)
	for _, f := range []struct {
		flags  string
		insist bool
		state  hsm.PINState
		want   error
	}{
		{"0x0", false, hsm.PINFresh, nil},
		{"0x100000", false, hsm.PINCountLow, nil},
		{"0x200000", false, hsm.PINFinalTry, hsm.ErrFinalTry},
		{"0x200000", true, hsm.PINFinalTry, nil},
		{"0x400000", true, hsm.PINLocked, hsm.ErrPINLocked},
		{"0x20000", false, hsm.PINFresh, nil}, // that is the crypto officer's
	} {
		d := interpose(t, "INTERPOSER_FLAGS="+f.flags)
		token := mustOpen(t, options(d))
		if i, err := token.Info(t.Context()); err != nil || i.SOPIN != f.state {
			t.Errorf("%s: %q (%v), wanted %q", f.flags, i.SOPIN, err, f.state)
		}
		if err := token.Trust(t.Context(), d.SOPIN, kek, f.insist); !errors.Is(err, f.want) {
			t.Errorf("%s: %v, wanted %v", f.flags, err, f.want)
		}
		if err := token.Trust(t.Context(), nil, kek, true); err == nil || strings.Contains(err.Error(), string(d.SOPIN)) {
			t.Errorf("%s: without a PIN: %v", f.flags, err)
		}
	}
}

// TestTrustInterrupted: where the making broke off, the next try makes what is
// missing, and the security officer does not stay logged in.
func TestTrustInterrupted(t *testing.T) {
	kek, _ := hsmtest.KEK(t, 2048)
	for fault, keys := range map[string]int{"C_GenerateKey:1:rv=0x30": 0, "C_CreateObject:1:rv=0x30": 1} {
		d := interpose(t, "INTERPOSER_FAULT="+fault)
		token := mustOpen(t, options(d))
		if err := token.Trust(t.Context(), d.SOPIN, kek, false); err == nil {
			t.Fatalf("%s: no error", fault)
		}
		if there, err := token.Trusted(t.Context(), kek); err != nil || there.KEKs != 0 || there.WrappingKeys != keys {
			t.Errorf("%s: %+v, %v", fault, there, err)
		}
		if err := token.Trust(t.Context(), d.SOPIN, kek, false); err != nil {
			t.Errorf("%s, again: %v", fault, err)
		}
		if there, err := token.Trusted(t.Context(), kek); err != nil || !there.Ready() {
			t.Errorf("%s, again: %+v, %v", fault, there, err)
		}
	}
}

// TestUntrustRefused: a token that wants its security officer for the cleaning
// up says what is left, and the ceremony goes on.
func TestUntrustRefused(t *testing.T) {
	d := interpose(t, "INTERPOSER_FAULT=C_DestroyObject:1:rv=0x1b")
	token := mustOpen(t, options(d))
	kek, _ := hsmtest.KEK(t, 2048)
	if err := token.Trust(t.Context(), d.SOPIN, kek, false); err != nil {
		t.Fatal(err)
	}
	if err := token.Login(t.Context(), d.PIN, false); err != nil {
		t.Fatal(err)
	}
	if c, err := token.Clean(t.Context()); err != nil || c.Trusted != 1 || len(c.Destroyed) != 1 {
		t.Errorf("%+v, %v", c, err)
	}
}
