package steps

import (
	"encoding/base64"
	"fmt"
	"html"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/hsm/hsmtest"
	"github.com/keyceremony/ceremony/plan"
)

// The commands that are printed need no program of ours, and give the KEK's
// code: from the PEM of the Azure CLI or the portal, and from the answer of
// the REST interface.
func TestPrintedCommandsGiveTheCode(t *testing.T) {
	for _, bits := range []int{2048, 3072, 4096} {
		kek, _ := hsmtest.KEK(t, bits)
		dir := t.TempDir()
		b64 := base64.RawURLEncoding.EncodeToString
		must(t, os.WriteFile(filepath.Join(dir, "kek.pem"), kek.PEM(), 0o600))
		// Some answers have a zero before the exponent.
		for _, e := range [][]byte{big.NewInt(int64(kek.RSA().E)).Bytes(), {0, 1, 0, 1}} {
			must(t, os.WriteFile(filepath.Join(dir, "kek.json"), fmt.Appendf(nil, `{"key":{"kty":"RSA-HSM","n":%q,"e":%q},"attributes":{}}`, b64(kek.RSA().N.Bytes()), b64(e)), 0o600))
			for _, command := range []string{codeCommand, webKeyCommand} {
				c := exec.Command("sh", "-c", command)
				c.Dir = dir
				out, err := c.CombinedOutput()
				if err != nil || strings.TrimSpace(string(out)) != kek.SHA256().Code() {
					t.Errorf("%d bits: %v, %s, wanted %s", bits, err, out, kek.SHA256().Code())
				}
			}
		}
	}
}

// The printed script of a production plan has every way to the KEK, and how
// somebody else gets the evidence.
func TestPrintedWays(t *testing.T) {
	for url, want := range map[string][]string{
		"https://contoso.vault.azure.net": {
			"az keyvault key download --vault-name contoso --name k --encoding PEM --file kek.pem", "--resource https://vault.azure.net ",
			`"https://contoso.vault.azure.net/keys/k?api-version=7.6" > kek.json`, "Download public key", "insights-logs-auditevent", "/VAULTS/CONTOSO/",
			"ceremony inspect PT1H.json --kid KID", "a Key Vault: it attests no key",
		},
		"https://contoso.managedhsm.azure.net": {
			"az keyvault key download --hsm-name contoso --name k --encoding PEM --file kek.pem", "--resource https://managedhsm.azure.net ",
			`"https://contoso.managedhsm.azure.net/keys/k?api-version=7.6" > kek.json`, "az keyvault key get-attestation --hsm-name contoso --name k --file attestation.json",
			"ceremony inspect attestation.json --kek kek.pem --plan plan.toml",
		},
	} {
		p := &plan.Plan{ID: "p", Vault: plan.Vault{URL: url, API: plan.DefaultAPI}, KEK: plan.KEK{Name: "k"}, Evidence: plan.Evidence{Attestation: "wanted", AuditLog: "wanted"}}
		script := html.UnescapeString(regexp.MustCompile(`</?span[^>]*>`).ReplaceAllString(string(Script(p)), ""))
		for _, w := range append(want, "Way: az, REST, portal", "import sys,json,base64") {
			if !strings.Contains(script, w) {
				t.Errorf("%s: %q is not in the script", url, w)
			}
		}
		if strings.Contains(url, "managedhsm") && strings.Contains(script, "Download public key") {
			t.Error("the portal is told for a Managed HSM")
		}
		p.Rehearsal = true
		if s := string(Script(p)); strings.Contains(s, "curl") || strings.Contains(s, "get-attestation") {
			t.Error("a rehearsal's vault is no Azure")
		}
	}
}
