package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// Keys is the one keyboard map of a window. What is added here works wherever
// the focus is, and never while a sheet or a menu is up.
type Keys struct {
	Enter  func() // the primary button of the page; nil = nothing
	Escape func()
	Help   func() // F1

	// Scroller is what Page Up and Page Down, Home and End turn.
	Scroller func() *container.Scroll

	win    fyne.Window
	byName map[string]func()
	sheets []*Sheet          // those that are up, the lowest first
	held   fyne.Focusable    // what the mouse takes the focus from; nil: nothing
	after  func(func())      // runs something after what Fyne does now
	taken  map[string]string // path that was picked last, by the picker's title
}

// NewKeys makes an empty map and hooks it to the window.
func NewKeys(w fyne.Window) *Keys {
	k := &Keys{win: w, byName: map[string]func(){}, taken: map[string]string{}, after: fyne.Do}
	w.Canvas().SetOnTypedKey(k.typed)
	w.Canvas().SetOnTypedRune(k.typedRune)
	hear(w.Canvas())
	return k
}

// Add binds a shortcut. A later binding takes the place of an earlier one.
func (k *Keys) Add(s fyne.Shortcut, f func()) {
	k.byName[s.ShortcutName()] = f
	k.win.Canvas().AddShortcut(s, func(s fyne.Shortcut) { k.Shortcut(s) })
}

// Shortcut runs what is bound to s unless something is above the page. It
// tells whether s is bound; widgets that take shortcuts ask it first.
func (k *Keys) Shortcut(s fyne.Shortcut) bool {
	if k == nil {
		return false
	}
	f, ok := k.byName[s.ShortcutName()]
	if ok && !k.covered() {
		f()
	}
	return ok
}

// covered tells whether anything is above the page: Fyne itself lets keys and
// shortcuts through to what is below.
func (k *Keys) covered() bool { return k.win.Canvas().Overlays().Top() != nil }

// PassKey hands a key that a focused widget has no use for to the window:
// Enter, Escape and F1 must work wherever the focus is.
func PassKey(o fyne.CanvasObject, ev *fyne.KeyEvent) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(o); c != nil && c.OnTypedKey() != nil {
		c.OnTypedKey()(ev)
	}
}

// typed is what a key does that no widget wanted.
func (k *Keys) typed(ev *fyne.KeyEvent) {
	if Repeats(ev) {
		return
	}
	if f := k.giveBack(); f != nil {
		f.TypedKey(ev)
		return
	}
	if s := k.Sheet(); s != nil {
		s.typed(ev)
		return
	}
	if k.covered() {
		return
	}
	switch ev.Name {
	case fyne.KeyReturn, fyne.KeyEnter:
		call(k.Enter)
	case fyne.KeyEscape:
		call(k.Escape)
	case fyne.KeyF1:
		call(k.Help)
	default:
		if k.Scroller != nil {
			turnPage(k.Scroller(), ev.Name)
		}
	}
}

// Sheet is the one on top of everything, or nil.
func (k *Keys) Sheet() *Sheet {
	if n := len(k.sheets); n > 0 && k.win.Canvas().Overlays().Top() == k.sheets[n-1].veil {
		return k.sheets[n-1]
	}
	return nil
}

// turnPage scrolls by a little less than what is in sight.
func turnPage(s *container.Scroll, key fyne.KeyName) {
	if s == nil {
		return
	}
	by := 0.85 * s.Size().Height
	most := max(0, s.Content.Size().Height-s.Size().Height)
	to := map[fyne.KeyName]float32{
		fyne.KeyPageUp: s.Offset.Y - by, fyne.KeyPageDown: s.Offset.Y + by, fyne.KeyHome: 0, fyne.KeyEnd: most,
	}
	if y, ok := to[key]; ok {
		s.ScrollToOffset(fyne.NewPos(s.Offset.X, max(0, min(most, y))))
	}
}

func call(f func()) {
	if f != nil {
		f()
	}
}

func isEnter(ev *fyne.KeyEvent) bool {
	return ev.Name == fyne.KeyReturn || ev.Name == fyne.KeyEnter
}
