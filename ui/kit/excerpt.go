package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// An Excerpt is something long in a box of its own, which is lower than what
// is in it where a sheet has no room for all of it (Sheet.Gives). The mouse
// wheel over it, and Page Up and Page Down on its sheet, turn it.
type Excerpt struct {
	widget.BaseWidget
	scroll *container.Scroll
	most   float32 // height; 0: as high as its content
}

// leastExcerpt is how low an Excerpt may get, in steps of the grid: some lines.
const leastExcerpt = 10

// border is what the scroller leaves of the box at each edge.
const border = 2

// NewExcerpt is as high as its content at first.
func NewExcerpt(content fyne.CanvasObject) *Excerpt {
	e := &Excerpt{scroll: container.NewVScroll(container.New(slim{}, container.New(frame{2, 1.5}, content)))}
	e.ExtendBaseWidget(e)
	return e
}

// limit makes it at most so high; 0: as high as its content.
func (e *Excerpt) limit(most float32) { e.most = most }

// cut tells whether there is more in it than is seen.
func (e *Excerpt) cut() bool { return e.scroll.Content.MinSize().Height > e.scroll.Size().Height }

// CreateRenderer is for Fyne.
func (e *Excerpt) CreateRenderer() fyne.WidgetRenderer {
	whole := container.New(excerpt{e}, newBox(ColorBox, ColorLine, 1, 1), e.scroll, newWheel(e, func() *container.Scroll { return e.scroll }))
	return widget.NewSimpleRenderer(whole)
}

// An excerpt has its content wrap before its height is asked.
type excerpt struct{ e *Excerpt }

func (l excerpt) MinSize([]fyne.CanvasObject) fyne.Size {
	s := l.e.scroll.Content.MinSize().AddWidthHeight(2*border, 2*border)
	if l.e.most > 0 {
		s.Height = min(s.Height, l.e.most)
	}
	return s
}

func (l excerpt) Layout(o []fyne.CanvasObject, size fyne.Size) {
	inner := size.SubtractWidthHeight(2*border, 2*border)
	settle(l.e.scroll.Content, inner.Width)
	o[0].Resize(size)
	place(o[1], border, border, inner.Width, inner.Height)
	o[2].Resize(size)
	l.e.scroll.Refresh()
}
