package azure

import (
	"errors"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/keyceremony/ceremony/keyvault"
)

func TestAddresses(t *testing.T) {
	for _, c := range []struct {
		cloud, url string
		kind       keyvault.Kind // "" is refused
	}{
		{"public", "https://contoso.vault.azure.net", keyvault.KeyVault},
		{"public", "https://contoso.vault.azure.net/", keyvault.KeyVault},
		{"public", "https://Contoso.Vault.Azure.net", keyvault.KeyVault},
		{"public", "https://contoso.managedhsm.azure.net", keyvault.ManagedHSM},
		{"usgov", "https://contoso.vault.usgovcloudapi.net", keyvault.KeyVault},
		{"usgov", "https://contoso.managedhsm.usgovcloudapi.net", keyvault.ManagedHSM},
		{"china", "https://contoso.vault.azure.cn", keyvault.KeyVault},
		{"china", "https://contoso.managedhsm.azure.cn", keyvault.ManagedHSM},

		{"public", "https://contoso.vault.azure.cn", ""},
		{"china", "https://contoso.vault.azure.net", ""},
		{"public", "https://contoso.vault.rehearsal.test", ""},
		{"public", "http://contoso.vault.azure.net", ""},
		{"public", "https://contoso.vault.azure.net:444", ""},
		{"public", "https://contoso.vault.azure.net/keys", ""},
		{"public", "https://contoso.vault.azure.net?x", ""},
		{"public", "https://contoso.vault.azure.net#x", ""},
		{"public", "https://me@contoso.vault.azure.net", ""},
		{"public", "https://evil.test/contoso.vault.azure.net", ""},
		{"public", "https://contoso.vault.azure.net.evil.test", ""},
		{"public", "https://evilvault.azure.net", ""},
		{"public", "https://a.b.vault.azure.net", ""},
		{"public", "https://.vault.azure.net", ""},
		{"public", "https://ab.vault.azure.net", ""},
		{"public", "https://-abc.vault.azure.net", ""},
		{"public", "https://contoso-.vault.azure.net", ""},
		{"public", "https://1234567890123456789012345.vault.azure.net", ""},
		{"public", "contoso.vault.azure.net", ""},
		{"public", "", ""},
		{"public", "https://", ""},
		{"public", "https://%zz", ""},
		{"moon", "https://contoso.vault.azure.net", ""},
		{"", "https://contoso.vault.azure.net", ""},
	} {
		_, base, kind, err := Config{Cloud: c.cloud, URL: c.url}.check()
		if kind != c.kind || (err == nil) != (c.kind != "") {
			t.Errorf("%s in %s: kind %q, %v", c.url, c.cloud, kind, err)
		}
		var p *keyvault.Problem
		if err != nil && (!errors.As(err, &p) || p.Code != keyvault.Configuration || p.Remedy == "") {
			t.Errorf("%s in %s: %v is not a problem with a remedy", c.url, c.cloud, err)
		}
		if err == nil && base.Path != "" {
			t.Errorf("%s: path %q stays", c.url, base.Path)
		}
	}
}

func TestRehearsalOnly(t *testing.T) {
	const vault, rehearsal = "https://contoso.vault.azure.net", "https://demo.vault.rehearsal.test:4433"
	for name, c := range map[string]Config{
		"an own CA in production":        {Cloud: "public", URL: vault, CA: []byte("x")},
		"an own authority in production": {Cloud: "public", URL: vault, Authority: "https://login.rehearsal.test"},
		"the authority of another cloud": {Cloud: "public", URL: vault, Authority: "https://login.microsoftonline.us"},
		"a rehearsal without authority":  {Cloud: Rehearsal, URL: rehearsal},
		"a rehearsal at Microsoft's":     {Cloud: Rehearsal, URL: rehearsal, Authority: "https://login.microsoftonline.com"},
		"an authority with a path":       {Cloud: Rehearsal, URL: rehearsal, Authority: "https://login.rehearsal.test/x"},
		"an authority over http":         {Cloud: Rehearsal, URL: rehearsal, Authority: "http://login.rehearsal.test"},
		"a tenant that is no GUID":       {Cloud: "public", URL: vault, Tenant: "contoso"},
		"an API version":                 {Cloud: "public", URL: vault, API: "7.6&x=y"},
	} {
		if _, _, _, err := c.check(); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	for _, c := range []Config{
		{Cloud: Rehearsal, URL: rehearsal, Authority: "https://login.rehearsal.test:4433"},
		{Cloud: "public", URL: vault, Authority: "https://login.microsoftonline.com/", Tenant: testTenant, API: "2025-07-01"},
	} {
		if row, _, _, err := c.check(); err != nil || len(row.authorities) == 0 {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if _, err := newVault(Config{Cloud: Rehearsal, URL: rehearsal, Authority: "https://login.rehearsal.test", CA: []byte("no PEM"), SignIn: SignIn{Method: Browser}}); err == nil {
		t.Error("a CA that is not PEM is accepted")
	}
	if _, err := newVault(Config{Cloud: "public", URL: vault, SignIn: SignIn{Method: "guess"}}); err == nil {
		t.Error("an unknown way to sign in is accepted")
	}
}

func TestMethods(t *testing.T) {
	t.Setenv("AZURE_TENANT_ID", testTenant)
	t.Setenv("AZURE_CLIENT_ID", testTenant)
	t.Setenv("AZURE_CLIENT_SECRET", "not one")
	for _, m := range Methods() {
		c := Config{
			Cloud: "public", URL: "https://contoso.vault.azure.net", Tenant: testTenant,
			SignIn: SignIn{Method: m, ClientID: testTenant, Secret: []byte("x")}, Prompt: func(string) {},
		}
		_, err := newVault(c)
		if (err != nil) != (m == Certificate) { // which this one has not
			t.Errorf("%s: %v", m, err)
		}
		c.Tenant = ""
		if _, err := newVault(c); (err != nil) != (m == Certificate || m == Secret) {
			t.Errorf("%s without tenant: %v", m, err)
		}
	}
}

const testTenant = "72f988bf-86f1-41af-91ab-2d7cd011db47"

func TestDeviceCodePrompt(t *testing.T) {
	c := Config{Cloud: "public", URL: "https://contoso.vault.azure.net", SignIn: SignIn{Method: DeviceCode}}
	if _, err := newVault(c); err == nil {
		t.Error("a device code that nobody would see")
	}
	var shown string
	c.Prompt = func(s string) { shown = s }
	m := azidentity.DeviceCodeMessage{UserCode: "AB\x1b[2JCD", VerificationURL: "https://microsoft.com/devicelogin", Message: "send your password to evil.test"}
	if err := c.showDeviceCode(t.Context(), m); err != nil || shown != "Open https://microsoft.com/devicelogin in a browser and type the code AB?[2JCD" {
		t.Errorf("shown %q, %v", shown, err)
	}
	m.VerificationURL = "http://microsoft.com/devicelogin"
	if p := asProblem(c.showDeviceCode(t.Context(), m)); p == nil || p.Code != keyvault.HostileAnswer {
		t.Error("a page that is not https is shown")
	}
}
