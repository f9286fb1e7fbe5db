package kit

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
)

func TestChecksShowEveryValueWhole(t *testing.T) {
	themed(t, Light, 1)
	for _, width := range []float32{480, 1000} {
		o := NewChecks([]CheckRow{{Name: "kek.digest", Found: aDigest, Wanted: strings.ToUpper(aDigest), Mark: Fails}})
		show(t, o, width, 600)
		all := strings.Join(linesOf(o), "")
		if !strings.Contains(all, aDigest) || !strings.Contains(all, strings.ToUpper(aDigest)) || strings.Contains(all, "…") {
			t.Errorf("%g wide: a value is cut: %q", width, linesOf(o))
		}
		if !strings.Contains(all, "does not hold") {
			t.Errorf("%g wide: the result is not said in words: %q", width, linesOf(o))
		}
	}
}

func TestChecksColumnsOrBlocks(t *testing.T) {
	themed(t, Light, 1)
	for width, heads := range map[float32]bool{480: false, 559: false, 561: true, 1000: true} {
		o := NewChecks(checkRows())
		show(t, o, width, 900)
		if got := slices.Contains(linesOf(o), "FOUND"); got != heads {
			t.Errorf("%g wide: heads of columns %v, wanted %v", width, got, heads)
		}
		if got := slices.Contains(linesOf(o), "found"); got == heads {
			t.Errorf("%g wide: labels %v, wanted %v", width, got, !heads)
		}
	}
}

func TestChecksSayTheResult(t *testing.T) {
	themed(t, Light, 1)
	o := NewChecks([]CheckRow{
		{Name: "a", Mark: Holds, Wanted: "something"},
		{Name: "b", Mark: Fails},
		{Name: "c", Mark: NotChecked},
		{Name: "d", Mark: Noted, Result: "accepted"},
	})
	show(t, o, 900, 600)
	lines := linesOf(o)
	for _, words := range []string{"holds", "does not hold", "not checked", "accepted", "—"} {
		if !slices.Contains(lines, words) {
			t.Errorf("%q is not among %q", words, lines)
		}
	}
}

// TestChecksWithoutWanted: where nothing was wanted there is no column for it.
func TestChecksWithoutWanted(t *testing.T) {
	themed(t, Light, 1)
	o := NewChecks([]CheckRow{{Name: "a", Found: "it is so", Mark: Holds}, {Name: "b", Mark: Fails}})
	show(t, o, 900, 600)
	lines := linesOf(o)
	for _, words := range []string{"WANTED", "—"} {
		if slices.Contains(lines, words) {
			t.Errorf("%q is among %q", words, lines)
		}
	}
	if !slices.Contains(lines, "it is so") {
		t.Errorf("what was found is not among %q", lines)
	}
}

// TestShare: none gets more than it wants, and nothing is left over.
func TestShare(t *testing.T) {
	for _, c := range [][3]float32{{300, 155, 400}, {300, 20, 900}, {300, 900, 20}, {300, 600, 600}} {
		x, y := share(c[0], c[1], c[2])
		if x > c[1] || y > c[2] || abs(x+y-c[0]) > 0.01 || (c[1] > c[2]) != (x > y) && c[1] != c[2] {
			t.Errorf("of %g, for %g and %g: %g and %g", c[0], c[1], c[2], x, y)
		}
	}
}

// TestChecksAreNamed: a check is called in words, and its id stands below,
// whole and above the row that follows.
func TestChecksAreNamed(t *testing.T) {
	themed(t, Light, 1)
	for _, width := range []float32{480, 700, 1000} {
		o := NewChecks([]CheckRow{{Name: "Words read off the other screen", ID: "transfer.words", Found: aCode, Wanted: aCode}, {Name: "next", ID: "next.id"}})
		show(t, o, width, 600)
		at := map[string]float32{}
		walk(o, fyne.Position{}, func(o fyne.CanvasObject, pos fyne.Position) {
			if text, ok := o.(*Text); ok {
				at[text.Value()] = pos.Y
			}
		})
		name, id, next := at["Words read off the other screen"], at["transfer.words"], at["next"]
		if name == 0 && id == 0 || id <= name || next <= id {
			t.Errorf("%g wide: the name stands at %g, the id at %g, the next row at %g", width, name, id, next)
		}
	}
}
