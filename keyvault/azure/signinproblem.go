package azure

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"github.com/keyceremony/ceremony/keyvault"
)

// signInFailure marks an error of a credential, so that explain tells it from
// an error of the vault. Its text is never shown as it is: it holds the
// request.
type signInFailure struct{ error }

func (f signInFailure) Unwrap() error { return f.error }

// NonRetriable tells azcore that asking again does not help.
func (signInFailure) NonRetriable() {}

// An entraRow explains an error code of Microsoft Entra.
type entraRow struct{ codes, title, remedy string }

// entra lists the codes that people meet. (Entra "authentication and
// authorization error codes".)
var entra = []entraRow{
	{"65004", "The person declined to give the program access.", "Sign in again, and accept."},
	{"50058 50072 50074 50076 50079", "The sign-in needs a second factor that was not given.", "Sign in with browser or device code, and complete the second factor."},
	{"53000 53001 53002 53003 53004 50005 530002 530003 530034", "Conditional access does not allow this sign-in.", "Use a machine, a network and a way to sign in that the tenant's policy allows; device code is often blocked."},
	{"70016 70020 70019 50199", "The device code was not used in time.", "Sign in again, and type the code within fifteen minutes."},
	{"70018", "The device code is not right.", "Sign in again, and type the code as it is shown."},
	{"50020 50034 50128 50129 90002 90072 700011 700016", "The account or application is not known in this tenant.", "Compare tenant and client id with the plan; sign out of other accounts in the browser."},
	{"50055 50126 50144", "User name or password are wrong, or the password has expired.", "Try again; a locked account is opened by the tenant's administrator."},
	{"50053", "The account is locked, or the address is blocked.", "Wait, or ask the tenant's administrator."},
	{"50057", "The account is disabled.", "Ask the tenant's administrator."},
	{"65001 90094 90095", "The tenant's administrator has not approved the application.", "Ask for consent, or sign in with the Azure CLI."},
	{"7000215 7000222", "The client secret is wrong or has expired.", "Take the secret's value, not its id, and one that is valid."},
	{"700027 700023 700024", "The certificate is not registered for the application, or the clock is wrong.", "Compare the certificate's thumbprint with the application, and the clock with a good one."},
	{"500011 650057", "The tenant does not know the vault service.", "Compare the cloud in the plan with the vault's host."},
	{"50173 700082 70043 50133", "The earlier sign-in is not valid any more.", "Sign out (az logout) and sign in again."},
}

var entraCode = regexp.MustCompile(`AADSTS(\d{4,8})`)

// signInProblem explains an error of a credential by its code of Entra, or
// by what the SDK says where there is none.
func signInProblem(err error) *keyvault.Problem {
	var p *keyvault.Problem
	if errors.As(err, &p) {
		return p
	}
	p = &keyvault.Problem{
		Code:    keyvault.SignInFailed,
		Meaning: "Nobody is signed in; nothing was sent to the vault but the first request.",
	}
	text := err.Error()
	if errors.Is(err, context.Canceled) || strings.Contains(text, "context canceled") {
		p.Code, p.Title, p.Remedy, p.Err = keyvault.Cancelled, "The sign-in was broken off.", "Sign in again.", context.Canceled
		return p
	}
	if m := entraCode.FindStringSubmatch(text); m != nil {
		p.Service = "AADSTS" + m[1]
		p.Title, p.Remedy = entraWords(m[1])
		p.Err = errors.New("the sign-in service answered " + p.Service)
		return p
	}
	p.Title, p.Remedy = sdkWords(strings.ToLower(text))
	p.Err = firstLine(text)
	return p
}

func entraWords(code string) (title, remedy string) {
	for _, row := range entra {
		for _, c := range strings.Fields(row.codes) {
			if c == code {
				return row.title, row.remedy
			}
		}
	}
	return "The sign-in service refuses.", "Look the code up at https://login.microsoftonline.com/error, or show it to the tenant's administrator."
}

// sdkWords explains failures that carry no code of Entra; text is lower-case.
func sdkWords(text string) (title, remedy string) {
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(text, w) {
				return true
			}
		}
		return false
	}
	switch {
	case has("access_denied", "user canceled", "user cancelled", "authorization_declined"):
		return "The person broke the sign-in off.", "Sign in again."
	case has("expired_token", "code_expired"):
		return "The device code was not used in time.", "Sign in again, and type the code within fifteen minutes."
	case has("isn't configured to acquire tokens for tenant"):
		return "The way to sign in belongs to another tenant than the vault.", "Sign in with an account of the vault's tenant; check AZURE_TENANT_ID."
	case has("azure cli not found", "executable file not found"):
		return "The Azure CLI is not installed here.", "Install it, or choose another way to sign in."
	case has("az login"):
		return "Nobody is signed in to the Azure CLI.", "Run az login in the vault's tenant, then sign in here again."
	case has("managed identity", "managedidentitycredential", "imds"):
		return "This machine has no managed identity.", "Choose another way to sign in."
	case has("environmentcredential", "missing environment variable"):
		return "The environment does not say how to sign in.", "Set AZURE_TENANT_ID, AZURE_CLIENT_ID and a secret or certificate, or choose another way to sign in."
	case has("certificate signed by unknown authority", "failed to verify certificate", "x509:"):
		return "The TLS certificate of the sign-in service is not valid here.", "Use a network without inspection of TLS, and check the clock."
	case has("no such host", "connection refused", "timeout", "dial tcp", "proxyconnect"):
		return "The sign-in service cannot be reached.", "Check network, proxy and DNS."
	case has("needs tenant and client id"):
		return "To sign in as an application, tenant and client id are needed.", "Give both."
	case has("the certificate cannot be read"):
		return "The certificate to sign in with cannot be read.", "Give one PEM or PKCS#12 file with certificate and private key, and its password."
	case has("xdg-open", "exec:", "browser"):
		return "The browser cannot be opened here.", "Sign in with the device code."
	}
	return "The sign-in failed.", "Try again, or choose another way to sign in."
}

// firstLine keeps the first line of an SDK's error: what follows is the
// answer and the address.
func firstLine(text string) error {
	line, _, _ := strings.Cut(text, "\n")
	return errors.New(scrub(line))
}
