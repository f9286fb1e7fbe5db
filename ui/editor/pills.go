package editor

import (
	"image/color"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"github.com/keyceremony/ceremony/ui/kit"
)

// Pills are a few words side by side, of which one is taken, or any number. It
// is one stop for Tab: arrows move, Space or Enter takes. What is taken is
// told by its mark, round for one and square for many, and not by colour alone.
type pills struct {
	widget.BaseWidget
	kit.Held
	changed       func()
	entered, left func()

	keys    *kit.Keys
	many    bool
	options []option
	taken   map[string]bool
	at      int // where the arrows are
	focused bool
	pills   []*pill
	width   float32 // that it had the last time
}

// An option is a value and the word for it.
type option struct{ value, word string }

// A pill is an option as it is drawn.
type pill struct {
	box, square, tick *canvas.Rectangle
	ring, dot         *canvas.Circle
	word              *canvas.Text
}

func newPills(k *kit.Keys, options []option, many bool) *pills {
	p := &pills{keys: k, many: many, options: options, taken: map[string]bool{}}
	for range options {
		p.pills = append(p.pills, &pill{
			canvas.NewRectangle(color.Transparent), canvas.NewRectangle(color.Transparent), canvas.NewRectangle(color.Transparent),
			canvas.NewCircle(color.Transparent), canvas.NewCircle(color.Transparent), kit.NewWords(fyne.TextStyle{}),
		})
	}
	p.ExtendBaseWidget(p)
	return p
}

// take sets what is taken.
func (p *pills) take(values []string) {
	p.taken = map[string]bool{}
	for i, o := range p.options {
		if slices.Contains(values, o.value) {
			p.taken[o.value] = true
			if !p.many {
				p.at = i
			}
		}
	}
	p.Refresh()
}

// values are those that are taken, in the order of the options.
func (p *pills) values() (list []string) {
	for _, o := range p.options {
		if p.taken[o.value] {
			list = append(list, o.value)
		}
	}
	return list
}

// press takes the option at i, or lets it go where many may be taken.
func (p *pills) press(i int) {
	value := p.options[i].value
	p.at = i
	switch {
	case p.many:
		p.taken[value] = !p.taken[value]
	case p.taken[value]:
		return
	default:
		p.taken = map[string]bool{value: true}
	}
	p.Refresh()
	p.changed()
}

// TypedKey is for Fyne.
func (p *pills) TypedKey(ev *fyne.KeyEvent) {
	if kit.Repeats(ev) {
		return
	}
	switch ev.Name {
	case fyne.KeyLeft, fyne.KeyUp:
		p.move(p.at - 1)
	case fyne.KeyRight, fyne.KeyDown:
		p.move(p.at + 1)
	case fyne.KeyHome:
		p.move(0)
	case fyne.KeyEnd:
		p.move(len(p.options) - 1)
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		p.press(p.at)
	default:
		kit.PassKey(p, ev)
	}
}

func (p *pills) move(i int) {
	p.at = max(0, min(len(p.options)-1, i))
	p.Refresh()
}

// TypedRune is for Fyne.
func (p *pills) TypedRune(rune) {}

// TypedShortcut is for Fyne.
func (p *pills) TypedShortcut(s fyne.Shortcut) { p.keys.Shortcut(s) }

// FocusGained is for Fyne.
func (p *pills) FocusGained() {
	p.focused = true
	p.Refresh()
	p.entered()
}

// FocusLost is for Fyne.
func (p *pills) FocusLost() {
	p.focused = false
	p.Refresh()
	p.left()
}

// Tapped is for Fyne.
func (p *pills) Tapped(ev *fyne.PointEvent) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(p); c != nil {
		c.Focus(p)
	}
	for i, one := range p.pills {
		from := one.box.Position()
		to := from.AddXY(one.box.Size().Width, one.box.Size().Height)
		if at := ev.Position; at.X >= from.X && at.X < to.X && at.Y >= from.Y && at.Y < to.Y {
			p.press(i)
		}
	}
}

