package kit

import (
	"testing"

	"fyne.io/fyne/v2"
)

// pageBelow is a window with an entry that has the focus, and a sheet above it.
func pageBelow(t *testing.T) (w fyne.Window, k *Keys, below *Entry) {
	t.Helper()
	w, k = window(t, NewTheme(Light, 1))
	below = NewEntry(k)
	onGround(w, below, NewButton("below", Plain, nil))
	w.Canvas().Focus(below)
	return w, k, below
}

func TestSheetKeepsTheKeyboard(t *testing.T) {
	w, k, below := pageBelow(t)
	var bigger, enter, escape, help, recorded count
	k.Enter, k.Escape, k.Help = enter.up, escape.up, help.up
	k.Add(ctrlPlus, bigger.up)
	reason := NewEntry(k)
	cancel, record := NewButton("Cancel", Plain, nil), NewButton("Record it", Primary, recorded.up)
	s := NewSheet(w, k, "Record an exception", reason, cancel, record)
	s.Show()
	if w.Canvas().Focused() != fyne.Focusable(reason) || below.focused {
		t.Fatal("the first input of the sheet has not got the focus, or what is below still shows it")
	}
	shortcut(w, k, ctrlPlus)
	press(w, fyne.KeyF1, fyne.KeyReturn)
	if bigger != 0 || help != 0 || enter != 0 || recorded != 1 {
		t.Errorf("below ran %d, %d, %d times, the primary button %d; wanted 0, 0, 0, 1", bigger, help, enter, recorded)
	}
	seen := map[fyne.Focusable]bool{}
	for range 7 {
		w.Canvas().FocusNext()
		seen[w.Canvas().Focused()] = true
	}
	if len(seen) != 3 || seen[below] {
		t.Errorf("Tab comes to %d things, wanted the 3 of the sheet", len(seen))
	}
	press(w, fyne.KeyEscape)
	if s.Shown() || w.Canvas().Focused() != fyne.Focusable(below) || escape != 0 {
		t.Errorf("after Escape: shown %v, focus back %v, Escape of the page ran %d times",
			s.Shown(), w.Canvas().Focused() == fyne.Focusable(below), escape)
	}
	if reason.focused || cancel.focused || record.focused {
		t.Error("what had the focus on the sheet shows it still, and the sheet may come again")
	}
	if shortcut(w, k, ctrlPlus); bigger != 1 {
		t.Errorf("after the sheet the shortcut ran %d times, wanted 1", bigger)
	}
}

// A sheet with nothing to focus still knows its keys.
func TestSheetOfWords(t *testing.T) {
	w, k, _ := pageBelow(t)
	s := NewSheet(w, k, "Help", NewText(longText, Body))
	s.Show()
	if press(w, fyne.KeyEscape); s.Shown() {
		t.Error("Escape does not hide a sheet of words")
	}
}

func TestSheetAboveASheet(t *testing.T) {
	w, k, below := pageBelow(t)
	first, second := NewEntry(k), NewEntry(k)
	lower := NewSheet(w, k, "Lower", first)
	upper := NewSheet(w, k, "Upper", second)
	lower.Show()
	upper.Show()
	upper.Show() // twice is once
	press(w, fyne.KeyEscape)
	if upper.Shown() || !lower.Shown() || w.Canvas().Focused() != fyne.Focusable(first) {
		t.Error("Escape must hide the upper sheet alone, and the focus go to the lower")
	}
	upper.Show()
	lower.Hide()
	if upper.Shown() || lower.Shown() || w.Canvas().Overlays().Top() != nil {
		t.Error("with the lower sheet goes what is above it")
	}
	if w.Canvas().Focused() != fyne.Focusable(below) {
		t.Error("the focus is not back on the page")
	}
}

func TestSheetFits(t *testing.T) {
	w, k, _ := pageBelow(t)
	var much []fyne.CanvasObject
	for range 60 {
		much = append(much, NewText(longText, Body))
	}
	ok := NewButton("OK", Primary, nil)
	s := NewSheet(w, k, "Long", NewColumn(1, much...), ok)
	s.Show()
	bottom := ok.Position().Y + ok.Size().Height
	if bottom > w.Canvas().Size().Height || s.scroll.Size().Height < 300 {
		t.Errorf("the button ends at %g of %g, the scroller is %g high", bottom, w.Canvas().Size().Height, s.scroll.Size().Height)
	}
}

func TestConfirm(t *testing.T) {
	for _, c := range []struct {
		what string
		keys []fyne.KeyName
		tabs int
		want bool
	}{
		{"Enter gives the safe answer", []fyne.KeyName{fyne.KeyReturn}, 0, false},
		{"Escape too", []fyne.KeyName{fyne.KeyEscape}, 0, false},
		{"Tab and Space give the other", []fyne.KeyName{fyne.KeySpace}, 1, true},
		{"Escape on the other", []fyne.KeyName{fyne.KeyEscape}, 1, false},
	} {
		w, k, below := pageBelow(t)
		var answers []bool
		Confirm(w, k, "Stop the ceremony?", "What is done stays done.", "Stop", "Go on", func(ok bool) { answers = append(answers, ok) })
		for range c.tabs {
			w.Canvas().FocusNext()
		}
		press(w, c.keys...)
		if len(answers) != 1 || answers[0] != c.want {
			t.Errorf("%s: answers %v, wanted %v", c.what, answers, c.want)
		}
		if w.Canvas().Focused() != fyne.Focusable(below) {
			t.Errorf("%s: the focus is not back", c.what)
		}
	}
}
