package plan

import (
	"crypto/x509"
	"encoding/pem"
	"regexp"
	"strings"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/digest"
)

// Rehearsals have names of their own, so that no eye and no check takes one
// for the real thing.
const rehearsalPrefix = "rehearsal-"

// A cloud is where vaults live: the ends of their host names.
type cloud struct{ name, keyVault, managedHSM string }

// Hosts as in Microsoft's "Azure Key Vault keys, secrets, and certificates
// overview"; the last is the vault of rehearsals.
var clouds = []cloud{
	{"public", ".vault.azure.net", ".managedhsm.azure.net"},
	{"usgov", ".vault.usgovcloudapi.net", ".managedhsm.usgovcloudapi.net"},
	{"china", ".vault.azure.cn", ".managedhsm.azure.cn"},
	{Rehearsal, ".vault.rehearsal.test", ".managedhsm.rehearsal.test"},
}

var (
	vaultForm  = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	objectForm = regexp.MustCompile(`^[0-9A-Za-z-]{1,127}$`)
	guidForm   = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	hostForm   = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[1-9][0-9]{0,4})?$`)
)

// DefaultAPI is the version of the service's API where a plan names none.
const DefaultAPI = "7.6"

var (
	apis       = []string{"7.4", "7.5", "7.6", "2025-07-01"}
	unattested = []string{"7.4", "7.5"} // key attestation came with 7.6
)

// Host returns HOST[:PORT] of the vault's URL.
func (v Vault) Host() string { return strings.TrimPrefix(v.URL, "https://") }

// ManagedHSM tells a Managed HSM from a Key Vault, by the host's name.
func (v Vault) ManagedHSM() bool { return strings.Contains(v.Host(), ".managedhsm.") }

func (c *checker) vault() {
	v := c.plan.Vault
	c.cloud(v)
	if !guidForm.MatchString(v.Tenant) {
		c.bad("vault.tenant", "is %q, wanted a GUID in lower case", v.Tenant)
	}
	c.choice("vault.api", v.API, apis...)
	c.ownerRoot(v)
}

// cloud holds the host against the cloud, so that a signed-in token never
// goes to a host that merely sounds like a vault.
func (c *checker) cloud(v Vault) {
	if v.Cloud == Rehearsal && !c.plan.Rehearsal {
		c.bad("vault.cloud", "is %q in a plan with rehearsal = false, wanted public, usgov or china", v.Cloud)
	}
	names := make([]string, len(clouds))
	for i, one := range clouds {
		names[i] = one.name
		if one.name == v.Cloud && c.fine("vault.cloud") {
			c.host(v, one)
		}
	}
	c.choice("vault.cloud", v.Cloud, names...)
	if v.Cloud == Rehearsal {
		c.authority(v)
		return
	}
	if v.Authority != "" {
		c.bad("vault.authority", "is for the rehearsal vault alone, wanted no such key")
	}
	if v.CA != "" {
		c.bad("vault.ca", "is for the rehearsal vault alone, wanted no such key")
	}
}

func (c *checker) host(v Vault, in cloud) {
	host, port, hasPort := strings.Cut(v.Host(), ":")
	name, ok := strings.CutSuffix(host, in.keyVault)
	if !ok {
		name, ok = strings.CutSuffix(host, in.managedHSM)
	}
	wanted := "https://NAME" + in.keyVault + " or https://NAME" + in.managedHSM
	switch {
	case !ok || !strings.HasPrefix(v.URL, "https://") || !vaultForm.MatchString(name),
		hasPort && (in.name != Rehearsal || !hostForm.MatchString("h:"+port)):
		c.bad("vault.url", "is %q, wanted %s", v.URL, wanted)
	case len(name) < 3 || len(name) > 24:
		c.bad("vault.url", "names a vault with %d characters, wanted 3 to 24", len(name))
	}
}

func (c *checker) authority(v Vault) {
	host, ok := strings.CutPrefix(v.Authority, "https://")
	if !ok || !hostForm.MatchString(host) {
		c.bad("vault.authority", "is %q, wanted https://HOST or https://HOST:PORT", v.Authority)
	}
	block, rest := pem.Decode([]byte(v.CA))
	if block == nil || block.Type != "CERTIFICATE" || len(rest) > 0 {
		c.bad("vault.ca", "holds no certificate, wanted one certificate in PEM")
		return
	}
	if _, err := x509.ParseCertificate(block.Bytes); err != nil {
		c.bad("vault.ca", "holds a certificate that cannot be read, wanted one certificate in PEM")
	}
}

func (c *checker) ownerRoot(v Vault) {
	if v.OwnerRoot == "" {
		return
	}
	if _, err := digest.Parse(v.OwnerRoot); err != nil {
		c.bad("vault.owner_root", "is %s, wanted a SHA-256 in 64 lower-case hex digits", length(v.OwnerRoot))
	}
	if c.fine("vault.url") && !v.ManagedHSM() {
		c.bad("vault.owner_root", "is there, but a Key Vault has no owner's root, wanted no such key")
	}
}

func (c *checker) kek() {
	k := c.plan.KEK
	if !objectForm.MatchString(k.Name) {
		c.bad("kek.name", "is %q, wanted 1 to 127 of 0-9 A-Z a-z -", k.Name)
	}
	switch has := strings.HasPrefix(strings.ToLower(k.Name), rehearsalPrefix); {
	case has && !c.plan.Rehearsal:
		c.bad("kek.name", "is %q, but only the KEK of a rehearsal begins with %s, wanted another name", k.Name, rehearsalPrefix)
	case !has && c.plan.Rehearsal:
		c.bad("kek.name", "is %q, wanted a name that begins with %s, for this is a rehearsal", k.Name, rehearsalPrefix)
	}
	if k.Bits != 2048 && k.Bits != 3072 && k.Bits != 4096 {
		c.bad("kek.bits", "is %d, wanted 2048, 3072 or 4096", k.Bits)
	}
	if k.Days < 1 || k.Days > 90 {
		c.bad("kek.days", "is %d, wanted 1 to 90", k.Days)
	}
	if k.Use != "" {
		c.kid("kek.use", k.Use, "kek.name", k.Name)
	}
}

// kid wants a key of this vault, with this name and a version.
func (c *checker) kid(path, kid, namePath, name string) {
	id, err := byok.ParseKID(kid)
	switch host := c.plan.Vault.Host(); {
	case err != nil || id.Version == "":
		c.bad(path, "is %q, wanted https://%s/keys/%s/VERSION", kid, host, name)
	case id.Host != host && c.fine("vault.url"):
		c.bad(path, "names the vault %q, wanted %q", id.Host, host)
	case id.Name != name && c.fine(namePath):
		c.bad(path, "names the key %q, wanted %q", id.Name, name)
	}
}

func (c *checker) hsm() {
	h := c.plan.HSM
	if !absolute(h.Module) {
		c.bad("hsm.module", "is %q, wanted the full path of a library", h.Module)
	}
	if h.ModuleSHA256.String() == zeros {
		c.bad("hsm.module_sha256", "is all zeros, wanted the digest of the library")
	}
	c.ascii("hsm.serial", h.Serial, 16) // CK_TOKEN_INFO has 16 characters
	switch {
	case h.SealKey != "none":
		c.sshKey("hsm.seal_key", h.SealKey)
		if h.SealKeyLabel == "" {
			c.bad("hsm.seal_key_label", "is missing, wanted the CKA_LABEL of the seal key")
		} else {
			c.ascii("hsm.seal_key_label", h.SealKeyLabel, 64)
		}
	case h.SealKeyLabel != "":
		c.bad("hsm.seal_key_label", "is there, but seal_key is none, wanted no such key")
	}
}

// absolute knows the paths of all systems: a plan is written on one and read
// on another.
func absolute(path string) bool {
	windows := regexp.MustCompile(`^[A-Za-z]:[\\/].`).MatchString(path)
	return windows || (strings.HasPrefix(path, "/") && len(path) > 1)
}
