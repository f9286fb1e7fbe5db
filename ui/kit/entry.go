package kit

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// An Entry takes text. It is Fyne's, but the window's shortcuts, Escape and F1
// work in it, Enter goes to the page where OnSubmitted is nil, and Tab always
// leaves it. OnChanged and OnSubmitted are Fyne's fields.
type Entry struct {
	widget.Entry
	keys    *Keys
	focused bool
	down    func(ev *fyne.KeyEvent) // the arrow down; nil: Fyne's
}

// NewEntry makes an entry of one line.
func NewEntry(k *Keys) *Entry {
	e := &Entry{keys: k}
	e.Scroll = fyne.ScrollHorizontalOnly
	e.ExtendBaseWidget(e)
	return e
}

// Value gives the text.
func (e *Entry) Value() string { return e.Text }

// SetValue replaces the text.
func (e *Entry) SetValue(s string) { e.SetText(s) }

// write replaces the text, so that what is typed next takes its place.
func (e *Entry) write(s string) {
	e.SetText(s)
	e.Entry.TypedShortcut(&fyne.ShortcutSelectAll{})
}

// SetExample shows, while the entry is empty, what might stand in it.
func (e *Entry) SetExample(s string) { e.SetPlaceHolder(s) }

// AcceptsTab is for Fyne: an entry must not be a trap for the keyboard.
func (e *Entry) AcceptsTab() bool { return false }

// TypedShortcut is for Fyne.
func (e *Entry) TypedShortcut(s fyne.Shortcut) {
	if e.keys.Shortcut(s) {
		return
	}
	e.Entry.TypedShortcut(s)
}

// TypedKey is for Fyne.
func (e *Entry) TypedKey(ev *fyne.KeyEvent) {
	if Repeats(ev) {
		return
	}
	switch {
	case ev.Name == fyne.KeyEscape || ev.Name == fyne.KeyF1:
		PassKey(e, ev)
	case isEnter(ev):
		e.submit(ev)
	case ev.Name == fyne.KeyDown && e.down != nil:
		e.down(ev)
	default:
		e.Entry.TypedKey(ev)
	}
}

func (e *Entry) submit(ev *fyne.KeyEvent) {
	if e.OnSubmitted != nil {
		e.OnSubmitted(e.Text)
		return
	}
	PassKey(e, ev)
}

// FocusGained is for Fyne.
func (e *Entry) FocusGained() {
	e.focused = true
	e.Entry.FocusGained()
	Reveal(e)
}

// FocusLost is for Fyne.
func (e *Entry) FocusLost() { e.focused = false; e.Entry.FocusLost() }

// MinSize is at least as high as a button.
func (e *Entry) MinSize() fyne.Size {
	e.ExtendBaseWidget(e)
	s := e.Entry.MinSize()
	return fyne.NewSize(s.Width, max(s.Height, Size(SizeControl)))
}

// CreateRenderer is for Fyne.
func (e *Entry) CreateRenderer() fyne.WidgetRenderer {
	ring := canvas.NewRectangle(nil)
	r := &entryRenderer{WidgetRenderer: e.Entry.CreateRenderer(), e: e, ring: ring}
	r.wheel = newWheel(e, r.scroll)
	r.paint()
	return r
}

// entryRenderer thickens the border of Fyne's entry while it has the focus, and
// hands the mouse wheel on.
type entryRenderer struct {
	fyne.WidgetRenderer
	e     *Entry
	ring  *canvas.Rectangle
	wheel *wheel
}

func (r *entryRenderer) Objects() []fyne.CanvasObject {
	return append(slices.Clone(r.WidgetRenderer.Objects()), r.ring, r.wheel)
}

// scroll is that of Fyne's entry, which no field of it gives.
func (r *entryRenderer) scroll() *container.Scroll {
	for _, o := range r.WidgetRenderer.Objects() {
		if s, ok := o.(*container.Scroll); ok {
			return s
		}
	}
	return nil
}

func (r *entryRenderer) Layout(s fyne.Size) {
	r.WidgetRenderer.Layout(s)
	r.ring.Resize(s)
	r.wheel.Resize(s)
}

func (r *entryRenderer) Refresh() {
	r.paint()
	r.WidgetRenderer.Refresh()
}

func (r *entryRenderer) paint() {
	r.ring.Hidden = !r.e.focused || r.e.Disabled()
	r.ring.StrokeColor, r.ring.StrokeWidth = Color(theme.ColorNamePrimary), Size(SizeRing)
	r.ring.CornerRadius = Size(SizeRadius)
}

// KeyDown is for Fyne.
func (e *Entry) KeyDown(ev *fyne.KeyEvent) {
	Held{}.KeyDown(ev)
	e.Entry.KeyDown(ev)
}

// KeyUp is for Fyne.
func (e *Entry) KeyUp(ev *fyne.KeyEvent) {
	Held{}.KeyUp(ev)
	e.Entry.KeyUp(ev)
}
