package ui

import (
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/steps"
	"github.com/keyceremony/ceremony/ui/kit"
)

// A ceremony is the page that leads through a ceremony folder. Around what
// happens now it shows where the script stands and the transcript as it grows.
type ceremony struct {
	w       *Window
	c       *steps.Ceremony
	stage   steps.Stage // of this sitting
	journal []steps.Brief

	head    audit.Head
	middle  *fyne.Container
	scroll  *kit.Scroll
	now     view
	kept    view // the step from which somebody turned away
	clock   *kit.Text
	known   *kit.Text // of the clock
	rail    *kit.Rail
	records *kit.Journal
	turns   *fyne.Container
	waiting *kit.Text
	primary *kit.Button
	frame   *frame
	under   *underway
	stop    func()
	again   bool             // nothing was done yet since the folder was opened again
	habits  map[string]habit // how each person signed the last time
}

// A view is what stands in the middle of the ceremony page.
type view interface {
	content() fyne.CanvasObject
	first() fyne.Focusable
	primary() (label string, ready bool, waiting string) // label "": no button
	press()
	files(paths []string) bool
	mark(t *Trace)
	help() (title, text string)
}

// newCeremony takes over c: it closes it when it is left.
func newCeremony(w *Window, c *steps.Ceremony, again bool) *ceremony {
	p := &ceremony{w: w, c: c, again: again, stage: c.Now().Stage, middle: container.NewStack(), habits: map[string]habit{}}
	p.rail = kit.NewRail()
	p.records = kit.NewJournal(func() int { return len(p.journal) }, p.row)
	p.records.OnTapped = p.showRecord
	p.waiting = kit.NewText("", kit.SmallMuted)
	p.primary = kit.NewButton("", kit.Primary, p.press)
	p.turns = kit.NewRow(1, -1)
	p.clock, p.known = kit.NewLine("", kit.SmallMuted), kit.NewLine("", kit.SmallMuted)
	p.stop = w.every(time.Second, p.tick)
	p.build()
	p.turn()
	return p
}

// build puts the page together.
func (p *ceremony) build() {
	p.waiting.SetAlign(fyne.TextAlignTrailing)
	p.frame = newFrame(p.middle, p.top(), p.rail, p.records, foot{turns: p.turns, waiting: p.waiting, primary: p.primary})
	if p.c.Plan().Rehearsal {
		p.frame.band(kit.NewBand("REHEARSAL — NOTHING HERE COUNTS"))
	}
}

func (p *ceremony) top() fyne.CanvasObject {
	name := kit.NewColumn(0.5, kit.NewText(p.c.Plan().Name, kit.Heading), kit.NewText(places[p.stage], kit.Muted))
	view := kit.NewButton("View", kit.Quiet, func() {
		p.w.focus(p.now.first()) // where people go on afterwards
		p.w.showView()
	})
	p.clock.SetAlign(fyne.TextAlignTrailing)
	p.known.SetAlign(fyne.TextAlignTrailing)
	clock := kit.NewColumn(0, p.clock, p.known)
	row := kit.NewRow(2, 0, name, clock, view, kit.Badge(p.c.Side()))
	if s := p.w.scene; s != nil {
		papers := kit.NewButton("On the table", kit.Quiet, func() {
			p.w.focus(p.now.first())
			s.table.w.win.RequestFocus()
		})
		row.Objects = slices.Insert(row.Objects, 2, fyne.CanvasObject(papers))
	}
	return row
}

// places name the sittings for people.
var places = map[steps.Stage]string{
	steps.Prepare: "Stage 1 of 3 · Prepare", steps.Wrap: "Stage 2 of 3 · Wrap", steps.Import: "Stage 3 of 3 · Import",
}

// fold shows or hides the transcript.
func (p *ceremony) fold() {
	p.frame.fold()
	p.w.trace.touch()
}

// tick shows the local clock, and what is known of it.
func (p *ceremony) tick() {
	p.clock.SetText(p.w.host.Now().Format("15:04:05"))
	if o, ok := p.now.(*over); ok && p.w.scene != nil && p.w.scene.moved(o) {
		p.turn()
	}
	if _, ready, _ := p.doing(); ready && p.primary.Disabled() { // people have had the time to read
		p.changed()
		p.w.focus(p.now.first())
	}
}

