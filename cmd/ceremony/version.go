package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

func versionCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "version", Short: "Version, commit and digest of the program", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			tool, err := program()
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), tool)
			}
			fmt.Fprintf(c.OutOrStdout(), "ceremony %s\ncommit  %s\nsha256  %s\n", tool.Version, tool.Commit, tool.SHA256)
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "for machines")
	return c
}

func manCommand() *cobra.Command {
	return &cobra.Command{
		Use: "man DIR", Short: "Write the manual pages into a folder", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if _, err := os.ReadDir(args[0]); err != nil {
				return absent(args[0], err)
			}
			return doc.GenManTree(c.Root(), &doc.GenManHeader{Title: "CEREMONY", Section: "1", Source: "ceremony " + version}, args[0])
		},
	}
}
