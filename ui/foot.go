package ui

import (
	"fyne.io/fyne/v2"

	"github.com/keyceremony/ceremony/ui/kit"
)

// A foot is the bar below the page: what may come at any time at the left, the
// primary button at the right, and between the two what is awaited; where there
// is no room for it there, above them; and where there is none for the buttons
// side by side, the primary button has a line of its own.
type foot struct{ ground, turns, waiting, primary fyne.CanvasObject }

func gap() float32 { return kit.Size(kit.SizeGrid) }

// between is the room between the buttons.
func (f foot) between(width float32) float32 {
	w := width - f.turns.MinSize().Width - 6*gap()
	if f.primary.Visible() {
		w -= f.primary.MinSize().Width + 2*gap()
	}
	return w
}

// narrow tells whether what is awaited stands above the buttons: where it would
// have more lines between them than the bar is high.
func (f foot) narrow(width float32) bool {
	w := f.between(width)
	if w < 30*gap() {
		return true
	}
	return wrapped(f.waiting, w) > f.primary.MinSize().Height+3*gap()
}

// above is the height of what is awaited where it stands above the buttons.
func (f foot) above(width float32) float32 {
	return max(3*gap(), wrapped(f.waiting, width-6*gap())+0.5*gap())
}

// wrapped is the height of a text at this width.
func wrapped(text fyne.CanvasObject, width float32) float32 {
	text.Resize(fyne.NewSize(width, text.MinSize().Height)) // it wraps here, and has its height then
	return text.MinSize().Height
}

// stacked tells whether the primary button stands below the others.
func (f foot) stacked(width float32) bool { return f.between(width) < 0 }

// height is that of the bar in a window so wide.
func (f foot) height(width float32) float32 {
	h := max(f.turns.MinSize().Height, f.primary.MinSize().Height) + 4*gap()
	if f.narrow(width) {
		h += f.above(width)
	}
	if f.stacked(width) {
		h += f.primary.MinSize().Height + gap()
	}
	return h
}

// place puts the bar at the bottom of a window of this size.
func (f foot) place(size fyne.Size) {
	high, pad := f.height(size.Width), 3*gap()
	top := size.Height - high
	put(f.ground, 0, top, size.Width, high)
	row, line := top, high
	if f.narrow(size.Width) {
		above := f.above(size.Width)
		put(f.waiting, pad, top+gap(), size.Width-2*pad, above)
		row, line = top+above-0.5*gap(), high-above+0.5*gap()
	}
	w := f.primary.MinSize().Width
	if f.stacked(size.Width) {
		own := f.primary.MinSize().Height + gap()
		line -= own
		put(f.primary, size.Width-pad-w, size.Height-own-gap(), w, own-gap())
	} else {
		centre(f.primary, size.Width-pad-w, row, w, line)
	}
	centre(f.turns, pad, row, f.turns.MinSize().Width, line)
	if !f.narrow(size.Width) {
		centre(f.waiting, pad+f.turns.MinSize().Width+gap(), row, f.between(size.Width), line)
	}
}

func put(o fyne.CanvasObject, x, y, w, h float32) {
	o.Move(fyne.NewPos(x, y))
	o.Resize(fyne.NewSize(w, h))
}

// centre gives o this width and its own height, in the middle of a line.
func centre(o fyne.CanvasObject, x, y, w, line float32) {
	h := wrapped(o, w)
	put(o, x, y+(line-h)/2, w, h)
}
