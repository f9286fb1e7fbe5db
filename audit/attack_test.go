package audit

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/keyceremony/ceremony/attacks"
)

// This file changes a finished folder afterwards, as somebody would who has it
// and none of the keys, or all of them.

// changed rewrites the file of a finished folder with a name or pattern.
func changed(name string, edit func([]byte) []byte) func(*maker) {
	return func(m *maker) {
		m.t.Helper()
		paths, err := filepath.Glob(filepath.Join(m.dir.Path(), name))
		if err != nil || len(paths) != 1 {
			m.t.Fatalf("%d files are named %s (%v)", len(paths), name, err)
		}
		path := paths[0]
		b, err := os.ReadFile(path)
		m.must(err)
		edited := edit(bytes.Clone(b))
		if bytes.Equal(edited, b) {
			m.t.Fatal("nothing was changed")
		}
		m.must(os.WriteFile(path, edited, 0o600))
	}
}

// inLines edits the lines of a file.
func inLines(edit func(lines [][]byte) [][]byte) func([]byte) []byte {
	return func(b []byte) []byte {
		lines := bytes.SplitAfter(b, []byte("\n"))
		return bytes.Join(edit(lines[:len(lines)-1]), nil)
	}
}

func replaced(old, with string) func([]byte) []byte {
	return func(b []byte) []byte { return bytes.Replace(b, []byte(old), []byte(with), 1) }
}

// chained writes a log anew with an answer edited, every later line linked to
// it again.
func chained(name, old, with string) func(*maker) {
	return func(m *maker) {
		m.t.Helper()
		b := read(m.t, m.dir.Path(), name)
		var records []Record
		_, err := ReadLog(b, name, func(r Record) error { records = append(records, r); return nil })
		m.must(err)
		scratch, i := folder(m.t), 0
		log, err := CreateLog(scratch, name, LogSide(name), m.policy.Ceremony, func() Stamp { return records[i].Stamp })
		m.must(err)
		for i = range records {
			r := records[i]
			r.Data = bytes.ReplaceAll(r.Data, []byte(old), []byte(with))
			_, err := log.Append(Entry{Stage: r.Stage, Actor: r.Actor, Ev: r.Ev, Step: r.Step, Key: r.Key, Data: r.Data})
			m.must(err)
		}
		anew := read(m.t, scratch.Path(), name)
		changed(name, func([]byte) []byte { return anew })(m)
	}
}

// TestAttackFolder: a finished folder that somebody changed does not verify.
func TestAttackFolder(t *testing.T) {
	for _, a := range []struct {
		attacks.Row
		do func(*maker)
	}{
		{
			attacks.New("folder/reordered", "exchanges two lines of a log", attacks.At("verify", "log.form", "manifest.files")),
			changed("online.log", inLines(func(l [][]byte) [][]byte { l[1], l[2] = l[2], l[1]; return l })),
		},
		{
			attacks.New("folder/line-left-out", "takes a line out of a log", attacks.At("verify", "log.form", "files.recorded", "manifest.files")),
			changed("offline.log", inLines(func(l [][]byte) [][]byte { return slices.Delete(l, 2, 3) })),
		},
		{
			attacks.New("folder/end-cut-off", "cuts the end off a log", attacks.At("verify", "log.closed", "manifest.files", "signoff")),
			changed("online.2.log", inLines(func(l [][]byte) [][]byte { return l[:len(l)-1] })),
		},
		{
			attacks.New("folder/answer-edited", "edits an answer in a log", attacks.At("verify", "log.form", "manifest.files")),
			changed("online.log", replaced(`"code":"typed"`, `"code":"tiped"`)),
		},
		{
			attacks.New("folder/answer-chained", "edits an answer and chains the log anew", attacks.At("verify", "log.links", "manifest.files", "statement.signatures", "signin.quorum")),
			chained("online.log", `"code":"typed"`, `"code":"tiped"`),
		},
		{
			attacks.New("folder/log-downgraded", "has a log say that it is of an older form", attacks.At("verify", "log.form", "manifest.files")),
			changed("online.log", replaced(`{"v":1,`, `{"v":0,`)),
		},
		{
			attacks.New("folder/file-edited", "edits a file that a seal lists", attacks.At("verify", "files.recorded", "manifest.files")),
			changed("kek.json", func(b []byte) []byte { return append(b, '\n') }),
		},
		{
			attacks.New("folder/one-more-signer", "adds a person to those who may sign", attacks.At("verify", "roster.generated", "manifest.files")),
			changed("allowed_signers", func(b []byte) []byte {
				return append(b, "mallory namespaces=\"final-seal@keyceremony\" ssh-ed25519 AAAA\n"...)
			}),
		},
		{
			attacks.New("folder/one-more-seal", "adds the seal of somebody who is not in the plan", attacks.At("verify", "seal.final")),
			func(m *maker) {
				sig := read(m.t, m.dir.Path(), "MANIFEST.sha256.op1.sig")
				m.must(os.WriteFile(filepath.Join(m.dir.Path(), "MANIFEST.sha256.mallory.sig"), sig, 0o600))
			},
		},
		{
			attacks.New("folder/hsm-sealed-the-whole", "adds the HSM's own signature to the last seal", attacks.At("verify", "seal.final")),
			func(m *maker) {
				sig := m.sign("hsm", "online", SealFinal, SealNamespace(SealFinal, m.policy.Mode), read(m.t, m.dir.Path(), SealFinal))
				m.must(os.WriteFile(filepath.Join(m.dir.Path(), SignedName(SealFinal, SealKeyID)), sig, 0o600))
			},
		},
		{
			attacks.New("folder/statement-edited", "edits a statement after it was signed", attacks.At("verify", "manifest.files", "statement.signatures")),
			changed("*-target.wrap.op2.txt", replaced("key signing", "key another")),
		},
		{
			attacks.New("folder/statement-downgraded", "has a statement say that it is of an older form", attacks.At("verify", "manifest.files", "statement.form", "statement.signatures")),
			changed("*-target.wrap.op2.txt", replaced("keyceremony 1", "keyceremony 0")),
		},
	} {
		a.Try(t, func(t *testing.T, gone int) {
			m := newMaker(t)
			dir := m.make()
			a.do(m)
			unnoticed(t, a.Row, gone, dir, m.policy, Anchors{})
		})
	}
}

