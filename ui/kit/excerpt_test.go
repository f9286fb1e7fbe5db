package kit

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// lower tells how far the lower edge of o is from the upper edge of the window.
func lower(o fyne.CanvasObject) float32 { return top(o) + o.Size().Height }

// longSheet is one on which something long is read and something is filled in.
func longSheet(t *testing.T, scale, height float32) (fyne.Window, *Sheet, *Excerpt, *Secret) {
	t.Helper()
	w, k := window(t, NewTheme(Light, scale))
	w.Resize(fyne.NewSize(1366, height))
	text, pass := NewExcerpt(NewText(strings.Repeat("a line of a statement\n", 40), SmallMono)), NewSecret(k)
	s := NewSheet(w, k, "Signs", NewColumn(2, NewField("What is signed", "", text), NewField("Passphrase", "", pass)), NewButton("Sign", Primary, nil))
	s.Gives, s.First = text, pass
	s.Show()
	return w, s, text, pass
}

// What must be filled in stands in the window, however long the text is.
func TestLongTextGivesWay(t *testing.T) {
	for _, height := range []float32{768, 600} {
		_, s, text, pass := longSheet(t, 1, height)
		if bottom, end := lower(pass), lower(s.scroll); bottom > end || text.Size().Height < grid(leastExcerpt) {
			t.Errorf("at %g the passphrase ends at %g of %g, the text is %g high", height, bottom, end, text.Size().Height)
		}
		if s.scroll.Offset.Y != 0 || !text.cut() {
			t.Errorf("at %g the sheet itself scrolls by %g; the text is cut: %v", height, s.scroll.Offset.Y, text.cut())
		}
	}
	if _, _, text, _ := longSheet(t, 1, 2000); text.cut() {
		t.Error("the text is cut where there is room for it")
	}
}

// Page Down turns what is cut, wherever the focus is, and the mouse wheel over
// it too; at its end the wheel is the sheet's.
func TestExcerptIsRead(t *testing.T) {
	w, s, text, _ := longSheet(t, 1, 700)
	if press(w, fyne.KeyPageDown); text.scroll.Offset.Y == 0 {
		t.Error("Page Down does not turn the text")
	}
	press(w, fyne.KeyHome)
	test.Scroll(w.Canvas(), fyne.NewPos(600, top(text)+40), 0, -30)
	if text.scroll.Offset.Y != 30 || s.scroll.Offset.Y != 0 {
		t.Errorf("the wheel turns the text by %g and the sheet by %g, wanted 30 and 0", text.scroll.Offset.Y, s.scroll.Offset.Y)
	}
}

// With large letters in a small window the text keeps some lines, and the sheet
// scrolls to what has the focus.
func TestExcerptKeepsSomeLines(t *testing.T) {
	_, s, text, pass := longSheet(t, 2, 600)
	if text.Size().Height != grid(leastExcerpt) {
		t.Errorf("the text is %g high, wanted %g", text.Size().Height, grid(leastExcerpt))
	}
	if lower(pass) > lower(s.scroll) {
		t.Errorf("the passphrase ends at %g, the sheet's content at %g", lower(pass), lower(s.scroll))
	}
}
