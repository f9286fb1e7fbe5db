package ui

import (
	"fmt"
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/report"
	"github.com/keyceremony/ceremony/ui/kit"
)

// This file has the first part of what an auditor reads: the outcome, and every
// rule with what came of it.

func (p *viewer) verdict() fyne.CanvasObject {
	head := kit.NewColumn(1, kit.NewText("Verify a transcript", kit.OverlineBlue), kit.NewText("The verdict", kit.Title))
	body := kit.NewColumn(3, head, p.outcome())
	if p.t != nil {
		body.Add(p.numbers())
	}
	for _, result := range []string{audit.ResultFails, audit.ResultMissing, audit.ResultNotChecked, audit.ResultHolds} {
		if rules := p.rules(result); len(rules) > 0 {
			body.Add(ruleList(result, rules))
		}
	}
	return p.over(1040, body)
}

// outcome is the verdict on one panel.
func (p *viewer) outcome() fyne.CanvasObject {
	kind := kit.PanelError
	switch {
	case p.v.Outcome == audit.OutcomeComplete && len(p.v.NotChecked) == 0 && p.paper.state() == kit.Done:
		kind = kit.PanelGood
	case p.v.Complete() || p.v.Outcome == audit.OutcomeIncomplete:
		kind = kit.PanelWarning
	}
	lines := []string{"Folder: " + p.dir}
	if p.t != nil {
		lines = append([]string{p.t.Outcome()}, lines...)
	}
	if p.bad != nil {
		lines = append(lines, "The record cannot be read. "+strings.Join(sentences(p.bad.Error()), " "))
	}
	if p.t != nil && p.paper.state() != kit.Done {
		lines = append(lines, "Whoever made the folder also made the plan in it. It proves what it says only with the codes that came to you by another way, on paper: type them, and it is verified with them.")
	}
	title := "The ceremony is " + p.v.Outcome
	if p.v.Outcome == audit.OutcomeBroken {
		title = "The record does not hold"
	}
	return kit.NewPanel(title, lines, "", kind)
}

// numbers say how much there is to read.
func (p *viewer) numbers() fyne.CanvasObject {
	number := func(label string, n int) fyne.CanvasObject { return kit.NewChip(label, fmt.Sprint(n)) }
	return kit.NewFlow(1, number("Exceptions", len(p.t.Exceptions)), number("Checks not made", len(p.t.Missed())),
		number("People who do not agree", len(p.t.Against)), number("Open points", len(p.t.Open())), number("Records", len(p.entries)))
}

var ruleHeads = map[string]string{
	audit.ResultFails: "Does not hold", audit.ResultMissing: "Not there yet",
	audit.ResultNotChecked: "Not checked", audit.ResultHolds: "Holds",
}

var ruleMarks = map[string]kit.Mark{
	audit.ResultHolds: kit.Holds, audit.ResultFails: kit.Fails, audit.ResultNotChecked: kit.NotChecked, audit.ResultMissing: kit.NotChecked,
}

func (p *viewer) rules(result string) []audit.Rule {
	return slices.DeleteFunc(slices.Clone(p.v.Rules), func(r audit.Rule) bool { return r.Result != result })
}

// ruleList has the rules with one result: what each wants, and what was found.
func ruleList(result string, rules []audit.Rule) fyne.CanvasObject {
	list := kit.NewColumn(1.25)
	for _, r := range rules {
		more := r.ID
		if r.Detail != "" {
			more += " · " + r.Detail
		}
		list.Add(kit.NewMarked(ruleMarks[result], rule(r.ID), more))
	}
	return kit.NewColumn(1.25, kit.NewText(ruleHeads[result]+" · "+count(len(rules), "rule"), kit.Overline), kit.NewCard(list))
}

// rule says what a rule wants, or its name.
func rule(id string) string {
	if words := report.Meaning(id); words != "" {
		return capital(strings.TrimSuffix(words, "."))
	}
	return id
}

// worst is how the rail shows the verdict.
func (p *viewer) worst() kit.RailState {
	switch {
	case p.v.Outcome == audit.OutcomeBroken:
		return kit.Failed
	case p.v.Outcome == audit.OutcomeComplete:
		return kit.Done
	}
	return kit.Exception
}
