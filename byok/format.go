package byok

import (
	"fmt"
	"unicode/utf8"
)

// A FormatError says what is wrong with a file or a field, as found and
// wanted. It never holds the contents of a key.
type FormatError struct {
	What   string // what was read: "KEK", "public key", "private key", "kid", "key transfer blob"
	Code   string // short and stable: "crlf", "size"; or the id of a check of Lint
	Found  string
	Wanted string
}

// Error gives one line: "KEK: found 1024 bits, wanted 2048, 3072 or 4096".
func (e *FormatError) Error() string {
	return e.What + ": found " + e.Found + ", wanted " + e.Wanted
}

// malformed builds a FormatError; found is a format.
func malformed(what, code, wanted, found string, args ...any) *FormatError {
	return &FormatError{What: what, Code: code, Found: fmt.Sprintf(found, args...), Wanted: wanted}
}

// shown quotes a short public field of a file for an error or a finding.
// Longer ones are cut: nobody reads them, and they may be anything.
func shown(s string) string {
	const most = 160
	if len(s) <= most {
		return fmt.Sprintf("%q", s)
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return fmt.Sprintf("%q… (%d bytes)", s[:cut], len(s))
}

// plural returns "1 byte" or "2 bytes".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
