package editor

import (
	"fyne.io/fyne/v2"

	"github.com/keyceremony/ceremony/ui/kit"
)

// An entry is the kit's, and tells when the focus comes and goes.
type entry struct {
	kit.Entry
	keys          *kit.Keys
	entered, left func()
}

// newEntry makes one of so many lines.
func newEntry(k *kit.Keys, rows int) *entry {
	e := &entry{keys: k}
	e.Scroll = fyne.ScrollHorizontalOnly
	if rows > 1 {
		e.MultiLine, e.Wrapping, e.Scroll = true, fyne.TextWrapBreak, fyne.ScrollVerticalOnly
	}
	e.ExtendBaseWidget(e)
	if rows > 1 {
		e.SetMinRowsVisible(rows)
	}
	return e
}

// FocusGained is for Fyne.
func (e *entry) FocusGained() {
	e.Entry.FocusGained()
	e.entered()
}

// FocusLost is for Fyne.
func (e *entry) FocusLost() {
	e.Entry.FocusLost()
	e.left()
}

// TypedShortcut is for Fyne.
func (e *entry) TypedShortcut(s fyne.Shortcut) {
	if !e.keys.Shortcut(s) {
		e.Entry.TypedShortcut(s)
	}
}

// TypedKey is for Fyne. What an entry has no use for goes to the window, which
// knows this widget and not the one inside.
func (e *entry) TypedKey(ev *fyne.KeyEvent) {
	if kit.Repeats(ev) {
		return
	}
	enter := ev.Name == fyne.KeyReturn || ev.Name == fyne.KeyEnter
	if ev.Name == fyne.KeyEscape || ev.Name == fyne.KeyF1 || enter && !e.MultiLine {
		kit.PassKey(e, ev)
		return
	}
	if enter {
		e.Entry.Entry.TypedKey(ev) // parts lines
		return
	}
	e.Entry.TypedKey(ev)
}

// A button is the kit's, and tells when the focus comes.
type button struct {
	kit.Button
	entered func()
}

func newButton(text string, kind kit.Kind, tapped func()) *button {
	b := &button{}
	b.ExtendBaseWidget(b)
	b.SetText(text)
	b.SetKind(kind)
	b.SetTapped(tapped)
	return b
}

// FocusGained is for Fyne.
func (b *button) FocusGained() {
	b.Button.FocusGained()
	if b.entered != nil {
		b.entered()
	}
}

// TypedKey is for Fyne.
func (b *button) TypedKey(ev *fyne.KeyEvent) {
	if kit.Repeats(ev) {
		return
	}
	switch ev.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		b.Press()
	default:
		kit.PassKey(b, ev)
	}
}
