package steps

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/durable"
	"github.com/keyceremony/ceremony/plan"
	"github.com/keyceremony/ceremony/transfer"
	"github.com/keyceremony/ceremony/transfer/qr"
	"github.com/keyceremony/ceremony/transfer/receive"
)

// This file takes bundles across the gap as codes: what is shown, what is
// received, and the words that people compare.

// A Carry is a bundle that crosses the gap. A step of the stage that it comes
// from hands it over, any other takes it.
type Carry struct {
	From    Stage
	Seal    *Seal                   // what vouches for the files
	Planned func(*plan.Plan) string // which way: plan.USB or plan.QR
}

// insteadField names the field that chooses the other way than planned.
const insteadField = "instead"

// instead is the way out when the planned way does not work. People decide on
// it as on any exception. A medium that cannot be read leaves a record, and only
// then is anything else offered; a camera that sees nothing leaves none.
var instead = Field{Name: insteadField, Label: "Only if the planned way does not work here", Kind: Choice, Optional: true, Last: true}

// otherWay names the way that is not planned.
var otherWay = map[string]string{
	plan.QR:  "a medium instead of codes",
	plan.USB: "codes instead of a medium",
}

// wordField stands for the two words that are asked once all codes are there.
var wordField = Field{Name: "screen", Label: "Word on the other machine's screen", Kind: Text, Blind: true, Way: plan.QR}

// fields makes the fields of a step that are asked in this ceremony.
func (c *Ceremony) fields(s *Step, ask []Field) []Field {
	var out []Field
	for _, f := range ask {
		switch {
		case f.Name == insteadField:
			out = append(out, c.insteadOf(s)...)
			continue
		case f.Name == wordField.Name && f.Way != "":
			out = append(out, c.wordFields(s)...)
			continue
		case f.Kind == Send:
			f.Valid = c.isShown
		case f.Kind == Receive:
			f.Valid = c.isReceived
		}
		if f.Way != "" {
			f.Only = s.Carry.only(c.plan, f.Way)
		}
		out = append(out, f.expand(c)...)
	}
	return out
}

// only tells whether a bundle goes this way, by plan and answers.
func (b *Carry) only(p *plan.Plan, way string) func(string, map[string]string) bool {
	planned := b.Planned(p) == way
	return func(_ string, soFar map[string]string) bool { return planned == (soFar[insteadField] == "") }
}

func (c *Ceremony) insteadOf(s *Step) []Field {
	way := s.Carry.Planned(c.plan)
	if way == plan.USB && c.state.failed[instance{c.stage(), s.ID, ""}] == "" {
		return nil
	}
	f := instead
	f.Options = []string{otherWay[way]}
	return []Field{f}
}

func (c *Ceremony) wordFields(s *Step) []Field {
	if c.gap == nil || c.gap.step != s || c.gap.Digest().IsZero() {
		return nil
	}
	var out []Field
	asked := c.wordsAsked(c.gap.Digest())
	for _, place := range []int{asked.First, asked.Second} {
		f := wordField
		f.Name += "." + strconv.Itoa(place)
		f.Label = fmt.Sprintf("Word %d of the eight on the other machine's screen", place)
		f.Only = s.Carry.only(c.plan, f.Way)
		f.Valid = func(v string) error {
			if !qr.IsWord(place, v) {
				return fmt.Errorf("it is none of the words that can stand at place %d: read it again", place)
			}
			return nil
		}
		f.Starts = func(v string) bool { return qr.BeginsWord(place, v) }
		out = append(out, f)
	}
	return out
}

// wordsAsked says which two words of a message are asked. They are drawn when all
// is there: before that nobody can know them. They are drawn once, or whoever
// shows the same message again and again would come to two that suit him: neither
// beginning anew draws others, nor, after a wrong word, starting again.
func (c *Ceremony) wordsAsked(message digest.SHA256) qr.Challenge {
	asked, drawn := c.drawn[message]
	if !drawn {
		asked, drawn = c.state.mistaken[message.String()]
	}
	if !drawn {
		var err error
		if asked, err = qr.NewChallenge(c.world.Rand); err != nil {
			panic(fmt.Sprintf("steps: internal error: no randomness: %v", err))
		}
	}
	c.drawn[message] = asked
	return asked
}

func (c *Ceremony) isShown(v string) error {
	m, err := c.Sending()
	if err == nil && v != m.Digest().String() {
		err = ErrNotShown
	}
	return err
}

func (c *Ceremony) isReceived(v string) error {
	if c.gap == nil || c.gap.Digest().IsZero() || v != c.gap.Digest().String() {
		return ErrNotReceived
	}
	return nil
}

func byMedium(r *Run) bool { return r.Answer("codes") == "" }
func byCodes(r *Run) bool  { return !byMedium(r) }

// ways are for people.
var ways = map[string]string{plan.USB: "a medium", plan.QR: "codes from screen to camera"}

// seeWay wants the way of the plan.
func seeWay(_ context.Context, r *Run) Finding {
	way := plan.USB
	if byCodes(r) {
		way = plan.QR
	}
	planned := r.Step.Carry.Planned(r.c.plan)
	return Finding{Found: ways[way], Wanted: ways[planned], OK: way == planned}
}

