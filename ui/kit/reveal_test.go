package kit

import (
	"fmt"
	"runtime"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
)

// Tab must not lead to what nobody sees.
func TestTheFocusIsInSight(t *testing.T) {
	w, k, _ := pageBelow(t)
	var fields []fyne.CanvasObject
	for i := range 30 {
		fields = append(fields, NewField(fmt.Sprint("Field ", i), "A hint.", NewEntry(k)))
	}
	s := NewSheet(w, k, "Many", NewColumn(2, fields...), NewButton("OK", Primary, nil))
	s.Show()
	check := func() {
		t.Helper()
		o := w.Canvas().Focused().(fyne.CanvasObject)
		if _, button := o.(*Button); button {
			return
		}
		y, from := top(o), top(s.scroll)
		if y < from || y+o.Size().Height > from+s.scroll.Size().Height {
			t.Errorf("what has the focus is at %g, the scroller from %g to %g", y, from, from+s.scroll.Size().Height)
		}
	}
	for range 40 {
		w.Canvas().FocusNext()
		check()
	}
	for range 40 {
		w.Canvas().FocusPrevious()
		check()
	}
}

// What is not in a scroller does not make it scroll.
func TestOthersDoNotScroll(t *testing.T) {
	w, _ := window(t, NewTheme(Light, 1))
	tall := canvas.NewRectangle(nil)
	tall.SetMinSize(fyne.NewSize(10, 3000))
	scroll, outside := container.NewVScroll(tall), NewButton("outside", Plain, nil)
	Follow(scroll)
	w.SetContent(container.NewBorder(nil, outside, nil, nil, scroll))
	if w.Canvas().Focus(outside); scroll.Offset.Y != 0 {
		t.Errorf("the scroller went to %g", scroll.Offset.Y)
	}
}

// Scrollers that are gone are forgotten.
func TestScrollersAreForgotten(t *testing.T) {
	scrollers = nil
	for range 50 {
		Follow(container.NewVScroll(canvas.NewRectangle(nil)))
	}
	runtime.GC()
	Follow(container.NewVScroll(canvas.NewRectangle(nil)))
	if len(scrollers) > 10 {
		t.Errorf("%d scrollers are kept, wanted few", len(scrollers))
	}
}

func TestSheetStacksButtonsThatAreTooWide(t *testing.T) {
	w, k := window(t, NewTheme(Light, 2))
	var buttons []*Button
	for _, words := range []string{"Cancel, and change nothing", "Go on without a signature", "Record the exception"} {
		buttons = append(buttons, NewButton(words, Plain, nil))
	}
	NewSheet(w, k, "Three ways", NewText(longText, Body), buttons...).Show()
	for i, b := range buttons {
		if b.Position().X < 0 || b.Position().X+b.Size().Width > w.Canvas().Size().Width {
			t.Errorf("button %d stands outside the window", i)
		}
		if i > 0 && b.Position().Y <= buttons[i-1].Position().Y {
			t.Errorf("button %d is not below the one before", i)
		}
	}
}
