package main

import (
	"slices"
	"testing"

	"github.com/keyceremony/ceremony/keyvault/azure"
	"github.com/keyceremony/ceremony/steps"
)

// TestSignInMethods: what people are offered is what the vault's client knows.
// Neither package knows the other.
func TestSignInMethods(t *testing.T) {
	if got, want := steps.SignInMethods, azure.Methods(); !slices.Equal(got, want) {
		t.Errorf("people choose from %q, and the client signs in by %q", got, want)
	}
}