// TestAttackEverything: somebody with a plan and keys of the own makes it all
// anew. Only what an auditor has from outside the folder tells.
func TestAttackEverything(t *testing.T) {
	for _, a := range []struct {
		attacks.Row
		known func(*maker) Anchors // what the sheets of the true ceremony have
	}{
		{
			attacks.New("folder/other-plan", "makes a whole ceremony of the own, with another plan and other people's keys", attacks.At("verify", "anchor.plan")),
			func(m *maker) Anchors { return Anchors{PlanCode: m.codes().PlanCode} },
		},
		{
			attacks.New("folder/other-history", "has everybody's keys and makes a whole record anew, under the same plan", attacks.At("verify", "anchor.head.offline")),
			func(m *maker) Anchors { return Anchors{Heads: m.codes().Heads} },
		},
	} {
		a.Try(t, func(t *testing.T, gone int) {
			genuine, forged := newMaker(t), newMaker(t)
			genuine.make()
			if a.ID == "folder/other-plan" {
				forged.policy.Ceremony += "-x"
			} else {
				onEntry(EvEnd, "target.generate", func(d *End, _ *Entry) { d.Checks[0].Found = "another history" })(forged)
			}
			known := a.known(genuine)
			delete(known.Heads, "online.2")
			unnoticed(t, a.Row, gone, forged.make(), forged.policy, known)
		})
	}
}

// TestAttackBatch: everybody signs a record in which a key was wrapped that the
// approval does not name.
func TestAttackBatch(t *testing.T) {
	row := attacks.New("record/key-not-approved", "wraps a key that the approval of the batch does not name", attacks.At("verify", "steps.done"))
	row.Try(t, func(t *testing.T, gone int) {
		m := newMaker(t)
		m.policy.Steps = [][]Must{{{Stage: "wrap", Step: "target.wrap", Key: "signing", Approves: []string{"operator"}}}}
		m.entry = func(_ string, e *Entry) {
			if e.Ev == EvEnd && e.Step == "target.wrap" {
				e.Key = "signing"
			}
		}
		honest := *m
		honest.dir, honest.logs = folder(t), map[string]*Log{}
		if out, by := verdictWithout(honest.make(), honest.policy, Anchors{}); out != OutcomeComplete {
			t.Fatalf("an honest one is %s, by %q", out, by)
		}
		onStatement("target.wrap", func(s *Statement) { s.Subjects = []string{"key signing-2"} })(m)
		unnoticed(t, row, gone, m.make(), m.policy, Anchors{})
	})
}

