package audit

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/digest"
)

// This file damages a finished folder in one place: the rule that has the cause
// says so, and what follows from it neither hides it nor fills the page.

// flipped changes one bit of the byte behind a text in a file.
func flipped(name, after string) func(*maker) {
	return changed(name, func(b []byte) []byte {
		if i := bytes.Index(b, []byte(after)); i >= 0 {
			b[i+len(after)] ^= 1
		}
		return b
	})
}

// flippedAt changes one bit in the middle of a line of a file, from 1.
func flippedAt(name string, line int) func(*maker) {
	return changed(name, inLines(func(l [][]byte) [][]byte { l[line-1][len(l[line-1])/2] ^= 1; return l }))
}

// digit changes a digit of the digest that a manifest has of a file.
func digit(name, of string) func(*maker) {
	return changed(name, func(b []byte) []byte {
		i := bytes.Index(b, []byte("  "+of+"\n")) - 1
		b[i] = map[bool]byte{true: '1', false: '0'}[b[i] == '0']
		return b
	})
}

func gone(name string) func(*maker) {
	return func(m *maker) { m.t.Helper(); m.must(os.Remove(filepath.Join(m.dir.Path(), name))) }
}

// otherPlan changes the plan, and reads it as it then is.
func otherPlan(edit func(*Policy)) func(*maker) {
	return func(m *maker) {
		changed("plan.toml", func(b []byte) []byte { return append(b, '\n') })(m)
		m.policy.Plan = digest.Of(read(m.t, m.dir.Path(), "plan.toml"))
		edit(&m.policy)
	}
}

