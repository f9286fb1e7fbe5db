package steps

import (
	"fmt"
	"regexp"
	"runtime"
	"strings"
	"unicode"
)

// plainWord needs no quotes in any shell.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:@+=,][A-Za-z0-9_./:@+=,-]*$`)

// Quoted is the name of a file as a command takes it that people copy: quoted
// for the shell of this system where it needs that. A command is one line: a
// name that is none is shown as OneLine does, and is not one to copy.
func Quoted(path string) string { return quotedFor(runtime.GOOS, path) }

func quotedFor(system, path string) string {
	name := OneLine(path)
	if strings.HasPrefix(name, "-") {
		name = "./" + name // or it is taken for an option
	}
	switch {
	case plainWord.MatchString(name), system == "windows" && plainWord.MatchString(strings.ReplaceAll(name, `\`, "/")):
		return name
	case system == "windows":
		return `"` + name + `"` // no name has such a quote there
	}
	return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
}

// OneLine shows what a terminal would take as a command, and the end of a line,
// as U+XXXX: the name of a file may hold either, and what follows would pass for
// words of ours.
func OneLine(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		fmt.Fprintf(&b, "U+%04X", r)
	}
	return b.String()
}
