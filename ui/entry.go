package ui

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/report"
	"github.com/keyceremony/ceremony/steps"
	"github.com/keyceremony/ceremony/ui/kit"
)

// This file draws one record of the timeline: readable, and beside it as it
// stands in the log.

func (l *timeline) entry(e *report.Entry) fyne.CanvasObject {
	if len(e.Raw) == 0 {
		return l.readable(e)
	}
	return kit.NewBeside(420, l.readable(e), raw(e))
}

func (l *timeline) readable(e *report.Entry) fyne.CanvasObject {
	over := "Record " + e.Ref.Text
	if e.Step != "" {
		over += " · " + e.Step
	}
	body := kit.NewColumn(2, kit.NewColumn(0.5, kit.NewText(over, kit.OverlineBlue), kit.NewText(e.Title, kit.Heading)))
	var facts []kit.Fact
	add := func(label, value string, mono bool) {
		if value != "" {
			facts = append(facts, kit.Fact{Label: label, Value: value, Mono: mono})
		}
	}
	if e.Date != "" {
		add("Time", e.Date+" "+e.Time+" UTC", false)
	}
	add("Begun", e.Begun, false)
	if e.Head != nil {
		add("Clock", e.Head.Clock, false)
	}
	add("At the keyboard", join(e.By), false)
	for _, line := range e.Lines {
		label, value := line.Label, line.Value
		if name := steps.FactName(label); name != "" {
			label, value = name+" ("+label+")", compared(label, value)
		}
		add(label, value, line.Mono)
	}
	if len(facts) > 0 {
		body.Add(kit.NewFacts(facts))
	}
	for _, link := range e.Links {
		body.Add(l.link(link))
	}
	if rows := entryChecks(e.Checks); len(rows) > 0 {
		body.Add(kit.NewChecks(rows))
	}
	return body
}

// entryChecks has what does not hold first.
func entryChecks(checks []audit.Check) []kit.CheckRow {
	var rows []kit.CheckRow
	for _, c := range checks {
		rows = append(rows, checkRow("", c))
	}
	return louder(rows)
}

// link is what ties two logs together.
func (l *timeline) link(link report.Link) fyne.CanvasObject {
	if !link.Holds {
		return kit.NewPanel("A head that never was", []string{fmt.Sprintf("It names %s up to its record %d, and that log never had this head.", link.Log, link.Seq)}, "", kit.PanelError)
	}
	return kit.NewColumn(0.5, kit.NewMarked(kit.Holds, "Link: it names "+link.Log+" up to record "+link.Ref.Text,
		"The head is right: all of that came before this."), l.p.refs([]report.Ref{link.Ref}))
}

// raw is a record as it stands in its log, and how to see that without us.
func raw(e *report.Entry) fyne.CanvasObject {
	body := kit.NewColumn(1.5)
	var look []string
	for _, line := range e.Raw {
		body.Add(kit.NewText(fmt.Sprintf("Line %d of %s", line.Number, e.Log), kit.Overline))
		body.Add(kit.NewMono(string(line.Bytes)))
		look = append(look, fmt.Sprintf("sed -n %dp %s", line.Number, e.Log))
	}
	if n := e.Raw[len(e.Raw)-1].Number; n > 1 {
		look = append(look, fmt.Sprintf("head -n %d %s | sha256sum", n-1, e.Log))
	}
	body.Add(kit.NewText("See it without this program", kit.Overline))
	body.Add(kit.NewMono(strings.Join(look, "\n")))
	if len(look) > len(e.Raw) {
		body.Add(kit.NewText("The digest is “prev” in the line: it is of everything before it.", kit.SmallMuted))
	}
	return body
}

func join(list []string) string { return strings.Join(list, ", ") }
