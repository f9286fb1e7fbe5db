package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/plan"
	"github.com/keyceremony/ceremony/steps"
)

func planCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "plan", Short: "Write, check and print plans", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(planNewCommand(), planCheckCommand(), planScriptCommand())
	return c
}

func planNewCommand() *cobra.Command {
	return &cobra.Command{
		Use: "new PLAN", Short: "Write a plan to fill in", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			tool, err := program()
			if err != nil {
				return err
			}
			p := plan.New()
			p.Program.SHA256 = []digest.SHA256{tool.SHA256}
			if err := writeNew(args[0], p.Encode()); err != nil {
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "Wrote %s. Fill it in, then: ceremony plan check %s\n", args[0], args[0])
			return nil
		},
	}
}

func planCheckCommand() *cobra.Command {
	return &cobra.Command{
		Use: "check PLAN", Short: "Check a plan, and show its code", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			p, err := readPlan(args[0])
			if err != nil {
				return err
			}
			out := c.OutOrStdout()
			fmt.Fprintf(out, "%s holds.\n\nCode:  %s\nWords: %s\n\nSHA-256: %s\n", args[0], p.SHA256().Code(), strings.Join(p.SHA256().Words(), " "), p.SHA256().Groups())
			for _, n := range p.Notes() {
				fmt.Fprintln(out, "\nNote:", n)
			}
			fmt.Fprintf(out, "\nEverybody named in it signs it: ssh-keygen -Y sign -n %splan@keyceremony -f KEY %s\nand names the signature %s.WHO.sig\n",
				map[bool]string{true: "rehearsal-"}[p.Rehearsal], steps.Quoted(args[0]), filepath.Base(args[0]))
			return nil
		},
	}
}

func planScriptCommand() *cobra.Command {
	var sheets bool
	c := &cobra.Command{
		Use: "script PLAN", Short: "Print the ceremony script of a plan (HTML)", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			p, err := readPlan(args[0])
			if err != nil {
				return err
			}
			print := steps.Script
			if sheets {
				print = steps.Sheets
			}
			_, err = c.OutOrStdout().Write(print(p))
			return err
		},
	}
	c.Flags().BoolVar(&sheets, "sheets", false, "the sheets of the room instead: attendance and signatures with codes, bags and media, own codes, exceptions")
	return c
}

func readPlan(path string) (*plan.Plan, error) {
	b, err := readSmall(path)
	if err != nil {
		return nil, err
	}
	p, err := plan.Parse(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}
