// Package editor is the page on which a plan is written: forms for its tables
// at the left, the file as it will be saved at the right. It is drawn from a
// plan.Draft and knows no key of a plan by its name, so that what a plan gains
// is on the page by itself.
package editor

import (
	"bytes"
	"path/filepath"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"github.com/keyceremony/ceremony/plan"
	"github.com/keyceremony/ceremony/ui/kit"
)

// Help says what the keyboard does on the page besides Tab, arrows and Enter.
const Help = `Ctrl+S saves the plan, Ctrl+P prints its script.
Ctrl+E goes to the next error, Ctrl+T shows or hides the file.
Ctrl+PageDown and Ctrl+PageUp go to the next table and back.`

// A Host is what the editor asks of the window that it is part of.
type Host struct {
	Save  func(path string, toml []byte) error       // writes a new file; never overwrites
	Print func(name string, html []byte) error       // shows or saves the script
	Pick  func(title string, take func(path string)) // asks for a file that is there
	Read  func(path string) ([]byte, error)          // a file that a person named, bounded; nil: no input takes a file
	Start string                                     // folder that saving begins in
	Done  func()                                     // the editor is closed
}

// An Editor is one page, for one draft.
type Editor struct {
	win    fyne.Window
	keys   *kit.Keys
	draft  *plan.Draft
	script func(*plan.Plan) []byte
	host   Host

	path     string // under which it was saved; "" before
	saved    []byte // the file when it was opened, or saved the last time
	tables   []plan.DraftTable
	errs     plan.Errors
	valid    *plan.Plan // nil while there are errors
	current  int        // index of the table that is shown
	touched  map[string]bool
	controls map[string]*control // by path
	shown    string              // what the form is made of, to know when to make it anew
	form     *fyne.Container
	whole    *kit.Text // what is wrong with the table as a whole
	scroll   *kit.Scroll
	rail     *kit.Rail
	listed   string // what the rail shows
	source   *source
	frame    *frame
	foot     *foot
	name     *kit.Text
	closed   bool
}

// New makes the page. script prints the ceremony script of a valid plan.
func New(w fyne.Window, k *kit.Keys, d *plan.Draft, script func(*plan.Plan) []byte, h Host) *Editor {
	e := &Editor{
		win: w, keys: k, draft: d, script: script, host: h, saved: d.Encode(),
		touched: map[string]bool{}, controls: map[string]*control{},
		form: kit.NewColumn(3), rail: kit.NewRail(), source: newSource(), name: kit.NewLine("", kit.Muted),
	}
	e.foot = newFoot(e)
	e.scroll = kit.NewScroll(kit.NewPage(720, e.form))
	top := kit.NewRow(2, 1, kit.NewLine("Plan editor", kit.Strong), e.name)
	e.frame = newFrame(kit.NewBar(top), kit.NewPane(e.rail), e.scroll, kit.NewPane(e.source), kit.NewBar(e.foot.box))
	e.frame.folding = e.foot.folding
	e.shortcuts()
	e.refresh()
	return e
}

// Content is the page.
func (e *Editor) Content() fyne.CanvasObject { return e.frame.box }

// Unsaved tells whether closing would lose anything.
func (e *Editor) Unsaved() bool { return !bytes.Equal(e.saved, e.draft.Encode()) }

// shortcuts work wherever the focus is, until the editor is closed.
func (e *Editor) shortcuts() {
	add := func(name fyne.KeyName, f func()) {
		e.keys.Add(&desktop.CustomShortcut{KeyName: name, Modifier: fyne.KeyModifierControl}, func() {
			if !e.closed {
				f()
			}
		})
	}
	add(fyne.KeyS, e.askSave)
	add(fyne.KeyP, e.print)
	add(fyne.KeyE, e.nextError)
	add(fyne.KeyT, e.frame.toggle)
	add(fyne.KeyPageDown, func() { e.open(e.current+1, true) })
	add(fyne.KeyPageUp, func() { e.open(e.current-1, true) })
}

// refresh draws everything that depends on the draft.
func (e *Editor) refresh() {
	e.tables, e.errs = e.draft.Tables(), e.draft.Check()
	file := e.draft.Encode()
	e.valid = nil
	if p, err := plan.Parse(file); err == nil {
		e.valid = p
	}
	e.source.set(file, e.lines(e.errs))
	e.drawRail()
	e.drawForm()
	e.foot.refresh()
	e.name.SetText(e.title())
}

// lines are those of the file on which something is wrong.
func (e *Editor) lines(errs plan.Errors) map[int]bool {
	list := map[int]bool{}
	for _, err := range errs {
		list[err.Line] = true
	}
	return list
}

// title is the last text at the top of the plan, its name for people or, while
// that is a gap, its id; and whether it is saved.
func (e *Editor) title() string {
	text := ""
	for _, in := range e.tables[0].Rows[0] {
		if in.Kind == plan.KindText && !in.Gap {
			text = in.Value
		}
	}
	switch {
	case e.Unsaved():
		text += "  ·  not saved"
	case e.path != "":
		text += "  ·  saved as " + filepath.Base(e.path)
	}
	return text
}

// set takes what somebody typed.
func (e *Editor) set(path, value string) {
	if err := e.draft.Set(path, value); err != nil {
		panic("editor: internal error: " + err.Error())
	}
	e.touched[path] = true
	e.refresh()
	e.follow(path)
}

// open shows a table; focus gives its first input the focus.
func (e *Editor) open(i int, focus bool) {
	if i < 0 || i >= len(e.tables) {
		return
	}
	e.current = i
	e.drawRail()
	e.drawForm()
	e.scroll.Scroll.ScrollToTop()
	if path := e.firstPath(i); focus && path != "" {
		e.focus(path)
	}
}

func (e *Editor) firstPath(i int) string {
	for _, row := range e.tables[i].Rows {
		for _, in := range row {
			if c := e.controls[in.Path]; !in.Idle && c != nil && c.focus != nil {
				return in.Path
			}
		}
	}
	return ""
}

// focus gives an input of the current table the focus.
func (e *Editor) focus(path string) {
	if c := e.controls[path]; c != nil && c.focus != nil {
		e.win.Canvas().Focus(c.focus)
	}
}

// follow shows the line of an input in the file.
func (e *Editor) follow(path string) {
	for _, t := range e.tables {
		for _, row := range t.Rows {
			for _, in := range row {
				if in.Path == path {
					e.source.follow(in.Line)
				}
			}
		}
	}
}

// entered is told that an input has the focus, and left that it lost it.
func (e *Editor) entered(path string, o fyne.CanvasObject) {
	e.follow(path)
	e.reveal(o)
}

func (e *Editor) left(path string) {
	if !e.touched[path] {
		e.touched[path] = true
		e.drawErrors()
	}
}

// reveal scrolls the form until an object is in sight: Fyne gives the focus to
// what cannot be seen.
func (e *Editor) reveal(o fyne.CanvasObject) {
	s, driver := e.scroll.Scroll, fyne.CurrentApp().Driver()
	top := driver.AbsolutePositionForObject(o).Y - driver.AbsolutePositionForObject(s.Content).Y
	around := 6 * kit.Size(kit.SizeGrid)
	if top+o.Size().Height+around <= s.Size().Height {
		top = 0 // what stands above the first inputs is seen with them
	}
	y := max(s.Offset.Y, top+o.Size().Height+around-s.Size().Height)
	y = min(y, top-around)
	y = max(0, min(y, s.Content.Size().Height-s.Size().Height))
	if y != s.Offset.Y {
		s.ScrollToOffset(fyne.NewPos(0, y))
	}
}
