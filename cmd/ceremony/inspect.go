package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/inspect"
	"github.com/keyceremony/ceremony/steps"
)

func inspectCommand() *cobra.Command {
	var kekFile, kid, planFile string
	var asJSON bool
	c := &cobra.Command{
		Use:   "inspect FILE...",
		Short: "Say what a file is, whether it holds, and what Azure would answer",
		Long: "inspect looks at files of a key transfer: key transfer blob (.byok), public key, key attestation, audit log,\n" +
			"key or error as Azure shows them, bundle, manifest, log, signature, statement, plan, and scripts that import\n" +
			"keys. What a file is its content says, not its name. It names every check with what was found and what was\n" +
			"wanted, what Azure would answer, and what to do. It needs no network, no HSM and no vault.\n\n" +
			"An attestation proves the KEK only if --kek gives the public key in hand and --plan a plan that pins the\n" +
			"owner's root: what was not checked is said, and never holds. It exits 0 if nothing fails.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			known, err := inspectContext(kekFile, kid, planFile)
			if err != nil {
				return err
			}
			reports, err := inspectAll(args, known)
			if err != nil {
				return err
			}
			return showReports(c.OutOrStdout(), reports, asJSON)
		},
	}
	c.Flags().StringVar(&kekFile, "kek", "", "the KEK's public key, PEM, to compare with")
	c.Flags().StringVar(&kid, "kid", "", "the KEK's identifier, with version, for attestations and audit logs")
	c.Flags().StringVar(&planFile, "plan", "", "the plan: vault, people, owner's root")
	c.Flags().BoolVar(&asJSON, "json", false, "for machines")
	return c
}

func inspectContext(kekFile, kid, planFile string) (c inspect.Context, err error) {
	c.At, c.KID = time.Now(), kid
	if _, err := byok.ParseKID(kid); kid != "" && err != nil {
		return c, misuse("--kid: %w", err)
	}
	if kekFile != "" {
		file, err := readSmall(kekFile)
		if err != nil {
			return c, err
		}
		if c.KEK, err = byok.ParseKEK(file); err != nil {
			return c, misuse("--kek %s: %w", kekFile, err)
		}
	}
	if planFile != "" {
		if c.Plan, err = readPlan(planFile); err != nil {
			return c, err
		}
	}
	return c, nil
}

func inspectAll(names []string, known inspect.Context) (list []inspect.Report, err error) {
	for _, name := range names {
		known.Beside = func(other string) ([]byte, error) {
			return readSmall(filepath.Join(filepath.Dir(name), filepath.Base(other)))
		}
		if st, err := os.Stat(name); err == nil && st.IsDir() {
			list = append(list, inspect.Folder(name, known))
			continue
		}
		file, err := readSmall(name)
		if err != nil {
			return nil, err
		}
		list = append(list, inspect.File(name, file, known))
	}
	return list, nil
}

func showReports(out io.Writer, list []inspect.Report, asJSON bool) error {
	ok := true
	for i, r := range list {
		ok = ok && r.OK()
		if asJSON {
			continue
		}
		if i > 0 {
			fmt.Fprintln(out)
		}
		printReport(out, r)
	}
	if asJSON {
		if err := printJSON(out, list); err != nil {
			return err
		}
	}
	if !ok {
		return &exit{code: exitNot}
	}
	return nil
}

// printReport writes a report. Most of what it shows somebody else wrote.
func printReport(out io.Writer, r inspect.Report) {
	fmt.Fprintf(out, "%s: %s\n", steps.OneLine(r.Name), steps.OneLine(r.What))
	for _, l := range r.Lines {
		wrap(out, "  ", l.Name+": "+l.Value)
	}
	for _, c := range r.Checks {
		note := ""
		if c.Note && c.Result == inspect.Fails {
			note = " (a note)"
		}
		fmt.Fprintf(out, "%-12s %s%s\n", c.Result, c.ID, note)
		if c.Result == inspect.NotChecked {
			wrap(out, "             ", strings.TrimPrefix(c.Found, "not checked: "))
		} else {
			wrap(out, "             ", "found "+c.Found)
		}
		if c.Result != inspect.Holds {
			wrap(out, "             ", "wanted "+c.Wanted)
		}
		if c.Meaning != "" {
			wrap(out, "             ", c.Meaning)
		}
	}
	for _, p := range r.Problems {
		fmt.Fprintf(out, "\nKnown problem %d, %s\n", p.Number, p.ID)
		for _, text := range []string{p.Title, "Azure: " + p.Azure, "Why: " + p.Why, "Do: " + p.Do} {
			wrap(out, "  ", text)
		}
	}
	fmt.Fprintln(out)
	wrap(out, "", "Azure: "+r.Azure)
	wrap(out, "", "Do: "+r.Do)
}
