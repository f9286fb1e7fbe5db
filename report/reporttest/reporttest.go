// Package reporttest writes the folder of a small ceremony, for tests of what is
// drawn of it: with keys and times that are the same in every run.
package reporttest

import (
	"cmp"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/crypto/ssh"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/durable"
	"github.com/keyceremony/ceremony/plan"
)

// A Maker writes the folder. What is exported is set before Make.
type Maker struct {
	Dir     *durable.Dir
	Plan    *plan.Plan  // after Make
	Name    string      // of the ceremony
	Bulk    int         // additional records
	Foreign string      // is put wherever a record has a text of others, "" for none
	Before  *audit.Head // of an earlier attempt, if this is the second
	SealKey bool        // the HSM has a key of its own, and signs
	Origin  string      // result of kek.origin; "not checked" if empty

	t    testing.TB
	logs map[string]*audit.Log
	seq  int64
}

var crew = []struct{ id, name, role string }{
	{"admin", "Ada Admin", plan.Administrator},
	{"op1", "Zoë Müller", plan.Operator},
	{"op2", "Otto Łęcki", plan.Operator},
	{"co1", "Carl Officer", plan.CryptoOfficer},
	{"iw", "Inga Witness", plan.InternalWitness},
}

func signerOf(who string) ssh.Signer {
	seed := sha256.Sum256([]byte("test key of " + who))
	s, err := ssh.NewSignerFromKey(ed25519.NewKeyFromSeed(seed[:]))
	if err != nil {
		panic(err)
	}
	return s
}

// New has an empty folder.
func New(t testing.TB) *Maker {
	dir, err := durable.Create(t.TempDir() + "/folder")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dir.Close() })
	return &Maker{t: t, Dir: dir, logs: map[string]*audit.Log{}, Name: "A ceremony of tests"}
}

func (m *Maker) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

// TOML is the plan.
func (m *Maker) TOML() []byte {
	line := func(who string) string {
		return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(signerOf(who).PublicKey())))
	}
	seal := `seal_key = "none"`
	if m.SealKey {
		seal = fmt.Sprintf("seal_key = %q\nseal_key_label = \"seal\"", line(audit.SealKeyID))
	}
	var b strings.Builder
	fmt.Fprintf(&b, `format = 1
id = "contoso-2026"
name = %q
rehearsal = false
[program]
sha256 = ["%s"]
[vault]
url = "https://contoso.managedhsm.azure.net"
cloud = "public"
tenant = "d5fcd60a-540a-4bfa-8a11-17faebf1b095"
api = "2025-07-01"
owner_root = "%s"
[kek]
name = "contoso-kek"
bits = 3072
days = 7
[hsm]
module = "/usr/lib/vendor.so"
module_sha256 = "%s"
serial = "0042"
%s
[[key]]
name = "signing"
type = "EC"
curve = "P-256"
ops = ["sign", "verify"]
label = "signing"
source = "generate"
[quorum]
operators = 2
crypto_officers = 1
internal_witnesses = 1
[transfer]
kek = "usb"
blob = "usb"
[evidence]
attestation = "required"
audit_log = "none"
[time]
not_before = 2026-11-22T09:00:00Z
not_after = 2026-11-29T09:00:00Z
`, m.Name, digest.Of([]byte("tool")), digest.Of([]byte("owner")), digest.Of([]byte("module")), seal)
	for _, p := range crew {
		fmt.Fprintf(&b, "[[person]]\nid = %q\nname = %q\nrole = %q\nkept = \"card\"\nkey = %q\n", p.id, p.name, p.role, line(p.id))
	}
	return []byte(b.String())
}

// Write puts a file into the folder.
func (m *Maker) Write(name string, b []byte) audit.File {
	m.t.Helper()
	m.must(m.Dir.WriteNew(name, b))
	return audit.File{Name: name, SHA256: digest.Of(b), Bytes: int64(len(b))}
}

// everybody signs a file beside it.
func (m *Maker) everybody(file, namespace string, text []byte) {
	for _, p := range crew {
		sig, err := audit.Sign(signerOf(p.id), nil, namespace, text)
		m.must(err)
		m.Write(audit.SignedName(file, p.id), sig)
	}
}

func (m *Maker) stamp() audit.Stamp {
	m.seq++
	return audit.Stamp{Boot: "boot", MonoNS: m.seq * 1e9, Wall: time.Unix(1795338000+m.seq, 0).UTC(), Src: "rtc" + m.Foreign}
}

