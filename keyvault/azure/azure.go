// Package azure speaks to Azure Key Vault and Azure Managed HSM, and to the
// rehearsal vault, through Microsoft's SDK. It is the only HTTP client of the
// program.
//
// Open signs in and returns a keyvault.Vault. Every error of it is a
// *keyvault.Problem. Nothing that a server answers is trusted further than
// TLS reaches: it may name no other host to speak to, no other place to sign
// in at, and no other key than the one that was asked for.
package azure

import (
	"context"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azkeys"

	"github.com/keyceremony/ceremony/keyvault"
)

// DefaultAPI is the version of the REST API that both services have
// everywhere.
const DefaultAPI = "7.6"

// Config says which vault to open, and as whom.
type Config struct {
	URL    string // https://NAME.vault.azure.net, without path
	Cloud  string // public, usgov, china, rehearsal
	Tenant string // GUID; "" takes the tenant that the vault names
	API    string // DefaultAPI if empty
	SignIn SignIn

	Authority string // rehearsal only: https://HOST[:PORT] of the token endpoint
	CA        []byte // rehearsal only: PEM; every connection then goes to this machine

	Progress keyvault.Progress // what is waited for; may be nil
	Prompt   func(string)      // shows the device code and where to type it; that way to sign in needs it

	// Sleep waits between attempts; tests replace it. It returns the
	// context's error if that ends first.
	Sleep func(context.Context, time.Duration) error
}

// Open checks the configuration, signs in, and learns by one request who the
// vault says we are. It takes as long as people take in the browser.
func Open(ctx context.Context, c Config) (keyvault.Vault, error) {
	v, err := newVault(c)
	if err != nil {
		return nil, err
	}
	if _, err := v.Info(ctx); err != nil {
		return nil, err
	}
	return v, nil
}

// vault is the one implementation of keyvault.Vault for the real services.
type vault struct {
	conf   Config
	cloud  cloudRow
	base   *url.URL
	kind   keyvault.Kind
	client *azkeys.Client
	tokens *tokens // who is signed in
	guard  *guard  // what the answers said of the service

	signedIn atomic.Bool
}

func newVault(c Config) (*vault, error) {
	row, base, kind, err := c.check()
	if err != nil {
		return nil, err
	}
	if c.API == "" {
		c.API = DefaultAPI
	}
	if c.Sleep == nil {
		c.Sleep = sleep
	}
	v := &vault{conf: c, cloud: row, base: base, kind: kind}
	cred, err := newCredential(c, row)
	if err != nil {
		return nil, err
	}
	v.tokens = &tokens{inner: cred, tenant: c.Tenant, resource: resourceOf(base)}
	v.guard = &guard{hosts: row.authorities, tenant: c.Tenant, resource: resourceOf(base)}
	transport, err := newTransport(c, base.Host)
	if err != nil {
		return nil, err
	}
	// An API version in the options of a credential would be refused there:
	// it belongs to azkeys alone.
	v.client, err = azkeys.NewClient(base.String(), v.tokens, &azkeys.ClientOptions{ClientOptions: azcore.ClientOptions{
		APIVersion:       c.API,
		Transport:        transport,
		Retry:            policy.RetryOptions{MaxRetries: -1}, // attempt decides, because a write must not be repeated blindly
		Telemetry:        policy.TelemetryOptions{Disabled: true},
		PerRetryPolicies: []policy.Policy{v.guard},
	}})
	if err != nil {
		return nil, configProblem("the vault's address cannot be used", err)
	}
	return v, nil
}

// Info tells which vault this is, and as whom we speak to it. The first call
// signs in.
func (v *vault) Info(ctx context.Context) (keyvault.Info, error) {
	if err := v.signIn(ctx); err != nil {
		return keyvault.Info{}, err
	}
	who, _ := v.tokens.claims()
	return keyvault.Info{
		URL: v.base.String(), Host: v.base.Host, Kind: v.kind, Cloud: v.conf.Cloud,
		Tenant: who.Tenant, Account: who.account(), ObjectID: who.ObjectID,
		Method: v.conf.SignIn.Method, API: v.conf.API, Rehearsal: v.guard.rehearsal(),
	}, nil
}

// signIn asks for a key that does not exist. No permission is needed to hear
// that, or that reading is not allowed; either shows that the token was
// accepted.
func (v *vault) signIn(ctx context.Context) error {
	if v.signedIn.Load() {
		return nil
	}
	err := v.attempt(ctx, action{name: "read", key: probeName}, func(ctx context.Context) error {
		_, err := v.client.GetKey(ctx, probeName, "", nil)
		return err
	})
	if p := asProblem(err); p != nil && p.Code != keyvault.NotFound && p.Code != keyvault.MissingRole && p.Code != keyvault.Forbidden {
		return p
	}
	if _, asked := v.tokens.claims(); !asked {
		return hostile("it answers without asking who we are")
	}
	v.signedIn.Store(true)
	return nil
}

// probeName is the key that Info asks for.
const probeName = "ceremony-sign-in"

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
