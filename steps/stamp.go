package steps

import (
	"context"
	"errors"
	"fmt"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/timestamp"
)

// This file asks the plan's time-stamp authority for tokens: over the plan when
// the ceremony begins, over each sitting's manifest, and over the last one when
// it is sealed. A ceremony goes on without them, and the record says so.

// errNoWay says that this program cannot reach an authority.
var errNoWay = errors.New("this program has no way to a time-stamp authority")

// asksTime reports whether there is an authority to ask. Nobody asks from the
// HSM room.
func asksTime(r *Run) bool { return r.c.plan.Time.Authority != "" && r.Stage != Wrap }

// stamped asks for a token over a file that the folder has or will have, and
// keeps it beside that file. A further attempt to do the step asks again.
func stamped(ctx context.Context, r *Run, name string, b []byte) {
	if !asksTime(r) {
		return
	}
	token, s, err := r.c.askTime(ctx, b)
	if err != nil {
		r.saw.time = unseen("not available: "+err.Error(), "a time-stamp token over "+name)
		return
	}
	r.File(audit.TokenName(name), token)
	r.saw.time = holds(true, "a token made at "+s.At.Format("2006-01-02T15:04:05Z"), "a time-stamp token over "+name)
}

// checkTime tells whether there was a token. It is a note: what is missing
// takes a proof away, and nothing from the ceremony.
func checkTime(stage Stage) Check {
	return Check{
		ID: "time.token", Class: Note,
		When: func(r *Run) bool { return asksTime(r) && r.Stage == stage },
		See:  func(_ context.Context, r *Run) Finding { return r.saw.time },
	}
}

// askTime asks for a token over some bytes, and verifies it.
func (c *Ceremony) askTime(ctx context.Context, b []byte) ([]byte, timestamp.Stamp, error) {
	root, err := timestamp.ParseRoot(c.plan.Time.Root)
	if err != nil {
		return nil, timestamp.Stamp{}, err
	}
	if c.world.AskTime == nil {
		return nil, timestamp.Stamp{}, errNoWay
	}
	q, err := timestamp.NewRequest(digest.Of(b), c.world.Rand)
	if err != nil {
		return nil, timestamp.Stamp{}, err
	}
	c.world.tell("Asking the time-stamp authority")
	answer, err := c.world.AskTime(ctx, c.plan.Time.Authority, q.DER())
	if err != nil {
		return nil, timestamp.Stamp{}, err
	}
	return q.Take(answer, root)
}

// stampSeal asks for the last token, over the manifest that was just sealed.
// No record can say of it any more: verify does.
func (c *Ceremony) stampSeal(ctx context.Context, e entry) error {
	name := audit.TokenName(e.step.Seal.Manifest)
	if e.step.Seal.Name != "final" || c.plan.Time.Authority == "" || c.have(name) != nil {
		return c.dead
	}
	token, _, err := c.askTime(ctx, c.have(e.step.Seal.Manifest))
	if err != nil {
		c.world.tell(fmt.Sprintf("No time-stamp token: %v. It can be had later: ceremony stamp %s", err, c.Path()))
		return nil //nolint:nilerr // what is missing takes a proof away, and nothing from the ceremony
	}
	return c.write(name, token)
}
