package audit

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/attacks"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/durable"
)

func TestVerifyCompleteCeremony(t *testing.T) {
	m := newMaker(t).withAuthority()
	v := Verify(m.make(), m.policy, m.codes())
	if v.Outcome != OutcomeComplete || !v.Complete() {
		t.Fatalf("%s\n%s", v.Outcome, failing(v))
	}
	for _, r := range v.Rules {
		if !r.OK {
			t.Errorf("%s: %s %s", r.ID, r.Result, r.Detail)
		}
	}
	if len(v.NotChecked) != 1 || v.NotChecked[0] != "kek.attestation" {
		t.Errorf("not checked: %q", v.NotChecked)
	}
}

func TestAnchorsAreLoudWhereTheyAreMissing(t *testing.T) {
	m := newMaker(t).withAuthority()
	v := Verify(m.make(), m.policy, Anchors{})
	if v.Outcome != OutcomeComplete {
		t.Fatalf("%s\n%s", v.Outcome, failing(v))
	}
	for _, r := range v.Rules {
		if strings.HasPrefix(r.ID, "anchor.") != (r.Result == ResultNotChecked) || r.OK != (r.Result == ResultHolds) {
			t.Errorf("%s: %s", r.ID, r.Result)
		}
	}
	wrong := digest.Of([]byte("another")).Code()
	for _, a := range []Anchors{{PlanCode: wrong}, {Heads: map[string]string{"online": wrong}}, {Heads: map[string]string{"offline": wrong}}, {Heads: map[string]string{"online.3": wrong}}} {
		if v := Verify(m.dir.Path(), m.policy, a); v.Outcome != OutcomeBroken {
			t.Errorf("another code gives %s", v.Outcome)
		}
	}
}

func TestVerifyOfNothing(t *testing.T) {
	if v := Verify(t.TempDir()+"/none", Policy{}, Anchors{}); v.Outcome != OutcomeBroken {
		t.Errorf("a folder that is not there gives %s", v.Outcome)
	}
	if v := Verify(t.TempDir(), Policy{}, Anchors{}); v.Complete() {
		t.Errorf("an empty folder gives %s", v.Outcome)
	}
}

// A lie is told by people with their own keys: what they write is chained and
// signed, and must fail by the rules that know better.
type lie struct {
	attacks.Row
	outcome string
	tell    func(m *maker)
}

// A truth is told by the same people.
type truth struct {
	name    string
	outcome string
	rule    string // that does not hold; "" if all do
	tell    func(m *maker)
}

// onEntry changes the data of records of one event and step.
func onEntry[T any](ev, step string, change func(*T, *Entry)) func(*maker) {
	return func(m *maker) {
		m.entry = func(_ string, e *Entry) {
			if d, ok := e.Data.(T); ok && e.Ev == ev && (step == "" || e.Step == step) {
				change(&d, e)
				if e.Ev == ev {
					e.Data = d
				}
			}
		}
	}
}

// onStatement changes statements of one step before they are signed.
func onStatement(step string, change func(*Statement)) func(*maker) {
	return func(m *maker) {
		m.statement = func(s *Statement) {
			if s.Step == step {
				change(s)
			}
		}
	}
}

func unsigned(who, what string) func(*maker) {
	return func(m *maker) { m.signs = func(w, f string) bool { return w != who || f != what } }
}

func signedByAnother(what string) func(*maker) {
	return func(m *maker) {
		m.signer = func(who, f string) string {
			if strings.Contains(f, what) && who == "op2" {
				return "co1"
			}
			return who
		}
	}
}

func extraFile(name, text string) func(*maker) {
	return func(m *maker) {
		m.between = func(d *durable.Dir, seal string) {
			if seal == SealFinal {
				m.must(d.WriteNew(name, []byte(text)))
			}
		}
	}
}

func unlisted(seal, name string) func(*maker) {
	return func(m *maker) {
		m.manifest = func(s string, list Manifest) Manifest {
			var out Manifest
			for _, f := range list {
				if s != seal || f.Name != name {
					out = append(out, f)
				}
			}
			return out
		}
	}
}

