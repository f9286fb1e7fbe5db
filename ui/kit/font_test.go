package kit

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// TestOwnFonts: a text that names no font would have Fyne read all those of
// the machine.
func TestOwnFonts(t *testing.T) {
	themed(t, Light, 1)
	keys := NewKeys(show(t, NewColumn(1), 100, 100))
	all := NewColumn(1, factsScene(), NewButton("Sign", Primary, nil), NewCode(keys), NewSecret(keys), NewTile("Rehearse", "Nothing counts.", nil, nil),
		NewText("overline", Overline), NewChip("found", "1"), Badge("online"))
	show(t, all, 900, 900)
	seen := 0
	walk(all, fyne.Position{}, func(o fyne.CanvasObject, _ fyne.Position) {
		text, ok := o.(*canvas.Text)
		if !ok {
			return
		}
		if seen++; text.FontSource == nil || text.FontSource != font(text.TextStyle) {
			t.Errorf("%q, style %+v, is set in the font %v", text.Text, text.TextStyle, text.FontSource)
		}
	})
	if seen < 12 {
		t.Fatalf("only %d texts were seen", seen)
	}
}
