package steps

import (
	"errors"
	"testing"

	"github.com/keyceremony/ceremony/audit"
)

// TestExceptionAtAnyTime: what happens in the room is an exception too, and
// counts in the outcome.
func TestExceptionAtAnyTime(t *testing.T) {
	h := newHall(t, nil, "P-256")
	alarm := func(now Now, a *Answers) {
		if now.Step == stepException {
			a.Text["happened"], a.Text["decided"] = "the fire alarm rang", "all went out and came back"
		}
	}
	h.answers = alarm
	c := h.begin(Prepare)
	if err := c.Turn("exception"); !errors.Is(err, ErrNotNow) {
		t.Errorf("before anybody signed in: %v", err)
	}
	h.until(c, "clock.check")
	must(t, c.Turn("exception"))
	if now := c.Now(); now.Step != stepException || !c.Turned() || len(c.Show()) > 0 {
		t.Errorf("%s is awaited and shows %v", now.Step.ID, c.Show())
	}
	must(t, c.Turn(""))
	if now := c.Now(); now.Step != stepClock {
		t.Errorf("turned back, and %s is awaited", now.Step.ID)
	}
	must(t, c.Turn("exception"))
	h.signer = func(_ Now, who string) (string, bool) { return who, who != "witness" }
	if err := h.step(c); !errors.Is(err, ErrQuorum) {
		t.Errorf("without the witness: %v", err)
	}
	h.signer = nil
	must(t, h.step(c))
	if c.Now().Step != stepClock || c.Turned() {
		t.Errorf("%s is awaited", c.Now().Step.ID)
	}
	recs, err := c.Records(Prepare, "exception")
	if err != nil || len(recs) != 1 {
		t.Fatalf("%d records, %v", len(recs), err)
	}
	if e := data[audit.Exception](recs[0]); e.Checks == nil || len(e.Checks) != 0 || len(e.Statements) != 3 {
		t.Errorf("%+v", e)
	}
	h.until(c, "prepare.seal")
	must(t, h.step(c))
	if err := c.Turn("exception"); !errors.Is(err, ErrNotNow) {
		t.Errorf("in a frozen log: %v", err)
	}
	h.run(c, Prepare)
	h.shut(c)
	h.offlineAlarm()
	c = h.open("online")
	h.run(c, Import)
	h.shut(c)
	h.complete(audit.OutcomeExceptions)
	if v := h.verdict(); v.Exceptions != 2 {
		t.Errorf("%d exceptions, want 2", v.Exceptions)
	}
}

// offlineAlarm holds the stage wrap, with an exception in it. After its seal
// there is none: that log crosses no gap.
func (h *hall) offlineAlarm() {
	h.t.Helper()
	c := h.begin(Wrap)
	defer h.shut(c)
	h.until(c, "target.wrap")
	must(h.t, c.Turn("exception"))
	must(h.t, h.step(c))
	h.until(c, "blob.export")
	if err := c.Turn("exception"); !errors.Is(err, ErrNotNow) {
		h.t.Errorf("after the offline seal: %v", err)
	}
	must(h.t, c.Turn("pause"))
	must(h.t, c.Turn(""))
	h.run(c, Wrap)
}

// TestExceptionBesideAPendingOne: an exception that names no check leaves the
// failed check open.
func TestExceptionBesideAPendingOne(t *testing.T) {
	s := newState()
	at := instance{Prepare, "clock.check", ""}
	s.pending = []pending{{at, audit.Check{ID: "clock.offset"}}}
	for _, v := range []struct {
		checks string
		left   int
	}{{`[]`, 1}, {`["clock.agree"]`, 1}, {`["clock.offset"]`, 0}} {
		rec := audit.Record{Ev: audit.EvException, Stage: "prepare", Step: "exception", Data: []byte(`{"checks":` + v.checks + `,"expected":"","happened":"","decided":"","statements":[]}`)}
		must(t, s.add(rec))
		if len(s.pending) != v.left {
			t.Errorf("after %s %d checks wait", v.checks, len(s.pending))
		}
	}
}
