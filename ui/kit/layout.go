package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// grid is so many steps of the grid that everything stands on.
func grid(steps float32) float32 { return Size(SizeGrid) * steps }

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

// place puts an object where it is to be.
func place(o fyne.CanvasObject, x, y, w, h float32) {
	o.Move(fyne.NewPos(x, y))
	o.Resize(fyne.NewSize(w, h))
}

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

// settle gives an object a width, lets it wrap, and returns the height that
// it takes then.
func settle(o fyne.CanvasObject, width float32) float32 {
	h := o.MinSize().Height
	o.Resize(fyne.NewSize(width, h))
	if now := o.MinSize().Height; now != h {
		h = now
		o.Resize(fyne.NewSize(width, h))
	}
	return h
}

func shown(objects []fyne.CanvasObject) (list []fyne.CanvasObject) {
	for _, o := range objects {
		if o.Visible() {
			list = append(list, o)
		}
	}
	return list
}

// A column stands one below the other, each as wide as there is room.
type column struct{ gap float32 } // in grid steps

func (c column) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	y := float32(0)
	for _, o := range shown(objects) {
		h := settle(o, size.Width)
		o.Move(fyne.NewPos(0, y))
		y += h + grid(c.gap)
	}
}

func (c column) MinSize(objects []fyne.CanvasObject) (s fyne.Size) {
	for i, o := range shown(objects) {
		m := o.MinSize()
		s.Width, s.Height = max(s.Width, m.Width), s.Height+m.Height
		if i > 0 {
			s.Height += grid(c.gap)
		}
	}
	return s
}

// NewColumn puts objects below each other, with so many steps of the grid in
// between. Text that wraps has its height at once, which Fyne's own boxes
// learn one frame later.
func NewColumn(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(column{gap}, objects...)
}

// A row stands side by side. The stretched one has the room that is left.
type row struct {
	gap     float32
	stretch int  // index; -1: none
	top     bool // first lines stand on one line; else all is in the middle
}

func (r row) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	rest := size.Width - grid(r.gap)*float32(len(objects)-1)
	for i, o := range objects {
		if i != r.stretch {
			rest -= wish(o)
		}
	}
	x, base := float32(0), tallest(objects)
	for i, o := range objects {
		w := wish(o)
		if i == r.stretch {
			w = max(rest, 0)
		}
		h := settle(o, w)
		y := max(0, (size.Height-h)/2)
		if r.top {
			y = (base - firstLine(o)) / 2
		}
		o.Move(fyne.NewPos(x, y))
		x += w + grid(r.gap)
	}
}

// firstLine is the height of the first line of text in an object, so that
// things of different sizes stand on one line beside it.
func firstLine(o fyne.CanvasObject) float32 {
	switch o := o.(type) {
	case *Text:
		return o.lineHeight()
	case *fyne.Container:
		if len(o.Objects) > 0 {
			return firstLine(o.Objects[0])
		}
	}
	return o.MinSize().Height
}

func tallest(objects []fyne.CanvasObject) (h float32) {
	for _, o := range objects {
		h = max(h, firstLine(o))
	}
	return h
}

func (r row) MinSize(objects []fyne.CanvasObject) (s fyne.Size) {
	base := tallest(objects)
	for i, o := range objects {
		m := o.MinSize()
		if r.top {
			m.Height += (base - firstLine(o)) / 2
		}
		if i != r.stretch {
			m.Width = wish(o)
		}
		s.Width, s.Height = s.Width+m.Width, max(s.Height, m.Height)
	}
	s.Width += grid(r.gap) * float32(len(objects)-1)
	return s
}

// wish is the width that an object likes to have: words, on one line.
func wish(o fyne.CanvasObject) float32 {
	switch o := o.(type) {
	case *Text:
		return o.natural() + 1
	case *fyne.Container:
		if l, ok := o.Layout.(interface {
			wish(objects []fyne.CanvasObject) float32
		}); ok {
			return l.wish(o.Objects)
		}
	}
	return o.MinSize().Width
}

func (r row) wish(objects []fyne.CanvasObject) float32 {
	w := grid(r.gap) * float32(len(objects)-1)
	for _, o := range objects {
		w += wish(o)
	}
	return w
}

func (f frame) wish(objects []fyne.CanvasObject) float32 {
	return wish(objects[len(objects)-1]) + 2*grid(f.across)
}

// A frame keeps room around its last object, in grid steps; the others are
// grounds and fill it.
type frame struct{ across, down float32 }

