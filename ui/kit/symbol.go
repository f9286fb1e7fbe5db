package kit

import (
	"image"
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// A Pattern is a square of dark and light modules, with the light border that
// readers need around it.
type Pattern interface {
	Side() int
	Dark(x, y int) bool
}

// A Symbol draws a pattern black on white, whatever the look: a camera reads
// it. Every module has the same whole number of pixels, or readers miss it. It
// takes the focus, for the keys that turn the pages.
type Symbol struct {
	widget.BaseWidget
	Held
	Most    float32                   // pixels of a module at the most, at scale 1; 0: as many as there is room for
	OnKey   func(*fyne.KeyEvent) bool // true: it was for the symbol
	Painted func()                    // is called when a pattern is drawn, on the thread that draws

	raster  *canvas.Raster
	pattern Pattern
	focused bool
}

// NewSymbol shows nothing yet.
func NewSymbol() *Symbol {
	s := &Symbol{}
	s.raster = canvas.NewRaster(s.draw)
	s.raster.ScaleMode = canvas.ImageScalePixels
	s.ExtendBaseWidget(s)
	return s
}

// Set shows a pattern; nil shows none.
func (s *Symbol) Set(p Pattern) {
	s.pattern = p
	s.place()
	s.raster.Refresh()
}

// SetMost bounds the size of a module.
func (s *Symbol) SetMost(most float32) {
	s.Most = most
	s.place()
	s.raster.Refresh()
}

// Module is how many pixels a module has on the screen, and how many at scale
// 1, where 96 are an inch.
func (s *Symbol) Module() (pixels int, size float32) {
	if s.pattern == nil {
		return 0, 0
	}
	scale := s.scale()
	pixels = s.fit(int(s.Size().Width*scale), int(s.Size().Height*scale), scale)
	return pixels, float32(pixels) / scale
}

// scale is how many pixels of the screen one of the window has.
func (s *Symbol) scale() float32 {
	if c := fyne.CurrentApp().Driver().CanvasForObject(s); c != nil {
		return c.Scale()
	}
	return 1
}

// fit is the size of a module in so many pixels.
func (s *Symbol) fit(w, h int, scale float32) int {
	px := min(w, h) / s.pattern.Side()
	if s.Most > 0 {
		px = min(px, int(s.Most*scale))
	}
	return max(1, px)
}

// place puts the pattern in the middle, onto whole pixels of the screen.
// Painters round up or to the nearest: less of a pixel than either notices is
// taken away, so that both come to the same.
func (s *Symbol) place() {
	if s.pattern == nil {
		return
	}
	const less = 0.1
	scale, size := s.scale(), s.Size()
	px := s.fit(int(size.Width*scale), int(size.Height*scale), scale)
	side := min((float32(px*s.pattern.Side())-less)/scale, size.Width, size.Height)
	corner := fyne.CurrentApp().Driver().AbsolutePositionForObject(s)
	middle := func(corner, room float32) float32 {
		first := math.Round(float64((corner + (room-side)/2) * scale))
		return (float32(first)-less)/scale - corner
	}
	s.raster.Resize(fyne.NewSquareSize(side))
	s.raster.Move(fyne.NewPos(middle(corner.X, size.Width), middle(corner.Y, size.Height)))
}

// draw makes a picture with one pixel for each module. What paints the window
// enlarges it: a picture as large as the screen's would cost twenty times as
// much, many times a second.
func (s *Symbol) draw(int, int) image.Image {
	if s.pattern == nil {
		return image.NewRGBA(image.Rect(0, 0, 1, 1))
	}
	side := s.pattern.Side()
	img := image.NewRGBA(image.Rect(0, 0, side, side))
	for i := range side * side {
		ink := byte(0xFF)
		if s.pattern.Dark(i%side, i/side) {
			ink = 0
		}
		p := img.Pix[4*i:][:4]
		p[0], p[1], p[2], p[3] = ink, ink, ink, 0xFF
	}
	call(s.Painted)
	return img
}

// MinSize is that of a small code on a small window.
func (s *Symbol) MinSize() fyne.Size { return fyne.NewSquareSize(grid(25)) }

// TypedKey is for Fyne.
func (s *Symbol) TypedKey(ev *fyne.KeyEvent) {
	if Repeats(ev) {
		return
	}
	if s.OnKey == nil || !s.OnKey(ev) {
		PassKey(s, ev)
	}
}

// TypedRune is for Fyne.
func (s *Symbol) TypedRune(rune) {}

// FocusGained is for Fyne.
func (s *Symbol) FocusGained() { s.focused = true; s.Refresh() }

// FocusLost is for Fyne.
func (s *Symbol) FocusLost() { s.focused = false; s.Refresh() }

// CreateRenderer is for Fyne.
func (s *Symbol) CreateRenderer() fyne.WidgetRenderer {
	r := &symbolRenderer{s: s}
	for i := range r.ring {
		r.ring[i] = canvas.NewRectangle(color.Transparent)
	}
	r.ink()
	return r
}

// A symbolRenderer has the ring of the focus as four lines: as one rectangle it
// would be painted over the whole pattern, which takes longer than the pattern.
type symbolRenderer struct {
	s    *Symbol
	ring [4]*canvas.Rectangle // above, below, left, right
}

func (r *symbolRenderer) Destroy()           {}
func (r *symbolRenderer) MinSize() fyne.Size { return r.s.MinSize() }

func (r *symbolRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.s.raster, r.ring[0], r.ring[1], r.ring[2], r.ring[3]}
}

func (r *symbolRenderer) Layout(size fyne.Size) {
	r.s.place()
	thick := Size(SizeRing)
	place(r.ring[0], 0, 0, size.Width, thick)
	place(r.ring[1], 0, size.Height-thick, size.Width, thick)
	place(r.ring[2], 0, 0, thick, size.Height)
	place(r.ring[3], size.Width-thick, 0, thick, size.Height)
}

func (r *symbolRenderer) Refresh() {
	r.Layout(r.s.Size()) // its thickness follows the size of text
	r.ink()
	r.s.raster.Refresh()
}

func (r *symbolRenderer) ink() {
	for _, line := range r.ring {
		line.FillColor, line.Hidden = Color(theme.ColorNamePrimary), !r.s.focused
		line.Refresh()
	}
}
