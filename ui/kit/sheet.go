package kit

import (
	"image/color"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// A Sheet asks or tells something above everything else. While it is up, Tab
// stays inside it and no shortcut of the page runs.
type Sheet struct {
	OnEscape func()                    // nil: Escape hides the sheet
	First    fyne.Focusable            // gets the focus; nil: the first that can
	Named    map[fyne.Focusable]string // what traces call its inputs
	Width    float32                   // at scale 1; 0: 640
	Tall     bool                      // as high as the window allows, whatever is in it
	Gives    *Excerpt                  // part of the content, made lower before the sheet scrolls; nil: none

	win     fyne.Window
	keys    *Keys
	title   string
	buttons []*Button
	scroll  *container.Scroll
	veil    *veil
	before  fyne.Focusable
}

// NewSheet makes a sheet; content scrolls if it is too high. Enter presses
// the first button that is Primary, where nothing else takes it.
func NewSheet(w fyne.Window, k *Keys, title string, content fyne.CanvasObject, buttons ...*Button) *Sheet {
	// The scroller is a little wider than what is in it, or it cuts focus rings.
	inner := container.New(frame{1, 1}, content)
	s := &Sheet{win: w, keys: k, title: title, buttons: buttons, scroll: container.NewVScroll(inner)}
	Follow(s.scroll)
	s.veil = newVeil(s, NewText(title, Heading))
	return s
}

// Show puts it above everything else and gives it the focus.
func (s *Sheet) Show() {
	if s.Shown() {
		return
	}
	c := s.win.Canvas()
	s.keys.giveBack() // or it comes back over the sheet
	s.before = c.Focused()
	c.Unfocus() // or a second ring stays below the veil
	c.Overlays().Add(s.veil)
	s.keys.sheets = append(s.keys.sheets, s)
	if s.First != nil {
		c.Focus(s.First)
	} else {
		c.FocusNext()
	}
}

// Title gives its title.
func (s *Sheet) Title() string { return s.title }

// Buttons gives its buttons, from left to right.
func (s *Sheet) Buttons() []*Button { return s.buttons }

// Shown tells whether it is up.
func (s *Sheet) Shown() bool {
	for _, up := range s.keys.sheets {
		if up == s {
			return true
		}
	}
	return false
}

// Hide takes it away, with all that is above it, and gives the focus back to
// what had it.
func (s *Sheet) Hide() {
	for i, up := range s.keys.sheets {
		if up == s {
			s.keys.sheets = s.keys.sheets[:i]
			s.win.Canvas().Unfocus() // or what has the focus in here draws its ring for good
			s.win.Canvas().Overlays().Remove(s.veil)
			if s.before != nil {
				s.win.Canvas().Focus(s.before)
			}
			return
		}
	}
}

func (s *Sheet) focus(f fyne.Focusable) { s.win.Canvas().Focus(f) }

func (s *Sheet) typed(ev *fyne.KeyEvent) {
	switch {
	case ev.Name == fyne.KeyEscape && s.OnEscape != nil:
		s.OnEscape()
	case ev.Name == fyne.KeyEscape:
		s.Hide()
	case isEnter(ev):
		s.enter()
	case s.Gives != nil && s.Gives.cut():
		turnPage(s.Gives.scroll, ev.Name)
	default:
		turnPage(s.scroll, ev.Name)
	}
}

// Refit measures the content again, which may have another height than before.
func (s *Sheet) Refit() { s.veil.Refresh() }

func (s *Sheet) enter() {
	for _, b := range s.buttons {
		if b.Kind() == Primary {
			b.Press()
			return
		}
	}
}

// A veil covers the window, and lets no click through; the sheet's card is in
// the middle of it.
type veil struct {
	widget.BaseWidget
	steady
	sheet *Sheet
	title *Text
}

func newVeil(s *Sheet, title *Text) *veil {
	v := &veil{steady: steady{s.keys}, sheet: s, title: title}
	v.ExtendBaseWidget(v)
	return v
}

// Tapped, Scrolled and the mouse are caught here and mean nothing.
func (v *veil) Tapped(*fyne.PointEvent)        {}
func (v *veil) Scrolled(*fyne.ScrollEvent)     {}
func (v *veil) MouseIn(*desktop.MouseEvent)    {}
func (v *veil) MouseMoved(*desktop.MouseEvent) {}
func (v *veil) MouseOut()                      {}

// CreateRenderer is for Fyne.
func (v *veil) CreateRenderer() fyne.WidgetRenderer {
	r := &veilRenderer{
		v:     v,
		shade: canvas.NewRectangle(color.Transparent),
		card:  canvas.NewRectangle(color.Transparent),
	}
	r.paint()
	return r
}

type veilRenderer struct {
	v           *veil
	shade, card *canvas.Rectangle
}

func (r *veilRenderer) Destroy()           {}
func (r *veilRenderer) MinSize() fyne.Size { return fyne.NewSize(0, 0) }

func (r *veilRenderer) Objects() []fyne.CanvasObject {
	all := []fyne.CanvasObject{r.shade, r.card, r.v.title, r.v.sheet.scroll}
	for _, b := range r.v.sheet.buttons {
		all = append(all, b)
	}
	return all
}

func (r *veilRenderer) Refresh() {
	r.paint()
	r.Layout(r.v.Size())
	canvas.Refresh(r.v)
}

func (r *veilRenderer) paint() {
	r.shade.FillColor = Color(ColorVeil)
	r.card.FillColor, r.card.CornerRadius = Color(ColorSurface), Size(theme.SizeNameDialogRadius)
	r.card.StrokeColor, r.card.StrokeWidth = Color(ColorLine), Size(theme.SizeNameInputBorder)
}

// Layout centres the card. It is as high as its content, and leaves a margin.
func (r *veilRenderer) Layout(size fyne.Size) {
	r.shade.Resize(size)
	s, pad, margin := r.v.sheet, grid(4), grid(3)
	want := s.Width
	if want == 0 {
		want = 640
	}
	width := min(want*Size(SizeGrid)/8, size.Width-2*margin)
	inner := width - 2*pad
	title, foot := settle(r.v.title, inner), r.footHeight(inner)
	edge := grid(1) // the frame around the content
	fixed := 2*pad + title + grid(2) + foot - 2*edge
	room := max(0, size.Height-2*margin-fixed)
	body := s.settle(inner+2*edge, room)
	if body > room || s.Tall {
		body = room
	}
	x, y := (size.Width-width)/2, (size.Height-fixed-body)/2
	place(r.card, x, y, width, fixed+body)
	place(r.v.title, x+pad, y+pad, inner, title)
	place(s.scroll, x+pad-edge, y+pad+title+grid(2)-edge, inner+2*edge, body)
	s.scroll.Refresh() // or the content keeps the height that it has settled at
	r.placeButtons(x+width-pad, y+fixed+body-pad, inner)
}

// settle gives the content a width and returns its height: where there is no
// room for it, what gives way is made lower.
func (s *Sheet) settle(width, room float32) float32 {
	if s.Gives == nil {
		return settle(s.scroll.Content, width)
	}
	s.Gives.limit(0)
	body := settle(s.scroll.Content, width)
	if body > room {
		s.Gives.limit(max(grid(leastExcerpt), s.Gives.Size().Height-(body-room)))
		body = settle(s.scroll.Content, width)
	}
	return body
}

// footHeight is that of the buttons and the room above them.
func (r *veilRenderer) footHeight(inner float32) float32 {
	n := float32(len(r.v.sheet.buttons))
	switch {
	case n == 0:
		return 0
	case r.v.sheet.buttonsWidth() <= inner:
		n = 1
	}
	return grid(3) + n*Size(SizeControl) + (n-1)*grid(1.5)
}

func (s *Sheet) buttonsWidth() (width float32) {
	for _, b := range s.buttons {
		width += b.MinSize().Width + grid(2)
	}
	return width - grid(2)
}

// placeButtons puts them into the lower right corner, the last at the right;
// where they are too wide for that, below each other.
func (r *veilRenderer) placeButtons(right, bottom, inner float32) {
	stacked := r.v.sheet.buttonsWidth() > inner
	for _, b := range slices.Backward(r.v.sheet.buttons) {
		s := b.MinSize()
		if stacked {
			place(b, right-inner, bottom-s.Height, inner, s.Height)
			bottom -= s.Height + grid(1.5)
			continue
		}
		right -= s.Width
		place(b, right, bottom-s.Height, s.Width, s.Height)
		right -= grid(2)
	}
}
