package steps

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/plan"
)

// Do does what Now asks, with these answers. Wrong answers are an *AnswerError
// and leave no trace; a failed check of class stop is a *Refused, an act that
// failed a *Failed, and both are recorded, and the step stays current.
func (c *Ceremony) Do(ctx context.Context, a Answers) error {
	defer a.wipe()
	c.seen = nil
	if c.dead != nil {
		return c.dead
	}
	now := c.Now()
	if now.Phase == Done {
		return ErrNothingAwaited
	}
	if err := c.unchanged(); err != nil {
		return err
	}
	if now.Phase == Sealing {
		return c.seal(ctx, now, a.Sig)
	}
	text, err := validate(now.Step.ID, now.Fields, a)
	if err != nil {
		return err
	}
	if err := c.before(now, text); err != nil {
		return err
	}
	signed, err := c.accept(now, text, a.Sig)
	if err != nil {
		return err
	}
	if anytime[now.Step.ID] != nil {
		return c.note(now, text, signed)
	}
	return c.perform(ctx, now, text, a.Secret, signed)
}

// Dead is why this process can do nothing more with the folder, or nil. What
// is on the disk is whole: the folder can be opened again.
func (c *Ceremony) Dead() error { return c.dead }

// unchanged sees to it that the log on the disk is the one that was written,
// byte for byte, before anything is built upon it.
func (c *Ceremony) unchanged() error {
	b, err := c.dir.Read(c.log.Name(), audit.MaxFile)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotReadable, err)
	}
	if digest.Of(b) != c.log.Head().SHA256 {
		return fmt.Errorf("%s: %w", c.log.Name(), ErrLogChanged)
	}
	return nil
}

// Check says whether these answers can be taken, before anybody signs.
func (c *Ceremony) Check(text map[string]string) error {
	now := c.Now()
	if now.Phase == Done || now.Phase == Sealing {
		return nil
	}
	normal, err := validate(now.Step.ID, now.Fields, Answers{Text: text})
	if err != nil {
		return err
	}
	return c.before(now, normal)
}

// Seen is a check as it stands in the transcript, and the key that it is about.
type Seen struct {
	Key string
	audit.Check
}

// Seen are the checks that the last Do made.
func (c *Ceremony) Seen() []Seen { return c.seen }

func (c *Ceremony) saw(r *Run, checks []audit.Check) {
	for _, ch := range checks {
		c.seen = append(c.seen, Seen{r.key(), ch})
	}
}

// perform does the step, once or for each key.
func (c *Ceremony) perform(ctx context.Context, now Now, text map[string]string, secret map[string][]byte, signed []audit.SignedBy) error {
	if len(now.Step.Approves) > 0 || now.Phase == Interrupted {
		err := c.record(now.Stage, audit.EvApprove, now.Step.ID, "", audit.Note{Text: text, Statements: signed})
		if err != nil {
			return err
		}
		signed = nil
	}
	keys := now.Keys
	if !now.Step.PerKey {
		keys = []string{""}
	}
	for _, key := range keys {
		r := c.newRun(now, key, text, secret)
		r.signed = signed
		if err := c.once(ctx, now, r); err != nil {
			return err
		}
		if len(c.state.pending) > 0 {
			return nil // people decide about this key before the next
		}
	}
	if now.Step.Seal != nil {
		return c.settle()
	}
	return nil
}

// once takes one instance of a step from its first check to its end.
func (c *Ceremony) once(ctx context.Context, now Now, r *Run) error {
	if err := c.resume(ctx, now, r); err != nil {
		return err
	}
	var seen []audit.Check
	if !r.Adopt {
		seen = c.see(ctx, r, true)
		if err := c.refuse(ctx, r, seen); err != nil {
			return err
		}
	}
	if err := c.act(ctx, r); err != nil {
		return err
	}
	seen = append(seen, c.see(ctx, r, false)...)
	if err := c.refuse(ctx, r, seen); err != nil {
		return err
	}
	return c.end(r, seen)
}

// resume follows the decision on an interrupted act, if it agrees with what is
// there.
func (c *Ceremony) resume(ctx context.Context, now Now, r *Run) error {
	if now.Phase != Interrupted {
		return nil
	}
	found, err := r.Step.Look(ctx, r)
	if err != nil {
		return c.fail(r, err, nil)
	}
	r.Adopt = r.Answer("resume") == resumeAdopt
	switch {
	case found > 1:
		return fmt.Errorf("%w: %d were found", ErrManyFound, found)
	case found == 1 && !r.Adopt:
		return ErrOneFound
	case found == 0 && r.Adopt:
		return ErrNoneFound
	}
	return nil
}

// act writes the mark, then does it.
func (c *Ceremony) act(ctx context.Context, r *Run) error {
	if r.Step.Do == nil {
		return nil
	}
	if r.Mark == "" && r.Step.Mark != nil {
		r.Mark = r.Step.Mark(r)
	}
	if err := c.record(r.Stage, audit.EvBegin, r.Step.ID, r.key(), audit.Begin{Mark: r.Mark}); err != nil {
		return err
	}
	c.world.tell(c.underway(r))
	if err := r.Step.Do(ctx, r); err != nil {
		return c.fail(r, err, nil)
	}
	return nil
}