func (f frame) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects[:len(objects)-1] {
		o.Resize(size)
	}
	o := objects[len(objects)-1]
	o.Move(fyne.NewPos(grid(f.across), grid(f.down)))
	inner := size.SubtractWidthHeight(2*grid(f.across), 2*grid(f.down))
	h := settle(o, inner.Width)
	o.Resize(fyne.NewSize(inner.Width, max(h, inner.Height)))
}

func (f frame) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return objects[len(objects)-1].MinSize().AddWidthHeight(2*grid(f.across), 2*grid(f.down))
}

// A flow stands side by side as words do, on as many lines as it takes.
type flow struct {
	gap   float32
	width *float32 // that it had the last time
}

// NewFlow puts objects side by side, and on the next line where there is no
// more room: chips, buttons.
func NewFlow(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(flow{gap, new(float32)}, objects...)
}

func (f flow) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	*f.width = size.Width
	f.each(objects, func(o fyne.CanvasObject, p fyne.Position, width float32) {
		settle(o, width)
		o.Move(p)
	})
}

func (f flow) MinSize(objects []fyne.CanvasObject) (s fyne.Size) {
	for _, o := range shown(objects) {
		s.Width = max(s.Width, o.MinSize().Width)
	}
	f.each(objects, func(o fyne.CanvasObject, p fyne.Position, _ float32) {
		s.Height = max(s.Height, p.Y+o.MinSize().Height)
	})
	return s
}

func (f flow) each(objects []fyne.CanvasObject, put func(o fyne.CanvasObject, p fyne.Position, width float32)) {
	var x, y, high float32
	for _, o := range shown(objects) {
		w := wish(o)
		if *f.width > 0 {
			w = min(w, *f.width)
		}
		if x > 0 && *f.width > 0 && x+w > *f.width {
			x, y, high = 0, y+high+grid(f.gap), 0
		}
		put(o, fyne.NewPos(x, y), w)
		x, high = x+w+grid(f.gap), max(high, o.MinSize().Height)
	}
}

// A page is a column in the middle, no wider than reading is easy.
type page struct{ most float32 }

// NewPage puts content in the middle, at most so wide (pixels at scale 1),
// with room around it.
func NewPage(most float32, content fyne.CanvasObject) fyne.CanvasObject {
	return container.New(page{most}, content)
}

// margins are narrower where there is little room.
func (p page) margins(width float32) (across, down float32) {
	if width < grid(75) {
		return grid(3), grid(3)
	}
	return grid(7), grid(5)
}

func (p page) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	across, down := p.margins(size.Width)
	w := min(size.Width-2*across, grid(p.most/8))
	h := settle(objects[0], w)
	objects[0].Resize(fyne.NewSize(w, max(h, size.Height-2*down)))
	objects[0].Move(fyne.NewPos((size.Width-w)/2, down))
}

func (p page) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return objects[0].MinSize().AddWidthHeight(2*grid(3), 2*grid(5))
}

// NewScroll is content that scrolls down when there is more of it than room.
func NewScroll(content fyne.CanvasObject) *Scroll {
	s := &Scroll{Scroll: container.NewVScroll(container.New(slim{}, content))}
	s.ExtendBaseWidget(s)
	return s
}

// A Scroll is a vertical scroll whose text wraps before its height is asked.
type Scroll struct {
	widget.BaseWidget
	Scroll *container.Scroll
}

// CreateRenderer is for Fyne.
func (s *Scroll) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.New(scrolled{}, s.Scroll))
}

// Refresh measures the content again, which may be another than before.
func (s *Scroll) Refresh() {
	s.Scroll.Content.Refresh()
	scrolled{}.Layout([]fyne.CanvasObject{s.Scroll}, s.Size())
	s.BaseWidget.Refresh()
}

// Slim content takes the width that there is, however little.
type slim struct{}

func (slim) Layout(o []fyne.CanvasObject, size fyne.Size) {
	h := settle(o[0], size.Width)
	o[0].Resize(fyne.NewSize(size.Width, max(h, size.Height)))
}

func (slim) MinSize(o []fyne.CanvasObject) fyne.Size { return fyne.NewSize(0, o[0].MinSize().Height) }

type scrolled struct{}

func (scrolled) MinSize(o []fyne.CanvasObject) fyne.Size { return o[0].MinSize() }

func (scrolled) Layout(o []fyne.CanvasObject, size fyne.Size) {
	s := o[0].(*container.Scroll)
	settle(s.Content, size.Width)
	s.Resize(size)
	s.Refresh()
}
