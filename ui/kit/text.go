package kit

import (
	"image/color"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// A Style is how a text looks: size, weight, face and colour together.
type Style int

// The styles.
const (
	Body Style = iota
	Title
	Heading
	Strong
	Muted
	Small
	SmallMuted
	SmallStrong
	Overline     // small bold capitals with space between, muted
	OverlineBlue // the same in blue
	Mono
	SmallMono
	Digits // codes: 26, monospaced, bold
	Alert  // bold, in red
)

type styling struct {
	size   fyne.ThemeSizeName
	colour fyne.ThemeColorName
	face   fyne.TextStyle
	spaced bool
}

var stylings = map[Style]styling{
	Body:         {size: SizeBody, colour: theme.ColorNameForeground},
	Title:        {size: SizeTitle, colour: theme.ColorNameForeground, face: fyne.TextStyle{Bold: true}},
	Heading:      {size: SizeHeading, colour: theme.ColorNameForeground, face: fyne.TextStyle{Bold: true}},
	Strong:       {size: SizeBody, colour: theme.ColorNameForeground, face: fyne.TextStyle{Bold: true}},
	Muted:        {size: SizeBody, colour: ColorMuted},
	Small:        {size: SizeSmall, colour: theme.ColorNameForeground},
	SmallMuted:   {size: SizeSmall, colour: ColorMuted},
	SmallStrong:  {size: SizeSmall, colour: theme.ColorNameForeground, face: fyne.TextStyle{Bold: true}},
	Overline:     {size: SizeOverline, colour: ColorMuted, face: fyne.TextStyle{Bold: true}, spaced: true},
	OverlineBlue: {size: SizeOverline, colour: theme.ColorNamePrimary, face: fyne.TextStyle{Bold: true}, spaced: true},
	Mono:         {size: SizeBody, colour: theme.ColorNameForeground, face: fyne.TextStyle{Monospace: true}},
	SmallMono:    {size: SizeSmall, colour: theme.ColorNameForeground, face: fyne.TextStyle{Monospace: true}},
	Digits:       {size: SizeCode, colour: theme.ColorNameForeground, face: fyne.TextStyle{Monospace: true, Bold: true}},
	Alert:        {size: SizeBody, colour: ColorRedText, face: fyne.TextStyle{Bold: true}},
}

// A Text shows words that wrap at the width they are given, as Visible makes
// them; a line break in the text parts it into lines.
type Text struct {
	widget.BaseWidget
	text   string
	style  Style
	colour fyne.ThemeColorName // "" = that of the style
	align  fyne.TextAlign
	single bool

	lines []string // wrapped at wrapAt
	at    wrapKey
}

// wrapKey is what the lines of a text depend on.
type wrapKey struct {
	text  string
	width float32
	size  float32
	valid bool
}

// NewText makes a text that wraps.
func NewText(s string, st Style) *Text {
	t := &Text{text: s, style: st}
	t.ExtendBaseWidget(t)
	return t
}

// NewLine makes a text that stays on one line and is as wide as its words.
// Where it gets less room it ends in an ellipsis.
func NewLine(s string, st Style) *Text {
	t := NewText(s, st)
	t.single = true
	return t
}

// SetText shows other words.
func (t *Text) SetText(s string) {
	if s != t.text {
		t.text = s
		t.Refresh()
	}
}

// Value gives the words as they were set.
func (t *Text) Value() string { return t.text }

// SetStyle makes it look otherwise.
func (t *Text) SetStyle(st Style) {
	if st != t.style {
		t.style = st
		t.at = wrapKey{}
		t.Refresh()
	}
}

// SetColor gives it another colour than its style has; "" gives that back.
func (t *Text) SetColor(n fyne.ThemeColorName) {
	t.colour = n
	t.Refresh()
}

// SetAlign moves the lines to the left, the middle or the right.
func (t *Text) SetAlign(a fyne.TextAlign) {
	t.align = a
	t.Refresh()
}

// MinSize is as high as the lines are at the present width. A text that wraps
// wants to be as wide as its words, but no wider than some ten letters.
func (t *Text) MinSize() fyne.Size {
	t.ExtendBaseWidget(t)
	natural := t.natural()
	if t.single {
		return fyne.NewSize(natural, t.lineHeight())
	}
	width := min(natural, 8*t.textSize())
	if t.Size().Width <= 0 {
		return fyne.NewSize(width, t.HeightFor(natural))
	}
	return fyne.NewSize(width, t.HeightFor(t.Size().Width))
}

// HeightFor tells how high the text is when it is so wide.
func (t *Text) HeightFor(width float32) float32 {
	return float32(len(t.wrap(width))) * t.lineHeight()
}

// Resize wraps the words anew.
func (t *Text) Resize(s fyne.Size) {
	if s == t.Size() {
		return
	}
	t.BaseWidget.Resize(s)
	t.Refresh()
}

func (t *Text) styling() styling  { return stylings[t.style] }
func (t *Text) textSize() float32 { return Size(t.styling().size) }

func (t *Text) paint() color.Color {
	if t.colour != "" {
		return Color(t.colour)
	}
	return Color(t.styling().colour)
}

// leading is how much higher than the font a line of several is: what is read
// from the other end of a room wants air.
const leading = 1.08

func (t *Text) lineHeight() float32 {
	h := Measure("M", t.textSize(), t.styling().face).Height
	if t.single || t.styling().spaced {
		return h
	}
	return h * leading
}

func (t *Text) measure(s string) float32 {
	return Measure(s, t.textSize(), t.styling().face).Width
}

// natural is the width of the longest line without wrapping.
func (t *Text) natural() (width float32) {
	for _, line := range t.paragraphs() {
		width = max(width, t.measure(line))
	}
	return width
}

func (t *Text) paragraphs() []string {
	text := strings.TrimRight(strings.ReplaceAll(t.text, "\r\n", "\n"), "\n")
	parts := strings.Split(text, "\n")
	for i := range parts {
		parts[i] = Visible(parts[i])
		if t.styling().spaced {
			parts[i] = spread(parts[i])
		}
	}
	return parts
}

// hair is the space between the letters of an overline.
const hair = "\u200A"

// spread sets words in capitals with space between the letters. A name with a
// dot in it, as kek.confirm, keeps its letters: people look for it as it is.
func spread(s string) string {
	words := strings.Split(s, " ")
	for i, word := range words {
		if !strings.Contains(strings.TrimRight(word, "."), ".") {
			words[i] = strings.ToUpper(word)
		}
	}
	return strings.Join(strings.Split(strings.Join(words, " "), ""), hair)
}

func (t *Text) wrap(width float32) []string {
	key := wrapKey{t.text, width, t.textSize(), true}
	if key == t.at {
		return t.lines
	}
	var lines []string
	for _, p := range t.paragraphs() {
		if t.single {
			lines = append(lines, t.shorten(p, width))
			break
		}
		lines = append(lines, wrapLine(p, width, t.measure)...)
	}
	t.lines, t.at = lines, key
	return lines
}

func (t *Text) shorten(s string, width float32) string { return shorten(s, width, t.measure) }

// CreateRenderer is for Fyne.
func (t *Text) CreateRenderer() fyne.WidgetRenderer {
	r := &textRenderer{t: t}
	r.Refresh()
	return r
}

type textRenderer struct {
	t     *Text
	texts []fyne.CanvasObject
}

func (r *textRenderer) Destroy()                     {}
func (r *textRenderer) MinSize() fyne.Size           { return r.t.MinSize() }
func (r *textRenderer) Objects() []fyne.CanvasObject { return r.texts }
func (r *textRenderer) Layout(fyne.Size)             { r.place() }

func (r *textRenderer) Refresh() {
	r.place()
	canvas.Refresh(r.t)
}

func (r *textRenderer) place() {
	t := r.t
	width := t.Size().Width
	if width <= 0 {
		width = t.natural()
	}
	lines := t.wrap(width)
	for len(r.texts) < len(lines) {
		r.texts = append(r.texts, NewWords(t.styling().face))
	}
	r.texts = r.texts[:len(lines)]
	height, colour, size := t.lineHeight(), t.paint(), t.textSize()
	for i, line := range lines {
		c := r.texts[i].(*canvas.Text)
		c.Text, c.Color, c.TextSize, c.Alignment = line, colour, size, t.align
		setFace(c, t.styling().face)
		c.Move(fyne.NewPos(0, float32(i)*height))
		c.Resize(fyne.NewSize(width, height))
	}
}
