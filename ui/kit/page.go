package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// A page is a column in the middle, no wider than reading is easy.
type page struct{ most float32 }

// NewPage puts content in the middle, at most so wide (pixels at scale 1),
// with room around it.
func NewPage(most float32, content fyne.CanvasObject) fyne.CanvasObject {
	return container.New(page{most}, content)
}

// NewRoom keeps room around content, in steps of the grid, and fills what is
// left with it.
func NewRoom(across, down float32, content fyne.CanvasObject) fyne.CanvasObject {
	return container.New(frame{across, down}, content)
}

// margins are narrower where there is little room.
func (p page) margins(width float32) (across, down float32) {
	if width < grid(75) {
		return grid(3), grid(3)
	}
	return grid(7), grid(5)
}

func (p page) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	across, down := p.margins(size.Width)
	w := min(size.Width-2*across, grid(p.most/8))
	h := settle(objects[0], w)
	objects[0].Resize(fyne.NewSize(w, max(h, size.Height-2*down)))
	objects[0].Move(fyne.NewPos((size.Width-w)/2, down))
}

func (p page) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return objects[0].MinSize().AddWidthHeight(2*grid(3), 2*grid(5))
}

// NewScroll is content that scrolls down when there is more of it than room,
// and to what gets the focus.
func NewScroll(content fyne.CanvasObject) *Scroll {
	s := &Scroll{Scroll: container.NewVScroll(container.New(slim{}, content))}
	s.ExtendBaseWidget(s)
	Follow(s.Scroll)
	return s
}

// A Scroll is a vertical scroll whose text wraps before its height is asked.
type Scroll struct {
	widget.BaseWidget
	Scroll *container.Scroll
}

// CreateRenderer is for Fyne.
func (s *Scroll) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.New(scrolled{}, s.Scroll))
}

// Refresh measures the content again, which may be another than before.
func (s *Scroll) Refresh() {
	s.Scroll.Content.Refresh()
	scrolled{}.Layout([]fyne.CanvasObject{s.Scroll}, s.Size())
	s.BaseWidget.Refresh()
}

// Slim content takes the width that there is, however little.
type slim struct{}

func (slim) Layout(o []fyne.CanvasObject, size fyne.Size) {
	h := settle(o[0], size.Width)
	o[0].Resize(fyne.NewSize(size.Width, max(h, size.Height)))
}

func (slim) MinSize(o []fyne.CanvasObject) fyne.Size { return fyne.NewSize(0, o[0].MinSize().Height) }

type scrolled struct{}

func (scrolled) MinSize(o []fyne.CanvasObject) fyne.Size { return o[0].MinSize() }

func (scrolled) Layout(o []fyne.CanvasObject, size fyne.Size) {
	s := o[0].(*container.Scroll)
	settle(s.Content, size.Width)
	s.Resize(size)
	s.Refresh()
}
