package steps

// A Turning is a step that may come at any time, as front ends offer it.
type Turning struct{ ID, Label string }

// Turns lists the steps to which Turn leads now, in the order in which they
// are wanted most.
func (c *Ceremony) Turns() []Turning {
	if c.finished() || c.state.frozen || c.state.stopped || c.state.paused || c.here() == nil {
		return nil
	}
	turns := []Turning{
		{stepException.ID, "Exception"}, {stepPause.ID, "Pause"}, {stepPeople.ID, "People"}, {stepStop.ID, "Stop"},
	}
	if c.side == Wrap.Side() && c.past(entry{Wrap, stepWrapSeal}) {
		return turns[1:] // nobody would read of an exception: this log stays here
	}
	return turns
}

// finished reports whether nothing is awaited at this machine any more.
func (c *Ceremony) finished() bool { return len(c.list) > 0 && c.over(c.list[c.place()]) }

// Turned reports whether Now is a step that somebody turned to, from which
// Turn("") leads back.
func (c *Ceremony) Turned() bool {
	return c.asked != nil && c.atAnyTime() == c.asked && !(c.asked == stepException && len(c.state.pending) > 0)
}

// Paused reports whether the ceremony rests, and is to be taken up anew.
func (c *Ceremony) Paused() bool { return c.state.paused }