func (m *Maker) begin(name, stage string, link *audit.Head) {
	l, err := audit.CreateLog(m.Dir, name, audit.LogSide(name), m.Plan.ID, m.stamp)
	m.must(err)
	m.logs[name] = l
	attempt := 1
	if name == "online.log" && m.Before != nil {
		attempt, link = 2, m.Before
	}
	m.add(name, stage, audit.EvOpen, "", "", audit.Open{
		Format: audit.OpenFormat, Steps: 1, Mode: m.Plan.Mode(), Run: "4f1c9a7e0b6d4c2f8a3e5d7b9c1f0e2d", Attempt: attempt, Plan: m.Plan.SHA256(), Link: link,
		Tool: audit.Tool{Name: "ceremony", Version: "1.0.0" + m.Foreign, Commit: "abc", SHA256: digest.Of([]byte("tool"))},
	})
}

func (m *Maker) add(log, stage, ev, step, key string, data any) {
	m.t.Helper()
	_, err := m.logs[log].Append(audit.Entry{Stage: stage, Actor: []string{"op1"}, Ev: ev, Step: step, Key: key, Data: data})
	m.must(err)
}

// sign makes a statement of each of these people.
func (m *Maker) sign(log, stage, step, action string, who ...string) (out []audit.SignedBy) {
	m.t.Helper()
	for _, id := range who {
		p, _ := m.Plan.Roster().Find(id)
		s := audit.Statement{
			Mode: m.Plan.Mode(), Ceremony: m.Plan.ID, Run: "4f1c9a7e0b6d4c2f8a3e5d7b9c1f0e2d", Stage: stage, Attempt: 1, Step: step,
			Action: action, Role: p.Role, Person: id, Head: m.logs[log].Head(),
			Nonce: sha256.Sum256([]byte(log + step + action + id)),
		}
		if action == audit.ActionSignOff {
			s.Subjects = []string{audit.SubjectAgrees}
		}
		name, text := audit.StatementName(log, s.Head.Seq+1, step, id), s.Text()
		sig, err := audit.Sign(signerOf(id), nil, s.Namespace(), text)
		m.must(err)
		m.Write(name, text)
		m.Write(audit.SigName(name), sig)
		out = append(out, audit.SignedBy{Person: id, File: name, SHA256: digest.Of(text), Sig: digest.Of(sig), Action: action})
	}
	return out
}

func ids() (out []string) {
	for _, p := range crew {
		out = append(out, p.id)
	}
	return out
}

// opening is how each sitting begins.
func (m *Maker) opening(log, stage string) {
	m.add(log, stage, audit.EvEnd, "ceremony.open", "", audit.End{
		Answers: map[string]string{"code.op1": "typed", "code.op2": "typed"},
		Checks:  []audit.Check{{ID: "plan.code", Class: "stop", Found: "2 people typed it" + m.Foreign, Wanted: "the code of this plan" + m.Foreign, Result: "holds"}},
	})
	m.add(log, stage, audit.EvEnd, "people.signin", "", audit.End{
		Answers: map[string]string{"identity": "SEEN", "keyboard": "op1"}, Statements: m.sign(log, stage, "people.signin", audit.ActionSignIn, ids()...),
	})
}

// seal closes a log and lets everybody sign the list of what is there.
func (m *Maker) seal(log, stage, step, manifest string, c audit.Close) audit.Head {
	m.t.Helper()
	m.add(log, stage, audit.EvEnd, step, "", audit.End{})
	m.add(log, stage, audit.EvClose, step, "", c)
	entries, err := m.Dir.Names()
	m.must(err)
	var list audit.Manifest
	for _, e := range entries {
		later := manifest == audit.SealOffline && strings.HasPrefix(e.Name, "online.2")
		if !later && !strings.HasPrefix(e.Name, ".") && !strings.HasSuffix(e.Name, ".byok") {
			b, err := m.Dir.Read(e.Name, audit.MaxFile)
			m.must(err)
			list = append(list, audit.File{Name: e.Name, SHA256: digest.Of(b)})
		}
	}
	b := list.Encode()
	m.Write(manifest, b)
	namespace := audit.SealNamespace(manifest, m.Plan.Mode())
	m.everybody(manifest, namespace, b)
	if m.SealKey && manifest == audit.SealOffline {
		sig, err := audit.Sign(signerOf(audit.SealKeyID), nil, namespace, b)
		m.must(err)
		m.Write(audit.SignedName(manifest, audit.SealKeyID), sig)
	}
	return m.logs[log].Head()
}

