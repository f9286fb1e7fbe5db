package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
)

// codeGrid says where the boxes of a code stand: in one row if there is room,
// else in two of 4 and 3, and so on.
type codeGrid struct {
	columns   int
	box       fyne.Size
	gap, cell float32 // between boxes; width of a digit
}

func newCodeGrid(width float32) codeGrid {
	digit := Measure("0", Size(SizeCode), fyne.TextStyle{Monospace: true})
	g := codeGrid{gap: grid(1.25), cell: digit.Width}
	g.box = fyne.NewSize(groupSize*digit.Width+grid(1.5), digit.Height+grid(3.5))
	fit := int((width + g.gap) / (g.box.Width + g.gap))
	switch {
	case fit >= codeGroups:
		g.columns = codeGroups
	case fit >= 4:
		g.columns = 4
	default:
		g.columns = max(1, fit)
	}
	// Boxes are a little wider where there is room, up to a comfortable width.
	room := (width - float32(g.columns-1)*g.gap) / float32(g.columns)
	g.box.Width = max(g.box.Width, min(room, g.box.Width+grid(2)))
	return g
}

func (g codeGrid) at(i int) fyne.Position {
	return fyne.NewPos(float32(i%g.columns)*(g.box.Width+g.gap), float32(i/g.columns)*(g.box.Height+g.gap))
}

func (g codeGrid) height() float32 {
	rows := float32((codeGroups + g.columns - 1) / g.columns)
	return rows*g.box.Height + (rows-1)*g.gap
}

// CreateRenderer is for Fyne.
func (c *Code) CreateRenderer() fyne.WidgetRenderer {
	r := &codeRenderer{c: c, caret: canvas.NewRectangle(color.Transparent)}
	for i := range codeGroups {
		r.boxes[i] = canvas.NewRectangle(color.Transparent)
		r.texts[i] = NewWords(fyne.TextStyle{Monospace: true})
		r.objects = append(r.objects, r.boxes[i], r.texts[i])
	}
	r.objects = append(r.objects, r.caret)
	r.Layout(c.Size())
	return r
}

type codeRenderer struct {
	c       *Code
	boxes   [codeGroups]*canvas.Rectangle
	texts   [codeGroups]*canvas.Text
	caret   *canvas.Rectangle
	objects []fyne.CanvasObject
}

func (r *codeRenderer) Destroy()                     {}
func (r *codeRenderer) Objects() []fyne.CanvasObject { return r.objects }

// MinSize is as high as the boxes are at the present width.
func (r *codeRenderer) MinSize() fyne.Size {
	width := r.c.Size().Width
	if width <= 0 {
		width = 10 * grid(100)
	}
	g := newCodeGrid(width)
	return fyne.NewSize(2*g.box.Width+g.gap, g.height())
}

func (r *codeRenderer) Refresh() {
	r.Layout(r.c.Size())
	canvas.Refresh(r.c)
}

func (r *codeRenderer) Layout(size fyne.Size) {
	g := newCodeGrid(size.Width)
	for i := range codeGroups {
		r.layoutGroup(g, i)
	}
	r.layoutCaret(g)
}

func (r *codeRenderer) layoutGroup(g codeGrid, i int) {
	p, text := g.at(i), r.texts[i]
	paintInput(r.boxes[i], r.c.focused && i == r.c.current())
	place(r.boxes[i], p.X, p.Y, g.box.Width, g.box.Height)
	text.Text, text.TextSize, text.Color = r.c.group(i), Size(SizeCode), Color(theme.ColorNameForeground)
	h := Measure("0", text.TextSize, text.TextStyle).Height
	place(text, p.X+g.inset(), p.Y+(g.box.Height-h)/2, groupSize*g.cell, h)
}

// inset is the room at the left of the first digit.
func (g codeGrid) inset() float32 { return (g.box.Width - groupSize*g.cell) / 2 }

// layoutCaret underlines the place of the next digit.
func (r *codeRenderer) layoutCaret(g codeGrid) {
	r.caret.FillColor = Color(theme.ColorNamePrimary)
	r.caret.Hidden = !r.c.focused || r.c.cursor == codeSize
	p := g.at(r.c.current())
	x := p.X + g.inset() + float32(r.c.cursor%groupSize)*g.cell
	place(r.caret, x+1, p.Y+g.box.Height-grid(1.75), g.cell-2, Size(SizeRing))
}

// Tapped is for Fyne: the cursor goes where the click was.
func (c *Code) Tapped(ev *fyne.PointEvent) {
	takeFocus(c)
	g := newCodeGrid(c.Size().Width)
	for i := range codeGroups {
		p := g.at(i)
		x, y := ev.Position.X-p.X, ev.Position.Y-p.Y
		if x >= 0 && x < g.box.Width+g.gap && y >= 0 && y < g.box.Height+g.gap {
			digit := max(0, min(groupSize-1, int((x-g.inset())/g.cell)))
			c.moveTo(i*groupSize + digit)
		}
	}
}
