package ui

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2/test"

	"github.com/keyceremony/ceremony/steps"
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

// TestTwoWindows: each window of a rehearsal says by itself that it goes on
// there, and the table leads to both.
func TestTwoWindows(t *testing.T) {
	h := newHall(t, nil)
	w := h.window()
	var ticks []func()
	w.host.Every = func(_ time.Duration, f func()) func() {
		ticks = append(ticks, f)
		return func() {}
	}
	w.Rehearse("", true)
	off := w.scene.at["offline"]
	if got, want := off.win.Canvas().Size(), w.win.Canvas().Size(); got != want {
		t.Errorf("the second window is %v large, and %v fits the screen", got, want)
	}
	var leads []string
	for _, o := range test.LaidOutObjects(w.scene.table.w.win.Canvas().Content()) {
		if b, ok := o.(*kit.Button); ok {
			leads = append(leads, b.Text())
		}
	}
	if !slices.Contains(leads, "Show the offline machine") || !slices.Contains(leads, "Show the online machine") {
		t.Errorf("the table leads to %q", leads)
	}
	look := func(w *Window, want string) {
		t.Helper()
		for _, f := range ticks {
			f()
		}
		if text := shown(w); !strings.Contains(text, want) {
			t.Errorf("%q is not said:\n%s", want, text)
		}
	}
	look(off, "Until then lead the ceremony there")
	h.sitting(w, func(string) {})
	look(w, "the other window")
	look(off, "has handed over the KEK. Press")
	h.shot(off, "standby.come")
	h.shot(w, "over.two")
	if s := off.page.(*start); s.lead.Kind() != kit.Primary || off.win.Canvas().Focused() != s.lead {
		t.Error("what is to be pressed is not the button that Enter presses")
	}
	test.Tap(page_(t, w).primary)
	h.sitting(off, func(string) {})
	look(w, "The offline machine has done its part")
	h.shot(w, "over.two.come")
	if label, _, _ := page_(t, w).now.primary(); label != "Go on with the import" {
		t.Errorf("the button says %q", label)
	}
	test.Tap(page_(t, w).primary)
	if p := page_(t, w); p.stage != steps.Import {
		t.Errorf("the button leads to %s", p.stage)
	}
}
