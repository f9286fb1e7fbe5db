package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/keyceremony/ceremony/steps"
)

// tell shows an error to people: what is the case, what it means, what to do.
func tell(w io.Writer, err error) {
	var use *useError
	if errors.As(err, &use) || errors.Is(err, errUnanswered) {
		fmt.Fprintln(w, "ceremony:", visibleLines(err.Error()))
		return
	}
	if errors.Is(err, errEnded) {
		fmt.Fprintf(w, "ceremony: %v. What is recorded stays; the same command goes on with it.\n", err)
		return
	}
	p := steps.Explain(err)
	fmt.Fprintln(w)
	for i, line := range strings.Split("STOP  "+p.Title, "\n") { // a plan's errors: one a line
		wrap(w, "  "+strings.Repeat(" ", 6*min(i, 1)), line)
	}
	if p.Meaning != "" {
		wrap(w, "        ", "It means: "+p.Meaning)
	}
	if p.Remedy != "" {
		wrap(w, "        ", "Do: "+p.Remedy)
	}
	fmt.Fprintf(w, "        (%s)\n\n", p.Code)
}

// printJSON is what --json writes, with members in one order.
func printJSON(out io.Writer, v any) error {
	if err := json.MarshalWrite(out, v, json.Deterministic(true), jsontext.WithIndent("  ")); err != nil {
		return err
	}
	_, err := fmt.Fprintln(out)
	return err
}
