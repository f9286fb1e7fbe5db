package ui

import (
	"cmp"
	"context"
	"path/filepath"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/report"
	"github.com/keyceremony/ceremony/ui/kit"
)

// A judged is a folder as an auditor has it: verified, and read.
type judged struct {
	dir     string
	v       audit.Verdict
	t       *report.Transcript // nil if the record cannot be read
	entries []report.Entry
	bad     error // why it cannot be read
}

// judge verifies a folder and reads it. It takes as long as the logs are.
func (w *Window) judge(dir string, from audit.Anchors) (judged, error) {
	j := judged{dir: dir}
	var err error
	if j.v, err = w.host.Verify(dir, from); err != nil {
		return j, err
	}
	if j.t, j.bad = report.Read(dir, j.v); j.bad != nil {
		return j, nil
	}
	j.bad = j.t.Timeline(func(e *report.Entry) error {
		one := *e
		one.Raw = slices.Clone(e.Raw)
		for i, line := range e.Raw {
			one.Raw[i].Bytes = slices.Clone(line.Bytes)
		}
		j.entries = append(j.entries, one)
		return nil
	})
	return j, nil
}

// verify leads to what an auditor reads of a folder.
func (w *Window) verify(dir string) {
	get(w, "Verify the transcript", func() (judged, error) { return w.judge(dir, audit.Anchors{}) },
		func(j judged) { w.show(newViewer(w, j)) })
}

// viewer is the page for auditors: the verdict, and all that is behind it, each
// part beside a rail that names them.
type viewer struct {
	reading
	judged
	rail    *kit.Rail
	middle  *fyne.Container
	said    *kit.Text
	buttons *fyne.Container
	primary *kit.Button
	parts   []*part
	at      int
	paper   *paper
	line    *timeline
}

// A part is what one line of the rail opens.
type part struct {
	title, note, icon string
	state             kit.RailState
	draw              func() fyne.CanvasObject
	primary           func() (label string, ready bool, press func()) // nil: there is none

	drawn  fyne.CanvasObject // once it was open
	scroll *kit.Scroll       // of what was drawn
}

func newViewer(w *Window, j judged) *viewer {
	p := &viewer{reading: newReading(w, "Back to the start", w.home), judged: j, said: kit.NewText("", kit.Muted)}
	p.back.SetKind(kit.Plain) // Enter must not lead away from what is read
	p.primary = kit.NewButton("", kit.Primary, p.enter)
	p.rail, p.middle = kit.NewRail(), container.NewStack()
	p.rail.OnMoved = p.open
	p.paper = newPaper(p)
	p.parts = p.list()
	p.build()
	p.shortcuts()
	p.open(0)
	return p
}

func (p *viewer) build() {
	p.said.SetAlign(fyne.TextAlignTrailing)
	p.buttons = kit.NewRow(2, 0, p.said, p.back)
	foot := kit.NewBar(p.buttons)
	head := kit.NewColumn(0.5, kit.NewText(p.name(), kit.Strong), kit.NewText(strings.TrimPrefix(p.v.Mode+" · "+p.v.Ceremony, " · "), kit.SmallMuted))
	left := kit.NewPane(container.New(below{}, kit.NewBar(head), p.rail))
	p.box = container.NewBorder(nil, foot, nil, nil, container.New(shelf{}, left, p.middle))
	if p.v.Mode == audit.Rehearsal {
		p.box = container.NewBorder(kit.NewBand("REHEARSAL — NOTHING HERE COUNTS"), nil, nil, nil, p.box)
	}
}

func (p *viewer) title() string { return cmp.Or(p.v.Ceremony, filepath.Base(p.dir)) + " · transcript" }

func (p *viewer) name() string {
	if p.t == nil {
		return cmp.Or(p.v.Ceremony, filepath.Base(p.dir))
	}
	return p.t.Plan.Name
}

// A shelf has the rail at the left.
type shelf struct{}

// MinSize is that of a small projector.
func (shelf) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(800, 400) }

// Layout implements fyne.Layout.
func (shelf) Layout(o []fyne.CanvasObject, size fyne.Size) {
	left := min(railWidth*kit.Size(kit.SizeGrid)/8, size.Width*0.3)
	put(o[0], 0, 0, left, size.Height)
	put(o[1], left, 0, size.Width-left, size.Height)
}

