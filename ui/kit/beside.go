package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// Beside puts two objects side by side where each gets at least so much room,
// else one below the other.
type beside struct {
	least float32 // width of each, in grid steps
	width *float32
}

// NewBeside stands a beside b, or above it in a place that is narrower than
// twice least (pixels at scale 1).
func NewBeside(least float32, a, b fyne.CanvasObject) *fyne.Container {
	return container.New(beside{least / 8, new(float32)}, a, b)
}

const besideGap = 3 // grid steps

func (b beside) columns() bool { return *b.width >= grid(2*b.least+besideGap) }

func (b beside) Layout(o []fyne.CanvasObject, size fyne.Size) {
	*b.width = size.Width
	if !b.columns() {
		h := settle(o[0], size.Width)
		o[0].Move(fyne.NewPos(0, 0))
		settle(o[1], size.Width)
		o[1].Move(fyne.NewPos(0, h+grid(besideGap)))
		return
	}
	w := (size.Width - grid(besideGap)) / 2
	for i, one := range o {
		settle(one, w)
		one.Move(fyne.NewPos(float32(i)*(w+grid(besideGap)), 0))
	}
}

func (b beside) MinSize(o []fyne.CanvasObject) fyne.Size {
	x, y := o[0].MinSize(), o[1].MinSize()
	if b.columns() {
		return fyne.NewSize(x.Width+y.Width, max(x.Height, y.Height))
	}
	return fyne.NewSize(max(x.Width, y.Width), x.Height+grid(besideGap)+y.Height)
}

// A split has a list at the left and what is open at the right or, where it is
// narrow, below it.
type split struct{}

// NewSplit stands a list beside what is open of it.
func NewSplit(list, open fyne.CanvasObject) *fyne.Container {
	return container.New(split{}, list, open)
}

func (split) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(grid(30), grid(40)) }

func (split) Layout(o []fyne.CanvasObject, size fyne.Size) {
	gap := grid(2)
	if size.Width < grid(80) {
		h := size.Height * 0.42
		place(o[0], 0, 0, size.Width, h)
		place(o[1], 0, h+gap, size.Width, size.Height-h-gap)
		return
	}
	w := max(grid(38), min(grid(64), size.Width*0.34))
	place(o[0], 0, 0, w, size.Height)
	place(o[1], w+gap, 0, size.Width-w-gap, size.Height)
}
