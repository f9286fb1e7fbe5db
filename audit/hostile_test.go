//go:build unix

package audit

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/durable"
)

// sparse makes a file of a size without its bytes.
func (m *maker) sparse(name string, size int64) {
	path := filepath.Join(m.dir.Path(), name)
	m.must(os.WriteFile(path, nil, 0o600))
	m.must(os.Truncate(path, size))
}

// What is larger than a ceremony's is named and not read: these tests would
// not end if it were.
func TestLargeFolders(t *testing.T) {
	const tera = 3 << 40
	for name, c := range map[string]struct {
		make func(*maker)
		rule string
	}{
		"a file of 3 TB under a known name":                   {func(m *maker) { m.sparse("more.pub.pem", tera) }, "folder.sizes"},
		"a manifest of 3 TB":                                  {func(m *maker) { m.sparse(SealFinal, tera) }, "folder.sizes"},
		"a log of 3 TB":                                       {func(m *maker) { m.sparse("offline.log", tera) }, "folder.sizes"},
		"a file of 3 TB under another name":                   {func(m *maker) { m.sparse("disk.img", tera) }, "folder.names"},
		"a hidden file of 3 TB":                               {func(m *maker) { m.sparse(".more", tera) }, "folder.names"},
		"many files of the largest size":                      {func(m *maker) { m.fill(20, MaxFile) }, "folder.read"},
		"more files than anybody can list":                    {func(m *maker) { m.fill(durable.MaxEntries, 0) }, "folder.read"},
		"a page of 3 TB, which is compared as far as it goes": {func(m *maker) { m.sparse(ReportName, tera) }, ""},
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			m := newMaker(t)
			dir := m.make()
			c.make(m)
			v := Verify(dir, m.policy, Anchors{})
			wanted := OutcomeBroken
			if c.rule == "" {
				wanted = OutcomeComplete
			}
			if v.Outcome != wanted || c.rule != "" && ruleOf(v, c.rule).Result != ResultFails {
				t.Errorf("%s:\n%s", v.Outcome, failing(v))
			}
			if theirs := startBatch(t).outcome(job{Dir: dir}); theirs != wanted {
				t.Errorf("the other verifier: %s", theirs)
			}
		})
	}
}

func (m *maker) fill(n int, size int64) {
	for i := range n {
		m.sparse(fmt.Sprintf("key-%d.pub.pem", i), size)
	}
}

// hostile are names that would act on a terminal, a page or a table, or pass
// for another name, and how they are shown.
var hostile = map[string]string{
	"\x1b[2Jgone":               "U+001B[2Jgone",
	"\x1b]52;c;ZXZpbA==\x07":    "U+001B]52;c;ZXZpbA==U+0007",
	"\u202egpj.exe":             "U+202Egpj.exe",
	"pl\u0430n.toml":            "plU+0430n.toml", // a Cyrillic letter
	"zero\u200bwidth":           "zeroU+200Bwidth",
	"line\nfolder.names  holds": "lineU+000Afolder.names  holds",
	"back\b\b\b\b":              "backU+0008U+0008U+0008U+0008",
	"<script>alert(1)<":         "<script>alert(1)<",
	"=cmd|' C'!A0":              "=cmd|' C'!A0",
	"not \xff utf-8":            "not U+FFFD utf-8",
	"\u009b31mred":              "U+009B31mred",
	" space ":                   "U+0020spaceU+0020",
}

