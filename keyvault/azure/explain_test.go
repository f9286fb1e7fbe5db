package azure

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/keyceremony/ceremony/keyvault"
)

func testVault(kind keyvault.Kind) *vault {
	base := &url.URL{Scheme: "https", Host: "contoso.vault.azure.net"}
	if kind == keyvault.ManagedHSM {
		base.Host = "contoso.managedhsm.azure.net"
	}
	return &vault{kind: kind, base: base}
}

// answered makes the SDK's error of an answer.
func answered(status int, body string, header ...string) error {
	h := http.Header{"X-Ms-Request-Id": {"3c7e"}}
	for i := 0; i+1 < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	req := &http.Request{
		Method: "GET", URL: &url.URL{Scheme: "https", Host: "contoso.vault.azure.net", Path: "/keys/k"},
		Header: http.Header{"Authorization": {"Bearer SECRETTOKEN"}},
	}
	return runtime.NewResponseError(&http.Response{
		StatusCode: status, Status: http.StatusText(status), Header: h,
		Body: io.NopCloser(strings.NewReader(body)), Request: req,
	})
}

const (
	rbac403 = `{"error":{"code":"Forbidden","message":"Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\nCaller: appid=x;oid=y\r\nAction: 'Microsoft.KeyVault/vaults/keys/create/action'","innererror":{"code":"ForbiddenByRbac"}}}`
	mhsm403 = `{"error":{"code":"Forbidden","message":"(AccessDenied) Not authorized to access Microsoft.KeyVault/managedHsm/keys/write/action on /keys (Activity ID: 1234)"}}`
)