var lies = []lie{
	{attacks.New("record/approves-and-is-not-back", "approves after a crash without having signed in again", attacks.At("verify", "statement.signatures", "signin.quorum")), OutcomeBroken, ahead("target.wrap", comesBack("op1", "co1", "iw"))},
	{attacks.New("record/too-few-are-back", "too few signed in again after a crash", attacks.At("verify", "signin.quorum")), OutcomeBroken, ahead("target.import", comesBack("op1", "op2", "iw"))},
	{attacks.New("record/approves-in-a-pause", "approves in a pause", attacks.At("verify", "statement.signatures")), OutcomeBroken, ahead("target.wrap", rests)},
	{attacks.New("record/approves-and-has-left", "approves after having left", attacks.At("verify", "statement.signatures")), OutcomeBroken, ahead("target.import", changes("op2", ""))},
	{attacks.New("record/exception-about-no-check-without-the-witness", "an exception about no check without the witness", attacks.At("verify", "exceptions.approved")), OutcomeBroken, aboutNoCheck(1)},
	{attacks.New("record/witness-did-not-seal-the-preparation", "a witness did not seal the preparation", attacks.At("verify", "seal.prepare")), OutcomeIncomplete, unsigned("iw", SealPrepare)},
	{attacks.New("record/operator-did-not-seal-the-wrap", "an operator did not seal the wrap", attacks.At("verify", "seal.offline")), OutcomeIncomplete, unsigned("op2", SealOffline)},
	{attacks.New("record/hsm-did-not-seal-the-wrap", "the HSM did not seal the wrap", attacks.At("verify", "seal.offline")), OutcomeIncomplete, unsigned("hsm", SealOffline)},
	{attacks.New("record/officer-did-not-seal-the-whole", "an officer did not seal the whole", attacks.At("verify", "seal.final")), OutcomeIncomplete, unsigned("co1", SealFinal)},
	{attacks.New("record/somebody-did-not-sign-the-plan", "somebody did not sign the plan", attacks.At("verify", "plan.signatures")), OutcomeIncomplete, unsigned("co1", "plan.toml")},
	{attacks.New("record/hsm-signed-the-plan", "the HSM signed the plan", attacks.At("verify", "plan.signatures")), OutcomeBroken, func(m *maker) {
		m.between = func(d *durable.Dir, seal string) {
			if seal == SealPrepare {
				sig := m.sign("hsm", "online", "plan.toml", PlanNamespace(m.policy.Mode), read(m.t, d.Path(), "plan.toml"))
				m.must(d.WriteNew(SignedName("plan.toml", SealKeyID), sig))
			}
		}
	}},
	{attacks.New("record/one-signed-the-plan-for-another", "one signed the plan for another", attacks.At("verify", "plan.signatures")), OutcomeBroken, signedByAnother("plan.toml")},
	{attacks.New("record/one-signed-the-seal-for-another", "one signed the seal for another", attacks.At("verify", "seal.final")), OutcomeBroken, signedByAnother(SealFinal)},
	{attacks.New("record/one-signed-in-for-another", "one signed in for another", attacks.At("verify", "statement.signatures", "signin.quorum")), OutcomeBroken, signedByAnother("people.signin")},
	{attacks.New("record/approval-under-anothers-key", "an approval under another's key", attacks.At("verify", "statement.signatures")), OutcomeBroken, signedByAnother("target.wrap")},
	{attacks.New("record/unknown-file", "an unknown file", attacks.At("verify", "folder.names", "manifest.files")), OutcomeBroken, extraFile("notes.md", "x")},
	{attacks.New("record/hidden-file", "a hidden file", attacks.At("verify", "folder.names", "manifest.form")), OutcomeBroken, func(m *maker) {
		m.between = func(d *durable.Dir, seal string) {
			if seal == SealFinal {
				m.must(os.WriteFile(filepath.Join(d.Path(), ".DS_Store"), []byte("x"), 0o600))
			}
		}
	}},
	{attacks.New("record/folder-for-a-lock", "a folder for a lock", attacks.At("verify", "folder.names", "manifest.form")), OutcomeBroken, func(m *maker) { m.must(os.Mkdir(filepath.Join(m.dir.Path(), ".lock"), 0o700)) }},
	{attacks.New("record/seal-of-what-is-drawn-from-it", "a seal of what is drawn from it", attacks.At("verify", "manifest.form", "manifest.files")), OutcomeBroken, extraFile(CardName, "a card\n")},
	{attacks.New("record/upper-case-name", "an upper-case name", attacks.At("verify", "folder.names")), OutcomeBroken, extraFile("Signing.pub.pem", "x")},
	{attacks.New("record/unrecorded-blob", "an unrecorded blob", attacks.At("verify", "files.recorded")), OutcomeBroken, extraFile("other.byok", "x")},
	{attacks.New("record/file-that-no-seal-lists", "a file that no seal lists", attacks.At("verify", "manifest.form")), OutcomeBroken, unlisted(SealFinal, "vault.signing.json")},
	{attacks.New("record/seal-without-the-log", "a seal without the log", attacks.At("verify", "manifest.form")), OutcomeIncomplete, unlisted(SealOffline, "offline.log")},
	{attacks.New("record/seal-of-another-file", "a seal of another file", attacks.At("verify", "manifest.files")), OutcomeBroken, func(m *maker) {
		m.manifest = func(_ string, list Manifest) Manifest {
			for i := range list {
				if list[i].Name == "kek.json" {
					list[i].SHA256 = digest.Of([]byte("other"))
				}
			}
			return list
		}
	}},
	{attacks.New("record/seal-of-what-is-not-there", "a seal of what is not there", attacks.At("verify", "manifest.files")), OutcomeBroken, func(m *maker) {
		m.manifest = func(_ string, list Manifest) Manifest { return append(list, File{Name: "gone.kcv"}) }
	}},
	{attacks.New("record/seal-of-a-blob", "a seal of a blob", attacks.At("verify", "manifest.form", "manifest.files")), OutcomeBroken, func(m *maker) {
		m.manifest = func(_ string, list Manifest) Manifest { return append(list, File{Name: "signing.byok"}) }
	}},
	{attacks.New("record/another-plan", "another plan", attacks.At("verify", "plan.digest")), OutcomeBroken, onEntry(EvOpen, "", func(o *Open, _ *Entry) { o.Plan = digest.Of(nil) })},
	{attacks.New("record/log-of-a-rehearsal", "a log of a rehearsal", attacks.At("verify", "plan.digest")), OutcomeBroken, onEntry(EvOpen, "", func(o *Open, _ *Entry) { o.Mode = Rehearsal })},
	{attacks.New("record/first-attempt-with-a-past", "a first attempt with a past", attacks.At("verify", "log.links")), OutcomeBroken, onEntry(EvOpen, "", func(o *Open, _ *Entry) {
		o.Link = &Head{Log: "online.log", SHA256: digest.Of(nil)}
	})},
	{attacks.New("record/second-log-without-the-first", "a second log without the first", attacks.At("verify", "log.links")), OutcomeBroken, onEntry(EvOpen, "", func(o *Open, _ *Entry) { o.Link = nil })},
	{attacks.New("record/head-that-never-was", "a head that never was", attacks.At("verify", "log.links")), OutcomeBroken, onEntry(EvEnd, "kek.receive", func(d *End, _ *Entry) { d.Links[0].SHA256 = digest.Of(nil) })},
	{attacks.New("record/head-of-another-record", "a head of another record", attacks.At("verify", "log.links")), OutcomeBroken, onEntry(EvEnd, "kek.receive", func(d *End, _ *Entry) { d.Links[0].Seq-- })},
	{attacks.New("record/head-of-no-log", "a head of no log", attacks.At("verify", "log.links")), OutcomeBroken, onEntry(EvEnd, "kek.receive", func(d *End, _ *Entry) { d.Links[0].Log = "online.3.log" })},
	{attacks.New("record/nothing-received", "nothing received", attacks.At("verify", "log.links")), OutcomeBroken, onEntry(EvEnd, "kek.receive", func(d *End, _ *Entry) { d.Links = nil })},
	{attacks.New("record/earlier-head-received", "a log that received a head of the one before from before its seal", attacks.At("verify", "log.links")), OutcomeBroken, func(m *maker) {
		onEntry(EvEnd, "kek.receive", func(d *End, _ *Entry) {
			first, _, _ := strings.Cut(string(read(m.t, m.dir.Path(), "online.log")), "\n")
			d.Links = []Head{{Log: "online.log", Seq: 0, SHA256: digest.Of([]byte(first + "\n"))}}
		})(m)
	}},
	{attacks.New("record/nothing-received-back", "nothing received back", attacks.At("verify", "log.links")), OutcomeBroken, onEntry(EvEnd, "blob.receive", func(d *End, _ *Entry) { d.Links = nil })},
	{attacks.New("record/another-blob", "another blob", attacks.At("verify", "files.recorded")), OutcomeBroken, onEntry(EvEnd, "target.wrap", func(d *End, _ *Entry) { d.Files[0].SHA256 = digest.Of(nil) })},
	{attacks.New("record/blob-that-was-not-recorded", "a blob that was not recorded", attacks.At("verify", "files.recorded")), OutcomeBroken, onEntry(EvEnd, "target.wrap", func(d *End, _ *Entry) { d.Files = nil })},
	{attacks.New("record/two-blobs-of-a-key", "wraps a key twice, and shows neither blob", attacks.At("verify", "files.recorded")), OutcomeBroken, func(m *maker) {
		before("wrap.seal", func(m *maker) {
			m.end("offline.log", "wrap", "target.wrap", End{Files: []File{{Name: "signing.byok", SHA256: digest.Of([]byte("another blob\n"))}}})
		})(m)
		m.between = func(d *durable.Dir, seal string) {
			if seal == SealFinal {
				m.must(os.Remove(filepath.Join(d.Path(), "signing.byok")))
			}
		}
	}},
	{attacks.New("record/step-of-the-other-machine", "makes up at the online machine for a step that the HSM room has left out", attacks.At("verify", "log.form")), OutcomeBroken, onEntry(EvEnd, "kek.create", func(_ *End, e *Entry) { e.Stage = "wrap" })},
	{attacks.New("record/step-of-a-later-sitting", "has the record of the first sitting say what the last one did", attacks.At("verify", "log.form")), OutcomeBroken, onEntry(EvEnd, "kek.create", func(_ *End, e *Entry) { e.Stage = "import" })},
	{attacks.New("record/check-not-made-kept-quiet", "does not say at the end that a check was not made", attacks.At("verify", "outcome")), OutcomeBroken, onEntry(EvEnd, "kek.create", func(d *End, _ *Entry) { d.Checks[0].Class, d.Checks[0].Result = ClassNote, ResultNotChecked })},
	{attacks.New("record/stop-check-that-failed", "a stop check that failed", attacks.At("verify", "checks.stop")), OutcomeBroken, onEntry(EvEnd, "kek.readback", func(d *End, _ *Entry) { d.Checks[0].Result = ResultFails })},
	{attacks.New("record/stop-check-that-was-excepted", "a stop check that was excepted", attacks.At("verify", "checks.stop")), OutcomeBroken, onEntry(EvEnd, "kek.readback", func(d *End, _ *Entry) { d.Checks[0].Result = ResultExcepted })},
	{attacks.New("record/stop-check-that-was-not-made", "a stop check that was not made", attacks.At("verify", "checks.stop", "outcome")), OutcomeBroken, onEntry(EvEnd, "kek.readback", func(d *End, _ *Entry) { d.Checks[0].Result = ResultNotChecked })},
	{attacks.New("record/check-of-no-class", "a check of no class", attacks.At("verify", "checks.stop")), OutcomeBroken, onEntry(EvEnd, "kek.readback", func(d *End, _ *Entry) { d.Checks[0].Class, d.Checks[0].Result = "", ResultFails })},
	{attacks.New("record/failed-check-without-exception", "a failed check without exception", attacks.At("verify", "exceptions.approved")), OutcomeBroken, onEntry(EvEnd, "kek.readback", func(d *End, _ *Entry) { d.Checks[0].Class, d.Checks[0].Result = ClassException, ResultFails })},
	{attacks.New("record/excepted-check-without-exception", "an excepted check without exception", attacks.At("verify", "exceptions.approved")), OutcomeBroken, onEntry(EvEnd, "kek.readback", func(d *End, _ *Entry) { d.Checks[0].Class, d.Checks[0].Result = ClassException, ResultExcepted })},
	{attacks.New("record/exception-for-another-check", "an exception for another check", attacks.At("verify", "exceptions.approved")), OutcomeBroken, withException(onEntry(EvException, "", func(d *Exception, _ *Entry) { d.Checks = []string{"clock.other"} }))},
	{attacks.New("record/exception-without-the-witness", "an exception without the witness", attacks.At("verify", "exceptions.approved")), OutcomeBroken, withException(onEntry(EvException, "", func(d *Exception, _ *Entry) { d.Statements = d.Statements[:1] }))},
	{attacks.New("record/exception-that-nobody-signed", "an exception that nobody signed", attacks.At("verify", "exceptions.approved")), OutcomeBroken, withException(onEntry(EvException, "", func(d *Exception, _ *Entry) { d.Statements = nil }))},
	{attacks.New("record/exception-before-its-check", "an exception that was decided before the check failed", attacks.At("verify", "exceptions.approved")), OutcomeBroken, withException(onEntry(EvEnd, "kek.receive", func(d *End, _ *Entry) {
		d.Checks = []Check{{ID: "clock.offset", Class: ClassException, Result: ResultFails}}
	}))},
	{attacks.New("record/exception-under-anothers-key", "an exception that somebody else signed for the witness", attacks.At("verify", "statement.signatures", "exceptions.approved")), OutcomeBroken, withException(func(m *maker) {
		m.signer = func(who, f string) string {
			if who == "iw" && strings.Contains(f, "-exception.") {
				return "co1"
			}
			return who
		}
	})},
	{attacks.New("record/exception-that-is-not-told", "an exception that is not told", attacks.At("verify", "outcome")), OutcomeBroken, withException(onEntry(EvClose, "final.seal", func(d *Close, _ *Entry) { d.Outcome = OutcomeComplete }))},
	{attacks.New("record/exception-that-never-was", "an exception that never was", attacks.At("verify", "outcome")), OutcomeBroken, onEntry(EvClose, "final.seal", func(d *Close, _ *Entry) { d.Outcome = OutcomeExceptions })},
	{attacks.New("record/outcome-too-early", "an outcome too early", attacks.At("verify", "outcome")), OutcomeBroken, onEntry(EvClose, "wrap.seal", func(d *Close, _ *Entry) { d.Outcome = OutcomeComplete })},
	{attacks.New("record/no-outcome", "no outcome", attacks.At("verify", "outcome")), OutcomeBroken, onEntry(EvClose, "final.seal", func(d *Close, _ *Entry) { d.Outcome = "" })},
	{attacks.New("record/stop-that-is-not-told", "a stop that is not told", attacks.At("verify", "outcome")), OutcomeBroken, func(m *maker) {
		m.stop = "online.2.log"
		onEntry(EvClose, "final.seal", func(d *Close, _ *Entry) { d.Outcome = OutcomeComplete })(m)
	}},
	{attacks.New("record/disagreement-kept-quiet", "disagreement kept quiet", attacks.At("verify", "signoff")), OutcomeBroken, func(m *maker) {
		m.signoff = map[string]string{"iw": "no"}
		onEntry(EvClose, "final.seal", func(d *Close, _ *Entry) { d.Disagree = nil })(m)
	}},
	{attacks.New("record/disagreement-made-up", "disagreement made up", attacks.At("verify", "signoff")), OutcomeBroken, onEntry(EvClose, "final.seal", func(d *Close, _ *Entry) { d.Disagree = []string{"iw"} })},
	{attacks.New("record/disagreement-signed-over", "has somebody who did not agree sign off again", attacks.At("verify", "signoff")), OutcomeBroken, before("blob.receive", func(m *maker) {
		m.signoff = map[string]string{"iw": "no"}
		signed := m.state("online.2.log", "import", "final.seal", ActionSignOff, "iw")
		m.signoff = nil
		m.add("online.2.log", Entry{Stage: "import", Actor: []string{"op1"}, Ev: EvFail, Step: "final.seal", Data: Fail{End: End{Statements: signed}}})
	})},
	{attacks.New("record/sign-off-that-says-both", "a sign-off that says both", attacks.At("verify", "signoff")), OutcomeBroken, onStatement("final.seal", func(s *Statement) { s.Subjects = []string{SubjectAgrees, SubjectDisagrees} })},
	{attacks.New("record/sign-off-that-says-nothing", "a sign-off that says nothing", attacks.At("verify", "signoff")), OutcomeBroken, onStatement("final.seal", func(s *Statement) { s.Subjects = nil })},
	{attacks.New("record/actor-approves", "the actor approves", attacks.At("verify", "statement.signatures")), OutcomeBroken, onEntry(EvApprove, "target.wrap", func(_ *Note, e *Entry) { e.Actor = []string{"op2"} })},
	{attacks.New("record/statement-of-another-ceremony", "a statement of another ceremony", attacks.At("verify", "statement.signatures")), OutcomeBroken, onStatement("target.wrap", func(s *Statement) { s.Ceremony = "other" })},
	{attacks.New("record/statement-of-another-run", "a statement of another run", attacks.At("verify", "statement.signatures")), OutcomeBroken, onStatement("target.wrap", func(s *Statement) { s.Run = "other" })},
	{attacks.New("record/statement-without-run-too-late", "a statement without run, too late", attacks.At("verify", "statement.signatures")), OutcomeBroken, onStatement("target.wrap", func(s *Statement) { s.Run = "-" })},
	{attacks.New("record/statement-of-another-stage", "a statement of another stage", attacks.At("verify", "statement.signatures")), OutcomeBroken, onStatement("target.wrap", func(s *Statement) { s.Stage = "import" })},
	{attacks.New("record/statement-of-another-attempt", "a statement of another attempt", attacks.At("verify", "statement.signatures")), OutcomeBroken, onStatement("target.wrap", func(s *Statement) { s.Attempt = 2 })},
	{attacks.New("record/statement-of-another-step", "a statement of another step", attacks.At("verify", "statement.form", "statement.signatures")), OutcomeBroken, onStatement("target.wrap", func(s *Statement) { s.Step = "target.close" })},
	{attacks.New("record/statement-of-another-action", "a statement of another action", attacks.At("verify", "statement.signatures")), OutcomeBroken, onStatement("target.wrap", func(s *Statement) { s.Action = "approve nothing" })},
	{attacks.New("record/statement-in-another-role", "a statement in another role", attacks.At("verify", "statement.signatures")), OutcomeBroken, onStatement("target.wrap", func(s *Statement) { s.Role = "internal witness" })},
	{attacks.New("record/statement-of-another-person", "a statement of another person", attacks.At("verify", "statement.form", "statement.signatures")), OutcomeBroken, onStatement("target.wrap", func(s *Statement) { s.Person = "co1" })},
	{attacks.New("record/statement-of-a-rehearsal", "a statement of a rehearsal", attacks.At("verify", "statement.signatures")), OutcomeBroken, onStatement("target.wrap", func(s *Statement) { s.Mode = Rehearsal })},
	{attacks.New("record/statement-on-another-head", "a statement on another head", attacks.At("verify", "statement.signatures")), OutcomeBroken, onStatement("target.wrap", func(s *Statement) { s.Head.SHA256 = digest.Of(nil) })},
	{attacks.New("record/statement-from-the-future", "a statement from the future", attacks.At("verify", "statement.form", "statement.signatures")), OutcomeBroken, onStatement("target.wrap", func(s *Statement) { s.Head.Seq++ })},
	{attacks.New("record/nonce-used-again", "a nonce used again", attacks.At("verify", "statement.signatures", "signin.quorum")), OutcomeBroken, onStatement("target.import", func(s *Statement) { s.Nonce = [32]byte{7: 1} })},
	{attacks.New("record/statement-used-again", "a statement used again", attacks.At("verify", "statement.signatures")), OutcomeBroken, func(m *maker) {
		var kept []SignedBy
		m.entry = func(_ string, e *Entry) {
			d, ok := e.Data.(Note)
			switch {
			case ok && e.Step == "target.wrap":
				kept = d.Statements
			case ok && e.Step == "target.import":
				d.Statements = append(d.Statements, kept...)
				e.Data = d
			}
		}
	}},
	{attacks.New("record/statement-that-was-exchanged", "a statement that was exchanged", attacks.At("verify", "statement.signatures")), OutcomeBroken, onEntry(EvApprove, "target.wrap", func(d *Note, _ *Entry) { d.Statements[0].SHA256 = digest.Of(nil) })},
	{attacks.New("record/signature-that-was-exchanged", "a signature that was exchanged", attacks.At("verify", "statement.signatures")), OutcomeBroken, onEntry(EvApprove, "target.wrap", func(d *Note, _ *Entry) { d.Statements[0].Sig = digest.Of(nil) })},
	{attacks.New("record/statement-by-somebody-else", "a statement by somebody else", attacks.At("verify", "statement.signatures")), OutcomeBroken, onEntry(EvApprove, "target.wrap", func(d *Note, _ *Entry) { d.Statements[0].Person = "co1" })},
	{attacks.New("record/statement-by-a-stranger", "a statement by a stranger", attacks.At("verify", "statement.signatures")), OutcomeBroken, onEntry(EvApprove, "target.wrap", func(d *Note, _ *Entry) { d.Statements[0].Person = "eve" })},
	{attacks.New("record/statement-for-another-action", "a statement for another action", attacks.At("verify", "statement.signatures")), OutcomeBroken, onEntry(EvApprove, "target.wrap", func(d *Note, _ *Entry) { d.Statements[0].Action = ActionSignIn })},
	{attacks.New("record/statement-that-is-not-there", "a statement that is not there", attacks.At("verify", "statement.signatures")), OutcomeBroken, onEntry(EvApprove, "target.wrap", func(d *Note, _ *Entry) { d.Statements[0].File = "offline-0099-target.wrap.op2.txt" })},
	{attacks.New("record/file-that-is-no-statement", "a file that is no statement", attacks.At("verify", "statement.signatures")), OutcomeBroken, onEntry(EvApprove, "target.wrap", func(d *Note, _ *Entry) { d.Statements[0].File = "plan.toml" })},
	{attacks.New("record/too-few-signed-in", "too few signed in", attacks.At("verify", "signin.quorum")), OutcomeBroken, onEntry(EvEnd, "people.signin", func(d *End, _ *Entry) { d.Statements = d.Statements[1:] })},
	{attacks.New("record/two-operators-where-the-plan-wants-three", "two operators where the plan wants three", attacks.At("verify", "seal.prepare", "seal.offline", "seal.final", "signin.quorum")), OutcomeBroken, func(m *maker) { m.policy.Quorum["operator"] = 3 }},
	{attacks.New("record/key-of-the-other-machine", "a key of the other machine", attacks.At("verify", "seal.offline")), OutcomeBroken, func(m *maker) {
		m.signer = func(who, f string) string {
			if who == "op1" && f == SealOffline {
				m.signers["op1 x"] = m.signers["op1"]
				return "op1 x"
			}
			return who
		}
	}},
	{attacks.New("record/statement-under-the-key-of-the-other-machine", "a statement of the HSM room under the key for the online machine", attacks.At("verify", "statement.signatures", "signin.quorum")), OutcomeBroken, func(m *maker) {
		m.signer = func(who, f string) string {
			if who == "op1" && strings.HasPrefix(f, "offline-") && strings.Contains(f, "people.signin") {
				m.signers["op1 x"] = m.signers["op1"]
				return "op1 x"
			}
			return who
		}
	}},
}

