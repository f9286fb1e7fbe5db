package kit

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Visible makes what cannot be seen, or what is not what it seems, readable as
// U+XXXX: control and format characters (bidirectional ones among them), odd
// spaces, bytes that are not UTF-8, letters of a foreign script inside a Latin
// word, and what the program's own fonts cannot draw.
func Visible(s string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	for word := range words(s) {
		latin := strings.ContainsFunc(word, isLatin)
		for _, r := range word {
			if !drawable(r) || latin && isFalseFriend(r) {
				fmt.Fprintf(&b, "U+%04X", r)
			} else {
				b.WriteRune(r)
			}
		}
	}
	return b.String()
}

// plain is the short way for nearly all text.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// words parts s into runs of letters, runs of anything else, and each U+XXXX
// by itself: what was made visible before must not look foreign beside others.
func words(s string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for s != "" {
			n := len(escaped.FindString(s))
			if n == 0 {
				n = run(s)
			}
			if !yield(s[:n]) {
				return
			}
			s = s[n:]
		}
	}
}

var escaped = regexp.MustCompile(`^U\+[0-9A-F]{4,6}`)

// run is the length of the letters, or of anything else, at the beginning.
func run(s string) int {
	first, _ := utf8.DecodeRuneInString(s)
	for i, r := range s {
		if i > 0 && (isLetter(r) != isLetter(first) || r == 'U' && escaped.MatchString(s[i:])) {
			return i
		}
	}
	return len(s)
}

func isLetter(r rune) bool { return unicode.IsLetter(r) || unicode.IsMark(r) }

func isLatin(r rune) bool { return unicode.Is(unicode.Latin, r) }

// isFalseFriend tells letters that are taken for Latin ones.
func isFalseFriend(r rune) bool { return unicode.In(r, unicode.Cyrillic, unicode.Greek) }

// drawable tells whether r is drawn as it is. A test holds the ranges against the
// fonts.
func drawable(r rune) bool {
	if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
		return false
	}
	return unicode.Is(drawn, r)
}

// drawn has what all of the program's fonts can draw, and no marks that join
// the letter before them.
var drawn = &unicode.RangeTable{R16: []unicode.Range16{
	{Lo: 0x0020, Hi: 0x007E, Stride: 1},
	{Lo: 0x00A1, Hi: 0x00AC, Stride: 1},
	{Lo: 0x00AE, Hi: 0x017F, Stride: 1}, // Latin, without the soft hyphen
	{Lo: 0x0386, Hi: 0x0386, Stride: 1},
	{Lo: 0x0388, Hi: 0x038A, Stride: 1},
	{Lo: 0x038C, Hi: 0x038C, Stride: 1},
	{Lo: 0x038E, Hi: 0x03A1, Stride: 1},
	{Lo: 0x03A3, Hi: 0x03CE, Stride: 1}, // Greek
	{Lo: 0x0400, Hi: 0x045F, Stride: 1},
	{Lo: 0x0490, Hi: 0x0491, Stride: 1}, // Cyrillic
	{Lo: 0x2010, Hi: 0x2015, Stride: 1},
	{Lo: 0x2018, Hi: 0x201E, Stride: 1},
	{Lo: 0x2020, Hi: 0x2022, Stride: 1},
	{Lo: 0x2026, Hi: 0x2026, Stride: 1},
	{Lo: 0x2030, Hi: 0x2030, Stride: 1},
	{Lo: 0x2039, Hi: 0x203A, Stride: 1}, // dashes, quotation marks, bullet, ellipsis
	{Lo: 0x20AC, Hi: 0x20AC, Stride: 1}, // euro
	{Lo: 0x2122, Hi: 0x2122, Stride: 1}, // trade mark
}, LatinOffset: 3}
