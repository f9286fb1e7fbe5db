package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// A journalView shows the rows in sight, from the last one upwards.
type journalView struct {
	widget.BaseWidget
	Held
	count  func() int
	row    func(i int) JournalRow
	tapped func(i int)

	last    int     // the row whose foot is at the bottom of the view, or
	below   float32 // that much below it
	stick   bool    // to the newest
	at      int     // the row that keys are about
	focused bool
	lines   []*journalLine // in sight, the lowest first
	probe   *journalLine   // measures rows that are not in sight
	thumb   *box
}

var (
	_ fyne.Scrollable = (*journalView)(nil)
	_ fyne.Focusable  = (*journalView)(nil)
)

func newJournalView(count func() int, row func(i int) JournalRow, tapped func(int)) *journalView {
	v := &journalView{count: count, row: row, tapped: tapped, stick: true, at: -1, thumb: newBox(ColorMuted, "", 0, 0.25)}
	v.probe = newJournalLine(nil)
	v.ExtendBaseWidget(v)
	return v
}

// fill lays out the rows in sight.
func (v *journalView) fill() {
	size, n := v.Size(), v.count()
	if size.Height <= 0 {
		return
	}
	if v.last = min(v.last, n-1); v.stick {
		v.last, v.below = n-1, 0
	}
	y, used := size.Height+v.below, 0
	for i := v.last; i >= 0 && y > 0; i-- {
		line := v.line(used)
		used++
		line.set(i, v.row(i), v.focused && i == v.at)
		h := settle(line, size.Width)
		y -= h
		line.Move(fyne.NewPos(0, y))
	}
	for _, l := range v.lines[used:] {
		l.Hide()
	}
	v.atTop(used, y)
	v.bar(used, n)
}

// atTop keeps the first row from hanging below the top of the view.
func (v *journalView) atTop(used int, y float32) {
	if y <= 0 {
		return
	}
	for _, l := range v.lines[:used] {
		l.Move(l.Position().SubtractXY(0, y))
	}
}

func (v *journalView) line(i int) *journalLine {
	if i == len(v.lines) {
		v.lines = append(v.lines, newJournalLine(v.tap))
	}
	v.lines[i].Show()
	return v.lines[i]
}

func (v *journalView) tap(i int) { v.at = i; v.tapped(i) }

// bar tells where among the rows the view is.
func (v *journalView) bar(used, n int) {
	visible(v.thumb, used < n)
	if used >= n || n == 0 {
		return
	}
	h := v.Size().Height
	high := max(grid(3), h*float32(used)/float32(n))
	part := float32(v.last+1-used) / float32(n-used)
	place(v.thumb, v.Size().Width-grid(0.5), max(0, min(1, part))*(h-high), grid(0.5), high)
}

// Scrolled is for Fyne.
func (v *journalView) Scrolled(e *fyne.ScrollEvent) { v.scroll(-e.Scrolled.DY) }

// scroll moves the view down by so much, or up.
func (v *journalView) scroll(by float32) {
	v.below -= by
	v.stick = false
	for v.below < 0 && v.last < v.count()-1 { // below the last row there is another
		v.last++
		v.below += v.height(v.last)
	}
	if v.below < 0 || v.last >= v.count()-1 && v.below == 0 {
		v.stick = true
	}
	v.climb()
	v.Refresh()
}

// climb takes rows that are wholly below the view off its foot, and stops at
// the first page.
func (v *journalView) climb() {
	for v.last > 0 && v.below >= v.height(v.last) {
		v.below -= v.height(v.last)
		v.last--
	}
	need := v.Size().Height + v.below
	for i := v.last; i >= 0 && need > 0; i-- {
		need -= v.height(i)
	}
	if need <= 0 {
		return
	}
	v.below -= need // above the first row there is nothing
	for v.below < 0 && v.last < v.count()-1 {
		v.last++
		v.below += v.height(v.last)
	}
	v.below = max(0, v.below)
}

// height is that of a row that may not be in sight.
func (v *journalView) height(i int) float32 {
	v.probe.set(i, v.row(i), false)
	return settle(v.probe, v.Size().Width)
}

// reveal brings the row that keys are about into sight.
func (v *journalView) reveal() {
	if v.at > v.last || v.at == v.last && v.below > 0 {
		v.last, v.below, v.stick = v.at, 0, v.at == v.count()-1
	} else if above := v.above(); above > 0 {
		v.scroll(-above)
	}
	v.Refresh()
}

// above is how far the row that keys are about is above the view.
func (v *journalView) above() float32 {
	room := v.Size().Height + v.below
	sum := float32(0)
	for i := v.last; i >= v.at && i >= 0; i-- {
		sum += v.height(i)
	}
	return sum - room
}

func (v *journalView) move(to int) {
	if n := v.count(); n > 0 {
		v.at = max(0, min(to, n-1))
		v.reveal()
	}
}

// TypedKey is for Fyne.
func (v *journalView) TypedKey(e *fyne.KeyEvent) {
	if Repeats(e) {
		return
	}
	switch page := max(1, len(v.lines)-2); e.Name {
	case fyne.KeyUp:
		v.move(v.at - 1)
	case fyne.KeyDown:
		v.move(v.at + 1)
	case fyne.KeyPageUp:
		v.move(v.at - page)
	case fyne.KeyPageDown:
		v.move(v.at + page)
	case fyne.KeyHome:
		v.move(0)
	case fyne.KeyEnd:
		v.move(v.count() - 1)
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		if v.at >= 0 && v.at < v.count() {
			v.tapped(v.at)
		}
	default:
		PassKey(v, e)
	}
}

// TypedRune is for Fyne.
func (v *journalView) TypedRune(rune) {}

// FocusGained is for Fyne.
func (v *journalView) FocusGained() {
	v.focused = true
	if v.at < 0 {
		v.at = v.count() - 1
	}
	v.Refresh()
}

// FocusLost is for Fyne.
func (v *journalView) FocusLost() { v.focused = false; v.Refresh() }

// CreateRenderer is for Fyne.
func (v *journalView) CreateRenderer() fyne.WidgetRenderer { return journalRenderer{v} }

type journalRenderer struct{ v *journalView }

func (r journalRenderer) Destroy()           {}
func (r journalRenderer) Layout(fyne.Size)   { r.v.fill() }
func (r journalRenderer) MinSize() fyne.Size { return fyne.NewSize(grid(20), grid(10)) }

func (r journalRenderer) Refresh() {
	r.v.fill()
	for _, o := range r.Objects() {
		o.Refresh()
	}
}

func (r journalRenderer) Objects() []fyne.CanvasObject {
	list := make([]fyne.CanvasObject, 0, len(r.v.lines)+1)
	for _, l := range r.v.lines {
		list = append(list, l)
	}
	return append(list, r.v.thumb)
}