// ahead adds records before the approval of a step, as the people made them.
func ahead(step string, add func(m *maker, log, stage string)) func(*maker) {
	return func(m *maker) {
		m.entry = func(log string, e *Entry) {
			if e.Ev == EvApprove && e.Step == step {
				m.entry = nil
				add(m, log, e.Stage)
			}
		}
	}
}

// comesBack is how people sign in again after the program ended.
func comesBack(who ...string) func(m *maker, log, stage string) {
	return func(m *maker, log, stage string) {
		m.add(log, Entry{Stage: stage, Ev: EvResume, Step: "people.return", Data: Note{
			Text: map[string]string{"keyboard": who[0]}, Statements: m.state(log, stage, "people.return", ActionSignIn, who...),
		}})
	}
}

// rests is a pause after which nobody has signed in yet.
func rests(m *maker, log, stage string) {
	m.add(log, Entry{Stage: stage, Actor: []string{"op1"}, Ev: EvPause, Step: "pause", Data: Note{Text: map[string]string{"reason": "lunch"}}})
}

// changes is somebody who leaves, and one who comes, "" for nobody.
func changes(leaves, comes string) func(m *maker, log, stage string) {
	return func(m *maker, log, stage string) {
		n := Note{Text: map[string]string{"leaves": leaves, "comes": comes}, Statements: m.state(log, stage, "people.change", "approve people.change", "iw")}
		if comes != "" {
			n.Statements = append(n.Statements, m.state(log, stage, "people.change", ActionSignIn, comes)...)
		}
		m.add(log, Entry{Stage: stage, Actor: []string{"op1"}, Ev: EvChange, Step: "people.change", Data: n})
	}
}

