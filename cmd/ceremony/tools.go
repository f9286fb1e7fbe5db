package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
	"golang.org/x/term"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/hsm"
	"github.com/keyceremony/ceremony/hsm/pkcs11"
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
	first, err := (&script{people: p}).passphrase(file, "Passphrase: ")
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

func (s *script) passphrase(file, prompt string) ([]byte, error) {
	if file != "" {
		return s.secretFile(file)
	}
	return s.people.secret(prompt)
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

type hsmFlags struct {
	module, uri, pinFile, initArgs string
	bits                           int
	types                          []string
	asJSON                         bool
}

func hsmCommand() *cobra.Command {
	var f hsmFlags
	c := &cobra.Command{
		Use: "hsm", Short: "What an HSM can do, and what to change",
		Long: "hsm lists the tokens of a PKCS#11 module with their mechanisms. With a PIN it makes throw-away keys,\n" +
			"wraps them, unwraps them in this program, and gives a verdict: can this HSM do BYOK, and what to change\n" +
			"if not. Without a PIN the verdict is: not probed.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return showHSM(c.Context(), f, c.OutOrStdout()) },
	}
	c.Flags().StringVar(&f.module, "module", "", "the PKCS#11 library")
	c.Flags().StringVar(&f.uri, "token", "", "the token, as an RFC 7512 URI: pkcs11:serial=…")
	c.Flags().StringVar(&f.pinFile, "pin-file", "", "read the PIN from this file (mode 0600); - asks for it")
	c.Flags().StringVar(&f.initArgs, "init-args", "", "parameter of C_Initialize, for NSS")
	c.Flags().IntVar(&f.bits, "kek-bits", 4096, "size of the KEK")
	c.Flags().StringSliceVar(&f.types, "keys", []string{"P-256", "RSA-3072", "AES-256"}, "types of key to probe")
	c.Flags().BoolVar(&f.asJSON, "json", false, "for machines")
	return c
}

func showHSM(ctx context.Context, f hsmFlags, out io.Writer) error {
	if f.module == "" {
		return misuse("--module SO names the HSM's PKCS#11 library")
	}
	o := pkcs11.Options{Module: f.module, URI: f.uri, InitArgs: f.initArgs}
	if f.pinFile == "" {
		tokens, err := pkcs11.List(ctx, o)
		if err != nil {
			return err
		}
		return listTokens(tokens, f.asJSON, out)
	}
	return probeHSM(ctx, f, o, out)
}

func listTokens(tokens []hsm.Info, asJSON bool, out io.Writer) error {
	if asJSON {
		return printJSON(out, tokens)
	}
	for _, t := range tokens {
		if t.PIN == hsm.PINUnset && t.Serial == "" {
			fmt.Fprintf(out, "a slot whose token is not initialised: %s %s\n\n", t.Manufacturer, t.Model)
			continue
		}
		fmt.Fprintf(out, "%s\n  serial %s, %s %s, firmware %s\n  PIN: %s\n", t.Label, t.Serial, t.Manufacturer, t.Model, t.Firmware, t.PIN)
		var wraps []string
		for _, m := range t.Mechanisms {
			if m.Wrap {
				wraps = append(wraps, m.Name)
			}
		}
		fmt.Fprintf(out, "  %d mechanisms; these wrap: %s\n  verdict: not probed (give a PIN: --pin-file)\n", len(t.Mechanisms), strings.Join(wraps, ", "))
	}
	if len(tokens) == 0 {
		fmt.Fprintln(out, "The module has no initialised token.")
	}
	return nil
}

func probeHSM(ctx context.Context, f hsmFlags, o pkcs11.Options, out io.Writer) error {
	pinFile := f.pinFile
	if pinFile == "-" {
		pinFile = ""
	}
	var types []byok.KeyType
	for _, name := range f.types {
		t, err := byok.ParseKeyType(name)
		if err != nil {
			return misuse("--keys: %w", err)
		}
		types = append(types, t)
	}
	pin, err := (&script{people: newPeople(audit.Production, os.Stderr)}).passphrase(pinFile, "PIN: ")
	if err != nil {
		return err
	}
	defer clear(pin)
	token, err := pkcs11.Open(ctx, o)
	if err != nil {
		return err
	}
	defer token.Close()
	return probeToken(ctx, token, pin, f, types, out)
}

func probeToken(ctx context.Context, token hsm.Token, pin []byte, f hsmFlags, types []byok.KeyType, out io.Writer) error {
	if err := token.Login(ctx, pin, false); err != nil {
		return err
	}
	info, err := token.Info(ctx)
	if err != nil {
		return err
	}
	can, err := token.Probe(ctx, f.bits, types, false)
	if err != nil {
		return err
	}
	if f.asJSON {
		return printJSON(out, struct {
			Info       hsm.Info       `json:"token"`
			Capability hsm.Capability `json:"capability"`
		}{info, can})
	}
	for _, line := range hsm.Verdict(info, can) {
		fmt.Fprintln(out, line)
	}
	if can.Way == "" {
		return &exit{code: exitNot}
	}
	return nil
}

func manCommand() *cobra.Command {
	return &cobra.Command{
		Use: "man DIR", Short: "Write the manual pages into a folder", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return doc.GenManTree(c.Root(), &doc.GenManHeader{Title: "CEREMONY", Section: "1", Source: "ceremony " + version}, args[0])
		},
	}
}
