package steps

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/keyceremony/ceremony/audit"
)

// lines are the texts of a journal, the loud ones marked.
func lines(all []Brief) []string {
	var out []string
	for _, b := range all {
		text := b.Text
		if b.Loud {
			text = "! " + text
		}
		out = append(out, text)
	}
	return out
}

// TestJournal: each record is one line for people, the same after a restart.
func TestJournal(t *testing.T) {
	h := newHall(t, nil, "P-256")
	h.clock, h.answers = 184*time.Second, func(now Now, a *Answers) {
		insistOnce(now, a)
		if a.Text["agree.guest"] != "" {
			a.Text["agree.guest"], a.Text["reason.guest"] = disagrees, "the bag was open"
		}
	}
	c := h.begin(Prepare)
	h.until(c, "clock.check")
	if err := h.step(c); err == nil {
		t.Fatal("a clock 184 s off passed without INSIST")
	}
	h.until(c, "kek.create")
	must(t, c.Turn("pause"))
	must(t, h.step(c))
	h.sheets["pause.head"] = c.Head().SHA256.Code()
	kept := c.Journal()
	must(t, h.step(c))
	h.run(c, Prepare)
	before := c.Journal()
	h.shut(c)
	if len(kept) == 0 || len(before) <= len(kept) || fmt.Sprint(kept) != fmt.Sprint(before[:len(kept)]) {
		t.Error("a journal that was handed out changed")
	}
	wantLines(t, before,
		"The log begins: rehearsal",
		"Open the ceremony: done, 4 checks hold",
		"Sign in: Person admin, Person guest, Person officer, Person op1, Person op2, Person witness",
		"! Check the clock: does not hold (clock.typed)",
		"! Check the clock: done, 2 of 3 checks hold (clock.offset fails)",
		"! Exception 1: clock.offset — some words",
		"Paused: some words",
		"Resumed: Person admin, Person guest, Person officer, Person op1, Person op2, Person witness",
		"Create the KEK: begun",
		"Read the KEK back: done, 9 checks hold",
		"Prove the KEK's origin: done, 20 checks hold",
		"Seal the preparation: done",
		"Seal the preparation: the log is frozen",
		"The log goes on after the seal",
		"Hand over the KEK bundle: done, 2 checks hold",
	)
	c = h.open("online")
	if got := c.Journal(); len(got) != len(before) || fmt.Sprint(got) != fmt.Sprint(before) {
		t.Errorf("after a restart:\n%s", strings.Join(lines(got), "\n"))
	}
	h.shut(c)
	h.clock = 0
	c = h.begin(Wrap)
	h.run(c, Wrap)
	wantLines(t, c.Journal(), "Wrap the target keys: approved by Person op2", "Wrap the target keys, key-1: begun", "Wrap the target keys, key-1: done, 1 check holds")
	h.shut(c)
	c = h.open("online")
	defer func() { h.shut(c) }()
	h.run(c, Import)
	wantLines(t, c.Journal(), "! Sign off and seal: done; Person guest does not agree: the bag was open", "Sign off and seal: the log is frozen, complete with exceptions")
	h.same(c)
}

// wantLines wants these lines, in this order.
func wantLines(t *testing.T, all []Brief, want ...string) {
	t.Helper()
	for _, line := range lines(all) {
		if len(want) > 0 && line == want[0] {
			want = want[1:]
		}
		if line == "" || strings.Contains(line, "%!") {
			t.Errorf("a line is %q", line)
		}
	}
	if len(want) > 0 {
		t.Errorf("no line %q after the others in\n%s", want[0], strings.Join(lines(all), "\n"))
	}
}

// same holds each line against its record, read back.
func (h *hall) same(c *Ceremony) {
	h.t.Helper()
	for _, b := range c.Journal() {
		rec, raw, err := c.Record(b.Log, b.Seq)
		if err != nil || rec.Ev != b.Ev || rec.Step != b.Step || rec.Key != b.Key || rec.Wall != b.At || !strings.Contains(string(raw), fmt.Sprintf(`"seq":%d,`, b.Seq)) {
			h.t.Fatalf("%s %d: %v: %+v, not %+v", b.Log, b.Seq, err, rec, b)
		}
	}
	for _, bad := range []struct {
		log string
		seq int
	}{{"plan.toml", 0}, {"../online.log", 0}, {"online.log", 9999}, {"online.log", -1}, {"online.9.log", 0}} {
		if _, _, err := c.Record(bad.log, bad.seq); err == nil {
			h.t.Errorf("%s has a record %d", bad.log, bad.seq)
		}
	}
	if _, _, err := c.Record("offline.log", 0); err != nil {
		h.t.Errorf("the other side's log, which came on the medium: %v", err)
	}
}

// TestRecords reads back the records of one step, also while a record is
// being written behind them.
func TestRecords(t *testing.T) {
	h := newHall(t, nil, "P-256")
	h.clock, h.answers = 184*time.Second, insistOnce
	c := h.begin(Prepare)
	defer h.shut(c)
	h.until(c, "clock.check")
	if err := h.step(c); err == nil {
		t.Fatal("a clock 184 s off passed without INSIST")
	}
	must(t, h.step(c))
	h.torn("online.log")
	var events []string
	recs, err := c.Records(Prepare, "clock.check")
	for _, r := range recs {
		events = append(events, r.Ev)
	}
	if got := strings.Join(events, " "); err != nil || got != "step.fail step.begin step.end" {
		t.Errorf("%s, %v", got, err)
	}
	if recs, err := c.Records(Import, "clock.check"); err != nil || len(recs) > 0 {
		t.Errorf("%d records of a stage to come, %v", len(recs), err)
	}
	if g, err := Peek(c.Path()); err != nil || g.Head.Seq != c.Head().Seq {
		t.Errorf("%+v, %v", g.Head, err)
	}
}

// TestBriefIsBounded: whatever stands in a record, its line is short.
func TestBriefIsBounded(t *testing.T) {
	c := &Ceremony{state: newState(), plan: newHall(t, nil, "P-256").plan}
	long := strings.Repeat("ä", 4000)
	rec := audit.Record{Ev: audit.EvPause, Stage: "prepare", Step: "pause", Data: []byte(`{"text":{"reason":"` + long + `"},"statements":[],"links":[]}`)}
	must(t, c.add("online.log", rec))
	if text := c.Journal()[0].Text; len([]rune(text)) != maxBrief || !strings.HasSuffix(text, "…") {
		t.Errorf("%d characters", len([]rune(text)))
	}
}

// BenchmarkJournal: 10,000 records, told one after the other.
func BenchmarkJournal(b *testing.B) {
	rec := audit.Record{Ev: audit.EvBegin, Stage: "wrap", Step: "target.wrap", Key: "key-1", Data: []byte(`{"mark":"key-1.byok"}`)}
	for b.Loop() {
		c := &Ceremony{state: newState(), list: listOf("offline")}
		for range 10_000 {
			if err := c.add("offline.log", rec); err != nil {
				b.Fatal(err)
			}
		}
		if len(c.Journal()) != 10_000 {
			b.Fatal("lines are missing")
		}
	}
}
