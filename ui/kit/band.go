package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// NewBand is the striped band of a rehearsal, across the whole window: words
// in spaced capitals, 34 high.
func NewBand(text string) fyne.CanvasObject {
	words := NewLine(text, Overline)
	words.SetColor(ColorBandText)
	words.SetAlign(fyne.TextAlignCenter)
	return container.New(bandLayout{}, newStripes(), words)
}

type bandLayout struct{}

func (bandLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(0, grid(34.0/8)) }

func (bandLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	o[0].Resize(size)
	h := settle(o[1], size.Width)
	o[1].Move(fyne.NewPos(0, (size.Height-h)/2))
}

// Stripes lean to the right, in two colours of the theme.
type stripes struct {
	widget.BaseWidget
	raster *canvas.Raster
	one    color.Color
	two    color.Color
}

func newStripes() *stripes {
	s := &stripes{one: Color(ColorBand), two: Color(ColorBandStripe)}
	s.raster = canvas.NewRasterWithPixels(s.pixel)
	s.ExtendBaseWidget(s)
	return s
}

// pixel leans stripes by 45 degrees, each nearly as wide as the band is high.
func (s *stripes) pixel(x, y, _, h int) color.Color {
	if (x+y)/max(h*4/5, 1)%2 == 0 {
		return s.one
	}
	return s.two
}

// Refresh follows the theme.
func (s *stripes) Refresh() {
	s.one, s.two = Color(ColorBand), Color(ColorBandStripe)
	s.raster.Refresh()
}

// CreateRenderer is for Fyne.
func (s *stripes) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(s.raster) }
