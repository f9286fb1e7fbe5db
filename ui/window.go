package ui

import (
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"

	"github.com/keyceremony/ceremony/ui/kit"
)

// A Window is one window of the program. It shows one page at a time.
type Window struct {
	app   fyne.App
	win   fyne.Window
	name  string // in traces
	base  string // its title while the page has none of its own
	host  Host
	keys  *kit.Keys
	work  *work
	trace *tracer
	scene *scene // the rehearsal that this window is part of, or nil
	page  page
}

// mainWindow is the name of the program's first window.
const mainWindow = "main"

// offlineWindow is the name of the window that stands for the second machine.
const offlineWindow = "offline"

// A page fills the window.
type page interface {
	content() fyne.CanvasObject
	first() fyne.Focusable      // has the focus at first; nil: nothing
	enter()                     // Enter where nothing has the focus
	files(paths []string) bool  // takes files that were dropped; false: they are not for this page
	help() (title, text string) // F1
	mark(t *Trace)              // says what is on it
	leave() error               // is called before another page comes, or the window closes
}

// New makes the window. Start, Ceremony and Rehearse lead to a page, and Show
// shows it.
func New(a fyne.App, h Host) *Window {
	if h.Taste.Scale == 0 {
		h.Taste = Taste{Look: kit.Looks[0], Scale: 1}
	}
	a.Settings().SetTheme(kit.NewTheme(h.Taste.Look, h.Taste.Scale))
	w := newWindow(a, h, mainWindow, "Key ceremony")
	w.win.SetMaster()
	w.show(newWaiting(w))
	return w
}

// Start leads to the start page.
func (w *Window) Start() { w.show(newStart(w)) }

func newWindow(a fyne.App, h Host, name, title string) *Window {
	w := &Window{app: a, win: a.NewWindow(title), name: name, base: title, host: h}
	w.keys = kit.NewKeys(w.win)
	w.work = &work{w: w}
	w.trace = newTracer(w)
	w.win.SetPadded(false)
	w.win.Resize(fyne.NewSize(1280, 800))
	w.win.SetOnDropped(func(_ fyne.Position, uris []fyne.URI) {
		var paths []string
		for _, u := range uris {
			paths = append(paths, u.Path())
		}
		w.Files(paths)
	})
	w.win.SetCloseIntercept(w.askClose)
	w.shortcuts()
	return w
}

// Show shows the window. Under X11 the title that it is made with stays the
// class of its program, which a desktop knows it by: what is led here is put
// into the title afterwards.
func (w *Window) Show() {
	w.win.SetTitle(w.base)
	w.win.Show()
	if w.page != nil {
		w.win.SetTitle(w.title())
	}
}

// Scale is how many pixels of the screen one of the window's has.
func (w *Window) Scale() float32 { return w.win.Canvas().Scale() }

// Fit makes the window as large as is comfortable on a screen of this size.
func (w *Window) Fit(screen fyne.Size) {
	const most = 1600
	size := fyne.NewSize(min(most, screen.Width*0.92), min(most*0.65, screen.Height*0.86))
	w.win.Resize(size)
	w.scaleIn(size, 1) // the scale was perhaps chosen on a larger screen
	w.win.CenterOnScreen()
}

// shortcuts are those of every page.
func (w *Window) shortcuts() {
	ctrl := func(k fyne.KeyName, f func()) {
		w.keys.Add(&desktop.CustomShortcut{KeyName: k, Modifier: fyne.KeyModifierControl}, f)
		w.keys.Add(&desktop.CustomShortcut{KeyName: k, Modifier: fyne.KeyModifierControl | fyne.KeyModifierShift}, f)
	}
	ctrl(fyne.KeyPlus, func() { w.scale(1.125) }) // with Shift on many keyboards
	ctrl(fyne.KeyEqual, func() { w.scale(1.125) })
	ctrl(fyne.KeyMinus, func() { w.scale(1 / 1.125) })
	ctrl(fyne.Key0, func() { w.setTaste(Taste{Look: w.host.Taste.Look, Scale: 1}) })
	ctrl(fyne.KeyT, func() {
		if p, ok := w.page.(*ceremony); ok {
			p.fold()
		}
	})
	w.keys.Help = func() { w.showHelp() }
	w.keys.Enter = func() { w.page.enter() }
	w.keys.Escape = func() {
		if p, ok := w.page.(interface{ escape() }); ok {
			p.escape()
		}
	}
	w.keys.Scroller = func() *container.Scroll {
		if p, ok := w.page.(interface{ scroller() *container.Scroll }); ok {
			return p.scroller()
		}
		return nil
	}
}

// show puts a page in the place of the one before.
func (w *Window) show(p page) {
	w.page = p
	w.win.SetTitle(w.title())
	w.win.SetContent(container.NewStack(kit.NewGround(w.keys), p.content(), container.NewWithoutLayout(w.trace.probe)))
	w.focus(p.first())
	w.trace.touch()
}

// title says in the desktop's list of windows what is led here, and where.
func (w *Window) title() string {
	p, ok := w.page.(interface{ title() string })
	if !ok || p.title() == "" {
		return w.base
	}
	return kit.Visible(p.title()) + " — Key ceremony"
}

func (w *Window) focus(f fyne.Focusable) {
	if f == nil {
		w.win.Canvas().Unfocus()
		return
	}
	w.win.Canvas().Focus(f)
}

// leave asks the page whether it may go, and tells people if not.
func (w *Window) leave() bool {
	if w.work.refuses() {
		return false
	}
	if w.page == nil {
		return true
	}
	err := w.page.leave()
	if err != nil && !errors.Is(err, errStay) {
		w.tell(err)
	}
	return err == nil
}

// home goes back to the start page.
func (w *Window) home() {
	if w.leave() {
		w.show(newStart(w))
	}
}

// Close closes the window as its user would: not while something is under way
// in it or, as the program ends with the first window, in another one.
func (w *Window) Close() {
	for _, other := range w.others() {
		if other.work.refuses() {
			return
		}
	}
	if !w.leave() {
		return
	}
	if w.scene != nil {
		w.scene.drop(w)
	}
	w.win.Close()
}

// askClose asks before a ceremony is left in the middle of the script.
func (w *Window) askClose() {
	at := w.page
	if over, ok := at.(interface{ below() page }); ok {
		at = over.below()
	}
	p, ok := at.(*ceremony)
	if !ok || w.work.what != "" || !p.inTheMiddle() {
		w.Close()
		return
	}
	kit.Confirm(w.win, w.keys, "Close the window?",
		"Nothing recorded is lost, and the folder opens again at this step. But everybody signs in again then, and what is entered and not done yet is lost. "+
			"If people go away meanwhile, pause the ceremony instead: the code of the log's head is then on paper.",
		"Close the window", "Stay here", func(yes bool) {
			if yes {
				w.Close()
			}
		})
}

// others are the windows that close with this one.
func (w *Window) others() []*Window {
	if w.scene == nil || w.name != mainWindow {
		return nil
	}
	var out []*Window
	for _, at := range w.scene.at {
		if at != w {
			out = append(out, at)
		}
	}
	return append(out, w.scene.table.w)
}

// Files takes files as if they were dropped on the window: first the page may
// have a place for them, else they say themselves where they belong.
func (w *Window) Files(paths []string) {
	if len(paths) == 0 || w.work.refuses() || w.page.files(paths) {
		return
	}
	w.sort(paths[0])
}
