// Command ceremony leads a room of people through an air-gapped key ceremony
// that moves target keys from their own HSM into Azure Key Vault or Managed
// HSM. Start with "ceremony rehearse".
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/keyceremony/ceremony/hsm/pkcs11"
	"github.com/keyceremony/ceremony/machine"
	"github.com/keyceremony/ceremony/plan"
	"github.com/keyceremony/ceremony/steps"
)

// Exit codes: what a script may rely on.
const (
	exitHolds   = 0 // it holds, also with exceptions
	exitNot     = 1 // it does not hold
	exitUse     = 2 // wrong use
	exitStopped = 3 // paused or stopped by a person
	exitFault   = 4 // a fault of machine or service
)

func main() {
	// The worker that holds a vendor's module is this program too; it must
	// not read flags, print, or start anything else.
	if pkcs11.IsWorker(os.Args) {
		pkcs11.WorkerMain()
		return
	}
	// PINs and passphrases pass through this process: a crash must not leave
	// its memory on the disk.
	machine.Harden()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	// The first Ctrl-C waits for the act under way; the second one leaves at
	// once, and nothing recorded is lost. A prompt waits for neither.
	context.AfterFunc(ctx, func() {
		stop()
		fmt.Fprintln(os.Stderr, "\nInterrupted. Press Ctrl-C again to leave at once; nothing is lost. The question before is still open.")
	})
	os.Exit(run(ctx, os.Args[1:]))
}

// run is main without the process: it returns the exit code.
func run(ctx context.Context, args []string) int {
	if err := steps.Validate(); err != nil {
		fmt.Fprintln(os.Stderr, "ceremony: internal error:", err)
		return exitFault
	}
	root := rootCommand()
	root.SetArgs(args)
	return ended(root.ExecuteContext(ctx))
}

// exit is an error that carries an exit code, and has been told already if
// its text is empty.
type exit struct {
	code int
	err  error
}

func (e *exit) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}
func (e *exit) Unwrap() error { return e.err }

// ended tells an error in words for people and returns the exit code.
func ended(err error) int {
	var e *exit
	switch {
	case err == nil:
		return exitHolds
	case errors.As(err, &e):
		if e.err != nil {
			tell(os.Stderr, e.err)
		}
		return e.code
	}
	tell(os.Stderr, err)
	return exitCode(err)
}

// exitCode sorts an error: what people gave is wrong, or does not hold, or
// ended; all else is a fault.
func exitCode(err error) int {
	var use *useError
	var bad plan.Errors
	var refused *steps.Refused
	var answer *steps.AnswerError
	switch {
	case errors.As(err, &use), errors.As(err, &answer), errors.Is(err, errUnanswered), errors.Is(err, steps.ErrNoCeremony),
		errors.Is(err, steps.ErrRehearsalOpen):
		return exitUse
	case errors.As(err, &bad), errors.As(err, &refused):
		return exitNot
	case errors.Is(err, errEnded):
		return exitStopped
	}
	return exitFault
}

// useError is a wrong command line.
type useError struct{ err error }

func (e *useError) Error() string { return e.err.Error() }
func (e *useError) Unwrap() error { return e.err }

func misuse(format string, args ...any) error { return &useError{fmt.Errorf(format, args...)} }

func rootCommand() *cobra.Command {
	var w windowFlags
	root := &cobra.Command{
		Use:   "ceremony",
		Short: "Move keys from your HSM into Azure, with everybody watching",
		Long: "ceremony leads a room of people through an air-gapped key ceremony: it creates a Key Exchange Key in\n" +
			"Azure, proves in the HSM room that it is the right one, wraps the target keys in the HSM, imports them,\n" +
			"proves that they are the same keys, and keeps a signed transcript that anybody can check.\n\n" +
			"Without a command it opens the window.\n\n" +
			"Begin with: ceremony rehearse",
		SilenceUsage: true, SilenceErrors: true,
		RunE: func(c *cobra.Command, _ []string) error { return openOrHelp(c, w) },
		Args: cobra.NoArgs,
	}
	w.register(root)
	root.SetFlagErrorFunc(wrongFlag)
	root.AddCommand(openCommand(), runCommand(), exportCommand(), rehearseCommand(), planCommand(), verifyCommand(), stampCommand(), reportCommand(), hsmCommand(),
		inspectCommand(), qrCommand(), rehearsalVaultCommand(), keygenCommand(), versionCommand(), manCommand())
	wrapArgs(root)
	return root
}

// wrongFlag says which flags there are, but for those that are hidden.
func wrongFlag(c *cobra.Command, err error) error {
	var names []string
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, "--"+f.Name)
		}
	})
	if len(names) == 0 {
		return misuse("%w\n%s has no flags\nSee: %s --help", err, c.CommandPath(), c.CommandPath())
	}
	return misuse("%w\nThe flags of %s: %s\nSee: %s --help", err, c.CommandPath(), strings.Join(names, ", "), c.CommandPath())
}

// wrapArgs makes a wrong number of arguments a wrong use.
func wrapArgs(c *cobra.Command) {
	if args := c.Args; args != nil {
		c.Args = func(c *cobra.Command, given []string) error {
			if err := args(c, given); err != nil {
				return misuse("%w\nUsage: %s\nSee: %s --help", err, c.UseLine(), c.CommandPath())
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		wrapArgs(sub)
	}
}
