package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/durable"
	"github.com/keyceremony/ceremony/steps"
)

// This file draws the records, one after the other, in their proved order.

// An entry is one record in the timeline.
type entry struct {
	Head       *stageHead // above the first record of a sitting
	Ref        ref
	Date, Time string
	Begun      string   // when it began, if it was begun apart
	By         []string // who had the keyboard
	Loud       bool
	Title      string
	Step       string
	Lines      []line
	Checks     []audit.Check
	Links      []link
}

// stageHead is what stands above the records of one sitting.
type stageHead struct {
	Stage, Where, Log string
	Number            int // 0 for what is no stage
}

// A line is a label and what it says.
type line struct {
	Label, Value string
	Mono         bool
}

// A link is a head of another log that a record names.
type link struct {
	audit.Head
	Ref   ref
	Holds bool
}

// A clock is what the record before said of the machine's time.
type clock struct {
	boot  string
	ahead int64 // wall clock less monotonic time, in seconds
}

// A drawer turns records into entries.
type drawer struct {
	*transcript
	merge  *merge
	clocks map[string]clock
	begun  *begun // a begin whose end may come next
	last   stageHead
	each   func(*entry) error
	nth    int // exceptions so far
}

// begun is a step.begin that was read and not drawn.
type begun struct {
	log, step, key string
	entry          *entry
	mark           string
}

// timeline draws every record of every log.
func (t *transcript) timeline(d *durable.Dir, each func(*entry) error) error {
	var names []string
	for _, l := range t.Logs {
		names = append(names, l.Name)
	}
	m, err := openMerge(d, names, t.asked)
	if err != nil {
		return err
	}
	defer m.close()
	w := &drawer{transcript: t, merge: m, clocks: map[string]clock{}, each: each}
	for s := m.pick(); s != nil; s = m.pick() {
		if err := w.record(s); err != nil {
			return err
		}
		s.seen++
		m.read(s)
	}
	if err := w.flush(); err != nil {
		return err
	}
	return w.unread()
}