// then is one thing after the other.
func then(all ...func(m *maker, log, stage string)) func(m *maker, log, stage string) {
	return func(m *maker, log, stage string) {
		for _, one := range all {
			one(m, log, stage)
		}
	}
}

// truths are what may be said: nothing is wrong with it, though a ceremony may
// not be complete.
var truths = []truth{
	{"none", OutcomeComplete, "", func(*maker) {}},
	{"a rehearsal", OutcomeComplete, "", func(m *maker) { m.policy.Mode = Rehearsal }},
	{"an exception", OutcomeExceptions, "", func(m *maker) { m.except = true }},
	{"an exception about no check", OutcomeExceptions, "", aboutNoCheck(2)},
	{"somebody disagrees", OutcomeComplete, "", func(m *maker) { m.signoff = map[string]string{"iw": "the bag was open"} }},
	{"stopped at prepare", OutcomeIncomplete, "outcome", func(m *maker) { m.stop = "online.log" }},
	{"stopped at wrap", OutcomeIncomplete, "outcome", func(m *maker) { m.stop = "offline.log" }},
	{"stopped at import", OutcomeIncomplete, "outcome", func(m *maker) { m.stop = "online.2.log" }},
	{"a report outside the seal", OutcomeComplete, "", func(m *maker) {
		extraFile(ReportName, "<!doctype html>\n")(m)
		unlisted(SealFinal, ReportName)(m)
	}},
	{"a card outside the seal", OutcomeComplete, "", func(m *maker) {
		extraFile(CardName, "a card\n")(m)
		unlisted(SealFinal, CardName)(m)
	}},
	{"a lock", OutcomeComplete, "", func(m *maker) {
		unlock, err := m.dir.Lock()
		m.must(err)
		m.t.Cleanup(unlock)
	}},
	{"a file that was lost", OutcomeBroken, "files.recorded", onEntry(EvEnd, "kek.create", func(d *End, _ *Entry) { d.Files = []File{{Name: "attestation.json"}} })},
	{"a blob that the auditor has not", OutcomeComplete, "", onEntry(EvEnd, "target.wrap", func(d *End, _ *Entry) { d.Files = append(d.Files, File{Name: "more.byok"}) })},
	{"a note that failed", OutcomeComplete, "", onEntry(EvEnd, "kek.readback", func(d *End, _ *Entry) { d.Checks[0].Class, d.Checks[0].Result = ClassNote, ResultFails })},
	{"given up", OutcomeIncomplete, "outcome", onEntry(EvClose, "final.seal", func(d *Close, _ *Entry) { d.Outcome = OutcomeIncomplete })},
	{"a log that goes on", OutcomeIncomplete, "log.closed", onEntry(EvClose, "final.seal", func(_ *Close, e *Entry) { e.Ev = EvPause; e.Data = Note{} })},
	{"all are back after a crash", OutcomeComplete, "", ahead("target.wrap", comesBack("op1", "op2", "co1", "iw"))},
	{"all are back after a pause", OutcomeComplete, "", ahead("target.import", then(rests, comesBack("op1", "op2", "co1", "iw")))},
	{"who left came again", OutcomeComplete, "", ahead("target.wrap", then(changes("op2", ""), changes("", "op2")))},
	{"another left", OutcomeComplete, "", ahead("target.wrap", changes("co1", ""))},
	{"nobody signed in", OutcomeIncomplete, "signin.quorum", onEntry(EvEnd, "people.signin", func(_ *End, e *Entry) { e.Ev = EvFail; e.Data = Fail{} })},
}

