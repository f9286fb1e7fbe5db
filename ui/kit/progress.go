package kit

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// A Progress is what is awaited, for how long already, and how much of it is
// done. Nothing moves but what has come further.
type Progress struct {
	widget.BaseWidget
	text, elapsed, count *Text
	bar                  *fyne.Container
	done, of             int
	content              fyne.CanvasObject
}

// NewProgress waits for nothing yet.
func NewProgress() *Progress {
	p := &Progress{
		text:    NewText("", Strong),
		elapsed: NewText("", SmallMuted),
		count:   NewText("", SmallMuted),
	}
	p.bar = container.New(barLayout{p}, newBox(ColorBox, ColorMuted, 1, 0.75), newBox(theme.ColorNamePrimary, "", 0, 0.75))
	p.bar.Hide()
	below := container.New(row{gap: 2, stretch: 0}, p.count, p.elapsed)
	head := container.New(row{gap: 1.25, stretch: 1, top: true}, newMark("clock", theme.ColorNamePrimary, 3), p.text)
	p.content = NewColumn(1, head, p.bar, below)
	p.ExtendBaseWidget(p)
	return p
}

// CreateRenderer is for Fyne.
func (p *Progress) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(p.content) }

// SetText says what is awaited, and from whom.
func (p *Progress) SetText(s string) { p.text.SetText(s); p.content.Refresh() }

// SetElapsed says for how long, in words.
func (p *Progress) SetElapsed(s string) { p.elapsed.SetText(s); p.content.Refresh() }

// SetCount shows how much is done; of = 0 says that nobody knows how much
// there is, and hides the bar.
func (p *Progress) SetCount(done, of int) {
	p.done, p.of = done, of
	words := ""
	if of > 0 {
		words = fmt.Sprintf("%d of %d", done, of)
	}
	p.count.SetText(words)
	visible(p.bar, of > 0)
	p.content.Refresh()
	p.bar.Refresh()
}

// A barLayout fills a trough by how much is done.
type barLayout struct{ p *Progress }

func (barLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(0, grid(1.5)) }

func (b barLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	o[0].Resize(size)
	part := float32(0)
	if b.p.of > 0 {
		part = float32(min(b.p.done, b.p.of)) / float32(b.p.of)
	}
	visible(o[1], part > 0)
	o[1].Resize(fyne.NewSize(max(size.Width*part, size.Height), size.Height))
}
