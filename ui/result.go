package ui

import (
	"time"

	"fyne.io/fyne/v2"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/steps"
	"github.com/keyceremony/ceremony/ui/kit"
)

// A result is the view of what a step found, before the room goes on: every
// check with what was found and what was wanted.
type result struct {
	p    *ceremony
	was  steps.Now
	next string
	at   time.Time // when it came
	box  fyne.CanvasObject
}

// after goes on after a step: to its result if it checked anything.
func (p *ceremony) after(was steps.Now) {
	seen := p.c.Seen()
	switch now := p.c.Now(); {
	case was.Step != nil && p.c.Paused():
		p.lay(newPaused(p))
	case len(seen) == 0:
		p.turn()
	default:
		p.lay(newResult(p, was, now, seen))
	}
}

func newResult(p *ceremony, was, now steps.Now, seen []steps.Seen) *result {
	r := &result{p: p, was: was, next: "End this sitting", at: p.w.host.Now()}
	if now.Phase != steps.Done && now.Stage == p.stage {
		r.next = "Go on: " + now.Step.Title
	}
	title, meaning, kind := verdictOf(seen)
	var lines []string
	if meaning != "" {
		lines = []string{meaning}
	}
	head := kit.NewColumn(1, kit.NewText("Done · "+was.Step.ID, kit.OverlineBlue), kit.NewText(was.Step.Title, kit.Title))
	r.box = kit.NewColumn(2.5, head,
		kit.NewPanel(title, lines, "", kind), kit.NewChecks(checkRows(seen)))
	return r
}

// verdictOf says in one line how the checks came out, and in another what
// hangs on it.
func verdictOf(seen []steps.Seen) (title, meaning string, kind kit.PanelKind) {
	open, noted := 0, 0
	for _, c := range seen {
		switch {
		case c.Result == audit.ResultHolds:
		case c.Class == string(steps.Note):
			noted++
		default:
			open++
		}
	}
	n, others := len(seen), "; the others hold"
	if noted == n {
		others = ""
	}
	switch {
	case open > 0:
		return someOf(open, n, "check", "does", "do") + " not hold or could not be made", "People decide about it: an exception is signed before the ceremony goes on.", kit.PanelWarning
	case noted > 0:
		return someOf(noted, n, "check", "is", "are") + " noted" + others, "A note stands in the transcript, and on its first page. It stops nothing, and nobody has to decide now.", kit.PanelWarning
	}
	return allOf(n, "check", "holds", "hold"), "", kit.PanelGood
}

func (r *result) content() fyne.CanvasObject { return r.box }
func (r *result) first() fyne.Focusable      { return r.p.primary }

// primary waits a little: the Enter that did the step is not the one that has
// seen what came of it.
func (r *result) primary() (string, bool, string) {
	return r.next, r.p.w.host.Now().Sub(r.at) >= r.p.w.host.Patience, ""
}
func (r *result) press()              { r.p.turn() }
func (r *result) files([]string) bool { return false }
func (r *result) help() (title, text string) {
	return r.was.Step.Title, "This is what the program found. It stands in the transcript as it stands here."
}

func (r *result) mark(t *Trace) { t.Step, t.Phase = r.was.Step.ID, "result" }
