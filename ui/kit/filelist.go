package kit

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// A fileList is the list of a picker: arrows move, Enter opens, Backspace goes
// up, a letter goes to the next name that begins with it.
type fileList struct {
	rows
	p *picker
}

func newFileList(p *picker) *fileList {
	l := &fileList{rows: newRows(), p: p}
	l.Length = func() int { return len(l.p.items) }
	l.CreateItem = func() fyne.CanvasObject { return newFileRow() }
	l.UpdateItem = func(i int, o fyne.CanvasObject) {
		o.(*fileRow).set(l.p.items[i], l.focused && i == l.at)
	}
	l.moved = func(i int) {
		if l.focused {
			l.p.highlight(i)
		}
	}
	l.OnHighlighted, l.OnSelected = l.highlighted, l.clicked
	l.ExtendBaseWidget(l)
	return l
}

// show is called when the picker has other rows.
func (l *fileList) show(name string) {
	at := 0
	for i, it := range l.p.items {
		if it.name == name {
			at = i
		}
	}
	l.UnselectAll()
	l.moveTo(at)
	l.Refresh()
}

// clicked enters a folder at once; a file is only highlighted.
func (l *fileList) clicked(i int) {
	takeFocus(l)
	l.UnselectAll() // or a second click does nothing
	if l.p.items[i].folder {
		l.p.open(i)
	} else {
		l.moveTo(i)
	}
}

// TypedKey is for Fyne.
func (l *fileList) TypedKey(ev *fyne.KeyEvent) {
	if Repeats(ev) {
		return
	}
	switch ev.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeyRight:
		if l.at < len(l.p.items) && (ev.Name != fyne.KeyRight || l.p.items[l.at].folder) {
			l.p.open(l.at)
		}
	case fyne.KeyBackspace, fyne.KeyLeft:
		l.p.up()
	case fyne.KeySpace:
		l.List.TypedKey(ev)
	default:
		if !l.turn(ev) {
			PassKey(l, ev)
		}
	}
}

// TypedRune is for Fyne.
func (l *fileList) TypedRune(r rune) {
	for n := range l.p.items {
		i := (l.at + 1 + n) % len(l.p.items)
		first, _ := utf8.DecodeRuneInString(strings.ToLower(l.p.items[i].name))
		if first == unicode.ToLower(r) {
			l.moveTo(i)
			return
		}
	}
}

// A fileRow is an icon and a name.
type fileRow struct {
	widget.BaseWidget
	ground *canvas.Rectangle
	icon   *widget.Icon
	name   *Text
	on     bool
}

func newFileRow() *fileRow {
	r := &fileRow{ground: canvas.NewRectangle(nil), icon: widget.NewIcon(theme.FileIcon()), name: NewLine("M", Body)}
	r.ExtendBaseWidget(r)
	return r
}

func (r *fileRow) set(it item, on bool) {
	r.on = on
	name, icon := it.name, theme.FileIcon()
	switch {
	case it.name == parent:
		name, icon = "One folder up", theme.MoveUpIcon()
	case it.folder:
		icon = theme.FolderIcon()
	}
	r.icon.SetResource(icon)
	r.name.SetText(name)
	r.Refresh()
}

// CreateRenderer is for Fyne.
func (r *fileRow) CreateRenderer() fyne.WidgetRenderer {
	return &fileRowRenderer{r}
}

type fileRowRenderer struct{ r *fileRow }

func (d *fileRowRenderer) Destroy() {}

func (d *fileRowRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{d.r.ground, d.r.icon, d.r.name}
}

func (d *fileRowRenderer) MinSize() fyne.Size { return fyne.NewSize(grid(20), grid(5)) }

func (d *fileRowRenderer) Layout(s fyne.Size) {
	side := Size(theme.SizeNameInlineIcon)
	// Apart from the edges: a border that a scroller cuts looks like a mistake.
	place(d.r.ground, grid(0.5), 1, s.Width-grid(1.5), s.Height-2)
	place(d.r.icon, grid(1.5), (s.Height-side)/2, side, side)
	h := d.r.name.MinSize().Height
	x := grid(3) + side
	place(d.r.name, x, (s.Height-h)/2, max(1, s.Width-x-grid(1.5)), h)
}

func (d *fileRowRenderer) Refresh() {
	g := d.r.ground
	g.Hidden = !d.r.on
	g.FillColor, g.StrokeColor = Color(ColorCurrent), Color(theme.ColorNamePrimary)
	g.StrokeWidth, g.CornerRadius = Size(theme.SizeNameInputBorder), Size(theme.SizeNameSelectionRadius)
	d.Layout(d.r.Size())
	canvas.Refresh(d.r)
}
