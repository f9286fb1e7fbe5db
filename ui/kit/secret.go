package kit

import (
	"image/color"
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// secretSize is the most bytes that a Secret takes. The buffer never grows:
// growth would leave copies behind that nobody can wipe.
const secretSize = 1024

// A Secret takes a PIN or a passphrase, as bytes in one buffer. It shows dots,
// knows neither clipboard nor undo nor selection, and Backspace takes from the
// end. Whoever reads it clears it.
type Secret struct {
	widget.DisableableWidget
	Held
	OnChanged   func()
	OnSubmitted func()            // Enter; nil: Enter goes to the page
	OnRefused   func(word string) // pasted, or too long

	keys    *Keys
	buffer  [secretSize]byte
	used    int
	focused bool
}

// NewSecret makes an empty one.
func NewSecret(k *Keys) *Secret {
	s := &Secret{keys: k}
	s.ExtendBaseWidget(s)
	return s
}

// Bytes gives a copy, which the caller wipes.
func (s *Secret) Bytes() []byte { return append(make([]byte, 0, s.used), s.buffer[:s.used]...) }

// Len counts the characters.
func (s *Secret) Len() int { return utf8.RuneCount(s.buffer[:s.used]) }

// Clear overwrites all of the buffer.
func (s *Secret) Clear() {
	clear(s.buffer[:])
	s.used = 0
	s.changed()
}

func (s *Secret) changed() {
	call(s.OnChanged)
	s.Refresh()
}

func (s *Secret) refuse(word string) {
	if s.OnRefused != nil {
		s.OnRefused(word)
	}
}

// TypedRune is for Fyne.
func (s *Secret) TypedRune(r rune) {
	n := utf8.RuneLen(r)
	switch {
	case s.Disabled() || n < 0:
		return
	case s.used+n > len(s.buffer):
		s.refuse("That is as much as fits here; the last character was not taken.")
		return
	}
	utf8.EncodeRune(s.buffer[s.used:s.used+n], r)
	s.used += n
	s.changed()
}

// TypedKey is for Fyne.
func (s *Secret) TypedKey(ev *fyne.KeyEvent) {
	if Repeats(ev) {
		return
	}
	switch {
	case isEnter(ev) && s.OnSubmitted != nil:
		s.OnSubmitted()
	case ev.Name == fyne.KeyBackspace:
		s.takeBack()
	default:
		PassKey(s, ev)
	}
}

func (s *Secret) takeBack() {
	if s.Disabled() || s.used == 0 {
		return
	}
	_, n := utf8.DecodeLastRune(s.buffer[:s.used])
	clear(s.buffer[s.used-n : s.used])
	s.used -= n
	s.changed()
}

// TypedShortcut is for Fyne. Those of the page run, all others do nothing.
func (s *Secret) TypedShortcut(cut fyne.Shortcut) {
	if s.keys.Shortcut(cut) {
		return
	}
	if _, ok := cut.(*fyne.ShortcutPaste); ok {
		s.refuse(typedOnly)
	}
}

// FocusGained is for Fyne.
func (s *Secret) FocusGained() {
	s.focused = true
	s.Refresh()
	Reveal(s)
}

// FocusLost is for Fyne.
func (s *Secret) FocusLost() { s.focused = false; s.Refresh() }

// Tapped is for Fyne.
func (s *Secret) Tapped(*fyne.PointEvent) { takeFocus(s) }

// Cursor is for Fyne.
func (s *Secret) Cursor() desktop.Cursor { return desktop.TextCursor }

// CreateRenderer is for Fyne.
func (s *Secret) CreateRenderer() fyne.WidgetRenderer {
	r := &secretRenderer{
		s:     s,
		box:   canvas.NewRectangle(color.Transparent),
		dots:  NewWords(fyne.TextStyle{Monospace: true}),
		caret: canvas.NewRectangle(color.Transparent),
	}
	r.Layout(s.Size())
	return r
}

type secretRenderer struct {
	s          *Secret
	box, caret *canvas.Rectangle
	dots       *canvas.Text
}

func (r *secretRenderer) Destroy() {}

func (r *secretRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.box, r.dots, r.caret}
}

func (r *secretRenderer) MinSize() fyne.Size { return fyne.NewSize(grid(20), Size(SizeControl)) }

func (r *secretRenderer) Refresh() {
	r.Layout(r.s.Size())
	canvas.Refresh(r.s)
}

// Layout shows as many dots as there is room for.
func (r *secretRenderer) Layout(size fyne.Size) {
	paintInput(r.box, r.s.focused && !r.s.Disabled())
	r.box.Resize(size)
	pad, text := Size(theme.SizeNameInnerPadding), Size(SizeBody)
	one := Measure("•", text, fyne.TextStyle{Monospace: true})
	n := min(r.s.Len(), max(0, int((size.Width-2*pad)/one.Width)-1))
	r.dots.Text, r.dots.TextSize = strings.Repeat("•", n), text
	r.dots.Color = Color(theme.ColorNameForeground)
	place(r.dots, pad, (size.Height-one.Height)/2, float32(n)*one.Width, one.Height)
	r.caret.FillColor = Color(theme.ColorNamePrimary)
	r.caret.Hidden = !r.s.focused
	place(r.caret, pad+float32(n)*one.Width+1, (size.Height-one.Height)/2, Size(theme.SizeNameInputBorder), one.Height)
}
