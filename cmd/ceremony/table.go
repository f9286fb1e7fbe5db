package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/keyvault"
	"github.com/keyceremony/ceremony/keyvault/azure"
	"github.com/keyceremony/ceremony/plan"
)

// A table has what people would have on paper in a rehearsal: sheets with
// codes, PINs, passphrases. What an operator gets by an own machine and
// account is asked from the vault with a client of its own, never from the
// bundle or the ceremony's folder.
type table struct {
	dir   string
	plan  *plan.Plan
	vault func() (keyvault.Vault, error)
}

// openTable reads the answers file's table [table]: dir, client, secret.
func openTable(p *plan.Plan, base string, conf map[string]any) (*table, error) {
	text := func(name string) string { s, _ := conf[name].(string); return s }
	t := &table{dir: filepath.Join(base, text("dir")), plan: p}
	if text("dir") == "" {
		return t, nil
	}
	if filepath.IsAbs(text("dir")) {
		t.dir = text("dir")
	}
	t.vault = func() (keyvault.Vault, error) {
		secret, err := readSmall(filepath.Join(base, text("secret")))
		if err != nil {
			return nil, err
		}
		return azure.Open(context.Background(), azure.Config{
			URL: p.Vault.URL, Cloud: p.Vault.Cloud, Tenant: p.Vault.Tenant, API: p.Vault.API,
			Authority: p.Vault.Authority, CA: []byte(p.Vault.CA),
			SignIn: azure.SignIn{Method: azure.Secret, ClientID: text("client"), Secret: []byte(strings.TrimSpace(string(secret)))},
		})
	}
	return t, nil
}

// read gives what a sheet says, and fills in what people would go and get.
func (t *table) read(name string) ([]byte, error) {
	b, err := readSmall(filepath.Join(t.dir, name))
	if err == nil {
		return []byte(strings.TrimSpace(string(b))), nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	code, err := t.fetch(name)
	if err != nil {
		return nil, fmt.Errorf("sheet %s: %w", name, err)
	}
	t.write(name, code)
	return []byte(code), nil
}

// fetch asks the vault: kek.WHO is the KEK's code, vault.KEY that of a target
// key.
func (t *table) fetch(name string) (string, error) {
	what, of, _ := strings.Cut(name, ".")
	key := map[string]string{"kek": t.plan.KEK.Name, "vault": of}[what]
	if key == "" || t.vault == nil {
		return "", os.ErrNotExist
	}
	v, err := t.vault()
	if err != nil {
		return "", err
	}
	version := ""
	if id, err := byok.ParseKID(t.plan.KEK.Use); what == "kek" && err == nil {
		key, version = id.Name, id.Version
	}
	k, err := v.Get(context.Background(), key, version)
	if err != nil {
		return "", err
	}
	if k.Public == nil {
		return "", fmt.Errorf("the key %s has no public half", key)
	}
	return digest.Of(k.Public.SPKI()).Code(), nil
}

// write puts a sheet onto the table; what lies there stays.
func (t *table) write(name, value string) {
	f, err := os.OpenFile(filepath.Join(t.dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return
	}
	fmt.Fprintln(f, value)
	f.Close()
}
