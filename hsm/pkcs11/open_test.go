//go:build cgo

package pkcs11

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/hsm"
	"github.com/keyceremony/ceremony/hsm/hsmtest"
)

// TestPickToken: exactly one token must match, and the error names those that
// are there.
func TestPickToken(t *testing.T) {
	d := hsmtest.SoftHSM(t)
	twin := hsmtest.AddSoftHSM(t, "", d.Label, d)
	hsmtest.AddSoftHSM(t, "", "third", d)
	for _, f := range []struct {
		name string
		o    Options
		want error
		text []string
	}{
		{"serial", Options{Serial: d.Serial}, nil, nil},
		{"serial and label", Options{Serial: twin, Label: d.Label}, nil, nil},
		{"label", Options{Label: "third"}, nil, nil},
		{"URI", Options{URI: "pkcs11:token=ceremony%20test;serial=" + twin}, nil, nil},
		{"manufacturer", Options{URI: "pkcs11:token=third;manufacturer=SoftHSM%20project;model=SoftHSM%20v2"}, nil, nil},
		{"two of one label", Options{Label: d.Label}, hsm.ErrManyTokens, []string{d.Serial, twin}},
		{"everything", Options{}, hsm.ErrManyTokens, []string{d.Serial, twin, "third"}},
		{"no serial", Options{Serial: "0000"}, hsm.ErrNoToken, []string{d.Serial, twin, "third"}},
		{"serial of another label", Options{Serial: d.Serial, Label: "third"}, hsm.ErrNoToken, nil},
		{"model", Options{URI: "pkcs11:model=Luna"}, hsm.ErrNoToken, nil},
	} {
		t.Run(f.name, func(t *testing.T) {
			f.o.Module = d.Module
			token, err := Open(t.Context(), f.o)
			if err == nil {
				defer token.Close()
			}
			if !errors.Is(err, f.want) {
				t.Fatalf("%v, wanted %v", err, f.want)
			}
			for _, text := range f.text {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("%v does not name %s", err, text)
				}
			}
		})
	}
}

func TestOpenRefusals(t *testing.T) {
	for _, f := range []struct {
		o    Options
		text string
	}{
		{Options{Module: "x", URI: "pkcs11:token=a", Serial: "1"}, "named twice"},
		{Options{Module: "x", URI: "pkcs11:token=a;object=b"}, "name a key"},
		{Options{Module: "x", URI: "pkcs11:token=a?pin-value=1234"}, "typed by a person"},
	} {
		if _, err := Open(t.Context(), f.o); err == nil || !strings.Contains(err.Error(), f.text) {
			t.Errorf("%v, wanted %q", err, f.text)
		}
	}
	t.Setenv(workerEnv, "1")
	if _, err := Open(t.Context(), Options{Module: "x"}); err == nil || !strings.Contains(err.Error(), "TestMain") {
		t.Errorf("a worker starts a worker: %v", err)
	}
}

// TestDigestHolds: the right digest opens the module.
func TestDigestHolds(t *testing.T) {
	d := hsmtest.SoftHSM(t)
	o := options(d)
	o.SHA256 = fileSum(t, d.Module)
	mustOpen(t, o)
}

func TestList(t *testing.T) {
	d := hsmtest.SoftHSM(t)
	other := hsmtest.AddSoftHSM(t, "", "other", d)
	infos, err := List(t.Context(), Options{Module: d.Module})
	if err != nil {
		t.Fatal(err)
	}
	var serials []string
	for _, i := range infos {
		serials = append(serials, i.Serial)
		wraps := slices.ContainsFunc(i.Mechanisms, func(m hsm.Mechanism) bool {
			return m.Number == ckmKeyWrapPad && m.Wrap && m.Name == "CKM_AES_KEY_WRAP_PAD"
		})
		if !wraps {
			t.Errorf("%q does not list CKM_AES_KEY_WRAP_PAD as wrapping", i.Label)
		}
	}
	if !slices.Contains(serials, d.Serial) || !slices.Contains(serials, other) {
		t.Errorf("serials %q, wanted %s and %s among them", serials, d.Serial, other)
	}
	if _, err := List(t.Context(), Options{Module: "/nonexistent.so"}); !errors.Is(err, hsm.ErrNoModule) {
		t.Errorf("%v, wanted %v", err, hsm.ErrNoModule)
	}
}

func fileSum(t *testing.T, path string) digest.SHA256 {
	t.Helper()
	b := read(t, path)
	return digest.Of(b)
}
