package kit

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

var manyWords = strings.Repeat("words that take more than one line ", 12)

// TestColumnKnowsHeightsAtOnce: text that wraps does not lie on what is below.
func TestColumnKnowsHeightsAtOnce(t *testing.T) {
	themed(t, Light, 1)
	first, second := NewText(manyWords, Body), NewText("below", Body)
	column := NewColumn(1, NewCard(first), second)
	show(t, NewPage(600, column), 700, 600)
	if end := column.Objects[0].Size().Height; end < first.MinSize().Height || second.Position().Y < end {
		t.Errorf("a card %g high ends below %g, where the next begins; its text takes %g", end, second.Position().Y, first.MinSize().Height)
	}
	if column.MinSize().Height != second.Position().Y+second.Size().Height {
		t.Errorf("the column wants %g, and ends at %g", column.MinSize().Height, second.Position().Y+second.Size().Height)
	}
}

func TestPageIsInTheMiddle(t *testing.T) {
	themed(t, Light, 1)
	text := NewText(manyWords, Body)
	show(t, NewPage(600, text), 1000, 600)
	if text.Size().Width != 600 || text.Position().X != 200 {
		t.Errorf("content is %g wide at %g, wanted 600 at 200", text.Size().Width, text.Position().X)
	}
}

func TestScrollReachesTheEnd(t *testing.T) {
	themed(t, Light, 1.5)
	last := NewText("the end", Body)
	s := NewScroll(NewPage(500, NewColumn(1, NewText(strings.Repeat(manyWords, 9), Body), last)))
	show(t, s, 480, 300)
	s.Scroll.ScrollToBottom()
	var y float32
	walk(s, fyne.Position{}, func(o fyne.CanvasObject, at fyne.Position) {
		if text, ok := o.(*canvas.Text); ok && text.Text == "the end" {
			y = at.Y
		}
	})
	if y <= 0 || y > 300-last.Size().Height {
		t.Errorf("at the bottom, the end stands at %g of 300", y)
	}
}

func TestFlowGoesToTheNextLine(t *testing.T) {
	themed(t, Light, 1)
	flow := NewFlow(1, NewChip("Acts", "Operator 1"), NewChip("Approves", "Crypto officer 1"), NewChip("Watches", "Witness 1"))
	show(t, NewColumn(1, flow), 330, 300)
	a, b := flow.Objects[0], flow.Objects[2]
	if a.Position().Y == b.Position().Y || flow.MinSize().Height < b.Position().Y+b.Size().Height {
		t.Errorf("chips stand at %v and %v in a flow %g high", a.Position(), b.Position(), flow.MinSize().Height)
	}
}

func TestSides(t *testing.T) {
	themed(t, Light, 1)
	for side, words := range map[string]string{"online": "ONLINE MACHINE", "offline": "OFFLINE MACHINE", "": ""} {
		o := Badge(side)
		show(t, o, 400, 60)
		if got := strings.Join(linesOf(o), " "); got != words {
			t.Errorf("badge of %q says %q", side, got)
		}
	}
	band := NewBand("Rehearsal — nothing here counts")
	show(t, band, 900, 60)
	if h := band.MinSize().Height; h != 34 {
		t.Errorf("the band is %g high", h)
	}
}
