package ui

import (
	"errors"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"

	"github.com/keyceremony/ceremony/plan"
	"github.com/keyceremony/ceremony/steps"
	"github.com/keyceremony/ceremony/ui/editor"
	"github.com/keyceremony/ceremony/ui/kit"
)

var (
	errTableStays = errors.New("the table stays as long as the rehearsal is led")
	errStay       = errors.New("the page has something to say before it goes")
)

// edit is the page of the plan editor.
type edit struct {
	w *Window
	e *editor.Editor
}

// edit opens the plan editor.
func (w *Window) edit(d *plan.Draft) {
	if !w.leave() {
		return
	}
	p := &edit{w: w}
	p.e = editor.New(w.win, w.keys, d, steps.Script, editor.Host{
		Save: w.host.WriteNew, Print: func(name string, html []byte) error { w.print("Where does the script go?", name, html); return nil }, Read: w.host.Read, Done: func() {
			w.shortcuts() // the editor had some of them
			w.show(newStart(w))
		},
		Pick: func(title string, take func(string)) { kit.PickFile(w.win, w.keys, title, "", w.media(), take) },
	})
	w.show(p)
}

func (p *edit) title() string { return "Plan editor" }

// edit opens the plan that was chosen in the editor.
func (p *begin) edit() {
	b, err := p.w.host.Read(p.path.Value())
	if err != nil {
		p.w.tell(err)
		return
	}
	d, err := plan.ReadDraft(b)
	if err != nil {
		p.w.tell(err)
		return
	}
	p.w.edit(d)
}

// print writes a page where people say, and shows it: the browser of this
// machine prints it.
func (w *Window) print(question, path string, html []byte) {
	if full, err := filepath.Abs(path); err == nil {
		path = full
	}
	w.ask(question, path, func(path string) error {
		if err := w.host.WriteNew(path, html); err != nil {
			return err
		}
		return w.host.Show(path)
	})
}

// ask asks for one line, until it is taken.
func (w *Window) ask(title, value string, take func(string) error) {
	e := kit.NewEntry(w.keys)
	e.SetValue(value)
	field := kit.NewField("A new file", "nothing is overwritten", e)
	var s *kit.Sheet
	ok := kit.NewButton("Write it", kit.Primary, func() {
		if err := take(strings.TrimSpace(e.Value())); err != nil {
			field.SetError(err.Error())
			return
		}
		s.Hide()
	})
	s = kit.NewSheet(w.win, w.keys, title, field, kit.NewButton("Cancel", kit.Plain, func() { s.Hide() }), ok)
	s.First = e
	s.Show()
}

func (p *edit) content() fyne.CanvasObject { return p.e.Content() }
func (p *edit) first() fyne.Focusable      { return nil }
func (p *edit) enter()                     {}
func (p *edit) files(paths []string) bool  { return p.e.Drop(paths[0]) }

// leave asks about a plan that is not saved, and stays meanwhile.
func (p *edit) leave() error {
	if !p.e.Unsaved() {
		return nil
	}
	p.e.Close()
	return errStay
}

func (p *edit) help() (title, text string) {
	return "The plan", "Every decision of the ceremony is made here. What is wrong stands beside the field; the file as it will be saved stands at the right. " +
		"When it holds, save it, print the script, and have everybody named in it sign the file."
}

func (p *edit) mark(t *Trace) { t.Page = "editor" }
