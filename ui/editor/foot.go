package editor

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/keyceremony/ceremony/ui/kit"
)

// A foot is the bar below the page: what is wrong, and what can be done.
type foot struct {
	e                   *Editor
	errors, notes, file *kit.Button
	print, save, close  *kit.Button
	fine                fyne.CanvasObject // in place of errors
	box                 *fyne.Container
}

func newFoot(e *Editor) *foot {
	f := &foot{e: e, fine: kit.NewSigned("No errors")}
	f.errors = kit.NewButton("", kit.Quiet, e.nextError)
	f.notes = kit.NewButton("", kit.Quiet, e.showNotes)
	f.file = kit.NewButton("Show the file", kit.Plain, func() { e.frame.toggle() })
	f.print = kit.NewButton("Print script", kit.Plain, e.print)
	f.save = kit.NewButton("Save as…", kit.Primary, e.askSave)
	f.close = kit.NewButton("Close", kit.Plain, e.Close)
	f.box = container.New(&footLayout{f: f}, f.close, f.errors, f.fine, f.notes, f.file, f.print, f.save)
	return f
}

// A footLayout has the first at the left, the state beside it and the other
// buttons at the right; the state on a line of its own where there is no room.
type footLayout struct {
	f     *foot
	width float32 // that it had the last time
}

func (l *footLayout) state() []fyne.CanvasObject {
	return []fyne.CanvasObject{l.f.errors, l.f.fine, l.f.notes}
}

func (l *footLayout) right() []fyne.CanvasObject {
	return []fyne.CanvasObject{l.f.file, l.f.print, l.f.save}
}

// Layout implements fyne.Layout.
func (l *footLayout) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	l.width = size.Width
	high := kit.Size(kit.SizeControl)
	below := size.Height - high
	x := line([]fyne.CanvasObject{l.f.close}, 0, below, high)
	if l.isTall() {
		line(l.state(), 0, 0, high)
	} else {
		line(l.state(), x, below, high)
	}
	line(l.right(), size.Width-width(l.right())+gap(), below, high)
}

// MinSize implements fyne.Layout.
func (l *footLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	high := kit.Size(kit.SizeControl)
	if l.isTall() {
		high = 2*high + gap()
	}
	return fyne.NewSize(0, high)
}

func (l *footLayout) isTall() bool {
	return l.f.close.MinSize().Width+gap()+width(l.state())+width(l.right()) > l.width+gap() && l.width > 0
}

func gap() float32 { return 1.5 * kit.Size(kit.SizeGrid) }

// width is what objects take side by side, with a gap behind each.
func width(objects []fyne.CanvasObject) (x float32) {
	for _, o := range objects {
		if o.Visible() {
			x += o.MinSize().Width + gap()
		}
	}
	return x
}

// line puts what is shown side by side and tells where it ends.
func line(objects []fyne.CanvasObject, x, y, high float32) float32 {
	for _, o := range objects {
		if s := o.MinSize(); o.Visible() {
			put(o, x, y+(high-s.Height)/2, s.Width, s.Height)
			x += s.Width + gap()
		}
	}
	return x
}

// refresh counts errors and notes.
func (f *foot) refresh() {
	n := len(f.e.errs)
	f.errors.SetText(number(n, "error"))
	show(f.errors, n > 0)
	show(f.fine, n == 0)
	enable(f.print, f.e.valid != nil)
	notes := 0
	if f.e.valid != nil {
		notes = len(f.e.valid.Notes())
	}
	f.notes.SetText(number(notes, "note"))
	show(f.notes, notes > 0)
	f.box.Refresh()
}

// folding is told when the file comes or goes.
func (f *foot) folding(shown bool) {
	text := "Show the file"
	if shown {
		text = "Hide the file"
	}
	if f.file.Text() != text {
		f.file.SetText(text)
	}
}

func enable(b *kit.Button, yes bool) {
	switch {
	case yes && b.Disabled():
		b.Enable()
	case !yes && !b.Disabled():
		b.Disable()
	}
}

// showNotes lists what the plan may decide and its reviewers should see.
func (e *Editor) showNotes() {
	if e.valid == nil {
		return
	}
	var s *kit.Sheet
	lines := kit.NewColumn(2, kit.NewText("The plan is valid. Whoever signs it should know this:", kit.Body))
	for _, note := range e.valid.Notes() {
		lines.Add(kit.NewText("• "+note, kit.Body))
	}
	s = kit.NewSheet(e.win, e.keys, "What this plan leaves open", lines, kit.NewButton("Close", kit.Primary, func() { s.Hide() }))
	s.Show()
}

// print hands the script of a valid plan to the host.
func (e *Editor) print() {
	if e.valid == nil {
		return // its button is disabled
	}
	if err := e.host.Print(e.valid.ID+"-script.html", e.script(e.valid)); err != nil {
		e.tell("The script was not printed", err.Error())
	}
}

func (e *Editor) tell(title, body string) {
	var s *kit.Sheet
	s = kit.NewSheet(e.win, e.keys, title, kit.NewText(body, kit.Body), kit.NewButton("Close", kit.Primary, func() { s.Hide() }))
	s.Show()
}

// Close leaves the editor; it asks first where something would be lost.
func (e *Editor) Close() {
	if !e.Unsaved() {
		e.leave()
		return
	}
	kit.Confirm(e.win, e.keys, "Close without saving?", "What was changed since the plan was opened or saved is lost.", "Close without saving", "Stay here", func(yes bool) {
		if yes {
			e.leave()
		}
	})
}

func (e *Editor) leave() {
	e.closed = true
	e.host.Done()
}
