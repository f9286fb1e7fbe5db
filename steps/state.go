package steps

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/transfer/qr"
)

// state is a fold over the records of a folder's logs. Nothing else is saved.
type state struct {
	run      string
	attempt  int
	mode     string
	facts    map[string]jsontext.Value
	done     map[instance]ending
	begun    map[instance]string       // mark of an act begun and not ended
	failed   map[instance]string       // the last problem of a step that is still current
	present  map[Stage]map[string]bool // who signed in
	keys     map[Stage]string          // who has the keyboard
	pending  []pending                 // failed checks that wait for an exception
	excused  int                       // exceptions approved
	missing  []string                  // checks that were not made, by id
	disagree []string                  // who does not agree
	signed   map[string]bool           // statement files that a record names
	files    map[string]bool           // files that a record names
	mistaken map[string]qr.Challenge   // of a message that was refused, by SHA-256: which words were asked
	paused   bool
	stopped  bool
	frozen   bool   // the current log is closed
	log      string // the newest log's name
}

// ending is how an instance of a step ended.
type ending struct {
	at time.Time // by the local clock
	by string    // who had the keyboard, by id
	as ItemState // done, or over a check that left something open
}

// instance is one doing of a step: for a stage, and for a key where it is per
// key.
type instance struct {
	stage Stage
	id    string
	key   string
}

// pending is a check of class exception that failed.
type pending struct {
	at    instance
	check audit.Check
}

func newState() state {
	return state{
		signed: map[string]bool{}, files: map[string]bool{},
		run: "-", attempt: 1, facts: map[string]jsontext.Value{}, done: map[instance]ending{},
		begun: map[instance]string{}, failed: map[instance]string{}, mistaken: map[string]qr.Challenge{},
		present: map[Stage]map[string]bool{}, keys: map[Stage]string{},
	}
}

// statements is what every event with signatures has.
type statements struct {
	Statements []audit.SignedBy `json:"statements"`
}

// add folds one record in.
func (s *state) add(rec audit.Record) error {
	var st statements
	if err := json.Unmarshal(rec.Data, &st); err != nil {
		return err
	}
	for _, by := range st.Statements {
		s.signed[by.File] = true
	}
	at := instance{Stage(rec.Stage), rec.Step, rec.Key}
	switch rec.Ev {
	case audit.EvOpen:
		return s.open(rec)
	case audit.EvBegin:
		var b audit.Begin
		err := json.Unmarshal(rec.Data, &b)
		s.begun[at] = b.Mark
		return err
	case audit.EvEnd:
		return s.end(at, rec)
	case audit.EvFail:
		return s.fail(at, rec)
	case audit.EvException:
		s.excused++
		return s.except(rec)
	case audit.EvPause:
		s.paused = true
		delete(s.present, at.stage)
	case audit.EvResume, audit.EvChange:
		s.paused = false
		return s.people(at.stage, rec)
	case audit.EvStop:
		s.stopped = true
	case audit.EvClose:
		s.frozen = true
	}
	return nil
}

// fail keeps why a step is still current, and which words of a message were
// asked before it was refused.
func (s *state) fail(at instance, rec audit.Record) error {
	var f audit.Fail
	err := json.Unmarshal(rec.Data, &f)
	s.failed[at] = f.Problem
	for _, ch := range f.Checks {
		if asked := placesOf(f.Answers); ch.ID == "transfer.words" && asked.First > 0 {
			s.mistaken[f.Answers["codes"]] = asked
		}
	}
	return err
}

// placesOf reads which words were asked.
func placesOf(answers map[string]string) (c qr.Challenge) {
	for place := range qr.WordCount {
		if _, asked := answers[wordField.Name+"."+strconv.Itoa(place+1)]; asked {
			c = qr.Challenge{First: c.Second, Second: place + 1}
		}
	}
	return c
}

// except closes the checks that an exception names; it may name none.
func (s *state) except(rec audit.Record) error {
	var e audit.Exception
	err := json.Unmarshal(rec.Data, &e)
	s.pending = slices.DeleteFunc(s.pending, func(p pending) bool { return in(p.check.ID, e.Checks) })
	return err
}

func (s *state) open(rec audit.Record) error {
	var o audit.Open
	if err := json.Unmarshal(rec.Data, &o); err != nil {
		return err
	}
	if o.List() > List {
		return fmt.Errorf("the list of steps %d, and this program knows up to %d: %w", o.List(), List, audit.ErrNewer)
	}
	s.frozen, s.mode, s.attempt = false, o.Mode, o.Attempt
	if s.run == "-" {
		s.run = o.Run
	}
	return nil
}

func (s *state) end(at instance, rec audit.Record) error {
	var e audit.End
	if err := json.Unmarshal(rec.Data, &e); err != nil {
		return err
	}
	for k, v := range e.Facts {
		s.facts[k] = v
	}
	for _, f := range e.Files {
		s.files[f.Name] = true
	}
	s.done[at] = ending{at: rec.Wall, by: first(rec.Actor), as: worse(ItemDone, s.done[at].as)}
	delete(s.begun, at)
	delete(s.failed, at)
	for _, c := range e.Checks {
		s.check(at, c)
	}
	return s.derive(at, e)
}

// check keeps what a check left open.
func (s *state) check(at instance, c audit.Check) {
	if c.Result == audit.ResultNotChecked {
		s.missing = append(s.missing, c.ID)
	}
	if c.Result == audit.ResultHolds {
		return
	}
	end, as := s.done[at], ItemNoted
	if c.Class == string(Exception) {
		s.pending, as = append(s.pending, pending{at, c}), ItemExcepted
	}
	end.as = worse(end.as, as)
	s.done[at] = end
}

// derive follows the facts that the engine itself goes by.
func (s *state) derive(at instance, e audit.End) error {
	if raw, ok := e.Facts[string(factRun.Key)]; ok {
		if err := json.Unmarshal(raw, &s.run); err != nil {
			return err
		}
	}
	if at.id == "people.signin" {
		s.signIn(at.stage, e.Answers["keyboard"], e.Statements)
	}
	for f, v := range e.Answers {
		if id, ok := strings.CutPrefix(f, "agree."); ok && v == disagrees {
			s.disagree = append(s.disagree, id)
		}
	}
	slices.Sort(s.disagree)
	return nil
}

func (s *state) signIn(stage Stage, keyboard string, signed []audit.SignedBy) {
	s.present[stage] = map[string]bool{}
	for _, st := range signed {
		s.present[stage][st.Person] = true
	}
	s.keys[stage] = keyboard
}

// people follows a change of people, or a new sign-in after a pause.
func (s *state) people(stage Stage, rec audit.Record) error {
	var n audit.Note
	if err := json.Unmarshal(rec.Data, &n); err != nil {
		return err
	}
	if rec.Ev == audit.EvResume {
		s.signIn(stage, n.Text["keyboard"], n.Statements)
		if n.Text[clockField.Name] != "" { // the clock went back
			delete(s.done, instance{stage, stepClock.ID, ""})
		}
		return nil
	}
	if s.present[stage] == nil {
		return fmt.Errorf("people change before they signed in")
	}
	if p := n.Text["leaves"]; p != "" {
		delete(s.present[stage], p)
	}
	if p := n.Text["comes"]; p != "" {
		s.present[stage][p] = true
	}
	if p := n.Text["keyboard"]; p != "" {
		s.keys[stage] = p
	}
	return nil
}
