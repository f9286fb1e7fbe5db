package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/steps"
)

// page returns the ceremony page that the window shows.
func page_(t testing.TB, w *Window) *ceremony {
	t.Helper()
	p, ok := w.page.(*ceremony)
	if !ok {
		t.Fatalf("the window shows a %T, wanted a ceremony", w.page)
	}
	return p
}

// fill types what people would into every field that is asked.
func (h *hall) fill(w *Window) {
	h.t.Helper()
	s := page_(h.t, w).now.(*step)
	for i := 0; i < len(s.form.asked()); i++ {
		r := s.form.asked()[i]
		if r.f.Kind == steps.Secret {
			w.focus(r.focus())
			typed(w, string(map[bool][]byte{true: h.store.SOPIN, false: h.store.PIN}[r.f.Name == "so-pin"]))
			continue
		}
		if r.f.Kind == steps.Send || r.f.Kind == steps.Receive || strings.HasPrefix(r.f.Name, "screen.") {
			continue // what crosses the gap is for those who test that
		}
		v := h.value(s.now, r.f)
		if c, ok := r.control.(*choiceControl); ok {
			c.set(v)
			c.c.OnChanged(v)
			continue
		}
		r.clear()
		w.focus(r.focus())
		typed(w, v)
	}
}

// signAll has everybody who may sign do so, on the sheet.
func (h *hall) signAll(w *Window) {
	h.t.Helper()
	s := page_(h.t, w).now.(*step)
	for _, t := range s.signing.texts {
		b := s.signing.buttons[t.Person]
		if b == nil {
			continue
		}
		test.Tap(b)
		typed(w, "aardvark-adroitness")
		key(w, fyne.KeyReturn)
		if !s.signing.has(t.Person) {
			h.t.Fatalf("%s: %s did not sign", s.now.Step.ID, t.Person)
		}
		if s.now.Needed == "one of them" {
			break
		}
	}
}

// typed types where the focus is.
func typed(w *Window, text string) {
	for _, r := range text {
		w.win.Canvas().Focused().TypedRune(r)
	}
}

// key presses a key where the focus is.
func key(w *Window, name fyne.KeyName) {
	ev := &fyne.KeyEvent{Name: name}
	if f := w.win.Canvas().Focused(); f != nil {
		f.TypedKey(ev)
		return
	}
	w.win.Canvas().OnTypedKey()(ev)
}

// sitting leads through a sitting to its end.
func (h *hall) sitting(w *Window, visit func(id string)) {
	h.t.Helper()
	for n := 0; n < 200; n++ {
		p := page_(h.t, w)
		switch v := p.now.(type) {
		case *over:
			return
		case *result:
			visit("result." + v.was.Step.ID)
		case *step:
			if v.problems.Code != "" {
				h.t.Fatalf("%s: %+v", v.now.Step.ID, v.problems)
			}
			visit(v.now.Step.ID + "." + string(v.now.Phase))
			h.fill(w)
			h.signAll(w)
			if _, ready, waiting := v.primary(); !ready {
				h.t.Fatalf("%s: not ready: %s", v.now.Step.ID, waiting)
			}
			visit(v.now.Step.ID + "." + string(v.now.Phase) + ".ready")
		}
		test.Tap(p.primary)
	}
	h.t.Fatal("the sitting has no end")
}

// ended looks at the page of a sitting that is over: nothing turns away from a
// script of which nothing is left, and the head's code is there to compare when
// the folder is opened again.
func (h *hall) ended(w *Window, stage steps.Stage) {
	h.t.Helper()
	p := page_(h.t, w)
	if len(p.turns.Objects) > 0 {
		h.t.Errorf("at the end of %s there are %d buttons beside the one that goes on", stage, len(p.turns.Objects))
	}
	if o := p.now.(*over); stage == steps.Prepare && o.code != p.c.Head().SHA256.Code() {
		h.t.Errorf("the head's code is %q", o.code)
	} else if stage == steps.Prepare && !strings.Contains(shown(w), "Nobody compares it now") {
		h.t.Error("the head's code stands there as if somebody had to compare it")
	}
	if want := "hall-2026 · " + stage.Side() + " machine — Key ceremony"; w.win.Title() != want {
		h.t.Errorf("the window is called %q, wanted %q", w.win.Title(), want)
	}
}

// TestWholeCeremony leads through all three sittings in the window, with real
// key presses, and has the folder verified.
func TestWholeCeremony(t *testing.T) {
	h := newHall(t, nil)
	w := h.window()
	visit := func(id string) { h.shot(w, id) }
	h.shot(w, "start")
	w.Rehearse("", false)
	for i, stage := range []steps.Stage{steps.Prepare, steps.Wrap, steps.Import} {
		if got := page_(t, w).stage; got != stage {
			t.Fatalf("sitting %d is %s, wanted %s", i+1, got, stage)
		}
		h.sitting(w, visit)
		h.shot(w, "over."+string(stage))
		h.ended(w, stage)
		test.Tap(page_(t, w).primary)
	}
	v, ok := w.page.(*viewer)
	if !ok {
		t.Fatalf("the last page is a %T", w.page)
	}
	h.shotParts(w, v)
	if v.v.Outcome != audit.OutcomeComplete && v.v.Outcome != audit.OutcomeExceptions {
		t.Errorf("the folder verifies as %s", v.v.Outcome)
		for _, r := range v.v.Rules {
			t.Log(r.Result, r.ID, r.Detail)
		}
	}
	w.home()
	w.Ceremony(h.path("online"))
	if _, ok := w.page.(*viewer); !ok {
		t.Errorf("a ceremony that is over opens as a %T", w.page)
	}
	if !strings.Contains(strings.Join(h.recent, " "), "online") {
		t.Error("the folders are not remembered")
	}
}
