package kit

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

func TestRailHeadsWhereTheyDiffer(t *testing.T) {
	themed(t, Light, 1)
	r := NewRail()
	r.Set(railItems())
	show(t, r, 300, 900)
	lines := linesOf(r)
	for _, head := range []string{"OPEN", "THE KEK", "THE HSM", "HAND BACK"} {
		n := 0
		for _, l := range lines {
			if l == head {
				n++
			}
		}
		if n != 1 {
			t.Errorf("head %q is there %d times in %q", head, n, lines)
		}
	}
	if i := slices.Index(lines, "THE KEK"); lines[i+1] != "Receive the KEK" || lines[i+2] != "09:17" {
		t.Errorf("below THE KEK stands %q", lines[i+1:i+3])
	}
}

func TestRailByKeys(t *testing.T) {
	themed(t, Light, 1)
	var pressed []int
	items := railItems()
	for i := range items {
		items[i].Tapped = func() { pressed = append(pressed, i) }
	}
	items[1].Tapped = nil // nothing to see yet
	r := NewRail()
	r.Set(items)
	w := show(t, r, 300, 900)
	w.Canvas().Focus(r)
	now := slices.IndexFunc(items, func(i RailItem) bool { return i.State == Now })
	for _, k := range []fyne.KeyName{
		fyne.KeyReturn, fyne.KeyDown, fyne.KeySpace, fyne.KeyUp, fyne.KeyUp, fyne.KeyEnter,
		fyne.KeyEnd, fyne.KeyDown, fyne.KeyReturn, fyne.KeyHome, fyne.KeyUp, fyne.KeyReturn, fyne.KeyDown, fyne.KeyReturn,
	} {
		r.TypedKey(&fyne.KeyEvent{Name: k})
	}
	if want := []int{now, now + 1, now - 1, len(items) - 1, 0}; !slices.Equal(pressed, want) {
		t.Errorf("pressed %v, wanted %v", pressed, want)
	}
}

func TestRailIsOneTabStop(t *testing.T) {
	themed(t, Light, 1)
	r := NewRail()
	r.Set(railItems())
	w := show(t, r, 300, 900)
	w.Canvas().FocusNext()
	if w.Canvas().Focused() != fyne.Focusable(r) {
		t.Fatalf("focus is on %T", w.Canvas().Focused())
	}
	w.Canvas().FocusNext()
	if w.Canvas().Focused() != fyne.Focusable(r) {
		t.Errorf("the second Tab went to %T inside", w.Canvas().Focused())
	}
	rings := 0
	for _, l := range r.lines {
		if l.ground.line != "" {
			rings++
		}
	}
	if rings != 1 {
		t.Errorf("%d lines have a ring", rings)
	}
}

func TestRailTapped(t *testing.T) {
	themed(t, Light, 1)
	tapped := 0
	r := NewRail()
	r.Set([]RailItem{{Title: "one"}, {Title: "two", Tapped: func() { tapped++ }}})
	show(t, r, 300, 300)
	test.Tap(r.lines[0])
	test.Tap(r.lines[1])
	if tapped != 1 {
		t.Errorf("tapped %d times", tapped)
	}
}

// TestRailScrollsToNow also where the rail was set before it had a size, and
// when the ceremony goes on.
func TestRailScrollsToNow(t *testing.T) {
	themed(t, Light, 1)
	items := make([]RailItem, 60)
	for i := range items {
		items[i] = RailItem{Head: "act", Title: "Do what is to be done now"}
	}
	items[40].State = Now
	r := NewRail()
	r.Set(items)
	show(t, r, 260, 300)
	inSight(t, r, 40)
	items[40].State, items[59].State = Done, Now
	r.Set(items)
	inSight(t, r, 59)
	items[59].State, items[0].State = ToCome, Now
	r.Set(items)
	inSight(t, r, 0)
}

// TestRailStaysWhereSomebodyLooks while the ceremony does not go on.
func TestRailStaysWhereSomebodyLooks(t *testing.T) {
	themed(t, Light, 1)
	items := make([]RailItem, 60)
	for i := range items {
		items[i] = RailItem{Title: "Do what is to be done now"}
	}
	items[40].State = Now
	r := NewRail()
	r.Set(items)
	show(t, r, 260, 300)
	r.scroll.Scroll.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, 1e5)})
	inSight(t, r, 0)
	noted := slices.Clone(items)
	noted[0].Note = "09:10"
	r.Set(noted)
	inSight(t, r, 0)
	pressed := 0
	noted = slices.Clone(noted)
	noted[0].Tapped = func() { pressed++ }
	r.Set(noted)
	noted[0].Tapped = func() { pressed += 10 }
	r.Set(noted)
	test.Tap(r.lines[0])
	if inSight(t, r, 0); pressed != 10 {
		t.Errorf("the tap did %d, wanted what was set last", pressed)
	}
}

func inSight(t *testing.T, r *Rail, i int) {
	t.Helper()
	top := r.lines[i].Position().Y + r.content.Position().Y - r.scroll.Scroll.Offset.Y
	if top < 0 || top+r.lines[i].Size().Height > r.Size().Height {
		t.Errorf("step %d stands at %g in a rail %g high", i, top, r.Size().Height)
	}
}