// Whatever a file is called, and whatever a log says, what the verifiers print
// is printable ASCII.
func TestOutputAlphabet(t *testing.T) {
	m := newMaker(t)
	onEntry(EvClose, "", func(c *Close, e *Entry) {
		if e.Step == "final.seal" {
			c.NotChecked = append(c.NotChecked, slices.Collect(func(yield func(string) bool) {
				for name := range hostile {
					if !yield(strings.ToValidUTF8(name, "x")) {
						return
					}
				}
			})...)
		}
	})(m)
	dir := m.make()
	for name := range hostile {
		m.must(os.WriteFile(filepath.Join(dir, name), nil, 0o600))
	}
	v := Verify(dir, m.policy, Anchors{})
	for name, shown := range hostile {
		if !strings.Contains(ruleOf(v, "folder.names").Detail, shown+" is not a name of a ceremony's file") {
			t.Errorf("%q is not shown as %s", name, shown)
		}
		if !slices.Contains(v.NotChecked, strings.ReplaceAll(shown, "U+FFFD", "x")) {
			t.Errorf("%q in a record is not shown as %s", name, shown)
		}
	}
	inAlphabet(t, fmt.Sprint(v.Rules, v.Ceremony, v.Mode, v.Outcome, v.NotChecked, v.Disagree))
	out := m.python()
	inAlphabet(t, strings.ReplaceAll(out, "\n", ""))
	if !strings.HasSuffix(out, "\ndoes not hold\n") {
		t.Errorf("the other verifier:\n%s", out)
	}
}

func inAlphabet(t *testing.T, text string) {
	t.Helper()
	for i, r := range text {
		if r < ' ' || r > '~' {
			t.Fatalf("%U in %q", r, text[max(0, i-40):min(len(text), i+40)])
		}
	}
}

// A stranger with other keys makes all of it anew.
func TestStranger(t *testing.T) {
	honest := newMaker(t)
	honest.make()
	m := newMaker(t)
	for name := range m.signers {
		m.signers[name] = newSigner(t, "ed25519")
	}
	// Under the plan of the people, whose keys the stranger has not.
	v := Verify(m.make(), m.policy, Anchors{})
	for _, id := range []string{"plan.signatures", sealRule(SealPrepare), sealRule(SealOffline), sealRule(SealFinal), "statement.signatures", "signin.quorum"} {
		if ruleOf(v, id).Result != ResultFails {
			t.Errorf("signed by a stranger, %s %s", id, ruleOf(v, id).Result)
		}
	}
	// Under a plan of the stranger's own all fits, but for what the auditor has.
	m = newMaker(t)
	for i, p := range m.policy.Roster {
		m.signers[p.ID], m.signers[p.ID+" offline"] = newSigner(t, "ed25519"), newSigner(t, "p256")
		m.policy.Roster[i].Keys[0] = m.signers[p.ID].PublicKey()
		if len(p.Keys) > 1 {
			m.policy.Roster[i].Keys[1] = m.signers[p.ID+" offline"].PublicKey()
		} else {
			delete(m.signers, p.ID+" offline")
		}
	}
	dir := m.make()
	if v := Verify(dir, m.policy, Anchors{}); v.Outcome != OutcomeComplete {
		t.Fatalf("%s\n%s", v.Outcome, failing(v))
	}
	v = Verify(dir, m.policy, honest.codes())
	for _, id := range []string{"anchor.plan", "anchor.head.online", "anchor.head.offline"} {
		if ruleOf(v, id).Result != ResultFails {
			t.Errorf("under a stranger's plan, %s %s", id, ruleOf(v, id).Result)
		}
	}
}

// One side's people rewrite their sealed log, chain it anew and seal it again
// with their own keys: the other side has its head.
func TestRewrittenLog(t *testing.T) {
	for _, c := range []struct{ log, seal, from, to string }{
		{"online.log", SealPrepare, `"mark":"run/1"`, `"mark":"run/2"`},
		{"offline.log", SealOffline, `"mark":"signing.byok"`, `"mark":"another.byok"`},
	} {
		m := newMaker(t)
		dir := m.make()
		before := Verify(dir, m.policy, Anchors{})
		b := rechained(t, read(t, dir, c.log), c.from, c.to)
		m.must(os.WriteFile(filepath.Join(dir, c.log), b, 0o600))
		m.reseal(c.seal)
		m.reseal(SealFinal)
		v := Verify(dir, m.policy, Anchors{})
		if before.Outcome != OutcomeComplete || v.Outcome != OutcomeBroken {
			t.Fatalf("%s, before %s", v.Outcome, before.Outcome)
		}
		for id, wanted := range map[string]string{
			"log.form": ResultHolds, "log.links": ResultFails, sealRule(c.seal): ResultHolds, sealRule(SealFinal): ResultHolds,
		} {
			if r := ruleOf(v, id); r.Result != wanted {
				t.Errorf("%s rewritten: %s %s: %s", c.log, id, r.Result, r.Detail)
			}
		}
	}
}

