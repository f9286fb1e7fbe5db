package azure

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/keyceremony/ceremony/keyvault"
)

// Rehearsal is the cloud of the rehearsal vault.
const Rehearsal = "rehearsal"

// cloudRow is one cloud: the domains of its vaults, and the hosts at which
// one signs in to it, the first of which we use. (Key Vault "about keys,
// secrets, certificates", DNS suffixes; azcore/cloud.)
type cloudRow struct {
	vaults, hsms string
	authorities  []string
}

var clouds = map[string]cloudRow{
	"public":  {"vault.azure.net", "managedhsm.azure.net", []string{"login.microsoftonline.com", "login.windows.net"}},
	"usgov":   {"vault.usgovcloudapi.net", "managedhsm.usgovcloudapi.net", []string{"login.microsoftonline.us"}},
	"china":   {"vault.azure.cn", "managedhsm.azure.cn", []string{"login.chinacloudapi.cn", "login.partner.microsoftonline.cn"}},
	Rehearsal: {"vault.rehearsal.test", "managedhsm.rehearsal.test", nil},
}

const guidPattern = `[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}`

var (
	vaultLabel = regexp.MustCompile(`^[A-Za-z][0-9A-Za-z-]{1,22}[0-9A-Za-z]$`)
	guid       = regexp.MustCompile(`^` + guidPattern + `$`)
	apiVersion = regexp.MustCompile(`^[0-9][0-9A-Za-z.-]{1,31}$`)
)

// check validates everything that does not need a network.
func (c Config) check() (cloudRow, *url.URL, keyvault.Kind, error) {
	row, ok := clouds[c.Cloud]
	if !ok {
		return row, nil, "", configProblem(fmt.Sprintf("the cloud is %q, not public, usgov, china or rehearsal", c.Cloud), nil)
	}
	base, kind, err := c.checkURL(row)
	if err != nil {
		return row, nil, "", err
	}
	if c.Tenant != "" && !guid.MatchString(c.Tenant) {
		return row, nil, "", configProblem("the tenant is not a GUID", nil)
	}
	if c.API != "" && !apiVersion.MatchString(c.API) {
		return row, nil, "", configProblem("the API version is malformed", nil)
	}
	if row, err = c.checkAuthority(row); err != nil {
		return row, nil, "", err
	}
	return row, base, kind, nil
}

// checkURL takes https://NAME.SUFFIX, with a port only in a rehearsal.
func (c Config) checkURL(row cloudRow) (*url.URL, keyvault.Kind, error) {
	u, err := url.Parse(strings.TrimSuffix(c.URL, "/"))
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.Path != "" ||
		u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.Opaque != "" {
		return nil, "", configProblem("the vault's address is not https://NAME."+row.vaults+" or https://NAME."+row.hsms, nil)
	}
	u.Host = strings.ToLower(u.Host)
	if u.Port() != "" && c.Cloud != Rehearsal {
		return nil, "", configProblem("the vault's address has a port, as only a rehearsal's has", nil)
	}
	name, domain, _ := strings.Cut(u.Hostname(), ".")
	if !vaultLabel.MatchString(name) {
		return nil, "", configProblem("the vault's name is not 3 to 24 letters, digits and hyphens", nil)
	}
	switch domain {
	case row.vaults:
		return u, keyvault.KeyVault, nil
	case row.hsms:
		return u, keyvault.ManagedHSM, nil
	}
	return nil, "", configProblem(fmt.Sprintf("the vault's host %s does not belong to the cloud %s, whose vaults are NAME.%s and NAME.%s",
		u.Host, c.Cloud, row.vaults, row.hsms), nil)
}

// checkAuthority fills in the authority of a rehearsal, and refuses one of
// our own choice, and an own CA, everywhere else.
func (c Config) checkAuthority(row cloudRow) (cloudRow, error) {
	if c.Cloud != Rehearsal && len(c.CA) > 0 {
		return row, configProblem("a certificate authority can be given for a rehearsal only", nil)
	}
	if c.Cloud != Rehearsal && c.Authority == "" {
		return row, nil
	}
	u, err := url.Parse(strings.TrimSuffix(c.Authority, "/"))
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.Path != "" || u.RawQuery != "" {
		return row, configProblem("the authority is not of the form https://HOST", nil)
	}
	if c.Cloud == Rehearsal {
		if !strings.HasSuffix(u.Hostname(), ".rehearsal.test") {
			return row, configProblem("the authority of a rehearsal is not below rehearsal.test", nil)
		}
		row.authorities = []string{strings.ToLower(u.Host)}
		return row, nil
	}
	if !slices.Contains(row.authorities, strings.ToLower(u.Host)) {
		return row, configProblem("the authority does not belong to the cloud "+c.Cloud, nil)
	}
	return row, nil
}

// resourceOf is what a challenge must name as resource: the vault's host
// without its first label.
func resourceOf(base *url.URL) string {
	_, rest, _ := strings.Cut(base.Host, ".")
	return "https://" + rest
}
