package pkcs11

import (
	"fmt"

	"github.com/keyceremony/ceremony/hsm"
)

// The mechanisms of a key transfer blob (PKCS #11 v2.40, 2.1 and 2.14, and
// v3.0 for KWP). 0x210A has four meanings in the field, so only the probe
// decides.
const (
	ckmRSAAESKeyWrap = 0x1054
	ckmRSAOAEP       = 0x0009
	ckmKWP           = 0x210B
	ckmKWPLuna       = 0x80000171
	ckmKWPAWS        = 0x8000216F
	ckmKeyWrapPad    = 0x210A
	ckmKeyWrapPadOld = 0x1091
)

// A way is how a token is asked for OAEP(AES key) ‖ KWP(target key): kwp is
// the mechanism of the second step, or 0 where one mechanism does both.
type way struct {
	name hsm.Way
	kwp  uint
}

// ways are tried in this order: the mechanism that Azure's specification
// names first, then those that mean RFC 5649 wherever they exist, then those
// whose meaning differs from vendor to vendor.
var ways = []way{
	{"CKM_RSA_AES_KEY_WRAP", 0},
	twoSteps(ckmKWP, "CKM_AES_KEY_WRAP_KWP"),
	twoSteps(ckmKWPLuna, "CKM_AES_KWP of Luna"),
	twoSteps(ckmKWPAWS, "CKM_AES_KEY_WRAP_ZERO_PAD of CloudHSM"),
	twoSteps(ckmKeyWrapPad, "CKM_AES_KEY_WRAP_PAD"),
	twoSteps(ckmKeyWrapPadOld, "CKM_AES_KEY_WRAP_PAD before v2.40"), // CKM_BLOWFISH_CBC today
}

func twoSteps(kwp uint, name string) way {
	return way{hsm.Way(fmt.Sprintf("CKM_RSA_PKCS_OAEP + %s (0x%X)", name, kwp)), kwp}
}

// wayNamed finds a way by its name.
func wayNamed(name hsm.Way) (way, bool) {
	for _, w := range ways {
		if w.name == name {
			return w, true
		}
	}
	return way{}, false
}

// missing returns the number of the first mechanism that the way needs and
// the token does not list, 0 if it lists all.
func (w way) missing(info hsm.Info) uint {
	needs := []uint{ckmRSAAESKeyWrap}
	if w.kwp != 0 {
		needs = []uint{ckmRSAOAEP, w.kwp}
	}
	for _, need := range needs {
		if !lists(info, need) {
			return need
		}
	}
	return 0
}

func lists(info hsm.Info, number uint) bool {
	for _, m := range info.Mechanisms {
		if m.Number == number {
			return true
		}
	}
	return false
}