// rechained replaces a text in a log and computes every "prev" anew.
func rechained(t *testing.T, log []byte, from, to string) []byte {
	t.Helper()
	changed := bytes.Replace(log, []byte(from), []byte(to), 1)
	if bytes.Equal(changed, log) {
		t.Fatalf("%q is not in the log", from)
	}
	var out []byte
	for line := range bytes.Lines(changed) {
		const at = len(`"prev":"`)
		i := bytes.Index(line, []byte(`"prev":"`)) + at
		line = bytes.Clone(line)
		copy(line[i:i+64], digest.Of(out).String())
		out = append(out, line...)
	}
	return out
}

// reseal lists the files of a seal anew and signs it with the people's keys.
func (m *maker) reseal(seal string) {
	old, err := ParseManifest(read(m.t, m.dir.Path(), seal))
	m.must(err)
	for i := range old {
		old[i].SHA256 = digest.Of(read(m.t, m.dir.Path(), old[i].Name))
	}
	who := []string{"op1", "op2", "co1", "iw"}
	side := "online"
	if seal == SealOffline {
		who, side = append(who, "hsm"), "offline"
	}
	m.must(os.WriteFile(filepath.Join(m.dir.Path(), seal), old.Encode(), 0o600))
	for _, id := range who {
		sig := m.sign(id, side, seal, SealNamespace(seal, m.policy.Mode), old.Encode())
		m.must(os.WriteFile(filepath.Join(m.dir.Path(), SignedName(seal, id)), sig, 0o600))
	}
}

// sealRule is the rule of a seal.
func sealRule(seal string) string {
	return map[string]string{SealPrepare: "seal.prepare", SealOffline: "seal.offline", SealFinal: "seal.final"}[seal]
}

// A signature beyond the quorum that was removed is named: nothing else tells
// that it was there.
func TestRemovedSignatureIsNamed(t *testing.T) {
	m := newMaker(t)
	m.policy.Quorum["operator"] = 1
	dir := m.make()
	v := Verify(dir, m.policy, Anchors{})
	if d := ruleOf(v, "seal.final").Detail; v.Outcome != OutcomeComplete || strings.Contains(d, "not by") {
		t.Fatalf("%s: %s", v.Outcome, d)
	}
	m.must(os.Remove(filepath.Join(dir, SignedName(SealFinal, "op2"))))
	if d := ruleOf(Verify(dir, m.policy, Anchors{}), "seal.final").Detail; !strings.HasSuffix(d, "; not by op2, who signed in") {
		t.Errorf("%s", d)
	}
}

// A record that nobody sealed could ask of each of its checks which of its
// exceptions is about it, and of each exception who signed it. If that took as
// long as it sounds, this test would not end.
func TestManyChecksAndExceptions(t *testing.T) {
	const many = 300_000
	l := &logFacts{name: "online.log", side: "online", close: new(Close)}
	for i := range many {
		at := place{log: l.name, seq: i + 1}
		l.checks = append(l.checks, recordCheck{at, Check{ID: "clock.offset", Class: ClassException, Result: ResultFails}})
		l.excepted = append(l.excepted, recordException{place: at})
		l.signed = append(l.signed, signedRecord{place: at, SignedBy: SignedBy{Person: "op1", Action: ActionSignIn}})
		l.moves = append(l.moves, move{place: place{log: l.name, ev: EvResume, seq: i + 1}})
	}
	c := newChecker(Policy{Quorum: map[string]int{"operator": 1}}, Anchors{})
	c.logs[l.name] = l
	var approved, signin finding
	c.exceptionsApproved(&approved)
	c.signinQuorum(&signin)
	if len(approved.wrong) != 2*many || len(signin.wrong) != many {
		t.Errorf("%d and %d are wrong, want %d and %d", len(approved.wrong), len(signin.wrong), 2*many, many)
	}
}
