package azure

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azkeys"

	"github.com/keyceremony/ceremony/keyvault"
)

const goodChallenge = `Bearer authorization="https://login.microsoftonline.com/` + testTenant + `", resource="https://vault.azure.net"`

func testGuard() *guard {
	return &guard{hosts: clouds["public"].authorities, tenant: testTenant, resource: "https://vault.azure.net"}
}

func TestChallenges(t *testing.T) {
	swap := func(old, new string) string {
		s := strings.Replace(goodChallenge, old, new, 1)
		if s == goodChallenge {
			t.Fatalf("%q is not in the challenge", old)
		}
		return s
	}
	const auth = "https://login.microsoftonline.com/" + testTenant
	for name, c := range map[string]struct {
		header string
		ok     bool
	}{
		"recorded":                {goodChallenge, true},
		"without comma":           {swap(`", `, `" `), true},
		"with scope":              {goodChallenge + `, scope="https://vault.azure.net/.default"`, true},
		"alias of the authority":  {swap("login.microsoftonline.com", "login.windows.net"), true},
		"claims":                  {`Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", error="insufficient_claims", claims="eyJhIjoxfQ=="`, true},
		"empty":                   {"", false},
		"scheme alone":            {"Bearer", false},
		"scheme and space":        {"Bearer ", false},
		"other scheme":            {swap("Bearer", "Basic"), false},
		"two schemes":             {goodChallenge + ", " + goodChallenge, false},
		"no quotes":               {strings.ReplaceAll(goodChallenge, `"`, ""), false},
		"no authorization":        {`Bearer resource="https://vault.azure.net"`, false},
		"no resource":             {`Bearer authorization="` + auth + `"`, false},
		"authorization twice":     {goodChallenge + `, authorization="https://evil.test/` + testTenant + `"`, false},
		"authorization empty":     {swap(auth, ""), false},
		"authorization a word":    {swap(auth, "x"), false}, // azkeys 1.5.0 panics
		"authorization one slash": {swap(auth, "https:/"), false},
		"authorization no path":   {swap("/"+testTenant, ""), false}, // azkeys 1.5.0 panics
		"tenant empty":            {swap(testTenant, ""), false},
		"tenant a name":           {swap(testTenant, "common"), false},
		"tenant escaped":          {swap(testTenant, "%37"+testTenant[1:]), false},
		"tenant and path":         {swap(testTenant, testTenant+"/x"), false},
		"another tenant":          {swap("72f988bf", "00000000"), false},
		"http":                    {swap("https://login", "http://login"), false},
		"another authority":       {swap("login.microsoftonline.com", "evil.test"), false},
		"authority as user":       {swap("login.microsoftonline.com", "login.microsoftonline.com@evil.test"), false},
		"authority with port":     {swap("login.microsoftonline.com", "login.microsoftonline.com:8443"), false},
		"authority as suffix":     {swap("login.microsoftonline.com", "login.microsoftonline.com.evil.test"), false},
		"query":                   {swap(testTenant, testTenant+"?x"), false},
		"another resource":        {swap("vault.azure.net", "graph.microsoft.com"), false},
		"wide resource":           {swap("https://vault.azure.net", "https://azure.net"), false},
		"other scope":             {goodChallenge + `, scope="https://graph.microsoft.com/.default"`, false},
		"line break":              {swap(", ", ",\n"), false},
		"NUL":                     {swap("vault", "va\x00ult"), false},
		"too long":                {goodChallenge + `, x="` + strings.Repeat("a", maxChallenge) + `"`, false},
		"equals in value":         {swap("vault.azure.net", "vault.azure.net="), false},
		"escaped quote":           {swap("vault", `va\"ult`), false},
		"claims without error":    {`Bearer claims="eyJhIjoxfQ=="`, false},
	} {
		err := testGuard().check([]string{c.header})
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
		if p := asProblem(err); err != nil && (p == nil || p.Code != keyvault.HostileAnswer) {
			t.Errorf("%s: %v is not a hostile answer", name, err)
		}
	}
	if err := testGuard().check(nil); err != nil {
		t.Errorf("a refusal without a challenge: %v", err)
	}
}

// canned answers every request with one response.
type canned struct {
	status int
	header http.Header
}

func (c canned) Do(req *http.Request) (*http.Response, error) {
	h := c.header
	if req.Header.Get("Authorization") != "" {
		h = http.Header{}
	}
	return &http.Response{StatusCode: c.status, Header: h, Body: http.NoBody, Request: req}, nil
}

// noToken fails the test when the SDK asks for a token.
type noToken struct{ asked *policy.TokenRequestOptions }

func (n noToken) GetToken(_ context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	*n.asked = o
	return azcore.AccessToken{}, errors.New("no token")
}

// FuzzChallenge sends any challenge through the SDK's own parser behind the
// guard: never a panic, and never a token for anything but our vault and
// tenant.
func FuzzChallenge(f *testing.F) {
	f.Add(goodChallenge)
	f.Add(`Bearer authorization="x", resource="https://vault.azure.net"`)
	f.Add(`Bearer authorization="https://login.microsoftonline.com", resource="https://vault.azure.net"`)
	f.Add(`Bearer realm="", error="insufficient_claims", claims="e30="`)
	f.Fuzz(func(t *testing.T, header string) {
		var asked policy.TokenRequestOptions
		g := testGuard()
		client, err := azkeys.NewClient("https://contoso.vault.azure.net", noToken{&asked}, &azkeys.ClientOptions{ClientOptions: azcore.ClientOptions{
			Transport: canned{401, http.Header{"Www-Authenticate": {header}}}, PerRetryPolicies: []policy.Policy{g},
			Retry: policy.RetryOptions{MaxRetries: -1},
		}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.GetKey(context.Background(), "k", "", nil); err == nil {
			t.Fatal("a refusal is no error")
		}
		if len(asked.Scopes) > 0 && (asked.Scopes[0] != "https://vault.azure.net/.default" || !strings.EqualFold(asked.TenantID, testTenant)) {
			t.Fatalf("the SDK asked for a token of %q for %q", asked.TenantID, asked.Scopes)
		}
	})
}
