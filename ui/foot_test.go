package ui

import (
	"image"
	"testing"

	"fyne.io/fyne/v2"
)

// TestSmallWindow: in the least window, and with text as large as it grows
// there, no button lies on another or outside.
func TestSmallWindow(t *testing.T) {
	h, w := led(t)
	h.until(w, "kek.create")
	p := page_(t, w)
	for _, size := range []fyne.Size{{Width: 800, Height: 560}, {Width: 943, Height: 661}, {Width: 1600, Height: 900}} {
		w.win.Resize(size)
		for range 10 {
			w.scale(1.125)
		}
		boxes := []image.Rectangle{rect(p.primary, fyne.Position{})}
		for _, b := range p.turns.Objects {
			boxes = append(boxes, rect(b, p.turns.Position()))
		}
		for i, one := range boxes {
			if window := image.Rect(0, 0, int(size.Width), int(size.Height)); !one.In(window) || one.Empty() {
				t.Errorf("%v at scale %g: button %d at %v stands outside", size, w.host.Taste.Scale, i, one)
			}
			for j, other := range boxes[:i] {
				if one.Overlaps(other) {
					t.Errorf("%v at scale %g: button %d at %v lies on button %d at %v", size, w.host.Taste.Scale, i, one, j, other)
				}
			}
		}
		w.setTaste(Taste{Look: w.host.Taste.Look, Scale: 1})
	}
}

// TestLongWaiting: what is awaited stays in the bar, also where it is long.
func TestLongWaiting(t *testing.T) {
	h, w := led(t)
	h.until(w, "kek.create")
	p := page_(t, w)
	for _, width := range []float32{800, 1024, 1028, 1280, 1600} {
		w.win.Resize(fyne.NewSize(width, 900))
		for _, said := range []string{"Waiting for: Type CREATE", "Waiting for signatures: each ceremony administrator, operator, crypto officer, internal witness and external witness (0 of 6 signed)"} {
			p.waiting.SetText(said)
			p.frame.box.Refresh()
			top, at, high := p.frame.foot.ground.Position().Y, p.waiting.Position().Y, p.waiting.MinSize().Height
			if at < top || at+high > 900 {
				t.Errorf("%g wide: the bar begins at %g, %q stands from %g to %g", width, top, said, at, at+high)
			}
			if at+high > p.primary.Position().Y && p.waiting.Position().X+p.waiting.Size().Width > p.primary.Position().X {
				t.Errorf("%g wide: %q lies on the button", width, said)
			}
		}
	}
}

// rect is where an object stands, in pixels of the window.
func rect(o fyne.CanvasObject, in fyne.Position) image.Rectangle {
	at, size := in.Add(o.Position()), o.Size()
	return image.Rect(int(at.X), int(at.Y), int(at.X+size.Width), int(at.Y+size.Height))
}
