package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/steps"
)

// This file draws what is particular to each event.

// drawers draw the data of each event.
var drawers = map[string]func(*drawer, *Entry, audit.Record){
	audit.EvOpen:      drawOpen,
	audit.EvApprove:   drawApprove,
	audit.EvEnd:       drawEnd,
	audit.EvFail:      drawFail,
	audit.EvException: drawException,
	audit.EvPause:     drawNote,
	audit.EvResume:    drawNote,
	audit.EvChange:    drawNote,
	audit.EvStop:      drawNote,
	audit.EvRecovered: drawRecovered,
	audit.EvClose:     drawClose,
}

// data reads a record's data, whose form the reader of the log has checked.
func data[T any](r audit.Record) (v T) {
	_ = json.Unmarshal(r.Data, &v)
	return v
}

func (e *Entry) say(label, value string) {
	if value != "" {
		e.Lines = append(e.Lines, Line{label, value, false})
	}
}

// signed says who made statements.
func (e *Entry) signed(w *drawer, label string, by []audit.SignedBy) {
	for _, s := range by {
		e.People = append(e.People, s.Person)
	}
	e.say(label, strings.Join(w.names(by), ", "))
}

func (e *Entry) mono(label, value string) { e.Lines = append(e.Lines, Line{label, value, true}) }

func drawOpen(_ *drawer, e *Entry, r audit.Record) {
	o := data[audit.Open](r)
	e.Title = "The log begins"
	if o.Link != nil && o.Attempt == 1 {
		e.Title = "The log goes on after the seal"
	}
	e.say("Held as", fmt.Sprintf("%s, attempt %d, run %s", o.Mode, o.Attempt, o.Run))
	e.say("Program", fmt.Sprintf("%s %s, commit %s", o.Tool.Name, o.Tool.Version, o.Tool.Commit))
	e.mono("Its SHA-256", o.Tool.SHA256.String())
	e.mono("SHA-256 of the plan", o.Plan.String())
	if o.Link != nil && o.Attempt > 1 {
		e.say("Attempt before", fmt.Sprintf("in another folder, %s up to its record %d", o.Link.Log, o.Link.Seq))
		e.mono("Code of its head", o.Link.SHA256.Code())
		e.mono("SHA-256 of its head", o.Link.SHA256.String())
	}
}

func drawApprove(w *drawer, e *Entry, r audit.Record) {
	n := data[audit.Note](r)
	e.Title = "Approved: " + e.Title
	e.signed(w, "Approved by", n.Statements)
	e.text(w, r.Step, n.Text)
}

func (e *Entry) text(w *drawer, step string, text map[string]string) {
	for _, k := range slices.Sorted(maps.Keys(text)) {
		e.say(question(step, k), w.named(text[k]))
	}
}

// question is what a field asks, in words.
func question(step, field string) string {
	if q := steps.Question(step, field); q != "" {
		return q
	}
	return field
}

// named puts the name of a person in the place of the id.
func (w *drawer) named(value string) string {
	if p, known := w.people[value]; known {
		return p.Name
	}
	return value
}

func drawEnd(w *drawer, e *Entry, r audit.Record) { w.end(e, data[audit.End](r)) }

func drawFail(w *drawer, e *Entry, r audit.Record) {
	f := data[audit.Fail](r)
	e.Loud = true
	e.Title += ": not done"
	e.say("Problem", f.Problem)
	w.end(e, f.End)
}

// end draws what a step has left.
func (w *drawer) end(e *Entry, d audit.End) {
	if len(d.Statements) > 0 {
		label := map[string]string{audit.ActionSignIn: "Signed in", audit.ActionSignOff: "Signed off"}[d.Statements[0].Action]
		if label == "" {
			label = "Signed"
		}
		e.signed(w, label, d.Statements)
	}
	e.answers(w, d.Answers)
	e.facts(d.Facts)
	e.say("Files", fileNames(d.Files))
	e.Checks = d.Checks
	for _, c := range d.Checks {
		e.Loud = e.Loud || c.Result != audit.ResultHolds
	}
}

