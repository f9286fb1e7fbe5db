package ui

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"golang.org/x/crypto/ssh"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/hsm"
	"github.com/keyceremony/ceremony/hsm/hsmtest"
	"github.com/keyceremony/ceremony/inspect"
	"github.com/keyceremony/ceremony/keyvault"
	"github.com/keyceremony/ceremony/keyvault/azure"
	"github.com/keyceremony/ceremony/keyvault/rehearsal"
	"github.com/keyceremony/ceremony/keyvault/vaulttest"
	"github.com/keyceremony/ceremony/machine"
	"github.com/keyceremony/ceremony/plan"
	"github.com/keyceremony/ceremony/steps"
	"github.com/keyceremony/ceremony/ui/kit"
)

// A hall is a place for ceremonies in a window without a display: the
// rehearsal vault over HTTPS, a token in memory, people whose keys are in
// memory.
type hall struct {
	t      testing.TB
	dir    string
	vault  *rehearsal.Server
	store  *hsmtest.Store
	plan   *plan.Plan
	keys   map[string]ssh.Signer // person.side
	sheets map[string]string
	only   string // the machine of the rehearsal that is led here; "": both
	recent []string
	shown  []string // files that the system was asked to show
	report machine.Report
	clock  time.Duration                       // how far the machine's clock is ahead
	cloud  func(keyvault.Vault) keyvault.Vault // stands between the engine and the vault
}

var cast = []struct{ id, name, role string }{
	{"admin", "Ada Admin", plan.Administrator},
	{"op1", "Olga Operator", plan.Operator},
	{"op2", "Otto Operator", plan.Operator},
	{"officer", "Carl Officer", plan.CryptoOfficer},
	{"witness", "Inga Witness", plan.InternalWitness},
	{"guest", "Ελένη Гость", plan.ExternalWitness},
}

