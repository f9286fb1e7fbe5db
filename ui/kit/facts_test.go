package kit

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// buttonsOf lists the buttons that are shown.
func buttonsOf(o fyne.CanvasObject) (list []*Button) {
	walk(o, fyne.Position{}, func(o fyne.CanvasObject, _ fyne.Position) {
		if b, ok := o.(*Button); ok {
			list = append(list, b)
		}
	})
	return list
}

func TestFactsAreCopied(t *testing.T) {
	themed(t, Light, 1)
	const command = "az keyvault key show --name kek"
	o := NewFacts([]Fact{{Label: "Command", Value: command, Mono: true, Copy: true}, {Label: "Code", Value: aCode, Mono: true}})
	show(t, o, 700, 500)
	buttons := buttonsOf(o)
	if len(buttons) != 1 {
		t.Fatalf("%d buttons, wanted one for the fact that may be copied", len(buttons))
	}
	test.Tap(buttons[0])
	if got := fyne.CurrentApp().Clipboard().Content(); got != command {
		t.Errorf("copied %q", got)
	}
}

// A code is never parted in the middle of a group, also beside its label.
func TestCodeAmongFacts(t *testing.T) {
	themed(t, Light, 1)
	o := NewFacts([]Fact{{Label: "Its code, as on the sheets", Value: aCode}, {Label: "Held as", Value: "rehearsal"}})
	show(t, o, 420, 500)
	for _, group := range strings.Fields(aCode) {
		if lines := linesOf(o); !slices.Contains(lines, group) {
			t.Errorf("%s is not whole in %q", group, lines)
		}
	}
}

func TestFactToWriteDown(t *testing.T) {
	themed(t, Light, 1)
	o := NewFacts([]Fact{{Label: "KEK code", Value: aCode, Write: true}})
	show(t, o, 700, 500)
	lines := linesOf(o)
	if !slices.Contains(lines, "write this down") || !strings.Contains(strings.Join(lines, " "), aCode) {
		t.Errorf("shown are %q", lines)
	}
}

// TestCodeGroupsAreNeverBroken however narrow it is.
func TestCodeGroupsAreNeverBroken(t *testing.T) {
	themed(t, Light, 1.5)
	for _, width := range []float32{150, 300, 900} {
		o := NewCodeText(aCode)
		show(t, o, width, 800)
		if got := linesOf(o); !slices.Equal(got, strings.Fields(aCode)) {
			t.Errorf("%g wide: groups are %q", width, got)
		}
	}
}

func TestProgress(t *testing.T) {
	themed(t, Light, 1)
	p := NewProgress()
	p.SetText("touch the PIN pad")
	show(t, p, 600, 300)
	p.SetElapsed("for 12 s")
	for _, words := range []string{"touch the PIN pad", "for 12 s"} {
		if !slices.Contains(linesOf(p), words) {
			t.Errorf("%q is not among %q", words, linesOf(p))
		}
	}
}

func TestTileByKeysAndPointer(t *testing.T) {
	themed(t, Light, 1)
	pressed := 0
	tile := NewTile("Rehearse", "Nothing counts.", Icon("key"), func() { pressed++ })
	w := show(t, tile, 400, 200)
	w.Canvas().FocusNext()
	if w.Canvas().Focused() != fyne.Focusable(tile) || tile.box.width != 3 {
		t.Fatalf("focus is on %T, ring is %g wide", w.Canvas().Focused(), tile.box.width)
	}
	for _, k := range []fyne.KeyName{fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace, fyne.KeyDown} {
		tile.TypedKey(&fyne.KeyEvent{Name: k})
	}
	test.Tap(tile)
	if pressed != 4 {
		t.Errorf("pressed %d times, wanted 4", pressed)
	}
	w.Canvas().Unfocus()
	if tile.box.width == 3 {
		t.Error("the ring stays")
	}
}

// TestCodeIsReadInHalves: four groups and three, rather than five and two.
func TestCodeIsReadInHalves(t *testing.T) {
	for width, want := range map[float32]int{900: 1, 480: 2, 240: 4} {
		themed(t, Light, 1)
		o := NewCodeText(aCode).(*fyne.Container)
		show(t, o, width, 400)
		lines := map[float32]bool{}
		for _, g := range o.Objects {
			lines[g.Position().Y] = true
		}
		if len(lines) != want {
			t.Errorf("%g wide: %d lines, wanted %d", width, len(lines), want)
		}
	}
}

// TestKeysOfThePage work wherever the focus is among what is shown.
func TestKeysOfThePage(t *testing.T) {
	themed(t, Light, 1)
	n := 5
	rail, tile := NewRail(), NewTile("Rehearse", "", nil, nil)
	rail.Set(railItems())
	journal, _ := records(&n)
	w := show(t, NewColumn(1, rail, tile, journal), 600, 900)
	k, helped, escaped := NewKeys(w), 0, 0
	k.Help, k.Escape = func() { helped++ }, func() { escaped++ }
	for i, f := range []fyne.Focusable{rail, tile, journal.Focusable()} {
		w.Canvas().Focus(f)
		f.TypedKey(&fyne.KeyEvent{Name: fyne.KeyF1})
		f.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
		if helped != i+1 || escaped != i+1 {
			t.Errorf("%T keeps F1 or Escape for itself", f)
		}
	}
}

// TestTileComesIntoSight when the focus goes to it below the window.
func TestTileComesIntoSight(t *testing.T) {
	themed(t, Light, 1)
	first, last := NewTile("Start", manyWords, nil, nil), NewTile("Verify", manyWords, nil, nil)
	s := NewScroll(NewColumn(2, first, NewText(manyWords+manyWords, Body), last))
	w := show(t, s, 500, 320)
	w.Canvas().Focus(last)
	if s.Scroll.Offset.Y == 0 {
		t.Error("it did not scroll to the tile that has the focus")
	}
	w.Canvas().Focus(first)
	if s.Scroll.Offset.Y != 0 {
		t.Errorf("it did not scroll back: %g", s.Scroll.Offset.Y)
	}
}

// TestBoxedCode is broken in halves too; what only looks like a code is not.
func TestBoxedCode(t *testing.T) {
	themed(t, Light, 1)
	o := NewFacts([]Fact{{Label: "Code", Value: aCode, Mono: true}})
	show(t, o, 480, 300)
	if got := linesOf(o); !slices.Equal(got, append([]string{"Code"}, strings.Fields(aCode)...)) {
		t.Errorf("shown are %q", got)
	}
	for _, s := range []string{"", aCode[1:], aCode + " 12345", strings.Replace(aCode, "4", "x", 1), strings.Replace(aCode, " ", "  ", 1)} {
		if isCode(s) {
			t.Errorf("%q is taken for a code", s)
		}
	}
}
