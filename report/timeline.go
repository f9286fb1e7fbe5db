package report

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/durable"
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
