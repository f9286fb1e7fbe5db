package ui

import (
	"errors"
	"strings"
	"testing"

	"fyne.io/fyne/v2/test"

	"github.com/keyceremony/ceremony/ui/kit"
)

// TestTakenUp: a folder that is opened again after the seal shows the code that
// is on paper first, and then that of the newest head.
func TestTakenUp(t *testing.T) {
	h := newHall(t, nil)
	w := h.window()
	w.Rehearse("", false)
	h.until(w, "kek.export")
	if err := page_(t, w).c.Close(); err != nil {
		t.Fatal(err)
	}
	w = h.window()
	w.Rehearse("", false)
	text := strings.Join(strings.Fields(shown(w)), " ") // a code has its groups apart
	sheet, now := strings.Index(text, h.sheets["prepare.head"]), strings.Index(text, page_(t, w).c.Head().SHA256.Code())
	if h.sheets["prepare.head"] == "" || sheet < 0 || now <= sheet || !strings.Contains(text, "later") {
		t.Errorf("the page says\n%s", text)
	}
	h.shot(w, "taken-up")
}

// TestNamedMachine: of a rehearsal the machine is opened whose folder was
// named, also where the rehearsal stands at the other one.
func TestNamedMachine(t *testing.T) {
	h := newHall(t, nil)
	w := h.window()
	w.Rehearse("", false)
	h.until(w, "kek.create")
	off, err := h.begin(h.rehearsal().Offline, func(string) {})
	if err := errors.Join(err, off.Close(), page_(t, w).c.Close()); err != nil {
		t.Fatal(err)
	}
	for _, side := range []string{"offline", "online"} {
		w := h.window()
		w.host.Scene = func(string) string { return h.dir }
		w.Ceremony(h.path(side))
		p := page_(t, w)
		if p.c.Side() != side || w.scene == nil {
			t.Errorf("the folder %s opens the %s machine", side, p.c.Side())
		}
		if err := p.c.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestStandby: the window of the second machine says what it is for, and its
// button leads there; the first one says nothing of it.
func TestStandby(t *testing.T) {
	h := newHall(t, nil)
	w := h.window()
	w.Rehearse("", true)
	off := w.scene.at["offline"]
	h.shot(off, "standby")
	if text := shown(off); !strings.Contains(text, "REHEARSAL") || !strings.Contains(text, "the offline machine of the rehearsal") || !strings.Contains(text, h.dir) {
		t.Errorf("the second window says\n%s", text)
	}
	if newStart(w).w.standsBy() {
		t.Error("the first window stands by too")
	}
	for _, o := range test.LaidOutObjects(off.win.Canvas().Content()) {
		if b, ok := o.(*kit.Button); ok && b.Text() == "Lead the offline machine" {
			b.Press()
		}
	}
	p := page_(t, off)
	if p.c.Side() != "offline" {
		t.Errorf("the button leads to the %s machine", p.c.Side())
	}
	if err := p.c.Close(); err != nil {
		t.Fatal(err)
	}
}
