package ui

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/keyceremony/ceremony/ui/kit"
)

// A table is the window of a rehearsal with what people would have on paper,
// in hand or on machines of their own.
type table struct {
	scrolling
	s       *scene
	w       *Window
	papers  *fyne.Container
	buttons map[string]*kit.Button // by what they fetch
	box     fyne.CanvasObject
}

func newTable(s *scene, main *Window) *table {
	t := &table{s: s, papers: kit.NewColumn(2)}
	t.w = newWindow(main.app, main.host, "table", "On the table")
	t.w.win.Resize(fyne.NewSize(560, 800))
	say := kit.NewText("What people hold in their hands. On the day it lies in envelopes, on cards and on machines of their own, never on this one.", kit.Muted)
	papers := kit.NewColumn(3, t.head(), say, t.machines(), t.papers)
	t.box = container.NewBorder(kit.NewBand("REHEARSAL"), nil, nil, nil, t.over(720, papers))
	t.draw()
	t.w.show(t)
	return t
}

// head says at which machine the table stands, where each has one.
func (t *table) head() fyne.CanvasObject {
	title := kit.NewText("On the table", kit.Title)
	if side := t.s.r.Machine; side != "" {
		return kit.NewRow(2, 0, title, kit.Badge(side))
	}
	return title
}

func (t *table) title() string {
	if side := t.s.r.Machine; side != "" {
		return "On the table · " + side + " machine"
	}
	return ""
}

// machines lead to the windows of the two machines: on a small screen they lie
// over each other, and no program can place its windows on every desktop.
func (t *table) machines() fyne.CanvasObject {
	row := kit.NewFlow(1)
	if t.s.at["online"] == t.s.at["offline"] || t.s.r.Machine != "" {
		return row
	}
	for _, side := range []string{"online", "offline"} {
		row.Add(kit.NewButton("Show the "+side+" machine", kit.Plain, func() {
			if w := t.s.at[side]; w != nil {
				w.win.RequestFocus()
			}
		}))
	}
	return row
}

// draw lays the papers out anew.
func (t *table) draw() {
	t.papers.RemoveAll()
	t.buttons = map[string]*kit.Button{}
	for _, p := range t.s.r.Papers() {
		card := kit.NewColumn(1.5, kit.NewText(p.Title, kit.Strong))
		if p.Note != "" {
			card.Add(kit.NewText(p.Note, kit.SmallMuted))
		}
		if len(p.Facts) > 0 {
			card.Add(kit.NewFacts(p.Facts))
		}
		for _, e := range p.Fetch {
			b := kit.NewButton(e.Label, kit.Plain, func() { t.fetch(e) })
			t.buttons[e.Sheet] = b
			card.Add(kit.NewRow(1, -1, b)) // it stays where it is, whatever it brings
			if len(e.Brought) > 0 {
				card.Add(kit.NewFacts(e.Brought))
			}
		}
		t.papers.Add(kit.NewCard(card))
	}
	t.papers.Refresh()
}

// fetch has somebody go and get a sheet.
func (t *table) fetch(e Errand) {
	t.w.work.do(e.Label, func(context.Context) error { return t.s.r.Fetch(e.Sheet) }, func(err error) {
		if err != nil {
			t.w.tell(err)
			return
		}
		t.draw()
	})
}

func (t *table) content() fyne.CanvasObject { return t.box }
func (t *table) first() fyne.Focusable      { return nil }
func (t *table) enter()                     {}
func (t *table) files([]string) bool        { return true }

// leave lets the table stay as long as the rehearsal is led.
func (t *table) leave() error {
	if len(t.s.at) > 0 {
		return errTableStays
	}
	return nil
}

func (t *table) help() (title, text string) {
	return "On the table", "Take from here what a step asks for. What stands on somebody's card only this person would know."
}

func (t *table) mark(tr *Trace) {
	tr.Page, tr.focused = "table", map[fyne.Focusable]string{}
	for sheet, b := range t.buttons {
		tr.box(t.w, sheet, b)
		tr.focused[b] = sheet
	}
}
