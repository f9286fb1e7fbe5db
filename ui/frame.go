package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/keyceremony/ceremony/ui/kit"
)

// A frame lays the ceremony page out: a band and a bar above, the rail at the
// left, the transcript at the right, the buttons below. The transcript folds
// away where the window is too narrow for it, or when people fold it.
type frame struct {
	middle, top, bottom, left, right fyne.CanvasObject
	above                            fyne.CanvasObject
	folded, unfolded                 bool // by a person
	box                              *fyne.Container
}

// newFrame puts the parts into the order in which the Tab key visits them.
func newFrame(middle, top, bottom, left, right fyne.CanvasObject) *frame {
	f := &frame{middle: middle, top: kit.NewBar(top), bottom: kit.NewBar(bottom), left: kit.NewPane(left), right: kit.NewPane(right)}
	f.above = container.NewWithoutLayout()
	f.box = container.New(f, f.middle, f.bottom, f.top, f.left, f.right, f.above)
	return f
}

func (f *frame) band(o fyne.CanvasObject) {
	f.above = o
	f.box.Objects[5] = o
}

// fold shows or hides the transcript.
func (f *frame) fold() {
	show := !f.right.Visible()
	f.folded, f.unfolded = !show, show
	f.box.Refresh()
}

// Widths of the panes at scale 1; without comfort the transcript folds.
const (
	railWidth    = 288
	journalWidth = 328
	comfort      = 1180
)

// MinSize is that of a small projector.
func (f *frame) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(800, 560) }

// Layout implements fyne.Layout.
func (f *frame) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	scale := kit.Size(kit.SizeBody) / 18
	y := f.row(f.above, 0, size.Width)
	y = f.row(f.top, y, size.Width)
	foot := max(f.bottom.MinSize().Height, 80*scale)
	f.place(f.bottom, 0, size.Height-foot, size.Width, foot)
	high := size.Height - foot - y
	left, right := railWidth*scale, journalWidth*scale
	if f.folded || !f.unfolded && size.Width < comfort*scale {
		right = 0
	}
	if size.Width < 900*scale {
		left = 220 * scale
	}
	f.show(f.right, right > 0)
	f.place(f.left, 0, y, left, high)
	f.place(f.right, size.Width-right, y, right, high)
	f.place(f.middle, left, y, size.Width-left-right, high)
}

func (f *frame) show(o fyne.CanvasObject, yes bool) {
	if yes != o.Visible() {
		if yes {
			o.Show()
		} else {
			o.Hide()
		}
	}
}

func (f *frame) row(o fyne.CanvasObject, y, width float32) float32 {
	h := o.MinSize().Height
	f.place(o, 0, y, width, h)
	return y + h
}

func (f *frame) place(o fyne.CanvasObject, x, y, w, h float32) {
	o.Move(fyne.NewPos(x, y))
	o.Resize(fyne.NewSize(w, h))
}
