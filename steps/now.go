package steps

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/keyceremony/ceremony/plan"
)

// Phase is what kind of thing is awaited.
type Phase string

// The phases of a step.
const (
	Act         Phase = "act"         // answers, then the act
	Interrupted Phase = "interrupted" // an act begun before the program stopped: decide with Look
	Sealing     Phase = "sealing"     // the log is frozen; signatures over the manifest
	Done        Phase = "done"        // nothing is awaited at this machine
)

// Now is what is awaited. Front ends draw it; nothing in it is state.
type Now struct {
	Phase  Phase
	Stage  Stage
	Step   *Step
	Keys   []string // PerKey: the keys that this doing covers
	Fields []Field
	Sign   []string // people who may sign, by id
	Needed string   // how many of them, in words
	Failed string   // what went wrong at the last try
	Number int      // of this step in its stage, from 1
	Of     int
}

// Label is what doing it is called, as on a button; "" when nothing is awaited.
func (n Now) Label() string {
	switch {
	case n.Phase == Done:
		return ""
	case n.Phase == Sealing:
		return "Take the signatures and seal"
	case n.Phase == Interrupted:
		return n.Step.Title
	}
	label := n.Step.Title
	if n.Failed != "" {
		label += " again"
	}
	switch len(n.Keys) {
	case 0:
		return label
	case 1:
		return label + " (1 key)"
	}
	return fmt.Sprintf("%s (%d keys)", label, len(n.Keys))
}

// Now tells what is awaited.
func (c *Ceremony) Now() Now {
	e, n, ok := c.current()
	now := Now{Phase: Done, Stage: c.stage()}
	now.Number, now.Of = c.number(n)
	if !ok {
		return now
	}
	now.Stage, now.Step, now.Phase = e.stage, e.step, Act
	now.Keys = c.remaining(e)
	at := c.at(e, first(now.Keys))
	now.Failed = c.state.failed[at]
	if _, begun := c.state.begun[at]; begun && e.step.Look != nil {
		now.Phase, now.Keys = Interrupted, now.Keys[:min(1, len(now.Keys))]
	}
	if s, ok := c.sealing(); ok && s.step == e.step {
		now.Phase, now.Keys = Sealing, nil
	}
	c.ask(&now)
	return now
}

// number is a step's place within its stage, and how many the stage has.
func (c *Ceremony) number(n int) (number, of int) {
	for i, e := range c.list {
		if e.stage != c.list[n].stage || e.step.PerKey && len(c.keysOf(e.step)) == 0 {
			continue
		}
		of++
		if i <= n {
			number++
		}
	}
	return number, of
}

// ask fills in the fields and who signs.
func (c *Ceremony) ask(now *Now) {
	if now.Phase == Sealing {
		now.Sign, now.Needed = c.ids(), "the quorum of each role"
		return
	}
	ask := now.Step.Ask
	if now.Phase == Interrupted {
		ask = append([]Field{resumeField}, ask...)
	}
	now.Fields = c.fields(now.Step, ask)
	byPerson(now.Fields)
	now.Sign, now.Needed = c.signers(now)
}

// byPerson puts what one person is asked together, where each is asked more
// than one thing.
func byPerson(fields []Field) {
	order := map[string]int{}
	for i, f := range fields {
		_, who, _ := strings.Cut(f.Name, ".")
		if _, seen := order[who]; !seen || who == "" {
			order[who] = i
		}
	}
	slices.SortStableFunc(fields, func(a, b Field) int {
		_, whoA, _ := strings.Cut(a.Name, ".")
		_, whoB, _ := strings.Cut(b.Name, ".")
		if whoA == "" || whoB == "" {
			return 0
		}
		return order[whoA] - order[whoB]
	})
}

// resumeField decides what to do with an act that was interrupted.
var resumeField = Field{
	Name: "resume", Label: "The act was begun and its end is not recorded", Kind: Choice,
	Options: []string{resumeAdopt, resumeRepeat},
}

const (
	resumeAdopt  = "adopt what was found"
	resumeRepeat = "do it again"
)

// current finds the entry that is awaited, and its place.
func (c *Ceremony) current() (entry, int, bool) {
	if s := c.atAnyTime(); s != nil {
		return entry{c.stage(), s}, c.place(), true
	}
	for i, e := range c.list {
		if c.over(e) {
			continue
		}
		if s, n, ok := c.session(e, i); ok {
			return s, n, true
		}
		return e, i, true
	}
	return entry{}, len(c.list) - 1, false
}