// turn shows what is awaited now.
func (p *ceremony) turn() {
	now := p.c.Now()
	switch {
	case now.Phase == steps.Done || now.Stage != p.stage:
		p.lay(newOver(p, now))
	default:
		p.lay(newStep(p, now))
	}
}

// lay puts a view in the middle, and brings what is around it up to date.
func (p *ceremony) lay(v view) {
	if p.now != v { // else people stay where they have scrolled to
		p.scroll = kit.NewScroll(kit.NewPage(760, v.content()))
	}
	p.now = v
	p.middle.Objects = []fyne.CanvasObject{p.scroll}
	p.middle.Refresh()
	p.around()
	if p.w.page == page(p) {
		p.w.focus(v.first())
	}
	if b, ok := v.(interface{ begin() }); ok {
		b.begin()
	}
	p.w.trace.touch()
}

// relay lays the middle out anew after something in it has another height.
func (p *ceremony) relay() {
	if p.scroll != nil {
		p.scroll.Scroll.Content.Refresh()
		p.scroll.Refresh()
	}
}

// changed brings the primary button up to date.
func (p *ceremony) changed() {
	label, ready, waiting := p.doing()
	p.primary.SetText(label)
	p.primary.Hidden = label == ""
	enable(p.primary, ready)
	p.waiting.SetText(waiting)
	p.frame.box.Refresh()
	p.w.trace.touch()
}

// doing is what the primary button says: while something is under way, that.
// The view is not asked then, for it asks the ceremony.
func (p *ceremony) doing() (label string, ready bool, waiting string) {
	if what, _, _ := p.w.work.busy(); what != "" {
		return what, false, "this is under way"
	}
	return p.now.primary()
}

// press is the primary button, and Enter.
func (p *ceremony) press() {
	if _, ready, _ := p.doing(); ready {
		p.now.press()
	}
}

// turnTo turns to a step that may come at any time or, with "", back to the
// script, where what was entered still stands.
func (p *ceremony) turnTo(id string) {
	if p.w.work.refuses() {
		return
	}
	if err := p.c.Turn(id); err != nil {
		p.w.tell(err)
		return
	}
	kept := p.kept
	p.kept = nil
	p.end()
	switch {
	case id != "":
		p.kept = p.now
		p.turn()
	case kept != nil:
		p.lay(kept)
	default:
		p.turn()
	}
}

// escape leads back to the script, if somebody turned away from it.
func (p *ceremony) escape() {
	if p.c.Turned() {
		p.turnTo("")
	}
}

// inTheMiddle reports whether a step is awaited.
func (p *ceremony) inTheMiddle() bool {
	_, over := p.now.(*over)
	return !over
}

func (p *ceremony) title() string { return p.c.Plan().ID + " · " + p.c.Side() + " machine" }

// scroller is what the keys turn.
func (p *ceremony) scroller() *container.Scroll { return p.scroll.Scroll }

func (p *ceremony) content() fyne.CanvasObject { return p.frame.box }
func (p *ceremony) first() fyne.Focusable      { return p.now.first() }
func (p *ceremony) enter()                     { p.press() }
func (p *ceremony) help() (string, string)     { return p.now.help() }

func (p *ceremony) files(paths []string) bool { return p.now.files(paths) }

// leave closes the ceremony: the folder is the only state.
func (p *ceremony) leave() error {
	p.end()
	p.stop()
	return p.c.Close()
}

func (p *ceremony) mark(t *Trace) {
	t.Page, t.Stage, t.Head = "ceremony", string(p.stage), p.head.Seq
	p.now.mark(t)
	t.Primary, t.Ready = p.primary.Text(), !p.primary.Disabled() // as they are drawn
	t.box(p.w, "primary", p.primary)
	for _, o := range p.turns.Objects {
		if b, ok := o.(*kit.Button); ok {
			t.box(p.w, b.Text(), b)
		}
	}
}

// working shows, in place of the step, what is under way: nobody enters
// anything meanwhile.
func (p *ceremony) working() {
	what, said, elapsed := p.w.work.busy()
	if what == "" {
		p.under = nil
		return
	}
	if p.under == nil {
		p.under = newUnderway(p.w)
		p.middle.Objects = []fyne.CanvasObject{kit.NewPage(760, p.under.box)}
		p.middle.Refresh()
		p.w.win.Canvas().Unfocus()
	}
	p.under.tell(what, said, elapsed)
	p.changed()
}
