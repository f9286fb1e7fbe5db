package pkcs11

import (
	"slices"
	"testing"
)

// A vendor's module gets its own settings, and no secret or socket of others.
func TestModuleEnv(t *testing.T) {
	own := []string{"PATH=/bin", "SOFTHSM2_CONF=/c", "CKNFAST_LOADSHARING=1", "ChrystokiConfigurationPath=/etc"}
	others := []string{"AZURE_CLIENT_SECRET=x", "azure_client_id=x", "SSH_AUTH_SOCK=/s", "GITHUB_TOKEN=x", "DB_PASSWORD=x", "MY_PASSPHRASE=x"}
	if got := moduleEnv(append(slices.Clone(others), own...)); !slices.Equal(got, own) {
		t.Errorf("the module gets %v, want %v", got, own)
	}
}