func withException(next func(*maker)) func(*maker) {
	return func(m *maker) {
		m.except = true
		next(m)
	}
}

// aboutNoCheck is an exception over something that happened in the room, with
// this many signatures.
func aboutNoCheck(signed int) func(*maker) {
	return withException(func(m *maker) {
		m.entry = func(_ string, e *Entry) {
			switch d := e.Data.(type) {
			case End:
				if e.Step == "clock.check" {
					d.Checks[0].Result = ResultHolds
				}
			case Exception:
				d.Checks, d.Statements = nil, d.Statements[:signed]
				e.Data = d
			}
		}
	})
}

// verdictWithout is the outcome of a folder, and the rules that notice
// something. Every rule is applied, since later ones use what earlier ones
// find; those that are taken away do not count, and what only rests on what
// another rule finds is that rule's finding.
func verdictWithout(dir string, p Policy, a Anchors, away ...string) (outcome string, noticed []string) {
	c := newChecker(p, a)
	if err := c.load(dir); err != nil {
		return OutcomeBroken, []string{"folder.read"}
	}
	var counted []Rule
	for _, r := range c.verdict(Verdict{}).Rules {
		if slices.Contains(away, r.ID) || r.Follows() {
			continue
		}
		counted = append(counted, r)
		if r.Result == ResultFails || r.Result == ResultMissing {
			noticed = append(noticed, r.ID)
		}
	}
	return c.outcome(counted), noticed
}

