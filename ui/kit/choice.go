package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// An Option is one row of a Choice.
type Option struct {
	Value string // what Value and Select speak of
	Title string
	More  string // a second line; may be ""
}

// A Choice is a list of which one is taken. It is one stop for Tab: arrows
// move, Space or Enter takes, and Enter on what is taken submits it, or goes to
// the page where OnSubmitted is nil.
type Choice struct {
	widget.DisableableWidget
	Held
	OnChanged   func(value string)
	OnSubmitted func()
	Across      bool // side by side where there is room: for options of few words

	keys     *Keys
	options  []Option
	rows     []*choiceRow
	at       int // where the arrows are
	selected int // -1: nothing yet
	focused  bool
}

// NewChoice makes one in which nothing is taken yet.
func NewChoice(k *Keys, o []Option) *Choice {
	c := &Choice{keys: k, selected: -1}
	c.SetOptions(o)
	c.ExtendBaseWidget(c)
	return c
}

// SetOptions replaces the rows. What was taken stays so if it is still there.
func (c *Choice) SetOptions(o []Option) {
	before := c.Value()
	c.options, c.rows, c.selected, c.at = o, nil, -1, 0
	for i, option := range o {
		row := &choiceRow{
			title: NewText(option.Title, Body),
			more:  NewText(option.More, SmallMuted),
			box:   canvas.NewRectangle(color.Transparent),
			ring:  canvas.NewCircle(color.Transparent),
			dot:   canvas.NewCircle(color.Transparent),
		}
		row.more.Hidden = option.More == ""
		c.rows = append(c.rows, row)
		if option.Value == before && before != "" {
			c.selected, c.at = i, i
		}
	}
	c.Refresh()
}

// Select takes the row with that value without calling OnChanged; a value that
// is not there leaves nothing taken.
func (c *Choice) Select(value string) {
	c.selected = -1
	for i, o := range c.options {
		if o.Value == value {
			c.selected, c.at = i, i
		}
	}
	c.Refresh()
}

// Value is that of the row that is taken, "" while none is.
func (c *Choice) Value() string {
	if c.selected < 0 {
		return ""
	}
	return c.options[c.selected].Value
}

func (c *Choice) take(i int) {
	if c.Disabled() || i < 0 || i >= len(c.options) {
		return
	}
	c.at = i
	if c.selected != i {
		c.selected = i
		if c.OnChanged != nil {
			c.OnChanged(c.options[i].Value)
		}
	}
	c.Refresh()
}

// TypedKey is for Fyne.
func (c *Choice) TypedKey(ev *fyne.KeyEvent) {
	if Repeats(ev) {
		return
	}
	switch {
	case ev.Name == fyne.KeyUp || ev.Name == fyne.KeyLeft:
		c.moveTo(c.at - 1)
	case ev.Name == fyne.KeyDown || ev.Name == fyne.KeyRight:
		c.moveTo(c.at + 1)
	case ev.Name == fyne.KeyHome:
		c.moveTo(0)
	case ev.Name == fyne.KeyEnd:
		c.moveTo(len(c.options) - 1)
	case ev.Name == fyne.KeySpace, isEnter(ev) && c.at != c.selected:
		c.take(c.at)
	case isEnter(ev) && c.OnSubmitted != nil:
		c.OnSubmitted()
	default:
		PassKey(c, ev)
	}
}

func (c *Choice) moveTo(i int) {
	c.at = max(0, min(len(c.options)-1, i))
	c.Refresh()
	if len(c.rows) > 0 {
		Reveal(c.rows[c.at].title)
	}
}

// TypedRune is for Fyne.
func (c *Choice) TypedRune(rune) {}

// TypedShortcut is for Fyne.
func (c *Choice) TypedShortcut(s fyne.Shortcut) { c.keys.Shortcut(s) }

// FocusGained is for Fyne.
func (c *Choice) FocusGained() {
	c.focused = true
	c.Refresh()
	Reveal(c)
}

// FocusLost is for Fyne.
func (c *Choice) FocusLost() { c.focused = false; c.Refresh() }

// Tapped is for Fyne.
func (c *Choice) Tapped(ev *fyne.PointEvent) {
	takeFocus(c)
	for i, row := range c.rows {
		at := ev.Position.Subtract(row.box.Position())
		if at.X >= 0 && at.Y >= 0 && at.X < row.box.Size().Width && at.Y < row.box.Size().Height {
			c.take(i)
		}
	}
}