// place is the number of the first step that is not over.
func (c *Ceremony) place() int {
	for i, e := range c.list {
		if !c.over(e) {
			return i
		}
	}
	return len(c.list) - 1
}

// stage is the stage of the first step that is not over.
func (c *Ceremony) stage() Stage {
	if len(c.list) == 0 {
		return Prepare
	}
	return c.list[c.place()].stage
}

// over reports whether a step is done for every key and, if it seals, sealed.
func (c *Ceremony) over(e entry) bool {
	if c.state.stopped {
		// What is left is the seal of the log that the stop stands in.
		return e.step.Seal == nil || c.past(e) || !c.isNextSeal(e) || c.sealed(e)
	}
	if len(c.remaining(e)) > 0 {
		return false
	}
	if e.step.PerKey {
		return true
	}
	if _, done := c.state.done[c.at(e, "")]; !done {
		return false
	}
	return e.step.Seal == nil || c.sealed(e)
}

// isNextSeal reports whether a seal is the one of the current log.
func (c *Ceremony) isNextSeal(e entry) bool {
	for _, other := range c.list {
		if other.step.Seal != nil && !c.past(other) {
			return other.step == e.step
		}
	}
	return false
}

// remaining lists the keys that a PerKey step has still to do.
func (c *Ceremony) remaining(e entry) []string {
	var out []string
	for _, k := range c.keysOf(e.step) {
		if _, done := c.state.done[c.at(e, k.Name)]; !done {
			out = append(out, k.Name)
		}
	}
	return out
}

func (c *Ceremony) keysOf(s *Step) []plan.Key {
	if !s.PerKey {
		return nil
	}
	var out []plan.Key
	for _, k := range c.plan.Keys {
		r := &Run{c: c, Step: s, Key: &k}
		if s.WhenKey == nil || s.WhenKey(r, k) {
			out = append(out, k)
		}
	}
	return out
}

func (c *Ceremony) at(e entry, key string) instance { return instance{e.stage, e.step.ID, key} }

// session finds the Session step that must be done again, in this process,
// before e: the first that gives what e needs, or what its own needs need.
func (c *Ceremony) session(e entry, n int) (entry, int, bool) {
	need := slices.Clone(e.step.Needs)
	if e.step.Seal == sealOffline && c.plan.Policy().SealKey != nil {
		need = append(need, sessionLogin)
	}
	for i := n - 1; i >= 0 && c.list[i].stage == e.stage; i-- {
		if s := c.list[i].step; s.Session && gives(s, need) {
			need = append(need, s.Needs...)
		}
	}
	for i := 0; i < n; i++ {
		s := c.list[i]
		if s.stage == e.stage && s.step.Session && gives(s.step, need) && !c.lives(s.step) {
			return s, i, true
		}
	}
	return entry{}, 0, false
}

func gives(s *Step, need []Key) bool {
	return slices.ContainsFunc(s.Gives, func(k Key) bool { return isSession(k) && slices.Contains(need, k) })
}

func (c *Ceremony) lives(s *Step) bool {
	for _, k := range s.Gives {
		if isSession(k) && !c.live[k] {
			return false
		}
	}
	return true
}

// Session keys name what lives in the process and not in the transcript.
func isSession(k Key) bool { return strings.HasPrefix(string(k), "session.") }

// Look tells how many results of an interrupted act are there.
func (c *Ceremony) Look(ctx context.Context) (int, error) {
	now := c.Now()
	if now.Phase != Interrupted {
		return 0, nil
	}
	n, err := now.Step.Look(ctx, c.newRun(now, first(now.Keys), nil, nil))
	c.nothing = err == nil && n == 0
	return n, err
}

// Show lists what the room must see before it acts.
func (c *Ceremony) Show() []Line {
	now := c.Now()
	if now.Step == nil || now.Step.Show == nil || (now.Step.Seal != nil && now.Phase != Sealing) {
		return nil
	}
	return now.Step.Show(c.newRun(now, first(now.Keys), nil, nil))
}

func first(s []string) string {
	if len(s) == 0 {
		return ""
	}
	return s[0]
}
