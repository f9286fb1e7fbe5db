package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/keyceremony/ceremony/audit"
)

func keygenCommand() *cobra.Command {
	var passFile string
	c := &cobra.Command{
		Use: "keygen FILE", Short: "Make a passphrase-protected signing key",
		Long: "keygen makes an Ed25519 key in OpenSSH's format, for somebody who has no card: FILE is the private half,\n" +
			"protected by a passphrase, and FILE.pub goes into the plan. Keep one key for the online machine and\n" +
			"another for the offline machine.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return keygen(args[0], passFile, c.OutOrStdout()) },
	}
	c.Flags().StringVar(&passFile, "passphrase-file", "", "read the passphrase from this file (mode 0600)")
	return c
}

// minPassphrase is short for a machine and long enough to be thought about.
const minPassphrase = 12

func keygen(path, passFile string, out io.Writer) error {
	for _, name := range []string{path, path + ".pub"} {
		if _, err := os.Lstat(name); err == nil {
			return misuse("%s is there already; nothing was overwritten", name)
		}
	}
	if _, err := os.Stat(filepath.Dir(path)); err != nil { // before somebody thinks of a passphrase
		return absent(filepath.Dir(path), err)
	}
	pass, err := newPassphrase(passFile)
	if err != nil {
		return err
	}
	defer clear(pass)
	private, public, err := audit.NewKey(pass, "keyceremony")
	if err != nil {
		return err
	}
	defer clear(private)
	if err := writeNew(path, private); err != nil {
		return err
	}
	if err := writeNew(path+".pub", public); err != nil {
		return err
	}
	fmt.Fprintf(out, "Wrote %s and %s.pub. The public key, for the plan:\n\n%s", path, path, public)
	return nil
}

func newPassphrase(file string) ([]byte, error) {
	p := newPeople(audit.Production, os.Stderr)
	first, err := p.secretFrom(file, "Passphrase: ")
	if err != nil {
		return nil, err
	}
	if len(first) < minPassphrase {
		return nil, misuse("the passphrase has %d characters, fewer than %d", len(first), minPassphrase)
	}
	if file != "" || !term.IsTerminal(int(os.Stdin.Fd())) {
		return first, nil
	}
	second, err := p.secret("The same again: ")
	if err == nil && !bytes.Equal(first, second) {
		err = misuse("the two passphrases differ")
	}
	clear(second)
	return first, err
}