// columns is how many rows stand side by side.
func (c *Choice) columns() int {
	if !c.Across {
		return 1
	}
	widest := float32(0)
	for _, row := range c.rows {
		widest = max(widest, row.title.natural())
	}
	n := int((c.Size().Width + grid(1)) / (widest + grid(9.5)))
	return max(1, min(n, len(c.rows)))
}

// A choiceRow is a row as it is drawn.
type choiceRow struct {
	title, more *Text
	box         *canvas.Rectangle
	ring, dot   *canvas.Circle
}

// CreateRenderer is for Fyne.
func (c *Choice) CreateRenderer() fyne.WidgetRenderer {
	r := &choiceRenderer{c}
	r.Layout(c.Size())
	return r
}

type choiceRenderer struct{ c *Choice }

func (r *choiceRenderer) Destroy() {}

func (r *choiceRenderer) Objects() (all []fyne.CanvasObject) {
	for _, row := range r.c.rows {
		all = append(all, row.box, row.ring, row.dot, row.title, row.more)
	}
	return all
}

// MinSize is as high as the rows are at the present width.
func (r *choiceRenderer) MinSize() (s fyne.Size) {
	n := r.c.columns()
	for i, row := range r.c.rows {
		t, m := row.title.MinSize(), row.more.MinSize()
		s.Width = max(s.Width, t.Width, m.Width)
		if i%n == 0 {
			s.Height += r.c.rowHeight(i) + grid(1)
		}
	}
	return fyne.NewSize(s.Width+grid(8), max(0, s.Height-grid(1)))
}

func (c *Choice) rowHeight(i int) float32 {
	h := c.rows[i].title.MinSize().Height
	if !c.rows[i].more.Hidden {
		h += c.rows[i].more.MinSize().Height
	}
	return max(Size(SizeControl), h+grid(2.5))
}

func (r *choiceRenderer) Refresh() {
	r.Layout(r.c.Size())
	for _, row := range r.c.rows {
		row.title.Refresh()
		row.more.Refresh()
	}
	canvas.Refresh(r.c)
}

func (r *choiceRenderer) Layout(size fyne.Size) {
	if size.Width <= grid(8) {
		return // nothing is known yet, and text must not wrap at nothing
	}
	n := r.c.columns()
	width := (size.Width - grid(1)*float32(n-1)) / float32(n)
	y := float32(0)
	for i := range r.c.rows {
		if i > 0 && i%n == 0 {
			y += r.c.rowHeight(i-1) + grid(1)
		}
		r.row(i, fyne.NewPos(float32(i%n)*(width+grid(1)), y), width)
		r.paint(i)
	}
}

// row places one row.
func (r *choiceRenderer) row(i int, at fyne.Position, width float32) {
	row, inner, more := r.c.rows[i], width-grid(8), float32(0)
	title := settle(row.title, inner)
	if !row.more.Hidden {
		more = settle(row.more, inner)
	}
	h := r.c.rowHeight(i)
	place(row.box, at.X, at.Y, width, h)
	row.title.Move(at.AddXY(grid(6), (h-title-more)/2))
	row.more.Move(at.AddXY(grid(6), (h-title-more)/2+title))
	round := grid(2.75)
	place(row.ring, at.X+grid(2), at.Y+(h-round)/2, round, round)
	place(row.dot, at.X+grid(2)+round/4, at.Y+(h-round)/2+round/4, round/2, round/2)
}

func (r *choiceRenderer) paint(i int) {
	c, row := r.c, r.c.rows[i]
	taken := i == c.selected
	paintInput(row.box, c.focused && i == c.at)
	if taken {
		row.box.FillColor = Color(ColorCurrent)
	}
	mark := Color(theme.ColorNameInputBorder)
	if taken {
		mark = Color(theme.ColorNamePrimary)
	}
	row.ring.StrokeColor, row.ring.StrokeWidth = mark, Size(theme.SizeNameInputBorder)
	row.dot.FillColor, row.dot.Hidden = mark, !taken
	row.title.SetColor(r.c.ink(theme.ColorNameForeground))
	row.more.SetColor(r.c.ink(ColorMuted))
}

func (c *Choice) ink(n fyne.ThemeColorName) fyne.ThemeColorName {
	if c.Disabled() {
		return theme.ColorNameDisabled
	}
	return n
}
