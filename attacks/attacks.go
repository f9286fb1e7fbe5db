// Package attacks is the form of the table of attacks and mistakes, for tests
// alone.
//
// A test makes a Row with New, in literals: a test of the repository reads
// them, and holds them against docs/threat-model.md. Row.Try then carries the
// attack out as often as it meets walls, and once more: first with every wall
// taken away, when it must pass, then with one more of them standing each
// time, when that one must notice it. make attack prints the table.
package attacks

import (
	"strings"
	"testing"
)

// A Row is an attack or a mistake.
type Row struct {
	ID    string // GROUP/NAME: stable; the name of its subtest
	Does  string // what the attacker does, or the mistake
	Walls []Wall // what notices it, in the order in which it meets them
}

// A Wall is a place where an attack is noticed.
type Wall struct {
	Where string   // a step, or a command
	By    []string // the checks, rules or errors that notice it there, in their order
}

// New makes a row.
func New(id, does string, walls ...Wall) Row { return Row{id, does, walls} }

// At makes a wall.
func At(where string, by ...string) Wall { return Wall{where, by} }

// Mark begins the line that a test writes of every attack that was noticed
// where its row says, and passed without.
const Mark = "ATTACK\t"

// Try runs the attack as a subtest. try carries it out once, with the first
// gone walls of the row taken away, and fails the test unless wall gone
// notices it, or unless it passes where no wall is left.
func (r Row) Try(t *testing.T, try func(t *testing.T, gone int)) {
	t.Run(r.ID, func(t *testing.T) {
		for gone := len(r.Walls); gone >= 0; gone-- {
			if try(t, gone); t.Failed() {
				t.Fatalf("with the first %d of %d walls taken away", gone, len(r.Walls))
			}
		}
		t.Log(Mark + strings.Join(r.Columns(), "\t"))
	})
}

// Columns are the row as it is printed: id, what is done, what notices it,
// where, and what becomes of it without.
func (r Row) Columns() []string {
	first, later := r.Walls[0], []string{}
	for _, w := range r.Walls[1:] {
		later = append(later, w.by()+" ("+w.Where+")")
	}
	without := "passes"
	if len(later) > 0 {
		without = strings.Join(later, "; then ") + "; without: passes"
	}
	return []string{r.ID, r.Does, first.by(), first.Where, without}
}

func (w Wall) by() string { return strings.Join(w.By, ", ") }
