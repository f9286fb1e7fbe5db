package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/steps"
	"github.com/keyceremony/ceremony/ui/kit"
)

// TestSignerFits: on a small projector, people see what they must fill in and
// the button, however long the statement is.
func TestSignerFits(t *testing.T) {
	h := newHall(t, nil)
	w := h.window()
	w.Rehearse("", false)
	h.until(w, "people.signin")
	h.fill(w)
	w.scene.table.w.win.Close() // or positions are looked for in there
	w.win.Resize(fyne.NewSize(1366, 768))
	s := page_(t, w).now.(*step)
	test.Tap(s.signing.buttons["op1"])
	sheet := w.keys.Sheet()
	buttons := sheet.Buttons()
	end := fyne.CurrentApp().Driver().AbsolutePositionForObject(buttons[len(buttons)-1]).Y
	for o, name := range sheet.Named {
		input := o.(fyne.CanvasObject)
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject(input)
		shown := name == "pass" || name == "path" || name == "way"
		if shown && (at.Y <= 0 || at.Y+input.Size().Height > end) {
			t.Errorf("%s stands from %g to %g, above the buttons are %g", name, at.Y, at.Y+input.Size().Height, end)
		}
	}
}

// TestElsewhereFits: what is done elsewhere is there from the first of its three
// steps to the last, without scrolling, on a small projector.
func TestElsewhereFits(t *testing.T) {
	r, v := atSigning(t)
	r.w.scene.table.w.win.Close() // or positions are looked for in there
	r.elsewhere(v, "op1")
	g := v.signing.open
	top := func(o fyne.CanvasObject) float32 { return fyne.CurrentApp().Driver().AbsolutePositionForObject(o).Y }
	for _, size := range []fyne.Size{{Width: 1024, Height: 768}, {Width: 1366, Height: 768}} {
		r.w.win.Resize(size)
		end := top(g.on.Buttons()[1]) - 16 // of the scroller
		for _, o := range []fyne.CanvasObject{g.way, g.show, g.text, g.bring, g.back} {
			if at := top(o); at < 100 || at+o.Size().Height > end {
				t.Errorf("%g x %g: %T stands from %g to %g, above the buttons are %g", size.Width, size.Height, o, at, at+o.Size().Height, end)
			}
		}
	}
}

// TestSignerSuggests: the text is not to be written where nothing can be.
func TestSignerSuggests(t *testing.T) {
	for want, media := range map[string][]kit.Place{
		"/b/text": {{Path: "/a", ReadOnly: true}, {Path: "/b"}},
		"text":    {{Path: "/a", ReadOnly: true}},
	} {
		g := &signer{w: &Window{host: Host{Media: func() []kit.Place { return media }}}, t: steps.Signing{File: "text"}}
		if got := g.suggestion(); got != want {
			t.Errorf("%q, wanted %q", got, want)
		}
	}
}

// TestSignerForgets: what was said of a try is said as long as its way is; it
// is gone when another way is chosen, and when codes were shown.
func TestSignerForgets(t *testing.T) {
	r, v := atSigning(t)
	test.Tap(v.signing.buttons["op1"])
	g := v.signing.open
	wrong := func() {
		t.Helper()
		g.tell(audit.ErrPassphrase)
		if !g.problem.Visible() || v.signing.refused == "" {
			t.Fatal("a wrong passphrase is not said")
		}
	}
	gone := func(when string) {
		t.Helper()
		if g.problem.Visible() || len(g.problem.Objects) > 0 || v.signing.refused != "" {
			t.Errorf("%s the passphrase is still said to be wrong (%s)", when, v.signing.refused)
		}
	}
	wrong()
	r.w.focus(g.way)
	key(r.w, fyne.KeyEnd)
	key(r.w, fyne.KeySpace)
	gone("another way is chosen:")
	wrong()
	g.showText()
	r.passed(fyne.KeyEscape)
	gone("codes were shown:")
	wrong()
	g.bringBack()
	r.passed(fyne.KeyEscape)
	gone("codes were to be taken:")
}

// TestWayFirst: by which way somebody signs stands above what that way asks, and
// below an error both are in sight with it; for Tab the way comes first.
func TestWayFirst(t *testing.T) {
	r, v := atSigning(t)
	r.w.scene.table.w.win.Close() // or positions are looked for in there
	r.w.win.Resize(fyne.NewSize(1024, 768))
	test.Tap(v.signing.buttons["op1"])
	g := v.signing.open
	top := func(o fyne.CanvasObject) float32 { return fyne.CurrentApp().Driver().AbsolutePositionForObject(o).Y }
	title, end := float32(100), top(g.on.Buttons()[0]) // of the sheet
	for _, c := range []struct {
		way  string
		asks fyne.CanvasObject
	}{{byFile, g.pass}, {byHand, g.show}} {
		g.way.Select(c.way)
		g.draw()
		g.focus()
		g.tell(audit.ErrPassphrase)
		at := title
		for _, o := range []fyne.CanvasObject{g.way, g.problem, c.asks} {
			if top(o) < at || top(o)+o.Size().Height > end {
				t.Errorf("%s: %T stands from %g to %g, wanted from %g to %g", c.way, o, top(o), top(o)+o.Size().Height, at, end)
			}
			at = top(o) + o.Size().Height
		}
		r.w.focus(g.way)
		r.w.win.Canvas().FocusNext()
		if f := r.w.win.Canvas().Focused(); f != c.asks.(fyne.Focusable) {
			t.Errorf("%s: Tab leads from the way to %T", c.way, f)
		}
		r.shot(r.w, "sign.refused."+c.way)
	}
}
