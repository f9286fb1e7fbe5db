package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
)

// font is the program's own font of a style. It is given to every text by
// name: for a text without one Fyne looks through all the fonts of the machine
// when it starts, for letters that ours may lack. Ours have all that Visible
// lets through.
func font(s fyne.TextStyle) fyne.Resource {
	switch {
	case s.Monospace:
		return theme.DefaultTextMonospaceFont()
	case s.Symbol:
		return theme.DefaultSymbolFont()
	case s.Bold && s.Italic:
		return theme.DefaultTextBoldItalicFont()
	case s.Bold:
		return theme.DefaultTextBoldFont()
	case s.Italic:
		return theme.DefaultTextItalicFont()
	}
	return theme.DefaultTextFont()
}

// NewWords makes a text for widgets that place it themselves.
func NewWords(s fyne.TextStyle) *canvas.Text {
	t := &canvas.Text{}
	setFace(t, s)
	return t
}

// Measure tells how large words are in a style, in the window's pixels.
func Measure(words string, size float32, s fyne.TextStyle) fyne.Size {
	area, _ := fyne.CurrentApp().Driver().RenderedTextSize(words, size, s, font(s))
	return area
}

func setFace(t *canvas.Text, s fyne.TextStyle) { t.TextStyle, t.FontSource = s, font(s) }
