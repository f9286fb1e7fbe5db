package azure_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/keyceremony/ceremony/keyvault"
	"github.com/keyceremony/ceremony/keyvault/azure"
	"github.com/keyceremony/ceremony/keyvault/rehearsal"
	"github.com/keyceremony/ceremony/keyvault/vaulttest"
)

func TestSignInWithCertificate(t *testing.T) {
	s := vaulttest.Start(t, rehearsal.Options{ManagedHSM: true})
	c := vaulttest.Config(s)
	pem, err := os.ReadFile(s.ClientCertFile())
	if err != nil {
		t.Fatal(err)
	}
	c.SignIn = azure.SignIn{Method: azure.Certificate, ClientID: s.ClientID(), Certificate: pem}
	v, err := azure.Open(t.Context(), c)
	if err != nil {
		t.Fatal(vaulttest.Detail(err))
	}
	info, err := v.Info(t.Context())
	if err != nil || info.Method != azure.Certificate || info.Kind != keyvault.ManagedHSM {
		t.Errorf("%+v, %v", info, err)
	}
	foreign := vaulttest.Start(t, rehearsal.Options{})
	if c.SignIn.Certificate, err = os.ReadFile(foreign.ClientCertFile()); err != nil {
		t.Fatal(err)
	}
	_, err = azure.Open(t.Context(), c)
	wantService(t, "a foreign certificate", err, "AADSTS700027")
}

func wantService(t *testing.T, name string, err error, service string) {
	t.Helper()
	var p *keyvault.Problem
	if !errors.As(err, &p) || p.Code != keyvault.SignInFailed || p.Service != service {
		t.Errorf("%s: %s, want %s", name, vaulttest.Detail(err), service)
	}
}

func TestRefusedSignIns(t *testing.T) {
	s := vaulttest.Start(t, rehearsal.Options{})
	secret := string(s.Secret())
	for name, c := range map[string]struct {
		change  func(*azure.Config)
		service string
	}{
		"wrong secret":   {func(c *azure.Config) { c.SignIn.Secret = []byte("HUSHHUSH") }, "AADSTS7000215"},
		"wrong client":   {func(c *azure.Config) { c.SignIn.ClientID = zeroTenant }, "AADSTS700016"},
		"no certificate": {func(c *azure.Config) { c.SignIn.Method = azure.Certificate }, ""},
		"no client":      {func(c *azure.Config) { c.SignIn.ClientID = "" }, ""},
	} {
		conf := vaulttest.Config(s)
		c.change(&conf)
		_, err := azure.Open(t.Context(), conf)
		wantService(t, name, err, c.service)
		if all := fmt.Sprintf("%+v", err); strings.Contains(all, secret) || strings.Contains(all, "HUSHHUSH") {
			t.Errorf("%s: the error holds the secret", name)
		}
	}
}

// TestAnotherTenant: the plan and the vault name two tenants; the secret is
// sent to neither.
func TestAnotherTenant(t *testing.T) {
	var tokens atomic.Int32
	s := between(t, func(r *http.Request) http.HandlerFunc {
		if strings.Contains(r.URL.Path, "/oauth2/") {
			tokens.Add(1)
		}
		return nil
	})
	c := vaulttest.Config(s)
	c.Tenant = zeroTenant
	_, err := azure.Open(t.Context(), c)
	if vaulttest.CodeOf(err) != keyvault.HostileAnswer || !strings.Contains(err.Error(), s.Tenant()) || tokens.Load() != 0 {
		t.Errorf("%d tokens, %v", tokens.Load(), err)
	}
}

// TestTokenOfAnotherTenant: the sign-in service gives a token of a tenant
// that is not the plan's; the vault never sees it.
func TestTokenOfAnotherTenant(t *testing.T) {
	const token = "e30.eyJ0aWQiOiIwMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMDAifQ.c2ln"
	var used atomic.Int32
	s := between(t, func(r *http.Request) http.HandlerFunc {
		if strings.HasPrefix(r.Header.Get("Authorization"), "Bearer") {
			used.Add(1)
		}
		if strings.HasSuffix(r.URL.Path, "/oauth2/v2.0/token") {
			return respond(200, `{"token_type":"Bearer","expires_in":3600,"access_token":"`+token+`"}`, "Content-Type", "application/json")
		}
		return nil
	})
	_, err := azure.Open(t.Context(), vaulttest.Config(s))
	if vaulttest.CodeOf(err) != keyvault.SignInFailed || !strings.Contains(err.Error(), zeroTenant) || used.Load() != 0 {
		t.Errorf("token used %d times, %v", used.Load(), err)
	}
}

// TestExpiredToken: the vault's clock runs ahead of ours past the token's
// life. That is told as it is, and a new sign-in helps.
func TestExpiredToken(t *testing.T) {
	now := vaulttest.Now()
	s := vaulttest.Start(t, rehearsal.Options{Now: func() time.Time { return now }})
	v := vaulttest.Open(t, s)
	now = now.Add(2 * time.Hour)
	if _, err := v.CreateKEK(t.Context(), "kek", keyvault.KEKParams{Bits: 2048}); vaulttest.CodeOf(err) != keyvault.Unauthorized {
		t.Errorf("%s", vaulttest.Detail(err))
	}
	if _, err := vaulttest.Open(t, s).CreateKEK(t.Context(), "kek", keyvault.KEKParams{Bits: 2048}); err != nil {
		t.Errorf("signed in again: %s", vaulttest.Detail(err))
	}
}

func TestForeignCA(t *testing.T) {
	s, foreign := vaulttest.Start(t, rehearsal.Options{}), vaulttest.Start(t, rehearsal.Options{})
	c := vaulttest.Config(s)
	c.CA = foreign.CA()
	_, err := azure.Open(t.Context(), c)
	if vaulttest.CodeOf(err) != keyvault.Unreachable || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("%s", vaulttest.Detail(err))
	}
}

func TestNobodyListens(t *testing.T) {
	s := vaulttest.Start(t, rehearsal.Options{})
	c := vaulttest.Config(s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	var told []string
	c.Progress = func(what string, _ time.Duration) { told = append(told, what) }
	_, err := azure.Open(t.Context(), c)
	if vaulttest.CodeOf(err) != keyvault.Unreachable || len(told) != 3 {
		t.Errorf("told %q, %s", told, vaulttest.Detail(err))
	}
}

// TestRevokedToken: the vault refuses a token with a claims challenge; the
// client takes the claims to its own authority and goes on.
func TestRevokedToken(t *testing.T) {
	var revoked atomic.Bool
	s := between(t, func(r *http.Request) http.HandlerFunc {
		if isCreate(r) && revoked.CompareAndSwap(false, true) {
			return respond(401, "", "WWW-Authenticate", `Bearer realm="", authorization_uri="https://evil.test/x", error="insufficient_claims", claims="eyJhIjoxfQ=="`)
		}
		return nil
	})
	if _, err := vaulttest.Open(t, s).CreateKEK(t.Context(), "kek", keyvault.KEKParams{Bits: 2048}); err != nil || !revoked.Load() {
		t.Errorf("%s", vaulttest.Detail(err))
	}
}
