package editor

import (
	"fmt"
	"strings"
	"unicode"

	"fyne.io/fyne/v2"

	"github.com/keyceremony/ceremony/plan"
	"github.com/keyceremony/ceremony/ui/kit"
)

// drawForm shows the current table. Controls stay as long as nothing but
// their values changes, or the focus would be lost at every letter.
func (e *Editor) drawForm() {
	t := e.tables[e.current]
	if made := e.outline(t); made != e.shown {
		e.shown = made
		e.build(t)
	}
	for _, row := range t.Rows {
		for _, in := range row {
			if c := e.controls[in.Path]; c != nil && e.focused() != in.Path {
				c.show(valueOf(in))
			}
		}
	}
	e.drawErrors()
}

// outline says what a form consists of, but for values that can be typed.
func (e *Editor) outline(t plan.DraftTable) string {
	var w strings.Builder
	fmt.Fprintln(&w, t.Name)
	for _, row := range t.Rows {
		for _, in := range row {
			if !in.Idle {
				fmt.Fprintln(&w, e.recipe(in))
			}
		}
		fmt.Fprintln(&w)
	}
	return w.String()
}

// recipe says what a control depends on.
func (e *Editor) recipe(in plan.Input) string {
	return fmt.Sprintln(in.Path, in.Kind, in.Options, e.isFixed(in))
}

// build makes the form anew; a control whose recipe is the same is kept.
func (e *Editor) build(t plan.DraftTable) {
	focused := e.focused()
	old := e.controls
	e.controls = map[string]*control{}
	content := []fyne.CanvasObject{kit.NewText(t.Title, kit.Title), kit.NewText(prose(t.Doc), kit.Muted)}
	e.whole = kit.NewText("", kit.Alert)
	content = append(content, e.whole)
	for i, row := range t.Rows {
		content = append(content, e.row(t, i, row, old))
	}
	if t.Many {
		add := newButton("Add "+lower(t.One), kit.Plain, func() { e.add(t.Name) })
		add.entered = func() { e.reveal(add) }
		content = append(content, kit.NewRow(0, -1, add))
	}
	e.form.Objects = content
	e.form.Refresh()
	e.scroll.Refresh()
	if focused != "" && e.controls[focused] != old[focused] {
		e.focus(focused)
	}
}

// prose joins the lines that a comment in the file is broken into.
func prose(doc string) string { return strings.ReplaceAll(doc, "\n", " ") }

func lower(s string) string {
	r := []rune(s)
	r[0] = unicode.ToLower(r[0])
	return string(r)
}

// row is one row of a table: a card of its own where there are many.
func (e *Editor) row(t plan.DraftTable, i int, row []plan.Input, old map[string]*control) fyne.CanvasObject {
	var fields []fyne.CanvasObject
	if t.Many {
		fields = append(fields, e.head(t, i))
	}
	var fixed []fyne.CanvasObject // of no interest before the end
	for _, in := range row {
		if in.Idle {
			continue
		}
		c := old[in.Path]
		if c == nil || c.recipe != e.recipe(in) {
			c = e.newControl(in)
		}
		e.controls[in.Path] = c
		if c.focus == nil {
			fixed = append(fixed, c.field)
		} else {
			fields = append(fields, c.field)
		}
	}
	return kit.NewCard(kit.NewColumn(2.5, append(fields, fixed...)...))
}

// head numbers a row, and takes it away.
func (e *Editor) head(t plan.DraftTable, i int) fyne.CanvasObject {
	name := fmt.Sprintf("%s %d", t.One, i+1)
	remove := newButton("Remove", kit.Quiet, func() { e.remove(t, i) })
	remove.entered = func() { e.reveal(remove) }
	return kit.NewRow(1, 0, kit.NewText(name, kit.Heading), remove)
}

// add makes a row and goes to its first input.
func (e *Editor) add(table string) {
	e.draft.Add(table)
	e.refresh()
	rows := e.tables[e.current].Rows
	e.focus(rows[len(rows)-1][0].Path)
}

// remove takes a row away, after asking.
func (e *Editor) remove(t plan.DraftTable, i int) {
	name := fmt.Sprintf("%s %d", lower(t.One), i+1)
	kit.Confirm(e.win, e.keys, "Remove "+name+"?", "What was filled in for it is lost.", "Remove it", "Keep it", func(yes bool) {
		if !yes {
			return
		}
		e.draft.Remove(t.Name, i+1)
		e.controls, e.shown = map[string]*control{}, "" // the rows after it have other paths now
		e.refresh()
		if path := e.firstPath(e.current); path != "" {
			e.focus(path)
		}
	})
}

// drawErrors says beside each input what is wrong with it. What nobody has
// come to yet is not held against him.
func (e *Editor) drawErrors() {
	t := e.tables[e.current]
	wrong := map[string]string{}
	for _, err := range e.errs {
		if _, ok := wrong[err.Key]; !ok {
			wrong[err.Key] = sentence(err.Message)
		}
	}
	changed := e.drawWhole(t, wrong)
	for _, row := range t.Rows {
		for _, in := range row {
			c := e.controls[in.Path]
			if c == nil {
				continue
			}
			message, hint := wrong[in.Path], in.Doc
			if message != "" && (in.Gap || in.Value == "") && !e.touched[in.Path] {
				message, hint = "", strings.TrimSuffix("To be filled in · "+in.Doc, " · ")
			}
			changed = c.say(message, hint) || changed
		}
	}
	if changed { // and with it the height of the form
		e.form.Refresh()
		e.scroll.Refresh()
	}
}

// drawWhole says what is wrong with the table and not with one input. It tells
// whether that is something else than before.
func (e *Editor) drawWhole(t plan.DraftTable, wrong map[string]string) bool {
	var lines []string
	for _, err := range e.errs {
		if e.controls[err.Key] == nil && (err.Key == "" || owner(e.tables, err.Key) == t.Name && !strings.Contains(err.Key, ".") && t.Many) {
			lines = append(lines, wrong[err.Key])
		}
	}
	text := strings.Join(lines, "\n")
	changed := text != e.whole.Value() || e.whole.Visible() == (text == "")
	e.whole.SetText(text)
	show(e.whole, text != "")
	return changed
}

// sentence makes one of an error's message, which follows the name of an
// input: "is 91, wanted 1 to 90".
func sentence(message string) string {
	if strings.HasPrefix(message, "entry ") {
		return "E" + message[1:] + "."
	}
	return "It " + message + "."
}
