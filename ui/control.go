package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/keyceremony/ceremony/steps"
	"github.com/keyceremony/ceremony/ui/kit"
)

// A control is where one field is entered. There is one for each kind of
// field; a new kind needs one here.
type control interface {
	object() fyne.CanvasObject
	focus() fyne.Focusable
	value() string  // of a secret: something that is not the secret, or ""
	secret() []byte // a copy, to be wiped
	set(string)
	clear()
	partial() bool // begun and not whole
	waits() string // what is awaited then
	take(path string) bool
	onChanged(func())
	onSubmitted(func())
	onRefused(func(word string)) // a key or a pasted text was not taken
}

func newControl(p *ceremony, f steps.Field) control {
	switch f.Kind {
	case steps.Secret:
		return newSecretControl(p.w, f)
	case steps.Choice, steps.Person:
		return newChoiceControl(p, f)
	case steps.Code:
		return newCodeControl(p.w, f)
	case steps.Folder:
		return newPathControl(p.w, f, kit.PickFolder)
	case steps.File:
		return newPathControl(p.w, f, kit.PickFile)
	case steps.Send:
		return newSendControl(p)
	case steps.Receive:
		return newTakeControl(p)
	}
	return newTextControl(p.w)
}

// textControl is one line: Text, Word, Time.
type textControl struct{ e *kit.Entry }

func newTextControl(w *Window) *textControl {
	return &textControl{kit.NewEntry(w.keys)} // the hint below has the example
}

func (c *textControl) object() fyne.CanvasObject { return c.e }
func (c *textControl) focus() fyne.Focusable     { return c.e }
func (c *textControl) value() string             { return c.e.Value() }
func (c *textControl) secret() []byte            { return nil }
func (c *textControl) set(v string)              { c.e.SetValue(v) }
func (c *textControl) clear()                    { c.e.SetValue("") }
func (c *textControl) partial() bool             { return false }
func (c *textControl) waits() string             { return "" }
func (c *textControl) take(string) bool          { return false }
func (c *textControl) onChanged(f func())        { c.e.OnChanged = func(string) { f() } }
func (c *textControl) onSubmitted(f func())      { c.e.OnSubmitted = func(string) { f() } }

func (c *textControl) onRefused(func(string)) {}

// codeControl is 35 digits typed blind.
type codeControl struct{ c *kit.Code }

func newCodeControl(w *Window, f steps.Field) *codeControl {
	c := &codeControl{kit.NewCode(w.keys)}
	c.c.Blind = f.Blind
	return c
}

func (c *codeControl) object() fyne.CanvasObject { return c.c }
func (c *codeControl) focus() fyne.Focusable     { return c.c }
func (c *codeControl) value() string             { return c.c.Value() }
func (c *codeControl) secret() []byte            { return nil }
func (c *codeControl) set(string)                {} // codes are typed
func (c *codeControl) clear()                    { c.c.Clear() }
func (c *codeControl) partial() bool             { return c.c.Value() != "" && c.c.Missing() > 0 }
func (c *codeControl) waits() string             { return "Waiting for " + count(c.c.Missing(), "more digit") }
func (c *codeControl) take(string) bool          { return false }
func (c *codeControl) onChanged(f func())        { c.c.OnChanged = f }
func (c *codeControl) onSubmitted(f func())      { c.c.OnSubmitted = f }

func (c *codeControl) onRefused(f func(string)) { c.c.OnRefused = f }

// choiceControl is one of several options; people are shown by name and role.
type choiceControl struct{ c *kit.Choice }

func newChoiceControl(p *ceremony, f steps.Field) *choiceControl {
	var options []kit.Option
	for _, o := range f.Options {
		one := kit.Option{Value: o, Title: o}
		if f.Kind == steps.Person {
			who := p.c.Person(o)
			one.Title, one.More = who.Name, who.Role
		}
		options = append(options, one)
	}
	return &choiceControl{kit.NewChoice(p.w.keys, options)}
}

