package ui

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"

	"github.com/keyceremony/ceremony/report"
	"github.com/keyceremony/ceremony/ui/kit"
)

// This file lists the parts of what an auditor reads, and has those that are
// lists of points: exceptions, and what standards ask.

func (p *viewer) list() []*part {
	verdict := &part{title: "The verdict", state: p.worst(), draw: p.verdict}
	if p.t == nil {
		return []*part{verdict}
	}
	if len(p.paper.given()) == 0 {
		verdict.primary = func() (string, bool, func()) {
			return "Type the codes", true, func() {
				p.open(1)
				p.w.focus(p.paper.first())
			}
		}
	}
	p.line = newTimeline(p)
	points, state := len(p.t.Exceptions)+len(p.t.Missed())+len(p.t.Against)+len(p.t.Open()), kit.Done
	if points > 0 {
		state = kit.Exception
	}
	return []*part{
		verdict,
		{title: "Codes from paper", state: p.paper.state(), draw: p.paper.draw, primary: p.paper.primary},
		{title: "Exceptions and open points", note: toRead(points), state: state, draw: p.points},
		p.line.part,
		{title: "People and signatures", icon: "people", draw: p.people},
		{title: "Keys", note: fmt.Sprint(len(p.t.Plan.Keys)), icon: "key", draw: p.keyCards},
		{title: "Files", note: fmt.Sprint(len(p.t.Manifest())), icon: "folder", draw: p.fileList},
		{title: "What standards ask", icon: "file", draw: p.demands},
		{title: "Without this program", icon: "check", draw: p.stock},
		{title: "Print", icon: "copy", draw: p.printing},
	}
}

// toRead says how many points there are, and nothing of none.
func toRead(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d to read", n)
}

// leaf is a part that scrolls: what it is about, its title, and what is in it.
func (p *viewer) leaf(over, title string, body ...fyne.CanvasObject) fyne.CanvasObject {
	head := kit.NewColumn(1, kit.NewText(over, kit.OverlineBlue), kit.NewText(title, kit.Title))
	return p.over(1040, kit.NewColumn(3, append([]fyne.CanvasObject{head}, body...)...))
}

func (p *viewer) points() fyne.CanvasObject {
	var body []fyne.CanvasObject
	for _, a := range p.t.Against {
		body = append(body, kit.NewPanel(a.Name+" does not agree", []string{a.Why}, "", kit.PanelError))
	}
	for i, e := range p.t.Exceptions {
		body = append(body, p.exception(i+1, e))
	}
	if len(p.t.Exceptions) == 0 {
		body = append(body, kit.NewMarked(kit.Holds, "There was no exception", ""))
	}
	missed := kit.NewColumn(1.5)
	for _, g := range p.t.Missed() {
		missed.Add(p.point(kit.NotChecked, capital(g.Found), g.ID+" · wanted: "+g.Wanted, g.Refs))
	}
	if len(missed.Objects) > 0 {
		body = append(body, headed("Checks that could not be made", missed))
	}
	open := kit.NewColumn(1.5)
	for _, o := range p.t.Open() {
		open.Add(p.point(kit.Noted, capital(o.Text), "", o.Refs))
	}
	if len(open.Objects) > 0 {
		body = append(body, headed("Open points: what to ask about", open))
	}
	return p.leaf("What to read first", "Exceptions and open points", body...)
}

func headed(head string, list fyne.CanvasObject) fyne.CanvasObject {
	return kit.NewColumn(1.25, kit.NewText(head, kit.Overline), kit.NewCard(list))
}

func (p *viewer) exception(n int, e report.Exception) fyne.CanvasObject {
	facts := []kit.Fact{{Label: "Expected", Value: e.Expected}, {Label: "Happened", Value: e.Happened}, {Label: "Decided", Value: e.Decided}}
	if len(e.Checks) > 0 {
		facts = append(facts, kit.Fact{Label: "About the check", Value: join(e.Checks)})
	}
	facts = append(facts, kit.Fact{Label: "Signed by", Value: join(e.By)})
	return headed(fmt.Sprintf("Exception %d", n), kit.NewColumn(1.5, kit.NewFacts(facts), p.refs([]report.Ref{e.Ref})))
}

// point is one thing to know, with the records that have it.
func (p *viewer) point(m kit.Mark, words, more string, refs []report.Ref) fyne.CanvasObject {
	if len(refs) == 0 {
		return kit.NewMarked(m, words, more)
	}
	return kit.NewColumn(0, kit.NewMarked(m, words, more), kit.NewRoom(2.25, 0, p.refs(refs)))
}

// refs lead to records.
func (p *viewer) refs(refs []report.Ref) fyne.CanvasObject {
	const most = 8
	row := kit.NewFlow(0.5)
	for _, r := range refs[:min(most, len(refs))] {
		row.Add(kit.NewButton("Record "+r.Text, kit.Quiet, func() { p.goTo(r) }))
	}
	if len(refs) > most {
		row.Add(kit.NewText(fmt.Sprintf("and %d more", len(refs)-most), kit.Muted))
	}
	return row
}

// goTo opens the timeline at a record.
func (p *viewer) goTo(r report.Ref) {
	p.openPart(p.line.part)
	p.line.find(r)
	p.w.focus(p.line.list)
}

// demands is the map of what standards want to what the record has.
func (p *viewer) demands() fyne.CanvasObject {
	var body []fyne.CanvasObject
	for _, of := range []struct {
		head string
		list []report.Requirement
	}{{"What standards ask of a record", p.t.Standards()}, {"What no standard asks, and a key transfer needs", p.t.Transfer()}} {
		list := kit.NewColumn(2)
		for _, r := range of.list {
			list.Add(p.demand(r))
		}
		body = append(body, headed(of.head, list))
	}
	words := kit.NewText("These are rules for certification authorities and for PIN keys: for a key transfer they are a yardstick, no legal duty. The clause counts, not the words used here for it. A gap is what the record does not have.", kit.Body)
	return p.leaf("Map of requirements", "What standards ask", append([]fyne.CanvasObject{words}, body...)...)
}

func (p *viewer) demand(r report.Requirement) fyne.CanvasObject {
	mark, more := kit.Holds, r.Sources
	if len(r.Gaps) > 0 {
		mark = kit.NotChecked
	} else if len(r.Refs)+len(r.Rules) == 0 {
		mark = kit.Noted
	}
	if r.Beside != "" {
		more = strings.TrimPrefix(more+" · "+r.Beside, " · ")
	}
	for _, g := range r.Gaps {
		more += "\nGap: " + g
	}
	return p.point(mark, capital(r.Wants), strings.TrimPrefix(more, "\n"), r.Refs)
}
