package steps

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/hsm"
	"github.com/keyceremony/ceremony/hsm/hsmtest"
	"github.com/keyceremony/ceremony/hsm/pkcs11"
	"github.com/keyceremony/ceremony/keyvault"
	"github.com/keyceremony/ceremony/keyvault/azure"
	"github.com/keyceremony/ceremony/keyvault/rehearsal"
	"github.com/keyceremony/ceremony/keyvault/vaulttest"
	"github.com/keyceremony/ceremony/machine"
	"github.com/keyceremony/ceremony/plan"
	"github.com/keyceremony/ceremony/transfer/qr"
)

func TestMain(m *testing.M) {
	if pkcs11.IsWorker(os.Args) {
		pkcs11.WorkerMain()
	}
	os.Exit(m.Run())
}

// A hall is a place for ceremonies with real parts: a SoftHSM token, the
// rehearsal vault over HTTPS, and people whose keys are in memory.
type hall struct {
	t      testing.TB
	dir    string
	device hsmtest.Device
	vault  *rehearsal.Server
	plan   *plan.Plan
	file   []byte
	keys   map[string]map[string]ssh.Signer // person, side
	sheets map[string]string

	// Hooks of single tests.
	answers func(now Now, a *Answers)                // changes what people answer
	token   func(hsm.Token) hsm.Token                // stands between the engine and the HSM
	cloud   func(keyvault.Vault) keyvault.Vault      // stands between the engine and the vault
	signer  func(now Now, who string) (string, bool) // who signs instead, or nobody
	report  machine.Report
	client  keyvault.Vault             // signed in already, to save the time of signing in
	screens map[string]qr.Message      // what each side shows as codes
	frames  func(side string) []string // what the camera of a side sees; nil: what the other side shows
	anew    bool                       // who receives codes next begins anew
	kek     string                     // name of the KEK in this attempt, "" for the first
	clock   time.Duration              // how far the machine's clock is ahead
	gone    string                     // who does not come back after the program ended
	askTime func(ctx context.Context, address string, request []byte) ([]byte, error)

	unpinned bool // the module is loaded whatever its digest
}

var cast = []struct{ id, role string }{
	{"admin", plan.Administrator},
	{"op1", plan.Operator},
	{"op2", plan.Operator},
	{"officer", plan.CryptoOfficer},
	{"witness", plan.InternalWitness},
	{"guest", plan.ExternalWitness},
}

// newHall prepares a rehearsal with these types of target keys.
func newHall(t testing.TB, change func(*plan.Plan), types ...string) *hall {
	t.Helper()
	h := &hall{t: t, dir: t.TempDir(), device: hsmtest.SoftHSM(t), keys: map[string]map[string]ssh.Signer{}, sheets: map[string]string{}, screens: map[string]qr.Message{}}
	h.vault = vaulttest.Start(t, rehearsal.Options{ManagedHSM: true})
	for _, p := range cast {
		h.keys[p.id] = map[string]ssh.Signer{"online": newSigner(t), "offline": newSigner(t)}
	}
	for _, sub := range []string{"usb-kek", "usb-blob"} {
		if err := os.Mkdir(filepath.Join(h.dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	h.setPlan(change, types)
	return h
}

func newSigner(t testing.TB) ssh.Signer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (h *hall) setPlan(change func(*plan.Plan), types []string) {
	h.t.Helper()
	sum, err := sumOf(h.device.Module)
	if err != nil {
		h.t.Fatal(err)
	}
	now := vaulttest.Now()
	p := &plan.Plan{
		Format: plan.Format, ID: "hall-2026", Name: "Ceremony of a test", Rehearsal: true,
		Program:  plan.Program{SHA256: []digest.SHA256{digest.Of([]byte("program"))}},
		Vault:    plan.Vault{URL: h.vault.URL(), Cloud: "rehearsal", Tenant: h.vault.Tenant(), Authority: h.vault.Authority(), CA: string(h.vault.CA()), OwnerRoot: h.vault.OwnerRoot().String()},
		KEK:      plan.KEK{Name: "rehearsal-kek", Bits: 2048, Days: 7},
		HSM:      plan.HSM{Module: h.device.Module, ModuleSHA256: sum, Serial: h.device.Serial, SealKey: "none"},
		Quorum:   plan.Quorum{Operators: 2, CryptoOfficers: 1, InternalWitnesses: 1, ExternalWitnesses: 1},
		Transfer: plan.Transfer{KEK: "usb", Blob: "usb"},
		Evidence: plan.Evidence{Attestation: "required", AuditLog: "none"},
		Time:     plan.Time{NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(0, 0, 3)},
	}
	for _, c := range cast {
		p.People = append(p.People, plan.Person{
			ID: c.id, Name: "Person " + c.id, Role: c.role, Kept: "file",
			Key: h.publicKey(c.id, "online"), KeyOffline: h.publicKey(c.id, "offline"),
		})
	}
	for i, typ := range types {
		p.Keys = append(p.Keys, planKeyOf(i, typ))
	}
	if change != nil {
		change(p)
	}
	h.file = p.Encode()
	if h.plan, err = plan.Parse(h.file); err != nil {
		h.t.Fatal(err)
	}
}

func (h *hall) publicKey(who, side string) string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(h.keys[who][side].PublicKey())))
}

