package plan

import (
	"bytes"
	"fmt"
	"unicode"
	"unicode/utf8"
)

// MaxBytes is the largest plan that is read, in bytes. A plan with a hundred keys and
// twenty people has a tenth of it.
const MaxBytes = 256 << 10

// checkSource looks at the bytes before anything parses them. What an editor
// or a medium does to a file is named as such, for a person can mend it only
// when he knows it.
func checkSource(b []byte) Errors {
	if errs := checkWhole(b); len(errs) > 0 {
		return errs
	}
	if i := bytes.IndexByte(b, '\r'); i >= 0 {
		return Errors{at(b, i, "the plan has Windows line ends (CR LF), wanted LF alone")}
	}
	return checkCharacters(b)
}

// checkWhole refuses what can be no text of a plan.
func checkWhole(b []byte) Errors {
	whole := func(message string) Errors { return Errors{{Line: 1, Column: 1, Message: message}} }
	switch {
	case len(b) == 0:
		return whole("the plan is empty")
	case len(b) > MaxBytes:
		return whole(fmt.Sprintf("the plan has more than %d KiB, wanted at most that", MaxBytes>>10))
	case bytes.HasPrefix(b, []byte("\xff\xfe")), bytes.HasPrefix(b, []byte("\xfe\xff")), looksLikeUTF16(b):
		return whole("the plan was saved as UTF-16, wanted UTF-8")
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")):
		return whole("the plan begins with a byte order mark, wanted UTF-8 without one")
	default:
		return nil
	}
}

// looksLikeUTF16 recognises UTF-16 without a byte order mark: a plan begins
// with an ASCII character, so that one of the first two bytes is zero.
func looksLikeUTF16(b []byte) bool {
	return len(b) >= 2 && (b[0] == 0) != (b[1] == 0)
}

// checkCharacters refuses, also in comments, what a reader cannot see or what
// changes the order in which he sees it: the reviewed text must be the text
// that runs.
func checkCharacters(b []byte) Errors {
	var errs Errors
	for i := 0; i < len(b); {
		r, size := utf8.DecodeRune(b[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			return append(errs, at(b, i, "this byte is not UTF-8"))
		case r != '\n' && r != '\t' && !visible(r):
			errs = append(errs, at(b, i, fmt.Sprintf("the invisible character %U is not allowed in a plan", r)))
			if len(errs) >= maxErrors {
				return errs.cut()
			}
		}
		i += size
	}
	return errs
}

// visible tells whether a reader sees the character as a character of its
// own: printable, no bidi or zero-width control, nothing that renders as
// nothing.
func visible(r rune) bool {
	if r == ' ' {
		return true
	}
	return unicode.IsPrint(r) && r != '\u2800' && !unicode.In(r,
		unicode.Bidi_Control, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

// at makes an error at an offset of the file.
func at(file []byte, offset int, message string) Error {
	line, column := position(file, offset)
	return Error{Line: line, Column: column, Message: message}
}

// position gives line and column, in characters, of an offset.
func position(file []byte, offset int) (line, column int) {
	before := file[:offset]
	start := bytes.LastIndexByte(before, '\n') + 1
	return bytes.Count(before, []byte("\n")) + 1, utf8.RuneCount(before[start:]) + 1
}
