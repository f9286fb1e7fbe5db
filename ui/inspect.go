package ui

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"fyne.io/fyne/v2"

	"github.com/keyceremony/ceremony/inspect"
	"github.com/keyceremony/ceremony/ui/kit"
)

// inspected is the page that says what a file is, whether it holds, and what
// to do.
type inspected struct {
	reading
	r inspect.Report
}

// inspect looks at a file that was dropped or chosen.
func (w *Window) inspect(path string) {
	get(w, "Inspect the file", func() (inspect.Report, error) { return w.host.Inspect(path) },
		func(r inspect.Report) { w.show(newInspected(w, r, "Back to the start", w.home)) })
}

func newInspected(w *Window, r inspect.Report, label string, back func()) *inspected {
	p := &inspected{newReading(w, label, back), r}
	body := kit.NewColumn(2.5, kit.NewColumn(1, kit.NewText("Inspect a file · "+r.Name, kit.OverlineBlue), kit.NewText(capital(r.What), kit.Title)))
	body.Add(p.outcome())
	for _, one := range r.Problems {
		body.Add(kit.NewPanel(one.Title, []string{one.Why, "What Azure answers: " + one.Azure, "What to do: " + one.Do}, one.ID, problemKind(one)))
	}
	if len(r.Lines) > 0 {
		body.Add(kit.NewFacts(p.facts()))
	}
	if len(r.Checks) > 0 {
		body.Add(kit.NewChecks(p.rows()))
	}
	p.read(body)
	return p
}

// capital makes words the beginning of a line; a name with a dot in it stays.
func capital(s string) string {
	if first, _, _ := strings.Cut(s, " "); strings.ContainsAny(first, "._") {
		return s
	}
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

func problemKind(p inspect.Problem) kit.PanelKind {
	if p.Note {
		return kit.PanelWarning
	}
	return kit.PanelError
}

// outcome says in one panel how it stands with the file.
func (p *inspected) outcome() fyne.CanvasObject {
	kind, title := kit.PanelGood, "Every check that could be made holds"
	switch {
	case !p.r.OK():
		kind, title = kit.PanelError, "It does not hold"
	case len(p.r.Checks) == 0:
		kind, title = kit.PanelPlain, "Nothing could be checked"
	}
	var lines []string
	if p.r.Azure != "" {
		lines = append(lines, "What Azure would answer: "+p.r.Azure)
	}
	if p.r.Do != "" {
		lines = append(lines, "What to do: "+p.r.Do)
	}
	return kit.NewPanel(title, lines, "", kind)
}

func (p *inspected) facts() (facts []kit.Fact) {
	for _, l := range p.r.Lines {
		facts = append(facts, kit.Fact{Label: l.Name, Value: l.Value})
	}
	return facts
}

var inspectMarks = map[string]kit.Mark{inspect.Holds: kit.Holds, inspect.Fails: kit.Fails, inspect.NotChecked: kit.NotChecked}

func (p *inspected) rows() (rows []kit.CheckRow) {
	for _, c := range p.r.Checks {
		row := kit.CheckRow{Found: c.Found, Wanted: c.Wanted, Mark: inspectMarks[c.Result]}
		row.Name, row.ID = called(c.ID)
		if c.Note && c.Result != inspect.Holds {
			row.Mark = kit.Noted
		}
		rows = append(rows, row)
	}
	return rows
}

func (p *inspected) title() string { return p.r.Name + " · inspected" }

func (p *inspected) help() (title, text string) {
	return "Inspect a file", "What the file is, by its content; every check by name; and what is known to go wrong with such files. Nothing is changed."
}

func (p *inspected) mark(t *Trace) { p.tell(t, "inspect", p.r.What, p.back) }
