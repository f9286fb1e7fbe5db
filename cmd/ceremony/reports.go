package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/report"
)

func reportCommand() *cobra.Command {
	var to string
	var a anchorFlags
	var card, cover bool
	c := &cobra.Command{
		Use:   "report DIR",
		Short: "Draw the transcript of a ceremony folder, to read and to print (HTML)",
		Long: "report draws the transcript in DIR: outcome, exceptions, people, keys, the records of both sides in their\n" +
			"proved order, and how to check all of it without this program. It is the same, byte for byte, on every\n" +
			"machine, and 'ceremony verify' compares it. It is written to transcript.html in DIR once the ceremony is\n" +
			"over; until then, or where DIR cannot be written to, name a file with -o (- is standard output).",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			v, err := a.verify(args[0])
			if err != nil {
				return err
			}
			draw := func(w io.Writer) error { return report.Write(w, args[0], v) }
			into := filepath.Join(args[0], audit.ReportName)
			switch {
			case card:
				draw = func(w io.Writer) error { return report.WriteCard(w, args[0]) }
				into = filepath.Join(args[0], audit.CardName)
			case cover:
				draw = func(w io.Writer) error { return report.WriteCover(w, args[0], v) }
				into = filepath.Clean(args[0]) + "-cover.html" // beside the folder, which has nothing that no rule knows
			}
			if to == "" && !sealed(args[0], v) {
				return misuse("the ceremony in %s is not over: its next record would make %s wrong. Name a file: -o FILE", args[0], filepath.Base(into))
			}
			return drawTo(c.OutOrStdout(), to, into, draw)
		},
	}
	c.Flags().StringVarP(&to, "output", "o", "", "file to write instead, - for standard output")
	c.Flags().BoolVar(&card, "card", false, "the auditor's card alone: the stock commands, as text")
	c.Flags().BoolVar(&cover, "cover", false, "the cover sheet alone: verdict and manifest's code, with boxes for signatures and bags; DIR-cover.html")
	a.register(c, "; for the cover sheet")
	c.MarkFlagsMutuallyExclusive("card", "cover")
	return c
}

// sealed says whether a folder's record is at its end: complete, or with the
// last seal and something wrong, or stopped.
func sealed(dir string, v audit.Verdict) bool {
	if v.Complete() {
		return true
	}
	_, err := os.Stat(filepath.Join(dir, audit.SealFinal))
	return err == nil
}

// drawTo writes what is drawn to a new file, or to standard output.
func drawTo(out io.Writer, to, otherwise string, draw func(io.Writer) error) error {
	if to == "-" {
		w := bufio.NewWriter(out)
		return errors.Join(draw(w), w.Flush())
	}
	if to == "" {
		to = otherwise
	}
	if err := writeDrawn(to, draw); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "Wrote %s.\n", to)
	return err
}

// writeDrawn never holds the whole: a record may be large.
func writeDrawn(path string, draw func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return misuse("%s is there already, and nothing is overwritten. Remove it, or name another file: -o FILE", path)
	}
	if err != nil {
		return absent(filepath.Dir(path), err)
	}
	w := bufio.NewWriter(f)
	err = errors.Join(draw(w), w.Flush(), f.Sync(), f.Close())
	if err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}
