package ui

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"github.com/keyceremony/ceremony/steps"
	"github.com/keyceremony/ceremony/ui/kit"
)

// A step is the view of what is awaited: what happens, who does it and why,
// what the room must see, what people enter and who signs.
type step struct {
	p        *ceremony
	now      steps.Now
	form     *form
	signing  *signing
	problem  *fyne.Container
	problems steps.Problem
	checks   *fyne.Container
	found    *kit.Text // what an interrupted act left
	looked   bool
	results  int // how many were found
	since    time.Time
	idle     bool // nothing was awaited when it came
	box      *fyne.Container
}

func newStep(p *ceremony, now steps.Now) *step {
	s := &step{p: p, now: now, problem: kit.NewColumn(1), checks: kit.NewColumn(1)}
	fillWith(s.problem)
	fillWith(s.checks)
	s.form = newForm(p, now.Fields, s.changed)
	s.signing = newSigning(p, s.changed)
	s.box = kit.NewColumn(2.5)
	for _, o := range []fyne.CanvasObject{s.heading(), s.problem, s.checks, s.reopened(), s.who(), kit.NewText(s.say(), kit.Body), s.interrupted(), s.facts(), s.form.object(), s.signing.object()} {
		if o != nil {
			s.box.Add(o)
		}
	}
	s.changed()
	_, s.idle, _ = s.awaited()
	s.since = p.w.host.Now()
	return s
}

func (s *step) heading() fyne.CanvasObject {
	over := kit.NewText(where(s.now), kit.OverlineBlue)
	return kit.NewColumn(1, over, kit.NewText(s.now.Step.Title, kit.Title))
}

// where says where in the script a step is.
func where(now steps.Now) string {
	return fmt.Sprintf("Step %d of %d · %s", now.Number, now.Of, now.Step.ID)
}

// reopened has people compare the log with their sheets when a folder is taken
// up again: the last record has nothing after it that holds it.
func (s *step) reopened() fyne.CanvasObject {
	again := s.p.again && !s.p.c.Paused()
	s.p.again = false
	if !again {
		return nil
	}
	words, codes, err := s.p.c.TakenUp()
	if err != nil {
		return problemPanel(steps.Explain(err))
	}
	var facts []kit.Fact
	for _, l := range codes {
		facts = append(facts, kit.Fact{Label: l.Label, Value: l.Value, Mono: l.Mono})
	}
	return kit.NewColumn(1, kit.NewPanel("The ceremony goes on where it stopped", []string{words}, "", kit.PanelPlain), kit.NewFacts(facts))
}

// who shows the roles of the step, and who has the keyboard.
func (s *step) who() fyne.CanvasObject {
	var chips []fyne.CanvasObject
	add := func(label string, roles []steps.Role) {
		if len(roles) > 0 {
			chips = append(chips, kit.NewChip(label, strings.Join(roles, ", ")))
		}
	}
	add("Acts", s.now.Step.Acts)
	if len(s.now.Sign) > 0 {
		add("Signs", []string{s.p.needed(s.now)})
	}
	add("Watches", s.now.Step.Watches)
	if len(s.now.Keys) > 0 {
		add("Keys", s.now.Keys)
	}
	if id := s.p.c.Keyboard(); id != "" {
		chips = append(chips, kit.NewChip("Keyboard", s.p.c.Person(id).Name))
	}
	return kit.NewFlow(1, chips...)
}

func (s *step) say() string {
	if s.now.Phase == steps.Sealing {
		return "The log is frozen. Each person signs the list of its files; the plan's quorum must."
	}
	return s.now.Step.Says(s.p.c.Plan())
}

// facts are what the room must see before it acts.
func (s *step) facts() fyne.CanvasObject {
	var facts []kit.Fact
	for _, l := range s.p.c.Show() {
		facts = append(facts, kit.Fact{Label: l.Label, Value: l.Value, Write: l.Sheet != "", Mono: l.Mono, Copy: l.Mono})
		if l.Sheet != "" && s.p.w.scene != nil {
			s.p.w.scene.sheet(l.Sheet, l.Value)
		}
	}
	if len(facts) == 0 {
		return nil
	}
	return kit.NewFacts(facts)
}

// interrupted looks for what an act left that was begun before the program
// stopped, and says it.
func (s *step) interrupted() fyne.CanvasObject {
	if s.now.Phase != steps.Interrupted {
		return nil
	}
	s.found = kit.NewText("Looking for what it left …", kit.Strong)
	title := "This act was begun before the program stopped"
	return kit.NewColumn(1, kit.NewPanel(title, []string{"Nobody knows yet how it ended. Decide below, after the program has looked."}, "", kit.PanelWarning), s.found)
}

