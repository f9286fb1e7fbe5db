package vaulttest

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"embed"
	"encoding/pem"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/keyceremony/ceremony/keyvault"
	"github.com/keyceremony/ceremony/keyvault/azure"
	"github.com/keyceremony/ceremony/keyvault/rehearsal"
)

// Start starts a rehearsal vault that ends with the test. Where o has no
// clock, it is the one of Now; where it has no GenerateRSA, keys are prepared
// ones.
func Start(t testing.TB, o rehearsal.Options) *rehearsal.Server {
	t.Helper()
	if o.Now == nil {
		o.Now = Now
	}
	if o.GenerateRSA == nil {
		o.GenerateRSA = Prepared()
	}
	s, err := rehearsal.New(t.TempDir(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// Now is the clock of the rehearsal vaults of tests: it stands still.
func Now() time.Time { return time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC) }

// Config is what a client needs to open s.
func Config(s *rehearsal.Server) azure.Config {
	return azure.Config{
		URL: s.URL(), Cloud: azure.Rehearsal, Tenant: s.Tenant(), Authority: s.Authority(), CA: s.CA(),
		SignIn: azure.SignIn{Method: azure.Secret, ClientID: s.ClientID(), Secret: s.Secret()},
		Sleep:  func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	}
}

// Open signs in to s through the SDK.
func Open(t testing.TB, s *rehearsal.Server) keyvault.Vault {
	t.Helper()
	v, err := azure.Open(t.Context(), Config(s))
	if err != nil {
		t.Fatalf("open the rehearsal vault: %v", Detail(err))
	}
	return v
}

//go:embed testdata/rsa*.pem
var prepared embed.FS

// Prepared gives RSA keys that were made for tests, round about: two of each
// size.
func Prepared() func(bits int) (*rsa.PrivateKey, error) {
	var mu sync.Mutex
	used := map[int]int{}
	return func(bits int) (*rsa.PrivateKey, error) {
		mu.Lock()
		defer mu.Unlock()
		used[bits]++
		return preparedRSA(bits, used[bits]%2)
	}
}

func preparedRSA(bits, n int) (*rsa.PrivateKey, error) {
	b, err := prepared.ReadFile(fmt.Sprintf("testdata/rsa%d-%d.pem", bits, n))
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(b)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	return key.(*rsa.PrivateKey), nil
}
