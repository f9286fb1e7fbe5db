package kit

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// TestGroundKeepsTheKeyboard: the mouse on the ground, or on a sheet beside its
// inputs, takes the keyboard from no field, and gives none to it.
func TestGroundKeepsTheKeyboard(t *testing.T) {
	w, k, field := pageBelow(t)
	var then []func()
	k.after = func(f func()) { then = append(then, f) }
	press := func(m desktop.Mouseable, meanwhile func()) {
		for _, does := range []func(*desktop.MouseEvent){m.MouseDown, m.MouseUp} {
			does(&desktop.MouseEvent{})
			w.Canvas().Unfocus() // as Fyne does
			meanwhile()
			for _, f := range then {
				f()
			}
			then = nil
		}
	}
	nothing := func() {}
	g := NewGround(k)
	press(g, nothing)
	if w.Canvas().Focused() != field || !field.focused {
		t.Errorf("after a press on the ground %T has the keyboard", w.Canvas().Focused())
	}
	press(g, func() {
		w.Canvas().OnTypedRune()('a')
		w.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyEnd})
		w.Canvas().Focused().TypedRune('b') // it is back
	})
	if field.Value() != "abab" {
		t.Errorf("what was typed at once came as %q", field.Value())
	}
	w.Canvas().Unfocus()
	if press(g, nothing); w.Canvas().Focused() != nil {
		t.Errorf("a press on the ground gives the keyboard to %T", w.Canvas().Focused())
	}
	w.Canvas().Focus(field)
	inside := NewEntry(k)
	s := NewSheet(w, k, "A sheet", inside)
	press(g, s.Show)
	if w.Canvas().Focused() != inside {
		t.Errorf("in a sheet that came at once %T has the keyboard", w.Canvas().Focused())
	}
	if press(s.veil, nothing); w.Canvas().Focused() != inside {
		t.Errorf("after a press on a sheet %T has the keyboard", w.Canvas().Focused())
	}
	if s.Hide(); w.Canvas().Focused() != field {
		t.Errorf("after the sheet %T has the keyboard", w.Canvas().Focused())
	}
}
