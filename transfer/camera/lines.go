package camera

import (
	"bufio"
	"context"
	"strings"
)

// maxLine is more than any code says: 4296 characters and what a scanner adds.
const maxLine = 4096 + 512

// A lines is a source of lines.
type lines struct {
	in     *bufio.Reader
	number int
}

// Lines is a source of texts of codes, one on each line: pasted, from a file,
// or typed by a scanner that acts as a keyboard. Empty lines are left out, and
// a line longer than any code comes in pieces. in belongs to the caller; that
// nothing is read ahead of a line lets him read on.
func Lines(in *bufio.Reader) Source { return &lines{in: in} }

// Next reads a line. It does not end with ctx while it waits for in.
func (l *lines) Next(ctx context.Context) (Frame, error) {
	for ctx.Err() == nil {
		line, err := l.line()
		if strings.TrimSpace(line) != "" {
			l.number++
			return Frame{Number: l.number - 1, Text: line}, nil
		}
		if err != nil {
			return Frame{}, err
		}
	}
	return Frame{}, ctx.Err()
}

func (l *lines) line() (string, error) {
	var line []byte
	for len(line) < maxLine {
		b, err := l.in.ReadByte()
		if err != nil || b == '\n' {
			return string(line), err
		}
		line = append(line, b)
	}
	return string(line), nil
}

func (l *lines) Close() error { return nil }
