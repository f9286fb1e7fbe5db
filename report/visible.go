package report

import (
	"fmt"
	"html/template"
	"strings"
)

// visible makes a text of others safe to print: every character is one that a
// reader can see and tell from others. Printable ASCII and Latin letters stay;
// everything else, as control and bidi characters and the look-alikes of other
// alphabets, is shown as U+XXXX, as in the statements that people sign. A
// space that a browser would drop is shown so too.
func visible(s string) template.HTML {
	if s == "" {
		return "-"
	}
	var b strings.Builder
	last := ' '
	for i, r := range s {
		lost := r == ' ' && (last == ' ' || i == len(s)-1)
		switch {
		case lost || !plain(r):
			fmt.Fprintf(&b, `<span class="u">U+%04X</span>`, r)
		case strings.ContainsRune(`<>&"'`, r):
			fmt.Fprintf(&b, "&#%d;", r)
		default:
			b.WriteRune(r)
		}
		last = r
	}
	return template.HTML(b.String())
}

// plain says whether a character stands for itself alone: printable ASCII, and
// the letters of Latin-1 and Latin Extended-A (é, ł, ş) without those that are
// taken for others.
func plain(r rune) bool {
	switch r {
	case '×', '÷', 'Ŀ', 'ŀ', 'ĸ', 'ŉ', 'ſ':
		return false
	}
	return ' ' <= r && r <= '~' || 'À' <= r && r <= 'ž'
}
