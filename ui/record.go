package ui

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/steps"
	"github.com/keyceremony/ceremony/ui/kit"
)

// This file shows what the transcript says, read only.

// showStep shows the records of a step that the rail names.
func (p *ceremony) showStep(it steps.Item) {
	if p.w.work.refuses() {
		return
	}
	records, err := p.c.Records(it.Stage, it.Step.ID)
	if err != nil {
		p.w.tell(err)
		return
	}
	p.w.focus(p.now.first()) // where people go on afterwards
	body := kit.NewColumn(2.5, kit.NewText(it.Step.Says(p.c.Plan()), kit.Muted))
	for _, r := range records {
		body.Add(p.recordBody(r))
	}
	if len(records) == 0 {
		body.Add(kit.NewText("There is no record of it yet.", kit.Body))
	}
	p.w.sheet(it.Step.Title, body)
}

// showRecord shows one record of the transcript, readable and raw.
func (p *ceremony) showRecord(i int) {
	if p.w.work.refuses() {
		return
	}
	b := p.journal[i]
	r, raw, err := p.c.Record(b.Log, b.Seq)
	if err != nil {
		p.w.tell(err)
		return
	}
	p.w.focus(p.now.first())
	p.w.sheet(b.Text, kit.NewColumn(2.5, p.recordBody(r), kit.NewText("As it stands in "+b.Log, kit.Overline), kit.NewMono(string(raw))))
}

func (p *ceremony) recordBody(r audit.Record) fyne.CanvasObject {
	head := fmt.Sprintf("Record %d · %s", r.Seq, r.Wall.Local().Format("2006-01-02 15:04:05"))
	for _, id := range r.Actor {
		head += " · " + p.c.Person(id).Name
	}
	body := kit.NewColumn(1.5, kit.NewText(head, kit.SmallStrong))
	var end audit.End
	if r.Ev == audit.EvEnd && r.Decode(&end) == nil {
		p.addEnd(body, r.Step, end)
	}
	var fail audit.Fail
	if r.Ev == audit.EvFail && r.Decode(&fail) == nil {
		body.Add(kit.NewText("It did not come to its end ("+fail.Problem+")", kit.Alert))
		p.addEnd(body, r.Step, fail.End)
	}
	if facts := p.noted(r); len(facts) > 0 {
		body.Add(kit.NewFacts(facts))
	}
	return body
}

// noted is what people wrote down beside the script: at a pause, for an
// exception, where somebody came or left.
func (p *ceremony) noted(r audit.Record) (facts []kit.Fact) {
	switch r.Ev {
	case audit.EvException:
		var x audit.Exception
		if r.Decode(&x) == nil {
			facts = []kit.Fact{{Label: "Expected", Value: x.Expected}, {Label: "Happened", Value: x.Happened}, {Label: "Decided", Value: x.Decided}, {Label: "Signed", Value: p.names(x.Statements)}}
		}
	case audit.EvApprove, audit.EvPause, audit.EvResume, audit.EvChange, audit.EvStop:
		var n audit.Note
		if r.Decode(&n) != nil {
			return nil
		}
		for _, name := range slices.Sorted(maps.Keys(n.Text)) {
			facts = append(facts, kit.Fact{Label: p.asked(r.Step, name), Value: p.c.Person(n.Text[name]).Name})
		}
		if len(n.Statements) > 0 {
			facts = append(facts, kit.Fact{Label: "Signed: " + n.Statements[0].Action, Value: p.names(n.Statements)})
		}
	}
	return facts
}

// addEnd shows answers, checks, files and signatures.
func (p *ceremony) addEnd(body *fyne.Container, step string, e audit.End) {
	var facts []kit.Fact
	for _, name := range slices.Sorted(maps.Keys(e.Answers)) {
		facts = append(facts, kit.Fact{Label: p.asked(step, name), Value: p.c.Person(e.Answers[name]).Name})
	}
	for _, f := range e.Files {
		facts = append(facts, kit.Fact{Label: f.Name, Value: "SHA-256 " + f.SHA256.Groups(), Mono: true})
	}
	if len(e.Statements) > 0 {
		facts = append(facts, kit.Fact{Label: "Signed: " + e.Statements[0].Action, Value: p.names(e.Statements)})
	}
	if len(facts) > 0 {
		body.Add(kit.NewFacts(facts))
	}
	var rows []kit.CheckRow
	for _, c := range e.Checks {
		rows = append(rows, checkRow("", c))
	}
	if len(rows) > 0 {
		body.Add(kit.NewChecks(rows))
	}
}

// names lists who signed.
func (p *ceremony) names(signed []audit.SignedBy) string {
	var list []string
	for _, s := range signed {
		list = append(list, p.c.Person(s.Person).Name)
	}
	return strings.Join(list, ", ")
}

// asked is what a recorded answer was an answer to, and whose it is.
func (p *ceremony) asked(step, name string) string {
	question := steps.Question(step, name)
	field, of, part := strings.Cut(name, ".")
	if question == "" && part {
		question = steps.Question(step, field)
		of = p.c.Person(of).Name
	}
	switch {
	case question == "":
		return name
	case part:
		return question + " (" + of + ")"
	}
	return question
}
