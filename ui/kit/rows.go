package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// rows are what lists have in common: one row that the keys are about, and a
// border. Fyne's list draws those in sight alone, so that thousands cost what
// ten do.
type rows struct {
	Held
	widget.List
	at      int
	focused bool
	border  *canvas.Rectangle
	moved   func(i int) // the keys are about another row
}

func newRows() rows {
	return rows{List: widget.List{HideSeparators: true}, border: canvas.NewRectangle(nil)}
}

func (l *rows) highlighted(i int) {
	before := l.at
	l.at = i
	l.RefreshItem(before)
	l.RefreshItem(i)
	if l.moved != nil {
		l.moved(i)
	}
}

func (l *rows) moveTo(i int) {
	if n := l.Length(); n > 0 {
		l.Highlight(max(0, min(n-1, i)))
	}
}

// turn moves by what a key says, and tells whether it says anything.
func (l *rows) turn(ev *fyne.KeyEvent) bool {
	const screen = 8
	switch ev.Name {
	case fyne.KeyHome:
		l.moveTo(0)
	case fyne.KeyEnd:
		l.moveTo(l.Length() - 1)
	case fyne.KeyPageUp:
		l.moveTo(l.at - screen)
	case fyne.KeyPageDown:
		l.moveTo(l.at + screen)
	case fyne.KeyUp:
		l.moveTo(l.at - 1)
	case fyne.KeyDown:
		l.moveTo(l.at + 1)
	default:
		return false
	}
	return true
}

// FocusGained is for Fyne.
func (l *rows) FocusGained() {
	l.focused = true
	l.paint()
	l.List.FocusGained()
	Reveal(l.border)
}

// FocusLost is for Fyne.
func (l *rows) FocusLost() {
	l.focused = false
	l.paint()
	l.List.FocusLost()
}

// Refresh also follows a change of theme.
func (l *rows) Refresh() {
	l.paint()
	l.List.Refresh()
}

func (l *rows) paint() {
	paintInput(l.border, l.focused)
	l.border.Refresh()
}

// frame stands a list in its border.
func (l *rows) frame(list fyne.CanvasObject) fyne.CanvasObject {
	l.paint()
	return container.New(frame{across: 0.75, down: 0.75}, l.border, list)
}
