package ui

import (
	"fmt"

	"fyne.io/fyne/v2"

	"github.com/keyceremony/ceremony/transfer/qr"
	"github.com/keyceremony/ceremony/ui/kit"
)

// sendWords is what stands beside a code: where it is, what to compare, and
// the buttons.
type sendWords struct {
	box, foot                                      fyne.CanvasObject
	count, more, size, note                        *kit.Text
	several                                        []fyne.CanvasObject // is there where there is more than one code
	run, before, next, slower, faster, less, dense *kit.Button
	primary, back                                  *kit.Button
}

func newSendWords(s *sending) sendWords {
	v := sendWords{
		count: kit.NewText("", kit.Title), more: kit.NewText("", kit.SmallMuted),
		size: kit.NewText("", kit.Strong), note: kit.NewText("", kit.Small),
		run:    kit.NewButton("Run", kit.Plain, s.toggle),
		before: kit.NewButton("‹", kit.Plain, func() { s.turn(-1) }), next: kit.NewButton("›", kit.Plain, func() { s.turn(1) }),
		slower: kit.NewButton("Slower", kit.Plain, func() { s.faster(-1) }), faster: kit.NewButton("Faster", kit.Plain, func() { s.faster(1) }),
		less: kit.NewButton("Less", kit.Plain, func() { s.denser(-1) }), dense: kit.NewButton("More", kit.Plain, func() { s.denser(1) }),
		primary: kit.NewButton("The other machine has it", kit.Primary, func() { s.back(true) }),
		back:    kit.NewButton("Back", kit.Quiet, func() { s.back(false) }),
	}
	turning, running := kit.NewRow(1, -1, v.before, v.next), kit.NewRow(1, 0, v.run, v.slower, v.faster)
	v.several = []fyne.CanvasObject{turning, v.before, v.next, running, v.run, v.slower, v.faster}
	words := kit.NewColumn(1, kit.NewText("Eight words. Read out those that the other machine asks for.", kit.SmallMuted), wordGrid(qr.Words(s.m.Digest())))
	v.box = kit.NewScroll(kit.NewRoom(2, 1.5, kit.NewColumn(1.5, s.head(),
		kit.NewColumn(0.5, kit.NewRow(1, 0, v.count, turning), v.more), running, v.note, kit.NewHRule(), words, kit.NewHRule(),
		kit.NewRow(1, 0, v.size, v.less, v.dense))))
	v.foot = kit.NewRoom(2, 1.5, kit.NewRow(1, 1, v.back, v.primary))
	return v
}

// head tells the room which machine this is, and where the script is. It stands
// beside the code, which has all the height there is.
func (s *sending) head() fyne.CanvasObject {
	p, ok := s.under.(*ceremony)
	if !ok {
		return kit.NewColumn(0.5, kit.NewText("Files as codes", kit.OverlineBlue), kit.NewText(s.what, kit.Heading))
	}
	over := "Shown again"
	if s.step != "" {
		over = where(p.c.Now())
	}
	return kit.NewColumn(0.5, kit.NewRow(0, -1, kit.Badge(p.c.Side())), kit.NewText(over, kit.OverlineBlue), kit.NewText(s.what, kit.Heading))
}

// wordGrid has the words in two columns, numbered as they are asked.
func wordGrid(words []string) fyne.CanvasObject {
	var cells []fyne.CanvasObject
	half := (len(words) + 1) / 2
	for i := range half {
		for _, n := range []int{i, i + half} {
			if n < len(words) {
				cells = append(cells, kit.NewRow(1, 1, kit.NewText(fmt.Sprint(n+1), kit.Muted), kit.NewText(words[n], kit.Strong)))
			}
		}
	}
	return kit.NewGrid(2, 1, cells...)
}

func (v sendWords) buttons() []*kit.Button {
	return []*kit.Button{v.run, v.before, v.next, v.slower, v.faster, v.less, v.dense, v.primary, v.back}
}

// place says which code is shown. It is all that changes from one code to the
// next, many times a second.
func (s *sending) place() {
	v, k := s.cards, s.stream.Blocks()
	speed := fmt.Sprintf("%g a second. ", rates[s.rate])
	place, more := fmt.Sprintf("Code %d of %d", s.at+1, k), speed+fmt.Sprintf("All %d are needed, or any others in their place.", k)
	switch {
	case k == 1:
		place, more = "One code", "It stands still: one is all there is."
	case s.at >= k:
		place = fmt.Sprintf("Code %d", s.at+1)
		more = speed + fmt.Sprintf("Any %d will do, and so will this one.", k)
	}
	v.count.SetText(place)
	if more != v.more.Value() {
		v.more.SetText(more)
		v.box.Refresh()
	}
	if s.all() == v.primary.Disabled() {
		enable(v.primary, s.all())
	}
	s.w.trace.touch()
}

// tell brings all words up to date.
func (s *sending) tell() {
	v := s.cards
	if v.count == nil {
		return
	}
	s.place()
	k := s.stream.Blocks()
	v.run.SetText(map[bool]string{true: "Pause", false: "Run"}[s.running])
	for _, o := range v.several {
		if o.Hide(); k > 1 {
			o.Show()
		}
	}
	enable(v.slower, s.rate > 0)
	enable(v.faster, s.rate < len(rates)-1)
	enable(v.less, s.most > versions[0])
	enable(v.dense, s.most < versions[len(versions)-1] && k > 1)
	s.measured()
	v.box.Refresh()
	s.w.trace.touch()
}

// measured says how large the code is drawn, and what that means.
func (s *sending) measured() {
	v := s.cards
	pixels, _ := s.symbol.Module()
	v.size.SetText(count(qr.Modules(s.used), "module") + ",\n" + count(pixels, "pixel") + " each")
	note, loud := s.flashing()
	v.note.SetStyle(map[bool]kit.Style{true: kit.Alert, false: kit.Small}[loud])
	v.note.SetText(note)
	v.note.Hidden = note == ""
}
