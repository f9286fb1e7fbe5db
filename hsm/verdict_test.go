package hsm

import (
	"strings"
	"testing"
)

func TestVerdict(t *testing.T) {
	luna := Info{Manufacturer: "SafeNet", Model: "Luna K7", Firmware: "7.4", Serial: "123"}
	for _, f := range []struct {
		name  string
		info  Info
		c     Capability
		lines int
		first string
		texts []string
	}{
		{
			"all is well", luna,
			Capability{Way: "CKM_RSA_AES_KEY_WRAP", Types: []TypeResult{{Type: "P-256", OK: true}}},
			1, "wraps every type of key asked for, by CKM_RSA_AES_KEY_WRAP", nil,
		},
		{
			"zeros",
			Info{Manufacturer: "SoftHSM project"},
			Capability{Way: "W", Types: []TypeResult{{Type: "P-256", OK: true, TrailingZeros: 5}, {Type: "AES-256", OK: true}}},
			3, "by W, but not exactly",
			[]string{"P-256: up to 5 zero bytes", "SoftHSM: 2.7 or later"},
		},
		{
			"nothing works", luna,
			Capability{Types: []TypeResult{{Type: "RSA-2048", Problem: "no."}}, Tried: []Attempt{{"W1", "why"}, {"W2", "why not."}}},
			5, "cannot wrap keys as Azure needs it",
			[]string{"RSA-2048: no.", "Tried W1: why.", "Tried W2: why not.", "partition policy 1"},
		},
		{
			"one type",
			Info{Manufacturer: "nobody"},
			Capability{Types: []TypeResult{{Type: "P-256", OK: true}, {Type: "P-256K", Problem: "no curve"}}},
			3, "cannot wrap every type",
			[]string{"P-256K: no curve.", "Ask the vendor"},
		},
	} {
		t.Run(f.name, func(t *testing.T) {
			lines := Verdict(f.info, f.c)
			all := strings.Join(lines, "\n")
			if len(lines) != f.lines || !strings.Contains(lines[0], f.first) {
				t.Errorf("%d lines, wanted %d with %q first:\n%s", len(lines), f.lines, f.first, all)
			}
			for _, text := range f.texts {
				if !strings.Contains(all, text) {
					t.Errorf("%q is not in\n%s", text, all)
				}
			}
			if strings.Contains(all, "..") {
				t.Errorf("two full stops in\n%s", all)
			}
		})
	}
}

func TestAdviceByVendor(t *testing.T) {
	for name, want := range map[string]string{
		"nCipher Corp. Ltd": "nShield:", "Marvell Semiconductors, Inc.": "AWS CloudHSM:", "Yubico (www.yubico.com)": "YubiHSM 2:",
		"IBM": "IBM:", "TPM2.0": "A TPM", "Thales": "Luna:", "nobody": "Ask the vendor",
	} {
		if got := advice(Info{Manufacturer: name})[0]; !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q, wanted %q first", name, got, want)
		}
	}
}