// unread says loudly where a log could not be read on.
func (w *drawer) unread() error {
	for _, s := range w.merge.streams {
		if s.bad == nil {
			continue
		}
		err := w.each(&entry{
			Ref: refTo(s.name, s.seen), Loud: true, Title: "The log cannot be read from here on",
			Lines: []line{{"Why", s.name + ": " + s.bad.Error(), false}},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// record draws the next record of a stream. A step that began and ended is
// drawn once, at its end.
func (w *drawer) record(s *stream) error {
	r := s.next
	e := w.entry(s.name, r)
	for _, h := range s.links {
		e.Links = append(e.Links, link{h, refTo(h.Log, h.Seq), w.merge.had(h)})
	}
	b := w.begun
	if b != nil && b.log == s.name && b.step == r.Step && b.key == r.Key && (r.Ev == audit.EvEnd || r.Ev == audit.EvFail) {
		w.begun = nil
		e.Head = cmpHead(b.entry.Head, e.Head)
		e.Begun = b.entry.Time
		if b.mark != "" {
			e.Lines = append([]line{{"Mark", b.mark, true}}, e.Lines...)
		}
		return w.each(e)
	}
	if err := w.flush(); err != nil {
		return err
	}
	if r.Ev != audit.EvBegin {
		return w.each(e)
	}
	var begin audit.Begin
	err := json.Unmarshal(r.Data, &begin)
	w.begun = &begun{s.name, r.Step, r.Key, e, begin.Mark}
	return err
}

func cmpHead(a, b *stageHead) *stageHead {
	if a != nil {
		return a
	}
	return b
}

// flush draws a begin that was not followed by its end.
func (w *drawer) flush() error {
	b := w.begun
	if b == nil {
		return nil
	}
	w.begun = nil
	b.entry.Title += ": begun, and not ended"
	if b.mark != "" {
		b.entry.Lines = append(b.entry.Lines, line{"Mark", b.mark, true})
	}
	return w.each(b.entry)
}

// entry draws what every record has, and what its event has.
func (w *drawer) entry(log string, r audit.Record) *entry {
	e := &entry{
		Ref: refTo(log, r.Seq), Date: r.Wall.Format("2006-01-02"), Time: r.Wall.Format("15:04:05"),
		Title: title(r.Step, r.Key), Step: r.Step, Head: w.head(log, r),
	}
	if text := w.clock(log, r); text != "" {
		e.Lines, e.Loud = append(e.Lines, line{"Clock", text, false}), true
	}
	for _, id := range r.Actor {
		e.By = append(e.By, w.person(id))
	}
	if draw := drawers[r.Ev]; draw != nil {
		draw(w, e, r)
	}
	return e
}

// head is what stands above a record that begins another sitting.
func (w *drawer) head(log string, r audit.Record) *stageHead {
	h := stageHead{Stage: r.Stage, Log: log}
	if h == w.last {
		return nil
	}
	w.last = h
	if h.Number = stageNumber(r.Stage) + 1; h.Number > len(stages) {
		h.Number = 0
	}
	h.Where = map[string]string{"online": "At the online machine", "offline": "At the offline machine, beside the HSM"}[r.Side]
	return &h
}

// clock compares the wall clock with the time since the start of the machine.
func (w *drawer) clock(log string, r audit.Record) string {
	now := clock{r.Boot, r.Wall.Unix() - r.MonoNS/1e9}
	before, known := w.clocks[log]
	w.clocks[log] = now
	const most = 2 // seconds: the wall clock is recorded without fractions
	switch off := now.ahead - before.ahead; {
	case !known:
	case before.boot != now.boot:
		return "the machine, or the program, was started anew before this record"
	case off > most || off < -most:
		return fmt.Sprintf("this machine's clock was set by %+d seconds since the record before", off)
	}
	return ""
}

// drawers draw the data of each event.
var drawers = map[string]func(*drawer, *entry, audit.Record){
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

func (e *entry) say(label, value string) {
	if value != "" {
		e.Lines = append(e.Lines, line{label, value, false})
	}
}

func (e *entry) mono(label, value string) { e.Lines = append(e.Lines, line{label, value, true}) }

func drawOpen(_ *drawer, e *entry, r audit.Record) {
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
		e.mono("Its head", o.Link.SHA256.String())
	}
}

func drawApprove(w *drawer, e *entry, r audit.Record) {
	n := data[audit.Note](r)
	e.Title = "Approved: " + e.Title
	e.say("Approved by", strings.Join(w.names(n.Statements), ", "))
	e.text(w, r.Step, n.Text)
}

func (e *entry) text(w *drawer, step string, text map[string]string) {
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

func drawEnd(w *drawer, e *entry, r audit.Record) { w.end(e, data[audit.End](r)) }

func drawFail(w *drawer, e *entry, r audit.Record) {
	f := data[audit.Fail](r)
	e.Loud = true
	e.Title += ": not done"
	e.say("Problem", f.Problem)
	w.end(e, f.End)
}

// end draws what a step has left.
func (w *drawer) end(e *entry, d audit.End) {
	if len(d.Statements) > 0 {
		label := map[string]string{audit.ActionSignIn: "Signed in", audit.ActionSignOff: "Signed off"}[d.Statements[0].Action]
		if label == "" {
			label = "Signed"
		}
		e.say(label, strings.Join(w.names(d.Statements), ", "))
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
func (e *entry) answers(w *drawer, answers map[string]string) {
	var order []string
	said := map[string][]string{}
	for _, k := range slices.Sorted(maps.Keys(answers)) {
		field, id, _ := strings.Cut(k, ".")
		text := w.named(answers[k])
		if p, known := w.people[id]; known {
			text = p.Name + ": " + text
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
func (e *entry) facts(facts map[string]jsontext.Value) {
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

func drawException(w *drawer, e *entry, r audit.Record) {
	x := data[audit.Exception](r)
	w.nth++
	e.Loud = true
	e.Title = fmt.Sprintf("Exception %d", w.nth)
	e.say("Checks", orNone(x.Checks, "no check: something that happened in the room"))
	e.say("Expected", x.Expected)
	e.say("Happened", x.Happened)
	e.say("Decided", x.Decided)
	e.say("Decided by", strings.Join(w.names(x.Statements), ", "))
}

func orNone(list []string, none string) string {
	if len(list) == 0 {
		return none
	}
	return strings.Join(list, ", ")
}

func drawNote(w *drawer, e *entry, r audit.Record) {
	n := data[audit.Note](r)
	e.Title = title(r.Ev, "")
	e.Loud = r.Ev == audit.EvStop
	e.text(w, r.Ev, n.Text)
	e.say("Signed by", strings.Join(w.names(n.Statements), ", "))
}

func drawRecovered(_ *drawer, e *entry, r audit.Record) {
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

func drawClose(w *drawer, e *entry, r audit.Record) {
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
		e.mono("Head of the log", l.Head.SHA256.String())
		e.mono("Its code", l.Head.SHA256.Code())
	}
}
