package editor

import (
	"fmt"
	"strings"

	"github.com/keyceremony/ceremony/plan"
	"github.com/keyceremony/ceremony/ui/kit"
)

// drawRail lists the tables with their errors.
func (e *Editor) drawRail() {
	items := make([]kit.RailItem, len(e.tables))
	for i, t := range e.tables {
		n := e.count(t)
		items[i] = kit.RailItem{Title: t.Title, State: kit.Done}
		if n > 0 {
			items[i].State, items[i].Note = kit.Exception, number(n, "error")
		}
		if i == e.current {
			items[i].State = kit.Now
		}
	}
	if drawn := fmt.Sprint(items, e.current); drawn != e.listed {
		e.listed = drawn
		for i := range items {
			items[i].Tapped = func() { e.open(i, true) }
		}
		e.rail.Set(items)
	}
}

// count is the number of errors of a table.
func (e *Editor) count(t plan.DraftTable) (n int) {
	for _, err := range e.errs {
		if owner(e.tables, err.Key) == t.Name && err.Key != "" {
			n++
		}
	}
	return n
}

// owner is the name of the table to which the path of an error belongs.
func owner(tables []plan.DraftTable, path string) string {
	name, _, _ := strings.Cut(path, ".")
	name, _, _ = strings.Cut(name, "[")
	for _, t := range tables {
		if t.Name == name {
			return name
		}
	}
	return "" // an input at the top of the file
}

// number writes "1 error", "2 errors".
func number(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// nextError goes to the input after the focused one that has an error.
func (e *Editor) nextError() {
	at := e.order(e.focused())
	best, first := "", ""
	for _, err := range e.errs {
		switch n := e.order(err.Key); {
		case n < 0:
		case n > at && (best == "" || n < e.order(best)):
			best = err.Key
		case first == "" || n < e.order(first):
			first = err.Key
		}
	}
	if best == "" {
		best = first
	}
	if best != "" {
		e.goTo(best)
	}
}

// focused is the path of the input that has the focus, "" if none has.
func (e *Editor) focused() string {
	f := e.win.Canvas().Focused()
	for path, c := range e.controls {
		if f != nil && c.focus == f {
			return path
		}
	}
	return ""
}

// order is the place of what an error is about among all inputs; -1 where it
// is about the whole file.
func (e *Editor) order(path string) int {
	place, n := -1, 0
	for _, t := range e.tables {
		if n++; path != "" && t.Name != "" && t.Name == owner(e.tables, path) {
			place = n
		}
		for _, row := range t.Rows {
			for _, in := range row {
				if n++; in.Path == path {
					return n
				}
			}
		}
	}
	return place
}

// goTo opens the table of an error and gives its input the focus.
func (e *Editor) goTo(path string) {
	e.touched[path] = true
	name := owner(e.tables, path)
	for i, t := range e.tables {
		if t.Name == name {
			e.open(i, false)
		}
	}
	if e.controls[path] != nil {
		e.focus(path)
		return
	}
	e.win.Canvas().Focus(e.rail)
}