// TestAttackSignedElsewhere: everybody signs a record in which what people had
// to sign for stands where it counts for nothing.
func TestAttackSignedElsewhere(t *testing.T) {
	for _, a := range []struct {
		attacks.Row
		must Must
		do   func(*maker)
	}{
		{
			attacks.New("record/approval-in-a-pause", "has the approval of a wrap in a record that approves nothing", attacks.At("verify", "steps.done")),
			Must{Stage: "wrap", Step: "target.wrap", Approves: []string{"operator"}},
			onEntry(EvApprove, "target.wrap", func(_ *Note, e *Entry) { e.Ev = EvPause }),
		},
		{
			attacks.New("record/signed-where-it-failed", "has operators sign for their codes where these were found wrong, and goes on without them", attacks.At("verify", "steps.done")),
			Must{Stage: "wrap", Step: "kek.confirm", Signs: "confirm the KEK", Signer: "operator", Least: 2},
			before("kek.receive", func(m *maker) {
				signed := m.state("offline.log", "wrap", "kek.confirm", "confirm the KEK", "op1", "op2")
				m.add("offline.log", Entry{Stage: "wrap", Actor: []string{"op1"}, Ev: EvFail, Step: "kek.confirm", Data: Fail{End: End{Statements: signed}}})
				m.end("offline.log", "wrap", "kek.confirm", End{})
			}),
		},
	} {
		a.Try(t, func(t *testing.T, gone int) {
			m := newMaker(t)
			m.policy.Steps = [][]Must{{a.must}}
			a.do(m)
			unnoticed(t, a.Row, gone, m.make(), m.policy, Anchors{})
		})
	}
}

// TestAttackOrder: everybody signs a record in which an act came before what
// should have held it up.
func TestAttackOrder(t *testing.T) {
	for _, a := range []struct {
		attacks.Row
		do func(*maker)
	}{
		{
			attacks.New("record/approved-afterwards", "wraps, and has it approved afterwards", attacks.At("verify", "steps.done")),
			func(m *maker) {
				m.entry = func(_ string, e *Entry) {
					if e.Ev == EvApprove && e.Step == "target.wrap" {
						m.add("offline.log", Entry{Stage: "wrap", Actor: []string{"op1"}, Ev: EvBegin, Step: "target.wrap", Key: "signing", Data: Begin{Mark: "signing.byok"}})
					}
				}
			},
		},
		{
			attacks.New("record/step-afterwards", "wraps, and does afterwards what the list has before it", attacks.At("verify", "steps.done")),
			func(m *maker) {
				left := false
				m.entry = func(log string, e *Entry) {
					switch {
					case e.Ev == EvEnd && e.Step == "target.generate" && !left:
						e.Step, left = "hsm.probe", true
					case e.Ev == EvEnd && e.Step == "wrap.seal":
						m.end(log, "wrap", "target.generate", End{})
					}
				}
			},
		},
	} {
		a.Try(t, func(t *testing.T, gone int) {
			must := []Must{{Stage: "wrap", Step: "target.generate"}, {Stage: "wrap", Step: "target.wrap", Key: "signing", Approves: []string{"operator"}}}
			m := ordered(t, must, func(*maker) {})
			if out, by := verdictWithout(m.make(), m.policy, Anchors{}); out != OutcomeComplete {
				t.Fatalf("an honest one is %s, by %q", out, by)
			}
			m = ordered(t, must, a.do)
			unnoticed(t, a.Row, gone, m.make(), m.policy, Anchors{})
		})
	}
}

// ordered makes a ceremony whose wrap ends for its key.
func ordered(t *testing.T, must []Must, do func(*maker)) *maker {
	m := newMaker(t)
	m.policy.Steps = [][]Must{must}
	do(m)
	next := m.entry
	m.entry = func(log string, e *Entry) {
		if e.Ev == EvEnd && e.Step == "target.wrap" {
			e.Key = "signing"
		}
		if next != nil {
			next(log, e)
		}
	}
	return m
}

// before writes further records before a step ends.
func before(step string, do func(*maker)) func(*maker) {
	return func(m *maker) {
		m.entry = func(_ string, e *Entry) {
			if e.Ev == EvEnd && e.Step == step {
				m.entry = nil
				do(m)
			}
		}
	}
}

// TestAttackStepInName: everybody signs a record in which a step that the plan
// makes necessary has no end of its own.
func TestAttackStepInName(t *testing.T) {
	for _, a := range []struct {
		attacks.Row
		do func(*End, *Entry)
	}{
		{
			attacks.New("record/step-without-a-name", "ends a step without a name in place of one that the plan makes necessary", attacks.At("verify", "steps.done")),
			func(_ *End, e *Entry) { e.Step = "" },
		},
		{
			attacks.New("record/carried-over-from-nothing", "says in a first attempt that an earlier one had done a step", attacks.At("verify", "steps.done")),
			func(d *End, e *Entry) {
				e.Step, d.Facts = "ceremony.attempt", map[string]jsontext.Value{"carried": jsontext.Value("true")}
			},
		},
	} {
		a.Try(t, func(t *testing.T, gone int) {
			m := newMaker(t)
			m.policy.Steps = [][]Must{{{Stage: "wrap", Step: "target.generate", Unless: "carried"}}}
			onEntry(EvEnd, "target.generate", a.do)(m)
			unnoticed(t, a.Row, gone, m.make(), m.policy, Anchors{})
		})
	}
}
