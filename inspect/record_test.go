package inspect

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/durable"
	"github.com/keyceremony/ceremony/plan"
	"github.com/keyceremony/ceremony/transfer"
)

// person makes a signer and the plan that has only this person.
func person(t *testing.T) (ssh.Signer, *plan.Plan) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	line := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(s.PublicKey())))
	return s, &plan.Plan{People: []plan.Person{{ID: "ada", Name: "Ada", Role: "operator", Key: line}}}
}

// TestSignature: who signed, and whether it is the file beside it.
func TestSignature(t *testing.T) {
	s, p := person(t)
	_, stranger := person(t)
	sig, err := audit.Sign(s, rand.Reader, "plan@keyceremony", []byte("a plan"))
	if err != nil {
		t.Fatal(err)
	}
	beside := func(text string) func(string) ([]byte, error) {
		return func(name string) ([]byte, error) {
			if name != "plan.toml" {
				return nil, os.ErrNotExist
			}
			return []byte(text), nil
		}
	}
	r := File("plan.toml.ada.sig", sig, Context{Plan: p, Beside: beside("a plan")})
	if !r.OK() || check(t, r, "signature.person").Found != "Ada, operator" || check(t, r, "signature.file").Found != "signs plan.toml" {
		t.Errorf("%+v", r)
	}
	if r := File("plan.toml.ada.sig", sig, Context{Plan: stranger}); r.OK() || check(t, r, "signature.person").Result != Fails {
		t.Errorf("a stranger's plan: %+v", r)
	}
	if r := File("plan.toml.ada.sig", sig, Context{Beside: beside("another plan")}); r.OK() || check(t, r, "signature.file").Result != Fails {
		t.Errorf("another plan: %+v", r)
	}
	if r := File("x", sig, Context{}); !r.OK() || check(t, r, "signature.file").Result != NotChecked {
		t.Errorf("alone: %+v", r)
	}
	if r := File("x.sig", append(sig, '\n'), Context{}); r.OK() {
		t.Errorf("edited: %+v", r)
	}
}

// TestStatement: what it says is shown; an edited one is refused.
func TestStatement(t *testing.T) {
	text := audit.Statement{
		Mode: audit.Production, Ceremony: "contoso", Run: "-", Stage: "wrap", Attempt: 1, Step: "target.wrap", Action: "approve target.wrap",
		Subjects: []string{"key signing"}, Role: "operator", Person: "bob", Head: audit.Head{Log: "offline.log", Seq: 3},
	}.Text()
	r := File("s.txt", text, Context{})
	if !r.OK() || r.What != "a statement that a person signs" || !strings.Contains(r.Lines[1].Value, "bob") {
		t.Errorf("%+v", r)
	}
	if r := File("s.txt", []byte(strings.Replace(string(text), "role:", "rule:", 1)), Context{}); r.OK() {
		t.Errorf("%+v", r)
	}
}

