package azure

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/keyceremony/ceremony/keyvault"
)

// SignIn says how to sign in.
type SignIn struct {
	Method      string // one of Methods
	ClientID    string // of the application or of a user-assigned managed identity
	Certificate []byte // PEM or PKCS#12 with the private key
	Password    []byte // of the certificate
	Secret      []byte // of the application
	Username    string // hint for the browser
}

// Ways to sign in.
const (
	Browser         = "browser"
	DeviceCode      = "device code"
	AzureCLI        = "azure cli"
	ManagedIdentity = "managed identity"
	Certificate     = "certificate"
	Secret          = "secret"
	Environment     = "environment"
)

// Methods lists the ways to sign in, the usual one first.
func Methods() []string {
	return []string{Browser, DeviceCode, AzureCLI, ManagedIdentity, Certificate, Secret, Environment}
}

// signInRetries bounds how often the SDK repeats a request to the token
// endpoint that had no answer.
const signInRetries = 2

// newCredential makes the SDK's credential. Authority discovery is off: the
// plan's cloud names the authority, and nobody else may.
func newCredential(c Config, row cloudRow) (azcore.TokenCredential, error) {
	if !slices.Contains(Methods(), c.SignIn.Method) {
		return nil, configProblem(fmt.Sprintf("there is no way %q to sign in; there are: %s", c.SignIn.Method, strings.Join(Methods(), ", ")), nil)
	}
	if c.SignIn.Method == DeviceCode && c.Prompt == nil {
		return nil, configProblem("nobody would see the device code", nil)
	}
	transport, err := newTransport(c, row.authorities...)
	if err != nil {
		return nil, err
	}
	opts := azcore.ClientOptions{
		Cloud:     cloud.Configuration{ActiveDirectoryAuthorityHost: "https://" + row.authorities[0] + "/"},
		Transport: transport,
		Retry:     policy.RetryOptions{MaxRetries: signInRetries},
		Telemetry: policy.TelemetryOptions{Disabled: true},
	}
	cred, err := c.credential(opts)
	if err != nil {
		return nil, signInProblem(err)
	}
	return cred, nil
}

func (c Config) credential(opts azcore.ClientOptions) (azcore.TokenCredential, error) {
	s := c.SignIn
	switch s.Method {
	case Browser:
		return azidentity.NewInteractiveBrowserCredential(&azidentity.InteractiveBrowserCredentialOptions{
			ClientOptions: opts, DisableInstanceDiscovery: true,
			ClientID: s.ClientID, TenantID: c.Tenant, LoginHint: s.Username,
		})
	case DeviceCode:
		return azidentity.NewDeviceCodeCredential(&azidentity.DeviceCodeCredentialOptions{
			ClientOptions: opts, DisableInstanceDiscovery: true,
			ClientID: s.ClientID, TenantID: c.Tenant, UserPrompt: c.showDeviceCode,
		})
	case AzureCLI:
		return azidentity.NewAzureCLICredential(&azidentity.AzureCLICredentialOptions{TenantID: c.Tenant})
	case ManagedIdentity:
		return c.managedIdentity(opts)
	}
	return c.application(opts)
}

// managedIdentity asks the machine's own metadata service, which is reached
// over its own transport: it is on another host, and may be plain HTTP.
func (c Config) managedIdentity(opts azcore.ClientOptions) (azcore.TokenCredential, error) {
	opts.Transport = nil
	o := &azidentity.ManagedIdentityCredentialOptions{ClientOptions: opts}
	if c.SignIn.ClientID != "" {
		o.ID = azidentity.ClientID(c.SignIn.ClientID)
	}
	return azidentity.NewManagedIdentityCredential(o)
}

// application signs in as an application, which always needs a tenant.
func (c Config) application(opts azcore.ClientOptions) (azcore.TokenCredential, error) {
	s := c.SignIn
	if s.Method == Environment {
		return azidentity.NewEnvironmentCredential(&azidentity.EnvironmentCredentialOptions{
			ClientOptions: opts, DisableInstanceDiscovery: true,
		})
	}
	if c.Tenant == "" || s.ClientID == "" {
		return nil, fmt.Errorf("to sign in with %s needs tenant and client id", s.Method)
	}
	if s.Method == Secret {
		return azidentity.NewClientSecretCredential(c.Tenant, s.ClientID, string(s.Secret), &azidentity.ClientSecretCredentialOptions{
			ClientOptions: opts, DisableInstanceDiscovery: true,
		})
	}
	certs, key, err := azidentity.ParseCertificates(s.Certificate, s.Password)
	if err != nil {
		return nil, fmt.Errorf("the certificate cannot be read: %w", err)
	}
	return azidentity.NewClientCertificateCredential(c.Tenant, s.ClientID, certs, key, &azidentity.ClientCertificateCredentialOptions{
		ClientOptions: opts, DisableInstanceDiscovery: true,
	})
}

// showDeviceCode tells a person where to type which code. The text is ours:
// the server's own message could say anything.
func (c Config) showDeviceCode(_ context.Context, m azidentity.DeviceCodeMessage) error {
	if !strings.HasPrefix(m.VerificationURL, "https://") {
		return &keyvault.Problem{
			Code: keyvault.HostileAnswer, Title: "The sign-in service names a page that is not https.",
			Meaning: "It may not be the sign-in service.", Remedy: "Stop, and find out what answers.",
		}
	}
	if c.Prompt != nil {
		c.Prompt(fmt.Sprintf("Open %s in a browser and type the code %s", printable(m.VerificationURL, 200), printable(m.UserCode, 40)))
	}
	return nil
}
