package audit

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/durable"
)

func TestVerifyCompleteCeremony(t *testing.T) {
	m := newMaker(t)
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
	m := newMaker(t)
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
// signed, and must fail by the rule that knows better.
type lie struct {
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
	{"none", OutcomeComplete, "", func(*maker) {}},
	{"a rehearsal", OutcomeComplete, "", func(m *maker) { m.policy.Mode = Rehearsal }},
	{"an exception", OutcomeExceptions, "", func(m *maker) { m.except = true }},
	{"an exception about no check", OutcomeExceptions, "", aboutNoCheck(2)},
	{"an exception about no check without the witness", OutcomeBroken, "exceptions.approved", aboutNoCheck(1)},
	{"somebody disagrees", OutcomeComplete, "", func(m *maker) { m.signoff = map[string]string{"iw": "the bag was open"} }},
	{"stopped at prepare", OutcomeIncomplete, "outcome", func(m *maker) { m.stop = "online.log" }},
	{"stopped at wrap", OutcomeIncomplete, "outcome", func(m *maker) { m.stop = "offline.log" }},
	{"stopped at import", OutcomeIncomplete, "outcome", func(m *maker) { m.stop = "online.2.log" }},
	{"a witness did not seal the preparation", OutcomeIncomplete, "seal.prepare", unsigned("iw", SealPrepare)},
	{"an operator did not seal the wrap", OutcomeIncomplete, "seal.offline", unsigned("op2", SealOffline)},
	{"the HSM did not seal the wrap", OutcomeIncomplete, "seal.offline", unsigned("hsm", SealOffline)},
	{"an officer did not seal the whole", OutcomeIncomplete, "seal.final", unsigned("co1", SealFinal)},
	{"somebody did not sign the plan", OutcomeIncomplete, "plan.signatures", unsigned("co1", "plan.toml")},
	{"one signed the plan for another", OutcomeBroken, "plan.signatures", signedByAnother("plan.toml")},
	{"one signed the seal for another", OutcomeBroken, "seal.final", signedByAnother(SealFinal)},
	{"one signed in for another", OutcomeBroken, "statement.signatures", signedByAnother("people.signin")},
	{"an approval under another's key", OutcomeBroken, "statement.signatures", signedByAnother("target.wrap")},
	{"a report outside the seal", OutcomeComplete, "", func(m *maker) {
		extraFile(ReportName, "<!doctype html>\n")(m)
		unlisted(SealFinal, ReportName)(m)
	}},
	{"a card outside the seal", OutcomeComplete, "", func(m *maker) {
		extraFile(CardName, "a card\n")(m)
		unlisted(SealFinal, CardName)(m)
	}},
	{"an unknown file", OutcomeBroken, "folder.names", extraFile("notes.md", "x")},
	{"a hidden file", OutcomeBroken, "folder.names", func(m *maker) {
		m.between = func(d *durable.Dir, seal string) {
			if seal == SealFinal {
				m.must(os.WriteFile(filepath.Join(d.Path(), ".DS_Store"), []byte("x"), 0o600))
			}
		}
	}},
	{"a lock", OutcomeComplete, "", func(m *maker) {
		unlock, err := m.dir.Lock()
		m.must(err)
		m.t.Cleanup(unlock)
	}},
	{"a folder for a lock", OutcomeBroken, "folder.names", func(m *maker) { m.must(os.Mkdir(filepath.Join(m.dir.Path(), ".lock"), 0o700)) }},
	{"a seal of what is drawn from it", OutcomeBroken, "manifest.form", extraFile(CardName, "a card\n")},
	{"an upper-case name", OutcomeBroken, "folder.names", extraFile("Signing.pub.pem", "x")},
	{"an unrecorded blob", OutcomeBroken, "files.recorded", extraFile("other.byok", "x")},
	{"a file that no seal lists", OutcomeBroken, "manifest.form", unlisted(SealFinal, "vault.signing.json")},
	{"a seal without the log", OutcomeIncomplete, "manifest.form", unlisted(SealOffline, "offline.log")},
	{"a seal of another file", OutcomeBroken, "manifest.files", func(m *maker) {
		m.manifest = func(_ string, list Manifest) Manifest {
			for i := range list {
				if list[i].Name == "kek.json" {
					list[i].SHA256 = digest.Of([]byte("other"))
				}
			}
			return list
		}
	}},
	{"a seal of what is not there", OutcomeBroken, "manifest.files", func(m *maker) {
		m.manifest = func(_ string, list Manifest) Manifest { return append(list, File{Name: "gone.kcv"}) }
	}},
	{"a seal of a blob", OutcomeBroken, "manifest.form", func(m *maker) {
		m.manifest = func(_ string, list Manifest) Manifest { return append(list, File{Name: "signing.byok"}) }
	}},
	{"another plan", OutcomeBroken, "plan.digest", onEntry(EvOpen, "", func(o *Open, _ *Entry) { o.Plan = digest.Of(nil) })},
	{"a log of a rehearsal", OutcomeBroken, "plan.digest", onEntry(EvOpen, "", func(o *Open, _ *Entry) { o.Mode = Rehearsal })},
	{"a first attempt with a past", OutcomeBroken, "log.links", onEntry(EvOpen, "", func(o *Open, _ *Entry) {
		o.Link = &Head{Log: "online.log", SHA256: digest.Of(nil)}
	})},
	{"a second log without the first", OutcomeBroken, "log.links", onEntry(EvOpen, "", func(o *Open, _ *Entry) { o.Link = nil })},
	{"a head that never was", OutcomeBroken, "log.links", onEntry(EvEnd, "kek.receive", func(d *End, _ *Entry) { d.Links[0].SHA256 = digest.Of(nil) })},
	{"a head of another record", OutcomeBroken, "log.links", onEntry(EvEnd, "kek.receive", func(d *End, _ *Entry) { d.Links[0].Seq-- })},
	{"a head of no log", OutcomeBroken, "log.links", onEntry(EvEnd, "kek.receive", func(d *End, _ *Entry) { d.Links[0].Log = "online.3.log" })},
	{"nothing received", OutcomeBroken, "log.links", onEntry(EvEnd, "kek.receive", func(d *End, _ *Entry) { d.Links = nil })},
	{"nothing received back", OutcomeBroken, "log.links", onEntry(EvEnd, "blob.receive", func(d *End, _ *Entry) { d.Links = nil })},
	{"another blob", OutcomeBroken, "files.recorded", onEntry(EvEnd, "target.wrap", func(d *End, _ *Entry) { d.Files[0].SHA256 = digest.Of(nil) })},
	{"a blob that was not recorded", OutcomeBroken, "files.recorded", onEntry(EvEnd, "target.wrap", func(d *End, _ *Entry) { d.Files = nil })},
	{"a file that was lost", OutcomeBroken, "files.recorded", onEntry(EvEnd, "kek.create", func(d *End, _ *Entry) { d.Files = []File{{Name: "attestation.json"}} })},
	{"a blob that the auditor has not", OutcomeComplete, "", onEntry(EvEnd, "target.wrap", func(d *End, _ *Entry) { d.Files = append(d.Files, File{Name: "more.byok"}) })},
	{"a stop check that failed", OutcomeBroken, "checks.stop", onEntry(EvEnd, "kek.readback", func(d *End, _ *Entry) { d.Checks[0].Result = ResultFails })},
	{"a stop check that was excepted", OutcomeBroken, "checks.stop", onEntry(EvEnd, "kek.readback", func(d *End, _ *Entry) { d.Checks[0].Result = ResultExcepted })},
	{"a stop check that was not made", OutcomeBroken, "checks.stop", onEntry(EvEnd, "kek.readback", func(d *End, _ *Entry) { d.Checks[0].Result = ResultNotChecked })},
	{"a check of no class", OutcomeBroken, "checks.stop", onEntry(EvEnd, "kek.readback", func(d *End, _ *Entry) { d.Checks[0].Class, d.Checks[0].Result = "", ResultFails })},
	{"a note that failed", OutcomeComplete, "", onEntry(EvEnd, "kek.readback", func(d *End, _ *Entry) { d.Checks[0].Class, d.Checks[0].Result = ClassNote, ResultFails })},
	{"a failed check without exception", OutcomeBroken, "exceptions.approved", onEntry(EvEnd, "kek.readback", func(d *End, _ *Entry) { d.Checks[0].Class, d.Checks[0].Result = ClassException, ResultFails })},
	{"an excepted check without exception", OutcomeBroken, "exceptions.approved", onEntry(EvEnd, "kek.readback", func(d *End, _ *Entry) { d.Checks[0].Class, d.Checks[0].Result = ClassException, ResultExcepted })},
	{"an exception for another check", OutcomeBroken, "exceptions.approved", withException(onEntry(EvException, "", func(d *Exception, _ *Entry) { d.Checks = []string{"clock.other"} }))},
	{"an exception without the witness", OutcomeBroken, "exceptions.approved", withException(onEntry(EvException, "", func(d *Exception, _ *Entry) { d.Statements = d.Statements[:1] }))},
	{"an exception that nobody signed", OutcomeBroken, "exceptions.approved", withException(onEntry(EvException, "", func(d *Exception, _ *Entry) { d.Statements = nil }))},
	{"an exception that is not told", OutcomeBroken, "outcome", withException(onEntry(EvClose, "final.seal", func(d *Close, _ *Entry) { d.Outcome = OutcomeComplete }))},
	{"an exception that never was", OutcomeBroken, "outcome", onEntry(EvClose, "final.seal", func(d *Close, _ *Entry) { d.Outcome = OutcomeExceptions })},
	{"an outcome too early", OutcomeBroken, "outcome", onEntry(EvClose, "wrap.seal", func(d *Close, _ *Entry) { d.Outcome = OutcomeComplete })},
	{"no outcome", OutcomeBroken, "outcome", onEntry(EvClose, "final.seal", func(d *Close, _ *Entry) { d.Outcome = "" })},
	{"a stop that is not told", OutcomeBroken, "outcome", func(m *maker) {
		m.stop = "online.2.log"
		onEntry(EvClose, "final.seal", func(d *Close, _ *Entry) { d.Outcome = OutcomeComplete })(m)
	}},
	{"given up", OutcomeIncomplete, "outcome", onEntry(EvClose, "final.seal", func(d *Close, _ *Entry) { d.Outcome = OutcomeIncomplete })},
	{"a log that goes on", OutcomeIncomplete, "log.closed", onEntry(EvClose, "final.seal", func(_ *Close, e *Entry) { e.Ev = EvPause; e.Data = Note{} })},
	{"disagreement kept quiet", OutcomeBroken, "signoff", func(m *maker) {
		m.signoff = map[string]string{"iw": "no"}
		onEntry(EvClose, "final.seal", func(d *Close, _ *Entry) { d.Disagree = nil })(m)
	}},
	{"disagreement made up", OutcomeBroken, "signoff", onEntry(EvClose, "final.seal", func(d *Close, _ *Entry) { d.Disagree = []string{"iw"} })},
	{"a sign-off that says both", OutcomeBroken, "signoff", onStatement("final.seal", func(s *Statement) { s.Subjects = []string{SubjectAgrees, SubjectDisagrees} })},
	{"a sign-off that says nothing", OutcomeBroken, "signoff", onStatement("final.seal", func(s *Statement) { s.Subjects = nil })},
	{"the actor approves", OutcomeBroken, "statement.signatures", onEntry(EvApprove, "target.wrap", func(_ *Note, e *Entry) { e.Actor = []string{"op2"} })},
	{"a statement of another ceremony", OutcomeBroken, "statement.signatures", onStatement("target.wrap", func(s *Statement) { s.Ceremony = "other" })},
	{"a statement of another run", OutcomeBroken, "statement.signatures", onStatement("target.wrap", func(s *Statement) { s.Run = "other" })},
	{"a statement without run, too late", OutcomeBroken, "statement.signatures", onStatement("target.wrap", func(s *Statement) { s.Run = "-" })},
	{"a statement of another stage", OutcomeBroken, "statement.signatures", onStatement("target.wrap", func(s *Statement) { s.Stage = "import" })},
	{"a statement of another attempt", OutcomeBroken, "statement.signatures", onStatement("target.wrap", func(s *Statement) { s.Attempt = 2 })},
	{"a statement of another step", OutcomeBroken, "statement.form", onStatement("target.wrap", func(s *Statement) { s.Step = "target.close" })},
	{"a statement of another action", OutcomeBroken, "statement.signatures", onStatement("target.wrap", func(s *Statement) { s.Action = "approve nothing" })},
	{"a statement in another role", OutcomeBroken, "statement.signatures", onStatement("target.wrap", func(s *Statement) { s.Role = "internal witness" })},
	{"a statement of another person", OutcomeBroken, "statement.form", onStatement("target.wrap", func(s *Statement) { s.Person = "co1" })},
	{"a statement of a rehearsal", OutcomeBroken, "statement.signatures", onStatement("target.wrap", func(s *Statement) { s.Mode = Rehearsal })},
	{"a statement on another head", OutcomeBroken, "statement.signatures", onStatement("target.wrap", func(s *Statement) { s.Head.SHA256 = digest.Of(nil) })},
	{"a statement from the future", OutcomeBroken, "statement.form", onStatement("target.wrap", func(s *Statement) { s.Head.Seq++ })},
	{"a nonce used again", OutcomeBroken, "statement.signatures", onStatement("target.import", func(s *Statement) { s.Nonce = [32]byte{7: 1} })},
	{"a statement used again", OutcomeBroken, "statement.signatures", func(m *maker) {
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
	{"a statement that was exchanged", OutcomeBroken, "statement.signatures", onEntry(EvApprove, "target.wrap", func(d *Note, _ *Entry) { d.Statements[0].SHA256 = digest.Of(nil) })},
	{"a signature that was exchanged", OutcomeBroken, "statement.signatures", onEntry(EvApprove, "target.wrap", func(d *Note, _ *Entry) { d.Statements[0].Sig = digest.Of(nil) })},
	{"a statement by somebody else", OutcomeBroken, "statement.signatures", onEntry(EvApprove, "target.wrap", func(d *Note, _ *Entry) { d.Statements[0].Person = "co1" })},
	{"a statement by a stranger", OutcomeBroken, "statement.signatures", onEntry(EvApprove, "target.wrap", func(d *Note, _ *Entry) { d.Statements[0].Person = "eve" })},
	{"a statement for another action", OutcomeBroken, "statement.signatures", onEntry(EvApprove, "target.wrap", func(d *Note, _ *Entry) { d.Statements[0].Action = ActionSignIn })},
	{"a statement that is not there", OutcomeBroken, "statement.signatures", onEntry(EvApprove, "target.wrap", func(d *Note, _ *Entry) { d.Statements[0].File = "offline-0099-target.wrap.op2.txt" })},
	{"a file that is no statement", OutcomeBroken, "statement.signatures", onEntry(EvApprove, "target.wrap", func(d *Note, _ *Entry) { d.Statements[0].File = "plan.toml" })},
	{"too few signed in", OutcomeBroken, "signin.quorum", onEntry(EvEnd, "people.signin", func(d *End, _ *Entry) { d.Statements = d.Statements[1:] })},
	{"nobody signed in", OutcomeIncomplete, "signin.quorum", onEntry(EvEnd, "people.signin", func(_ *End, e *Entry) { e.Ev = EvFail; e.Data = Fail{} })},
	{"two operators where the plan wants three", OutcomeBroken, "signin.quorum", func(m *maker) { m.policy.Quorum["operator"] = 3 }},
	{"a key of the other machine", OutcomeBroken, "seal.offline", func(m *maker) {
		m.signer = func(who, f string) string {
			if who == "op1" && f == SealOffline {
				m.signers["op1 x"] = m.signers["op1"]
				return "op1 x"
			}
			return who
		}
	}},
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

func TestLies(t *testing.T) {
	for _, l := range lies {
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
