package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/keyceremony/ceremony/ui/kit"
)

// A reading is a page on which people read and change nothing. Its button
// leads back.
type reading struct {
	scrolling
	w    *Window
	back *kit.Button
	box  fyne.CanvasObject
}

func newReading(w *Window, label string, back func()) reading {
	return reading{w: w, back: kit.NewButton(label, kit.Primary, back)}
}

// read stands the text above the button.
func (r *reading) read(body fyne.CanvasObject) {
	foot := kit.NewBar(kit.NewRow(2, 0, kit.NewText("", kit.Body), r.back))
	r.box = container.NewBorder(nil, foot, nil, nil, r.over(1040, body))
}

func (r *reading) content() fyne.CanvasObject { return r.box }
func (r *reading) first() fyne.Focusable      { return r.back }
func (r *reading) enter()                     { r.back.Press() }
func (r *reading) files([]string) bool        { return false }
func (r *reading) leave() error               { return nil }

// tell says in a trace what every such page has.
func (r *reading) tell(t *Trace, page, phase string, primary *kit.Button) {
	t.Page, t.Phase, t.Primary, t.Ready = page, phase, primary.Text(), !primary.Disabled()
	t.box(r.w, "primary", primary)
}