// TestLog: a log reads whole; a changed letter is noticed.
func TestLog(t *testing.T) {
	dir, err := durable.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	stamp := func() audit.Stamp { return audit.Stamp{Boot: "b", Wall: time.Unix(1700000000, 0), Src: "ntp"} }
	l, err := audit.CreateLog(dir, "offline.log", "offline", "contoso", stamp)
	if err != nil {
		t.Fatal(err)
	}
	open := audit.Open{Format: audit.OpenFormat, Steps: 1, Tool: audit.Tool{Name: "ceremony"}, Mode: audit.Production, Run: "-", Attempt: 1}
	end := audit.End{Checks: []audit.Check{{ID: "kek.code", Class: audit.ClassStop, Found: "a", Wanted: "b", Result: audit.ResultFails}}}
	for _, e := range []audit.Entry{
		{Stage: "wrap", Actor: []string{"ada"}, Ev: audit.EvOpen, Step: "ceremony.open", Data: open},
		{Stage: "wrap", Actor: []string{"ada"}, Ev: audit.EvEnd, Step: "kek.confirm", Data: end},
	} {
		if _, err := l.Append(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := dir.Read("offline.log", 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	r := File("copy-of-a-log.txt", file, Context{})
	if !r.OK() || check(t, r, "log.form").Result != Holds || check(t, r, "log.closed").Found != "open" || r.Lines[len(r.Lines)-1].Value != "kek.confirm: kek.code fails" {
		t.Errorf("%+v", r)
	}
	if r := File("offline.log", []byte(strings.Replace(string(file), "contoso", "fabrikam", 1)), Context{}); r.OK() {
		t.Errorf("%+v", r)
	}
}

// TestBundle: a folder is read as the next stage would; one letter more is
// noticed, in the folder and by the list alone.
func TestBundle(t *testing.T) {
	medium := filepath.Join(t.TempDir(), "[1] *") // no pattern
	if err := os.Mkdir(medium, 0o700); err != nil {
		t.Fatal(err)
	}
	text := []byte("a plan")
	h := transfer.Header{Ceremony: "contoso", Run: strings.Repeat("a", 32), Mode: audit.Production, From: transfer.FromPrepare, Attempt: 1, Head: audit.Head{Log: "online.log", Seq: 3, SHA256: digest.Of([]byte("l"))}}
	w, err := transfer.Write(medium, h, map[string][]byte{"plan.toml": text, "online.log": []byte("l")})
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(medium, w.Folder)
	beside := func(name string) ([]byte, error) { return os.ReadFile(filepath.Join(folder, name)) }
	if r := Folder(folder, Context{}); !r.OK() || check(t, r, "bundle.form").Found != "2 files, each as listed" || check(t, r, "bundle.plan").Result != NotChecked {
		t.Errorf("%+v", r)
	}
	if r := Folder(medium, Context{}); !r.OK() || check(t, r, "bundle.form").Result != Holds || check(t, r, "bundle.form").Meaning != "" {
		t.Errorf("the medium around it: %+v", r)
	}
	t.Chdir(folder)
	if r := Folder(".", Context{}); !r.OK() || r.Name != "." {
		t.Errorf("from within: %+v", r)
	}
	list, err := beside("BUNDLE.sha256")
	if err != nil {
		t.Fatal(err)
	}
	if r := File("BUNDLE.sha256", list, Context{Beside: beside}); !r.OK() || check(t, r, "manifest.files").Result != Holds || check(t, r, "bundle.end").Result != Holds {
		t.Errorf("%+v", r)
	}
	if r := File("BUNDLE.sha256", []byte(strings.Replace(string(list), "contoso", "fabrikam", 1)), Context{}); r.OK() || check(t, r, "bundle.end").Result != Fails {
		t.Errorf("%+v", r)
	}
	if err := os.WriteFile(filepath.Join(folder, "plan.toml"), []byte("another plan"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := Folder(folder, Context{Plan: &plan.Plan{}}); r.OK() || check(t, r, "bundle.form").Result != Fails {
		t.Errorf("%+v", r)
	}
	if r := File("BUNDLE.sha256", list, Context{Beside: beside}); r.OK() || check(t, r, "manifest.files").Result != Fails {
		t.Errorf("%+v", r)
	}
	if r := Folder(t.TempDir(), Context{}); r.OK() || r.Do == "" {
		t.Errorf("%+v", r)
	}
}

// A list that no bundle has is not read to its end.
func TestGreatList(t *testing.T) {
	folder := t.TempDir()
	f, err := os.Create(filepath.Join(folder, "BUNDLE.sha256"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Truncate(1<<40), f.Close()); err != nil { // no byte of it is on the disk
		t.Fatal(err)
	}
	if r := Folder(folder, Context{}); r.OK() || check(t, r, "bundle.form").Result != Fails {
		t.Errorf("%+v", r)
	}
	if err := errors.Join(os.Remove(f.Name()), os.Mkdir(f.Name(), 0o700)); err != nil {
		t.Fatal(err)
	}
	if r := Folder(folder, Context{}); r.OK() || check(t, r, "bundle.form").Found != "no BUNDLE.sha256" {
		t.Errorf("%+v", r)
	}
}

// TestManifestAndPlan: the two that remain.
func TestManifestAndPlan(t *testing.T) {
	m := audit.Manifest{{Name: "a.txt", SHA256: digest.Of([]byte("x"))}}
	if r := File("MANIFEST.sha256", m.Encode(), Context{}); !r.OK() || check(t, r, "manifest.files").Result != NotChecked {
		t.Errorf("%+v", r)
	}
	template := plan.New().Encode()
	r := File("plan.toml", template, Context{})
	if r.What != "a plan" || r.OK() || check(t, r, "plan.form").Result != Fails {
		t.Errorf("a plan that is not filled in: %+v", r)
	}
	// A plan has the public halves of keys that are there already, and in a
	// rehearsal the vault's certificate.
	for _, kind := range []string{"PUBLIC KEY", "CERTIFICATE"} {
		with := append([]byte("# -----BEGIN "+kind+"-----\n"), template...)
		if r := File("plan.toml", with, Context{}); r.What != "a plan" {
			t.Errorf("a plan with a %s is taken for %s", kind, r.What)
		}
	}
}
