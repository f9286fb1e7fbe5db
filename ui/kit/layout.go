package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// grid is so many steps of the grid that everything stands on.
func grid(steps float32) float32 { return Size(SizeGrid) * steps }

// place puts an object where it is to be.
func place(o fyne.CanvasObject, x, y, w, h float32) {
	o.Move(fyne.NewPos(x, y))
	o.Resize(fyne.NewSize(w, h))
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
