package kit

import (
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
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
	s.ExtendBaseWidget(s)
	return s
}

// Set shows a pattern; nil shows none.
func (s *Symbol) Set(p Pattern) {
	s.pattern = p
	s.raster.Refresh()
}

// SetMost bounds the size of a module.
func (s *Symbol) SetMost(most float32) {
	s.Most = most
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

// draw fills the middle with the pattern.
func (s *Symbol) draw(w, h int) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	if s.pattern == nil || w == 0 || h == 0 {
		return img
	}
	px := s.fit(w, h, float32(w)/max(1, s.Size().Width))
	s.paint(img, px)
	call(s.Painted)
	return img
}

// paint draws each row of modules once, and copies it.
func (s *Symbol) paint(img *image.RGBA, px int) {
	side := s.pattern.Side()
	left, top := (img.Rect.Dx()-side*px)/2, (img.Rect.Dy()-side*px)/2
	for y := range side {
		at := top + y*px
		if at < 0 || at >= img.Rect.Dy() {
			continue
		}
		line := img.Pix[at*img.Stride : (at+1)*img.Stride]
		for x := range side {
			ink := color.RGBA{0xFF, 0xFF, 0xFF, 0xFF}
			if s.pattern.Dark(x, y) {
				ink = color.RGBA{0, 0, 0, 0xFF}
			}
			stretch(line, left+x*px, px, ink)
		}
		for more := at + 1; more < min(at+px, img.Rect.Dy()); more++ {
			copy(img.Pix[more*img.Stride:(more+1)*img.Stride], line)
		}
	}
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
	ring := canvas.NewRectangle(color.Transparent)
	r := &symbolRenderer{s, ring, container.NewStack(s.raster)}
	r.Refresh()
	return r
}

type symbolRenderer struct {
	s    *Symbol
	ring *canvas.Rectangle
	box  *fyne.Container
}

func (r *symbolRenderer) Destroy()                     {}
func (r *symbolRenderer) MinSize() fyne.Size           { return r.s.MinSize() }
func (r *symbolRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.box, r.ring} }

func (r *symbolRenderer) Layout(size fyne.Size) {
	r.box.Resize(size)
	r.ring.Resize(size)
}

func (r *symbolRenderer) Refresh() {
	r.ring.StrokeColor, r.ring.StrokeWidth, r.ring.CornerRadius = Color(theme.ColorNamePrimary), Size(SizeRing), Size(SizeRadius)
	r.ring.Hidden = !r.s.focused
	r.ring.Refresh()
	r.s.raster.Refresh()
}

// stretch gives so many pixels of a line a colour.
func stretch(line []byte, from, n int, ink color.RGBA) {
	for x := max(from, 0); x < from+n && 4*x < len(line); x++ {
		line[4*x], line[4*x+1], line[4*x+2], line[4*x+3] = ink.R, ink.G, ink.B, ink.A
	}
}
