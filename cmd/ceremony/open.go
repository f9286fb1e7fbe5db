package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/keyceremony/ceremony/steps"
)

// opening is what the window opens with: a ceremony folder, a rehearsal, or
// the start page.
type opening struct {
	dir       string
	rehearse  bool
	rehearsal rehearseFlags
	send      []string // files that are shown as codes
	receive   bool     // codes are taken, and their files kept in out
	out       string
	windowFlags
}

// windowFlags belong to every command that opens the window.
type windowFlags struct {
	traceFD int    // each painted page goes there as a line of JSON; 0: nowhere
	film    string // a film or pipe that plays a camera; "": none
}

func (w *windowFlags) register(c *cobra.Command) {
	c.Flags().IntVar(&w.traceFD, "trace-fd", 0, "tell this file descriptor what is painted, for tests")
	c.Flags().StringVar(&w.film, "camera-film", "", "a film or a pipe that plays a camera, for tests")
	_ = c.Flags().MarkHidden("trace-fd")
	_ = c.Flags().MarkHidden("camera-film")
}

// windowUses refuses flags that the window would pass over: what somebody chose
// must not be dropped without a word.
func windowUses(c *cobra.Command, flags ...string) error {
	flags = append(flags, "window", "trace-fd", "camera-film")
	var dropped []string
	c.Flags().Visit(func(f *pflag.Flag) {
		if !slices.Contains(flags, f.Name) {
			dropped = append(dropped, "--"+f.Name)
		}
	})
	if dropped == nil {
		return nil
	}
	return misuse("the window does not use %s: leave out either that or --window", strings.Join(dropped, ", "))
}

// errNoWindow says that nothing can be shown here.
var errNoWindow = errors.New("no window can be opened")

// otherwise says what leads on without the window.
func (o opening) otherwise() string {
	if o.dir == "" || o.rehearse {
		return ""
	}
	return "\nIn the terminal: ceremony run " + steps.Quoted(o.dir)
}

func openCommand() *cobra.Command {
	var w windowFlags
	c := &cobra.Command{
		Use:   "open DIR",
		Short: "Open a ceremony folder in the window",
		Long: "open leads on, in the window, with the ceremony in the folder DIR. The folder of a rehearsal opens the\n" +
			"rehearsal, with its vault and what lies on the table, at the machine at which it stands. A ceremony\n" +
			"folder in it, online or offline, opens that machine.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if st, err := os.Stat(args[0]); err != nil || !st.IsDir() {
				return notThere(args[0])
			}
			return openWindow(c.Context(), openingOf(args[0], w))
		},
	}
	w.register(c)
	return c
}

// notThere says that a folder is missing, and at a machine of a rehearsal that
// nothing was begun there yet.
func notThere(dir string) error {
	full, err := filepath.Abs(dir)
	if side := filepath.Base(full); err == nil && isScene(filepath.Dir(full)) && (side == steps.Prepare.Side() || side == steps.Wrap.Side()) {
		return misuse("nothing was begun yet at the %s machine of this rehearsal\nTo go on where it stands: ceremony open %s", side, steps.Quoted(filepath.Dir(full)))
	}
	return misuse("%s is no folder", dir)
}

// openingOf finds out what a folder is.
func openingOf(dir string, w windowFlags) opening {
	o := opening{dir: dir, rehearsal: usualRehearsal(), windowFlags: w}
	if isScene(dir) {
		o.rehearse, o.rehearsal.dir = true, dir
	}
	return o
}

// openOrHelp opens the start page, and is content with the help where there is
// no window.
func openOrHelp(c *cobra.Command, w windowFlags) error {
	err := openWindow(c.Context(), opening{rehearsal: usualRehearsal(), windowFlags: w})
	if errors.Is(err, errNoWindow) {
		return c.Help()
	}
	return err
}