// seeWords wants the two words from the sender's screen. What they should have
// been is not said, and what was received is forgotten. Of the same message the
// same two are asked again: another two would be a second try for whoever made it.
func seeWords(_ context.Context, r *Run) Finding {
	wanted := "two of the eight words on the other machine's screen"
	g := r.c.gap
	asked, typed := r.c.wordsAsked(g.Digest()), r.Each(wordField.Name)
	first, second := typed[strconv.Itoa(asked.First)], typed[strconv.Itoa(asked.Second)]
	where := fmt.Sprintf("words %d and %d", asked.First, asked.Second)
	if !asked.Holds(g.Digest(), first, second) {
		found := fmt.Sprintf("%s typed as %q and %q", where, first, second)
		if err := g.Anew(); err != nil {
			found += fmt.Sprintf("; what was received cannot be removed: %v", err)
		}
		return holds(false, found, wanted)
	}
	return holds(true, fmt.Sprintf("%s are those of %s", where, strings.Join(qr.Words(g.Digest()), " ")), wanted)
}

// Sending is the message that the current step shows as codes.
func (c *Ceremony) Sending() (qr.Message, error) {
	e, _, ok := c.current()
	if !ok || e.step.Carry == nil || e.step.Carry.From != e.stage {
		return qr.Message{}, ErrNotNow
	}
	return c.message(e.step.Carry)
}

// SendingAgain is the message that this side has sealed, to be shown once more
// after its step. Nothing is wrapped or signed, and the transcript does not
// change.
func (c *Ceremony) SendingAgain() (qr.Message, error) {
	carry, err := c.sent()
	if err != nil {
		return qr.Message{}, err
	}
	return c.message(carry)
}

// message makes it once: what is sealed does not change any more.
func (c *Ceremony) message(carry *Carry) (qr.Message, error) {
	if m, made := c.messages[carry]; made {
		return m, nil
	}
	h, files, err := c.bundle(carry)
	if err != nil {
		return qr.Message{}, err
	}
	all, err := transfer.Pack(h, files)
	if err != nil {
		return qr.Message{}, err
	}
	m, err := qr.NewMessage(all)
	if err == nil {
		err = m.RefuseSecrets()
	}
	if err == nil {
		c.messages[carry] = m
	}
	return m, err
}

// A Receiving takes the codes of the current step, from whatever source. What
// it has is on disk, and is there again after a crash.
type Receiving struct {
	*receive.Receiving
	step *Step
	sum  digest.SHA256 // of the message; zero before it is complete
}

// Receiving is what the current step takes as codes; the same for each call
// until the step is over.
func (c *Ceremony) Receiving() (*Receiving, error) {
	e, _, ok := c.current()
	if !ok || e.step.Carry == nil || e.step.Carry.From == e.stage {
		return nil, ErrNotNow
	}
	if c.gap != nil && c.gap.step == e.step {
		return c.gap, nil
	}
	got, err := receive.New(receive.KQ1, receive.Keep{Folder: c.dir, Name: codesFile(e.step)})
	if errors.Is(err, qr.ErrDamaged) || errors.Is(err, qr.ErrForeign) || errors.Is(err, qr.ErrSpoiled) || errors.Is(err, qr.ErrTooLarge) {
		err = got.Anew() // all of it can come again
	}
	if err != nil {
		return nil, fmt.Errorf("%w as %s: %w", ErrNotKept, filepath.Join(c.dir.Path(), codesFile(e.step)), err)
	}
	c.gap = &Receiving{Receiving: got, step: e.step}
	return c.gap, nil
}

// codesFile is where the codes of a step are kept. It begins with a dot: it is
// no part of the record, and is removed when the step is over.
func codesFile(s *Step) string { return "." + s.ID + ".codes" }

// Digest is that of the message; zero before it is complete.
func (g *Receiving) Digest() digest.SHA256 {
	if m, err := g.Message(); err == nil && g.sum.IsZero() {
		g.sum = m.Digest()
	}
	return g.sum
}

// Anew forgets all that was received, as after the codes of another screen.
func (g *Receiving) Anew() error {
	g.sum = digest.SHA256{}
	return g.Receiving.Anew()
}

// closeGap ends receiving. What was received stays on the disk.
func (c *Ceremony) closeGap() error {
	if c.gap == nil {
		return nil
	}
	err := c.gap.Close()
	c.gap = nil
	return err
}

// forgetCodes removes the codes of steps that are over. If it cannot be done
// now, the next start does it.
func (c *Ceremony) forgetCodes() {
	for _, e := range c.list {
		if e.step.Carry == nil || e.step.Carry.From == e.stage || !c.over(e) {
			continue
		}
		_ = c.closeGap()
		if entries, err := c.dir.Names(); err == nil && slices.ContainsFunc(entries, func(f durable.Entry) bool { return f.Name == codesFile(e.step) }) {
			_ = c.dir.Remove(codesFile(e.step))
		}
	}
}
