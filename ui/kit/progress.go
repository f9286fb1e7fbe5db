package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// A Progress is what is awaited, and for how long already. Nothing moves in it:
// nobody knows how far an HSM or a vault is.
type Progress struct {
	widget.BaseWidget
	text, elapsed *Text
	content       fyne.CanvasObject
}

// NewProgress waits for nothing yet.
func NewProgress() *Progress {
	p := &Progress{
		text:    NewText("", Strong),
		elapsed: NewText("", SmallMuted),
	}
	head := container.New(row{gap: 1.25, stretch: 1, top: true}, newMark("clock", theme.ColorNamePrimary, 3), p.text)
	p.content = NewColumn(1, head, p.elapsed)
	p.ExtendBaseWidget(p)
	return p
}

// CreateRenderer is for Fyne.
func (p *Progress) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(p.content) }

// SetText says what is awaited, and from whom.
func (p *Progress) SetText(s string) { p.text.SetText(s); p.content.Refresh() }

// SetElapsed says for how long, in words.
func (p *Progress) SetElapsed(s string) { p.elapsed.SetText(s); p.content.Refresh() }
