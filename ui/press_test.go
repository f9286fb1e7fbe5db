package ui

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"github.com/keyceremony/ceremony/keyvault/vaulttest"
)

// This file has what a press of a key must not do.

// TestIdlePatience: where a step asks nothing, the Enter that did the one before
// does not do it.
func TestIdlePatience(t *testing.T) {
	h := newHall(t, nil)
	w := h.window()
	now := vaulttest.Now()
	w.host.Now = func() time.Time { return now }
	w.Rehearse("", false)
	h.until(w, "kek.readback")
	w.host.Patience = time.Second
	p := page_(t, w)
	p.turn()
	head := p.c.Head()
	p.press()
	if p.c.Head() != head {
		t.Error("a step that asks nothing was done at once")
	}
	now = now.Add(2 * time.Second)
	p.tick()
	if p.press(); p.c.Head() == head {
		t.Error("after a while it is not done either")
	}
}

// TestSignatureOfAnotherText: what people signed does not stand for another
// text, also where what is entered was no text at all in between.
func TestSignatureOfAnotherText(t *testing.T) {
	h, w := led(t)
	h.until(w, "clock.check")
	page_(t, w).turnTo("exception")
	h.fill(w)
	h.signAll(w)
	s := page_(t, w).now.(*step)
	if len(s.signing.signed()) == 0 {
		t.Fatal("nobody signed")
	}
	one := s.form.asked()[0]
	w.focus(one.focus())
	for range one.value() {
		key(w, fyne.KeyBackspace)
	}
	if typed(w, "something else"); len(s.signing.signed()) != 0 {
		t.Errorf("%v signed what they never saw", s.signing.signed())
	}
	if _, ready, _ := s.primary(); ready {
		t.Error("the exception can be recorded with signatures over another text")
	}
}

// TestEnterStaysInTheForm: Enter in a field that is not filled in leads nowhere.
func TestEnterStaysInTheForm(t *testing.T) {
	h, w := led(t)
	h.until(w, "clock.check")
	s := page_(t, w).now.(*step)
	first := s.form.asked()[0]
	w.focus(first.focus())
	if key(w, fyne.KeyReturn); w.win.Canvas().Focused() != first.focus() {
		t.Errorf("Enter in an empty field leads to %T", w.win.Canvas().Focused())
	}
	h.fill(w)
	w.focus(first.focus())
	before := page_(t, w).c.Head()
	if key(w, fyne.KeyReturn); page_(t, w).c.Head() == before {
		t.Error("Enter does not do the step when all is filled in")
	}
}

// TestEnterAfterAChoice: Enter on the option that is taken leads to the next
// field, as it does from any other.
func TestEnterAfterAChoice(t *testing.T) {
	h, w := led(t)
	h.until(w, "people.signin")
	asked := page_(t, w).now.(*step).form.asked()
	w.focus(asked[0].focus())
	key(w, fyne.KeySpace)
	if asked[0].value() == "" {
		t.Fatal("Space takes nothing")
	}
	if key(w, fyne.KeyReturn); w.win.Canvas().Focused() != asked[1].focus() {
		t.Errorf("Enter leads to %T", w.win.Canvas().Focused())
	}
}

// TestBegunIsNotWrong: nobody is told that a word is wrong while it may become
// right; whoever presses Enter has typed all of it.
func TestBegunIsNotWrong(t *testing.T) {
	h, w := led(t)
	h.until(w, "kek.create")
	r := page_(t, w).now.(*step).form.asked()[0]
	w.focus(r.focus())
	if typed(w, "CREA"); r.field.Error() != "" {
		t.Errorf("in the middle: %q", r.field.Error())
	}
	if key(w, fyne.KeyReturn); r.field.Error() == "" {
		t.Error("Enter in the middle says nothing")
	}
	if typed(w, "T"); r.field.Error() != "" {
		t.Errorf("typed on: %q", r.field.Error())
	}
	if typed(w, "x"); r.field.Error() == "" {
		t.Error("a wrong letter is not told")
	}
}

// TestPausedPatience: the Enter that pauses does not close the page with the
// code that is to be written down.
func TestPausedPatience(t *testing.T) {
	h := newHall(t, nil)
	w := h.window()
	now := vaulttest.Now()
	w.host.Now = func() time.Time { return now }
	w.Rehearse("", false)
	h.until(w, "clock.check")
	p := page_(t, w)
	p.turnTo("pause")
	h.fill(w)
	w.host.Patience = time.Second
	p.press()
	if o, ok := p.now.(*over); !ok || !o.paused {
		t.Fatalf("after the pause the page is %T", p.now)
	}
	for range 2 {
		if p.press(); w.page != page(p) {
			t.Fatal("the code was closed at once")
		}
		now = now.Add(2 * time.Second)
	}
	now = now.Add(2 * time.Second)
	p.tick()
	if p.press(); w.page == page(p) {
		t.Error("after a while it cannot be closed")
	}
}

// TestPatience: the Enter that does a step does not go on from its result.
func TestPatience(t *testing.T) {
	h := newHall(t, nil)
	w := h.window()
	now := vaulttest.Now()
	w.host.Now, w.host.Patience = func() time.Time { return now }, time.Second
	w.Rehearse("", false)
	h.press(w)
	p := page_(t, w)
	if _, ok := p.now.(*result); !ok {
		t.Fatalf("after the step the page is %T", p.now)
	}
	p.press()
	if _, ok := p.now.(*result); !ok {
		t.Error("the result was passed at once")
	}
	now = now.Add(2 * time.Second)
	p.tick()
	p.press()
	if _, ok := p.now.(*step); !ok {
		t.Errorf("after a while the page is %T", p.now)
	}
}
