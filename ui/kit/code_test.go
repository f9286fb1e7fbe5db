package kit

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

const wholeCode = "58120 33947 90216 74851 40213 88174 09265"

func newFocusedCode(t *testing.T) (fyne.Window, *Keys, *Code) {
	t.Helper()
	var c *Code
	w, k := focused(t, func(k *Keys) fyne.Focusable { c = NewCode(k); return c })
	return w, k, c
}

func TestCodeIsTyped(t *testing.T) {
	w, k, c := newFocusedCode(t)
	var changed, entered count
	c.OnChanged, k.Enter = changed.up, entered.up
	typeInto(w, "58120 33947-x90216é74")
	if got := c.Value(); got != "58120 33947 90216 74" || c.Missing() != 18 {
		t.Errorf("has %q and misses %d, wanted %q and 18", got, c.Missing(), "58120 33947 90216 74")
	}
	typeInto(w, "851402138817409265999")
	press(w, fyne.KeyEnter)
	if c.Value() != wholeCode || c.Missing() != 0 || changed != 35 || entered != 1 {
		t.Errorf("has %q, changed %d times, Enter came %d times; wanted %q, 35, 1", c.Value(), changed, entered, wholeCode)
	}
	if c.Clear(); c.Value() != "" || c.Missing() != 35 {
		t.Errorf("has %q after Clear", c.Value())
	}
}

func TestCodeIsEdited(t *testing.T) {
	left := fyne.KeyLeft
	for _, c := range []struct {
		what, typed string
		keys        []fyne.KeyName
		then, want  string
	}{
		{"the last digit", "58121", []fyne.KeyName{fyne.KeyBackspace}, "0", "58120"},
		{"a digit too much", "581120", []fyne.KeyName{left, left, fyne.KeyBackspace}, "", "58120"},
		{"a digit that was left out", "5820", []fyne.KeyName{left, left}, "1", "58120"},
		{"the first", "98120", []fyne.KeyName{fyne.KeyHome, fyne.KeyDelete}, "5", "58120"},
		{"nothing there", "", []fyne.KeyName{fyne.KeyBackspace, fyne.KeyDelete, left, fyne.KeyEnd}, "5", "5"},
		{"at the end again", "5812", []fyne.KeyName{fyne.KeyHome, fyne.KeyEnd}, "0", "58120"},
		{"a digit of a whole code", strings.Replace(wholeCode, "58120", "58220", 1), []fyne.KeyName{fyne.KeyHome, fyne.KeyRight, fyne.KeyRight}, "1", wholeCode},
	} {
		w, _, code := newFocusedCode(t)
		typeInto(w, c.typed)
		press(w, c.keys...)
		typeInto(w, c.then)
		if got := code.Value(); got != c.want {
			t.Errorf("%s: %q, wanted %q", c.what, got, c.want)
		}
	}
}

func TestCodeIsNotPasted(t *testing.T) {
	w, k, c := newFocusedCode(t)
	said := ""
	c.OnRefused = func(word string) { said = word }
	clip := test.NewClipboard()
	clip.SetContent(wholeCode)
	shortcut(w, k, &fyne.ShortcutPaste{Clipboard: clip})
	if c.Value() != "" || said == "" {
		t.Errorf("after pasting there is %q, and %q was said", c.Value(), said)
	}
}

func shownGroups(c *Code) string { return textsOf(c) }

// A blind code shows the group that is being typed; complete and left, it is
// dots, and typing begins anew.
func TestBlindCode(t *testing.T) {
	w, _, c := newFocusedCode(t)
	c.Blind = true
	typeInto(w, "58120339479021674")
	if got, want := shownGroups(c), "••••• ••••• ••••• 74"; got != want {
		t.Errorf("while typing shows %q, wanted %q", got, want)
	}
	typeInto(w, "851402138817409265")
	w.Canvas().Unfocus()
	if got, want := shownGroups(c), strings.TrimSpace(strings.Repeat("••••• ", 7)); got != want {
		t.Errorf("complete and left shows %q, wanted %q", got, want)
	}
	w.Canvas().Focus(c)
	press(w, fyne.KeyHome, fyne.KeyRight, fyne.KeyDelete)
	if got := shownGroups(c); strings.ContainsAny(got, "0123456789") || c.Value() != wholeCode {
		t.Errorf("the next person sees %q; the value is %q", got, c.Value())
	}
	if typeInto(w, "1"); c.Value() != "1" {
		t.Errorf("typing again gives %q, wanted it to begin anew", c.Value())
	}
}

func TestBlindCodeTakenBack(t *testing.T) {
	w, _, c := newFocusedCode(t)
	c.Blind = true
	typeInto(w, wholeCode)
	w.Canvas().Unfocus()
	w.Canvas().Focus(c)
	if press(w, fyne.KeyBackspace); c.Value() != "" {
		t.Errorf("Backspace in a sealed code leaves %q", c.Value())
	}
}

// TestBlindCodeLeftInTheMiddle: what was typed before the focus left is not
// seen again; typing goes on behind it, and Backspace begins anew.
func TestBlindCodeLeftInTheMiddle(t *testing.T) {
	w, _, c := newFocusedCode(t)
	c.Blind = true
	typeInto(w, "58120339479021")
	w.Canvas().Unfocus()
	w.Canvas().Focus(c)
	press(w, fyne.KeyHome, fyne.KeyLeft, fyne.KeyUp, fyne.KeyDelete)
	if got, want := shownGroups(c), "••••• ••••• ••••"; got != want {
		t.Errorf("who comes next sees %q, wanted %q", got, want)
	}
	if typeInto(w, "6748"); c.Value() != "58120 33947 90216 748" || shownGroups(c) != "••••• ••••• ••••• 748" {
		t.Errorf("typing on gives %q and shows %q", c.Value(), shownGroups(c))
	}
	if press(w, fyne.KeyBackspace, fyne.KeyBackspace, fyne.KeyBackspace); c.Value() != "58120 33947 90216" {
		t.Errorf("what was typed since is %q after three times Backspace", c.Value())
	}
	if press(w, fyne.KeyBackspace, fyne.KeyBackspace); c.Value() != "" {
		t.Errorf("Backspace into what was typed before leaves %q", c.Value())
	}
}

// In a narrow window the groups stand in rows, and none is cut.
func TestCodeWraps(t *testing.T) {
	for _, look := range []float32{1, 1.5} {
		_, k := window(t, NewTheme(Light, look))
		for width, rows := range map[float32]float32{1200: 1, 600 * look: 2} {
			c := NewCode(k)
			h := settle(c, width)
			g := newCodeGrid(width)
			if want := rows*g.box.Height + (rows-1)*g.gap; h != want {
				t.Errorf("at scale %g, %g wide: %g high, wanted %g for %g rows", look, width, h, want, rows)
			}
			for i := range codeGroups {
				if p := g.at(i); p.X+g.box.Width > width+0.5 || p.Y+g.box.Height > h+0.5 {
					t.Errorf("%g wide: group %d stands outside", width, i)
				}
			}
		}
	}
}

func TestCodeTapped(t *testing.T) {
	w, _, c := newFocusedCode(t)
	typeInto(w, "5812033947")
	g := newCodeGrid(c.Size().Width)
	p := g.at(1).AddXY(g.inset()+1.5*g.cell, g.box.Height/2)
	test.TapAt(c, p)
	if press(w, fyne.KeyDelete); c.Value() != "58120 3947" {
		t.Errorf("a click on the second digit of the second group and Delete give %q, wanted %q", c.Value(), "58120 3947")
	}
}
