package attacks

import (
	"slices"
	"testing"
)

// TestTry: every wall is tried alone, the bare attack first.
func TestTry(t *testing.T) {
	row := New("a/b", "does it", At("here", "x", "y"), At("there", "z"))
	var tries []int
	row.Try(t, func(_ *testing.T, gone int) { tries = append(tries, gone) })
	if !slices.Equal(tries, []int{2, 1, 0}) {
		t.Errorf("tried with %v walls taken away", tries)
	}
	want := []string{"a/b", "does it", "x, y", "here", "z (there); without: passes"}
	if got := row.Columns(); !slices.Equal(got, want) {
		t.Errorf("%q, wanted %q", got, want)
	}
	if got := New("a/b", "", At("here", "x")).Columns()[4]; got != "passes" {
		t.Errorf("%q, wanted that it passes", got)
	}
}