func (c *choiceControl) object() fyne.CanvasObject { return c.c }
func (c *choiceControl) focus() fyne.Focusable     { return c.c }
func (c *choiceControl) value() string             { return c.c.Value() }
func (c *choiceControl) secret() []byte            { return nil }
func (c *choiceControl) set(v string)              { c.c.Select(v) }
func (c *choiceControl) clear()                    { c.c.Select("") }
func (c *choiceControl) partial() bool             { return false }
func (c *choiceControl) waits() string             { return "" }
func (c *choiceControl) take(string) bool          { return false }
func (c *choiceControl) onChanged(f func())        { c.c.OnChanged = func(string) { f() } }
func (c *choiceControl) onSubmitted(f func())      { c.c.OnSubmitted = f }

func (c *choiceControl) onRefused(func(string)) {}

// pathControl is the path of a folder or a file, typed, chosen or dropped.
type pathControl struct {
	textControl
	box fyne.CanvasObject
}

func newPathControl(w *Window, f steps.Field, pick func(fyne.Window, *kit.Keys, string, string, []kit.Place, func(string))) *pathControl {
	c := &pathControl{textControl: *newTextControl(w)}
	choose := kit.NewButton("Choose…", kit.Plain, func() {
		pick(w.win, w.keys, f.Label, c.value(), w.media(), func(path string) { c.take(path) })
	})
	c.box = container.NewBorder(nil, nil, nil, choose, c.e)
	return c
}

func (c *pathControl) object() fyne.CanvasObject { return c.box }

func (c *pathControl) take(path string) bool {
	c.e.SetValue(path)
	return true
}

func (w *Window) media() []kit.Place {
	if w.host.Media == nil {
		return nil
	}
	return w.host.Media()
}

// secretControl is a PIN or passphrase; a longer secret may be read from a
// file.
type secretControl struct {
	w    *Window
	s    *kit.Secret
	file []byte
	name *kit.Text
	box  fyne.CanvasObject
	edit func()
}

func newSecretControl(w *Window, f steps.Field) *secretControl {
	c := &secretControl{w: w, s: kit.NewSecret(w.keys), name: kit.NewText("", kit.SmallMuted), edit: func() {}}
	c.s.OnChanged = func() {
		clear(c.file)
		c.file = nil
		c.name.SetText("")
		c.edit()
	}
	c.box = c.s
	if f.FromFile {
		choose := kit.NewButton("From a file…", kit.Plain, func() {
			kit.PickFile(w.win, w.keys, f.Label, "", w.media(), func(path string) { c.take(path) })
		})
		c.box = kit.NewColumn(1, container.NewBorder(nil, nil, nil, choose, c.s), c.name)
	}
	return c
}

func (c *secretControl) object() fyne.CanvasObject { return c.box }
func (c *secretControl) focus() fyne.Focusable     { return c.s }

func (c *secretControl) value() string {
	if len(c.file) > 0 || c.s.Len() > 0 {
		return "entered"
	}
	return ""
}

func (c *secretControl) secret() []byte {
	if len(c.file) > 0 {
		return append([]byte(nil), c.file...)
	}
	return c.s.Bytes()
}
func (c *secretControl) set(string) {}
func (c *secretControl) clear() {
	c.s.Clear()
	clear(c.file)
	c.file = nil
	c.name.SetText("")
}
func (c *secretControl) partial() bool        { return false }
func (c *secretControl) waits() string        { return "" }
func (c *secretControl) onChanged(f func())   { c.edit = f }
func (c *secretControl) onSubmitted(f func()) { c.s.OnSubmitted = f }

func (c *secretControl) onRefused(f func(string)) { c.s.OnRefused = f }

// take reads the secret from a file.
func (c *secretControl) take(path string) bool {
	b, err := c.w.host.Secret(path)
	if err != nil {
		c.w.tell(err)
		return true
	}
	c.clear()
	c.file = trimEnd(b)
	c.name.SetText("read from " + path)
	c.edit()
	return true
}

// trimEnd cuts the line ends that an editor adds behind a secret.
func trimEnd(b []byte) []byte {
	for len(b) > 0 && (b[len(b)-1] == '\n' || b[len(b)-1] == '\r') {
		b = b[:len(b)-1]
	}
	return b
}