func facts(pairs ...string) map[string]jsontext.Value {
	out := map[string]jsontext.Value{}
	for i := 0; i < len(pairs); i += 2 {
		out[pairs[i]] = jsontext.Value(pairs[i+1])
	}
	return out
}

const spki = `"-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEZ7oF2/O9pbpNPHXJgomDhNh1GrUk\nVf4lXbWOucH/Qf97P6B2YQpUh6Db0qyhBYEujUtik6guB7jcU4LCvD2LCQ==\n-----END PUBLIC KEY-----\n"`

// Make writes the whole ceremony and returns its folder.
func (m *Maker) Make() string {
	m.t.Helper()
	b := m.TOML()
	var err error
	m.Plan, err = plan.Parse(b)
	m.must(err)
	m.Write("plan.toml", b)
	m.everybody("plan.toml", audit.PlanNamespace(m.Plan.Mode()), b)
	m.Write("allowed_signers", m.Plan.Policy().AllowedSigners())

	m.begin("online.log", "prepare", nil)
	m.opening("online.log", "prepare")
	m.add("online.log", "prepare", audit.EvBegin, "kek.create", "", audit.Begin{Mark: "contoso-2026/1/kek.create"})
	m.add("online.log", "prepare", audit.EvEnd, "kek.create", "", audit.End{Answers: map[string]string{"word": "CREATE"}})
	m.add("online.log", "prepare", audit.EvEnd, "kek.readback", "", audit.End{
		Facts:  facts("kek.kid", `"https://contoso.managedhsm.azure.net/keys/contoso-kek/1"`, "kek.sha256", `"`+digest.Of([]byte("kek")).String()+`"`),
		Files:  []audit.File{m.Write("kek.publickey.pem", []byte("a key\n")), m.Write("kek.json", []byte("{}\n"))},
		Checks: []audit.Check{{ID: "kek.origin", Class: "note", Found: "no audit log was looked at", Wanted: "proof that the vault made this KEK", Result: cmp.Or(m.Origin, "not checked")}},
	})
	for i := range m.Bulk {
		m.add("online.log", "prepare", audit.EvEnd, "kek.readback", "", audit.End{Checks: []audit.Check{
			{ID: "kek.kty", Class: "stop", Found: fmt.Sprint("RSA-HSM ", i), Wanted: "RSA-HSM", Result: "holds"},
		}})
	}
	prepared := m.seal("online.log", "prepare", "prepare.seal", audit.SealPrepare, audit.Close{NotChecked: []string{"kek.origin"}})
	m.begin("online.2.log", "prepare", &prepared)
	m.add("online.2.log", "prepare", audit.EvEnd, "kek.export", "", audit.End{Answers: map[string]string{"bag": "0042" + m.Foreign}})
	m.wrap(prepared)
	m.imports()
	return m.Dir.Path()
}

func (m *Maker) wrap(prepared audit.Head) {
	const log, stage = "offline.log", "wrap"
	m.begin(log, stage, nil)
	m.opening(log, stage)
	m.add(log, stage, audit.EvEnd, "clock.check", "", audit.End{Checks: []audit.Check{
		{ID: "clock.offset", Class: "exception", Found: "180 s", Wanted: "at most 120 s either way", Result: "fails"},
	}})
	m.add(log, stage, audit.EvException, "exception", "", audit.Exception{
		Checks: []string{"clock.offset"}, Expected: "the clock is right within 120 seconds" + m.Foreign,
		Happened: "it is 3 minutes late" + m.Foreign, Decided: "go on; the offset is recorded" + m.Foreign,
		Statements: m.sign(log, stage, "exception", "approve exception", "op2", "iw"),
	})
	m.add(log, stage, audit.EvEnd, "kek.receive", "", audit.End{Links: []audit.Head{prepared}, Answers: map[string]string{"bag": "0042"}})
	m.add(log, stage, audit.EvFail, "kek.confirm", "", audit.Fail{Problem: "check.kek.confirm" + m.Foreign})
	m.add(log, stage, audit.EvEnd, "kek.confirm", "", audit.End{Statements: m.sign(log, stage, "kek.confirm", "confirm the KEK", "op1", "op2")})
	m.add(log, stage, audit.EvEnd, "hsm.connect", "", audit.End{Facts: facts("hsm.token",
		`{"Label":"token","Serial":"0042","Manufacturer":"Vendor","Model":"Model","Firmware":"1.2","Library":"3.4"}`)})
	m.add(log, stage, audit.EvEnd, "target.generate", "signing", audit.End{
		Facts:  facts("target/signing", `{"id":"EjkAGdqsaJhquEVefpA0XQ==","label":"signing","type":"P-256","public":`+spki+`}`),
		Files:  []audit.File{m.Write("signing.pub.pem", []byte("a public key\n"))},
		Checks: []audit.Check{{ID: "target.local", Class: "stop", Found: "made in this HSM: true", Wanted: "made in this HSM: true", Result: "holds"}},
	})
	m.add(log, stage, audit.EvApprove, "target.wrap", "", audit.Note{Text: map[string]string{}, Statements: m.sign(log, stage, "target.wrap", "approve target.wrap", "op2")})
	m.add(log, stage, audit.EvEnd, "target.wrap", "signing", audit.End{
		Facts: facts("blob/signing", `"`+digest.Of([]byte("a blob\n")).String()+`"`), Files: []audit.File{m.Write("signing.byok", []byte("a blob\n"))},
	})
	m.seal(log, stage, "wrap.seal", audit.SealOffline, audit.Close{Exceptions: 1})
}

