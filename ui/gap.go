package ui

import (
	"errors"
	"strings"

	"fyne.io/fyne/v2"

	"github.com/keyceremony/ceremony/plan"
	"github.com/keyceremony/ceremony/steps"
	"github.com/keyceremony/ceremony/transfer/qr"
	"github.com/keyceremony/ceremony/ui/kit"
)

// This file has the controls of the two kinds of fields that cross the gap.

// plain is what most controls of this file do not do.
type plain struct{}

func (plain) secret() []byte         { return nil }
func (plain) set(string)             {}
func (plain) clear()                 {}
func (plain) partial() bool          { return false }
func (plain) waits() string          { return "" }
func (plain) take(string) bool       { return false }
func (plain) onSubmitted(func())     {}
func (plain) onRefused(func(string)) {}

// sendControl shows what a step hands over, on a page of its own.
type sendControl struct {
	plain
	p      *ceremony
	show   *kit.Button
	state  *kit.Text
	shown  string // digest of what the other machine has, by people's word
	edited func()
	box    fyne.CanvasObject
}

func newSendControl(p *ceremony) *sendControl {
	c := &sendControl{p: p, state: kit.NewText("", kit.Muted), edited: func() {}}
	c.show = kit.NewButton("Show the codes…", kit.Plain, c.open)
	c.box = kit.NewColumn(1, kit.NewRow(1, -1, c.show), c.state)
	return c
}

func (c *sendControl) open() {
	m, err := c.p.c.Sending()
	if err == nil {
		now := c.p.c.Now()
		if s := c.p.w.scene; s != nil {
			s.sheet(now.Step.ID+".words", strings.Join(qr.Words(m.Digest()), " "))
		}
		err = c.p.sendPage(now.Step.ID, now.Step.Title, m, func(has bool) {
			if has {
				c.set(m.Digest().String())
				c.edited()
			}
			c.p.w.focus(c.p.now.first())
		})
	}
	if err != nil {
		c.p.w.tell(err)
	}
}

// sendPage shows codes in front of the ceremony.
func (p *ceremony) sendPage(step, title string, m qr.Message, done func(has bool)) error {
	s, err := newSending(p.w, step, title, m, p, done)
	if err != nil {
		return err
	}
	p.w.show(s)
	return nil
}

func (c *sendControl) object() fyne.CanvasObject { return c.box }
func (c *sendControl) focus() fyne.Focusable     { return c.show }
func (c *sendControl) value() string             { return c.shown }
func (c *sendControl) onChanged(f func())        { c.edited = f }

func (c *sendControl) set(v string) {
	c.shown = v
	c.state.SetText("The other machine has it, as people say.")
}

// takeControl takes what a step receives.
type takeControl struct {
	plain
	p      *ceremony
	g      *steps.Receiving
	t      *taking // nil before it is asked: where a medium is planned nothing is received
	edited func()
	box    *fyne.Container
}

func newTakeControl(p *ceremony) *takeControl {
	return &takeControl{p: p, edited: func() {}, box: kit.NewColumn(0)}
}

// asked begins to receive, or goes on with what is on the disk.
func (c *takeControl) asked() {
	if c.t != nil {
		return
	}
	p := c.p
	g, err := p.c.Receiving()
	if err != nil {
		fillWith(c.box, problemPanel(steps.Explain(err)))
		return
	}
	c.g = g
	was := c.g.Done()
	c.t = newTaking(p.w, c.g, func() {
		c.edited()
		if s, ok := p.now.(*step); ok && c.g.Done() != was {
			was = c.g.Done()
			s.renew() // other things are asked now
		}
	})
	fillWith(c.box, c.t.box)
}

func (c *takeControl) object() fyne.CanvasObject { return c.box }

func (c *takeControl) focus() fyne.Focusable {
	if c.t == nil {
		return nil
	}
	return c.t.first()
}

func (c *takeControl) value() string {
	if c.t == nil || !c.g.Done() {
		return ""
	}
	return c.g.Digest().String()
}

func (c *takeControl) partial() bool { return c.t != nil && c.value() == "" }

func (c *takeControl) waits() string {
	p := c.g.Progress()
	if p.Need == 0 {
		return "Waiting for codes"
	}
	return "Waiting for " + count(p.Need-p.Have, "more part")
}

func (c *takeControl) take(path string) bool {
	if c.t != nil {
		c.t.file(path)
	}
	return c.t != nil
}

func (c *takeControl) onChanged(f func()) { c.edited = f }

// mark says how far it is.
func (c *takeControl) mark(t *Trace) {
	if c.t != nil {
		c.t.mark(t)
	}
}

// end ends the source: the ceremony is another's now.
func (c *takeControl) end() {
	if c.t != nil {
		c.t.end()
	}
}

// renew asks again what is awaited now, and keeps what was entered.
func (s *step) renew() {
	s.end()
	fresh := newStep(s.p, s.p.c.Now())
	fresh.form.take(s.form)
	s.p.lay(fresh)
}

// end ends what goes on by itself in this view.
func (s *step) end() {
	for _, r := range s.form.rows {
		if c, ok := r.control.(*takeControl); ok {
			c.end()
		}
	}
}

// end ends what goes on by itself in the middle of the page.
func (p *ceremony) end() {
	if s, ok := p.now.(*step); ok {
		s.end()
	}
}

// byCodes tells whether this sitting hands over codes, by the plan.
func (p *ceremony) byCodes() bool {
	t := p.c.Plan().Transfer
	return map[steps.Stage]string{steps.Prepare: t.KEK, steps.Wrap: t.Blob}[p.stage] == plan.QR
}

// showAgain is where what this side has sealed is shown once more, or nil where
// nothing is sealed that goes across as codes.
func (p *ceremony) showAgain() fyne.CanvasObject {
	m, err := p.c.SendingAgain()
	if err != nil || errors.Is(err, steps.ErrNotSealed) {
		return nil
	}
	return kit.NewRow(1, -1, kit.NewButton("Show the codes again…", kit.Plain, func() {
		if err := p.sendPage("", "The sealed bundle", m, func(bool) {}); err != nil {
			p.w.tell(err)
		}
	}))
}
