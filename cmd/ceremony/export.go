package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/keyceremony/ceremony/steps"
)

func exportCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "export DIR MEDIUM",
		Short: "Write the sealed bundle again, to a fresh medium",
		Long: "export writes the bundle of a sealed stage again, as when a medium was lost. It is the same bundle:\n" +
			"nothing is wrapped, nothing is signed, and the transcript is not changed. Record the loss as an\n" +
			"exception, or on the sheet, where the ceremony goes on.",
		Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			w, err := world(func(s string) { fmt.Fprintln(os.Stderr, "  …", s) })
			if err != nil {
				return err
			}
			cer, err := steps.Open(args[0], w)
			if err != nil {
				return err
			}
			defer cer.Close()
			done, err := cer.ExportAgain(args[1])
			if err != nil {
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "Wrote %s to %s: %d files, read back and compared.\n", done.Folder, args[1], len(done.Files))
			for _, name := range done.Foreign {
				fmt.Fprintf(c.OutOrStdout(), "Also on the medium: %s\n", name)
			}
			return nil
		},
	}
}
