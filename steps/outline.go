package steps

import (
	"slices"
	"time"
)

// An Item is a step of this side's script and where it stands.
type Item struct {
	Stage Stage
	Step  *Step
	State ItemState
	At    time.Time // when it ended, by the local clock; zero before
	By    string    // who had the keyboard then, by id; "" before sign-in
	Done  int       // PerKey: how many keys are done
	Of    int       // PerKey: how many keys there are
}

// ItemState is where a step of the script stands.
type ItemState string

// The states of an item. The current one is where the script goes on, also
// while a step at any time comes before it. What a stop has cut off stays to
// come.
const (
	ItemDone     ItemState = "done"
	ItemNoted    ItemState = "noted"     // done, and a check does not hold or was not made that stops nothing
	ItemExcepted ItemState = "exception" // done, and a check needs an exception or has one
	ItemCurrent  ItemState = "current"
	ItemFailed   ItemState = "failed" // current, and the last try failed
	ItemToCome   ItemState = "to come"
)

// Outline is the script of this side as it stands now. Steps that may come at
// any time are not in it, nor those that this plan or its keys do not have.
func (c *Ceremony) Outline() []Item {
	_, place, awaited := c.current()
	var out []Item
	for i, e := range c.list {
		if of := len(c.keysOf(e.step)); of > 0 || !e.step.PerKey {
			out = append(out, c.item(e, of, awaited && i == place))
		}
	}
	return out
}

// item tells how a step of the list stands; of is the number of its keys.
func (c *Ceremony) item(e entry, of int, current bool) Item {
	left := c.remaining(e)
	it := Item{Stage: e.stage, Step: e.step, State: ItemToCome, Done: of - len(left), Of: of}
	last, ended := c.ending(e)
	switch {
	case current && c.state.failed[c.at(e, first(left))] != "":
		it.State = ItemFailed
	case current:
		it.State = ItemCurrent
	case ended:
		it.State, it.At, it.By = last.as, last.at, last.by
	}
	return it
}

// ending is how a step ended for the last of its keys, if it did for all.
func (c *Ceremony) ending(e entry) (last ending, ended bool) {
	if !e.step.PerKey {
		last, ended = c.state.done[c.at(e, "")]
		return last, ended
	}
	worst := ItemDone
	for _, k := range c.keysOf(e.step) {
		one, done := c.state.done[c.at(e, k.Name)]
		if !done {
			return ending{}, false
		}
		if worst = worse(worst, one.as); !one.at.Before(last.at) {
			last = one
		}
	}
	last.as = worst
	return last, true
}

// worse is the one of two states of a step that is done of which people should
// hear.
func worse(a, b ItemState) ItemState {
	order := []ItemState{ItemDone, ItemNoted, ItemExcepted}
	return order[max(slices.Index(order, a), slices.Index(order, b))]
}
