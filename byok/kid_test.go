package byok

import (
	"errors"
	"strings"
	"testing"
)

func TestParseKID(t *testing.T) {
	const version = "/0123456789abcdef0123456789abcdef"
	for _, s := range []string{
		testKID,
		"https://hsm1.managedhsm.azure.net/keys/K" + version,
		"https://contoso.vault.rehearsal.test:8443/keys/kek" + version,
		"https://a/keys/" + strings.Repeat("k", 127) + version,
	} {
		if k, err := ParseKID(s); err != nil || k.String() != s {
			t.Errorf("ParseKID(%q) = %v, %v", s, k, err)
		}
	}
	k, err := ParseKID(testKID)
	if err != nil || k != (KID{"contoso.vault.azure.net", "kek-1", version[1:]}) {
		t.Errorf("ParseKID = %+v, %v", k, err)
	}
}

func TestParseKIDRefuses(t *testing.T) {
	const (
		host    = "https://contoso.vault.azure.net"
		version = "0123456789abcdef0123456789abcdef"
		form    = "wanted https://HOST/keys/NAME/VERSION"
		name    = "wanted a key name of 1 to 127 letters, digits and hyphens"
		hex     = "wanted a version of 32 lower-case hex digits"
	)
	for _, tt := range []struct{ in, code, want string }{
		{"", "scheme", `found "", ` + form},
		{strings.Replace(testKID, "https", "http", 1), "scheme", `found "http://contoso.vault.azure.net/keys/kek-1/` + version + `", ` + form},
		{strings.Replace(testKID, "https", "HTTPS", 1), "scheme", `found "HTTPS://contoso.vault.azure.net/keys/kek-1/` + version + `", ` + form},
		{" " + testKID, "scheme", `found " ` + testKID + `", ` + form},
		{host + "/keys/kek-1", "version", `found "` + host + `/keys/kek-1" without version, ` + form},
		{host + "/keys/kek-1/", "version", `found "` + host + `/keys/kek-1/" without version, ` + form},
		{host, "path", `found "` + host + `", ` + form},
		{host + "/secrets/s/" + version, "path", `found "` + host + `/secrets/s/` + version + `", ` + form},
		{testKID + "/", "path", `found "` + testKID + `/", ` + form},
		{testKID + "?api-version=7.6", "version", `found version "` + version + `?api-version=7.6", ` + hex},
		{testKID + "#x", "version", `found version "` + version + `#x", ` + hex},
		{testKID + "\n", "version", `found version "` + version + `\n", ` + hex},
		{testKID[:len(testKID)-1], "version", `found version "` + version[:31] + `", ` + hex},
		{strings.ToUpper(version), "scheme", `found "` + strings.ToUpper(version) + `", ` + form},
		{host + "/keys/kek-1/" + strings.ToUpper(version), "version", `found version "` + strings.ToUpper(version) + `", ` + hex},
		{host + "/keys/kek_1/" + version, "name", `found name "kek_1", ` + name},
		{host + "/keys//" + version, "name", `found name "", ` + name},
		{host + "/keys/k%2e/" + version, "name", `found name "k%2e", ` + name},
		{strings.Replace(testKID, "contoso", "Contoso", 1), "host", `found host "Contoso.vault.azure.net", wanted a host name in lower case`},
		{strings.Replace(testKID, "net/", "net./", 1), "host", `found host "contoso.vault.azure.net.", wanted a host name in lower case`},
		{strings.Replace(testKID, "contoso", "me@contoso", 1), "host", `found host "me@contoso.vault.azure.net", wanted a host name in lower case`},
		{strings.Replace(testKID, "contoso", "-contoso", 1), "host", `found host "-contoso.vault.azure.net", wanted a host name in lower case`},
		{strings.Replace(testKID, "net/", "net:0/", 1), "host", `found host "contoso.vault.azure.net:0", wanted a host name in lower case`},
		{strings.Replace(testKID, "net/", "net:0443/", 1), "host", `found host "contoso.vault.azure.net:0443", wanted a host name in lower case`},
		{strings.Replace(testKID, "contoso", "contoso\u0430", 1), "host", `found host "contosoа.vault.azure.net", wanted a host name in lower case`},
		{strings.Replace(testKID, "contoso", strings.Repeat("a", 64), 1), "host", ""},
		{strings.Replace(testKID, "contoso", strings.Repeat("a.", 130)+"contoso", 1), "host", ""},
	} {
		_, err := ParseKID(tt.in)
		var fe *FormatError
		if !errors.As(err, &fe) || fe.Code != tt.code || tt.want != "" && fe.Error() != "kid: "+tt.want {
			t.Errorf("ParseKID(%q):\n got %v\nwant %s: %q", tt.in, err, tt.code, "kid: "+tt.want)
		}
	}
}
