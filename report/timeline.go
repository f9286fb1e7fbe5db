package report

import (
	"bytes"
	"cmp"
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

// An Entry is one record in the timeline, or a step's begin and its end.
type Entry struct {
	Head       *Sitting // above the first record of a sitting
	Ref        Ref
	Log        string // file name
	Side, Ev   string
	Date, Time string
	Begun      string   // when it began, if it was begun apart
	By         []string // who had the keyboard
	People     []string // ids of all that it names: who acts, and who signed
	Loud       bool
	Title      string
	Step       string
	Lines      []Line
	Checks     []audit.Check
	Links      []Link
	Raw        []RawLine
}

// A RawLine is a line of a log as it stands there. Bytes are valid as long as
// those who draw have the entry.
type RawLine struct {
	Number int // from 1, as head and sed count
	Bytes  []byte
}

// A Sitting is what stands above the records of one sitting.
type Sitting struct {
	Stage, Where, Log string
	Number            int    // 0 for what is no stage
	Clock             string // what the record says of this machine's clock
}

// A Line is a label and what it says.
type Line struct {
	Label, Value string
	Mono         bool
}

// A Link is a head of another log that a record names.
type Link struct {
	audit.Head
	Ref   Ref
	Holds bool
}

// A clock is what the record before said of the machine's time.
type clock struct {
	boot  string
	ahead int64 // wall clock less monotonic time, in seconds
}

// A drawer turns records into entries.
type drawer struct {
	*Transcript
	merge  *merge
	clocks map[string]clock
	begun  *begun // a begin whose end may come next
	last   Sitting
	each   func(*Entry) error
	nth    int // exceptions so far
}

// begun is a step.begin that was read and not drawn.
type begun struct {
	log, step, key string
	entry          *Entry
	mark           string
}

// Timeline draws every record of every log, in their order. An entry is each's
// own; the bytes of its raw lines are valid until each returns.
func (t *Transcript) Timeline(each func(*Entry) error) error {
	d, err := durable.Open(t.dir)
	if err != nil {
		return err
	}
	defer d.Close()
	var names []string
	for _, l := range t.logs {
		names = append(names, l.Name)
	}
	m, err := openMerge(d, names, t.asked)
	if err != nil {
		return err
	}
	defer m.close()
	w := &drawer{Transcript: t, merge: m, clocks: map[string]clock{}, each: each}
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
		err := w.each(&Entry{
			Ref: refTo(s.name, s.seen), Log: s.name, Side: audit.LogSide(s.name), Loud: true, Title: "The log cannot be read from here on",
			Lines: []Line{{"Why", s.name + ": " + s.bad.Error(), false}},
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
	e.Raw = []RawLine{{r.Seq + 1, s.from.Line()}}
	for _, h := range s.links {
		e.Links = append(e.Links, Link{h, refTo(h.Log, h.Seq), w.merge.had(h)})
	}
	b := w.begun
	if b != nil && b.log == s.name && b.step == r.Step && b.key == r.Key && (r.Ev == audit.EvEnd || r.Ev == audit.EvFail) {
		w.begun = nil
		e.Head = cmp.Or(b.entry.Head, e.Head)
		e.Begun = b.entry.Time
		e.Raw = append(b.entry.Raw, e.Raw...)
		if b.mark != "" {
			e.Lines = append([]Line{{"Mark", b.mark, true}}, e.Lines...)
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
	e.Raw[0].Bytes = bytes.Clone(e.Raw[0].Bytes) // it is drawn when the next record was read
	w.begun = &begun{s.name, r.Step, r.Key, e, begin.Mark}
	return err
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
		b.entry.Lines = append(b.entry.Lines, Line{"Mark", b.mark, true})
	}
	return w.each(b.entry)
}

// entry draws what every record has, and what its event has.
func (w *drawer) entry(log string, r audit.Record) *Entry {
	e := &Entry{
		Ref: refTo(log, r.Seq), Log: log, Side: r.Side, Ev: r.Ev, People: slices.Clone(r.Actor), Date: r.Wall.Format("2006-01-02"), Time: r.Wall.Format("15:04:05"),
		Title: title(r.Step, r.Key), Step: r.Step, Head: w.head(log, r),
	}
	if text := w.clock(log, r); text != "" {
		e.Lines, e.Loud = append(e.Lines, Line{"Clock", text, false}), true
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
func (w *drawer) head(log string, r audit.Record) *Sitting {
	if w.last.Stage == r.Stage && w.last.Log == log {
		return nil
	}
	h := Sitting{Stage: r.Stage, Log: log, Clock: clockWords(r.Src, r.ErrS)}
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
		e.mono("Its head", o.Link.SHA256.String())
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
	e.Title = title(r.Ev, "")
	e.Loud = r.Ev == audit.EvStop
	e.text(w, r.Ev, n.Text)
	e.signed(w, "Signed by", n.Statements)
}

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
		e.mono("Head of the log", l.Head.SHA256.String())
		e.mono("Its code", l.Head.SHA256.Code())
	}
}
