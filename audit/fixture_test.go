package audit

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/crypto/ssh"

	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/durable"
	"github.com/keyceremony/ceremony/timestamp"
	"github.com/keyceremony/ceremony/timestamp/tsatest"
)

// A maker writes a plausible ceremony into one folder, with real signatures.
// Its hooks change what is written before it is signed and chained, so that a
// test can make every lie that insiders could tell with their own keys.
type maker struct {
	t       testing.TB
	dir     *durable.Dir
	policy  Policy
	signers map[string]ssh.Signer // "op1", "op1 offline", "hsm"
	logs    map[string]*Log
	stamp   func() Stamp
	nonces  uint64

	entry     func(log string, e *Entry)
	statement func(s *Statement)
	manifest  func(seal string, m Manifest) Manifest
	signs     func(who, what string) bool        // false: this person does not sign this file
	signer    func(who, what string) string      // whose key signs instead
	bulk      int                                // additional records
	stop      string                             // log in which the ceremony is stopped
	except    bool                               // an exception happens
	signoff   map[string]string                  // what people say who do not agree
	between   func(d *durable.Dir, point string) // before "MANIFEST.sha256"
	authority *tsatest.Authority                 // that the plan names; nil for none
}

var people = []struct{ id, role string }{
	{"op1", "operator"}, {"op2", "operator"}, {"co1", "crypto officer"}, {"iw", "internal witness"},
}

const runID = "4f1c9a7e0b6d4c2f8a3e5d7b9c1f0e2d"

// fixedSigner is a key that is the same in every run, so that mutants are too.
func fixedSigner(name string) ssh.Signer {
	seed := sha256.Sum256([]byte("test key of " + name))
	s, err := ssh.NewSignerFromKey(ed25519.NewKeyFromSeed(seed[:]))
	if err != nil {
		panic(err)
	}
	return s
}

func newMaker(t testing.TB) *maker {
	m := &maker{
		t: t, dir: folder(t), signers: map[string]ssh.Signer{}, logs: map[string]*Log{}, stamp: ticker(),
		policy: Policy{
			Ceremony: "demo-2026", Mode: Production,
			Quorum: map[string]int{"operator": 2, "crypto officer": 1, "internal witness": 1},
		},
	}
	for _, name := range []string{"op1", "op1 offline", "op2", "co1", "iw", "hsm"} {
		m.signers[name] = fixedSigner(name)
	}
	for _, p := range people {
		keys := []ssh.PublicKey{m.signers[p.id].PublicKey()}
		if s := m.signers[p.id+" offline"]; s != nil {
			keys = append(keys, s.PublicKey())
		}
		m.policy.Roster = append(m.policy.Roster, Person{ID: p.id, Role: p.role, Keys: keys})
		m.policy.PlanSigners = append(m.policy.PlanSigners, p.id)
	}
	m.policy.SealKey = m.signers["hsm"].PublicKey()
	return m
}

// plan is TOML, as far as the verifiers read it.
func (m *maker) plan() []byte {
	var b strings.Builder
	line := func(k ssh.PublicKey) string { return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(k))) }
	fmt.Fprintf(&b, "format = 1\nid = %q\nrehearsal = %v\n\n[hsm]\nseal_key = %q\n\n", m.policy.Ceremony, m.policy.Mode == Rehearsal, line(m.policy.SealKey))
	if m.authority != nil {
		fmt.Fprintf(&b, "[time]\nauthority_root = \"\"\"\n%s\"\"\"\n\n", m.authority.RootPEM)
	}
	fmt.Fprintf(&b, "[quorum]\noperators = %d\ncrypto_officers = 1\ninternal_witnesses = 1\n", m.policy.Quorum["operator"])
	for _, p := range m.policy.Roster {
		fmt.Fprintf(&b, "\n[[person]]\nid = %q\nname = %q\nrole = %q\nkey = %q\n", p.ID, p.ID, p.Role, line(p.Keys[0])+" "+p.ID)
		if len(p.Keys) > 1 {
			fmt.Fprintf(&b, "key_offline = %q\n", line(p.Keys[1]))
		}
	}
	return []byte(b.String())
}

