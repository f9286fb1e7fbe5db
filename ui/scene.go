package ui

import (
	"errors"
	"io/fs"

	"fyne.io/fyne/v2"

	"github.com/keyceremony/ceremony/steps"
)

// A scene is a rehearsal that is being led: the places where its sittings are,
// the windows in them, and the table with the papers.
type scene struct {
	r     *Rehearsal
	table *table
	at    map[string]*Window // side → window
}

// Rehearse sets a rehearsal up, or goes on with the one in dir, and leads to
// where it stands. Two windows stand for the two machines.
func (w *Window) Rehearse(dir string, two bool) { w.rehearse(dir, two, (*scene).goOn) }

func (w *Window) rehearse(dir string, two bool, then func(*scene)) {
	get(w, "Set up the rehearsal", func() (*Rehearsal, error) { return w.host.Rehearse(dir, w.work.say) },
		func(r *Rehearsal) { then(newScene(w, r, two)) })
}

func newScene(w *Window, r *Rehearsal, two bool) *scene {
	s := &scene{r: r, at: map[string]*Window{"online": w, "offline": w}}
	w.scene = s
	switch {
	case r.Machine != "":
		s.at = map[string]*Window{r.Machine: w}
	case two:
		off := newWindow(w.app, w.host, offlineWindow, "Offline machine")
		off.scene = s
		off.show(newStart(off))
		off.win.Resize(w.win.Canvas().Size()) // which fits the screen
		off.Show()
		w.base = "Online machine"
		s.at["offline"] = off
	}
	s.table = newTable(s, w)
	s.table.w.Show()
	w.win.RequestFocus()
	return s
}

// goOn leads to the sitting that the rehearsal is at.
func (s *scene) goOn() {
	side := s.stands()
	s.at[side].enter(s.beginning(side))
}

// enter goes on with a folder, or begins it where nothing is.
func (w *Window) enter(b Beginning) {
	_, err := steps.Peek(b.Dir)
	if errors.Is(err, steps.ErrNoCeremony) || errors.Is(err, fs.ErrNotExist) {
		w.begin(b)
		return
	}
	w.open(b.Dir) // which says what is wrong with it
}

func (s *scene) beginning(side string) Beginning {
	if side == "offline" {
		return s.r.Offline
	}
	return s.r.Online
}

// stands tells at which machine the rehearsal goes on: offline between the end
// of the first sitting and the end of the second.
func (s *scene) stands() string {
	if s.r.Machine != "" {
		return s.r.Machine
	}
	online, err := steps.Peek(s.r.Online.Dir)
	if err != nil || online.Now.Stage == s.r.Online.Stage {
		return "online"
	}
	if offline, err := steps.Peek(s.r.Offline.Dir); err == nil && offline.Now.Phase == steps.Done {
		return "online"
	}
	return "offline"
}

// onward makes the button at the end of a sitting lead to the next one.
func (s *scene) onward(o *over, now steps.Now) {
	if now.Phase == steps.Done && o.p.stage != s.r.Offline.Stage {
		return // the ceremony is over
	}
	if s.r.Machine != "" {
		s.elsewhere(o)
		return
	}
	o.side = s.stands()
	w := s.at[o.side]
	if w == nil {
		w = o.p.w // that machine's window was closed
	}
	o.then = func() {
		w.enter(s.beginning(o.side))
		w.win.RequestFocus()
	}
	if o.side == o.p.c.Side() {
		o.next, o.lines = "Go on with the import", []string{"The offline machine has done its part, and the ceremony goes on here."}
		return
	}
	o.next = "Go to the " + o.side + " machine"
	where := "In this rehearsal both machines are this one."
	if w != o.p.w {
		where = "In this rehearsal the other machine is the other window, which may lie behind this one: the button brings it to the front."
	}
	if !o.p.byCodes() {
		where += " The medium is a folder, and it is there already."
	}
	o.lines = append(o.lines, where)
}

// moved tells whether the rehearsal went on in another window while this one
// showed the end of a sitting.
func (s *scene) moved(o *over) bool { return o.side != "" && s.stands() != o.side }

// elsewhere leads on where the next sitting is at another machine: that of the
// online machine waits for it, and the offline one has done its part.
func (s *scene) elsewhere(o *over) {
	if w := s.at["online"]; w != nil {
		o.lines = append(o.lines, "In this rehearsal the offline machine is another one. Lead the ceremony there, and go on here when the HSM has done its part.")
		o.next, o.then = "Go on with the import", func() { w.enter(s.r.Online) }
	}
}

// sheet keeps what people write down.
func (s *scene) sheet(name, value string) {
	s.r.Sheet(name, value)
	if s.table != nil {
		s.table.draw()
	}
}

// drop ends the rehearsal with its last window.
func (s *scene) drop(w *Window) {
	for side, at := range s.at {
		if at == w {
			delete(s.at, side)
		}
	}
	if len(s.at) > 0 {
		return
	}
	s.table.w.win.Close()
	if err := s.r.Close(); err != nil {
		fyne.LogError("the rehearsal's vault", err)
	}
}
