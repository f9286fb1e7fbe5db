package steps

import (
	"fmt"
	"unicode"

	"github.com/keyceremony/ceremony/keyvault"
	"github.com/keyceremony/ceremony/plan"
)

// maxPlan bounds what is read as a plan, in bytes.
const maxPlan = 256 << 10

// visible refuses characters that a reader of the transcript could not see, as
// control characters and those that change the direction of writing.
func visible(v string) error {
	if len(v) > 4096 {
		return fmt.Errorf("it has %d bytes; at most 4096 are kept", len(v))
	}
	for _, r := range v {
		if !unicode.IsPrint(r) {
			return fmt.Errorf("it holds the invisible character %U", r)
		}
	}
	return nil
}

// vaultKind tells Key Vault from Managed HSM by the plan's URL.
func vaultKind(p *plan.Plan) keyvault.Kind {
	if p.Vault.ManagedHSM() {
		return keyvault.ManagedHSM
	}
	return keyvault.KeyVault
}
