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

// rect is where an object stands, in pixels of the window.
func rect(o fyne.CanvasObject, in fyne.Position) image.Rectangle {
	at, size := in.Add(o.Position()), o.Size()
	return image.Rect(int(at.X), int(at.Y), int(at.X+size.Width), int(at.Y+size.Height))
}
