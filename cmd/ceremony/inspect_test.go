package main

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/inspect"
)

// TestInspect: exit codes and words of the command, for a blob that holds, one
// for another KEK, and wrong use.
func TestInspect(t *testing.T) {
	dir := t.TempDir()
	put := func(name string, b []byte) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	keys := map[int]*byok.KEK{}
	for _, bits := range []int{2048, 3072} {
		key, err := rsa.GenerateKey(rand.Reader, bits)
		if err != nil {
			t.Fatal(err)
		}
		if keys[bits], err = byok.NewKEK(&key.PublicKey); err != nil {
			t.Fatal(err)
		}
	}
	target, err := byok.GenerateKey(rand.Reader, byok.P256)
	if err != nil {
		t.Fatal(err)
	}
	ct, err := byok.Wrap(rand.Reader, keys[2048], crypto.SHA1, target.Plaintext())
	if err != nil {
		t.Fatal(err)
	}
	blob, err := byok.Blob{KID: "https://contoso.vault.azure.net/keys/kek/0123456789abcdef0123456789abcdef", Ciphertext: ct, Generator: "test"}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	good, right, other := put("good.byok", blob), put("kek.pem", keys[2048].PEM()), put("other.pem", keys[3072].PEM())
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"holds":     {[]string{good, "--kek", right}, exitHolds, "--kty EC --curve P-256"},
		"other KEK": {[]string{good, "--kek", other}, exitNot, "Known problem 12, kek-size"},
		"two files": {[]string{good, right, "--kek", right}, exitHolds, "can be a KEK"},
		"a folder":  {[]string{dir}, exitNot, "no bundle"},
		"missing":   {[]string{filepath.Join(dir, "none")}, exitUse, ""},
		"no KEK":    {[]string{good, "--kek", good}, exitUse, ""},
		"nothing":   {nil, exitUse, ""},
	} {
		var out bytes.Buffer
		root := rootCommand()
		root.SetOut(&out)
		root.SetArgs(append([]string{"inspect"}, c.args...))
		if code := inspectCode(root.ExecuteContext(t.Context())); code != c.code {
			t.Errorf("%s: exit %d, wanted %d\n%s", name, code, c.code, &out)
		}
		if said := strings.Join(strings.Fields(out.String()), " "); !strings.Contains(said, c.says) {
			t.Errorf("%s: does not say %q:\n%s", name, c.says, &out)
		}
	}
	var out bytes.Buffer
	var list []inspect.Report
	root := rootCommand()
	root.SetOut(&out)
	root.SetArgs([]string{"inspect", "--json", good})
	if err := root.Execute(); err != nil || json.Unmarshal(out.Bytes(), &list) != nil || len(list) != 1 || len(list[0].Checks) != len(byok.Checks()) {
		t.Errorf("%v\n%s", err, &out)
	}
}

// inspectCode is the exit code of an error, without telling it.
func inspectCode(err error) int {
	if err == nil {
		return exitHolds
	}
	if e, ok := err.(*exit); ok {
		return e.code
	}
	return exitCode(err)
}
