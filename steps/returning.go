package steps

import (
	"strings"
	"time"

	"github.com/keyceremony/ceremony/audit"
)

// This file has the end of a pause that nobody planned. The program ended in
// the middle of a sitting, as by a crash, a power failure or a window that was
// closed, and nobody knows who has left since. The folder goes on as after a
// pause: people sign in anew, before anything else, also before they decide
// about an act that was interrupted.

var stepReturn = &Step{
	ID: "people.return", Title: "Sign in again", Act: "At any time",
	Say: "The program ended without a pause, as after a crash or a power failure, and nobody knows who has left since. " +
		"Everybody who is here signs in again; whoever does not sign counts as gone, and the quorum of each role must be here. " +
		"Approvals from before are void. " +
		"Compare what is shown with your notes, and look at the HSM, the media and the bags.",
	Acts: []Role{operator}, Watches: []Role{internalWitness},
	Sign: &Sign{Action: audit.ActionSignIn},
	Ask: []Field{
		{Name: "keyboard", Label: "Who has the keyboard", Kind: Person, Options: []string{operator}},
		{Name: "happened", Label: "What happened, and where HSM and media were meanwhile", Kind: Text, Example: "the power failed; nobody left the room"},
		clockField,
	},
	Subjects: func(r *Run, _ string) []string {
		return []string{"interrupted after the record of " + stamp(r.c.lastRecord().At)}
	},
	Show: returnLines,
}

// returning reports whether the folder was taken up in the middle of a sitting
// and nobody has signed in since. In a frozen log, and after a stop, only
// signatures over the list of files are awaited: they show who is here.
func (c *Ceremony) returning() bool {
	return c.back && !c.state.paused && !c.state.frozen && !c.state.stopped &&
		c.state.present[c.stage()] != nil && !c.finished()
}

// here are the people who signed in at this stage, by id; nil before that, in
// a pause, and after the program ended without one.
func (c *Ceremony) here() map[string]bool {
	if c.returning() {
		return nil
	}
	return c.state.present[c.stage()]
}

// lastRecord is the last one of before the start: what a start writes by
// itself tells of a line that was cut off.
func (c *Ceremony) lastRecord() Brief {
	for i := len(c.briefs) - 1; i > 0; i-- {
		if c.briefs[i].Ev != audit.EvRecovered {
			return c.briefs[i]
		}
	}
	return c.briefs[0]
}

// clockField is asked where the machine's clock went back meanwhile. Whoever
// answers has the clock checked again: what it was off by is no longer true.
var clockField = Field{
	Name: "clock", Label: "This machine's clock went back. Why, and what is done about it", Kind: Text, Late: (*Ceremony).clockWentBack,
	Example: "the battery is empty; it was set by a radio clock",
}

// clockWentBack reports whether the folder was taken up with a clock that was
// well before the last record.
func (c *Ceremony) clockWentBack() bool { return c.behind > maxOffset*time.Second }

// clockLines tell those who come back that the clock went back.
func clockLines(r *Run) []Line {
	if !r.c.clockWentBack() {
		return nil
	}
	return []Line{{Label: "This machine's clock", Value: r.c.world.now().Format(shownTime) + " as this is shown. When the program started it was " + spell(r.c.behind) +
		" before the last record: it went back, as with an empty battery. Set it right if you can. It is checked again before anything else."}}
}

const shownTime = "2006-01-02 15:04:05 UTC"

// returnLines tell where the ceremony stood, and who was here.
func returnLines(r *Run) []Line {
	last, names := r.c.lastRecord(), []string(nil)
	for _, p := range r.c.plan.People {
		name := p.Name
		if p.ID == r.c.state.keys[r.Stage] {
			name += " (keyboard)"
		}
		if r.c.state.present[r.Stage][p.ID] {
			names = append(names, name)
		}
	}
	return append([]Line{
		{Label: "The last record", Value: last.At.UTC().Format(shownTime) + ": " + last.Text},
		{Label: "Who was here then", Value: strings.Join(names, ", ")},
	}, clockLines(r)...)
}
