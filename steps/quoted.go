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
// for the shell of this system where it needs that. What has no sign of its
// own, as the end of a line, is shown by its number: a command is one line, and
// such a file is none that people copy a name of.
func Quoted(path string) string { return quotedFor(runtime.GOOS, path) }

func quotedFor(system, path string) string {
	var shown strings.Builder
	for _, r := range path {
		if unicode.IsPrint(r) {
			shown.WriteRune(r)
		} else {
			fmt.Fprintf(&shown, "U+%04X", r)
		}
	}
	name := shown.String()
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
