package steps

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/hsm"
	"github.com/keyceremony/ceremony/keyvault"
)

// This file has the steps that may come at any time. An exception comes by
// itself after a failed check, and so does the return after a pause, planned or
// not; else they come when somebody asks for them.

const (
	administrator   = "ceremony administrator"
	operator        = "operator"
	cryptoOfficer   = "crypto officer"
	internalWitness = "internal witness"
	externalWitness = "external witness"
)

var (
	stepException = &Step{
		ID: "exception", Title: "Decide on an exception", Act: "At any time",
		Say: "Something did not go as in the script: a check did not hold and people may decide about it, or something happened in the room. " +
			"Write down what was expected, what happened and what is decided. " +
			"An operator and the internal witness sign the decision. The ceremony then closes as one with exceptions.",
		Acts: []Role{administrator}, Approves: []Role{operator, internalWitness},
		Ask: []Field{
			{Name: "expected", Label: "What was expected", Kind: Text, Example: "the clock is right within 120 seconds"},
			{Name: "happened", Label: "What happened instead", Kind: Text, Example: "it is 3 minutes late"},
			{Name: "decided", Label: "What is decided", Kind: Text, Example: "go on; the offset is recorded"},
		},
		Subjects: exceptionSubjects,
		Show:     exceptionLines,
	}
	stepPause = &Step{
		ID: "pause", Title: "Pause the ceremony", Act: "At any time",
		Say: "The HSM is logged out and the program ends. Write the head's code, the bags and the media on the sheet. " +
			"When the ceremony goes on, everybody signs in anew and the head is typed.",
		Acts: []Role{administrator},
		Ask: []Field{
			{Name: "reason", Label: "Why", Kind: Text, Example: "lunch"},
			{Name: "custody", Label: "What is where, with bag numbers", Kind: Text, Example: "HSM in safe 2; USB stick in bag 0042"},
		},
	}
	stepResume = &Step{
		ID: "resume", Title: "Go on after the pause", Act: "At any time",
		Say: "People sign in anew; approvals from before the pause are void. " +
			"The internal witness types the head of the log from the sheet, so that nobody goes on with an older copy.",
		Acts: []Role{operator}, Watches: []Role{internalWitness},
		Sign: &Sign{Action: audit.ActionSignIn},
		Ask: []Field{
			{Name: "head", Label: "The head's code, from the sheet", Kind: Code, Blind: true, Whose: internalWitness},
			{Name: "keyboard", Label: "Who has the keyboard", Kind: Person, Options: []string{operator}},
			clockField,
		},
		Show: clockLines,
	}
	stepPeople = &Step{
		ID: "people.change", Title: "Somebody leaves or comes", Act: "At any time",
		Say:  "Record who leaves and who comes, and what was handed over. The quorum is counted anew at every approval.",
		Acts: []Role{administrator}, Approves: []Role{operator, internalWitness},
		Ask: []Field{
			{Name: "leaves", Label: "Who leaves", Kind: Text, Optional: true},
			{Name: "comes", Label: "Who comes", Kind: Text, Optional: true},
			{Name: "keyboard", Label: "Who has the keyboard now", Kind: Text, Optional: true},
			{Name: "custody", Label: "What was handed over", Kind: Text, Example: "nothing"},
		},
	}
	stepStop = &Step{
		ID: "ceremony.stop", Title: "Postpone or abandon the ceremony", Act: "At any time",
		Say: "The ceremony ends here, for now or for good. Say why, and what becomes of the KEK, the target keys, the blobs and the media. " +
			"The log is sealed by those present and verifies as not completed.",
		Acts: []Role{administrator}, Approves: []Role{operator, internalWitness},
		Ask: []Field{
			{Name: "how", Label: "Postponed or abandoned", Kind: Choice, Options: []string{"postponed", "abandoned"}},
			{Name: "reason", Label: "Why", Kind: Text, Example: "an operator fell ill"},
			{Name: "kek", Label: "What becomes of the KEK", Kind: Text, Example: "it expires on its own"},
			{Name: "keys", Label: "What becomes of the target keys", Kind: Text, Example: "they stay in the HSM"},
			{Name: "blobs", Label: "What becomes of the blobs and media", Kind: Text, Example: "none was made"},
		},
	}
)

