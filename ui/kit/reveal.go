package kit

import (
	"slices"
	"weak"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// scrollers are those that follow the focus. Fyne's do not: Tab would lead to
// inputs that nobody sees. They are held weakly, and go with their pages.
var scrollers []weak.Pointer[container.Scroll]

// Follow makes a scroller follow the focus: what gets it is brought into sight.
// Sheets do so already.
func Follow(s *container.Scroll) {
	scrollers = slices.DeleteFunc(scrollers, func(p weak.Pointer[container.Scroll]) bool { return p.Value() == nil })
	scrollers = append(scrollers, weak.Make(s))
}

// Reveal brings o into sight; every widget calls it when it gets the focus.
func Reveal(o fyne.CanvasObject) {
	for _, p := range scrollers {
		if s := p.Value(); s != nil && holds(s, o) {
			bring(s, o)
		}
	}
}

func top(o fyne.CanvasObject) float32 {
	return fyne.CurrentApp().Driver().AbsolutePositionForObject(o).Y
}

// holds tells whether o is in s. Objects know nothing of what they are in, so
// the content is moved for an instant: what is in it moves too.
func holds(s *container.Scroll, o fyne.CanvasObject) bool {
	if s.Content == nil || fyne.CurrentApp().Driver().CanvasForObject(s) == nil {
		return false
	}
	at, before := s.Content.Position(), top(o)
	s.Content.Move(at.AddXY(0, 1))
	after := top(o)
	s.Content.Move(at)
	return after != before
}

// bring scrolls as little as is needed. Of what is higher than the room for
// it, the beginning is shown.
func bring(s *container.Scroll, o fyne.CanvasObject) {
	margin, hint := grid(2), grid(6) // below most there is a line of a hint
	above := top(o) - top(s) - margin
	below := above + o.Size().Height + margin + hint - s.Size().Height
	by := max(0, below)
	by = min(by, above)
	if by > 0 || above < 0 {
		most := max(0, s.Content.Size().Height-s.Size().Height)
		s.ScrollToOffset(fyne.NewPos(s.Offset.X, max(0, min(most, s.Offset.Y+by))))
	}
}
