package kit

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
)

// press does with keys what the desktop does: they go to what has the focus,
// else to the window.
func press(w fyne.Window, keys ...fyne.KeyName) {
	for _, key := range keys {
		ev := &fyne.KeyEvent{Name: key}
		if f := w.Canvas().Focused(); f != nil {
			f.TypedKey(ev)
		} else if f := w.Canvas().OnTypedKey(); f != nil {
			f(ev)
		}
	}
}

// typeInto types into what has the focus.
func typeInto(w fyne.Window, s string) {
	for _, r := range s {
		w.Canvas().Focused().TypedRune(r)
	}
}

// shortcut does what the desktop does: what has the focus swallows it if it
// takes shortcuts at all, else the window gets it (the test's canvas cannot be
// asked to, and does no more than this).
func shortcut(w fyne.Window, k *Keys, s fyne.Shortcut) {
	if f, ok := w.Canvas().Focused().(fyne.Shortcutable); ok {
		f.TypedShortcut(s)
		return
	}
	k.Shortcut(s)
}

var ctrlPlus = &desktop.CustomShortcut{KeyName: fyne.KeyPlus, Modifier: fyne.KeyModifierControl}

// A count counts calls.
type count int

func (c *count) up() { *c++ }

// inputs are all that can have the focus.
func inputs(k *Keys) map[string]fyne.Focusable {
	return map[string]fyne.Focusable{
		"entry":  NewEntry(k),
		"secret": NewSecret(k),
		"code":   NewCode(k),
		"choice": NewChoice(k, []Option{{Value: "a", Title: "A"}, {Value: "b", Title: "B"}}),
		"button": NewButton("Press", Plain, nil),
	}
}

func TestShortcutsWorkWhereverTheFocusIs(t *testing.T) {
	w, k := window(t, NewTheme(Light, 1))
	var bigger count
	k.Add(ctrlPlus, bigger.up)
	shortcut(w, k, ctrlPlus)
	for name, input := range inputs(k) {
		before := bigger
		onGround(w, input.(fyne.CanvasObject))
		w.Canvas().Focus(input)
		if shortcut(w, k, ctrlPlus); bigger != before+1 {
			t.Errorf("in %s Ctrl+plus ran %d times, wanted 1", name, bigger-before)
		}
	}
	if bigger != 6 {
		t.Errorf("Ctrl+plus ran %d times, wanted 6", bigger)
	}
}

func TestEscapeAndHelpWorkWhereverTheFocusIs(t *testing.T) {
	w, k := window(t, NewTheme(Light, 1))
	var escape, help count
	k.Escape, k.Help = escape.up, help.up
	press(w, fyne.KeyEscape, fyne.KeyF1)
	for _, input := range inputs(k) {
		onGround(w, input.(fyne.CanvasObject))
		w.Canvas().Focus(input)
		press(w, fyne.KeyEscape, fyne.KeyF1)
	}
	if escape != 6 || help != 6 {
		t.Errorf("Escape ran %d times and F1 %d, wanted 6 each", escape, help)
	}
}

// Enter is the primary button of the page, unless the input has a use for it.
func TestEnterGoesToThePage(t *testing.T) {
	w, k := window(t, NewTheme(Light, 1))
	var enter count
	k.Enter = enter.up
	for name, want := range map[string]count{"entry": 1, "secret": 1, "code": 1, "choice": 0, "button": 0} {
		enter = 0
		input := inputs(k)[name]
		onGround(w, input.(fyne.CanvasObject))
		w.Canvas().Focus(input)
		if press(w, fyne.KeyReturn); enter != want {
			t.Errorf("Enter in %s reached the page %d times, wanted %d", name, enter, want)
		}
	}
}

func TestNoInputIsATrap(t *testing.T) {
	w, k := window(t, NewTheme(Light, 1))
	for name, input := range inputs(k) {
		if tab, ok := input.(fyne.Tabbable); ok && tab.AcceptsTab() {
			t.Errorf("%s swallows Tab", name)
		}
		after := NewButton("after", Plain, nil)
		onGround(w, input.(fyne.CanvasObject), after)
		w.Canvas().Focus(input)
		if w.Canvas().FocusNext(); w.Canvas().Focused() != fyne.Focusable(after) {
			t.Errorf("Tab from %s does not come to what is next", name)
		}
	}
}

// Whatever has the focus must look otherwise than without.
func TestFocusIsSeen(t *testing.T) {
	for _, look := range Looks {
		w, k := window(t, NewTheme(look, 1))
		for name, input := range inputs(k) {
			onGround(w, input.(fyne.CanvasObject))
			before := w.Canvas().Capture()
			w.Canvas().Focus(input)
			after, different := w.Canvas().Capture(), 0
			for x := range after.Bounds().Dx() {
				for y := range 120 {
					if before.At(x, y) != after.At(x, y) {
						different++
					}
				}
			}
			if different < 200 {
				t.Errorf("%s: focus on %s changes %d pixels", look, name, different)
			}
		}
	}
}

// A button that greys out while it has the focus keeps both ring and focus.
func TestDisabledButtonKeepsTheFocus(t *testing.T) {
	w, _ := window(t, NewTheme(Light, 1))
	var pressed count
	b := NewButton("Wrap 3 keys", Primary, pressed.up)
	onGround(w, b)
	w.Canvas().Focus(b)
	press(w, fyne.KeyReturn, fyne.KeySpace, fyne.KeyEnter)
	b.Disable()
	press(w, fyne.KeyReturn, fyne.KeySpace)
	b.Tapped(nil)
	ring := ringOf(t, b)
	if pressed != 3 || ring.Hidden {
		t.Errorf("pressed %d times, wanted 3; ring hidden: %v", pressed, ring.Hidden)
	}
	b.Enable()
	if press(w, fyne.KeySpace); pressed != 4 {
		t.Errorf("enabled again: pressed %d times, wanted 4", pressed)
	}
}

func TestLaterBindingWins(t *testing.T) {
	w, k := window(t, NewTheme(Light, 1))
	var first, second count
	k.Add(ctrlPlus, first.up)
	k.Add(ctrlPlus, second.up)
	if shortcut(w, k, ctrlPlus); first != 0 || second != 1 {
		t.Errorf("the first ran %d times, the second %d; wanted 0 and 1", first, second)
	}
}

func ringOf(t *testing.T, b *Button) *canvas.Rectangle {
	t.Helper()
	return test.WidgetRenderer(b).(*buttonRenderer).ring
}
