package vaulttest

import (
	"testing"

	"github.com/keyceremony/ceremony/keyvault/rehearsal"
)

func TestKeyVault(t *testing.T) {
	s := Start(t, rehearsal.Options{})
	Run(t, Subject{Vault: Open(t, s), Now: Now, Prefix: "suite-"})
}

func TestManagedHSM(t *testing.T) {
	s := Start(t, rehearsal.Options{ManagedHSM: true})
	Run(t, Subject{Vault: Open(t, s), Now: Now, Prefix: "suite-"})
}