func (m *Maker) imports() {
	const log, stage = "online.2.log", "import"
	m.opening(log, stage)
	m.add(log, stage, audit.EvEnd, "blob.receive", "", audit.End{Links: []audit.Head{m.logs["offline.log"].Head()}})
	m.add(log, stage, audit.EvPause, "pause", "", audit.Note{Text: map[string]string{"reason": "lunch" + m.Foreign, "custody": "bag 0043"}})
	m.add(log, stage, audit.EvResume, "people.return", "", audit.Note{
		Text:       map[string]string{"keyboard": "op1", "happened": "the power failed; nobody left the room" + m.Foreign},
		Statements: m.sign(log, stage, "people.return", audit.ActionSignIn, ids()...),
	})
	m.add(log, stage, audit.EvEnd, "target.import", "signing", audit.End{
		Facts: facts("imported/signing", `{"kid":"https://contoso.managedhsm.azure.net/keys/signing/1","version":"1"}`),
	})
	if m.Foreign != "" {
		m.hostile(log)
	}
	m.add(log, stage, audit.EvEnd, "final.seal", "", audit.End{
		Answers:    map[string]string{"agree.op1": "agrees", "agree.op2": "agrees"},
		Statements: m.sign(log, stage, "final.seal", audit.ActionSignOff, ids()...),
	})
	m.seal(log, stage, "final.seal", audit.SealFinal, audit.Close{Outcome: audit.OutcomeExceptions, Exceptions: 1, NotChecked: []string{"kek.origin"}})
}

// hostile puts a text of others wherever a record can have one.
func (m *Maker) hostile(log string) {
	f := m.Foreign
	_, err := m.logs[log].Append(audit.Entry{Stage: f, Actor: []string{f}, Ev: audit.EvEnd, Step: f, Key: f, Data: audit.End{
		Answers:    map[string]string{f: f, "agree.op1": f, "code." + f: f, "agree.co1": audit.SubjectDisagrees, "reason.co1": f},
		Facts:      facts("kek.fate", quote(f), "kek.kid", quote(f), "vault.info", `{"kind":`+quote(f)+`,"account":`+quote(f)+`}`, "hsm.way", quote(f)),
		Checks:     []audit.Check{{ID: f, Class: f, Found: f, Wanted: f + f, Result: f}, {ID: "x", Class: f, Found: f, Wanted: f, Result: "not checked"}},
		Files:      []audit.File{{Name: f}},
		Statements: []audit.SignedBy{{Person: f, File: f, Action: f}},
		Links:      []audit.Head{{Log: f, Seq: 3}},
	}})
	m.must(err)
	m.add(log, "import", audit.EvFail, f, f, audit.Fail{Problem: f})
	m.add(log, "import", audit.EvChange, "people.change", "", audit.Note{Text: map[string]string{"leaves": f, f: f}})
	m.add(log, "import", audit.EvBegin, f, "", audit.Begin{Mark: f})
	m.add(log, "import", audit.EvRecovered, "", "", audit.Recovered{Hex: f, Bytes: 3})
	m.add(log, "import", audit.EvStop, "ceremony.stop", "", audit.Note{Text: map[string]string{"reason": f}})
}

func quote(s string) string {
	b, err := jsontext.AppendQuote(nil, s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// Verdict is the one of the folder, without the rule of steps: this ceremony
// is shorter than a real one.
func (m *Maker) Verdict() audit.Verdict {
	return audit.Verify(m.Dir.Path(), m.Plan.Policy(), audit.Anchors{})
}
