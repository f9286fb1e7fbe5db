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
	t.vault = ownAccount(p, text("client"), filepath.Join(base, text("secret")))
	return t, nil
}

// ownAccount signs somebody in to the vault who has a machine and an account
// apart from the ceremony's.
func ownAccount(p *plan.Plan, client, secretFile string) func() (keyvault.Vault, error) {
	return func() (keyvault.Vault, error) {
		secret, err := readSmall(secretFile)
		if err != nil {
			return nil, err
		}
		return azure.Open(context.Background(), azure.Config{
			URL: p.Vault.URL, Cloud: p.Vault.Cloud, Tenant: p.Vault.Tenant, API: p.Vault.API,
			Authority: p.Vault.Authority, CA: []byte(p.Vault.CA),
			SignIn: azure.SignIn{Method: azure.Secret, ClientID: client, Secret: []byte(strings.TrimSpace(string(secret)))},
		})
	}
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
	code, err := t.get(name)
	return []byte(code), err
}

// get has somebody go and get a sheet, also one that lies there already.
func (t *table) get(name string) (string, error) {
	code, err := t.fetch(name)
	if err != nil {
		return "", fmt.Errorf("sheet %s: %w", name, err)
	}
	t.write(name, code)
	return code, nil
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

// write puts a sheet onto the table, in place of one with that name: the head
// at the second pause is another than at the first.
func (t *table) write(name, value string) {
	if name == filepath.Base(name) { // a sheet, and no path
		_ = replaceFile(filepath.Join(t.dir, name), []byte(value+"\n")) // whoever looks for it sees that it is not there
	}
}
