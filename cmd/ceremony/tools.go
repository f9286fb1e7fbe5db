package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
	"golang.org/x/term"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/keyvault/rehearsal"
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

func printJSON(out io.Writer, v any) error {
	if err := json.MarshalWrite(out, v, json.Deterministic(true), jsontext.WithIndent("  ")); err != nil {
		return err
	}
	_, err := fmt.Fprintln(out)
	return err
}

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

func rehearsalVaultCommand() *cobra.Command {
	var dir, listen, key string
	var managed bool
	c := &cobra.Command{
		Use: "rehearsal-vault", Short: "Serve the vault of rehearsals, for other clients",
		Long: "rehearsal-vault serves a vault that behaves as Azure Key Vault does, over HTTPS on this machine, so that\n" +
			"az and the SDKs of other languages can be pointed at it. It prints its address, its CA certificate and\n" +
			"the credentials of its one client, and serves until it is interrupted. Its state is in DIR.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if dir == "" {
				return misuse("--dir DIR says where the vault keeps its state")
			}
			if key != "" {
				return showRehearsalKey(dir, key, c.OutOrStdout())
			}
			return rehearsal.Serve(c.Context(), dir, rehearsal.ServeOptions{Listen: listen, Options: rehearsal.Options{ManagedHSM: managed, Now: time.Now}}, c.OutOrStdout())
		},
	}
	c.Flags().StringVar(&dir, "dir", "", "folder of the vault's state")
	c.Flags().StringVar(&listen, "listen", "", "address on this machine (default 127.0.0.1 and a port of its own)")
	c.Flags().BoolVar(&managed, "managed-hsm", false, "behave as Managed HSM")
	c.Flags().StringVar(&key, "key", "", "do not serve: print a key's public half (PEM), as an operator gets it by an own way")
	return c
}

// showRehearsalKey prints what az keyvault key download would.
func showRehearsalKey(dir, name string, out io.Writer) error {
	store, err := rehearsal.OpenStore(dir)
	if err != nil {
		return err
	}
	key, err := store.Get(name, "")
	if err != nil {
		return err
	}
	pub, err := byok.ParseSPKI(key.Public)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	_, err = out.Write(pub.PEM())
	return err
}

func manCommand() *cobra.Command {
	return &cobra.Command{
		Use: "man DIR", Short: "Write the manual pages into a folder", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return doc.GenManTree(c.Root(), &doc.GenManHeader{Title: "CEREMONY", Section: "1", Source: "ceremony " + version}, args[0])
		},
	}
}
