package main

import (
	"fmt"
	"io"
	"strings"
)

// This file prints the table of attacks from what the tests say of each that
// was noticed where its row says, and passed without: a line of tabs, which
// begins with attackMark (see the package attacks).

const attackMark = "ATTACK\t"

// widths are the columns of the table: number, attack, noticed by, where,
// without.
var widths = []int{4, 44, 34, 16, 40}

// attacks lists the columns of every attack, in the order of the tests.
func (a *tally) attacks() (rows [][]string) {
	for _, t := range a.tests {
		if t.result != "pass" || t.parent {
			continue
		}
		for line := range strings.Lines(t.output.String()) {
			if _, row, ok := strings.Cut(strings.TrimSuffix(line, "\n"), attackMark); ok {
				rows = append(rows, strings.Split(row, "\t"))
			}
		}
	}
	return rows
}

// table prints the attacks, and how many there are.
func (a *tally) table(w io.Writer) int {
	rows := a.attacks()
	printRow(w, []string{"", "attack", "noticed by", "where", "without these"})
	for i, r := range rows {
		if len(r) != 5 {
			fmt.Fprintf(w, "not a row of the table: %q\n", r)
			continue
		}
		printRow(w, []string{fmt.Sprint(i + 1), r[0] + ": " + r[1], r[2], r[3], r[4]})
	}
	fmt.Fprintf(w, "%d attacks, each noticed\n", len(rows))
	return len(rows)
}

// printRow prints cells side by side, each in lines of its width.
func printRow(w io.Writer, cells []string) {
	columns, height := make([][]string, len(cells)), 1
	for i, c := range cells {
		columns[i] = folded(c, widths[i])
		height = max(height, len(columns[i]))
	}
	for n := range height {
		var line strings.Builder
		for i, lines := range columns {
			cell := ""
			if n < len(lines) {
				cell = lines[n]
			}
			fmt.Fprintf(&line, "%-*s", widths[i]+1, cell)
		}
		fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
	}
}

// folded breaks a text at spaces into lines of a width.
func folded(s string, width int) (lines []string) {
	line := ""
	for _, word := range strings.Fields(s) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
