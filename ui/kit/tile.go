package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// A Tile is one of few large ways to go on. Enter and Space press it.
type Tile struct {
	widget.BaseWidget
	Held
	tapped          func()
	box             *box
	inner           fyne.CanvasObject
	focused, hovers bool
}

var (
	_ fyne.Focusable    = (*Tile)(nil)
	_ fyne.Tappable     = (*Tile)(nil)
	_ desktop.Hoverable = (*Tile)(nil)
)

// NewTile has a title, a sentence, and an Icon or nil.
func NewTile(title, more string, icon fyne.Resource, tapped func()) *Tile {
	t := &Tile{tapped: tapped, box: newBox(ColorSurface, ColorLine, 1, 1.5)}
	words := NewColumn(0.5, NewText(title, Heading), NewText(more, Muted))
	t.inner = words
	if p, ok := icon.(picture); ok {
		t.inner = container.New(row{gap: 2.5, stretch: 1, top: true}, newMark(p.name, theme.ColorNamePrimary, 4.5), words)
	}
	t.ExtendBaseWidget(t)
	return t
}

// CreateRenderer is for Fyne.
func (t *Tile) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.New(frame{3.5, 3}, t.box, t.inner))
}

// Tapped is for Fyne.
func (t *Tile) Tapped(*fyne.PointEvent) { call(t.tapped) }

// TypedKey is for Fyne.
func (t *Tile) TypedKey(e *fyne.KeyEvent) {
	if Repeats(e) {
		return
	}
	if isEnter(e) || e.Name == fyne.KeySpace {
		call(t.tapped)
		return
	}
	PassKey(t, e)
}

// TypedRune is for Fyne.
func (t *Tile) TypedRune(rune) {}

// FocusGained is for Fyne.
func (t *Tile) FocusGained() { t.focused = true; t.ring(); Reveal(t) }

// FocusLost is for Fyne.
func (t *Tile) FocusLost() { t.focused = false; t.ring() }

// MouseIn is for Fyne.
func (t *Tile) MouseIn(*desktop.MouseEvent) { t.hovers = true; t.ring() }

// MouseMoved is for Fyne.
func (t *Tile) MouseMoved(*desktop.MouseEvent) {}

// MouseOut is for Fyne.
func (t *Tile) MouseOut() { t.hovers = false; t.ring() }

func (t *Tile) ring() {
	switch {
	case t.focused:
		t.box.set(ColorSurface, theme.ColorNamePrimary, 3)
	case t.hovers:
		t.box.set(ColorSurface, ColorMuted, 1)
	default:
		t.box.set(ColorSurface, ColorLine, 1)
	}
}
