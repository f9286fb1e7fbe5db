package editor

import (
	"fmt"
	"image/color"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"github.com/keyceremony/ceremony/ui/kit"
)

// A source shows the file as it will be saved, with the numbers of its lines.
// Long lines wrap: a reader must see all of what is signed.
type source struct {
	widget.BaseWidget
	lines  []*sourceLine
	box    *fyne.Container
	scroll *kit.Scroll
	at     int // number of the line that is marked; 0 = none
	all    fyne.CanvasObject
}

// A sourceLine is one line of the file.
type sourceLine struct {
	ground     *canvas.Rectangle
	bar        *canvas.Rectangle
	number     *kit.Text
	text       *kit.Text
	remark     *kit.Text // the comment behind it, where there is one
	raw        string
	wrong, now bool
}

func newSource() *source {
	s := &source{}
	s.box = container.New(&sourceLayout{s: s})
	s.scroll = kit.NewScroll(s.box)
	head := kit.NewBar(kit.NewLine("The file as it will be saved", kit.Overline))
	s.all = container.NewBorder(head, nil, nil, nil, s.scroll)
	s.ExtendBaseWidget(s)
	return s
}

// CreateRenderer is for Fyne.
func (s *source) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(s.all) }

// Refresh paints the lines too, which are no widgets: the look may be another.
func (s *source) Refresh() {
	for _, l := range s.lines {
		l.paint()
	}
	s.BaseWidget.Refresh()
}

// set shows a file; wrong has the numbers of the lines with errors.
func (s *source) set(file []byte, wrong map[int]bool) {
	texts := strings.Split(strings.TrimSuffix(string(file), "\n"), "\n")
	for len(s.lines) < len(texts) {
		s.lines = append(s.lines, newSourceLine(len(s.lines)+1))
	}
	s.lines = s.lines[:len(texts)]
	objects := make([]fyne.CanvasObject, 0, 5*len(texts))
	for i, text := range texts {
		l := s.lines[i]
		l.set(text)
		l.wrong = wrong[i+1]
		l.paint()
		objects = append(objects, l.ground, l.bar, l.number, l.text, l.remark)
	}
	s.box.Objects = objects
	s.box.Refresh()
	s.scroll.Refresh()
}

// text is the file as it is shown.
func (s *source) text() string {
	var w strings.Builder
	for _, l := range s.lines {
		fmt.Fprintln(&w, l.raw)
	}
	return w.String()
}

// follow marks a line and scrolls to it; 0 marks none.
func (s *source) follow(line int) {
	s.at = line
	for i, l := range s.lines {
		if now := i+1 == line; now != l.now {
			l.now = now
			l.paint()
		}
	}
	if line < 1 || line > len(s.lines) {
		return
	}
	l := s.lines[line-1]
	room := s.scroll.Scroll.Size().Height
	y := l.ground.Position().Y - room/3
	y = max(0, min(y, s.box.MinSize().Height-room))
	s.scroll.Scroll.ScrollToOffset(fyne.NewPos(0, y))
}

func newSourceLine(number int) *sourceLine {
	l := &sourceLine{
		ground: canvas.NewRectangle(color.Transparent), bar: canvas.NewRectangle(color.Transparent),
		number: kit.NewLine(fmt.Sprint(number), kit.SmallMono), text: kit.NewText("", kit.SmallMono), remark: kit.NewText("", kit.SmallMono),
	}
	l.remark.SetColor(kit.ColorMuted)
	l.number.SetAlign(fyne.TextAlignTrailing)
	return l
}

// set shows a line of the file. A comment behind a value stands on a line of
// its own where there is no room for both.
func (l *sourceLine) set(raw string) {
	l.raw = raw
	i := remarkAt(raw)
	l.text.SetText(strings.TrimRight(raw[:i], " "))
	l.remark.SetText(raw[i:])
	show(l.remark, i < len(raw))
}

// remarkAt is where the comment behind a value begins; the length of the line
// if there is none.
func remarkAt(line string) int {
	quoted, escaped := false, false
	for i, r := range line {
		switch {
		case escaped:
			escaped = false
		case quoted && r == '\\':
			escaped = true
		case r == '"':
			quoted = !quoted
		case r == '#' && !quoted && i > 0:
			return i
		}
	}
	return len(line)
}

// paint marks the line that is typed in, and those with errors.
func (l *sourceLine) paint() {
	l.ground.FillColor, l.bar.FillColor = color.Transparent, color.Transparent
	number, text := kit.ColorMuted, theme.ColorNameForeground
	switch {
	case strings.HasPrefix(l.raw, "#"):
		text = kit.ColorMuted
	case l.wrong:
		l.bar.FillColor = kit.Color(kit.ColorOrange)
		number = kit.ColorOrangeText
	}
	if l.now {
		l.ground.FillColor = kit.Color(kit.ColorCurrent)
	}
	l.number.SetColor(number)
	l.text.SetColor(text)
	l.ground.Refresh()
	l.bar.Refresh()
}

// A sourceLayout puts the lines below each other.
type sourceLayout struct {
	s     *source
	width float32 // that it had the last time
}

// Layout implements fyne.Layout.
func (l *sourceLayout) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	l.width = size.Width
	unit := kit.Size(kit.SizeGrid)
	l.each(func(line *sourceLine, y, width, text, height float32) {
		put(line.ground, 0, y, size.Width, height)
		put(line.bar, 0, y, unit/2, height)
		put(line.number, 0, y, 5*unit, line.number.MinSize().Height)
		put(line.text, 6.5*unit, y, width, text)
		x := line.remarkX()
		if height > text || !line.remark.Visible() {
			x, y = 0, y+text
		}
		put(line.remark, 6.5*unit+x, y, width-x, height)
	})
}

// MinSize implements fyne.Layout. It is as high as the lines are.
func (l *sourceLayout) MinSize([]fyne.CanvasObject) (s fyne.Size) {
	l.each(func(_ *sourceLine, y, _, _, height float32) { s.Height = y + height })
	return s
}

// each gives the place of every line: how wide it may be, how high the text
// is and how high all of it.
func (l *sourceLayout) each(f func(line *sourceLine, y, width, text, height float32)) {
	width := max(0, l.width-8.5*kit.Size(kit.SizeGrid))
	y := float32(0)
	for _, line := range l.s.lines {
		text := line.text.HeightFor(width)
		height := text
		if line.remark.Visible() && line.remarkX()+line.measure(line.remark.Value()) > width {
			height += line.remark.HeightFor(width)
		}
		f(line, y, width, text, height)
		y += height
	}
}

// remarkX is where the comment stands behind the value, as in the file.
func (l *sourceLine) remarkX() float32 {
	return l.measure(strings.TrimSuffix(l.raw, l.remark.Value()))
}

func (l *sourceLine) measure(s string) float32 {
	return kit.Measure(s, kit.Size(kit.SizeSmall), fyne.TextStyle{Monospace: true}).Width
}