// shortcuts turn from part to part wherever the focus is.
func (p *viewer) shortcuts() {
	for key, by := range map[fyne.KeyName]int{fyne.KeyPageDown: 1, fyne.KeyPageUp: -1} {
		p.w.keys.Add(&desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierControl}, func() {
			if p.w.page == page(p) {
				p.open(max(0, min(p.at+by, len(p.parts)-1)))
				p.w.focus(p.first())
			}
		})
	}
	p.w.keys.Add(&desktop.CustomShortcut{KeyName: fyne.KeyF, Modifier: fyne.KeyModifierControl}, func() {
		if p.w.page == page(p) && p.line != nil {
			p.openPart(p.line.part)
			p.w.focus(p.line.search)
		}
	})
}

// open shows a part.
func (p *viewer) open(i int) {
	p.at = i
	one := p.parts[i]
	if one.drawn == nil {
		p.scroll = nil
		one.drawn = one.draw()
		one.scroll = p.scroll
	}
	p.scroll = one.scroll
	p.middle.Objects = []fyne.CanvasObject{one.drawn}
	p.middle.Refresh()
	p.changed()
}

func (p *viewer) openPart(one *part) { p.open(slices.Index(p.parts, one)) }

// changed brings rail and buttons up to date.
func (p *viewer) changed() {
	var items []kit.RailItem
	for i, one := range p.parts {
		items = append(items, kit.RailItem{
			Title: one.title, Note: one.note, Icon: one.icon, State: one.state, On: i == p.at,
			Tapped: func() { p.open(i) },
		})
	}
	p.rail.Set(items)
	what, _, _ := p.w.work.busy()
	p.said.SetText(what)
	p.buttons.Objects = []fyne.CanvasObject{p.said, p.back}
	if f := p.parts[p.at].primary; f != nil {
		label, ready, _ := f()
		p.primary.SetText(label)
		enable(p.primary, ready && what == "")
		p.buttons.Objects = append(p.buttons.Objects, p.primary)
	}
	p.buttons.Refresh()
	p.w.trace.touch()
}

// working is called while the folder is verified again.
func (p *viewer) working() { p.changed() }

// again verifies the folder with codes from paper.
func (p *viewer) again(from audit.Anchors) {
	var j judged
	p.w.work.do("Verifying with the codes from paper", func(context.Context) (err error) {
		j, err = p.w.judge(p.dir, from)
		return err
	}, func(err error) {
		if err != nil {
			p.w.tell(err)
			return
		}
		p.judged = j
		p.paper.judge()
		here := p.parts[p.at].title
		paper := p.parts[1].drawn
		p.parts = p.list()
		p.parts[1].drawn = paper
		p.open(max(0, slices.IndexFunc(p.parts, func(one *part) bool { return one.title == here })))
	})
}

// scroller is what the keys turn; a list of records turns itself.
func (p *viewer) scroller() *container.Scroll {
	if p.scroll == nil {
		return nil
	}
	return p.scroll.Scroll
}

func (p *viewer) first() fyne.Focusable { return p.rail }

func (p *viewer) enter() {
	f := p.parts[p.at].primary
	if f == nil {
		return
	}
	if _, ready, press := f(); ready && p.w.work.what == "" {
		press()
	}
}

// escape leads from a part to the rail.
func (p *viewer) escape() { p.w.focus(p.rail) }

func (p *viewer) help() (title, text string) {
	return "Verify a transcript", "At the left are the parts of the transcript: the arrow keys go from one to the next, Tab goes into the part, Escape comes back. " +
		"Ctrl and Page Down, Ctrl and Page Up turn to the next part and back from anywhere; Ctrl and F searches the records. " +
		"In a list the arrow keys open what they are about, and Space turns its pages. The auditor's manual says more of each rule."
}

func (p *viewer) mark(t *Trace) {
	button := p.back
	if p.parts[p.at].primary != nil {
		button = p.primary
	}
	p.tell(t, "verdict", p.v.Outcome, button)
	t.box(p.w, "back", p.back)
}