func (m *maker) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

func (m *maker) write(name string, b []byte) File {
	m.t.Helper()
	m.must(m.dir.WriteNew(name, b))
	return File{Name: name, SHA256: digest.Of(b), Bytes: int64(len(b))}
}

// sign signs with the key that the person has at a side.
func (m *maker) sign(who, side, what, namespace string, msg []byte) []byte {
	if m.signer != nil {
		who = m.signer(who, what)
	}
	s := m.signers[who]
	if o := m.signers[who+" offline"]; side == "offline" && o != nil {
		s = o
	}
	sig, err := Sign(s, nil, namespace, msg)
	m.must(err)
	return sig
}

func (m *maker) may(who, what string) bool { return m.signs == nil || m.signs(who, what) }

// token writes a token over a file, if the plan names an authority.
func (m *maker) token(name string) []File {
	m.t.Helper()
	if m.authority == nil {
		return nil
	}
	b, err := m.dir.Read(name, MaxFile)
	m.must(err)
	q, err := timestamp.NewRequest(digest.Of(b), rand.Reader)
	m.must(err)
	answer, err := m.authority.Answer(q.DER())
	m.must(err)
	token, _, err := q.Take(answer, m.authority.Root)
	m.must(err)
	return []File{m.write(TokenName(name), token)}
}

// withAuthority has the plan name a time-stamp authority.
func (m *maker) withAuthority() *maker {
	m.authority = tsatest.New(m.t)
	m.policy.TimeRoot = m.authority.Root
	return m
}

// begin creates a log with its first record.
func (m *maker) begin(name, stage string, link *Head) {
	side := LogSide(name)
	l, err := CreateLog(m.dir, name, side, m.policy.Ceremony, m.stamp)
	m.must(err)
	m.logs[name] = l
	run := runID
	if side == "offline" {
		run = "-"
	}
	m.add(name, Entry{Stage: stage, Ev: EvOpen, Data: Open{
		Format: OpenFormat, Steps: 1, Mode: m.policy.Mode, Run: run, Attempt: 1, Plan: m.policy.Plan, Link: link,
		Tool: Tool{Name: "ceremony", Version: "1.0.0", Commit: "abc", SHA256: digest.Of([]byte("tool"))},
	}})
}

func (m *maker) add(log string, e Entry) Record {
	m.t.Helper()
	if m.entry != nil {
		m.entry(log, &e)
	}
	r, err := m.logs[log].Append(e)
	m.must(err)
	return r
}

// state makes and signs one statement each.
func (m *maker) state(log, stage, step, action string, who ...string) []SignedBy {
	m.t.Helper()
	var out []SignedBy
	l := m.logs[log]
	for _, id := range who {
		p, _ := m.policy.Roster.Find(id)
		m.nonces++
		s := Statement{
			Mode: m.policy.Mode, Ceremony: m.policy.Ceremony, Run: runID, Stage: stage, Attempt: 1, Step: step,
			Action: action, Subjects: []string{"key signing"}, Role: p.Role, Person: id, Head: l.Head(),
		}
		binary.BigEndian.PutUint64(s.Nonce[:], m.nonces)
		if log == "offline.log" && step == "people.signin" {
			s.Run = "-"
		}
		if action == ActionSignOff {
			s.Subjects = []string{"kid https://v.vault.azure.net/keys/k/1", SubjectAgrees}
			if why := m.signoff[id]; why != "" {
				s.Subjects[1] = SubjectDisagrees + ": " + why
			}
		}
		name := StatementName(s.Head.Log, s.Head.Seq+1, s.Step, s.Person)
		if m.statement != nil {
			m.statement(&s)
		}
		text := s.Text()
		m.write(name, text)
		sig := m.sign(id, LogSide(log), name, s.Namespace(), text)
		m.write(SigName(name), sig)
		out = append(out, SignedBy{Person: id, File: name, SHA256: digest.Of(text), Sig: digest.Of(sig), Action: action})
	}
	return out
}

