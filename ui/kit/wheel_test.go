package kit

import (
	"fmt"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// pageOfFields is a page that scrolls, whose first field has so many lines of
// text.
func pageOfFields(t *testing.T, lines int) (fyne.Window, *Scroll, *Entry) {
	t.Helper()
	w, k := window(t, NewTheme(Light, 1))
	first := NewEntry(k)
	first.MultiLine, first.Wrapping, first.Scroll = true, fyne.TextWrapBreak, fyne.ScrollVerticalOnly
	first.SetMinRowsVisible(4)
	first.SetValue(strings.Repeat("line\n", lines))
	fields := []fyne.CanvasObject{first}
	for i := range 30 {
		fields = append(fields, NewField(fmt.Sprint("Field ", i), "", NewEntry(k)))
	}
	s := NewScroll(NewPage(760, NewColumn(2, fields...)))
	w.SetContent(s)
	return w, s, first
}

// The page goes on scrolling when the mouse comes over a field.
func TestWheelOverFields(t *testing.T) {
	w, s, first := pageOfFields(t, 0)
	for _, o := range []fyne.Position{{X: 450, Y: top(first) + 20}, {X: 450, Y: 300}} {
		before := s.Scroll.Offset.Y
		if test.Scroll(w.Canvas(), o, 0, -25); s.Scroll.Offset.Y != before+25 {
			t.Errorf("over %v the page scrolls by %g, wanted 25", o, s.Scroll.Offset.Y-before)
		}
	}
}

// Text of many lines is turned first, and at its end the page.
func TestWheelOverLongText(t *testing.T) {
	w, s, first := pageOfFields(t, 60)
	at := fyne.NewPos(450, top(first)+20)
	if test.Scroll(w.Canvas(), at, 0, -25); s.Scroll.Offset.Y != 0 {
		t.Errorf("the page scrolls by %g while the text has more to see", s.Scroll.Offset.Y)
	}
	test.Scroll(w.Canvas(), at, 0, -10000)
	if test.Scroll(w.Canvas(), at, 0, -25); s.Scroll.Offset.Y != 25 {
		t.Errorf("at the end of the text the page scrolls by %g, wanted 25", s.Scroll.Offset.Y)
	}
	test.Scroll(w.Canvas(), fyne.NewPos(450, 40), 0, 10000)
	if test.Scroll(w.Canvas(), at, 0, 10000); s.Scroll.Offset.Y != 0 {
		t.Errorf("back at the top the page stands at %g", s.Scroll.Offset.Y)
	}
}
