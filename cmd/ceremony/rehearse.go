package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/keyceremony/ceremony/keyvault/rehearsal"
)

type rehearseFlags struct {
	dir        string
	headless   bool
	byHand     bool
	managedHSM bool
	keys       []string
	bits       int
	module     string
}

func rehearseCommand() *cobra.Command {
	var f rehearseFlags
	c := &cobra.Command{
		Use:   "rehearse",
		Short: "Hold a whole ceremony with real parts, as practice",
		Long: "rehearse holds a whole ceremony: a real PKCS#11 token (SoftHSM 2), a vault that really unwraps, three\n" +
			"stages in processes of their own, and a transcript that verifies with stock tools. Everything it makes\n" +
			"says REHEARSAL and is refused in production.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return rehearse(c.Context(), f, c.OutOrStdout(), os.Stderr)
		},
	}
	c.Flags().StringVar(&f.dir, "dir", "", "a new folder for it (default: a temporary one)")
	c.Flags().BoolVar(&f.headless, "headless", false, "without a window, and without people")
	c.Flags().BoolVar(&f.byHand, "by-hand", false, "set everything up, serve the vault, and let people lead the ceremony")
	c.Flags().BoolVar(&f.managedHSM, "managed-hsm", true, "the vault is a Managed HSM (AES keys need one)")
	c.Flags().StringSliceVar(&f.keys, "keys", []string{"RSA-3072", "P-256", "AES-256"}, "types of the target keys")
	c.Flags().IntVar(&f.bits, "kek-bits", 3072, "size of the KEK: 2048, 3072 or 4096")
	c.Flags().StringVar(&f.module, "module", "", "SoftHSM's library (default: where Debian has it)")
	return c
}

// rehearse sets everything up, holds the three stages, and verifies.
func rehearse(ctx context.Context, f rehearseFlags, out, words io.Writer) error {
	s, err := newScene(f)
	if err != nil {
		return err
	}
	fmt.Fprintln(words, "Rehearsal in", s.dir)
	server, err := rehearsal.New(s.path("vault"), rehearsal.Options{ManagedHSM: f.managedHSM, Now: time.Now})
	if err != nil {
		return err
	}
	if err := server.Start(""); err != nil {
		return err
	}
	defer server.Close()
	if err := s.setUp(server); err != nil {
		return err
	}
	if f.byHand {
		fmt.Fprint(out, s.byHand())
		<-ctx.Done()
		return nil
	}
	for _, stage := range stageRuns {
		if err := s.stage(ctx, stage, words); err != nil {
			return err
		}
	}
	return s.verify(ctx, out, words)
}

// stageRun is one sitting: a process of its own, with its machine's folder.
type stageRun struct {
	name, folder string
	begins       bool
}

var stageRuns = []stageRun{{"prepare", "online", true}, {"wrap", "offline", true}, {"import", "online", false}}

func (s *scene) stage(ctx context.Context, r stageRun, words io.Writer) error {
	args := []string{"run", s.path(r.folder), "--answers", s.path(r.name + ".answers.toml")}
	if r.begins {
		args = append(args, "--stage", r.name, "--plan", s.path("plan.toml"))
	}
	return s.self(ctx, words, words, args...)
}

// self runs this program again, as on another machine.
func (s *scene) self(ctx context.Context, out, words io.Writer, args ...string) error {
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	c := exec.CommandContext(ctx, exe, args...)
	c.Stdout, c.Stderr = out, words
	c.Env = append(os.Environ(), "SOFTHSM2_CONF="+s.path("token", "softhsm2.conf"))
	err = c.Run()
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		return &exit{code: ended.ExitCode(), err: fmt.Errorf("ceremony %s ended with exit code %d", args[0], ended.ExitCode())}
	}
	return err
}

// byHand says how people lead the rehearsal that was set up.
func (s *scene) byHand() string {
	return fmt.Sprintf(`
Everything is set up, and the vault of the rehearsal is served here until Ctrl-C.
Lead the ceremony in another terminal:

  cd %s
  export SOFTHSM2_CONF=$PWD/token/softhsm2.conf
  ceremony run online --stage prepare --plan plan.toml
  ceremony run offline --stage wrap --plan plan.toml
  ceremony run online

On the table (folder table/): the plan's code, the HSM's serial number and PIN, and
each person's passphrase. Key files: people/WHO.online and people/WHO.offline.
Sign in to the vault with: method secret, client %s, secret @vault/client.secret
Media: usb/kek and usb/blob. VAULT in the commands shown is the folder vault.
`, s.dir, s.client)
}

// verify shows that the folder holds, and how to check it without us.
func (s *scene) verify(ctx context.Context, out, words io.Writer) error {
	if err := s.self(ctx, out, words, "verify", s.path("online")); err != nil {
		return err
	}
	fmt.Fprintf(out, "\nCheck it without this program:\n\n%s", stockCommands(s.path("online"), s.people[0].id))
	return nil
}

// stockCommands are the commands of the auditor's card.
func stockCommands(dir, who string) string {
	return fmt.Sprintf("  cd %s\n  sha256sum -c MANIFEST.sha256\n"+
		"  ssh-keygen -Y verify -f allowed_signers -I %s -n rehearsal-final-seal@keyceremony -s MANIFEST.sha256.%s.sig < MANIFEST.sha256\n",
		dir, who, who)
}

// scene is a rehearsal's folder.
type scene struct {
	dir    string
	flags  rehearseFlags
	people []actor
	client string // id of the vault's one client
}

func (s *scene) path(parts ...string) string {
	return filepath.Join(append([]string{s.dir}, parts...)...)
}

func newScene(f rehearseFlags) (*scene, error) {
	if _, err := targetKeys(f.keys); err != nil {
		return nil, err
	}
	if !slices.Contains([]int{2048, 3072, 4096}, f.bits) {
		return nil, misuse("--kek-bits is %d, wanted 2048, 3072 or 4096", f.bits)
	}
	dir := f.dir
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "ceremony-rehearsal-"); err != nil {
			return nil, err
		}
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return nil, misuse("%s is not empty; a rehearsal wants a new folder", dir)
	}
	s := &scene{dir: dir, flags: f, people: actors}
	for _, sub := range []string{"", "usb", "usb/kek", "usb/blob", "table", "people", "vault", "token", "token/tokens"} {
		if err := os.MkdirAll(s.path(sub), 0o700); err != nil {
			return nil, err
		}
	}
	return s, nil
}
