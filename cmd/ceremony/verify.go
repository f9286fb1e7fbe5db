package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/plan"
	"github.com/keyceremony/ceremony/report"
	"github.com/keyceremony/ceremony/steps"
)

func verifyCommand() *cobra.Command {
	var asJSON, noRender bool
	var a anchorFlags
	c := &cobra.Command{
		Use:   "verify DIR",
		Short: "Check a ceremony folder, as an auditor",
		Long: "verify checks the transcript in DIR: every rule by name. It exits 0 only if the ceremony is complete,\n" +
			"with or without exceptions. Whoever made the folder also made the plan in it: give the plan's code and\n" +
			"the heads from the sheets, which came to you by another way. A transcript.html in DIR is drawn again and compared.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			v, err := a.verify(args[0])
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
	a.register(c, "")
	return c
}

// anchorFlags are what the auditor knows from outside the folder, as it is
// typed.
type anchorFlags struct {
	planCode string
	heads    []string
}

// register adds the flags; use says what they are for, behind their help.
func (f *anchorFlags) register(c *cobra.Command, use string) {
	c.Flags().StringVar(&f.planCode, "plan-code", "", "the plan's code, from your own copy"+use)
	c.Flags().StringArrayVar(&f.heads, "head", nil, "the head of a sealed log from its sheet, prepare, offline or final, as `SHEET=CODE`"+use)
}

// verify applies every rule but report.rendered to a folder.
func (f *anchorFlags) verify(dir string) (audit.Verdict, error) {
	a, err := f.anchors()
	if err != nil {
		return audit.Verdict{}, err
	}
	return verify(dir, a)
}

func (f *anchorFlags) anchors() (audit.Anchors, error) {
	a := audit.Anchors{Heads: map[string]string{}}
	var err error
	if f.planCode != "" {
		if a.PlanCode, err = digest.ParseCode(f.planCode); err != nil {
			return a, misuse("--plan-code: %w", err)
		}
	}
	for _, h := range f.heads {
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

// noCeremony words that there is no plan where somebody named the folder of a
// ceremony.
func noCeremony(dir string, err error) error {
	if errors.Is(absent(dir, err), fs.ErrNotExist) {
		return misuse("%s is no ceremony folder: it has no plan.toml, or does not exist", dir)
	}
	return misuse("%s is no ceremony folder: %w", dir, err)
}

// verify applies every rule but report.rendered.
func verify(dir string, a audit.Anchors) (audit.Verdict, error) {
	b, err := readSmall(filepath.Join(dir, "plan.toml"))
	if err != nil {
		return audit.Verdict{}, noCeremony(dir, err)
	}
	p, err := plan.Parse(b)
	if err != nil {
		return audit.WithoutPlan(err), nil
	}
	policy := p.Policy()
	policy.Steps = steps.Required(p)
	v := audit.Verify(dir, policy, a)
	v.Add(steps.Again(dir, p))
	return v, nil
}

func showVerdict(out io.Writer, v audit.Verdict, asJSON bool) error {
	if asJSON {
		if err := printJSON(out, v); err != nil {
			return err
		}
	} else {
		printVerdict(out, v)
	}
	if !v.Complete() {
		return &exit{code: exitNot}
	}
	return nil
}

func printVerdict(out io.Writer, v audit.Verdict) {
	alone, follow := v.Parted()
	for _, r := range alone {
		printRule(out, r)
	}
	if len(follow) > 0 {
		fmt.Fprintf(out, "\nWhat cannot hold because of that:\n\n")
	}
	for _, r := range follow {
		printRule(out, r)
	}
	what := "The folder"
	if v.Ceremony != "" {
		what = fmt.Sprintf("Ceremony %s (%s)", v.Ceremony, v.Mode)
	}
	fmt.Fprintf(out, "\n%s: %s.\n", what, v.Outcome)
	if r, ok := v.Cause(); ok && v.Outcome == audit.OutcomeBroken {
		fmt.Fprintf(out, "Begin with %s: %s.\n", r.ID, r.Lines(1)[0])
	}
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

// printRule prints what came of a rule: the first of what it found, each on a
// line of its own. All of it is in what is printed for machines.
func printRule(out io.Writer, r audit.Rule) {
	lines := r.Lines(audit.FewLines)
	if len(lines) == 0 {
		lines = []string{""}
	}
	fmt.Fprintf(out, "%-12s %-22s %s\n", r.Result, r.ID, lines[0])
	for _, line := range lines[1:] {
		fmt.Fprintf(out, "%-35s %s\n", "", line)
	}
}