// anytime maps the ids to the steps and their events.
var anytime = map[string]*Step{
	stepException.ID: stepException, stepPause.ID: stepPause, stepResume.ID: stepResume,
	stepReturn.ID: stepReturn, stepPeople.ID: stepPeople, stepStop.ID: stepStop,
}

var eventOf = map[string]string{
	stepException.ID: audit.EvException, stepPause.ID: audit.EvPause, stepResume.ID: audit.EvResume,
	stepReturn.ID: audit.EvResume, stepPeople.ID: audit.EvChange, stepStop.ID: audit.EvStop,
}

// atAnyTime is the step that comes before all others: the return after a pause
// or a crash, one that somebody asked for, or an open exception.
func (c *Ceremony) atAnyTime() *Step {
	switch {
	case c.state.paused:
		return stepResume
	case c.returning():
		return stepReturn
	case c.asked != nil:
		return c.asked
	case len(c.state.pending) > 0 && !c.state.stopped:
		return stepException
	}
	return nil
}

// Turn makes Now ask for one of Turns, or, with "", go on with the script. A
// failed check that waits for its exception is not turned away from so.
func (c *Ceremony) Turn(id string) error {
	s := anytime[id]
	switch {
	case id == "":
		c.asked = nil
		return nil
	case s == nil || s == stepResume || s == stepReturn:
		return fmt.Errorf("%w: %q", ErrNoSuchStep, id)
	case !slices.ContainsFunc(c.Turns(), func(t Turning) bool { return t.ID == id }):
		return ErrNotNow
	}
	c.asked = s
	return nil
}

// A textRule is something that must hold of what was entered, and the error
// where it does not; nil where the error is told by the rule alone.
type textRule struct {
	err error
	see func(*Ceremony, Now, map[string]string) error
}

// textRules are made in their order, before anything is signed or written.
var textRules = []textRule{
	{ErrOwnFolder, (*Ceremony).outside},
	{ErrOtherHead, (*Ceremony).typedHead},
	{nil, (*Ceremony).knownPeople},
	{ErrNoneFound, (*Ceremony).adoptable},
}

// before holds what was entered against the rules.
func (c *Ceremony) before(now Now, text map[string]string) error {
	for _, rule := range textRules {
		if err := rule.see(c, now, text); err != nil {
			return err
		}
	}
	return nil
}

// outside wants every folder that is named to lie outside the ceremony's own:
// nothing that crosses the gap may be part of the transcript.
func (c *Ceremony) outside(now Now, text map[string]string) error {
	for _, f := range now.Fields {
		if f.Kind == Folder && c.owns(text[f.Name]) {
			return &AnswerError{now.Step.ID, f.Name, f.Label, ErrOwnFolder}
		}
	}
	return nil
}

// adoptable refuses to adopt what a look has shown not to be there.
func (c *Ceremony) adoptable(now Now, text map[string]string) error {
	if now.Phase == Interrupted && c.nothing && text[resumeField.Name] == resumeAdopt {
		return &AnswerError{now.Step.ID, resumeField.Name, resumeField.Label, ErrNoneFound}
	}
	return nil
}

// owns reports whether a path lies in the ceremony's own folder.
func (c *Ceremony) owns(path string) bool {
	own, err := filepath.Abs(c.Path())
	given, err2 := filepath.Abs(path)
	if err != nil || err2 != nil {
		return false
	}
	inside, err := filepath.Rel(own, given)
	return err == nil && filepath.IsLocal(inside)
}