// underway tells people what is being done, and how far it is.
func (c *Ceremony) underway(r *Run) string {
	if r.Key == nil {
		return r.Step.Title
	}
	of := len(c.keysOf(r.Step))
	return fmt.Sprintf("%s: %s (%d of %d)", r.Step.Title, r.key(), of-len(c.remaining(entry{r.Stage, r.Step}))+1, of)
}

// see makes the checks of one kind: those before the act, or those after.
func (c *Ceremony) see(ctx context.Context, r *Run, before bool) []audit.Check {
	var out []audit.Check
	for _, ch := range r.Step.Checks {
		if ch.Before != before || ch.When != nil && !ch.When(r) {
			continue
		}
		f := ch.See(ctx, r)
		r.meanings[ch.ID] = f.Meaning
		out = append(out, audit.Check{
			ID: ch.ID, Class: string(ch.class(f, c.plan.Rehearsal)), Found: f.Found, Wanted: f.Wanted, Result: result(f),
		})
	}
	return out
}

func result(f Finding) string {
	switch {
	case f.NotChecked:
		return audit.ResultNotChecked
	case f.OK:
		return audit.ResultHolds
	}
	return audit.ResultFails
}

// refuse ends the try if a check of class stop does not hold.
func (c *Ceremony) refuse(ctx context.Context, r *Run, seen []audit.Check) error {
	if err := ctx.Err(); err != nil {
		return c.fail(r, err, nil) // what was broken off was not seen
	}
	var bad []audit.Check
	for _, ch := range seen {
		if ch.Class == string(Stop) && ch.Result != audit.ResultHolds {
			bad = append(bad, ch)
		}
	}
	if len(bad) == 0 {
		return nil
	}
	return c.fail(r, &Refused{Step: r.Step, Key: r.key(), Checks: bad, meanings: r.meanings}, seen)
}

// fail records that a step did not come to its end.
func (c *Ceremony) fail(r *Run, cause error, seen []audit.Check) error {
	c.saw(r, seen)
	c.drop(cause)
	code := Explain(cause).Code
	err := c.record(r.Stage, audit.EvFail, r.Step.ID, r.key(), audit.Fail{
		End: audit.End{Answers: r.answers(), Checks: seen, Statements: r.signed, Links: r.links}, Problem: string(code),
	})
	var refused *Refused
	if errors.As(cause, &refused) {
		return errors.Join(cause, err)
	}
	return errors.Join(&Failed{Step: r.Step, Key: r.key(), Err: cause}, err)
}

// end writes the step's files, then its end.
func (c *Ceremony) end(r *Run, seen []audit.Check) error {
	c.saw(r, seen)
	var files []audit.File
	for _, f := range r.files {
		if err := c.write(f.name, f.data); err != nil {
			return c.fail(r, err, seen)
		}
		files = append(files, audit.File{Name: f.name, SHA256: digest.Of(f.data), Bytes: int64(len(f.data))})
	}
	err := c.record(r.Stage, audit.EvEnd, r.Step.ID, r.key(), audit.End{
		Answers: r.answers(), Facts: r.gives, Checks: seen, Files: files, Statements: r.signed, Links: r.links,
	})
	if err != nil {
		return err
	}
	if r.Step.Carry != nil {
		c.forgetCodes()
	}
	for _, k := range r.Step.Gives {
		if isSession(k) {
			c.live[k] = true
		}
	}
	return nil
}

func (c *Ceremony) newRun(now Now, key string, text map[string]string, secret map[string][]byte) *Run {
	r := &Run{c: c, Stage: now.Stage, Step: now.Step, text: text, secret: secret, gives: map[string]jsontext.Value{}, meanings: map[string]string{}}
	if now.Step.PerKey {
		r.Key = c.planKey(key)
	}
	if now.Phase == Interrupted {
		r.Mark = c.state.begun[instance{now.Stage, now.Step.ID, key}]
	}
	return r
}

func (c *Ceremony) planKey(name string) *plan.Key {
	for i := range c.plan.Keys {
		if c.plan.Keys[i].Name == name {
			return &c.plan.Keys[i]
		}
	}
	return nil
}

// key is the target key's name, "" if the step is not per key.
func (r *Run) key() string {
	if r.Key == nil {
		return ""
	}
	return r.Key.Name
}

// answers are the public answers, as they are recorded: those of this key and
// those of the whole step.
func (r *Run) answers() map[string]string {
	out := map[string]string{}
	for name, v := range r.text {
		_, of, found := strings.Cut(name, ".")
		if r.Key != nil && found && of != r.Key.Name && r.c.planKey(of) != nil {
			continue
		}
		if r.isCode(name) {
			// The log crosses the gap: a code in it could be copied by whoever
			// must type it blind on the other side.
			v = "typed"
		}
		out[name] = v
	}
	return out
}

func (r *Run) isCode(name string) bool {
	return slices.ContainsFunc(r.Step.Ask, func(f Field) bool { return f.Kind == Code && f.Name == base(name) })
}
