package steps

import (
	"slices"
	"testing"

	"github.com/keyceremony/ceremony/durable"
	"github.com/keyceremony/ceremony/hsm"
)

// This file takes away what notices attacks: checks off the list of their step,
// rules off theirs. The program has no switch for it.

// A blind takes away what notices an attack; its result, if any, puts it back.
type blind func(*stand, *Ceremony) func()

// blinded takes the first walls of an attack away; the result puts them back.
func (s *stand) blinded(t *testing.T, c *Ceremony, a attack, gone int) func() {
	var undo []func()
	for _, w := range a.Walls[:gone] {
		for _, by := range w.By {
			switch blind := a.blind[by]; {
			case blind != nil:
				if f := blind(s, c); f != nil {
					undo = append(undo, f)
				}
			case rulesOf[by] != nil:
				undo = append(undo, rulesOf[by]())
			case w.Where != verifies:
				undo = append(undo, without(t, stepNamed(t, w.Where), by))
			}
		}
	}
	return func() {
		for _, f := range slices.Backward(undo) {
			f()
		}
	}
}

// verifies is where an auditor notices an attack.
const verifies = "verify"

// errorsOf are the errors that notice attacks, by their names.
var errorsOf = map[string]error{
	"steps.ErrNotAsked": ErrNotAsked, "steps.ErrSignature": ErrSignature, "steps.ErrQuorum": ErrQuorum, "steps.ErrNoApproval": ErrNoApproval, "steps.ErrTooFew": ErrTooFew,
	"steps.ErrOtherHead": ErrOtherHead, "steps.ErrOwnFolder": ErrOwnFolder, "steps.ErrNotSignedIn": ErrNotSignedIn,
	"durable.ErrExists": durable.ErrExists,
	"hsm.ErrLabelInUse": hsm.ErrLabelInUse, "hsm.ErrModuleChanged": hsm.ErrModuleChanged,
}

// rulesOf take rules out of the lists that are not of one step; the result
// puts them back.
var rulesOf = map[string]func() func(){
	"steps.ErrNotAsked":    withoutSig(ErrNotAsked),
	"steps.ErrNotSignedIn": withoutSig(ErrNotSignedIn),
	"steps.ErrSignature":   withoutSig(ErrSignature),
	"steps.ErrQuorum":      withoutSig(ErrQuorum),
	"steps.ErrNoApproval":  withoutSig(ErrQuorum),
	"steps.ErrTooFew":      withoutSig(ErrQuorum),
	"steps.ErrOtherHead":   withoutText(ErrOtherHead),
	"steps.ErrOwnFolder":   withoutText(ErrOwnFolder),
}

func withoutSig(err error) func() func() {
	return func() func() {
		all := sigRules
		sigRules = slices.DeleteFunc(slices.Clone(all), func(r sigRule) bool { return r.err == err })
		return func() { sigRules = all }
	}
}

func withoutText(err error) func() func() {
	return func() func() {
		all := textRules
		textRules = slices.DeleteFunc(slices.Clone(all), func(r textRule) bool { return r.err == err })
		return func() { textRules = all }
	}
}

func stepNamed(t testing.TB, id string) *Step {
	t.Helper()
	for _, stage := range []Stage{Prepare, Wrap, Import} {
		for _, s := range Steps(stage) {
			if s.ID == id {
				return s
			}
		}
	}
	t.Fatalf("there is no step %s", id)
	return nil
}

// without takes checks off a step; the result puts them back.
func without(t testing.TB, step *Step, checks ...string) func() {
	t.Helper()
	all := step.Checks
	step.Checks = slices.DeleteFunc(slices.Clone(all), func(c Check) bool { return slices.Contains(checks, c.ID) })
	if len(step.Checks) != len(all)-len(checks) {
		t.Fatalf("%s has not all of the checks %v", step.ID, checks)
	}
	return func() { step.Checks = all }
}
