package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"github.com/keyceremony/ceremony/audit"
)

// TestSignerFits: on a small projector, people see what they must fill in and
// the button, however long the statement is.
func TestSignerFits(t *testing.T) {
	h := newHall(t, nil)
	w := h.window()
	w.Rehearse("", false)
	h.until(w, "people.signin")
	h.fill(w)
	w.scene.table.w.win.Close() // or positions are looked for in there
	w.win.Resize(fyne.NewSize(1366, 768))
	s := page_(t, w).now.(*step)
	test.Tap(s.signing.buttons["op1"])
	sheet := w.keys.Sheet()
	buttons := sheet.Buttons()
	end := fyne.CurrentApp().Driver().AbsolutePositionForObject(buttons[len(buttons)-1]).Y
	for o, name := range sheet.Named {
		input := o.(fyne.CanvasObject)
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject(input)
		shown := name == "pass" || name == "path" || name == "way"
		if shown && (at.Y <= 0 || at.Y+input.Size().Height > end) {
			t.Errorf("%s stands from %g to %g, above the buttons are %g", name, at.Y, at.Y+input.Size().Height, end)
		}
	}
}

// TestSignerForgets: what was said of a try is said as long as its way is; it
// is gone when another way is chosen, and when codes were shown.
func TestSignerForgets(t *testing.T) {
	r, v := atSigning(t)
	test.Tap(v.signing.buttons["op1"])
	g := v.signing.open
	wrong := func() {
		t.Helper()
		g.tell(audit.ErrPassphrase)
		if !g.problem.Visible() || v.signing.refused == "" {
			t.Fatal("a wrong passphrase is not said")
		}
	}
	gone := func(when string) {
		t.Helper()
		if g.problem.Visible() || len(g.problem.Objects) > 0 || v.signing.refused != "" {
			t.Errorf("%s the passphrase is still said to be wrong (%s)", when, v.signing.refused)
		}
	}
	wrong()
	r.w.focus(g.way)
	key(r.w, fyne.KeyEnd)
	key(r.w, fyne.KeySpace)
	gone("another way is chosen:")
	wrong()
	g.showText()
	r.passed(fyne.KeyEscape)
	gone("codes were shown:")
	wrong()
	g.bringBack()
	r.passed(fyne.KeyEscape)
	gone("codes were to be taken:")
}
