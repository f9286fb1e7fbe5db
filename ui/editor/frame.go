package editor

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/keyceremony/ceremony/ui/kit"
)

// A frame lays the page out: the tables left, the form, the file right. Where
// there is no room for the file beside the form, it takes the form's place.
type frame struct {
	top, left, middle, right, bottom fyne.CanvasObject
	asked                            *bool // by a person; nil: as there is room
	narrow                           bool
	folding                          func(shown bool) // is told when the file comes or goes
	box                              *fyne.Container
}

func newFrame(top, left, middle, right, bottom fyne.CanvasObject) *frame {
	f := &frame{top: top, left: left, middle: middle, right: right, bottom: bottom}
	f.box = container.New(f, top, left, middle, right, bottom)
	return f
}

// Widths at scale 1.
const (
	railWidth   = 264
	formWidth   = 520 // the least beside the file
	sourceWidth = 420
)

// toggle shows the file, or hides it.
func (f *frame) toggle() {
	shown := !f.right.Visible()
	f.asked = &shown
	f.box.Refresh()
}

// MinSize is that of a small projector.
func (f *frame) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(800, 560) }

// Layout implements fyne.Layout.
func (f *frame) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	scale := kit.Size(kit.SizeGrid) / 8
	top := f.top.MinSize().Height
	f.bottom.Resize(fyne.NewSize(size.Width, f.bottom.MinSize().Height)) // or it cannot tell its height
	foot := f.bottom.MinSize().Height
	left, high := min(railWidth*scale, size.Width/3), size.Height-top-foot
	rest := size.Width - left
	narrow := rest < (formWidth+sourceWidth)*scale
	if narrow != f.narrow {
		f.narrow, f.asked = narrow, nil
	}
	file := !narrow
	if f.asked != nil {
		file = *f.asked
	}
	show(f.right, file)
	show(f.middle, !file || !narrow)
	right := float32(0)
	if file {
		right = max(sourceWidth*scale, rest*2/5)
	}
	if file && narrow {
		right = rest
	}
	put(f.top, 0, 0, size.Width, top)
	put(f.bottom, 0, size.Height-foot, size.Width, foot)
	put(f.left, 0, top, left, high)
	put(f.middle, left, top, rest-right, high)
	put(f.right, size.Width-right, top, right, high)
	if f.folding != nil {
		f.folding(file)
	}
}

func show(o fyne.CanvasObject, yes bool) {
	if yes && !o.Visible() {
		o.Show()
	}
	if !yes && o.Visible() {
		o.Hide()
	}
}

func put(o fyne.CanvasObject, x, y, w, h float32) {
	o.Move(fyne.NewPos(x, y))
	o.Resize(fyne.NewSize(w, h))
}
