package steps

import (
	"reflect"
	"slices"
	"testing"
	"time"
)

// standing is the state of each item, by step.
func standing(c *Ceremony) map[string]ItemState {
	out := map[string]ItemState{}
	for _, it := range c.Outline() {
		out[string(it.Stage)+" "+it.Step.ID] = it.State
	}
	return out
}

// insistOnce is people who type their times again, with INSIST.
func insistOnce(now Now, a *Answers) {
	if now.Step == stepClock && now.Failed != "" {
		a.Text["insist"] = "INSIST"
	}
}

// TestOutline follows the script of a side through an exception, a failure and
// a restart.
func TestOutline(t *testing.T) {
	h := newHall(t, nil, "P-256", "P-256")
	h.clock, h.answers = 184*time.Second, insistOnce
	c := h.begin(Prepare)
	if got := c.Outline(); got[0].State != ItemCurrent || got[len(got)-1].Step != stepFinalSeal || got[len(got)-1].State != ItemToCome {
		t.Fatalf("at the beginning: %v … %v", got[0], got[len(got)-1])
	}
	h.until(c, "clock.check")
	if err := h.step(c); err == nil {
		t.Fatal("a clock 184 s off passed without INSIST")
	}
	if got := standing(c)["prepare clock.check"]; got != ItemFailed {
		t.Errorf("after a failed try the step is %q", got)
	}
	h.until(c, "exception")
	got := standing(c)
	if got["prepare clock.check"] != ItemExcepted || got["prepare vault.signin"] != ItemCurrent {
		t.Errorf("while an exception is pending: %v", got)
	}
	h.until(c, "kek.create")
	before := c.Outline()
	it := before[slices.IndexFunc(before, func(i Item) bool { return i.Step == stepClock })]
	if it.State != ItemExcepted || it.At.IsZero() || it.By != "op1" {
		t.Errorf("after the exception: %+v", it)
	}
	if before[0].By != "" || before[0].State != ItemDone {
		t.Errorf("opened by %q, before anybody had the keyboard", before[0].By)
	}
	h.shut(c)
	c = h.open("online")
	defer h.shut(c)
	h.until(c, "kek.create") // sign in to the vault again
	after := c.Outline()
	for i := range before { // the time of a session step is that of the last sign-in
		if before[i].Step != stepVault && !reflect.DeepEqual(before[i], after[i]) {
			t.Errorf("after a restart %s is %+v, before %+v", after[i].Step.ID, after[i], before[i])
		}
	}
}
