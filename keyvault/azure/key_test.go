package azure

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azkeys"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/keyvault"
	"github.com/keyceremony/ceremony/vectors"
)

// recorded reads the exchanges that were recorded from the real services.
func recorded(t *testing.T) map[string]struct {
	Status  int
	Headers map[string]string
	Body    json.RawMessage
} {
	t.Helper()
	b := vectors.Read(t, "samples/azure/recorded-http-responses.json")
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		t.Fatal(err)
	}
	delete(raw, "source")
	out := map[string]struct {
		Status  int
		Headers map[string]string
		Body    json.RawMessage
	}{}
	for name, r := range raw {
		e := out[name]
		if err := json.Unmarshal(r, &e); err != nil {
			t.Fatal(err)
		}
		out[name] = e
	}
	return out
}

func TestRecordedChallenges(t *testing.T) {
	for name, resource := range map[string]string{
		"keyvault_401": "https://vault.azure.net", "managedhsm_401": "https://managedhsm.azure.net",
	} {
		h := recorded(t)[name].Headers["WWW-Authenticate"]
		g := testGuard()
		if g.resource = resource; g.check([]string{h}) != nil || h == "" {
			t.Errorf("%s: %v", name, g.check([]string{h}))
		}
		if g.resource = "https://other.test"; g.check([]string{h}) == nil {
			t.Errorf("%s: a challenge for another service is accepted", name)
		}
	}
}

func TestRecordedErrors(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		code   keyvault.Code
		inner  string
	}{
		"keyvault_401":                   {401, keyvault.Unauthorized, "Unauthorized"},
		"managedhsm_401":                 {401, keyvault.Unauthorized, ""},
		"keyvault_release_403":           {403, keyvault.Forbidden, "AccessDenied"},
		"keyvault_oct_not_supported_400": {400, keyvault.KeyTypeOps, "KeyTypeNotSupported"},
	} {
		p, _ := testVault(keyvault.KeyVault).explain(action{name: "import", key: "k"}, answered(c.status, string(recorded(t)[name].Body)))
		if p.Code != c.code || c.inner != "" && p.Service != c.inner {
			t.Errorf("%s: %s (%s)", name, p.Code, p.Service)
		}
	}
}

func TestRecordedKeys(t *testing.T) {
	v := testVault(keyvault.KeyVault)
	v.base.Host = "test.vault.azure.net"
	k, err := v.key(action{key: "testreleasekey2633194999"}, decodeBundle(t, recorded(t)["keyvault_create_ec_hsm_200"].Body))
	if err != nil {
		t.Fatal(err)
	}
	if k.Kty != "EC-HSM" || k.Crv != "P-256K" || k.Public.Type() != byok.P256K || !k.Exportable || !k.Release ||
		k.HSMPlatform != "2" || k.Recovery != "CustomizedRecoverable+Purgeable" || !k.Created.Equal(time.Unix(1716933215, 0)) {
		t.Errorf("%+v", k)
	}
	v = testVault(keyvault.ManagedHSM)
	v.base.Host = "managedhsmvaultname.managedhsm.azure.net"
	k, err = v.key(action{key: "livekvtestmultitenant-key728533b7"}, decodeBundle(t, recorded(t)["managedhsm_create_rsa_200_api_2025_07_01"].Body))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"decrypt", "encrypt", "sign", "unwrapKey", "verify", "wrapKey"}
	if !slices.Equal(k.Ops, want) || k.Public.Type() != byok.RSA2048 || k.Exportable || k.Release || k.HSMPlatform != "" {
		t.Errorf("%+v", k)
	}
}

