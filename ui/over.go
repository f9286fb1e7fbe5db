package ui

import (
	"time"

	"fyne.io/fyne/v2"

	"github.com/keyceremony/ceremony/steps"
	"github.com/keyceremony/ceremony/ui/kit"
)

// over is the view after the last step of a sitting, or after a pause.
type over struct {
	p      *ceremony
	title  string
	lines  []string
	code   string // of the log's head, or ""
	next   string // label of the button
	then   func()
	box    fyne.CanvasObject
	paused bool
	at     time.Time // when it came
	side   string    // of a rehearsal: the machine at which it goes on
}

// newOver tells what is over, and where the ceremony goes on.
func newOver(p *ceremony, now steps.Now) *over {
	o := &over{p: p, title: "This sitting is over", next: "Close", then: p.w.home, at: p.w.host.Now()}
	switch {
	case now.Phase == steps.Done && p.stage == steps.Wrap && p.byCodes():
		o.lines = []string{"The HSM has done its part. The ceremony goes on at the online machine, with its ceremony folder. As long as its camera has not taken everything, the codes can be shown here again."}
	case now.Phase == steps.Done && p.stage == steps.Wrap:
		o.lines = []string{"The HSM has done its part. Bring the medium to the online machine, and go on there with its ceremony folder."}
	case now.Phase == steps.Done:
		o.title = "The ceremony is over"
		o.lines = []string{"The folder is sealed: " + p.c.Path(), "Anybody can check it, with this program or with stock tools, today and in years."}
		o.next, o.then = "Verify the transcript", func() { p.w.verify(p.c.Path()) }
	case p.byCodes():
		o.lines = []string{"The ceremony goes on at the offline machine, beside the HSM, and afterwards here, with this folder: " + p.c.Path(), "As long as its camera has not taken everything, the codes can be shown here again."}
	default:
		o.lines = []string{"Bring the medium to the offline machine, beside the HSM. Afterwards the ceremony goes on here, with this folder: " + p.c.Path()}
	}
	if now.Phase != steps.Done {
		o.code = p.c.Head().SHA256.Code()
	}
	if s := p.w.scene; s != nil {
		s.onward(o, now)
	}
	o.build()
	return o
}

// newPaused tells what to write down at a pause.
func newPaused(p *ceremony) *over {
	o := &over{p: p, title: "Paused", next: "Close", then: p.w.home, code: p.c.Head().SHA256.Code(), paused: true, at: p.w.host.Now()}
	o.lines = []string{
		"Write the code of the log's head on the sheet. The internal witness types it when the ceremony goes on, so that nobody goes on with an older copy.",
		"To go on, open this folder again: " + p.c.Path(),
	}
	if s := p.w.scene; s != nil {
		s.sheet("pause.head", o.code)
	}
	o.build()
	return o
}

func (o *over) build() {
	box := kit.NewColumn(2.5, kit.NewText(string(o.p.stage), kit.OverlineBlue), kit.NewText(o.title, kit.Title))
	for _, l := range o.lines {
		box.Add(kit.NewText(l, kit.Body))
	}
	if !o.paused && o.p.byCodes() {
		if again := o.p.showAgain(); again != nil {
			box.Add(again)
		}
	}
	if o.code != "" {
		label := "Head of the log at the end of this sitting. Nobody compares it now; whoever writes it down can do so when this folder is opened again."
		if o.paused {
			label = "Head of the log"
		}
		box.Add(kit.NewFacts([]kit.Fact{{Label: label, Value: o.code, Write: o.paused, Mono: true}}))
	}
	o.box = box
}

func (o *over) content() fyne.CanvasObject { return o.box }
func (o *over) first() fyne.Focusable      { return o.p.primary }
func (o *over) press()                     { o.then() }
func (o *over) files([]string) bool        { return false }
func (o *over) help() (title, text string) { return o.title, o.lines[0] }

// primary waits a little: the Enter that led here is not the one that has read
// the page. A code that is to be written down, and is not shown again, takes
// longer.
func (o *over) primary() (string, bool, string) {
	wait, say := o.p.w.host.Patience, ""
	if o.paused {
		wait *= 5
	}
	ready := o.p.w.host.Now().Sub(o.at) >= wait
	if o.paused && !ready {
		say = "Write the code down: it is not shown again"
	}
	return o.next, ready, say
}

func (o *over) mark(t *Trace) {
	t.Phase = "over"
	if o.paused {
		t.Phase = "paused"
	}
}
