package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/spf13/cobra"

	"github.com/keyceremony/ceremony/keyvault/rehearsal"
	"github.com/keyceremony/ceremony/plan"
	"github.com/keyceremony/ceremony/steps"
)

type rehearseFlags struct {
	dir        string
	headless   bool
	byHand     bool
	twoWindows bool
	machine    string // the only one that is led here, online or offline; "": both
	managedHSM bool
	trusted    bool
	keys       []string
	bits       int
	module     string
	transfer   string
}

// usualRehearsal is what is rehearsed where nobody says otherwise.
func usualRehearsal() rehearseFlags {
	return rehearseFlags{managedHSM: true, keys: []string{"RSA-3072", "P-256", "AES-256"}, bits: 3072, transfer: plan.USB}
}

func rehearseCommand() *cobra.Command {
	f := usualRehearsal()
	var w windowFlags
	c := &cobra.Command{
		Use:   "rehearse",
		Short: "Hold a whole ceremony with real parts, as practice",
		Long: "rehearse sets up a whole ceremony with real parts: a PKCS#11 token (SoftHSM 2), a vault that really\n" +
			"unwraps, people with keys, and papers on the table. You lead it in the window. Where there is no window\n" +
			"it is held without people, each stage in a process of its own. Everything it makes says REHEARSAL and is\n" +
			"refused in production. With --dir of a rehearsal that was begun before it goes on with that one.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return rehearseSomehow(c, f, w) },
	}
	c.Flags().StringVar(&f.dir, "dir", "", "a new folder for it, or that of a rehearsal to go on with (default: a temporary one)")
	c.Flags().BoolVar(&f.headless, "headless", false, "without a window, and without people")
	c.Flags().BoolVar(&f.byHand, "by-hand", false, "set everything up, serve the vault, and let people lead the ceremony in terminals")
	c.Flags().BoolVar(&f.twoWindows, "two-windows", false, "a window for each of the two machines")
	c.Flags().StringVar(&f.machine, "machine", "", "lead this machine alone, online or offline: the other one is another, with a copy of the folder")
	c.Flags().BoolVar(&f.managedHSM, "managed-hsm", f.managedHSM, "the vault is a Managed HSM (AES keys need one)")
	c.Flags().BoolVar(&f.trusted, "trusted", false, "trusted wrapping: the HSM's security officer marks the KEK, and the keys leave under no other")
	c.Flags().StringSliceVar(&f.keys, "keys", f.keys, "types of the target keys")
	c.Flags().IntVar(&f.bits, "kek-bits", f.bits, "size of the KEK: 2048, 3072 or 4096")
	c.Flags().StringVar(&f.module, "module", "", "SoftHSM's library (default: where the packages of the system have it)")
	c.Flags().StringVar(&f.transfer, "transfer", f.transfer, "how files cross the gap: usb, or qr for codes from screen to camera")
	w.register(c)
	return c
}

// rehearseSomehow takes the window where there is one.
func rehearseSomehow(c *cobra.Command, f rehearseFlags, w windowFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	if f.headless || f.byHand {
		return rehearse(c.Context(), f, c.OutOrStdout(), os.Stderr)
	}
	err := openWindow(c.Context(), opening{rehearse: true, rehearsal: f, windowFlags: w})
	if !errors.Is(err, errNoWindow) || f.machine != "" {
		return err
	}
	fmt.Fprintf(os.Stderr, "%v\nSo this rehearsal is held without people; --by-hand lets you lead it in terminals.\n", err)
	return rehearse(c.Context(), f, c.OutOrStdout(), os.Stderr)
}

// rehearse sets everything up, holds the three stages, and verifies.
func rehearse(ctx context.Context, f rehearseFlags, out, words io.Writer) error {
	s, err := openScene(f, rehearsal.Options{ManagedHSM: f.managedHSM, Now: time.Now}, func(string) {})
	if err != nil {
		return err
	}
	defer s.Close()
	fmt.Fprintln(words, "Rehearsal in", s.dir)
	if f.byHand {
		fmt.Fprint(out, s.byHand())
		<-ctx.Done()
		return nil
	}
	if err := s.hold(ctx, words); err != nil {
		return err
	}
	return s.verify(ctx, out, words)
}

// stageRun is one sitting: a process of its own, with its machine's folder.
type stageRun struct {
	name, folder string
	begins       bool
}

var stageRuns = []stageRun{{"prepare", "online", true}, {"wrap", "offline", true}, {"import", "online", false}}

// hold holds the stages that are not over.
func (s *scene) hold(ctx context.Context, words io.Writer) error {
	held := 0
	for _, r := range stageRuns {
		over, err := s.over(r)
		if err != nil {
			return err
		}
		if over {
			continue
		}
		held++
		if err := s.self(ctx, words, words, s.stageArgs(r)...); err != nil {
			return err
		}
	}
	if held == 0 {
		return misuse("the rehearsal in %s is over; a rehearsal wants a new folder", s.dir)
	}
	return nil
}

// over reports whether a stage was held to its end.
func (s *scene) over(r stageRun) (bool, error) {
	if !s.begun(r) {
		return false, nil
	}
	at, err := steps.Peek(s.path(r.folder))
	return at.Now.Phase == steps.Done || r.begins && at.Now.Stage == steps.Import, err
}

// begun reports whether a stage's folder has its first record.
func (s *scene) begun(r stageRun) bool {
	st, err := os.Stat(s.path(r.folder, r.folder+".log"))
	return err == nil && st.Size() > 0
}

// stageArgs are the arguments that begin a stage, or go on with it.
func (s *scene) stageArgs(r stageRun) []string {
	args := []string{"run", s.path(r.folder), "--answers", s.path(r.name + ".answers.toml")}
	if r.begins && !s.begun(r) {
		args = append(args, "--stage", r.name, "--plan", s.path("plan.toml"))
	}
	return args
}

// self runs this program again, as on another machine.
func (s *scene) self(ctx context.Context, out, words io.Writer, args ...string) error {
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	c := exec.CommandContext(ctx, exe, args...)
	c.Stdout, c.Stderr = out, words
	c.Env = append(os.Environ(), softHSMConf+"="+s.path("token", "softhsm2.conf"))
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
`, steps.Quoted(s.dir), s.vault.ClientID())
}

// verify draws the transcript, shows that the folder holds, and how to check it
// without us.
func (s *scene) verify(ctx context.Context, out, words io.Writer) error {
	if err := s.self(ctx, out, words, "report", s.path("online")); err != nil {
		return err
	}
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
		steps.Quoted(dir), who, who)
}
