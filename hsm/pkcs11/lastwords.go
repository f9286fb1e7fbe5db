package pkcs11

import (
	"bytes"
	"io"
	"strings"
	"unicode"
)

// lastWords passes on what a worker prints, up to the line in which the Go
// runtime names the signal that ends the process; the worker's stack behind it
// helps nobody in the room. Nothing else that a module prints is repeated.
type lastWords struct {
	to     io.Writer
	line   []byte // the line being written
	signal string // as "SIGSEGV: segmentation violation"; "" if there is none
}

// lineMax bounds a line: those of the runtime are short.
const lineMax = 200

// Write never fails: a worker must not end because nobody listens.
func (l *lastWords) Write(p []byte) (int, error) {
	for _, part := range bytes.SplitAfter(p, []byte("\n")) {
		if l.signal != "" {
			break
		}
		_, _ = l.to.Write(part)
		if len(l.line)+len(part) <= lineMax {
			l.line = append(l.line, part...)
		}
		if bytes.HasSuffix(part, []byte("\n")) {
			l.read(strings.TrimSpace(string(l.line)))
			l.line = l.line[:0]
		}
	}
	return len(p), nil
}

// read takes the line that names a signal.
func (l *lastWords) read(line string) {
	if name, _, ok := strings.Cut(line, ": "); ok && isSignal(name) {
		l.signal = show(line)
	}
}

func isSignal(name string) bool {
	return strings.HasPrefix(name, "SIG") && strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

// show makes a fixed-width field of a token fit for people: no padding, and
// nothing that a screen would not show as it is.
func show(s string) string {
	s = strings.ToValidUTF8(strings.TrimRight(s, " \x00"), "?")
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
}
