package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// NewPane puts content on a ground of its own, from edge to edge, as the sides
// of a page.
func NewPane(content fyne.CanvasObject) fyne.CanvasObject {
	return container.NewStack(newBox(ColorPanel, ColorLine, 1, 0), content)
}

// NewBar is a pane across the page, with room around its content.
func NewBar(content fyne.CanvasObject) fyne.CanvasObject {
	return container.NewStack(newBox(ColorSurface, ColorLine, 1, 0), container.New(frame{3, 1.5}, content))
}

// NewMono shows lines as they are kept, in the monospaced face.
func NewMono(text string) fyne.CanvasObject {
	return container.New(frame{2, 1.5}, newBox(ColorBox, ColorLine, 1, 1), NewText(text, SmallMono))
}

// NewMarked is how something came out: its mark, words for it, and below them
// in small words what more there is to say; more may be "".
func NewMarked(m Mark, words, more string) fyne.CanvasObject {
	d := markDresses[m]
	text := NewText(words, Body)
	if m == Fails || m == NotChecked {
		text.SetStyle(Strong)
		text.SetColor(d.words)
	}
	var said fyne.CanvasObject = text
	if more != "" {
		said = NewColumn(0.25, text, NewText(more, SmallMuted))
	}
	return container.New(row{gap: 1, stretch: 1, top: true}, newMark(d.icon, d.ink, 2.75), said)
}

// NewSigned is a mark that something is done, in shape and words.
func NewSigned(word string) fyne.CanvasObject {
	return container.New(row{gap: 1, stretch: -1}, newMark("state-done", ColorGreen, 3), NewLine(word, Strong))
}

// NewRow puts objects side by side; the one with the index stretch has the
// room that is left, -1 for none.
func NewRow(gap float32, stretch int, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(row{gap: gap, stretch: stretch}, objects...)
}

// NewGrid has so many columns of the same width; rows are as high as their
// highest object. The gap is in steps of the grid.
func NewGrid(columns int, gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(table{columns, gap}, objects...)
}

type table struct {
	columns int
	gap     float32
}

// Layout implements fyne.Layout.
func (t table) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	gap, y := grid(t.gap), float32(0)
	width := (size.Width - gap*float32(t.columns-1)) / float32(t.columns)
	for i := 0; i < len(objects); i += t.columns {
		row := objects[i:min(i+t.columns, len(objects))]
		high := float32(0)
		for _, o := range row {
			high = max(high, settle(o, width))
		}
		for x, o := range row {
			place(o, float32(x)*(width+gap), y, width, high)
		}
		y += high + gap
	}
}

// MinSize implements fyne.Layout.
func (t table) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var s fyne.Size
	for i := 0; i < len(objects); i += t.columns {
		high := float32(0)
		for _, o := range objects[i:min(i+t.columns, len(objects))] {
			high = max(high, o.MinSize().Height)
		}
		s.Height += high
		if i > 0 {
			s.Height += grid(t.gap)
		}
	}
	return s
}