func planKeyOf(i int, typ string) plan.Key {
	k := plan.Key{Name: fmt.Sprintf("key-%d", i+1), Label: fmt.Sprintf("key %d", i+1), Source: "generate", Close: "unextractable"}
	kind, size, _ := strings.Cut(typ, "-")
	switch kind {
	case "RSA":
		k.Type, k.Ops = "RSA", []string{"sign", "verify"}
	case "AES":
		k.Type, k.Ops = "AES", []string{"encrypt", "decrypt"}
	default:
		k.Type, k.Curve, k.Ops = "EC", typ, []string{"sign", "verify"}
		return k
	}
	_, _ = fmt.Sscan(size, &k.Size)
	return k
}

func sumOf(path string) (digest.SHA256, error) {
	b, err := os.ReadFile(path)
	return digest.Of(b), err
}

// world is the hall's machine.
func (h *hall) world() World {
	var ticks int64
	return World{
		Stamp: func() audit.Stamp {
			ticks++
			return audit.Stamp{Boot: "test", MonoNS: ticks, Wall: vaulttest.Now().Add(h.clock), Src: "test"}
		},
		Rand: rand.Reader, Program: audit.Tool{Name: "ceremony", Version: "test", Commit: "test", SHA256: digest.Of([]byte("program"))},
		Machine: func() machine.Report { return h.report }, FileSum: sumOf, AskTime: h.askTime,
		OpenVault: func(ctx context.Context, v plan.Vault, _ SignIn) (keyvault.Vault, error) {
			if h.client != nil {
				return h.client, nil
			}
			vault, err := azure.Open(ctx, vaulttest.Config(h.vault))
			if err == nil && h.cloud != nil {
				vault = h.cloud(vault)
			}
			return vault, err
		},
		OpenToken: func(ctx context.Context, p plan.HSM) (hsm.Token, error) {
			if h.unpinned {
				p.ModuleSHA256 = digest.SHA256{}
			}
			token, err := pkcs11.Open(ctx, pkcs11.Options{Module: p.Module, SHA256: p.ModuleSHA256, Serial: p.Serial})
			if err == nil && h.token != nil {
				token = h.token(token)
			}
			return token, err
		},
	}
}

func (h *hall) path(name string) string { return filepath.Join(h.dir, name) }

