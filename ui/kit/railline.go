package kit

import (
	"cmp"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// A railLine is one step in the rail.
type railLine struct {
	widget.BaseWidget
	item        RailItem
	tapped      func()
	ground, bar *box
	content     fyne.CanvasObject
}

func newRailLine(item RailItem, tapped func()) *railLine {
	l := &railLine{item: item, tapped: tapped, ground: newBox("", "", 0, 0), bar: newBox("", "", 0, 0)}
	d, style := railDresses[item.State], Body
	if item.on() {
		style = Strong
		l.bar.ground = theme.ColorNamePrimary
	}
	l.ring(false)
	l.content = container.New(&railLayout{}, newMark(cmp.Or(item.Icon, d.icon), d.ink, 2.75), NewText(item.Title, style), NewLine(item.Note, SmallMuted))
	l.ExtendBaseWidget(l)
	return l
}

// CreateRenderer is for Fyne.
func (l *railLine) CreateRenderer() fyne.WidgetRenderer {
	bar := container.New(leftBar{}, l.bar)
	return widget.NewSimpleRenderer(container.New(frame{3, 0.85}, l.ground, bar, l.content))
}

// A railLayout has the icon, the title, and the note at the right or, where
// there is little room, below the title.
type railLayout struct{ below bool }

func (l *railLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	h := max(o[1].MinSize().Height, o[0].MinSize().Height)
	if l.below {
		h = o[1].MinSize().Height + o[2].MinSize().Height
	}
	return fyne.NewSize(grid(14), h)
}

func (l *railLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	icon, title, note := o[0], o[1].(*Text), o[2].(*Text)
	x := icon.MinSize().Width + grid(1.5)
	room, side := size.Width-x, wish(note)
	beside := room - side - grid(1.5)
	l.below = note.Value() != "" && beside < wish(title) && (wish(title) <= room || beside < grid(18))
	base := tallest([]fyne.CanvasObject{icon, title})
	place(icon, 0, (base-icon.MinSize().Height)/2, icon.MinSize().Width, icon.MinSize().Height)
	title.Move(fyne.NewPos(x, (base-title.lineHeight())/2))
	visible(note, note.Value() != "")
	switch {
	case l.below:
		h := settle(title, room)
		place(note, x, h, room, note.MinSize().Height)
	case note.Value() == "":
		settle(title, room)
	default:
		settle(title, beside)
		place(note, size.Width-side, (base-note.lineHeight())/2, side, note.MinSize().Height)
	}
}

type leftBar struct{}

func (leftBar) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }
func (leftBar) Layout(o []fyne.CanvasObject, s fyne.Size) {
	o[0].Resize(fyne.NewSize(grid(0.6), s.Height))
}

// ring shows which line has the keys, and which is on.
func (l *railLine) ring(on bool) {
	ground, line := fyne.ThemeColorName(""), fyne.ThemeColorName("")
	if l.item.on() {
		ground = ColorCurrent
	}
	if on {
		line = theme.ColorNamePrimary
	}
	l.ground.set(ground, line, 3)
}

// Tapped is for Fyne.
func (l *railLine) Tapped(*fyne.PointEvent) { l.tapped() }

// MouseIn is for Fyne.
func (l *railLine) MouseIn(*desktop.MouseEvent) {
	if l.item.Tapped != nil && !l.item.on() {
		l.ground.set(ColorBox, l.ground.line, 3)
	}
}

// MouseMoved is for Fyne.
func (l *railLine) MouseMoved(*desktop.MouseEvent) {}

// MouseOut is for Fyne.
func (l *railLine) MouseOut() { l.ring(l.ground.line != "") }
