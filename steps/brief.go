package steps

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"github.com/keyceremony/ceremony/audit"
)

// This file tells each record of the logs in one line for people.

// A Brief is one record in one line.
type Brief struct {
	Log   string // file name
	Seq   int
	At    time.Time // by the local clock
	Stage Stage
	Ev    string // one of audit's events
	Step  string // id, "" if none
	Key   string // target key, "" if none
	Text  string // a sentence of at most maxBrief characters
	Loud  bool   // an exception, a failure, a stop, or somebody who does not agree
}

const maxBrief = 300 // characters; the record has the rest

// Journal has a line for each record of this side's own logs, oldest first.
// Ask for it where Do is called, or in World.Progress. What it returned never
// changes: it may be read while Do goes on elsewhere.
func (c *Ceremony) Journal() []Brief { return c.briefs[:len(c.briefs):len(c.briefs)] }

// brief tells a record that was folded in.
func (c *Ceremony) brief(log string, r audit.Record) Brief {
	b := Brief{Log: log, Seq: r.Seq, At: r.Wall, Stage: Stage(r.Stage), Ev: r.Ev, Step: r.Step, Key: r.Key}
	if tell := tellers[r.Ev]; tell != nil {
		b.Text, b.Loud = tell(c, r)
	}
	if utf8.RuneCountInString(b.Text) > maxBrief {
		b.Text = string([]rune(b.Text)[:maxBrief-1]) + "…"
	}
	return b
}

// tellers make the line of each event.
var tellers = map[string]func(*Ceremony, audit.Record) (text string, loud bool){
	audit.EvOpen:      tellOpen,
	audit.EvApprove:   tellApproval,
	audit.EvBegin:     func(c *Ceremony, r audit.Record) (string, bool) { return whatOf(r) + ": begun", false },
	audit.EvEnd:       tellEnd,
	audit.EvFail:      tellFail,
	audit.EvException: tellException,
	audit.EvPause: func(_ *Ceremony, r audit.Record) (string, bool) {
		return "Paused: " + data[audit.Note](r).Text["reason"], false
	},
	audit.EvResume: func(c *Ceremony, r audit.Record) (string, bool) {
		return map[bool]string{false: "Resumed: ", true: "Signed in again after an interruption: "}[r.Step == "people.return"] + c.names(data[audit.Note](r).Statements), false
	},
	audit.EvChange: tellChange,
	audit.EvStop: func(_ *Ceremony, r audit.Record) (string, bool) {
		text := data[audit.Note](r).Text
		return "Stopped: " + text["how"] + ", " + text["reason"], true
	},
	audit.EvRecovered: func(_ *Ceremony, r audit.Record) (string, bool) {
		return fmt.Sprintf("A record that was cut off is kept: %d bytes", data[audit.Recovered](r).Bytes), false
	},
	audit.EvClose: tellClose,
}

// data reads a record's data, which the fold has read before.
func data[T any](r audit.Record) (v T) {
	_ = json.Unmarshal(r.Data, &v)
	return v
}

// whatOf names a record's step, and its key.
func whatOf(r audit.Record) string {
	title := Title(r.Step)
	if r.Key != "" {
		title += ", " + r.Key
	}
	return title
}

// names lists who signed.
func (c *Ceremony) names(signed []audit.SignedBy) string {
	var out []string
	for _, s := range signed {
		out = append(out, c.Person(s.Person).Name)
	}
	return strings.Join(out, ", ")
}

func tellOpen(c *Ceremony, r audit.Record) (string, bool) {
	o := data[audit.Open](r)
	switch {
	case len(c.briefs) > 0:
		return "The log goes on after the seal", false
	case o.Attempt > 1:
		return fmt.Sprintf("The log begins: %s, attempt %d", o.Mode, o.Attempt), false
	}
	return "The log begins: " + o.Mode, false
}

func tellApproval(c *Ceremony, r audit.Record) (string, bool) {
	n := data[audit.Note](r)
	text := whatOf(r) + ": approved by " + c.names(n.Statements)
	if decided := n.Text[resumeField.Name]; decided != "" {
		text += ", " + decided
	}
	return text, false
}

func tellEnd(c *Ceremony, r audit.Record) (string, bool) {
	e := data[audit.End](r)
	if len(e.Statements) > 0 && e.Statements[0].Action == audit.ActionSignIn {
		return whatOf(r) + ": " + c.names(e.Statements), false
	}
	held, open, loud := 0, []string(nil), false
	for _, ch := range e.Checks {
		if ch.Result == audit.ResultHolds {
			held++
			continue
		}
		open = append(open, ch.ID+" "+ch.Result)
		loud = loud || ch.Class == string(Exception)
	}
	text := whatOf(r) + ": done" + counted(held, open)
	for _, p := range c.plan.People {
		if e.Answers["agree."+p.ID] == disagrees {
			text, loud = text+"; "+p.Name+" does not agree: "+e.Answers["reason."+p.ID], true
		}
	}
	return text, loud
}

// counted says how many checks held, and which did not.
func counted(held int, open []string) string {
	switch all := held + len(open); {
	case all == 0:
		return ""
	case len(open) > 0:
		return fmt.Sprintf(", %d of %d checks hold (%s)", held, all, strings.Join(open, ", "))
	case all == 1:
		return ", 1 check holds"
	}
	return fmt.Sprintf(", %d checks hold", held)
}

func tellFail(c *Ceremony, r audit.Record) (string, bool) {
	f, bad := data[audit.Fail](r), []string(nil)
	for _, ch := range f.Checks {
		if ch.Class == string(Stop) && ch.Result != audit.ResultHolds {
			bad = append(bad, ch.ID)
		}
	}
	if len(bad) > 0 {
		return whatOf(r) + ": does not hold (" + strings.Join(bad, ", ") + ")", true
	}
	return whatOf(r) + ": failed (" + f.Problem + ")", true
}

// tellException names what it is about: checks, or what happened.
func tellException(c *Ceremony, r audit.Record) (string, bool) {
	e := data[audit.Exception](r)
	about := strings.Join(e.Checks, ", ")
	if about == "" {
		about = e.Happened
	}
	return fmt.Sprintf("Exception %d: %s — %s", c.state.excused, about, e.Decided), true
}

func tellChange(c *Ceremony, r audit.Record) (string, bool) {
	var out []string
	for _, m := range []struct{ field, does string }{{"leaves", "leaves"}, {"comes", "comes"}, {"keyboard", "has the keyboard"}} {
		if who := data[audit.Note](r).Text[m.field]; who != "" {
			out = append(out, c.Person(who).Name+" "+m.does)
		}
	}
	return "People: " + orNone(out), false
}

func tellClose(c *Ceremony, r audit.Record) (string, bool) {
	text := whatOf(r) + ": the log is frozen"
	if out := data[audit.Close](r).Outcome; out != "" {
		text += ", " + out
	}
	return text, false
}
