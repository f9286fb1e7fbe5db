package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// A JournalRow is one record: when, and what in one sentence. Loud ones are
// exceptions and refusals.
type JournalRow struct {
	Time, Text string
	Loud       bool
}

// A Journal is the transcript as it grows: the newest record at the bottom.
// It asks for the rows that are in sight and for no others, so that thousands
// cost what ten do. It stays at the bottom unless somebody scrolled up.
type Journal struct {
	widget.BaseWidget
	OnTapped func(i int) // a record was tapped, or Enter was pressed on it

	title *Text
	foot  *fyne.Container
	code  *fyne.Container
	view  *journalView
	all   *fyne.Container
}

// NewJournal shows count records; row is asked for those in sight.
func NewJournal(count func() int, row func(i int) JournalRow) *Journal {
	j := &Journal{title: NewText("", Overline)}
	j.view = newJournalView(count, row, func(i int) {
		if j.OnTapped != nil {
			j.OnTapped(i)
		}
	})
	j.code = container.New(&codeLayout{gap: 1.1, down: 0.25})
	j.foot = container.New(frame{1.75, 1.5}, newBox(ColorBox, "", 0, 0.75),
		NewColumn(0.5, NewText("Head of the log", SmallMuted), j.code))
	j.foot.Hide()
	ground := container.NewStack(newBox(ColorPanel, "", 0, 0), newEdge(false))
	j.all = container.New(journalLayout{}, ground, j.title, j.view, j.foot, NewHRule())
	j.ExtendBaseWidget(j)
	return j
}

// CreateRenderer is for Fyne.
func (j *Journal) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(j.all) }

// SetTitle is the head: "Transcript · offline · 31 records".
func (j *Journal) SetTitle(s string) { j.title.SetText(s); j.all.Refresh() }

// SetHead shows the code of the log's head below the records; "" shows none.
func (j *Journal) SetHead(code string) {
	j.code.Objects = groupsOf(code, SmallMono)
	j.code.Refresh()
	visible(j.foot, code != "")
	j.all.Layout.Layout(j.all.Objects, j.all.Size())
	j.all.Refresh()
}

// Refresh asks for the rows in sight again.
func (j *Journal) Refresh() {
	j.view.Refresh()
	j.BaseWidget.Refresh()
}

// Focusable is what Tab stops at: the list of records.
func (j *Journal) Focusable() fyne.Focusable { return j.view }

type journalLayout struct{}

func (journalLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(grid(24), grid(30)) }

func (journalLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	across, y := grid(2), grid(2.5)
	w := size.Width - 2*across
	o[0].Resize(size)
	h := settle(o[1], w)
	o[1].Move(fyne.NewPos(across, y))
	y += h + grid(1)
	place(o[4], across, y, w, 1)
	y++
	bottom := size.Height - grid(2)
	if o[3].Visible() {
		h := settle(o[3], w)
		bottom -= h
		o[3].Move(fyne.NewPos(across, bottom))
		bottom -= grid(2)
	}
	place(o[2], across-grid(1), y, w+grid(2), max(0, bottom-y))
}
