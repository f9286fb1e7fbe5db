package hsm

import (
	"fmt"
	"strings"
)

// Verdict says in sentences for people what a probe found: what the token can
// carry into Azure, what stands in the way, and what to change. The first
// sentence is the verdict.
func Verdict(i Info, c Capability) []string {
	var bad, zeros []TypeResult
	for _, r := range c.Types {
		switch {
		case !r.OK:
			bad = append(bad, r)
		case r.TrailingZeros > 0:
			zeros = append(zeros, r)
		}
	}
	lines := []string{headline(i, c, bad, zeros)}
	for _, r := range bad {
		lines = append(lines, fmt.Sprintf("%s: %s.", r.Type, strings.TrimSuffix(r.Problem, ".")))
	}
	for _, r := range zeros {
		lines = append(lines, fmt.Sprintf("%s: up to %d zero bytes stay behind the wrapped key.", r.Type, r.TrailingZeros))
	}
	if c.Way == "" {
		for _, a := range c.Tried {
			lines = append(lines, fmt.Sprintf("Tried %s: %s.", a.Way, strings.TrimSuffix(a.Result, ".")))
		}
	}
	if len(zeros) > 0 {
		lines = append(lines, "It is not known whether the vault accepts such a key. "+
			"Update the HSM's software (SoftHSM: 2.7 or later), or plan an exception.")
	}
	if c.Way == "" {
		lines = append(lines, advice(i)...)
	}
	return lines
}

func headline(i Info, c Capability, bad, zeros []TypeResult) string {
	token := fmt.Sprintf("%s %s, firmware %s, serial %s", i.Manufacturer, i.Model, i.Firmware, i.Serial)
	switch {
	case c.Way == "" && len(bad) == len(c.Types):
		return token + ": cannot wrap keys as Azure needs it."
	case c.Way == "":
		return token + ": cannot wrap every type of key as Azure needs it."
	case len(zeros) > 0:
		return fmt.Sprintf("%s: wraps by %s, but not exactly.", token, c.Way)
	}
	return fmt.Sprintf("%s: wraps every type of key asked for, by %s.", token, c.Way)
}

// A hint is what a vendor's documents say about wrapping keys out. None was
// tried on that vendor's hardware.
type hint struct {
	vendor []string // any of these words in manufacturer, model or library
	text   string
}

var hints = []hint{
	{
		[]string{"safenet", "thales", "gemalto", "luna"},
		"Luna: firmware 7.3 or later; the Partition SO allows private key wrapping (partition policy 1), which excludes cloning (policy 0). " +
			"In FIPS mode set RSAKeyGenMechRemap=1 in the client.",
	},
	{
		[]string{"ncipher", "nshield", "entrust"},
		"nShield: set CKNFAST_OVERRIDE_SECURITY_ASSURANCES=tokenkeys, and CKNFAST_LOADSHARING=1 to see softcards and card sets, before the program starts.",
	},
	{
		[]string{"cavium", "cloudhsm", "marvell"},
		"AWS CloudHSM: use client SDK 5; the PIN is user:password.",
	},
	{
		[]string{"yubico", "yubihsm"},
		"YubiHSM 2: use SDK 2.6.0 or later; the target needs exportable-under-wrap, the KEK export-wrapped.",
	},
	{
		[]string{"ibm", "opencryptoki"},
		"IBM: use openCryptoki 3.25 or later; CCA wraps no RSA or EC key for Azure.",
	},
	{[]string{"tpm"}, "A TPM cannot wrap keys for Azure."},
}

// advice returns the hints for a token's vendor, or the general one.
func advice(i Info) []string {
	name := strings.ToLower(strings.Join([]string{i.Manufacturer, i.Model, i.Library}, " "))
	for _, h := range hints {
		for _, word := range h.vendor {
			if strings.Contains(name, word) {
				return []string{h.text}
			}
		}
	}
	return []string{"Ask the vendor for CKM_RSA_AES_KEY_WRAP, or for CKM_RSA_PKCS_OAEP with AES key wrap of RFC 5649, " +
		"for private keys, and how the HSM's policy allows extractable keys."}
}
