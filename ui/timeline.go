package ui

import (
	"fmt"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/keyceremony/ceremony/report"
	"github.com/keyceremony/ceremony/ui/kit"
)

// timeline has every record of both sides in their proved order: a list, and
// beside it the record that is open, readable and as it stands in the log.
type timeline struct {
	p      *viewer
	part   *part
	search *kit.Entry
	turns  []*turn
	found  *kit.Text
	list   *kit.List
	open   *fyne.Container // the record
	scroll *kit.Scroll     // around it
	rows   []int           // of the entries: those that are shown
	at     int             // the entry that is open, -1: none
}

func newTimeline(p *viewer) *timeline {
	l := &timeline{p: p, at: -1, search: kit.NewEntry(p.w.keys), found: kit.NewText("", kit.SmallMuted)}
	l.part = &part{title: "Timeline", note: fmt.Sprint(len(p.entries)), icon: "clock", draw: l.draw}
	l.search.SetExample("Search all records")
	l.search.OnChanged = func(string) { l.filter() }
	l.search.OnSubmitted = func(string) { p.w.focus(l.list) }
	l.list = kit.NewList(l.row, func(i int) { l.show(l.rows[i]) })
	l.open = kit.NewColumn(2.5)
	l.turns = l.allTurns()
	return l
}

func (l *timeline) draw() fyne.CanvasObject {
	buttons := kit.NewFlow(1)
	for _, t := range l.turns {
		buttons.Add(t.button)
	}
	above := kit.NewColumn(1, l.search, buttons, l.found)
	l.scroll = kit.NewScroll(kit.NewRoom(1.5, 0.5, l.open))
	l.p.reading.scroll = l.scroll
	l.filter()
	return kit.NewScroll(kit.NewRoom(2.5, 2.5, container.New(below{2}, above, kit.NewSplit(l.list.Framed(), l.scroll))))
}

// below has the second object fill the room that the first one leaves, so many
// steps of the grid below it.
type below struct{ gap float32 }

// MinSize implements fyne.Layout.
func (l below) MinSize(o []fyne.CanvasObject) fyne.Size {
	a, b := o[0].MinSize(), o[1].MinSize()
	return fyne.NewSize(max(a.Width, b.Width), a.Height+l.gap*gap()+b.Height)
}

// Layout implements fyne.Layout.
func (l below) Layout(o []fyne.CanvasObject, size fyne.Size) {
	o[0].Resize(fyne.NewSize(size.Width, o[0].MinSize().Height)) // text wraps here, and has its height then
	h := o[0].MinSize().Height
	put(o[0], 0, 0, size.Width, h)
	h += l.gap * gap()
	put(o[1], 0, h, size.Width, max(0, size.Height-h))
}

// row is what the list says of a record.
func (l *timeline) row(i int) kit.ListRow {
	e := &l.p.entries[l.rows[i]]
	note := e.Ref.Text
	if e.Time != "" {
		note = e.Time + " · " + note
	}
	if len(e.By) > 0 {
		note += " · " + join(e.By)
	}
	return kit.ListRow{Title: e.Title, Note: note, Loud: e.Loud}
}

// filter shows the records that fit what was typed and chosen; the one that is
// open stays so if it is among them.
func (l *timeline) filter() {
	l.rows = l.rows[:0]
	words := strings.ToLower(strings.TrimSpace(l.search.Value()))
	for i := range l.p.entries {
		e := &l.p.entries[i]
		if !slices.ContainsFunc(l.turns, func(t *turn) bool { return !t.fits(e) }) && says(e, words) {
			l.rows = append(l.rows, i)
		}
	}
	said := fmt.Sprintf("%d of %s", len(l.rows), count(len(l.p.entries), "record"))
	if len(l.rows) == len(l.p.entries) {
		said = "All " + count(len(l.rows), "record") + ", in their proved order. Times are UTC by each machine's own clock."
	}
	l.found.SetText(said)
	l.list.Set(len(l.rows), slices.Index(l.rows, l.at))
	if len(l.rows) == 0 {
		l.at = -1
		fillWith(l.open, kit.NewText("No record has that.", kit.Muted))
	}
}

// says whether a record has these words, readable or raw.
func says(e *report.Entry, words string) bool {
	if words == "" {
		return true
	}
	has := func(text string) bool { return strings.Contains(strings.ToLower(text), words) }
	return has(e.Title) || has(e.Ref.Text) || has(join(e.By)) ||
		slices.ContainsFunc(e.Lines, func(l report.Line) bool { return has(l.Label) || has(l.Value) }) ||
		slices.ContainsFunc(e.Raw, func(r report.RawLine) bool { return has(string(r.Bytes)) })
}

// show opens a record.
func (l *timeline) show(i int) {
	if i == l.at {
		return
	}
	l.at = i
	fillWith(l.open, l.entry(&l.p.entries[i]))
	if l.scroll != nil {
		l.scroll.Refresh()
		l.scroll.Scroll.ScrollToTop()
	}
}

// find opens the record that is referred to, and takes filters away that hide
// it.
func (l *timeline) find(r report.Ref) {
	i := slices.IndexFunc(l.p.entries, func(e report.Entry) bool { return e.Ref == r })
	if i < 0 {
		l.p.w.notice("Record "+r.Text, "It is not in the timeline by itself: it began what a later record ended.")
		return
	}
	if at := slices.Index(l.rows, i); at >= 0 {
		l.list.Set(len(l.rows), at)
		return
	}
	l.show(i)
	for _, t := range l.turns {
		t.take("")
	}
	l.search.SetValue("") // and that filters
	l.filter()
}
