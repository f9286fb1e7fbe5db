package ui

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/steps"
	"github.com/keyceremony/ceremony/ui/kit"
)

// This file shows what the engine says: problems, checks.

// problemPanel shows what is the case, what it means and what to do.
func problemPanel(p steps.Problem) fyne.CanvasObject {
	title, _ := headline(p)
	return kit.NewPanel(title, remedies(p), p.Code, kit.PanelError)
}

// sentences makes what errors say into sentences: they begin in lower case,
// and stand below each other where several came together.
func sentences(text string) (list []string) {
	for _, line := range strings.Split(text, "\n") {
		if line = strings.TrimRight(strings.TrimSpace(line), "."); line != "" {
			list = append(list, capital(line)+".")
		}
	}
	return list
}

// headline is what a problem is called, and what more its errors said.
func headline(p steps.Problem) (title string, more []string) {
	list := sentences(p.Title)
	switch {
	case p.Code == "plan.refused" && len(list) > 1: // one for each mistake
		return "The plan has " + count(len(list), "mistake"), list
	case len(list) == 0:
		return "", nil
	}
	return strings.TrimSuffix(list[0], "."), list[1:]
}

// remedies are what more there is of a problem, what it means, and what to do.
func remedies(p steps.Problem) (lines []string) {
	_, lines = headline(p)
	if p.Meaning != "" {
		lines = append(lines, p.Meaning)
	}
	if p.Remedy != "" {
		lines = append(lines, "What to do: "+p.Remedy)
	}
	return lines
}

// refusalPanel shows why a step was not done. Which checks did not hold stands
// in the table below it, with what was found and wanted.
func refusalPanel(err error) fyne.CanvasObject {
	p := steps.Explain(err)
	var r *steps.Refused
	if errors.As(err, &r) {
		p.Title = "“" + r.Step.Title + "” was not done: a check does not hold"
	}
	return problemPanel(p)
}

// checkRows are the rows of a table of checks.
func checkRows(seen []steps.Seen) []kit.CheckRow {
	var rows []kit.CheckRow
	for _, c := range seen {
		rows = append(rows, checkRow(c.Key, c.Check))
	}
	return louder(rows)
}

// louder has what does not hold first.
func louder(rows []kit.CheckRow) []kit.CheckRow {
	slices.SortStableFunc(rows, func(a, b kit.CheckRow) int { return loudness[b.Mark] - loudness[a.Mark] })
	return rows
}

// refused are the checks that stand against a step.
func refused(seen []steps.Seen) []steps.Seen {
	return slices.DeleteFunc(slices.Clone(seen), func(c steps.Seen) bool {
		return c.Result == audit.ResultHolds || c.Class != string(steps.Stop)
	})
}

var loudness = map[kit.Mark]int{kit.Fails: 3, kit.NotChecked: 2, kit.Noted: 1}

func checkRow(key string, c audit.Check) kit.CheckRow {
	row := kit.CheckRow{Found: compared(c.ID, c.Found), Wanted: compared(c.ID, c.Wanted), Result: results[c.Result], Mark: marks[c.Result]}
	row.Name, row.ID = called(c.ID)
	if key != "" {
		row.Name += " · " + key
	}
	if c.Result == audit.ResultFails && c.Class == string(steps.Note) {
		row.Result, row.Mark = "noted", kit.Noted
	}
	return row
}

// called is a check's name in words with its id, or its id alone.
func called(id string) (name, below string) {
	if name := steps.CheckName(id); name != "" {
		return name, id
	}
	return id, ""
}

// compared is a digest that a check sees, or that a fact is, as people compare
// it: as the code that is on paper, or in groups; what is no digest stays as it
// is.
func compared(id, value string) string {
	d, err := digest.Parse(value)
	switch {
	case err != nil:
		return value
	case steps.OnPaper(id):
		return d.Code()
	}
	return d.Groups()
}

var results = map[string]string{audit.ResultHolds: "holds", audit.ResultFails: "does not hold", audit.ResultNotChecked: "not checked"}

var marks = map[string]kit.Mark{audit.ResultHolds: kit.Holds, audit.ResultFails: kit.Fails, audit.ResultNotChecked: kit.NotChecked}

// tell shows an error that belongs to no field, above the page.
func (w *Window) tell(err error) {
	p := steps.Explain(err)
	body := kit.NewColumn(1.5)
	for _, line := range remedies(p) {
		body.Add(kit.NewText(line, kit.Body))
	}
	body.Add(kit.NewText(p.Code, kit.SmallMono))
	title, _ := headline(p)
	w.sheet(title, body)
}

// notice says something above the page.
func (w *Window) notice(title, text string) { w.sheet(title, kit.NewText(text, kit.Body)) }

func (w *Window) sheet(title string, o fyne.CanvasObject) {
	var s *kit.Sheet
	s = kit.NewSheet(w.win, w.keys, title, o, kit.NewButton("Close", kit.Primary, func() { s.Hide() }))
	s.Show()
}

// showHelp is F1.
func (w *Window) showHelp() {
	title, text := w.page.help()
	w.notice(title, text+"\n\nTab and Shift Tab go from field to field, Enter is the blue button, Escape goes back. "+
		"Ctrl and plus makes the text larger.")
}

// fillWith puts objects into a place that takes no room while it is empty.
func fillWith(place *fyne.Container, objects ...fyne.CanvasObject) {
	place.Objects = objects
	place.Hidden = len(objects) == 0
	place.Refresh()
}

// allOf says that none of n is missing: "The part is there", "Both parts are
// there", "All 31 parts are there".
func allOf(n int, what, does, do string) string {
	switch n {
	case 1:
		return "The " + what + " " + does
	case 2:
		return "Both " + what + "s " + do
	}
	return fmt.Sprintf("All %s %s", count(n, what), do)
}

// someOf says how many of n: "1 of 31 checks does", "5 of 31 checks do".
func someOf(some, n int, what, does, do string) string {
	switch some {
	case n:
		return allOf(n, what, does, do)
	case 1:
		do = does
	}
	return fmt.Sprintf("%d of %s %s", some, count(n, what), do)
}

// count says how many: "1 record", "31 records".
func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}
