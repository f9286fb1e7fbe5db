package kit

import (
	"sort"
	"strings"
)

// wrapLine breaks a line between words so that each part is at most so wide.
// A word that is wider than that (a path, a digest) is broken where it must.
func wrapLine(s string, width float32, measure func(string) float32) (lines []string) {
	const rounding = 0.5
	fits := func(s string) bool { return measure(s) <= width+rounding }
	if fits(s) || width <= 0 {
		return []string{s}
	}
	line := ""
	for word := range strings.SplitAfterSeq(s, " ") {
		if fits(strings.TrimRight(line+word, " ")) {
			line += word
			continue
		}
		if strings.TrimSpace(line) != "" {
			lines = append(lines, strings.TrimRight(line, " "))
		}
		line = word
		for !fits(strings.TrimRight(line, " ")) {
			runes := []rune(line)
			n := max(1, fit(runes, fits))
			if n == len(runes) {
				break // not even one letter fits
			}
			lines = append(lines, string(runes[:n]))
			line = string(runes[n:])
		}
	}
	return append(lines, strings.TrimRight(line, " "))
}

// fit tells how many of the runes fit, from the beginning.
func fit(runes []rune, fits func(string) bool) int {
	return sort.Search(len(runes), func(n int) bool { return !fits(string(runes[:n+1])) })
}

// shorten cuts a line to a width, and says so by an ellipsis.
func shorten(s string, width float32, measure func(string) float32) string {
	const rounding = 0.5
	if measure(s) <= width+rounding {
		return s
	}
	runes := []rune(s)
	n := fit(runes, func(s string) bool { return measure(s+"…") <= width+rounding })
	return string(runes[:n]) + "…"
}
