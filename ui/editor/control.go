package editor

import (
	"slices"
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"

	"github.com/keyceremony/ceremony/plan"
	"github.com/keyceremony/ceremony/ui/kit"
)

// A control is an input as it is on the page.
type control struct {
	path  string
	field *kit.Field
	focus fyne.Focusable // nil where there is nothing to choose
	show  func(value string)
	takes bool // the text of a file

	recipe string // what it was made for
	doc    string // the hint that is shown
}

// say shows what is wrong, or else a hint, and tells whether that is something
// else than before.
func (c *control) say(wrong, hint string) bool {
	changed := wrong != c.field.Error() || hint != c.doc
	if c.doc != hint {
		c.doc = hint
		c.field.SetHint(hint)
	}
	if c.field.Error() != wrong {
		c.field.SetError(wrong)
	}
	return changed
}

// rowsOf tells how many lines of an input are seen.
var rowsOf = map[plan.InputKind]int{plan.KindBlock: 7, plan.KindDigests: 3, plan.KindPublicKey: 3}

// newControl makes what an input of this kind is filled in with.
func (e *Editor) newControl(in plan.Input) *control {
	c := &control{path: in.Path, recipe: e.recipe(in), doc: in.Doc}
	var body fyne.CanvasObject
	switch {
	case e.isFixed(in):
		body = kit.NewText(in.Value, kit.Body)
		c.show = func(string) {}
	case in.Kind == plan.KindChoice || in.Kind == plan.KindYesNo || in.Kind == plan.KindList:
		body = e.newChoice(c, in)
	default:
		body = e.newEntry(c, in)
	}
	label := in.Label
	if !in.Required && in.Kind != plan.KindYesNo {
		label += " (optional)"
	}
	c.field = kit.NewField(label, in.Doc, body)
	c.show(valueOf(in))
	return c
}

// isFixed tells an input for which there is one value, which it has had from
// the start.
func (e *Editor) isFixed(in plan.Input) bool {
	return in.Kind == plan.KindChoice && len(in.Options) == 1 && in.Value == in.Options[0] && in.Required && !e.touched[in.Path]
}

// valueOf is what an input shows: a gap of the template is empty.
func valueOf(in plan.Input) string {
	if in.Gap {
		return ""
	}
	return in.Value
}

// newChoice lets one or some of a few words be taken. A value that is none of
// them is one more, so that it is seen and can be left.
func (e *Editor) newChoice(c *control, in plan.Input) fyne.CanvasObject {
	var options []option
	switch {
	case in.Kind == plan.KindYesNo:
		options = []option{{"true", "yes"}, {"false", "no"}}
	case !in.Required && in.Kind == plan.KindChoice:
		options = []option{{"", "left out"}}
	}
	for _, word := range in.Options {
		options = append(options, option{word, word})
	}
	for _, word := range split(in) {
		if word != "" && !slices.ContainsFunc(options, func(o option) bool { return o.value == word }) {
			options = append(options, option{word, word})
		}
	}
	p := newPills(e.keys, options, in.Kind == plan.KindList)
	p.changed = func() { e.set(c.path, strings.Join(p.values(), "\n")) }
	p.entered, p.left = func() { e.entered(c.path, c.field) }, func() { e.left(c.path) }
	c.show = func(value string) { p.take(split(plan.Input{Kind: in.Kind, Value: value})) }
	if len(options) == 0 {
		return kit.NewText("There is nothing to choose from yet.", kit.Muted)
	}
	c.focus = p
	return p
}

// split gives the values of an input: some of a list, else one.
func split(in plan.Input) []string {
	if in.Kind == plan.KindList {
		return strings.Fields(in.Value)
	}
	return []string{strings.TrimSpace(in.Value)}
}

// newEntry takes text; that of a file where the input has many lines or is a
// key.
func (e *Editor) newEntry(c *control, in plan.Input) fyne.CanvasObject {
	t := newEntry(e.keys, rowsOf[in.Kind])
	t.SetExample(in.Example)
	filling := false // by the program
	t.OnChanged = func(text string) {
		if !filling {
			e.set(c.path, text)
		}
	}
	t.entered, t.left = func() { e.entered(c.path, c.field) }, func() { e.left(c.path) }
	c.focus = t
	c.show = func(value string) {
		if t.Value() != value {
			filling = true
			t.SetValue(value)
			filling = false
		}
	}
	c.takes = in.Kind == plan.KindBlock || in.Kind == plan.KindPublicKey
	if !c.takes || e.host.Read == nil {
		return t
	}
	pick := newButton("From a file…", kit.Plain, func() {
		e.host.Pick(in.Label, func(path string) { e.fill(c, path) })
	})
	pick.entered = func() { e.entered(c.path, c.field) }
	return kit.NewColumn(1, t, kit.NewRow(0, -1, pick))
}

// mostText bounds the file that an input takes.
const mostText = 64 << 10

// fill puts the text of a file into an input. A private key is never taken.
func (e *Editor) fill(c *control, path string) {
	b, err := e.host.Read(path)
	text := strings.ReplaceAll(string(b), "\r\n", "\n")
	switch {
	case err != nil:
		c.field.SetError("The file cannot be read: " + err.Error())
	case strings.Contains(text, "PRIVATE KEY"):
		c.field.SetError("This file holds a private key, which belongs to its owner alone and not into a plan. Choose the public one, which ends in .pub.")
	case len(b) > mostText || !utf8.Valid(b):
		c.field.SetError("This file is no text of a key or certificate. Choose another.")
	default:
		text = strings.Trim(text, "\n")
		if strings.Contains(text, "\n") {
			text += "\n"
		}
		c.show(text)
		e.set(c.path, text)
	}
}

// Drop puts the text of a file that was dropped on the window into the input
// that has the focus. It tells whether that takes one.
func (e *Editor) Drop(path string) bool {
	c := e.controls[e.focused()]
	if c == nil || !c.takes || e.host.Read == nil {
		return false
	}
	e.fill(c, path)
	return true
}
