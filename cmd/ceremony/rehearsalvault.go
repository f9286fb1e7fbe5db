package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/keyvault/rehearsal"
)

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
	if st, err := os.Stat(filepath.Join(dir, "keys")); err != nil || !st.IsDir() { // opening it would make one
		return misuse("%s is no folder of a rehearsal's vault", dir)
	}
	store, err := rehearsal.OpenStore(dir)
	if err != nil {
		return err
	}
	key, err := store.Get(name, "")
	if errors.Is(err, rehearsal.ErrNoKey) {
		return misuse("the vault in %s has no key %s", dir, name)
	}
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
