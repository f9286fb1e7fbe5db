package kit

import (
	"bytes"
	"testing"

	"fyne.io/fyne/v2/test"
)

func TestIconsFollowTheLook(t *testing.T) {
	app := test.NewTempApp(t)
	seen := map[string]bool{}
	for _, look := range Looks {
		app.Settings().SetTheme(NewTheme(look, 1))
		icon := Icon("state-done")
		if bytes.Contains(icon.Content(), []byte("currentColor")) || bytes.Contains(icon.Content(), []byte("paper")) {
			t.Errorf("%s: a colour was not replaced in %s", look, icon.Content())
		}
		seen[icon.Name()] = true
	}
	if len(seen) != len(Looks) {
		t.Errorf("%d names for %d looks: Fyne would show one look's picture in another", len(seen), len(Looks))
	}
}

func TestEveryIconIsThere(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(NewTheme(Light, 1))
	for _, name := range []string{
		"check", "cross", "dot", "dash", "arrow", "bang", "warning", "power", "online", "pen", "lock", "usb",
		"people", "key", "folder", "file", "clock", "copy",
	} {
		if len(Icon(name).Content()) == 0 {
			t.Errorf("icon %s is empty", name)
		}
	}
	for state, d := range railDresses {
		if len(Icon(d.icon).Content()) == 0 {
			t.Errorf("state %d has no icon", state)
		}
	}
}

// TestStatesDifferInShape: colour is never the only sign.
func TestStatesDifferInShape(t *testing.T) {
	icons := map[string]bool{}
	for _, d := range railDresses {
		icons[d.icon] = true
	}
	for _, d := range markDresses {
		icons[d.icon] = true
	}
	if want := len(railDresses) + len(markDresses); len(icons) != want {
		t.Errorf("%d states and marks share %d icons", want, len(icons))
	}
}