// begin begins a stage in its machine's folder.
func (h *hall) begin(stage Stage) *Ceremony {
	h.t.Helper()
	c, err := Begin(h.path(stage.Side()), h.start(stage), h.world())
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

func (h *hall) start(stage Stage) Start {
	h.t.Helper()
	s := Start{Stage: stage, Plan: h.file, Signatures: map[string][]byte{}}
	for _, p := range h.plan.People {
		if h.keys[p.ID] != nil {
			s.Signatures[p.ID] = h.sign(p.ID, "online", audit.PlanNamespace(h.plan.Mode()), h.file)
		}
	}
	return s
}

func (h *hall) sign(who, side, namespace string, text []byte) []byte {
	h.t.Helper()
	sig, err := audit.Sign(h.keys[who][side], rand.Reader, namespace, text)
	if err != nil {
		h.t.Fatal(err)
	}
	return sig
}

// open goes on in a folder, with everybody back.
func (h *hall) open(side string) *Ceremony {
	h.t.Helper()
	c := h.reopened(side)
	h.back(c)
	return c
}

// reopened goes on in a folder; who is there nobody knows.
func (h *hall) reopened(side string) *Ceremony {
	h.t.Helper()
	c, err := Open(h.path(side), h.world())
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

// back has honest people sign in again, where the program ended in the middle
// of a sitting.
func (h *hall) back(c *Ceremony) {
	h.t.Helper()
	if c.Now().Step != stepReturn {
		return
	}
	answers, signer := h.answers, h.signer
	h.answers, h.signer = nil, func(_ Now, who string) (string, bool) { return who, who != h.gone }
	defer func() { h.answers, h.signer = answers, signer }()
	if err := h.step(c); err != nil {
		h.t.Fatal(err)
	}
}

// writeDown fills in the sheets of the room.
func (h *hall) writeDown(c *Ceremony) {
	for _, l := range c.Show() {
		if l.Sheet != "" {
			h.sheets[l.Sheet] = l.Value
		}
	}
}

// step does what is awaited, as the people of the cast would.
func (h *hall) step(c *Ceremony) error {
	now := c.Now()
	h.writeDown(c)
	a := h.answer(c, now)
	if h.answers != nil {
		h.answers(now, &a)
	}
	for _, s := range c.Statements(a.Text) {
		who := s.Person
		if h.signer != nil {
			var ok bool
			if who, ok = h.signer(now, s.Person); !ok {
				continue
			}
		}
		if now.Needed == "one of them" && len(a.Sig) > 0 {
			break
		}
		a.Sig[s.Person] = h.sign(who, c.side, s.Namespace, s.Text)
	}
	return c.Do(h.t.Context(), a)
}

func (h *hall) answer(c *Ceremony, now Now) Answers {
	a := Answers{Text: map[string]string{}, Secret: map[string][]byte{}, Sig: map[string][]byte{}}
	fields := now.Fields
	for i := 0; i < len(fields); i++ {
		f := fields[i]
		switch {
		case !f.Asked(a.Text):
			continue
		case f.Kind == Secret:
			a.Secret[f.Name] = append([]byte(nil), map[bool][]byte{true: h.device.SOPIN, false: h.device.PIN}[f.Name == "so-pin"]...)
			continue
		}
		if v := h.value(c, now, f); v != "" {
			a.Text[f.Name] = v
		}
		if f.Kind == Receive {
			fields = c.Now().Fields // with the words that are asked now
		}
	}
	return a
}

// value is what a person would answer in a field.
func (h *hall) value(c *Ceremony, now Now, f Field) string {
	name, of, _ := strings.Cut(f.Name, ".")
	switch {
	case f.Kind == Word && !f.Optional:
		return f.Exact
	case f.Kind == Time:
		return vaulttest.Now().Format(time.RFC3339)
	case name == "resume":
		n, err := c.Look(h.t.Context())
		if err != nil {
			h.t.Fatal(err)
		}
		return f.Options[1-min(n, 1)]
	case f.Kind == Send:
		return h.show(c)
	case f.Kind == Receive:
		return h.see(c)
	case name == "screen":
		return h.shown(c.side, of)
	case name == "instead":
		return ""
	case name == "code":
		return h.code(now, of)
	case name == "head":
		return map[string]string{"kek.receive": h.sheets["prepare.head"], "blob.receive": h.sheets["offline.head"], "resume": h.sheets["pause.head"]}[now.Step.ID]
	case name == "medium":
		return h.path(map[string]string{"kek.export": "usb-kek", "kek.receive": "usb-kek"}[now.Step.ID] + map[string]string{"blob.export": "usb-blob", "blob.receive": "usb-blob"}[now.Step.ID])
	case name == "serial":
		return h.plan.HSM.Serial
	case len(f.Options) > 0:
		return f.Options[0]
	case f.Kind == File:
		return h.vault.AuditLogFile()
	case f.Optional:
		return ""
	}
	return "some words"
}

// code is what people read on their own sheets.
func (h *hall) code(now Now, of string) string {
	switch now.Step.ID {
	case "ceremony.open":
		return h.plan.SHA256().Code()
	case "target.code":
		return h.vaultKey(of).Public.SHA256().Code()
	}
	if h.kek != "" {
		return h.vaultKey(h.kek).Public.SHA256().Code()
	}
	return h.vaultKey(h.plan.KEK.Name).Public.SHA256().Code()
}

// vaultKey asks the vault by another way than the ceremony's.
func (h *hall) vaultKey(name string) keyvault.Key {
	h.t.Helper()
	k, err := vaulttest.Open(h.t, h.vault).Get(h.t.Context(), name, "")
	if err != nil {
		h.t.Fatal(err)
	}
	return k
}

// run goes on until the stage is over; it fails the test where a step fails.
func (h *hall) run(c *Ceremony, stage Stage) {
	h.t.Helper()
	for now := c.Now(); now.Phase != Done && now.Stage == stage; now = c.Now() {
		if err := h.step(c); err != nil {
			h.t.Fatalf("%s: %v", now.Step.ID, err)
		}
	}
}

// until goes on to a step and stops before it.
func (h *hall) until(c *Ceremony, id string) {
	h.t.Helper()
	for now := c.Now(); now.Phase != Done; now = c.Now() {
		if now.Step.ID == id {
			return
		}
		if err := h.step(c); err != nil {
			h.t.Fatalf("%s: %v", now.Step.ID, err)
		}
	}
	h.t.Fatalf("step %s never came", id)
}

// hold holds all three stages.
func (h *hall) hold() {
	h.t.Helper()
	for _, stage := range []Stage{Prepare, Wrap, Import} {
		var c *Ceremony
		if stage == Import {
			c = h.open("online")
		} else {
			c = h.begin(stage)
		}
		h.run(c, stage)
		if err := c.Close(); err != nil {
			h.t.Fatal(err)
		}
	}
}

// goOn leads from the HSM room to the end, and wants this outcome.
func (h *hall) goOn(c *Ceremony, outcome string) {
	h.t.Helper()
	h.run(c, Wrap)
	h.shut(c)
	c = h.open("online")
	h.run(c, Import)
	h.shut(c)
	h.complete(outcome)
}

// verdict is what an auditor finds.
func (h *hall) verdict() audit.Verdict {
	policy := h.plan.Policy()
	policy.Steps = Required(h.plan)
	v := audit.Verify(h.path("online"), policy, audit.Anchors{
		PlanCode: h.plan.SHA256().Code(),
	})
	v.Add(Again(h.path("online"), h.plan))
	return v
}

func (h *hall) complete(outcome string) {
	h.t.Helper()
	v := h.verdict()
	if v.Outcome != outcome {
		h.t.Errorf("the folder verifies as %q, want %q", v.Outcome, outcome)
		for _, r := range v.Rules {
			if !r.OK {
				h.t.Logf("%s %s: %s", r.Result, r.ID, r.Detail)
			}
		}
	}
}
