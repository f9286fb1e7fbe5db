package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// A box is a ground with a border, in colours of the theme; "" draws none.
type box struct {
	widget.BaseWidget
	ground, line  fyne.ThemeColorName
	width, corner float32 // of the border; radius in grid steps
	rect          *canvas.Rectangle
}

func newBox(ground, line fyne.ThemeColorName, width, corner float32) *box {
	b := &box{ground: ground, line: line, width: width, corner: corner, rect: &canvas.Rectangle{}}
	b.ExtendBaseWidget(b)
	b.paint()
	return b
}

func (b *box) set(ground, line fyne.ThemeColorName, width float32) {
	if b.ground != ground || b.line != line || b.width != width {
		b.ground, b.line, b.width = ground, line, width
		b.Refresh()
	}
}

func (b *box) paint() {
	b.rect.FillColor, b.rect.StrokeColor, b.rect.StrokeWidth = color.Transparent, color.Transparent, 0
	if b.ground != "" {
		b.rect.FillColor = Color(b.ground)
	}
	if b.line != "" {
		b.rect.StrokeColor, b.rect.StrokeWidth = Color(b.line), b.width
	}
	b.rect.CornerRadius = grid(b.corner)
}

func (b *box) Refresh() {
	b.paint()
	bordered{b}.Layout([]fyne.CanvasObject{b.rect}, b.Size())
	b.rect.Refresh()
}

func (b *box) MinSize() fyne.Size { return fyne.Size{} }

// CreateRenderer is for Fyne.
func (b *box) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.New(bordered{b}, b.rect))
}

// A bordered box keeps a wide border inside of itself: Fyne draws half of it
// outside, where lists would cut it off.
type bordered struct{ *box }

func (b bordered) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }

func (b bordered) Layout(o []fyne.CanvasObject, size fyne.Size) {
	in := b.width
	if b.line == "" || in < 2 {
		in = 0
	}
	place(o[0], in/2, in/2, max(0, size.Width-in), max(0, size.Height-in))
}

// A rule is a line across, one pixel high.
type rule struct{}

func (rule) Layout(o []fyne.CanvasObject, s fyne.Size) { o[0].Resize(s) }
func (rule) MinSize([]fyne.CanvasObject) fyne.Size     { return fyne.NewSquareSize(1) }

// NewHRule is a thin line across.
func NewHRule() fyne.CanvasObject { return container.New(rule{}, newBox(ColorLine, "", 0, 0)) }

// An edge is a thin line at one side of a pane.
type edge struct{ right bool }

func newEdge(right bool) fyne.CanvasObject {
	return container.New(edge{right}, newBox(ColorLine, "", 0, 0))
}

func (edge) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }

func (e edge) Layout(o []fyne.CanvasObject, size fyne.Size) {
	x := float32(0)
	if e.right {
		x = size.Width - 1
	}
	place(o[0], x, 0, 1, size.Height)
}