// unnoticed wants a folder to pass without the first walls of an attack, and
// the next one alone to notice it.
func unnoticed(t *testing.T, row attacks.Row, gone int, dir string, p Policy, a Anchors) (outcome string) {
	t.Helper()
	var away, want []string
	for _, w := range row.Walls[:gone] {
		away = append(away, w.By...)
	}
	if gone < len(row.Walls) {
		want = row.Walls[gone].By
	}
	outcome, noticed := verdictWithout(dir, p, a, away...)
	passes := outcome == OutcomeComplete || outcome == OutcomeExceptions
	if !slices.Equal(noticed, want) || passes != (gone == len(row.Walls)) {
		t.Errorf("%s, noticed by %q, want %q", outcome, noticed, want)
	}
	return outcome
}

func TestAttackLies(t *testing.T) {
	for _, l := range lies {
		l.Try(t, func(t *testing.T, gone int) {
			m := newMaker(t)
			l.tell(m)
			dir := m.make()
			if got := unnoticed(t, l.Row, gone, dir, m.policy, Anchors{}); gone == 0 && got != l.outcome {
				t.Errorf("%s, not %s", got, l.outcome)
			}
			if v := Verify(dir, m.policy, Anchors{}); v.Outcome != l.outcome {
				t.Errorf("%s, not %s\n%s", v.Outcome, l.outcome, failing(v))
			}
		})
	}
}

func TestTruths(t *testing.T) {
	for _, l := range truths {
		t.Run(strings.ReplaceAll(l.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			m := newMaker(t)
			l.tell(m)
			v := Verify(m.make(), m.policy, Anchors{})
			if v.Outcome != l.outcome {
				t.Fatalf("%s, not %s\n%s", v.Outcome, l.outcome, failing(v))
			}
			if text := failing(v); (l.rule == "") != (text == "") || !strings.Contains("\n"+text, "\n"+l.rule) {
				t.Errorf("by these rules:\n%s", text)
			}
		})
	}
}