// CreateRenderer is for Fyne.
func (p *pills) CreateRenderer() fyne.WidgetRenderer {
	r := &pillsRenderer{p}
	r.Refresh()
	return r
}

type pillsRenderer struct{ p *pills }

func (r *pillsRenderer) Destroy() {}

func (r *pillsRenderer) Objects() (all []fyne.CanvasObject) {
	for _, one := range r.p.pills {
		all = append(all, one.box, one.ring, one.dot, one.square, one.tick, one.word)
	}
	return all
}

// Layout puts them side by side, and on a further line where they must.
func (r *pillsRenderer) Layout(size fyne.Size) {
	r.p.width = size.Width
	r.p.each(func(one *pill, at fyne.Position, size fyne.Size) {
		unit := kit.Size(kit.SizeGrid)
		put(one.box, at.X, at.Y, size.Width, size.Height)
		mark := 2.25 * unit
		x, y := at.X+1.75*unit, at.Y+(size.Height-mark)/2
		put(one.ring, x, y, mark, mark)
		put(one.square, x, y, mark, mark)
		put(one.dot, x+mark/4, y+mark/4, mark/2, mark/2)
		put(one.tick, x+mark/4, y+mark/4, mark/2, mark/2)
		put(one.word, x+mark+unit, at.Y, size.Width, size.Height)
	})
}

// MinSize is as high as the lines are at the present width.
func (r *pillsRenderer) MinSize() (s fyne.Size) {
	r.p.each(func(_ *pill, at fyne.Position, size fyne.Size) {
		s.Width, s.Height = max(s.Width, size.Width), max(s.Height, at.Y+size.Height)
	})
	return s
}

// each gives the place of every pill at the present width.
func (p *pills) each(f func(one *pill, at fyne.Position, size fyne.Size)) {
	unit := kit.Size(kit.SizeGrid)
	var x, y float32
	for i, one := range p.pills {
		words := kit.Measure(kit.Visible(p.options[i].word), kit.Size(kit.SizeBody), fyne.TextStyle{})
		size := fyne.NewSize(words.Width+7*unit, max(5.5*unit, words.Height+unit))
		if x > 0 && p.width > 0 && x+size.Width > p.width {
			x, y = 0, y+size.Height+unit
		}
		f(one, fyne.NewPos(x, y), size)
		x += size.Width + unit
	}
}

// Refresh paints the pills.
func (r *pillsRenderer) Refresh() {
	p := r.p
	for i, one := range p.pills {
		taken, here := p.taken[p.options[i].value], p.focused && i == p.at
		border, mark := kit.Color(theme.ColorNameInputBorder), kit.Color(theme.ColorNameInputBorder)
		if taken {
			border, mark = kit.Color(theme.ColorNamePrimary), kit.Color(theme.ColorNamePrimary)
		}
		width := kit.Size(theme.SizeNameInputBorder)
		one.box.StrokeColor, one.box.StrokeWidth = border, width
		one.box.FillColor = kit.Color(theme.ColorNameInputBackground)
		if taken {
			one.box.FillColor = kit.Color(kit.ColorCurrent)
		}
		if here {
			one.box.StrokeColor, one.box.StrokeWidth = kit.Color(theme.ColorNamePrimary), kit.Size(kit.SizeRing)*1.4
		}
		one.box.CornerRadius = kit.Size(kit.SizeRadius)
		one.ring.StrokeColor, one.ring.StrokeWidth, one.ring.Hidden = mark, width, p.many
		one.square.StrokeColor, one.square.StrokeWidth, one.square.Hidden = mark, width, !p.many
		one.square.CornerRadius = width
		one.dot.FillColor, one.dot.Hidden = mark, p.many || !taken
		one.tick.FillColor, one.tick.Hidden = mark, !p.many || !taken
		one.word.Text, one.word.Color = kit.Visible(p.options[i].word), kit.Color(theme.ColorNameForeground)
		one.word.TextSize = kit.Size(kit.SizeBody)
	}
	r.Layout(p.Size())
	canvas.Refresh(p)
}