// note records a step that came at any time.
func (c *Ceremony) note(now Now, text map[string]string, signed []audit.SignedBy) error {
	var data any = audit.Note{Text: text, Statements: signed}
	if now.Step == stepException {
		data = audit.Exception{
			Checks: c.pendingIDs(), Expected: text["expected"], Happened: text["happened"], Decided: text["decided"], Statements: signed,
		}
	}
	if now.Step == stepPause {
		if err := c.leave(); err != nil {
			return err
		}
	}
	c.asked = nil
	if eventOf[now.Step.ID] == audit.EvResume {
		c.behind = 0 // it is told
	}
	if err := c.record(now.Stage, eventOf[now.Step.ID], now.Step.ID, "", data); err != nil {
		return err
	}
	return c.settle()
}

// typedHead compares the head that was written down at the pause. The records
// after it may be what a start left: only a recovered torn tail.
func (c *Ceremony) typedHead(now Now, text map[string]string) error {
	if now.Step == stepResume && !c.log.Head().SHA256.Matches(text["head"]) {
		return &AnswerError{stepResume.ID, "head", "The head's code", ErrOtherHead}
	}
	return nil
}

// knownPeople wants whoever leaves, comes or takes the keyboard to be able to.
func (c *Ceremony) knownPeople(now Now, text map[string]string) error {
	if now.Step != stepPeople {
		return nil
	}
	here := c.here()
	wrong := func(field, found, wanted string) error {
		return &AnswerError{stepPeople.ID, field, field, fmt.Errorf("%q is not one of those %s", found, wanted)}
	}
	leaves, comes, keyboard := text["leaves"], text["comes"], text["keyboard"]
	switch {
	case leaves != "" && !here[leaves]:
		return wrong("leaves", leaves, "who are here: "+strings.Join(c.ids(), ", "))
	case comes != "" && !in(comes, c.absent()):
		return wrong("comes", comes, "in the plan who are not here: "+orNone(c.absent()))
	case keyboard != "" && (c.Person(keyboard).Role != operator || !here[keyboard] && keyboard != comes || keyboard == leaves):
		return wrong("keyboard", keyboard, "operators who are here")
	case keyboard == "" && leaves != "" && leaves == c.state.keys[c.stage()]:
		return wrong("keyboard", keyboard, "operators who are here: the one who leaves has the keyboard")
	}
	return nil
}

// drop forgets a session that has ended by itself, so that connecting or
// signing in comes back before the step is tried again.
func (c *Ceremony) drop(cause error) {
	var p *keyvault.Problem
	switch {
	case errors.Is(cause, hsm.ErrWorkerDied), errors.Is(cause, hsm.ErrWorkerHung), errors.Is(cause, hsm.ErrTokenGone), errors.Is(cause, hsm.ErrNotLoggedIn):
		_ = c.leave() // the worker is gone; that it says so again helps nobody
	case errors.As(cause, &p) && p.Code == keyvault.Unauthorized:
		c.vault = nil
		delete(c.live, sessionVault)
	}
}

// leave logs out of the HSM before a pause.
func (c *Ceremony) leave() error {
	if c.token == nil {
		return nil
	}
	err := c.token.Close()
	c.token = nil
	for k := range c.live {
		if k != sessionVault {
			delete(c.live, k)
		}
	}
	return err
}

func (c *Ceremony) pendingIDs() []string {
	var out []string
	for _, p := range c.state.pending {
		if !in(p.check.ID, out) {
			out = append(out, p.check.ID)
		}
	}
	return out
}

func exceptionSubjects(r *Run, _ string) []string {
	checks := "none"
	if ids := r.c.pendingIDs(); len(ids) > 0 {
		checks = strings.Join(ids, " ")
	}
	out := []string{"checks " + checks}
	for _, f := range []string{"expected", "happened", "decided"} {
		out = append(out, f+" "+r.Answer(f))
	}
	return out
}

func exceptionLines(r *Run) []Line {
	var out []Line
	for _, p := range r.c.state.pending {
		out = append(out, Line{Label: p.check.ID, Value: "found " + p.check.Found + "; wanted " + p.check.Wanted})
	}
	return out
}
