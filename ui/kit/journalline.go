package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// A journalLine is one row: the time, and at most two lines of text.
type journalLine struct {
	widget.BaseWidget
	index        int
	row          JournalRow
	tapped       func(int)
	ground, loud *box
	time, text   *Text
	content      *fyne.Container
	width        float32 // for which the text is cut
}

func newJournalLine(tapped func(int)) *journalLine {
	l := &journalLine{tapped: tapped, ground: newBox("", "", 0, 0), loud: newBox("", "", 0, 0)}
	l.time, l.text = NewLine("", SmallMuted), NewText("", Small)
	l.content = container.New(journalRowLayout{l}, l.ground, l.loud, l.time, l.text, newBox(ColorLine, "", 0, 0))
	l.ExtendBaseWidget(l)
	return l
}

func (l *journalLine) set(i int, r JournalRow, on bool) {
	l.index = i
	if r != l.row {
		l.row = r
		l.time.SetText(r.Time)
		l.dress()
		l.fit()
	}
	ring := fyne.ThemeColorName("")
	if on {
		ring = theme.ColorNamePrimary
	}
	l.ground.set(l.ground.ground, ring, Size(SizeRing))
}

// dress makes a loud row bold, with a bar beside it.
func (l *journalLine) dress() {
	style, bar := Small, fyne.ThemeColorName("")
	if l.row.Loud {
		style, bar = SmallStrong, ColorOrange
	}
	l.text.SetStyle(style)
	l.loud.set(bar, "", 0)
}

// CreateRenderer is for Fyne.
func (l *journalLine) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(l.content)
}

// Tapped is for Fyne.
func (l *journalLine) Tapped(*fyne.PointEvent) { l.tapped(l.index) }

// MouseIn is for Fyne.
func (l *journalLine) MouseIn(*desktop.MouseEvent) {
	l.ground.set(ColorBox, l.ground.line, l.ground.width)
}

// MouseMoved is for Fyne.
func (l *journalLine) MouseMoved(*desktop.MouseEvent) {}

// MouseOut is for Fyne.
func (l *journalLine) MouseOut() { l.ground.set("", l.ground.line, l.ground.width) }

// A journalRowLayout puts the text beside the time.
type journalRowLayout struct{ line *journalLine }

func (l *journalLine) indent() float32 { return grid(1.5) + l.time.natural() + grid(1) }

// fit cuts the text to two lines; an ellipsis says that there is more.
func (l *journalLine) fit() {
	t, all, width := l.text, Visible(l.row.Text), l.width-l.indent()-grid(1)
	lines := wrapLine(all, width, t.measure)
	if len(lines) > 2 {
		lines = []string{lines[0], t.shorten(lines[1]+" "+lines[2], width)}
		t.SetText(lines[0] + "\n" + lines[1])
		return
	}
	t.SetText(all)
}

func (j journalRowLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(grid(16), j.line.text.MinSize().Height+grid(1.5))
}

func (j journalRowLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	x := j.line.indent()
	w := size.Width - x - grid(1)
	j.line.width = size.Width
	j.line.fit()
	place(o[0], grid(0.5), 1, size.Width-grid(1), size.Height-3)
	place(o[1], 0, grid(0.5), grid(0.5), size.Height-grid(1))
	o[2].Move(fyne.NewPos(grid(1.5), grid(0.75)))
	o[2].Resize(fyne.NewSize(j.line.time.natural(), j.line.time.MinSize().Height))
	settle(o[3], w)
	o[3].Move(fyne.NewPos(x, grid(0.75)))
	place(o[4], grid(1), size.Height-1, size.Width-grid(2), 1)
}
