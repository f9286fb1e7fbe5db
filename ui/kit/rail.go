package kit

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// A RailState is how far a step is.
type RailState int

// Each state has a shape and a colour of its own.
const (
	ToCome RailState = iota
	Done
	Now
	Failed
	Exception
	Flawed // done, and a check does not hold that stops nothing
)

// A RailItem is one step. Head is the act that it belongs to, shown above
// where it differs from the one before; Note is short: a time, initials. Icon
// stands in the place of that of its state, in its colour. On says that it is
// open beside the rail, as is a step that is Now.
type RailItem struct {
	Head, Title, Note string
	Icon              string // its name; "": that of the state
	State             RailState
	On                bool
	Tapped            func()
}

func (i RailItem) on() bool { return i.On || i.State == Now }

type railDress struct {
	icon string
	ink  fyne.ThemeColorName
}

var railDresses = map[RailState]railDress{
	ToCome:    {"state-tocome", ColorMuted},
	Done:      {"state-done", ColorGreen},
	Now:       {"state-now", theme.ColorNamePrimary},
	Failed:    {"state-failed", ColorRed},
	Exception: {"state-exception", ColorOrange},
	Flawed:    {"state-noted", ColorOrange},
}

// A Rail is the list of steps, with heads. It is one Tab stop: arrows move,
// Enter and Space open, and it scrolls to where the ceremony is.
type Rail struct {
	widget.BaseWidget
	Held
	OnMoved func(i int) // the arrows are at another line; nil: nothing

	items   []RailItem
	lines   []*railLine
	content *fyne.Container
	scroll  *Scroll
	at      int     // the line that keys are about
	now     int     // the line that is on; -1: none
	left    float32 // where scrolling to it ended; elsewhere, somebody scrolled
	focused bool
}

var _ fyne.Focusable = (*Rail)(nil)

// NewRail is empty.
func NewRail() *Rail {
	r := &Rail{content: NewColumn(0), now: -1}
	r.scroll = NewScroll(container.New(frame{0, 1}, r.content))
	r.ExtendBaseWidget(r)
	return r
}

// Set shows these steps, and scrolls to the one that is on when that is
// another than before.
func (r *Rail) Set(items []RailItem) {
	now := slices.IndexFunc(items, func(i RailItem) bool { return i.on() })
	moved := now != r.now || len(items) != len(r.items)
	if r.now = now; moved && now >= 0 {
		r.at = now
	}
	r.at = max(0, min(r.at, len(items)-1))
	same := slices.EqualFunc(items, r.items, RailItem.same)
	if r.items = items; !same {
		r.build()
	}
	if moved {
		r.follow()
	}
}

// same tells whether both are drawn alike.
func (i RailItem) same(j RailItem) bool {
	return i.Head == j.Head && i.Title == j.Title && i.Note == j.Note && i.State == j.State && i.Icon == j.Icon && i.On == j.On && (i.Tapped == nil) == (j.Tapped == nil)
}

// build draws all lines anew.
func (r *Rail) build() {
	r.lines = nil
	var objects []fyne.CanvasObject
	head := ""
	for i, item := range r.items {
		if item.Head != head {
			head = item.Head
			objects = append(objects, railHead(head))
		}
		line := newRailLine(item, func() { r.at = i; r.ring(); r.press() })
		r.lines = append(r.lines, line)
		objects = append(objects, line)
	}
	r.content.Objects = objects
	r.content.Layout.Layout(objects, r.content.Size())
	r.ring()
	r.Refresh()
}

func railHead(s string) fyne.CanvasObject {
	return container.New(headLayout{}, NewText(s, Overline))
}

// A headLayout keeps a head nearer to what it heads than to what is above.
type headLayout struct{}

func (headLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	return o[0].MinSize().AddWidthHeight(2*grid(3), grid(3))
}

func (headLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	settle(o[0], size.Width-2*grid(3))
	o[0].Move(fyne.NewPos(grid(3), grid(2)))
}

// CreateRenderer is for Fyne.
func (r *Rail) CreateRenderer() fyne.WidgetRenderer {
	ground := container.NewStack(newBox(ColorSurface, "", 0, 0), newEdge(true), r.scroll)
	return &railRenderer{WidgetRenderer: widget.NewSimpleRenderer(ground), rail: r}
}

// A railRenderer keeps the step in sight whatever size it gets, unless
// somebody scrolled away from it.
type railRenderer struct {
	fyne.WidgetRenderer
	rail *Rail
}

func (r *railRenderer) Layout(size fyne.Size) {
	r.keep(func() { r.WidgetRenderer.Layout(size) })
}

// keep asks before and not after, because a change of size scrolls too.
func (r *railRenderer) keep(change func()) {
	untouched := r.rail.scroll.Scroll.Offset.Y == r.rail.left
	change()
	if untouched {
		r.rail.follow()
	}
}

func (r *railRenderer) MinSize() fyne.Size { return fyne.NewSize(grid(22), grid(12)) }

func (r *railRenderer) Refresh() {
	r.keep(func() {
		r.rail.scroll.Refresh()
		r.WidgetRenderer.Layout(r.rail.Size())
	})
}

// reveal scrolls as little as shows the line, and some around it.
func (r *Rail) reveal() {
	if r.at >= len(r.lines) {
		return
	}
	top, line := r.top(), r.lines[r.at].Size().Height
	y := max(r.scroll.Scroll.Offset.Y, top+3*line-r.Size().Height)
	r.scrollTo(min(y, top-2*line))
}

// follow scrolls so that the line stands a little above the middle.
func (r *Rail) follow() {
	if r.at < len(r.lines) {
		r.scrollTo(r.top() - 0.4*r.Size().Height)
	}
}

// top is where the line that keys are about begins in the content.
func (r *Rail) top() float32 { return r.lines[r.at].Position().Y + r.content.Position().Y }

func (r *Rail) scrollTo(y float32) {
	s := r.scroll.Scroll
	s.ScrollToOffset(fyne.NewPos(0, max(0, min(y, s.Content.Size().Height-s.Size().Height))))
	r.left = s.Offset.Y
}

func (r *Rail) press() {
	if r.at < len(r.items) && r.items[r.at].Tapped != nil {
		r.items[r.at].Tapped()
	}
}

func (r *Rail) move(to int) {
	before := r.at
	r.at = max(0, min(to, len(r.lines)-1))
	r.ring()
	r.reveal()
	if r.at != before && r.OnMoved != nil {
		r.OnMoved(r.at)
	}
}

func (r *Rail) ring() {
	for i, line := range r.lines {
		line.ring(r.focused && i == r.at)
	}
}

// TypedKey is for Fyne.
func (r *Rail) TypedKey(e *fyne.KeyEvent) {
	if Repeats(e) {
		return
	}
	switch e.Name {
	case fyne.KeyUp:
		r.move(r.at - 1)
	case fyne.KeyDown:
		r.move(r.at + 1)
	case fyne.KeyHome:
		r.move(0)
	case fyne.KeyEnd:
		r.move(len(r.lines) - 1)
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		r.press()
	default:
		PassKey(r, e)
	}
}

// TypedRune is for Fyne.
func (r *Rail) TypedRune(rune) {}

// FocusGained is for Fyne.
func (r *Rail) FocusGained() { r.focused = true; r.ring(); r.reveal() }

// FocusLost is for Fyne.
func (r *Rail) FocusLost() { r.focused = false; r.ring() }
