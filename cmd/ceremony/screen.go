package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/steps"
)

// This file shows a step in the terminal, as the projector would: what
// happens, who does it, why, and what came of it.

// width is how long lines are, in characters.
const width = 88

// announce shows what is awaited.
func (l *lead) announce(ctx context.Context, now steps.Now) {
	fmt.Fprintln(l.words)
	if l.c.Plan().Rehearsal {
		fmt.Fprintln(l.words, "=== REHEARSAL "+strings.Repeat("=", width-14))
	}
	title := fmt.Sprintf("%s %d/%d  %s", strings.ToUpper(string(now.Stage)), now.Number, now.Of, now.Step.Title)
	fmt.Fprintf(l.words, "%s  (%s)\n\n", l.strong(title), now.Step.ID)
	say := now.Step.Says(l.c.Plan())
	if now.Phase == steps.Sealing {
		say = "The log is frozen. Each person signs the list of its files; the plan's quorum must."
	}
	wrap(l.words, "  ", say)
	fmt.Fprintf(l.words, "\n  %s\n", who(now))
	if len(now.Keys) > 0 {
		fmt.Fprintln(l.words, "  Keys:     "+strings.Join(now.Keys, ", "))
	}
	if now.Failed != "" && now.Failed != "unknown" {
		fmt.Fprintln(l.words, "  The last try failed: "+now.Failed)
	}
	l.show(ctx, now)
	fmt.Fprintln(l.words)
}

func who(now steps.Now) string {
	s := now.Step
	line := "Acts:     " + strings.Join(s.Acts, ", ")
	if len(now.Sign) > 0 {
		line += "\n  Sign:     " + now.Needed + " of " + strings.Join(now.Sign, ", ")
	}
	if len(s.Watches) > 0 {
		line += "\n  Watches:  " + strings.Join(s.Watches, ", ")
	}
	return line
}

// show lists what the room must see, and what an interrupted act left.
func (l *lead) show(ctx context.Context, now steps.Now) {
	lines := l.c.Show()
	for _, line := range lines {
		value := line.Value
		if line.Sheet != "" {
			value = l.strong(value) + "   <- write this down"
			l.room.sheet(line.Sheet, line.Value)
		}
		fmt.Fprintf(l.words, "\n  %s\n    %s\n", line.Label, value)
	}
	if now.Phase != steps.Interrupted {
		return
	}
	n, err := l.c.Look(ctx)
	if err != nil {
		tell(l.words, err)
		return
	}
	fmt.Fprintf(l.words, "\n  This act was begun before the program stopped. Results of it found now: %d.\n", n)
}

// results shows the checks of a step, each with found and wanted.
func (l *lead) results(checks []steps.Seen) {
	key := ""
	for _, c := range checks {
		if c.Key != key {
			key = c.Key
			fmt.Fprintf(l.words, "  %s\n", key)
		}
		mark := map[string]string{audit.ResultHolds: "ok", audit.ResultFails: "FAILS", audit.ResultNotChecked: "NOT CHECKED"}[c.Result]
		if c.Result == audit.ResultFails && c.Class == string(steps.Note) {
			mark = "NOTE"
		}
		if c.Result == audit.ResultHolds {
			fmt.Fprintf(l.words, "  %-11s %-26s %s\n", mark, c.ID, short(c.Found))
			continue
		}
		fmt.Fprintf(l.words, "  %-11s %-26s found  %s\n  %-11s %-26s wanted %s\n", l.strong(mark), c.ID, c.Found, "("+c.Class+")", "", c.Wanted)
	}
}

// short cuts a value for a table; the transcript has it whole.
func short(s string) string {
	if utf8.RuneCountInString(s) <= 60 {
		return s
	}
	return string([]rune(s)[:59]) + "…"
}

// strong makes text bold where people look at a terminal.
func (l *lead) strong(s string) string {
	if f, ok := l.words.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return "\x1b[1m" + s + "\x1b[0m"
	}
	return s
}

// visibleLines is text of several lines: those after the first are indented, so
// that none of them passes for a line of ours.
func visibleLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = steps.OneLine(line)
	}
	return strings.Join(lines, "\n  ")
}

// wrap breaks text into lines at spaces.
func wrap(w io.Writer, indent, text string) {
	line := indent
	for _, word := range strings.Fields(visibleLines(text)) {
		if utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width && line != indent {
			fmt.Fprintln(w, line)
			line = indent
		}
		if line != indent {
			line += " "
		}
		line += word
	}
	fmt.Fprintln(w, line)
}
