package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// A Ground lies behind a page, and takes what the mouse does where nothing is
// to be pressed: the keyboard stays in the field where it was.
type Ground struct {
	widget.BaseWidget
	steady
}

// NewGround makes one for the window of these keys. It draws nothing.
func NewGround(k *Keys) *Ground {
	g := &Ground{steady: steady{k}}
	g.ExtendBaseWidget(g)
	return g
}

// CreateRenderer is for Fyne.
func (g *Ground) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewWithoutLayout())
}

// steady gives the focus back that Fyne takes away when a button of the mouse
// goes down or up over what takes no focus: also when the button that has
// maximised the window is let go over the page.
type steady struct{ keys *Keys }

// MouseDown is for Fyne.
func (s steady) MouseDown(*desktop.MouseEvent) { s.keys.hold() }

// MouseUp is for Fyne.
func (s steady) MouseUp(*desktop.MouseEvent) { s.keys.hold() }

// hold remembers what has the focus. Fyne takes it away after this call, so it
// is given back a little later, or with the first key that comes before that.
func (k *Keys) hold() {
	if f := k.win.Canvas().Focused(); f != nil {
		k.held = f
		k.after(func() { k.giveBack() })
	}
}

// giveBack gives the focus to what was held, and returns it; nil if nothing was
// taken from it.
func (k *Keys) giveBack() fyne.Focusable {
	f, c := k.held, k.win.Canvas()
	k.held = nil
	if f == nil || c.Focused() != nil {
		return nil
	}
	c.Focus(f)
	return f
}

// typedRune is a character that no widget wanted.
func (k *Keys) typedRune(r rune) {
	if f := k.giveBack(); f != nil {
		f.TypedRune(r)
	}
}
