package kit

import (
	"testing"

	"fyne.io/fyne/v2/driver/desktop"
)

// TestGroundKeepsTheKeyboard: the mouse on the ground, or on a sheet beside its
// inputs, takes the keyboard from no field, and gives none to it.
func TestGroundKeepsTheKeyboard(t *testing.T) {
	w, k, field := pageBelow(t)
	var then []func()
	press := func(m desktop.Mouseable) {
		for _, does := range []func(*desktop.MouseEvent){m.MouseDown, m.MouseUp} {
			does(&desktop.MouseEvent{})
			w.Canvas().Unfocus() // as Fyne does
			for _, f := range then {
				f()
			}
			then = nil
		}
	}
	later := func(f func()) { then = append(then, f) }
	g := NewGround(w)
	g.after = later
	press(g)
	if w.Canvas().Focused() != field || !field.focused {
		t.Errorf("after a press on the ground %T has the keyboard", w.Canvas().Focused())
	}
	w.Canvas().Unfocus()
	if press(g); w.Canvas().Focused() != nil {
		t.Errorf("a press on the ground gives the keyboard to %T", w.Canvas().Focused())
	}
	inside := NewEntry(k)
	s := NewSheet(w, k, "A sheet", inside)
	s.Show()
	s.veil.after = later
	if press(s.veil); w.Canvas().Focused() != inside {
		t.Errorf("after a press on a sheet %T has the keyboard", w.Canvas().Focused())
	}
}
