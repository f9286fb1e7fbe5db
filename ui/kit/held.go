package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// Enter and Space do one thing for each press: a desktop types a key that is
// held down again and again, and that must not lead through a ceremony that
// nobody reads. Fyne does not say which keys it typed by itself, so that every
// widget tells here of keys that go down and up. There is one keyboard, and it
// is Fyne's thread alone that hears of it.
var held = map[fyne.KeyName]*stroke{}

// A stroke is a key that is down, and the first event that it typed.
type stroke struct{ typed *fyne.KeyEvent }

// Held is embedded in widgets that take Enter or Space.
type Held struct{}

// KeyDown is for Fyne.
func (Held) KeyDown(ev *fyne.KeyEvent) { held[ev.Name] = &stroke{} }

// KeyUp is for Fyne.
func (Held) KeyUp(ev *fyne.KeyEvent) { delete(held, ev.Name) }

var _ desktop.Keyable = (*Button)(nil)

// Repeats tells that Enter or Space is typed again because it is held down.
func Repeats(ev *fyne.KeyEvent) bool {
	p := held[ev.Name]
	if p == nil || !isEnter(ev) && ev.Name != fyne.KeySpace {
		return false
	}
	if p.typed == nil {
		p.typed = ev
	}
	return p.typed != ev
}

// hear has keys that go down and up while nothing has the focus told of too.
func hear(c fyne.Canvas) {
	if c, ok := c.(desktop.Canvas); ok {
		c.SetOnKeyDown(Held{}.KeyDown)
		c.SetOnKeyUp(Held{}.KeyUp)
	}
}