func newHall(t testing.TB, change func(*plan.Plan)) *hall {
	t.Helper()
	h := &hall{t: t, dir: t.TempDir(), store: hsmtest.Memory(), keys: map[string]ssh.Signer{}, sheets: map[string]string{}}
	h.vault = vaulttest.Start(t, rehearsal.Options{ManagedHSM: true})
	for _, p := range cast {
		for _, side := range []string{"online", "offline"} {
			_, key, err := ed25519.GenerateKey(rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			if h.keys[p.id+"."+side], err = ssh.NewSignerFromKey(key); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, sub := range []string{"usb-kek", "usb-blob"} {
		if err := os.Mkdir(h.path(sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	h.write("module.so", []byte("a module"))
	h.makePlan(change)
	return h
}

func (h *hall) path(name string) string { return filepath.Join(h.dir, name) }

func (h *hall) write(name string, b []byte) {
	h.t.Helper()
	if err := os.WriteFile(h.path(name), b, 0o600); err != nil {
		h.t.Fatal(err)
	}
}

func (h *hall) makePlan(change func(*plan.Plan)) {
	h.t.Helper()
	now := vaulttest.Now()
	p := &plan.Plan{
		Format: plan.Format, ID: "hall-2026", Name: "Payments root 2026", Rehearsal: true,
		Program:  plan.Program{SHA256: []digest.SHA256{digest.Of([]byte("program"))}},
		Vault:    plan.Vault{URL: h.vault.URL(), Cloud: "rehearsal", Tenant: h.vault.Tenant(), Authority: h.vault.Authority(), CA: string(h.vault.CA()), OwnerRoot: h.vault.OwnerRoot().String()},
		KEK:      plan.KEK{Name: "rehearsal-kek", Bits: 2048, Days: 7},
		HSM:      plan.HSM{Module: h.path("module.so"), ModuleSHA256: digest.Of([]byte("a module")), Serial: h.store.Serial, SealKey: "none"},
		Quorum:   plan.Quorum{Operators: 2, CryptoOfficers: 1, InternalWitnesses: 1, ExternalWitnesses: 1},
		Transfer: plan.Transfer{KEK: "usb", Blob: "usb"},
		Evidence: plan.Evidence{Attestation: "required", AuditLog: "required"},
		Time:     plan.Time{NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(0, 0, 3)},
		Keys: []plan.Key{
			{Name: "payments", Label: "payments", Type: "EC", Curve: "P-256", Ops: []string{"sign", "verify"}, Source: "generate", Close: "unextractable"},
			{Name: "archive", Label: "archive", Type: "AES", Size: 256, Ops: []string{"encrypt", "decrypt"}, Source: "generate", Close: "unextractable"},
		},
	}
	for _, c := range cast {
		p.People = append(p.People, plan.Person{
			ID: c.id, Name: c.name, Role: c.role, Kept: "file", Key: h.public(c.id, "online"), KeyOffline: h.public(c.id, "offline"),
		})
	}
	if change != nil {
		change(p)
	}
	file := p.Encode()
	var err error
	if h.plan, err = plan.Parse(file); err != nil {
		h.t.Fatal(err)
	}
	h.write("plan.toml", file)
}

func (h *hall) public(who, side string) string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(h.keys[who+"."+side].PublicKey())))
}

func (h *hall) sign(who, side, namespace string, text []byte) []byte {
	h.t.Helper()
	sig, err := audit.Sign(h.keys[who+"."+side], rand.Reader, namespace, text)
	if err != nil {
		h.t.Fatal(err)
	}
	return sig
}

// world is the hall's machine.
func (h *hall) world(say func(string)) steps.World {
	var ticks int64
	return steps.World{
		Stamp: func() audit.Stamp {
			ticks++
			return audit.Stamp{Boot: "test", MonoNS: ticks, Wall: vaulttest.Now().Add(h.clock), Src: "test"}
		},
		Rand: rand.Reader, Program: h.about(), Machine: func() machine.Report { return h.report }, Progress: say,
		FileSum: func(path string) (digest.SHA256, error) {
			b, err := os.ReadFile(path)
			return digest.Of(b), err
		},
		OpenVault: func(ctx context.Context, _ plan.Vault, _ steps.SignIn) (keyvault.Vault, error) {
			v, err := azure.Open(ctx, vaulttest.Config(h.vault))
			if err == nil && h.cloud != nil {
				v = h.cloud(v)
			}
			return v, err
		},
		OpenToken: func(_ context.Context, p plan.HSM) (hsm.Token, error) { return h.store.Open(p.Serial) },
	}
}

func (h *hall) about() audit.Tool {
	return audit.Tool{Name: "ceremony", Version: "1.0.0", Commit: "8f3037d2", SHA256: digest.Of([]byte("program"))}
}

// host is what the program would be around the window. Work is done at once,
// on the same thread.
func (h *hall) host() Host {
	return Host{
		About: func() (audit.Tool, error) { return h.about(), nil }, Now: vaulttest.Now, Go: func(f func()) { f() },
		Open:  func(dir string, say func(string)) (*steps.Ceremony, error) { return steps.Open(dir, h.world(say)) },
		Begin: h.begin,
		Sign: Signers{File: func(path string, _ []byte, _ string, s steps.Signing) ([]byte, error) {
			return audit.Sign(h.keys[filepath.Base(path)], rand.Reader, s.Namespace, s.Text)
		}},
		Media:    func() []kit.Place { return []kit.Place{{Name: "KEK-TRANSFER", Path: h.path("usb-kek")}} },
		Recent:   func() []string { return h.recent },
		Remember: func(dir string) { h.recent = append([]string{dir}, h.recent...) },
		Read:     os.ReadFile,
		Secret:   os.ReadFile,
		WriteNew: func(path string, b []byte) error {
			f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
			if err != nil {
				return err
			}
			defer f.Close()
			_, err = f.Write(b)
			return err
		},
		Show: func(path string) error {
			h.shown = append(h.shown, path)
			return nil
		},
		Verify: func(dir string, a audit.Anchors) (audit.Verdict, error) {
			policy := h.plan.Policy()
			policy.Steps = steps.Required(h.plan)
			return audit.Verify(dir, policy, a), nil
		},
		Inspect: func(path string) (inspect.Report, error) {
			b, err := os.ReadFile(path)
			return inspect.File(filepath.Base(path), b, inspect.Context{At: vaulttest.Now()}), err
		},
		Rehearse: func(string, func(string)) (*Rehearsal, error) { return h.rehearsal(), nil },
	}
}

func (h *hall) begin(b Beginning, say func(string)) (*steps.Ceremony, error) {
	s := steps.Start{Stage: b.Stage, Signatures: map[string][]byte{}, Previous: b.After}
	var err error
	if s.Plan, err = os.ReadFile(b.Plan); err != nil {
		return nil, err
	}
	for _, p := range cast {
		s.Signatures[p.id] = h.sign(p.id, "online", audit.PlanNamespace(h.plan.Mode()), s.Plan)
	}
	return steps.Begin(b.Dir, s, h.world(say))
}

func (h *hall) rehearsal() *Rehearsal {
	return &Rehearsal{
		Dir: h.dir, Machine: h.only,
		Online:  Beginning{Dir: h.path("online"), Stage: steps.Prepare, Plan: h.path("plan.toml")},
		Offline: Beginning{Dir: h.path("offline"), Stage: steps.Wrap, Plan: h.path("plan.toml")},
		Papers:  h.papers, Close: func() error { return nil },
		Sheet: func(name, value string) { h.sheets[name] = value },
		Fetch: func(name string) error {
			h.sheets[name] = h.vaultKey(h.plan.KEK.Name).Public.SHA256().Code()
			return nil
		},
		KeyFile: func(person, side string) string { return h.path(person + "." + side) },
	}
}

func (h *hall) papers() []Paper {
	out := []Paper{{Title: "The plan", Note: "everybody's own copy", Facts: []kit.Fact{{Label: "Its code", Value: h.plan.SHA256().Code(), Mono: true}}}}
	for _, c := range cast {
		out = append(out, Paper{Title: c.name, Note: c.role, Facts: []kit.Fact{{Label: "Passphrase", Value: "aardvark-adroitness"}}, Fetch: []Errand{{Label: "Get the KEK's code", Sheet: "kek." + c.id}}})
	}
	return out
}

func (h *hall) vaultKey(name string) keyvault.Key {
	h.t.Helper()
	k, err := vaulttest.Open(h.t, h.vault).Get(h.t.Context(), name, "")
	if err != nil {
		h.t.Fatal(err)
	}
	return k
}

// window opens the program's window without a display.
func (h *hall) window() *Window {
	h.t.Helper()
	a := test.NewTempApp(h.t)
	w := New(a, h.host())
	w.Start()
	w.win.Resize(fyne.NewSize(1440, 900))
	return w
}

// value is what a person would enter in a field.
func (h *hall) value(now steps.Now, f steps.Field) string {
	name, of, _ := strings.Cut(f.Name, ".")
	switch {
	case f.Kind == steps.Word && !f.Optional:
		return f.Exact
	case f.Kind == steps.Time:
		return vaulttest.Now().Format(time.RFC3339)
	case name == "instead":
		return ""
	case name == "resume":
		return f.Options[0]
	case f.Kind == steps.Code && name == "head":
		return h.sheets[map[string]string{"kek.receive": "prepare.head", "blob.receive": "offline.head", "resume": "pause.head"}[now.Step.ID]]
	case f.Kind == steps.Code:
		return h.code(now, of)
	case f.Kind == steps.Folder && (now.Step.ID == "kek.export" || now.Step.ID == "kek.receive"):
		return h.path("usb-kek")
	case f.Kind == steps.Folder:
		return h.path("usb-blob")
	case f.Kind == steps.File:
		return h.vault.AuditLogFile()
	case name == "serial":
		return h.plan.HSM.Serial
	case len(f.Options) > 0:
		return f.Options[0]
	case f.Optional:
		return ""
	}
	return "some words"
}

func (h *hall) code(now steps.Now, of string) string {
	switch now.Step.ID {
	case "ceremony.open":
		return h.plan.SHA256().Code()
	case "target.code":
		return h.vaultKey(of).Public.SHA256().Code()
	}
	return h.vaultKey(h.plan.KEK.Name).Public.SHA256().Code()
}
