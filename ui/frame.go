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
	middle, top, left, right fyne.CanvasObject
	above                    fyne.CanvasObject
	foot                     foot
	folded, unfolded         bool // by a person
	box                      *fyne.Container
}

// newFrame puts the parts into the order in which the Tab key visits them.
func newFrame(middle, top, left, right fyne.CanvasObject, f foot) *frame {
	fr := &frame{middle: middle, top: kit.NewBar(top), left: kit.NewPane(left), right: kit.NewPane(right), foot: f}
	fr.above = container.NewWithoutLayout()
	fr.foot.ground = kit.NewPane(container.NewWithoutLayout())
	fr.box = container.New(fr, fr.middle, fr.foot.ground, f.turns, f.waiting, f.primary, fr.top, fr.left, fr.right, fr.above)
	return fr
}

func (f *frame) band(o fyne.CanvasObject) {
	f.above = o
	f.box.Objects[8] = o
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
	f.foot.place(size)
	high := size.Height - f.foot.height(size.Width) - y
	left, right := railWidth*scale, journalWidth*scale
	if f.folded || !f.unfolded && size.Width < comfort*scale {
		right = 0
	}
	if size.Width < 900*scale {
		left = 220 * scale
	}
	f.show(f.right, right > 0)
	put(f.left, 0, y, left, high)
	put(f.right, size.Width-right, y, right, high)
	put(f.middle, left, y, size.Width-left-right, high)
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
	put(o, 0, y, width, h)
	return y + h
}
