// Package steps is the ceremony as data: the list of steps of each stage, the
// passive engine that takes a room of people through them, and the words for
// what goes wrong.
//
// Open or Begin a Ceremony on a folder, ask Now what is awaited, and Do it with
// the answers that people gave. The window, the terminal, the printed script
// and the tests are drawn from the same values. The transcript is the only
// state: whatever happens to the program, Open replays it and the same step
// comes back.
package steps

import (
	"context"

	"github.com/keyceremony/ceremony/plan"
)

// A Stage is one sitting at one machine.
type Stage string

// The stages of a ceremony, in order.
const (
	Prepare Stage = "prepare" // online
	Wrap    Stage = "wrap"    // offline, beside the HSM
	Import  Stage = "import"  // online
)

// Side names the machine of a stage, and the log that it writes.
func (s Stage) Side() string {
	if s == Wrap {
		return "offline"
	}
	return "online"
}

// A Role is what a person is in the ceremony; see the plan package.
type Role = string

// A Step is one thing done in the room. It is data: window, terminal, script
// and tests are drawn from it.
type Step struct {
	ID    string // "target.generate": stable, never reused
	Title string // imperative, five words or fewer
	Act   string // "The HSM": the group of steps that it stands in, in rail and script
	Since int    // the list of steps (List) with which it came, where older records may lack it; 0: the first
	Say   string // what happens and why; at most five sentences
	Codes string // the same, where the plan carries a bundle as codes; "" = Say

	Acts     []Role // whose hands do it
	Approves []Role // one of whom signs for it before it is done; never the person at the keyboard
	Watches  []Role

	// Session marks a step that holds state of the process, as a login. It is
	// done again after every start before a step that needs what it gives.
	Session bool
	// PerKey does the step once for each target key that it applies to, with a
	// record pair of its own for each.
	PerKey bool
	// Seal freezes the log after the step and names the manifest that people
	// sign then.
	Seal    *Seal
	When    func(*plan.Plan) bool     // nil: always
	WhenKey func(*Run, plan.Key) bool // nil: every key

	Carry    *Carry                            // what it hands to the other machine, or takes from there
	Sign     *Sign                             // statements that people sign for this step, besides approval
	Subjects func(r *Run, who string) []string // what the statements are about, besides the KEK and the keys
	Ask      []Field                           // what people supply or attest
	Needs    []Key
	Gives    []Key

	Print  func(*plan.Plan) []Line // what the printed script says besides
	Show   func(*Run) []Line       // what the room must see before it acts
	Mark   func(*Run) string       // what an act leaves behind, to be found again
	Do     func(context.Context, *Run) error
	Look   func(context.Context, *Run) (found int, err error)
	Checks []Check
}

// Says is what is said of the step under this plan.
func (s *Step) Says(p *plan.Plan) string {
	if s.Codes != "" && s.Carry.Planned(p) == plan.QR {
		return s.Codes
	}
	return s.Say
}

// A Sign asks for statements signed by people of these roles.
type Sign struct {
	Action  string
	Roles   []Role // nil: everybody
	Present bool   // only those who signed in; else everybody in the plan
}

// A Seal freezes a side's log.
type Seal struct {
	Name     string // prepare, offline, final
	Manifest string // PREPARE.sha256, …
}

// A Line is shown to the room: a label and a value.
type Line struct {
	Label, Value string
	Sheet        string // a value that people write down: the name of the sheet
	Mono         bool   // read letter by letter, as a command
}

// Class is what the failure of a check means; it is fixed in the code, but for
// evidence that is missing: the plan says how much it is wanted.
type Class string

// The classes of checks.
const (
	Stop      Class = "stop"      // no exception is possible
	Exception Class = "exception" // goes on after an exception approved by an operator and the internal witness
	Note      Class = "note"      // recorded
)

// A Check is one named thing that must hold.
type Check struct {
	ID        string // "kek.size": stable, in the transcript, the documents and the tests
	Class     Class
	Rehearsal Class           // the class in a rehearsal, where it differs
	Before    bool            // seen before the act, not after
	When      func(*Run) bool // nil: always; else only where there is something to see
	See       func(context.Context, *Run) Finding
}

// A Finding is what a check saw.
type Finding struct {
	Found, Wanted string
	OK            bool
	NotChecked    bool   // it could not be seen: as loud as a failure, and never a pass
	Class         Class  // "" is the check's own; else what it means here, where the plan decides that
	Meaning       string // of a failure, and what to do, where the finding knows more than refusals
}

// class returns the class of a check's finding in this mode.
func (c Check) class(f Finding, rehearsal bool) Class {
	if f.Class != "" {
		return f.Class
	}
	if rehearsal && c.Rehearsal != "" {
		return c.Rehearsal
	}
	return c.Class
}

// want compares two printable values.
func want(found, wanted string) Finding {
	return Finding{Found: found, Wanted: wanted, OK: found == wanted}
}

// holds reports a condition in words.
func holds(ok bool, found, wanted string) Finding {
	return Finding{Found: found, Wanted: wanted, OK: ok}
}

// unseen reports that a check could not be made, and why.
func unseen(why, wanted string) Finding {
	return Finding{Found: why, Wanted: wanted, NotChecked: true}
}
