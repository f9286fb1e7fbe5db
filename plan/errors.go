package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// An Error is one thing in a plan that is not as it must be.
type Error struct {
	Line    int    `json:"line"`          // 1 is the first line; 0 where a plan was not read from a file
	Column  int    `json:"column"`        // in characters; 1 is the first
	Key     string `json:"key,omitempty"` // "kek.bits"; "key[2].name" is the name of the second [[key]]
	Message string `json:"message"`       // what is the case, and what was wanted; follows the key in a sentence
}

// Error gives the position, the key and the message in one line.
func (e Error) Error() string {
	what := e.Message
	if e.Key != "" {
		what = e.Key + " " + e.Message
	}
	if e.Line == 0 {
		return what
	}
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, what)
}

// maxErrors bounds what is reported at once: a file that is no plan at all
// must not take long to say so.
const maxErrors = 100

// Errors is everything that is wrong with a plan, in the order of the file; of
// very many, the hundred that were found first.
type Errors []Error

// Error gives one line for each error.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// cut says at the end that there are more errors than these.
func (e Errors) cut() Errors {
	last := e[len(e)-1]
	return append(e, Error{Line: last.Line, Column: last.Column, Message: "there are more errors, which are shown when these are mended"})
}

// sort orders by position; errors at one position keep the order in which
// they were found.
func (e Errors) sort() {
	slices.SortStableFunc(e, func(a, b Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}
