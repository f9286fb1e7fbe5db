package kit

import (
	"bytes"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
)

// focused is a window in which o has the focus.
func focused(t *testing.T, make func(k *Keys) fyne.Focusable) (fyne.Window, *Keys) {
	t.Helper()
	w, k := window(t, NewTheme(Light, 1))
	o := make(k)
	onGround(w, o.(fyne.CanvasObject))
	w.Canvas().Focus(o)
	return w, k
}

func TestSecret(t *testing.T) {
	var s *Secret
	w, _ := focused(t, func(k *Keys) fyne.Focusable { s = NewSecret(k); return s })
	var changed, submitted count
	s.OnChanged, s.OnSubmitted = changed.up, submitted.up
	typeInto(w, "pä55€x")
	press(w, fyne.KeyBackspace, fyne.KeyReturn)
	if got := s.Bytes(); string(got) != "pä55€" || s.Len() != 5 {
		t.Errorf("has %q with %d characters, wanted %q with 5", got, s.Len(), "pä55€")
	}
	if changed != 7 || submitted != 1 {
		t.Errorf("changed %d times and submitted %d, wanted 7 and 1", changed, submitted)
	}
}

// What was typed is nowhere after Clear, nor what was taken back.
func TestSecretIsWiped(t *testing.T) {
	var s *Secret
	w, _ := focused(t, func(k *Keys) fyne.Focusable { s = NewSecret(k); return s })
	typeInto(w, "correct horse")
	press(w, fyne.KeyBackspace)
	if bytes.Contains(s.buffer[:], []byte("horse")) {
		t.Error("what Backspace took is still in the buffer")
	}
	typed := s.Bytes()
	s.Clear()
	if s.Len() != 0 || s.buffer != [secretSize]byte{} {
		t.Error("the buffer is not empty after Clear")
	}
	if string(typed) != "correct hors" {
		t.Error("Clear has changed the copy that was handed out")
	}
}

// The buffer is as large as it is: a character that does not fit is refused,
// whole.
func TestSecretNeverGrows(t *testing.T) {
	var s *Secret
	w, _ := focused(t, func(k *Keys) fyne.Focusable { s = NewSecret(k); return s })
	said := ""
	s.OnRefused = func(word string) { said = word }
	typeInto(w, strings.Repeat("x", secretSize-1))
	if said != "" {
		t.Fatalf("refused too early: %s", said)
	}
	typeInto(w, "€")
	if said == "" || s.Len() != secretSize-1 {
		t.Errorf("has %d characters and said %q, wanted %d and a word", s.Len(), said, secretSize-1)
	}
}

func TestSecretKnowsNoClipboard(t *testing.T) {
	var s *Secret
	w, k := focused(t, func(k *Keys) fyne.Focusable { s = NewSecret(k); return s })
	said := ""
	s.OnRefused = func(word string) { said = word }
	typeInto(w, "1234")
	clip := test.NewClipboard()
	clip.SetContent("before")
	for _, cut := range []fyne.Shortcut{
		&fyne.ShortcutSelectAll{}, &fyne.ShortcutCopy{Clipboard: clip}, &fyne.ShortcutCut{Clipboard: clip},
		&fyne.ShortcutPaste{Clipboard: clip}, &fyne.ShortcutUndo{}, &fyne.ShortcutRedo{},
	} {
		shortcut(w, k, cut)
	}
	if clip.Content() != "before" || string(s.Bytes()) != "1234" {
		t.Errorf("the clipboard has %q and the secret %d characters", clip.Content(), s.Len())
	}
	if said == "" {
		t.Error("pasting was refused without a word")
	}
}

// The picture has dots and nothing else, and no more than fit.
func TestSecretShowsDots(t *testing.T) {
	var s *Secret
	w, _ := focused(t, func(k *Keys) fyne.Focusable { s = NewSecret(k); return s })
	typeInto(w, "4711")
	if got := textsOf(s); got != "••••" {
		t.Errorf("shows %q, wanted four dots", got)
	}
	typeInto(w, strings.Repeat("9", 500))
	if dots := strings.Count(textsOf(s), "•"); dots < 20 || dots > 100 {
		t.Errorf("shows %d dots of 504, wanted as many as fit", dots)
	}
}

// textsOf joins the texts that a widget draws.
func textsOf(w fyne.Widget) string {
	var all []string
	for _, o := range test.WidgetRenderer(w).Objects() {
		if text, ok := o.(*canvas.Text); ok {
			all = append(all, text.Text)
		}
	}
	return strings.TrimSpace(strings.Join(all, " "))
}

func TestDisabledSecretTakesNothing(t *testing.T) {
	var s *Secret
	w, _ := focused(t, func(k *Keys) fyne.Focusable { s = NewSecret(k); return s })
	typeInto(w, "12")
	s.Disable()
	s.TypedRune('3')
	s.TypedKey(&fyne.KeyEvent{Name: fyne.KeyBackspace})
	if s.Len() != 2 {
		t.Errorf("has %d characters, wanted 2", s.Len())
	}
}