func TestRefusals(t *testing.T) {
	kv, hsm := keyvault.KeyVault, keyvault.ManagedHSM
	for _, c := range []struct {
		name   string
		kind   keyvault.Kind
		action string
		status int
		body   string
		code   keyvault.Code
		role   string
		words  string // somewhere in title, meaning or remedy
	}{
		{"no token", kv, "read", 401, `{"error":{"code":"Unauthorized","message":"AKV10000: Request is missing a Bearer or PoP token."}}`, keyvault.Unauthorized, "", "Sign in again"},
		{"no token, empty", hsm, "read", 401, "", keyvault.Unauthorized, "", "Sign in again"},
		{"role to create", kv, "create", 403, rbac403, keyvault.MissingRole, "Key Vault Crypto Officer", "ten minutes"},
		{"role to import", kv, "import", 403, rbac403, keyvault.MissingRole, "Key Vault Crypto Officer", "lacks the role"},
		{"role to sign", kv, "sign", 403, rbac403, keyvault.MissingRole, "Key Vault Crypto User", "may not sign"},
		{"HSM role to create", hsm, "create", 403, mhsm403, keyvault.MissingRole, "Managed HSM Crypto User", "local RBAC"},
		{"HSM role to import", hsm, "import", 403, mhsm403, keyvault.MissingRole, "Managed HSM Crypto User", "local RBAC"},
		{"HSM role to sign", hsm, "sign", 403, mhsm403, keyvault.MissingRole, "Managed HSM Crypto User", "may not sign"},
		{"HSM role to purge", hsm, "purge", 403, mhsm403, keyvault.MissingRole, "Managed HSM Crypto Officer", "purge"},
		{"access policy", kv, "import", 403, `{"error":{"code":"Forbidden","message":"The user, group or application 'appid=x' does not have keys import permission on key vault 'contoso;location=westeurope'.","innererror":{"code":"ForbiddenByPolicy"}}}`, keyvault.MissingRole, "access policy: keys/import", "access policy"},
		{"access policy, wrap", kv, "wrap", 403, `{"error":{"code":"Forbidden","message":"The user does not have keys wrapKey permission on key vault"}}`, keyvault.MissingRole, "access policy: keys/wrapKey", "access policy"},
		{"firewall", kv, "read", 403, `{"error":{"code":"Forbidden","message":"Client address (1.2.3.4) is not authorized and caller is not a trusted service.","innererror":{"code":"ForbiddenByFirewall"}}}`, keyvault.Firewall, "", "Networking"},
		{"no public access", kv, "read", 403, `{"error":{"code":"Forbidden","message":"Public network access is disabled and request is not from a trusted service nor via an approved private link.","innererror":{"code":"ForbiddenByConnection"}}}`, keyvault.Firewall, "", "private endpoint"},
		{"disabled key", kv, "sign", 403, `{"error":{"code":"Forbidden","message":"Operation sign is not allowed on a disabled key.","innererror":{"code":"KeyDisabled"}}}`, keyvault.Forbidden, "", "disabled"},
		{"purge protection", kv, "purge", 403, `{"error":{"code":"Forbidden","message":"Operation \"purge\" is not allowed","innererror":{"code":"ForbiddenByPolicy"}}}`, keyvault.Forbidden, "", "Purge protection"},
		{"other policy", kv, "create", 403, `{"error":{"code":"Forbidden","innererror":{"code":"AccessDenied"}}}`, keyvault.Forbidden, "", "policy"},
		{"403 in HTML", kv, "create", 403, `<html>denied</html>`, keyvault.Forbidden, "", "policy"},
		{"not found", kv, "read", 404, `{"error":{"code":"KeyNotFound","message":"A key with (name/id) k was not found"}}`, keyvault.NotFound, "", "no key k"},
		{"deleted name", kv, "create", 409, `{"error":{"code":"Conflict","message":"Key k is currently in a deleted but recoverable state, and its name cannot be reused","innererror":{"code":"ObjectIsDeletedButRecoverable"}}}`, keyvault.NameDeleted, "", "Purge"},
		{"deleted name, in words", hsm, "create", 409, `{"error":{"code":"Conflict","message":"k is currently in a deleted but recoverable state"}}`, keyvault.NameDeleted, "", "Purge"},
		{"being deleted", kv, "create", 409, `{"error":{"code":"Conflict","message":"is currently being deleted","innererror":{"code":"ObjectIsBeingDeleted"}}}`, keyvault.Conflict, "", "busy"},
		{"throttled", kv, "import", 429, `{"error":{"code":"Throttled","message":"too many"}}`, keyvault.Throttled, "", "Wait"},
		{"oct in Key Vault", kv, "import", 400, `{"error":{"code":"BadParameter","message":"Invalid kty value: oct","innererror":{"code":"KeyTypeNotSupported"}}}`, keyvault.KeyTypeOps, "", "Managed HSM only"},
		{"wrapKey of EC", kv, "import", 400, `{"error":{"code":"BadParameter","message":"Unsupported key operation(s): \"wrapKey\", \"unwrapKey\". Supported values are \"sign\", \"verify\"."}}`, keyvault.KeyTypeOps, "", "EC keys only"},
		{"no web key", kv, "import", 400, `{"error":{"code":"BadParameter","message":"The property \"key\" must be a valid JsonWebKey object."}}`, keyvault.BadBlob, "", "ceremony inspect"},
		{"bad RSA key", kv, "import", 400, `{"error":{"code":"BadParameter","message":"RSA key is not valid - cannot instantiate crypto service"}}`, keyvault.BadBlob, "", "KEK"},
		{"bad request", kv, "sign", 400, `{"error":{"code":"BadParameter","message":"Invalid length of 'value'"}}`, keyvault.BadRequest, "", "plan"},
		{"fault", kv, "read", 500, `{"error":{"code":"InternalServerError"}}`, keyvault.ServiceFault, "", "status page"},
		{"gateway", kv, "read", 502, `<html>`, keyvault.ServiceFault, "", "status page"},
		{"teapot", kv, "read", 418, ``, keyvault.BadRequest, "", "API version"},
	} {
		v := testVault(c.kind)
		p, _ := v.explain(action{name: c.action, key: "k"}, answered(c.status, c.body))
		if p.Code != c.code || p.Role != c.role || p.Status != c.status || p.RequestID != "3c7e" {
			t.Errorf("%s: %s %q status %d, want %s %q", c.name, p.Code, p.Role, p.Status, c.code, c.role)
		}
		all := p.Title + " " + p.Meaning + " " + p.Remedy
		if !strings.Contains(all, c.words) || p.Title == "" || p.Meaning == "" || p.Remedy == "" {
			t.Errorf("%s: %q does not say %q", c.name, all, c.words)
		}
		if leak := fmt.Sprintf("%+v %v", *p, p.Err); strings.Contains(leak, "SECRETTOKEN") {
			t.Errorf("%s: the problem holds the token", c.name)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	const date = "Sat, 14 Mar 2026 09:26:53 GMT"
	for _, c := range []struct {
		after string
		want  time.Duration
	}{
		{"7", 7 * time.Second},
		{"", 0},
		{"-1", 0},
		{"0", 0},
		{"soon", 0},
		{"99999999999", 0},
		{"Sat, 14 Mar 2026 09:27:53 GMT", time.Minute},
		{"Sat, 14 Mar 2026 09:25:53 GMT", 0},
	} {
		p, again := testVault(keyvault.KeyVault).explain(action{name: "create", write: true}, answered(429, "", "Retry-After", c.after, "Date", date))
		if p.RetryAfter != c.want || !again || p.Unknown {
			t.Errorf("%q: wait %s, again %v, unknown %v", c.after, p.RetryAfter, again, p.Unknown)
		}
	}
}

// TestLostAnswers: a write is not repeated unless it surely was not done.
func TestLostAnswers(t *testing.T) {
	reset := &net.OpError{Op: "read", Err: errors.New("connection reset by peer")}
	for _, c := range []struct {
		err    error
		code   keyvault.Code
		again  bool // for a read
		title  string
		caused error
	}{
		{reset, keyvault.Unreachable, true, "no connection", nil},
		{io.ErrUnexpectedEOF, keyvault.Unreachable, true, "no connection", nil},
		{&url.Error{Op: "Get", URL: "https://x", Err: timeoutError{}}, keyvault.Unreachable, true, "in time", nil},
		{&net.OpError{Op: "dial", Err: &net.DNSError{Name: "x", IsNotFound: true}}, keyvault.Unreachable, false, "DNS", nil},
		{&url.Error{Op: "Get", Err: &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}}, keyvault.Unreachable, false, "certificate", nil},
		{&url.Error{Op: "Get", Err: errors.New("proxyconnect tcp: dial tcp: refused")}, keyvault.Unreachable, false, "proxy", nil},
		{fmt.Errorf("read: %w", errTooLarge), keyvault.AnswerTooLarge, false, "larger", nil},
		{errors.New("unmarshalling type *azkeys.KeyBundle: invalid character"), keyvault.HostileAnswer, false, "cannot be read", nil},
		{answered(503, ""), keyvault.ServiceFault, true, "fault", nil},
		{context.Canceled, keyvault.Cancelled, false, "broken off", context.Canceled},
		{signInFailure{context.Canceled}, keyvault.Cancelled, false, "broken off", context.Canceled},
	} {
		for _, write := range []bool{false, true} {
			p, again := testVault(keyvault.KeyVault).explain(action{name: "create", key: "k", write: write}, c.err)
			if p.Code != c.code || again != (c.again && !write) || !strings.Contains(p.Title, c.title) {
				t.Errorf("%v: %s %q again %v (write %v)", c.err, p.Code, p.Title, again, write)
			}
			if p.Unknown != write {
				t.Errorf("%v: outcome unknown %v of a write %v", c.err, p.Unknown, write)
			}
			if c.caused != nil && !errors.Is(p, c.caused) {
				t.Errorf("%v: the cause is lost: %v", c.err, p.Err)
			}
		}
	}
}

type timeoutError struct{}

func (timeoutError) Error() string   { return "timeout awaiting response headers" }
func (timeoutError) Timeout() bool   { return true }
func (timeoutError) Temporary() bool { return true }

func TestSignInProblems(t *testing.T) {
	for _, c := range []struct{ text, service, words string }{
		{"AADSTS50020: User account from identity provider does not exist in tenant", "AADSTS50020", "not known in this tenant"},
		{"AADSTS90002: Tenant 'x' not found", "AADSTS90002", "not known in this tenant"},
		{"AADSTS65004: User declined to consent", "AADSTS65004", "declined"},
		{"AADSTS53003: Access has been blocked by Conditional Access policies", "AADSTS53003", "Conditional access"},
		{"AADSTS50076: Due to a configuration change made by your administrator", "AADSTS50076", "second factor"},
		{"AADSTS70020: The device code has expired", "AADSTS70020", "device code"},
		{"AADSTS7000215: Invalid client secret provided", "AADSTS7000215", "secret"},
		{"AADSTS700027: Client assertion contains an invalid signature", "AADSTS700027", "certificate"},
		{"AADSTS1234567: something new", "AADSTS1234567", "Look the code up"},
		{"DeviceCodeCredential: expired_token", "", "device code"},
		{"InteractiveBrowserCredential: access_denied", "", "broke the sign-in off"},
		{"AzureCLICredential: Azure CLI not found on path", "", "not installed"},
		{"AzureCLICredential: ERROR: Please run 'az login' to setup account.", "", "az login"},
		{"ManagedIdentityCredential: no managed identity endpoint", "", "no managed identity"},
		{"EnvironmentCredential: missing environment variable AZURE_TENANT_ID", "", "environment"},
		{`ClientSecretCredential isn't configured to acquire tokens for tenant "x"`, "", "another tenant"},
		{`Post "https://login": dial tcp: lookup: no such host`, "", "cannot be reached"},
		{"tls: failed to verify certificate: x509: unknown", "", "TLS certificate"},
		{`exec: "xdg-open": no display`, "", "device code"},
		{"something else", "", "sign-in failed"},
	} {
		p := signInProblem(errors.New(c.text + "\nPOST https://login/x\nclient_secret=HUSH"))
		all := p.Title + " " + p.Meaning + " " + p.Remedy
		if p.Code != keyvault.SignInFailed || p.Service != c.service || !strings.Contains(all, c.words) {
			t.Errorf("%s: %s %q %s", c.text, p.Code, p.Service, all)
		}
		if strings.Contains(fmt.Sprint(p.Err), "HUSH") {
			t.Errorf("%s: the cause holds the request", c.text)
		}
	}
	if p := signInProblem(hostile("x")); p.Code != keyvault.HostileAnswer {
		t.Errorf("a problem becomes %s", p.Code)
	}
}

func TestEntraCodesOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range entra {
		for _, c := range strings.Fields(row.codes) {
			if seen[c] {
				t.Errorf("AADSTS%s has two explanations", c)
			}
			seen[c] = true
		}
	}
}
