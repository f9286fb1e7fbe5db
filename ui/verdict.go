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
	alone, follow := p.v.Parted()
	for _, result := range []string{audit.ResultFails, audit.ResultMissing, audit.ResultNotChecked, audit.ResultHolds} {
		if rules := resulted(result, alone); len(rules) > 0 {
			body.Add(ruleList(result, rules))
		}
		if result == audit.ResultFails && len(follow) > 0 {
			body.Add(followList(follow))
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
	var lines []string
	if p.t != nil {
		lines = append(lines, p.t.Outcome())
	}
	begin := ""
	if cause, ok := p.v.Cause(); ok && p.v.Outcome == audit.OutcomeBroken {
		begin = "Begin with " + cause.ID + ": " + cause.Lines(1)[0] + "."
		lines = append(lines, begin)
	}
	lines = append(lines, "Folder: "+p.dir)
	if p.bad != nil && strings.Contains(begin, p.bad.Error()) {
		lines = append(lines, "The record cannot be read.")
	} else if p.bad != nil {
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

func resulted(result string, rules []audit.Rule) []audit.Rule {
	return slices.DeleteFunc(slices.Clone(rules), func(r audit.Rule) bool { return r.Result != result })
}

// ruleList has the rules with one result: what each wants, and below it the
// first of what was found, each on a line.
func ruleList(result string, rules []audit.Rule) fyne.CanvasObject {
	list := kit.NewColumn(1.25)
	for _, r := range rules {
		list.Add(kit.NewMarked(ruleMarks[result], rule(r.ID), found(r)))
	}
	return kit.NewColumn(1.25, kit.NewText(ruleHeads[result]+" · "+count(len(rules), "rule"), kit.Overline), kit.NewCard(list))
}

// followList has the rules that cannot hold for a cause that others have, by
// what they rest on.
func followList(follow []audit.Rule) fyne.CanvasObject {
	list := kit.NewColumn(1.25)
	for _, one := range audit.ByCause(follow) {
		var rules []string
		for _, r := range one.Rules {
			rules = append(rules, r.ID+" · "+rule(r.ID))
		}
		list.Add(kit.NewMarked(kit.Fails, capital(one.On), strings.Join(rules, "\n")))
	}
	return kit.NewColumn(1.25, kit.NewText("Cannot hold because of that · "+count(len(follow), "rule"), kit.Overline), kit.NewCard(list))
}

// found is the name of a rule, and the first of what it found.
func found(r audit.Rule) string {
	lines := r.Lines(audit.FewLines)
	if len(lines) < 2 {
		return strings.Join(append([]string{r.ID}, lines...), " · ")
	}
	return r.ID + "\n" + strings.Join(lines, "\n")
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
