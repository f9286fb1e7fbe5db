package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// A Kind is the weight of a button.
type Kind int

// The kinds. A page has one Primary button.
const (
	Plain   Kind = iota // bordered
	Primary             // filled
	Quiet               // words alone
	Danger              // red
)

// A Button is pressed by a click, Enter or Space. While it has the focus a
// ring is around it, also while it is disabled: the focus must not get lost
// when work begins and its button greys out.
type Button struct {
	widget.DisableableWidget
	Held
	text             string
	kind             Kind
	leading          bool // words at the left, shortened where they must be
	tapped           func()
	focused, hovered bool
}

// NewButton makes one; tapped may be nil.
func NewButton(text string, k Kind, tapped func()) *Button {
	b := &Button{text: text, kind: k, tapped: tapped}
	b.ExtendBaseWidget(b)
	return b
}

// Text gives the words on it.
func (b *Button) Text() string { return b.text }

// SetText changes the words on it.
func (b *Button) SetText(s string) {
	b.text = s
	b.Refresh()
}

// Kind tells its weight.
func (b *Button) Kind() Kind { return b.kind }

// SetKind changes its weight.
func (b *Button) SetKind(k Kind) {
	b.kind = k
	b.Refresh()
}

// SetTapped changes what pressing it does.
func (b *Button) SetTapped(f func()) { b.tapped = f }

// Press does what a click does: nothing while it is disabled.
func (b *Button) Press() {
	if !b.Disabled() {
		call(b.tapped)
	}
}

// Tapped is for Fyne.
func (b *Button) Tapped(*fyne.PointEvent) { b.Press() }

// TypedKey is for Fyne.
func (b *Button) TypedKey(ev *fyne.KeyEvent) {
	if Repeats(ev) {
		return
	}
	if isEnter(ev) || ev.Name == fyne.KeySpace {
		b.Press()
		return
	}
	PassKey(b, ev)
}

// TypedRune is for Fyne.
func (b *Button) TypedRune(rune) {}

// FocusGained is for Fyne.
func (b *Button) FocusGained() {
	b.focused = true
	b.Refresh()
	Reveal(b)
}

// FocusLost is for Fyne.
func (b *Button) FocusLost() { b.focused = false; b.Refresh() }

// MouseIn is for Fyne.
func (b *Button) MouseIn(*desktop.MouseEvent) { b.hovered = true; b.Refresh() }

// MouseMoved is for Fyne.
func (b *Button) MouseMoved(*desktop.MouseEvent) {}

// MouseOut is for Fyne.
func (b *Button) MouseOut() { b.hovered = false; b.Refresh() }

// CreateRenderer is for Fyne.
func (b *Button) CreateRenderer() fyne.WidgetRenderer {
	r := &buttonRenderer{
		b:     b,
		ring:  canvas.NewRectangle(color.Transparent),
		box:   canvas.NewRectangle(color.Transparent),
		veil:  canvas.NewRectangle(color.Transparent),
		label: NewWords(fyne.TextStyle{Bold: true}),
	}
	r.paint()
	r.Layout(b.Size())
	return r
}

type buttonRenderer struct {
	b               *Button
	ring, box, veil *canvas.Rectangle
	label           *canvas.Text
}

func (r *buttonRenderer) Destroy() {}

func (r *buttonRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.ring, r.box, r.veil, r.label}
}

func (r *buttonRenderer) MinSize() fyne.Size {
	side := grid(3)
	if r.b.kind == Quiet {
		side = grid(1.5)
	}
	words := measureBold(Visible(r.b.text))
	if r.b.leading {
		words.Width = min(words.Width, grid(20))
	}
	return fyne.NewSize(words.Width+2*side, max(Size(SizeControl), words.Height+grid(1)))
}

func (r *buttonRenderer) Layout(s fyne.Size) {
	r.box.Resize(s)
	r.veil.Resize(s)
	r.layoutLabel(s)
	placeRing(r.ring, s, Size(SizeRadius))
}

func (r *buttonRenderer) layoutLabel(s fyne.Size) {
	side := float32(0)
	r.label.Alignment, r.label.Text = fyne.TextAlignCenter, Visible(r.b.text)
	if r.b.leading {
		side = grid(1.5)
		r.label.Alignment = fyne.TextAlignLeading
		r.label.Text = shorten(r.label.Text, s.Width-2*side, func(s string) float32 { return measureBold(s).Width })
	}
	place(r.label, side, 0, s.Width-2*side, s.Height)
}

func measureBold(s string) fyne.Size {
	return Measure(s, Size(SizeBody), fyne.TextStyle{Bold: true})
}

func (r *buttonRenderer) Refresh() {
	r.paint()
	r.Layout(r.b.Size())
	canvas.Refresh(r.b)
}

func (r *buttonRenderer) paint() {
	ground, border, words := r.b.colours()
	r.box.FillColor, r.box.StrokeColor = ground, border
	r.box.StrokeWidth = Size(theme.SizeNameInputBorder) * 0.75
	r.box.CornerRadius = Size(SizeRadius)
	r.veil.FillColor, r.veil.CornerRadius = Color(theme.ColorNameHover), Size(SizeRadius)
	r.veil.Hidden = !r.b.hovered || r.b.Disabled()
	r.label.Color, r.label.TextSize = words, Size(SizeBody)
	r.ring.StrokeColor, r.ring.StrokeWidth = Color(theme.ColorNamePrimary), Size(SizeRing)
	r.ring.Hidden = !r.b.focused
}

func (b *Button) colours() (ground, border, words color.Color) {
	if b.Disabled() {
		return Color(theme.ColorNameDisabledButton), color.Transparent, Color(theme.ColorNameDisabled)
	}
	switch b.kind {
	case Primary:
		return Color(theme.ColorNamePrimary), color.Transparent, Color(theme.ColorNameForegroundOnPrimary)
	case Quiet:
		return color.Transparent, color.Transparent, Color(theme.ColorNamePrimary)
	case Danger:
		return Color(ColorRed), color.Transparent, Color(theme.ColorNameForegroundOnError)
	}
	return Color(ColorSurface), Color(theme.ColorNameInputBorder), Color(theme.ColorNameForeground)
}

// placeRing lays a focus ring around a box of size s, with a gap between, so
// that it can be seen around a box of its own colour too.
func placeRing(ring *canvas.Rectangle, s fyne.Size, radius float32) {
	gap, width := Size(SizeRing)*0.7, Size(SizeRing)
	off := gap + width/2
	ring.CornerRadius = radius + off
	ring.Move(fyne.NewPos(-off, -off))
	ring.Resize(fyne.NewSize(s.Width+2*off, s.Height+2*off))
}
