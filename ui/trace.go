package ui

import (
	"fmt"
	"image"
	"reflect"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"github.com/keyceremony/ceremony/ui/kit"
)

// A tracer tells the host what was painted. Its probe is one pixel that is
// painted with the page, so that what is told is what can be seen.
type tracer struct {
	w       *Window
	probe   *probe
	last    Trace
	looking bool
}

// A probe is asked for its pixel each time the page is painted, whatever the
// reason. If the page says something else than at the last time, the pixel is
// painted anew, and that is told. So nobody needs to say that something
// changed: neither what moves the focus nor what puts a sheet up.
type probe struct {
	widget.BaseWidget
	t     *tracer
	pixel *canvas.Raster
}

func newTracer(w *Window) *tracer {
	t := &tracer{w: w, probe: &probe{}}
	t.probe.t = t
	t.probe.pixel = canvas.NewRaster(func(int, int) image.Image {
		t.painted()
		return image.NewNRGBA(image.Rect(0, 0, 1, 1)) // nothing can be seen of it
	})
	t.probe.ExtendBaseWidget(t.probe)
	t.probe.Resize(fyne.NewSquareSize(1))
	return t
}

// CreateRenderer is for Fyne.
func (p *probe) CreateRenderer() fyne.WidgetRenderer { return probeRenderer{p} }

type probeRenderer struct{ p *probe }

func (r probeRenderer) Destroy()           {}
func (r probeRenderer) Layout(s fyne.Size) { r.p.pixel.Resize(s) }
func (r probeRenderer) MinSize() fyne.Size { return fyne.NewSquareSize(1) }
func (r probeRenderer) Refresh()           { r.p.pixel.Refresh() }

// Objects is called whenever the page is painted.
func (r probeRenderer) Objects() []fyne.CanvasObject {
	r.p.t.look()
	return []fyne.CanvasObject{r.p.pixel}
}

// touch has the probe painted again.
func (t *tracer) touch() {
	if t.w.host.Trace != nil {
		t.probe.pixel.Refresh()
	}
}

// look has the probe painted again if something changed. To find out where
// buttons are walks over the page, and so asks the probe again.
func (t *tracer) look() {
	if t.w.host.Trace == nil || t.w.page == nil || t.looking {
		return
	}
	t.looking = true
	defer func() { t.looking = false }()
	if !reflect.DeepEqual(t.now(), t.last) {
		t.probe.pixel.Refresh()
	}
}

func (t *tracer) painted() {
	if t.w.host.Trace == nil || t.w.page == nil || t.looking {
		return
	}
	t.looking = true
	defer func() { t.looking = false }()
	now := t.now()
	if reflect.DeepEqual(now, t.last) {
		return
	}
	t.last = now
	t.w.host.Trace(now)
}

// now is what the page says, and the sheet above it.
func (t *tracer) now() Trace {
	now := Trace{Window: t.w.name, Boxes: map[string]Box{}, Acts: t.w.work.acts}
	now.Busy, _, _ = t.w.work.busy()
	t.w.page.mark(&now)
	names := now.focused
	if s := t.w.keys.Sheet(); s != nil {
		now.Sheet, names = s.Title(), s.Named
		for _, b := range s.Buttons() {
			now.box(t.w, b.Text(), b)
		}
	}
	now.Focus, now.focused = focusName(t.w.win.Canvas().Focused(), names), nil
	return now
}

// focusName names what has the focus: a button without a name by its text.
func focusName(f fyne.Focusable, names map[fyne.Focusable]string) string {
	if f == nil {
		return ""
	}
	if name, ok := names[f]; ok {
		return name
	}
	if b, ok := f.(*kit.Button); ok {
		return b.Text()
	}
	return fmt.Sprintf("%T", f)
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
