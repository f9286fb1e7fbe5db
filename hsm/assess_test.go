package hsm

import (
	"slices"
	"strings"
	"testing"
)

func TestAssess(t *testing.T) {
	const one, two = Way("CKM_RSA_AES_KEY_WRAP"), Way("CKM_RSA_PKCS_OAEP + CKM_AES_KEY_WRAP_PAD (0x210A)")
	for _, f := range []struct {
		name    string
		c       Capability
		outcome Outcome
		rows    []Outcome
		wrapped string // of the first
		says    string // somewhere
	}{
		{"all is well", Capability{Way: one, Types: []TypeResult{{Type: "P-256", OK: true, Generated: true}}}, Can, []Outcome{Can}, "in one call", "wraps every type of key asked for, by CKM_RSA_AES_KEY_WRAP"},
		{"in two steps", Capability{Way: two, Types: []TypeResult{{Type: "P-256", OK: true, Generated: true}}}, Can, []Outcome{Can}, "in two steps", "exactly what Azure needs"},
		{
			"zeros",
			Capability{Way: two, Types: []TypeResult{{Type: "P-256", OK: true, Generated: true, TrailingZeros: 5}, {Type: "AES-256", OK: true, Generated: true}}},
			CanExcept,
			[]Outcome{CanExcept, Can},
			"in two steps", "Up to 7 zero bytes",
		},
		{
			"nothing works",
			Capability{Types: []TypeResult{{Type: "RSA-2048", Generated: true, Problem: "no."}}, Tried: []Attempt{{"W1", "why"}, {"W2", "why not."}}},
			Cannot,
			[]Outcome{Cannot},
			"no", "Tried: W1: why. W2: why not.",
		},
		{"no such curve", Capability{Way: one, Types: []TypeResult{{Type: "P-256K", Problem: "no curve"}}}, Cannot, []Outcome{Cannot}, "no", "makes no such key: no curve."},
		{"one of two", Capability{Types: []TypeResult{{Type: "P-256", OK: true, Generated: true}, {Type: "P-256K", Problem: "no curve"}}}, Cannot, []Outcome{Cannot, Cannot}, "no", "one way for all its keys"},
		{"trusted", Capability{Way: two, Types: []TypeResult{{Type: "P-256", OK: true, Generated: true}}, Untrusted: &Refusal{OK: true, Found: "CKR_KEY_NOT_WRAPPABLE"}}, Can, []Outcome{Can}, "in two steps", "makes a trusted wrapping key"},
		{"ignored", Capability{Way: one, Types: []TypeResult{{Type: "P-256", OK: true, Generated: true}}, Untrusted: &Refusal{Found: "it wrapped it"}}, Cannot, []Outcome{Can}, "in one call", "does not keep to CKA_WRAP_WITH_TRUSTED: it wrapped it."},
	} {
		t.Run(f.name, func(t *testing.T) {
			a := Assess(Info{Manufacturer: "M", Serial: "123"}, f.c, 3072)
			var rows []Outcome
			all := a.Means + "\n" + a.Do
			for _, r := range a.Keys {
				rows, all = append(rows, r.Outcome), all+"\n"+r.Means+"\n"+r.Do
				if r.KEKBits != 3072 || r.Means == "" || (r.Outcome == Can) != (r.Do == "") {
					t.Errorf("%+v", r)
				}
			}
			if a.Trusted != nil {
				all += "\n" + a.Trusted.Means + "\n" + a.Trusted.Do
			}
			if a.Outcome != f.outcome || !slices.Equal(rows, f.rows) || a.Keys[0].Wrapped != f.wrapped || (a.Trusted == nil) != (f.c.Untrusted == nil) {
				t.Errorf("%+v", a)
			}
			if !strings.Contains(all, f.says) || strings.Contains(all, "..") {
				t.Errorf("wanted %q, and no two full stops, in\n%s", f.says, all)
			}
		})
	}
}

// A vendor is known by what its token says of itself, and only that vendor's
// hints are shown.
func TestHintsByVendor(t *testing.T) {
	for name, want := range map[string]string{
		"nCipher Corp. Ltd": "Entrust nShield", "Marvell Semiconductors, Inc.": "AWS CloudHSM", "Yubico (www.yubico.com)": "YubiHSM 2",
		"IBM CCA": "IBM CCA", "IBM Soft, Meta PKCS11 LIBRARY": "", "IBM openCryptoki": "openCryptoki", "Occam": "", "TPM2.0": "TPM 2.0", "SafeNet": "Thales Luna", "SoftHSM project": "SoftHSM", "Mozilla Foundation": "NSS softokn", "nobody": "",
	} {
		got := Hints(Info{Manufacturer: name})
		if (len(got) == 0) != (want == "") || len(got) > 0 && (got[0].Vendor != want || got[len(got)-1].Vendor != want) {
			t.Errorf("%s: %+v, wanted %q", name, got, want)
		}
	}
	if got := Hints(Info{Model: "x", Library: "Chrystoki 10.3"}); len(got) == 0 || got[0].Vendor != "Thales Luna" {
		t.Errorf("by the library: %+v", got)
	}
	all := AllHints()
	for _, v := range []string{"Thales Luna", "Entrust nShield", "AWS CloudHSM", "YubiHSM 2", "IBM CCA"} {
		if !slices.ContainsFunc(all, func(h Hint) bool { return h.Vendor == v && h.Basis == Documented && h.Text != "" }) {
			t.Errorf("no documented hint for %s", v)
		}
	}
	for _, h := range all {
		if h.Vendor == "" || h.Basis != Documented && h.Basis != Measured || !strings.HasSuffix(h.Text, ".") {
			t.Errorf("%+v", h)
		}
	}
}
