package main

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/keyceremony/ceremony/steps"
)

// This file says what an answers file lacks, as one does that was written before
// a step was there.

// unanswered says which lines to write into the file. What people answer
// themselves in production they answer at a terminal.
func (s *script) unanswered(now steps.Now, f steps.Field) error {
	if !s.mayAnswer(f) {
		return fmt.Errorf("%w: %s, %s\nIn a production people type this themselves: run the same command at a terminal", errUnanswered, now.Step.ID, f.Name)
	}
	var b strings.Builder
	if s.steps[now.Step.ID] == nil {
		fmt.Fprintf(&b, "Add to the end of %s, with what is true here:\n\n[%q]\n", s.file, now.Step.ID)
	} else {
		fmt.Fprintf(&b, "Add to the table [%q] of %s, with what is true here:\n\n", now.Step.ID, s.file)
	}
	for _, one := range now.Fields {
		if s.lacks(now.Step.ID, one) {
			fmt.Fprintf(&b, "%q = %s  # %s\n", one.Name, answerLike(one), one.Label)
		}
	}
	return fmt.Errorf("%w: %s, %s\n%s\nThen run the same command, without --stage and --plan: it goes on with this step", errUnanswered, now.Step.ID, f.Name, b.String())
}

// lacks tells whether a field must be answered and is not.
func (s *script) lacks(step string, f steps.Field) bool {
	of := s.steps[step]
	return !f.Optional && s.mayAnswer(f) && of[f.Name] == nil && of[family(f.Name)] == nil
}

// answerLike is an answer of the form that a field takes.
func answerLike(f steps.Field) string {
	switch {
	case f.Kind == steps.Secret:
		return `{file = "FILE"}`
	case f.Kind == steps.Code:
		return `{table = "SHEET"}`
	case f.Kind == steps.Time:
		return `"now"`
	case len(f.Options) > 0:
		return fmt.Sprintf("%q", f.Options[0])
	}
	return fmt.Sprintf("%q", cmp.Or(f.Exact, f.Example, "TEXT"))
}
