package ui

import (
	"image"
	"reflect"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/keyceremony/ceremony/ui/kit"
)

// A tracer tells the host what was painted. Its probe is one pixel that is
// painted with the page, so that what is told is what can be seen.
type tracer struct {
	w     *Window
	probe *canvas.Raster
	last  Trace
	sheet string
}

func newTracer(w *Window) *tracer {
	t := &tracer{w: w}
	t.probe = canvas.NewRaster(func(int, int) image.Image {
		t.painted()
		return image.NewNRGBA(image.Rect(0, 0, 1, 1)) // nothing can be seen of it
	})
	t.probe.Resize(fyne.NewSquareSize(1))
	return t
}

// touch has the probe painted again.
func (t *tracer) touch() {
	if t.w.host.Trace != nil {
		t.probe.Refresh()
	}
}

func (t *tracer) painted() {
	if t.w.host.Trace == nil || t.w.page == nil {
		return
	}
	now := Trace{Window: t.w.name, Boxes: map[string]Box{}}
	t.w.page.mark(&now)
	if t.w.win.Canvas().Overlays().Top() != nil {
		now.Sheet = t.sheet
	}
	now.Focus = focusName(t.w.win.Canvas().Focused(), now)
	if reflect.DeepEqual(now, t.last) {
		return
	}
	t.last = now
	t.w.host.Trace(now)
}

// focusName names what has the focus: a button by its text.
func focusName(f fyne.Focusable, now Trace) string {
	switch f := f.(type) {
	case nil:
		return ""
	case *kit.Button:
		return f.Text()
	}
	return now.focused[f]
}

// box notes where something is, in pixels.
func (t *Trace) box(w *Window, name string, o fyne.CanvasObject) {
	if !o.Visible() {
		return
	}
	c := w.win.Canvas()
	at, size, s := fyne.CurrentApp().Driver().AbsolutePositionForObject(o), o.Size(), c.Scale()
	t.Boxes[name] = Box{int(at.X * s), int(at.Y * s), int(size.Width * s), int(size.Height * s)}
}
