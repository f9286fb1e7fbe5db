package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// A ListRow is a row of a List: a title, and below it what is said in small
// words. Loud ones are marked as what people must not miss.
type ListRow struct {
	Title, Note string
	Loud        bool
}

// A List has any number of rows, of which one is open beside it. It is one stop
// for Tab: arrows, Page Up and Page Down, Home and End move, and what they are
// about is open at once; Space turns its pages.
type List struct {
	rows
	row   func(i int) ListRow
	count int
}

// NewList is empty. Row is asked for the rows in sight and for no others; open
// is told which one is open.
func NewList(row func(i int) ListRow, open func(i int)) *List {
	l := &List{rows: newRows(), row: row}
	l.Length = func() int { return l.count }
	l.CreateItem = func() fyne.CanvasObject { return newListLine() }
	l.UpdateItem = func(i int, o fyne.CanvasObject) { o.(*listLine).set(l.row(i), i == l.at, l.focused) }
	l.OnHighlighted, l.moved = l.highlighted, open
	l.OnSelected = func(i int) {
		takeFocus(l)
		l.UnselectAll() // or a second click does nothing
		l.moveTo(i)
	}
	l.ExtendBaseWidget(l)
	return l
}

// Set shows so many rows, and opens the one at i; none if there are none.
func (l *List) Set(count, i int) {
	l.count = count
	l.at = max(0, min(i, count-1))
	l.Refresh()
	l.moveTo(l.at)
}

// Framed is the list in its border.
func (l *List) Framed() fyne.CanvasObject { return l.frame(l) }

// Resize keeps the open row in sight.
func (l *List) Resize(s fyne.Size) {
	if s != l.Size() {
		l.rows.Resize(s)
		l.ScrollTo(l.at)
	}
}

// TypedKey is for Fyne.
func (l *List) TypedKey(ev *fyne.KeyEvent) {
	if ev.Name == fyne.KeySpace { // turns what is open, as Page Down would elsewhere
		ev = &fyne.KeyEvent{Name: fyne.KeyPageDown}
	} else if l.turn(ev) {
		return
	}
	PassKey(l, ev)
}

// TypedRune is for Fyne.
func (l *List) TypedRune(rune) {}

// A listLine is a row as it is drawn.
type listLine struct {
	widget.BaseWidget
	ground, bar *box
	sign        *mark
	title, note *Text
	content     *fyne.Container
}

func newListLine() *listLine {
	l := &listLine{ground: newBox("", "", 0, 0.5), bar: newBox("", "", 0, 0), sign: newMark("bang", ColorOrange, 2.25)}
	l.title, l.note = NewLine("M", Body), NewLine("M", SmallMuted)
	l.content = container.New(listLayout{}, l.ground, l.bar, l.sign, l.title, l.note)
	l.ExtendBaseWidget(l)
	return l
}

func (l *listLine) set(r ListRow, on, focused bool) {
	ground, line := fyne.ThemeColorName(""), fyne.ThemeColorName("")
	if on {
		ground = ColorCurrent
	}
	if on && focused {
		line = theme.ColorNamePrimary
	}
	l.ground.set(ground, line, Size(theme.SizeNameInputBorder))
	style, bar := Body, fyne.ThemeColorName("")
	if r.Loud {
		style, bar = Strong, ColorOrange
	}
	l.bar.set(bar, "", 0)
	visible(l.sign, r.Loud)
	l.title.SetStyle(style)
	l.title.SetText(r.Title)
	l.note.SetText(r.Note)
	l.content.Layout.Layout(l.content.Objects, l.content.Size())
	canvas.Refresh(l)
}

// CreateRenderer is for Fyne.
func (l *listLine) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(l.content) }

// A listLayout has the title above the note, and a sign before both.
type listLayout struct{}

func (listLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(grid(20), o[3].MinSize().Height+o[4].MinSize().Height+grid(1.5))
}

func (listLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	// Apart from the edges: a border that a scroller cuts looks like a mistake.
	place(o[0], grid(0.5), 1, size.Width-grid(1.5), size.Height-2)
	place(o[1], grid(0.5), 1, grid(0.5), size.Height-2)
	x, h := grid(2), o[3].MinSize().Height
	if o[2].Visible() {
		s := o[2].MinSize()
		place(o[2], x, grid(0.75)+(h-s.Height)/2, s.Width, s.Height)
		x += s.Width + grid(1)
	}
	w := max(1, size.Width-x-grid(2))
	place(o[3], x, grid(0.75), w, h)
	place(o[4], x, grid(0.75)+h, w, o[4].MinSize().Height)
}
