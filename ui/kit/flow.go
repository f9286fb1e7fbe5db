package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

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