func TestOneDamage(t *testing.T) {
	all := []string{
		"plan.digest", "log.closed", "log.links", "files.recorded", "statement.signatures", "signin.quorum", "checks.stop",
		"exceptions.approved", "signoff", "outcome", "steps.done",
	}
	// The rules that rest on statements where the first log is not known, or the
	// plan is another.
	later := []string{"statement.signatures", "signin.quorum", "checks.stop", "exceptions.approved", "signoff", "outcome", "steps.done"}
	for name, c := range map[string]struct {
		do      func(*maker)
		rule    string
		says    string
		follows []string // rules that fail for nothing else
	}{
		"the first log":            {flipped("online.log", `"mark":"run/`), "log.form", "online.log: line 5: prev is not the SHA-256 of the lines before", all},
		"the first line of a log":  {flipped("online.log", `"run":"`), "log.form", "online.log: line 2: prev is not", all},
		"the log of the HSM room":  {flipped("offline.log", `"mark":"sign`), "log.form", "offline.log: line 8: prev is not", slices.DeleteFunc(slices.Clone(all), func(id string) bool { return id == "files.recorded" })},
		"the last log":             {flipped("online.2.log", `"mark":"vault`), "log.form", "online.2.log: line 8: prev is not", all},
		"a log that is no log":     {flippedAt("online.log", 1), "log.form", "online.log: line 1: ", all},
		"a log that is torn":       {changed("offline.log", func(b []byte) []byte { return b[:len(b)-9] }), "log.form", "offline.log: line 10: the line does not end", all},
		"a log without its end":    {changed("online.2.log", inLines(func(l [][]byte) [][]byte { return l[:len(l)-1] })), "manifest.files", "online.2.log is not as it was sealed in MANIFEST.sha256", nil},
		"a log that is not there":  {gone("online.log"), "manifest.files", "online.log is not there, and is listed in MANIFEST.sha256, OFFLINE.sha256 and PREPARE.sha256", append([]string{"log.links", "statement.signatures"}, later[2:]...)},
		"another log is not there": {gone("offline.log"), "files.recorded", "no record names signing.byok", []string{"log.links"}},
		"a statement":              {flipped("*-target.wrap.op2.txt", "nonce: "), "manifest.files", "offline-0005-target.wrap.op2.txt is not as it was sealed in", nil},
		"a statement is not there": {gone("offline-0005-target.wrap.op2.txt"), "manifest.files", "offline-0005-target.wrap.op2.txt is not there", nil},
		"a signature":              {flipped("*-target.wrap.op2.txt.sig", "\n"), "manifest.files", "offline-0005-target.wrap.op2.txt.sig is not as it was sealed in", nil},
		"a signature on a seal":    {flipped("MANIFEST.sha256.op1.sig", "SIGNATURE-----\nU1NIU0"), "seal.final", "MANIFEST.sha256.op1.sig: ", nil},
		"a signature on the plan":  {gone("plan.toml.op1.sig"), "manifest.files", "plan.toml.op1.sig is not there, and is listed in", nil},
		"a digest in a manifest":   {digit("PREPARE.sha256", "kek.json"), "manifest.files", "PREPARE.sha256 is not as it was sealed in MANIFEST.sha256 and OFFLINE.sha256", nil},
		"a digest in the last":     {digit("MANIFEST.sha256", "kek.json"), "seal.final", "MANIFEST.sha256 is not what co1, iw, op1 and op2 signed", []string{"manifest.files"}},
		"a name in a manifest":     {flipped("MANIFEST.sha256", "  kek.j"), "manifest.form", "MANIFEST.sha256", nil},
		"a PEM":                    {changed("kek.publickey.pem", func(b []byte) []byte { b[3] ^= 1; return b }), "files.recorded", "kek.publickey.pem is not the file of then, by record 5 of online.log", nil},
		"a PEM is not there":       {gone("kek.publickey.pem"), "files.recorded", "kek.publickey.pem is not there, and was at record 5 of online.log", nil},
		"a blob":                   {changed("signing.byok", func(b []byte) []byte { b[3] ^= 1; return b }), "files.recorded", "signing.byok is not the file of then, by record 7 of offline.log", nil},
		"the roster":               {flipped("allowed_signers", "AAAA"), "roster.generated", "allowed_signers is not what the plan gives", nil},
		"a comment of the plan":    {otherPlan(func(*Policy) {}), "plan.digest", "plan.toml has the digest ", nil},
		"the id of the plan":       {otherPlan(func(p *Policy) { p.Ceremony = "demo-2027" }), "plan.digest", "plan.toml has the digest ", later},
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			m := newMaker(t)
			m.policy.Steps = [][]Must{{{Stage: "wrap", Step: "target.wrap", Approves: []string{"operator"}}}}
			dir := m.make()
			c.do(m)
			v := Verify(dir, m.policy, Anchors{})
			cause, _ := v.Cause()
			if v.Outcome != OutcomeBroken || cause.ID != c.rule || !strings.Contains(cause.Lines(1)[0], c.says) {
				t.Errorf("%s, by %s, not %s, which says %q:\n%s", v.Outcome, cause.ID, c.rule, c.says, failing(v))
			}
			isReadable(t, v)
			for _, id := range c.follows {
				if r := ruleOf(v, id); r.Result != ResultFails || !r.Follows() {
					t.Errorf("%s %s by itself: %s", id, r.Result, r.Detail)
				}
			}
		})
	}
}

// isReadable wants a verdict of one damage to be one that people read at a
// glance, and what only follows to name a cause that does not follow.
func isReadable(t *testing.T, v Verdict) {
	t.Helper()
	alone, follow := v.Parted()
	lines := 0
	for _, r := range alone {
		if r.Result == ResultFails || r.Result == ResultMissing {
			lines += len(r.Lines(FewLines))
		}
	}
	if lines == 0 || lines > 8 {
		t.Errorf("%d lines to read of one damage:\n%s", lines, failing(v))
	}
	for _, r := range follow {
		if n := len(r.Lines(FewLines)); n != 1 || r.Result != ResultFails {
			t.Errorf("%s %s in %d lines: %s", r.ID, r.Result, n, r.Detail)
		}
	}
	named(t, v)
}

// named wants all that rests on a cause to name a rule that does not hold by
// itself.
func named(t *testing.T, v Verdict) {
	t.Helper()
	for _, r := range v.Rules {
		for _, f := range r.Findings {
			if f.RestsOn == "" {
				continue
			}
			_, id, _ := strings.Cut(f.RestsOn, ": see ")
			if cause := ruleOf(v, id); cause.ID == "" || cause.OK || cause.Follows() || cause.Result == ResultNotChecked {
				t.Errorf("%s rests on %q, and %q %s\n%s", r.ID, f.RestsOn, id, cause.Result, failing(v))
			}
		}
	}
}

