package steps

import "testing"

// TestTakenUp: whoever takes a folder up again compares the code that is on
// paper: that of the last pause or seal, and not that of the newest record.
func TestTakenUp(t *testing.T) {
	h := newHall(t, nil, "P-256")
	c := h.begin(Prepare)
	h.until(c, "clock.check")
	c = h.comesBack(c, "people.return", Act)
	h.compares(c, "Head of the log now")
	h.back(c)
	must(t, c.Turn("pause"))
	must(t, h.step(c))
	h.sheets["pause.head"] = c.Head().SHA256.Code()
	h.compares(c, headAtPause)
	h.until(c, "kek.create")
	c = h.comesBack(c, "people.return", Act)
	h.compares(c, headAtPause, h.sheets["pause.head"])
	h.back(c)
	h.until(c, "kek.export")
	c = h.comesBack(c, "people.return", Act)
	h.compares(c, headAfter(stepPrepareSeal), h.sheets["prepare.head"])
	h.run(c, Prepare)
	h.shut(c)
	c = h.begin(Wrap)
	h.run(c, Wrap)
	c = h.comesBack(c, "", Done)
	h.compares(c, headAfter(stepWrapSeal), h.sheets["offline.head"])
	h.shut(c)
}

// compares wants the code on paper to be the first one shown, and, if records
// came after it, the newest head to be told as another one.
func (h *hall) compares(c *Ceremony, label string, onPaper ...string) {
	h.t.Helper()
	_, lines, err := c.TakenUp()
	must(h.t, err)
	want := append(onPaper, c.Head().SHA256.Code())
	if len(lines) != len(want) || lines[0].Label != label {
		h.t.Fatalf("compared is %v, want %d codes, the first %q", lines, len(want), label)
	}
	for i, l := range lines {
		if l.Value != want[i] || len(want) == 2 && want[0] == want[1] {
			h.t.Errorf("compared is %v, want %v", lines, want)
		}
	}
}