func decodeBundle(t *testing.T, b []byte) (out azkeys.KeyBundle) {
	t.Helper()
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

const (
	testVersion = "10d2e739ac5c4859a1a5330f336dee6a"
	testBundle  = `{"key":{"kid":"https://contoso.vault.azure.net/keys/k/` + testVersion + `","kty":"EC-HSM","crv":"P-256","key_ops":["verify","sign","sign"],
	"x":"axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY","y":"T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"},"attributes":{"enabled":true}}`
)

func TestAnswersAboutKeys(t *testing.T) {
	for name, c := range map[string]struct {
		old, new string
		ok       bool
	}{
		"as it is":          {"", "", true},
		"name in capitals":  {"/keys/k/", "/keys/K/", true},
		"another vault":     {"contoso", "evil", false},
		"another key":       {"/keys/k/", "/keys/other/", false},
		"another version":   {testVersion, strings.Repeat("0", 32), false},
		"no version":        {"/" + testVersion, "", false},
		"http":              {"https://", "http://", false},
		"no kid":            {`"kid"`, `"kidding"`, false},
		"no attributes":     {`"attributes":{"enabled":true}`, `"x":1`, false},
		"unknown type":      {"EC-HSM", "LMS", false},
		"unknown curve":     {`"P-256"`, `"P-255"`, false},
		"curve of RSA":      {`"P-256"`, `"RSA-2048"`, false},
		"not on the curve":  {"axfR8u", "axfR8v", false},
		"no y":              {`"y"`, `"yy"`, false},
		"RSA without n":     {`"EC-HSM"`, `"RSA-HSM"`, false},
		"RSA with large e":  {`"EC-HSM"`, `"RSA-HSM","n":"AQAB","e":"` + strings.Repeat("_", 30) + `"`, false},
		"oct has no public": {`"EC-HSM"`, `"oct-HSM"`, true},
	} {
		body := strings.Replace(testBundle, c.old, c.new, 1)
		if c.old != "" && body == testBundle {
			t.Fatalf("%s: the edit changed nothing", name)
		}
		k, err := testVault(keyvault.KeyVault).key(action{key: "k", version: testVersion}, decodeBundle(t, []byte(body)))
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
		if p := asProblem(err); err != nil && (p == nil || p.Code != keyvault.HostileAnswer) {
			t.Errorf("%s: %v is not a hostile answer", name, err)
		}
		if c.ok && !slices.Equal(k.Ops, []string{"sign", "verify"}) {
			t.Errorf("%s: ops %v", name, k.Ops)
		}
	}
}

// TestExponent: the service writes 65537 of an imported key with a leading
// zero.
func TestExponent(t *testing.T) {
	n := base64.RawURLEncoding.EncodeToString(append([]byte{0x80}, append(make([]byte, 254), 1)...))
	var prints []string
	for _, e := range []string{"AQAB", "AAEAAQ"} {
		var j azkeys.JSONWebKey
		if err := json.Unmarshal([]byte(`{"kty":"RSA-HSM","n":"`+n+`","e":"`+e+`"}`), &j); err != nil {
			t.Fatal(err)
		}
		pub, err := public(&j)
		if err != nil {
			t.Fatal(err)
		}
		prints = append(prints, pub.SHA256().String())
	}
	if prints[0] != prints[1] {
		t.Error("AQAB and AAEAAQ are two keys")
	}
}

func TestClaims(t *testing.T) {
	token := func(claims string) string {
		return "e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".c2ln"
	}
	for _, c := range []struct{ token, account, tenant string }{
		{token(`{"tid":"t","upn":"ada@contoso.com","appid":"a"}`), "ada@contoso.com", "t"},
		{token(`{"tid":"t","unique_name":"ada","app_displayname":"n"}`), "ada", "t"},
		{token(`{"tid":"t","app_displayname":"robot","appid":"a"}`), "robot", "t"},
		{token(`{"tid":"t","appid":"a"}`), "a", "t"},
		{token(`{"upn":"a\u202eb\nc"}`), "a?b c", ""},
		{token(`{"upn":1}`), "", ""},
		{token(`[]`), "", ""},
		{"opaque", "", ""},
		{"a.!.b", "", ""},
		{"", "", ""},
		{"..", "", ""},
		{token(`{"upn":"` + strings.Repeat("x", maxToken) + `"}`), "", ""},
	} {
		got := parseClaims(c.token)
		if got.account() != c.account || got.Tenant != c.tenant {
			t.Errorf("%.40s: account %q, tenant %q", c.token, got.account(), got.Tenant)
		}
	}
}

func FuzzClaims(f *testing.F) {
	f.Add("e30.eyJ1cG4iOiJhIn0.c2ln")
	f.Fuzz(func(t *testing.T, token string) {
		c := parseClaims(token)
		for _, s := range []string{c.account(), c.Tenant, c.ObjectID} {
			if len(s) > 203 || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
				t.Fatalf("claim %q can not be shown", s)
			}
		}
	})
}
