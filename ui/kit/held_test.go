package kit

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// hold does what the desktop does with a key that is held down: it goes down
// once and is typed again and again.
func hold(w fyne.Window, key fyne.KeyName, times int) {
	hears := func() desktop.Keyable {
		if f := w.Canvas().Focused(); f != nil {
			return f.(desktop.Keyable)
		}
		return unfocused{} // the window itself, which the test's canvas lacks
	}
	hears().KeyDown(&fyne.KeyEvent{Name: key})
	for range times {
		press(w, key)
	}
	hears().KeyUp(&fyne.KeyEvent{Name: key})
}

type unfocused struct {
	fyne.Focusable
	Held
}

// TestHeldKey: Enter that is held down does one thing, whatever gets the focus
// by it; the next press does the next.
func TestHeldKey(t *testing.T) {
	themed(t, Light, 1)
	w := show(t, NewColumn(1), 400, 300)
	keys, done := NewKeys(w), 0
	keys.Enter = func() { done++ }
	code, secret, entry := NewCode(keys), NewSecret(keys), NewEntry(keys)
	button := NewButton("Act", Primary, nil)
	next := func(f fyne.Focusable) func() {
		return func() {
			done++
			w.Canvas().Focus(f)
		}
	}
	code.OnSubmitted, secret.OnSubmitted = next(button), next(button)
	entry.OnSubmitted = func(string) { next(button)() }
	button.SetTapped(next(secret))
	w.SetContent(NewColumn(1, code, secret, entry, button))
	for name, f := range map[string]fyne.Focusable{"nothing": nil, "a code": code, "a secret": secret, "an entry": entry, "a button": button} {
		for want := 1; want <= 2; want++ {
			if done = 0; f == nil {
				w.Canvas().Unfocus()
			} else {
				w.Canvas().Focus(f)
			}
			if hold(w, fyne.KeyReturn, 9); done != 1 {
				t.Errorf("%s has the focus: Enter held down did %d things, wanted 1", name, done)
			}
		}
	}
	w.Canvas().Focus(button)
	if press(w, fyne.KeyReturn); done != 2 {
		t.Error("a key of which nobody said that it went down does nothing")
	}
}