// Whatever is done to a folder that does not hold, a rule says so by itself.
func TestEveryFollowerHasACause(t *testing.T) {
	m := newMaker(t)
	m.except = true
	m.make()
	h := newHerd(t, m)
	r := rand.New(rand.NewPCG(7, 11))
	followed := 0
	for range 300 {
		edits := []edit{h.randomEdit(r), h.randomEdit(r)}
		c, err := h.mutant(edits)
		m.must(err)
		v := c.verdict(Verdict{})
		named(t, v)
		if _, ok := v.Cause(); !ok && !v.Complete() {
			t.Errorf("%v: %s by no rule", edits, v.Outcome)
		}
		if _, follow := v.Parted(); len(follow) > 0 {
			followed++
		}
	}
	if followed < 20 {
		t.Errorf("only %d mutants had rules that follow", followed)
	}
}

// A log that cannot be read swallows no lie: whatever the rules find without
// the damage they find by themselves beside it, and say among the first.
func TestDamageSwallowsNoLie(t *testing.T) {
	for _, l := range lies {
		for _, log := range []string{"online.log", "offline.log", "online.2.log"} {
			t.Run(strings.ReplaceAll(l.ID+" "+log, " ", "-"), func(t *testing.T) {
				t.Parallel()
				m := newMaker(t)
				l.tell(m)
				dir := m.make()
				before := Verify(dir, m.policy, Anchors{})
				path := filepath.Join(dir, log)
				b, err := os.ReadFile(path)
				if os.IsNotExist(err) {
					return
				}
				m.must(err)
				last := bytes.LastIndexByte(b[:len(b)-1], '\n') + 1
				b[last] ^= 1
				m.must(os.WriteFile(path, b, 0o600))
				after := Verify(dir, m.policy, Anchors{})
				for _, was := range before.Rules {
					said := ruleOf(after, was.ID).Lines(FewLines)
					for _, line := range was.Lines(FewLines) {
						if slices.ContainsFunc(lost(log), func(text string) bool { return strings.Contains(line, text) }) {
							continue
						}
						if (was.Result == ResultFails || was.Result == ResultMissing) && !slices.ContainsFunc(said, func(is string) bool { return strings.ReplaceAll(is, " that can be read", "") == line }) {
							t.Errorf("%s says no more %q, but %q", was.ID, line, said)
						}
					}
				}
			})
		}
	}
}

// lost is what nobody can know where the last line of a log cannot be read:
// what it says itself, and what compares with its end.
func lost(log string) []string {
	return []string{log + " says ", log + " does not say ", log + " has not received", "has not received the sealed " + log, "names a head of " + log + " that it never had"}
}

// The second verifier folds likewise, and tells a second fault too.
func TestPythonFolds(t *testing.T) {
	startBatch(t)
	m := newMaker(t)
	m.make()
	flipped("online.log", `"mark":"run/`)(m)
	changed("kek.json", func(b []byte) []byte { return append(b, '\n') })(m)
	changed("*-target.wrap.op2.txt", replaced("key signing", "key another"))(m)
	out := m.python()
	first := strings.Index(out, "FAILS")
	if !strings.HasPrefix(out[max(first, 0):], "FAILS    log.form              online.log: line 5: chain\n") {
		t.Errorf("the first that fails is not the cause:\n%s", out)
	}
	for _, line := range []string{
		"FAILS    signin.quorum         rests on online.log, which cannot be read: see log.form\n",
		"FAILS    statement.signatures  offline.log, record 5, offline-0005-target.wrap.op2.txt: not the files of then\n",
		" kek.json in PREPARE.sha256 OFFLINE.sha256 MANIFEST.sha256\n",
	} {
		if !strings.Contains(out, line) {
			t.Errorf("%q is not told:\n%s", line, out)
		}
	}
	if strings.Contains(out, "of another place") || strings.Contains(out, "fewer than") {
		t.Errorf("what only follows is told:\n%s", out)
	}
}
