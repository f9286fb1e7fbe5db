package kit

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

func newFocusedChoice(t *testing.T) (fyne.Window, *Keys, *Choice) {
	t.Helper()
	var c *Choice
	w, k := focused(t, func(k *Keys) fyne.Focusable {
		c = NewChoice(k, []Option{{"usb", "By USB stick", "Sealed in a bag."}, {"qr", "By QR codes", ""}, {"none", "Not at all", ""}})
		return c
	})
	return w, k, c
}

func TestChoiceByKeyboard(t *testing.T) {
	w, k, c := newFocusedChoice(t)
	var entered count
	k.Enter = entered.up
	var taken []string
	c.OnChanged = func(v string) { taken = append(taken, v) }
	press(w, fyne.KeyDown, fyne.KeyDown)
	if c.Value() != "" {
		t.Errorf("moving took %q", c.Value())
	}
	press(w, fyne.KeySpace, fyne.KeyDown, fyne.KeyUp, fyne.KeyReturn)
	if c.Value() != "qr" || len(taken) != 2 || taken[0] != "none" || entered != 0 {
		t.Errorf("has %q after %q, Enter came %d times", c.Value(), taken, entered)
	}
	if press(w, fyne.KeyReturn, fyne.KeySpace); entered != 1 || len(taken) != 2 {
		t.Errorf("Enter on what is taken came %d times, changes %q", entered, taken)
	}
	var submitted count
	c.OnSubmitted = submitted.up
	if press(w, fyne.KeyReturn); submitted != 1 || entered != 1 {
		t.Errorf("Enter on what is taken is submitted %d times, and came %d times", submitted, entered)
	}
	c.OnSubmitted = nil
	if press(w, fyne.KeyHome, fyne.KeySpace); c.Value() != "usb" {
		t.Errorf("Home and Space take %q", c.Value())
	}
}

func TestChoiceSelect(t *testing.T) {
	_, _, c := newFocusedChoice(t)
	var changed count
	c.OnChanged = func(string) { changed.up() }
	c.Select("qr")
	if c.Value() != "qr" || changed != 0 {
		t.Errorf("Select gives %q and %d calls", c.Value(), changed)
	}
	c.SetOptions([]Option{{"new", "New", ""}, {"qr", "QR", ""}})
	if c.Value() != "qr" {
		t.Errorf("other rows: %q, wanted what was taken", c.Value())
	}
	if c.Select("gone"); c.Value() != "" {
		t.Errorf("a value that is not there takes %q", c.Value())
	}
}

func TestChoiceTapped(t *testing.T) {
	_, _, c := newFocusedChoice(t)
	box := c.rows[1].box
	test.TapAt(c, box.Position().AddXY(100, box.Size().Height/2))
	if c.Value() != "qr" {
		t.Errorf("a click on the second row takes %q", c.Value())
	}
	c.Disable()
	if test.TapAt(c, fyne.NewPos(10, 10)); c.Value() != "qr" {
		t.Errorf("disabled, a click takes %q", c.Value())
	}
}

func TestFieldSaysWhatIsWrongInPlace(t *testing.T) {
	w, k := window(t, NewTheme(Light, 1))
	f := NewField("KEK name", "As in the plan.", NewEntry(k))
	onGround(w, f)
	before := f.MinSize().Height
	f.SetError("A key of this name is there already.")
	if f.below.Value() != "A key of this name is there already." || f.below.style != Alert || !f.sign.Visible() {
		t.Errorf("shows %q", f.below.Value())
	}
	if f.SetError(""); f.below.Value() != "As in the plan." || f.MinSize().Height != before || f.sign.Visible() {
		t.Errorf("shows %q, wanted the hint again", f.below.Value())
	}
	if f.SetHint(""); f.foot.Visible() {
		t.Error("an empty hint takes room")
	}
}

// Options of few words stand side by side where there is room, and below each
// other where there is none; a click takes the one below the mouse.
func TestChoiceAcross(t *testing.T) {
	w, k := window(t, NewTheme(Light, 1))
	c := NewChoice(k, []Option{{Value: "a", Title: "A key file"}, {Value: "b", Title: "ssh-agent"}, {Value: "c", Title: "A card"}})
	c.Across = true
	onGround(w, c)
	first, last := c.rows[0].box, c.rows[2].box
	if last.Position().Y != first.Position().Y || last.Position().X <= first.Position().X {
		t.Errorf("the last stands at %v, wanted it beside the first at %v", last.Position(), first.Position())
	}
	if test.TapAt(c, last.Position().AddXY(20, 20)); c.Value() != "c" {
		t.Errorf("a click on the last takes %q", c.Value())
	}
	wide := c.MinSize().Height
	w.Resize(fyne.NewSize(320, 700))
	if first.Position().X != last.Position().X || c.MinSize().Height <= wide {
		t.Errorf("in a narrow window the last stands at %v", last.Position())
	}
}