func (m *maker) end(log, stage, step string, e End) {
	m.t.Helper()
	if e.Checks == nil {
		e.Checks = []Check{{ID: step, Class: ClassStop, Found: "1", Wanted: "1", Result: ResultHolds}}
	}
	m.add(log, Entry{Stage: stage, Actor: []string{"op1"}, Ev: EvEnd, Step: step, Data: e})
}

// opening is how each sitting begins.
func (m *maker) opening(log, stage string) {
	m.end(log, stage, "ceremony.open", End{Answers: map[string]string{"code": "typed"}})
	m.end(log, stage, "people.signin", End{Statements: m.state(log, stage, "people.signin", ActionSignIn, "op1", "op2", "co1", "iw")})
	if m.except && stage == "wrap" {
		m.end(log, stage, "clock.check", End{Checks: []Check{{ID: "clock.offset", Class: ClassException, Found: "300 s", Wanted: "at most 120 s", Result: ResultFails}}})
		m.add(log, Entry{Stage: stage, Actor: []string{"op1"}, Ev: EvException, Step: "exception", Data: Exception{
			Checks: []string{"clock.offset"}, Expected: "120 s", Happened: "300 s", Decided: "go on",
			Statements: m.state(log, stage, "exception", "approve exception", "op1", "iw"),
		}})
	}
}

// close ends a log. After a stop the outcome says so.
func (m *maker) close(log, stage, step string, c Close) {
	if m.stop == log {
		m.add(log, Entry{Stage: stage, Actor: []string{"op1"}, Ev: EvStop, Step: "ceremony.stop", Data: Note{
			Text: map[string]string{"reason": "fire alarm"}, Statements: m.state(log, stage, "ceremony.stop", "approve ceremony.stop", "op1", "iw"),
		}})
		c.Outcome = OutcomeIncomplete
	}
	m.add(log, Entry{Stage: stage, Actor: []string{"op1"}, Ev: EvClose, Step: step, Data: c})
}

// seal lists what is there and lets everybody sign it.
func (m *maker) seal(seal, side string) {
	m.t.Helper()
	if m.between != nil {
		m.between(m.dir, seal)
	}
	entries, err := m.dir.Names()
	m.must(err)
	var list Manifest
	for _, e := range entries {
		if strings.HasPrefix(e.Name, ".") || strings.HasSuffix(e.Name, ".byok") || e.Kind != durable.Regular ||
			(seal == SealOffline && strings.HasPrefix(e.Name, "online.2")) {
			continue
		}
		b, err := m.dir.Read(e.Name, MaxFile)
		m.must(err)
		list = append(list, File{Name: e.Name, SHA256: digest.Of(b)})
	}
	if m.manifest != nil {
		list = m.manifest(seal, list)
	}
	b := list.Encode()
	m.write(seal, b)
	who := []string{"op1", "op2", "co1", "iw"}
	if seal == SealOffline {
		who = append(who, "hsm")
	}
	for _, id := range who {
		if m.may(id, seal) {
			m.write(SignedName(seal, id), m.sign(id, side, seal, SealNamespace(seal, m.policy.Mode), b))
		}
	}
}

// make writes the whole ceremony and returns its folder.
func (m *maker) make() string {
	m.t.Helper()
	plan := m.plan()
	m.policy.Plan = digest.Of(plan)
	m.write("plan.toml", plan)
	for _, p := range people {
		if m.may(p.id, "plan.toml") {
			m.write(SignedName("plan.toml", p.id), m.sign(p.id, "online", "plan.toml", PlanNamespace(m.policy.Mode), plan))
		}
	}
	m.write("allowed_signers", m.policy.AllowedSigners())
	m.prepare()
	if m.stop == "online.log" {
		return m.dir.Path()
	}
	m.wrap()
	if m.stop == "offline.log" {
		return m.dir.Path()
	}
	m.imports()
	return m.dir.Path()
}

