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

// NewGround makes one for a window. It draws nothing.
func NewGround(w fyne.Window) *Ground {
	g := &Ground{steady: steady{w, fyne.Do}}
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
type steady struct {
	win   fyne.Window
	after func(func()) // runs something after what Fyne does now
}

// MouseDown is for Fyne.
func (s steady) MouseDown(*desktop.MouseEvent) { s.stay() }

// MouseUp is for Fyne.
func (s steady) MouseUp(*desktop.MouseEvent) { s.stay() }

func (s steady) stay() {
	c := s.win.Canvas()
	before := c.Focused()
	if before == nil {
		return
	}
	s.after(func() {
		if c.Focused() == nil {
			c.Focus(before)
		}
	})
}