// begin looks, once the view is there, for what an interrupted act left.
func (s *step) begin() {
	if s.found == nil || s.looked {
		return
	}
	s.looked = true
	n := 0
	s.p.w.work.do("Look for what was begun", func(ctx context.Context) (err error) {
		n, err = s.p.c.Look(ctx)
		return err
	}, func(err error) {
		s.p.lay(s)
		if err != nil {
			s.tell(err)
			return
		}
		s.results = n
		s.found.SetText(fmt.Sprintf("Results of it found now: %d.", n))
	})
}

// changed follows what people enter: the statements to sign depend on it.
func (s *step) changed() {
	missing := s.form.missing()
	switch {
	case missing != "":
		s.signing.clear()
	default:
		s.sign()
	}
	if s.p.now == view(s) {
		s.p.relay()
		s.p.changed()
	}
}

// sign offers the statements over the answers as they are, if the engine can
// take these.
func (s *step) sign() {
	text := s.form.answers()
	if err := s.p.c.Check(text); err != nil {
		s.signing.clear()
		s.form.refuse(err)
		return
	}
	s.signing.offer(s.p.c.Statements(text), text, s.now)
}

// primary is the act. Where nothing is awaited it waits a little: the Enter
// that did the step before must not do this one, which nobody has read.
func (s *step) primary() (label string, ready bool, waiting string) {
	if s.p.c.Dead() != nil {
		return "Open the folder again", true, ""
	}
	label, ready, waiting = s.awaited()
	if s.idle && s.p.w.host.Now().Sub(s.since) < s.p.w.host.Patience {
		ready = false
	}
	return label, ready, waiting
}

func (s *step) awaited() (label string, ready bool, waiting string) {
	label = s.now.Label()
	if m := s.form.missing(); m != "" {
		return label, false, m
	}
	if m := s.form.refused; m != "" {
		return label, false, m
	}
	if m := s.signing.missing(); m != "" {
		return label, false, m
	}
	return label, true, ""
}

// press does the step in the background. After a write that failed nothing can
// be done any more but to look what is on the disk.
func (s *step) press() {
	if s.p.c.Dead() != nil {
		s.p.w.open(s.p.c.Path())
		return
	}
	s.end()
	a := steps.Answers{Text: s.form.answers(), Secret: s.form.secrets(), Sig: s.signing.sigs()}
	fillWith(s.problem)
	fillWith(s.checks)
	s.p.w.work.do(s.now.Label(), func(ctx context.Context) error { return s.p.c.Do(ctx, a) }, s.done)
}

// done shows what came of it: the checks first, then the next step.
func (s *step) done(err error) {
	s.form.wipe()
	switch {
	case err == nil:
		s.p.kept = nil
		s.p.after(s.now)
	case s.again(err):
		s.p.lay(s)
		s.tell(err)
	default:
		fresh := newStep(s.p, s.p.c.Now())
		fresh.form.take(s.form)
		s.p.lay(fresh)
		fresh.tell(err)
	}
}

// again reports whether the same people can mend it with what is on the page.
func (s *step) again(err error) bool {
	var wrong *steps.AnswerError
	for _, few := range []error{steps.ErrQuorum, steps.ErrNoApproval, steps.ErrTooFew} {
		if errors.Is(err, few) {
			return true
		}
	}
	return errors.As(err, &wrong)
}

// tell shows an error in place, with the checks that led to it.
func (s *step) tell(err error) {
	s.problems = steps.Explain(err)
	fillWith(s.problem, refusalPanel(err))
	s.form.refuse(err)
	if rows := checkRows(refused(s.p.c.Seen())); len(rows) > 0 {
		fillWith(s.checks, kit.NewChecks(rows))
	}
	s.p.relay()
	s.p.changed()
	s.p.scroll.Scroll.ScrollToTop()
}

func (s *step) content() fyne.CanvasObject { return s.box }

func (s *step) first() fyne.Focusable {
	if f := s.form.first(); f != nil {
		return f
	}
	if f := s.signing.first(); f != nil {
		return f
	}
	return s.p.primary
}

func (s *step) files(paths []string) bool { return s.form.files(paths) || s.signing.files(paths) }

func (s *step) help() (title, text string) {
	lines := []string{s.say(), ""}
	for _, f := range s.now.Fields {
		lines = append(lines, "• "+f.Label+": "+f.Hint())
	}
	if len(s.now.Step.Checks) > 0 {
		lines = append(lines, "", "Checked by the program: "+count(len(s.now.Step.Checks), "point")+", shown when it is done.")
	}
	return s.now.Step.Title, strings.Join(lines, "\n")
}

func (s *step) mark(t *Trace) {
	t.Step, t.Phase, t.Problem, t.Found = s.now.Step.ID, string(s.now.Phase), s.problems.Code, s.results
	s.form.mark(t)
	s.signing.mark(t)
}
