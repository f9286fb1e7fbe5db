package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/plan"
	"github.com/keyceremony/ceremony/report"
	"github.com/keyceremony/ceremony/steps"
)

func verifyCommand() *cobra.Command {
	var asJSON, noRender bool
	var planCode string
	var heads []string
	c := &cobra.Command{
		Use:   "verify DIR",
		Short: "Check a ceremony folder, as an auditor",
		Long: "verify checks the transcript in DIR: every rule by name. It exits 0 only if the ceremony is complete,\n" +
			"with or without exceptions. Whoever made the folder also made the plan in it: give the plan's code and\n" +
			"the heads from the sheets, which came to you by another way. A transcript.html in DIR is drawn again and compared.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			a, err := anchors(planCode, heads)
			if err != nil {
				return err
			}
			v, err := verify(args[0], a)
			if err != nil {
				return err
			}
			if !noRender {
				v.Add(report.Rendered(args[0], v))
			}
			return showVerdict(c.OutOrStdout(), v, asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "for machines")
	c.Flags().BoolVar(&noRender, "no-render", false, "do not draw transcript.html again to compare it")
	c.Flags().StringVar(&planCode, "plan-code", "", "the plan's code, from your own copy")
	c.Flags().StringArrayVar(&heads, "head", nil, "SHEET=CODE: the head of a sealed log, from the sheet (prepare, offline, final)")
	return c
}

func anchors(planCode string, heads []string) (audit.Anchors, error) {
	a := audit.Anchors{Heads: map[string]string{}}
	var err error
	if planCode != "" {
		if a.PlanCode, err = digest.ParseCode(planCode); err != nil {
			return a, misuse("--plan-code: %w", err)
		}
	}
	for _, h := range heads {
		sheet, code, _ := strings.Cut(h, "=")
		log := sealedLogs[sheet]
		if log == "" || code == "" {
			return a, misuse("--head wants SHEET=CODE with the sheet prepare, offline or final, as offline=12345…")
		}
		if a.Heads[log], err = digest.ParseCode(code); err != nil {
			return a, misuse("--head %s: %w", sheet, err)
		}
	}
	return a, nil
}

// sealedLogs says which log the head on a sheet is of.
var sealedLogs = map[string]string{"prepare": "online", "offline": "offline", "final": "online.2", "online": "online", "online.2": "online.2"}

// verify applies every rule but report.rendered.
func verify(dir string, a audit.Anchors) (audit.Verdict, error) {
	b, err := readSmall(filepath.Join(dir, "plan.toml"))
	if err != nil {
		return audit.Verdict{}, misuse("%s is no ceremony folder: %w", dir, err)
	}
	p, err := plan.Parse(b)
	if err != nil {
		return audit.WithoutPlan(err), nil
	}
	policy := p.Policy()
	policy.Steps = steps.Required(p)
	return audit.Verify(dir, policy, a), nil
}

func showVerdict(out io.Writer, v audit.Verdict, asJSON bool) error {
	if asJSON {
		if err := json.MarshalWrite(out, v, jsontext.WithIndent("  ")); err != nil {
			return err
		}
		fmt.Fprintln(out)
	} else {
		printVerdict(out, v)
	}
	if v.Outcome == audit.OutcomeComplete || v.Outcome == audit.OutcomeExceptions {
		return nil
	}
	return &exit{code: exitNot}
}

func printVerdict(out io.Writer, v audit.Verdict) {
	for _, r := range v.Rules {
		fmt.Fprintf(out, "%-12s %-22s %s\n", r.Result, r.ID, r.Detail)
	}
	what := "The folder"
	if v.Ceremony != "" {
		what = fmt.Sprintf("Ceremony %s (%s)", v.Ceremony, v.Mode)
	}
	fmt.Fprintf(out, "\n%s: %s.\n", what, v.Outcome)
	if v.Exceptions > 0 {
		fmt.Fprintf(out, "Exceptions: %d.\n", v.Exceptions)
	}
	if len(v.NotChecked) > 0 {
		fmt.Fprintf(out, "Not checked: %s.\n", strings.Join(v.NotChecked, ", "))
	}
	if len(v.Disagree) > 0 {
		fmt.Fprintf(out, "Do not agree: %s.\n", strings.Join(v.Disagree, ", "))
	}
}