func (m *maker) prepare() {
	const log, stage = "online.log", "prepare"
	m.begin(log, stage, nil)
	m.opening(log, stage)
	if m.authority != nil {
		m.end(log, stage, "clock.check", End{Files: m.token("plan.toml")})
	}
	m.add(log, Entry{Stage: stage, Actor: []string{"op1"}, Ev: EvBegin, Step: "kek.create", Data: Begin{Mark: "run/1"}})
	m.end(log, stage, "kek.create", End{Facts: map[string]jsontext.Value{"kek.kid": jsontext.Value(`"https://v.vault.azure.net/keys/k/1"`)}})
	m.end(log, stage, "kek.readback", End{Files: []File{
		m.write("kek.publickey.pem", []byte("a public key\n")), m.write("kek.json", []byte("{}\n")),
	}})
	for i := range m.bulk {
		m.end(log, stage, "kek.attest", endEntry(i).Data.(End).withoutFiles())
	}
	m.end(log, stage, "prepare.seal", End{})
	m.close(log, stage, "prepare.seal", Close{})
	m.seal(SealPrepare, "online")
	if m.stop != log {
		head := m.logs[log].Head()
		m.begin("online.2.log", stage, &head)
		m.end("online.2.log", stage, "kek.export", End{Files: m.token(SealPrepare)})
	}
}

func (e End) withoutFiles() End { e.Files = nil; return e }

func (m *maker) wrap() {
	const log, stage = "offline.log", "wrap"
	m.begin(log, stage, nil)
	m.opening(log, stage)
	m.end(log, stage, "kek.receive", End{Links: []Head{m.logs["online.log"].Head()}})
	m.end(log, stage, "target.generate", End{Files: []File{m.write("signing.pub.pem", []byte("a public key\n"))}})
	m.act(log, stage, "target.wrap", m.write("signing.byok", []byte("a blob\n")))
	m.end(log, stage, "wrap.seal", End{})
	m.close(log, stage, "wrap.seal", Close{})
	m.seal(SealOffline, "offline")
}

func (m *maker) imports() {
	const log, stage = "online.2.log", "import"
	m.opening(log, stage)
	m.end(log, stage, "blob.receive", End{Links: []Head{m.logs["offline.log"].Head()}, Files: m.token(SealOffline)})
	m.act(log, stage, "target.import", m.write("vault.signing.json", []byte("{}\n")))
	m.end(log, stage, "final.seal", End{Statements: m.state(log, stage, "final.seal", ActionSignOff, "op1", "op2", "co1", "iw")})
	c := Close{Outcome: OutcomeComplete, NotChecked: []string{"kek.attestation"}}
	if m.except {
		c.Outcome, c.Exceptions = OutcomeExceptions, 1
	}
	for who := range m.signoff {
		c.Disagree = append(c.Disagree, who)
	}
	slices.Sort(c.Disagree)
	m.close(log, stage, "final.seal", c)
	m.seal(SealFinal, "online")
	m.token(SealFinal)
}

// act is an irreversible step: approved by another person than the one who acts.
func (m *maker) act(log, stage, step string, f File) {
	m.add(log, Entry{Stage: stage, Actor: []string{"op1"}, Ev: EvApprove, Step: step, Data: Note{
		Statements: m.state(log, stage, step, "approve "+step, "op2"),
	}})
	m.add(log, Entry{Stage: stage, Actor: []string{"op1"}, Ev: EvBegin, Step: step, Key: "signing", Data: Begin{Mark: f.Name}})
	m.end(log, stage, step, End{Files: []File{f}})
}

// codes are the anchors of a folder that was just made.
func (m *maker) codes() Anchors {
	a := Anchors{PlanCode: m.policy.Plan.Code(), Heads: map[string]string{}}
	for name, l := range m.logs {
		if l.state.closed {
			a.Heads[strings.TrimSuffix(name, ".log")] = l.Head().SHA256.Code()
		}
	}
	return a
}

func failing(v Verdict) string {
	var b bytes.Buffer
	for _, r := range v.Rules {
		if r.Result != ResultHolds && r.Result != ResultNotChecked {
			fmt.Fprintf(&b, "%s %s: %s\n", r.ID, r.Result, r.Detail)
		}
	}
	return b.String()
}

// ruleOf finds a rule of a verdict.
func ruleOf(v Verdict, id string) Rule {
	if i := slices.IndexFunc(v.Rules, func(r Rule) bool { return r.ID == id }); i >= 0 {
		return v.Rules[i]
	}
	return Rule{}
}
