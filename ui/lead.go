package ui

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"

	"github.com/keyceremony/ceremony/steps"
	"github.com/keyceremony/ceremony/ui/kit"
)

// This file leads to a page: by a folder, a plan, or what was dropped.

// Ceremony leads to a ceremony folder, or to the transcript of one that is over.
func (w *Window) Ceremony(dir string) { w.goOn(dir) }

// open continues a folder; that of a rehearsal with its vault and its papers,
// at the machine whose folder was named, wherever the rehearsal stands.
func (w *Window) open(dir string) {
	if w.scene == nil && w.host.Scene != nil {
		if at := w.host.Scene(dir); at != "" {
			w.rehearse(at, false, func(*scene) { w.open(dir) })
			return
		}
	}
	w.lead("Open the ceremony", dir, func(say func(string)) (*steps.Ceremony, error) { return w.host.Open(dir, say) }, true)
}

// goOn continues a ceremony, or leads to the transcript of one that is over.
func (w *Window) goOn(dir string) {
	if g, err := steps.Peek(dir); err == nil && g.Sealed && g.Now.Phase == steps.Done {
		w.verify(dir)
		return
	}
	w.open(dir)
}

// begin begins a folder.
func (w *Window) begin(b Beginning) {
	w.lead("Begin the ceremony", b.Dir, func(say func(string)) (*steps.Ceremony, error) { return w.host.Begin(b, say) }, false)
}

// lead opens a ceremony, and shows its page. Again says that it was open
// before.
func (w *Window) lead(what, dir string, open func(say func(string)) (*steps.Ceremony, error), again bool) {
	get(w, what, func() (*steps.Ceremony, error) { return open(w.work.say) }, func(c *steps.Ceremony) {
		if w.host.Remember != nil {
			w.host.Remember(dir)
		}
		w.show(newCeremony(w, c, again))
	})
}

// get leaves the page, gets in the background what the next one needs, and
// goes on with it. If it cannot be had, people are back at the start.
func get[T any](w *Window, what string, from func() (T, error), then func(T)) {
	if !w.leave() {
		return
	}
	w.show(newWaiting(w))
	var got T
	w.work.do(what, func(context.Context) (err error) {
		got, err = from()
		return err
	}, func(err error) {
		if err != nil {
			w.show(newStart(w))
			w.tell(err)
			return
		}
		then(got)
	})
}

// sort leads to where a file or folder belongs that was dropped.
func (w *Window) sort(path string) {
	switch g, err := steps.Peek(path); {
	case err == nil && g.Sealed:
		w.verify(path)
	case err == nil:
		w.open(path)
	case isFolder(path) && !errors.Is(err, steps.ErrNoCeremony):
		w.verify(path) // a plan or a log is damaged: the verdict says where
	case strings.EqualFold(filepath.Ext(path), ".toml"):
		if w.leave() {
			w.show(newBegin(w, path))
		}
	default:
		w.inspect(path)
	}
}

func isFolder(path string) bool {
	s, err := os.Stat(path)
	return err == nil && s.IsDir()
}

// waiting is the page while a folder is opened or checked.
type waiting struct {
	w *Window
	u *underway
}

func newWaiting(w *Window) *waiting { return &waiting{w, newUnderway(w)} }

func (p *waiting) content() fyne.CanvasObject { return kit.NewPage(760, p.u.box) }
func (p *waiting) first() fyne.Focusable      { return nil }
func (p *waiting) enter()                     {}
func (p *waiting) files([]string) bool        { return true }
func (p *waiting) help() (title, text string) { return "One moment", "The program works." }
func (p *waiting) leave() error               { return nil }
func (p *waiting) working()                   { p.u.tell(p.w.work.busy()) }

func (p *waiting) mark(t *Trace) { t.Page = "waiting" }
