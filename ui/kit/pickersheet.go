package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// content is the path on top, the places at the left, and the list.
func (p *picker) content(places []Place) fyne.CanvasObject {
	var rows []fyne.CanvasObject
	if len(places) > 0 {
		rows = append(rows, NewLine("Places", Overline))
	}
	for _, at := range places {
		b := NewButton(at.Name, Quiet, func() {
			p.goTo(at.Path, "")
			p.sheet.focus(p.list)
		})
		b.leading = true
		rows = append(rows, b)
	}
	side := NewScroll(NewColumn(0.5, rows...))
	p.body = container.New(pickerLayout{}, p.field, p.list.frame(p.list), side)
	return p.body
}

// pickerLayout has the list before the places, so that Tab comes to it first.
type pickerLayout struct{}

func (pickerLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(grid(50), grid(30))
}

func (pickerLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	field, list, side := o[0], o[1], o[2]
	y := settle(field, s.Width) + grid(2)
	width := grid(24)
	place(side, 0, y, width, max(0, s.Height-y))
	place(list, width+grid(2), y, s.Width-width-grid(2), max(0, s.Height-y))
}
