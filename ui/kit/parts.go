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

// Parts is a grid with a cell for each part of something: those that are there
// are filled, those that are still awaited have only a border. Where parts are
// known in sums, so many of the others are half filled.
type Parts struct {
	widget.BaseWidget
	raster *canvas.Raster
	known  []bool
	sums   int
	width  float32
}

// NewParts knows of no part yet.
func NewParts() *Parts {
	p := &Parts{}
	p.raster = canvas.NewRaster(p.draw)
	p.ExtendBaseWidget(p)
	return p
}

// Set says which parts are there, and how many more are in sums.
func (p *Parts) Set(known []bool, sums int) {
	p.known, p.sums = known, sums
	p.raster.Refresh()
}

// cell is the side of a cell and the gap beside it, in grid steps: smaller
// where there are many.
func (p *Parts) cell() (side, gap float32) {
	switch n := len(p.known); {
	case n <= 40:
		return 3.5, 0.75
	case n <= 160:
		return 2, 0.5
	}
	return 1.125, 0.25
}

// columns is how many cells stand side by side.
func (p *Parts) columns(width float32) int {
	side, gap := p.cell()
	return max(1, int((width+grid(gap))/grid(side+gap)))
}

// Resize keeps the width, on which the height hangs.
func (p *Parts) Resize(s fyne.Size) {
	p.width = s.Width
	p.BaseWidget.Resize(s)
}

// MinSize is high enough for all cells in the width that there is.
func (p *Parts) MinSize() fyne.Size {
	side, gap := p.cell()
	width := p.width
	if width == 0 {
		width = grid(40)
	}
	rows := math.Ceil(float64(max(1, len(p.known))) / float64(p.columns(width)))
	return fyne.NewSize(grid(10), float32(rows)*grid(side+gap)-grid(gap))
}

// draw paints whole pixels.
func (p *Parts) draw(w, h int) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	side, gap := p.cell()
	scale := float32(w) / max(1, p.Size().Width)
	px, step := int(grid(side)*scale), int(grid(side+gap)*scale)
	columns, sums := p.columns(p.Size().Width), p.sums
	for i, known := range p.known {
		at := image.Rect(0, 0, px, px).Add(image.Pt(i%columns*step, i/columns*step))
		plot(img, at, Color(theme.ColorNameInputBorder))
		switch {
		case known:
			plot(img, at, Color(theme.ColorNamePrimary))
			continue
		case sums > 0:
			sums--
			plot(img, at.Inset(max(1, px/16)), Color(theme.ColorNameBackground))
			plot(img, image.Rect(at.Min.X, at.Min.Y+px/2, at.Max.X, at.Max.Y), Color(theme.ColorNamePrimary))
			continue
		}
		plot(img, at.Inset(max(1, px/16)), Color(theme.ColorNameBackground))
	}
	return img
}

func plot(img *image.RGBA, at image.Rectangle, c color.Color) {
	at = at.Intersect(img.Rect)
	ink := color.RGBAModel.Convert(c).(color.RGBA)
	for y := at.Min.Y; y < at.Max.Y; y++ {
		stretch(img.Pix[y*img.Stride:(y+1)*img.Stride], at.Min.X, at.Dx(), ink)
	}
}

// CreateRenderer is for Fyne.
func (p *Parts) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(p.raster) }

// stretch gives so many pixels of a line a colour.
func stretch(line []byte, from, n int, ink color.RGBA) {
	for x := max(from, 0); x < from+n && 4*x < len(line); x++ {
		line[4*x], line[4*x+1], line[4*x+2], line[4*x+3] = ink.R, ink.G, ink.B, ink.A
	}
}
