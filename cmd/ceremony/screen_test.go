package main

import (
	"bytes"
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/inspect"
	"github.com/keyceremony/ceremony/steps"
)

// TestNamesForgeNoLines: what stands behind the end of a line in a name of
// others is no line of ours, whatever it says.
func TestNamesForgeNoLines(t *testing.T) {
	const name = "a.byok\nceremony: all holds\r\x1b[2J"
	if got := steps.OneLine(name); got != "a.byokU+000Aceremony: all holdsU+000DU+001B[2J" {
		t.Errorf("the name is shown as %q", got)
	}
	var out bytes.Buffer
	printReport(&out, inspect.Report{Name: name, What: name})
	tell(&out, misuse("%s: no such file\nGive another", name))
	tell(&out, misuse("%w", &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}))
	_ = (&receiving{words: &out}).ends(exitFault, errors.New(name))
	for line := range strings.SplitSeq(out.String(), "\n") {
		if strings.HasPrefix(line, "ceremony: all") || strings.ContainsAny(line, "\r\x1b") {
			t.Errorf("%q is a line of its own", line)
		}
	}
	if !strings.Contains(out.String(), "\n  Give another\n") {
		t.Errorf("lines of our own are gone:\n%s", out.String())
	}
}
