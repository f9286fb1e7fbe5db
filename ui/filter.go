package ui

import (
	"slices"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/report"
	"github.com/keyceremony/ceremony/ui/kit"
)

// A turn is a button that says which records are shown, and turns to others.
type turn struct {
	label   string
	options []kit.Option // the first, with the value "", takes all
	value   string
	has     func(e *report.Entry, value string) bool
	button  *kit.Button
}

func (t *turn) fits(e *report.Entry) bool { return t.value == "" || t.has(e, t.value) }

// take chooses an option without filtering.
func (t *turn) take(value string) {
	t.value = value
	i := slices.IndexFunc(t.options, func(o kit.Option) bool { return o.Value == value })
	t.button.SetText(t.label + ": " + t.options[i].Title)
}

// newTurn makes one that asks in a sheet.
func (l *timeline) newTurn(label string, has func(*report.Entry, string) bool, options ...kit.Option) *turn {
	t := &turn{label: label, options: options, has: has}
	t.button = kit.NewButton("", kit.Plain, func() { l.ask(t) })
	t.take("")
	return t
}

func (l *timeline) ask(t *turn) {
	c := kit.NewChoice(l.p.w.keys, t.options)
	c.Select(t.value)
	var s *kit.Sheet
	s = kit.NewSheet(l.p.w.win, l.p.w.keys, t.label, c,
		kit.NewButton("Cancel", kit.Plain, func() { s.Hide() }),
		kit.NewButton("Show these", kit.Primary, func() {
			s.Hide()
			t.take(c.Value())
			l.filter()
		}))
	s.First = c
	s.Show()
}

// kinds are those of records, for people.
var kinds = []struct {
	title  string
	events []string
}{
	{"steps done", []string{audit.EvEnd}},
	{"steps not done", []string{audit.EvFail, audit.EvBegin}},
	{"exceptions", []string{audit.EvException}},
	{"approvals", []string{audit.EvApprove}},
	{"pauses, changes of people, stops", []string{audit.EvPause, audit.EvResume, audit.EvChange, audit.EvStop}},
	{"logs: begun, frozen, mended", []string{audit.EvOpen, audit.EvClose, audit.EvRecovered}},
}

// allTurns are the ways to choose among records. Of kinds there are those that
// the record has.
func (l *timeline) allTurns() []*turn {
	loud := l.newTurn("Result", func(e *report.Entry, _ string) bool { return e.Loud },
		kit.Option{Title: "all"}, kit.Option{Value: "loud", Title: "only what does not hold", More: "checks that fail or could not be made, exceptions, steps not done, clocks that were set"})
	kind := []kit.Option{{Title: "all"}}
	for _, k := range kinds {
		if slices.ContainsFunc(l.p.entries, func(e report.Entry) bool { return slices.Contains(k.events, e.Ev) }) {
			kind = append(kind, kit.Option{Value: k.title, Title: k.title})
		}
	}
	person := []kit.Option{{Title: "all"}}
	for _, who := range l.p.t.Plan.People {
		person = append(person, kit.Option{Value: who.ID, Title: who.Name, More: who.Role})
	}
	return []*turn{
		loud,
		l.newTurn("Kind", hasKind, kind...),
		l.newTurn("Person", func(e *report.Entry, id string) bool { return slices.Contains(e.People, id) }, person...),
		l.newTurn("Machine", func(e *report.Entry, side string) bool { return e.Side == side }, kit.Option{Title: "both"},
			kit.Option{Value: "online", Title: "online"}, kit.Option{Value: "offline", Title: "offline", More: "beside the HSM"}),
	}
}

func hasKind(e *report.Entry, title string) bool {
	for _, k := range kinds {
		if k.title == title {
			return slices.Contains(k.events, e.Ev)
		}
	}
	return false
}
