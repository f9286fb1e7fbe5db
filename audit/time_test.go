package audit

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/keyceremony/ceremony/timestamp"
	"github.com/keyceremony/ceremony/timestamp/tsatest"
)

// times lists the rules about time with their results.
func times(v Verdict) (out []string) {
	for _, id := range []string{"time.prepare", "time.wrap", "time.import"} {
		out = append(out, ruleOf(v, id).Result)
	}
	return out
}

func wantTimes(t *testing.T, v Verdict, outcome string, wanted ...string) {
	t.Helper()
	if got := times(v); v.Outcome != outcome || strings.Join(got, ", ") != strings.Join(wanted, ", ") {
		t.Errorf("%s: %q, not %s: %q\n%s", v.Outcome, got, outcome, wanted, failing(v))
	}
}

const (
	holds, unchecked, fails = ResultHolds, ResultNotChecked, ResultFails
)

// Tokens over plan and manifests bound each log from both sides; the other
// verifier says the same.
func TestTimes(t *testing.T) {
	m := newMaker(t).withAuthority()
	dir := m.make()
	v := Verify(dir, m.policy, Anchors{})
	wantTimes(t, v, OutcomeComplete, holds, holds, holds)
	if d := ruleOf(v, "time.wrap").Detail; !strings.Contains(d, "offline.log was closed between 20") || !strings.Contains(d, "the machine's clock said 2026") {
		t.Errorf("%s", d)
	}
	if out := m.python(); !strings.HasSuffix(out, "\ncomplete\n") || !strings.Contains(out, "holds    time.wrap") {
		t.Errorf("the other verifier:\n%s", out)
	}

	// The last token is in no manifest. Without it the end is not bounded.
	last := filepath.Join(dir, TokenName(SealFinal))
	token := read(t, dir, TokenName(SealFinal))
	m.must(os.Remove(last))
	v = Verify(dir, m.policy, Anchors{})
	wantTimes(t, v, OutcomeComplete, holds, holds, unchecked)
	if d := ruleOf(v, "time.import").Detail; !strings.Contains(d, "online.2.log was closed after 20") || !strings.Contains(d, "not available") {
		t.Errorf("%s", d)
	}
	// A token over another file does not stand in for it.
	m.must(os.WriteFile(last, read(t, dir, TokenName(SealOffline)), 0o600))
	wantTimes(t, Verify(dir, m.policy, Anchors{}), OutcomeBroken, holds, holds, fails)
	m.must(os.WriteFile(last, token, 0o600))
	// Nor does the token of an authority that the plan does not name.
	m.policy.TimeRoot = tsatest.New(t).Root
	wantTimes(t, Verify(dir, m.policy, Anchors{}), OutcomeBroken, fails, fails, fails)
	m.policy.TimeRoot = nil
	wantTimes(t, Verify(dir, m.policy, Anchors{}), OutcomeBroken, fails, fails, fails)
}

// A token that no record names says nothing about what came after it.
func TestTokenThatNoRecordNames(t *testing.T) {
	m := newMaker(t).withAuthority()
	onEntry(EvEnd, "clock.check", func(d *End, _ *Entry) { d.Files = nil })(m)
	v := Verify(m.make(), m.policy, Anchors{})
	wantTimes(t, v, OutcomeComplete, unchecked, unchecked, holds)
	if d := ruleOf(v, "time.prepare").Detail; !strings.Contains(d, "was closed before 20") {
		t.Errorf("%s", d)
	}
}

// Without an authority in the plan, times are only claimed, and that is said.
func TestNoAuthority(t *testing.T) {
	m := newMaker(t)
	v := Verify(m.make(), m.policy, Anchors{})
	wantTimes(t, v, OutcomeComplete, unchecked, unchecked, unchecked)
	if d := ruleOf(v, "time.prepare").Detail; !strings.HasPrefix(d, "not available: the plan names no time-stamp authority; the machine's clock said ") {
		t.Errorf("%s", d)
	}
}

func TestContradict(t *testing.T) {
	at := func(s int) timestamp.Stamp { return timestamp.Stamp{At: time.Unix(int64(s), 500)} }
	if contradict(at(1000), at(940)) || !contradict(at(1001), at(940)) || contradict(at(1), at(940)) {
		t.Error("a token that is more than a minute too old, and no other, contradicts")
	}
}

// Both verifiers come to the same outcome over whatever is done to tokens.
func TestBothVerifiersAgreeOnTokenMutants(t *testing.T) {
	py := startBatch(t)
	m := newMaker(t).withAuthority()
	dir := m.make()
	h := newHerd(t, m)
	names := []string{TokenName("plan.toml"), TokenName(SealPrepare), TokenName(SealOffline), TokenName(SealFinal), TokenName(SealFinal), TokenName(SealFinal)}
	r := rand.New(rand.NewPCG(2026, 12))
	for range max(60, *soak/10) {
		e := h.editOf(names[r.IntN(len(names))], r)
		ours, theirs := h.outcome(e), py.outcome(job{Dir: dir, Edits: []edit{e}})
		if ours != theirs {
			t.Errorf("%s %s %d: %q here, %q there", e.file, e.kind, e.at, ours, theirs)
		}
		if ours == OutcomeComplete && !h.harmless(e) && !(e.file == TokenName(SealFinal) && (e.kind == "gone" || e.kind == "move" && Derived(moved[e.at]))) {
			t.Errorf("%s %s %d: %s", e.file, e.kind, e.at, ours)
		}
	}
}
