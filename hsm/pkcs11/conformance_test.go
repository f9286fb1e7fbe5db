//go:build cgo

package pkcs11

import (
	"testing"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/hsm"
	"github.com/keyceremony/ceremony/hsm/hsmtest"
)

// every type, an EC type first; small ones where the sizes are another test's.
var (
	everyType = []byok.KeyType{"P-256", "P-384", "P-521", "P-256K", "RSA-2048", "RSA-3072", "RSA-4096", "AES-128", "AES-192", "AES-256"}
	nssTypes  = []byok.KeyType{"P-256", "P-384", "P-521", "RSA-2048", "RSA-3072", "RSA-4096", "AES-128", "AES-192", "AES-256"}
	quickOnes = []byok.KeyType{"P-256", "P-521", "P-256K", "RSA-2048", "AES-256"}
)

// options opens the device's token by its serial, or its label for NSS, whose
// tokens have no serial numbers of their own.
func options(d hsmtest.Device) Options {
	o := Options{Module: d.Module, InitArgs: d.InitArgs, Serial: d.Serial}
	if o.Serial == "" {
		o.Label = d.Label
	}
	return o
}

// opener opens a device's token, as hsmtest.Subject wants it.
func opener(o Options) func(testing.TB) hsm.Token {
	return func(t testing.TB) hsm.Token {
		t.Helper()
		return mustOpen(t, o)
	}
}

func mustOpen(t testing.TB, o Options) *token {
	t.Helper()
	token, err := open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = token.Close() })
	return token
}

func TestConformanceSoftHSM(t *testing.T) {
	d := hsmtest.SoftHSM(t)
	hsmtest.Run(t, hsmtest.Subject{
		Open: opener(options(d)), PIN: d.PIN, Label: d.Label, Types: everyType, Zeros: true, Local: true,
	})
}

func TestConformanceNSS(t *testing.T) {
	d := hsmtest.NSS(t)
	hsmtest.Run(t, hsmtest.Subject{Open: opener(options(d)), PIN: d.PIN, Label: d.Label, Types: nssTypes})
}

// TestConformanceSingle is a token that has CKM_RSA_AES_KEY_WRAP.
func TestConformanceSingle(t *testing.T) {
	d := interpose(t, "INTERPOSER_SINGLE=1")
	hsmtest.Run(t, hsmtest.Subject{Open: opener(options(d)), PIN: d.PIN, Label: d.Label, Types: quickOnes, Local: true})
}

// TestConformanceFallback is a module of which the session knows only the
// binding's function list, as p11-kit-proxy.
func TestConformanceFallback(t *testing.T) {
	d := interpose(t, "INTERPOSER_TWO=1")
	o := options(d)
	hsmtest.Run(t, hsmtest.Subject{Open: opener(o), PIN: d.PIN, Label: d.Label, Types: quickOnes, Zeros: true, Local: true})
}
