package kit

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// A wheel lies over something with a scroller of its own, and gives the mouse
// wheel to what has a use for it: that scroller, or else those around it. Fyne
// gives it to the innermost one, which swallows it also at its end: over a
// field, the page would stand still.
type wheel struct {
	widget.BaseWidget
	over fyne.CanvasObject
	own  func() *container.Scroll // nil: none
}

func newWheel(over fyne.CanvasObject, own func() *container.Scroll) *wheel {
	w := &wheel{over: over, own: own}
	w.ExtendBaseWidget(w)
	return w
}

// Scrolled is for Fyne.
func (w *wheel) Scrolled(ev *fyne.ScrollEvent) {
	in := around(w.over)
	if s := w.own(); s != nil {
		in = slices.Insert(in, 0, s)
	}
	for _, s := range in {
		if turns(s, ev.Scrolled.DY) {
			s.Scrolled(ev)
			return
		}
	}
}

// turns tells whether there is more to see upwards (dy > 0) or downwards.
func turns(s *container.Scroll, dy float32) bool {
	most := s.Content.MinSize().Height - s.Size().Height
	return s.Direction != container.ScrollHorizontalOnly && (dy > 0 && s.Offset.Y > 0 || dy < 0 && s.Offset.Y < most)
}

// around are the scrollers that o is in, the innermost first.
func around(o fyne.CanvasObject) (in []*container.Scroll) {
	for _, p := range scrollers {
		if s := p.Value(); s != nil && holds(s, o) {
			in = append(in, s)
		}
	}
	slices.SortFunc(in, func(a, b *container.Scroll) int {
		if a != b && holds(b, a) {
			return -1
		}
		return 1
	})
	return in
}

// CreateRenderer is for Fyne: there is nothing to see.
func (w *wheel) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewWithoutLayout())
}