// answers draws what people typed. Answers to one question by several people
// are named by their ids after a point, and stand in one line.
func (e *Entry) answers(w *drawer, answers map[string]string) {
	var order []string
	said := map[string][]string{}
	for _, k := range slices.Sorted(maps.Keys(answers)) {
		field, id, _ := strings.Cut(k, ".")
		text := w.named(answers[k])
		if p, known := w.people[id]; known {
			text = p.Name + ": " + text
			e.People = append(e.People, id)
			e.Loud = e.Loud || field == "agree" && answers[k] != audit.SubjectAgrees
		} else if _, planned := w.planned(id); planned {
			text = id + ": " + text
		} else {
			field = k
		}
		if said[field] == nil {
			order = append(order, field)
		}
		said[field] = append(said[field], text)
	}
	for _, field := range order {
		e.say(question(e.Step, field), strings.Join(said[field], "; "))
	}
}

// facts draws plain values; what has a form of its own stands under Keys.
func (e *Entry) facts(facts map[string]jsontext.Value) {
	const most = 160 // bytes
	for _, k := range slices.Sorted(maps.Keys(facts)) {
		var v any
		if err := json.Unmarshal(facts[k], &v); err != nil {
			continue
		}
		text := fmt.Sprint(v)
		switch v.(type) {
		case string, float64, bool:
			if len(text) <= most && text != "" {
				e.mono(k, text)
			}
		}
	}
}

func fileNames(files []audit.File) string {
	const most = 6
	var names []string
	for _, f := range files {
		names = append(names, f.Name)
	}
	if len(names) > most {
		names = append(names[:most:most], fmt.Sprintf("and %d more", len(files)-most))
	}
	return strings.Join(names, ", ")
}

func drawException(w *drawer, e *Entry, r audit.Record) {
	x := data[audit.Exception](r)
	w.nth++
	e.Loud = true
	e.Title = fmt.Sprintf("Exception %d", w.nth)
	e.say("Checks", orNone(x.Checks, "no check: something that happened in the room"))
	e.say("Expected", x.Expected)
	e.say("Happened", x.Happened)
	e.say("Decided", x.Decided)
	e.signed(w, "Decided by", x.Statements)
}

func orNone(list []string, none string) string {
	if len(list) == 0 {
		return none
	}
	return strings.Join(list, ", ")
}

func drawNote(w *drawer, e *Entry, r audit.Record) {
	n := data[audit.Note](r)
	asked := r.Ev
	if isReturn(r) {
		asked = r.Step
	}
	e.Title = title(asked, "")
	e.Loud = r.Ev == audit.EvStop || isReturn(r)
	e.text(w, asked, n.Text)
	e.signed(w, "Signed by", n.Statements)
}

// returned is the step with which people sign in again after the program ended
// without a pause.
const returned = "people.return"

func isReturn(r audit.Record) bool { return r.Ev == audit.EvResume && r.Step == returned }

func drawRecovered(_ *drawer, e *Entry, r audit.Record) {
	d := data[audit.Recovered](r)
	e.Loud = true
	e.Title = "What an interrupted write left is kept"
	e.say("Cut off", fmt.Sprintf("%d bytes that were never acknowledged", d.Bytes))
	e.mono("Its beginning, in hex", shorten(d.Hex))
}

func shorten(hex string) string {
	const most = 128
	if len(hex) > most {
		return hex[:most] + "..."
	}
	return hex
}

func drawClose(w *drawer, e *Entry, r audit.Record) {
	c := data[audit.Close](r)
	e.Title = title(r.Step, "") + ": the log is frozen"
	if steps.Title(r.Step) == "" {
		e.Title = "The log is frozen"
	}
	e.say("Outcome", c.Outcome)
	e.say("Exceptions so far", fmt.Sprint(c.Exceptions))
	e.say("Not checked", strings.Join(c.NotChecked, ", "))
	var who []string
	for _, id := range c.Disagree {
		who = append(who, w.person(id))
	}
	e.say("Do not agree", strings.Join(who, ", "))
	if l := w.log(w.last.Log); l != nil && l.Bad == nil {
		e.mono("Code of the log's head", l.Head.SHA256.Code())
		e.mono("Its SHA-256", l.Head.SHA256.String())
	}
}
