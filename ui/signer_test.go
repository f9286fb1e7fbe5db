package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
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
