package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/durable"
	"github.com/keyceremony/ceremony/plan"
	"github.com/keyceremony/ceremony/steps"
)

// A room is the people: it answers what a step asks, and signs.
type room interface {
	// answer gives the public answers and the secrets of a step. A turn to
	// exception, pause, people.change or ceremony.stop is a *turn error.
	answer(ctx context.Context, c *steps.Ceremony, now steps.Now) (steps.Answers, error)
	// sign gives the signatures of those who sign.
	sign(ctx context.Context, now steps.Now, texts []steps.Signing) (map[string][]byte, error)
	// sheet is told what people write down.
	sheet(name, value string)
}

// turn asks for a step that may come at any time.
type turn struct{ to string }

func (t *turn) Error() string { return "turn to " + t.to }

type runFlags struct {
	stage, plan, answers, after string
}

func runCommand() *cobra.Command {
	var f runFlags
	c := &cobra.Command{
		Use:   "run DIR",
		Short: "Lead a ceremony in the terminal",
		Long: "run does what is next in the ceremony folder DIR. To begin one:\n\n" +
			"  ceremony run DIR --stage prepare --plan plan.toml   at the online machine\n" +
			"  ceremony run DIR --stage wrap --plan plan.toml      at the offline machine\n\n" +
			"The signatures on the plan (plan.toml.WHO.sig) lie beside it. After a crash or a pause the same\n" +
			"command without flags goes on with the same step, once people have signed in again. At any\n" +
			"prompt :exception, :pause, :people and :stop turn to these steps, and :quit leaves the program,\n" +
			"as a crash does: nothing is lost, and people sign in again.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return runCeremony(c.Context(), args[0], f, c.OutOrStdout(), os.Stderr)
		},
	}
	c.Flags().StringVar(&f.stage, "stage", "", "begin this stage in a new folder: prepare or wrap")
	c.Flags().StringVar(&f.plan, "plan", "", "the plan, with --stage")
	c.Flags().StringVar(&f.answers, "answers", "", "answers for an unattended rehearsal (TOML)")
	c.Flags().StringVar(&f.after, "after", "", "hold the stage again, after the attempt in this folder")
	_ = c.RegisterFlagCompletionFunc("stage", cobra.FixedCompletions([]string{"prepare", "wrap"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

func runCeremony(ctx context.Context, dir string, f runFlags, out, words io.Writer) error {
	w, err := world(func(s string) { fmt.Fprintln(words, "  …", s) })
	if err != nil {
		return err
	}
	c, err := openCeremony(dir, f, w)
	if err != nil {
		return err
	}
	r, err := openRoom(c, f.answers, words)
	if err != nil {
		return errors.Join(err, c.Close())
	}
	l := &lead{c: c, room: r, words: words}
	if f.stage == "" && !c.Paused() { // then it is typed from the sheet
		err = l.takenUp()
	}
	if err == nil {
		err = l.lead(ctx)
	}
	if err == nil {
		fmt.Fprintln(out, l.goodbye())
	}
	return errors.Join(err, c.Close())
}

// takenUp has people compare the log with their sheets: the last record has
// nothing after it that holds it.
func (l *lead) takenUp() error {
	words, codes, err := l.c.TakenUp()
	if err != nil {
		return err
	}
	fmt.Fprintln(l.words, "Going on. "+words)
	for _, line := range codes {
		fmt.Fprintf(l.words, "  %s:\n    %s\n", line.Label, line.Value)
	}
	return nil
}

// openCeremony begins or continues a folder.
func openCeremony(dir string, f runFlags, w steps.World) (*steps.Ceremony, error) {
	if f.stage == "" {
		if f.plan != "" {
			return nil, misuse("--plan begins a folder and needs --stage prepare or --stage wrap")
		}
		return steps.Open(dir, w)
	}
	stage := steps.Stage(f.stage)
	if stage != steps.Prepare && stage != steps.Wrap {
		return nil, misuse("--stage is prepare or wrap; the stage import goes on in the folder of prepare, without --stage")
	}
	if f.plan == "" {
		return nil, misuse("--stage needs --plan FILE")
	}
	start, err := readStart(f, stage)
	if err != nil {
		return nil, err
	}
	c, err := steps.Begin(dir, start, w)
	if errors.Is(err, durable.ErrExists) {
		return nil, fmt.Errorf("%w\nTo go on with a ceremony that is there: ceremony run %s", err, steps.Quoted(dir))
	}
	return c, err
}

// readStart reads the plan and the signatures beside it.
func readStart(f runFlags, stage steps.Stage) (steps.Start, error) {
	s := steps.Start{Stage: stage, Previous: f.after, Signatures: map[string][]byte{}}
	var err error
	if s.Plan, err = readSmall(f.plan); err != nil {
		return s, err
	}
	p, err := plan.Parse(s.Plan)
	if err != nil {
		return s, fmt.Errorf("%s: %w", f.plan, err)
	}
	for _, person := range p.People {
		sig, err := readSmall(filepath.Join(filepath.Dir(f.plan), filepath.Base(f.plan)+"."+person.ID+".sig"))
		if err == nil {
			s.Signatures[person.ID] = sig
		}
	}
	return s, signedPlan(f.plan, p, s.Signatures)
}

// signedPlan looks for the signatures on the plan before a folder is made that
// would lack them. Whether they are good, the first step checks.
func signedPlan(path string, p *plan.Plan, sigs map[string][]byte) error {
	var missing []string
	for _, who := range p.Policy().PlanSigners {
		if sigs[who] == nil {
			missing = append(missing, audit.SignedName(filepath.Base(path), who))
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return misuse("the plan is not signed by everybody: beside %s these are missing: %s\nEach signs it with: ssh-keygen -Y sign -n %s -f KEY %s\nand names the signature so",
		path, strings.Join(missing, ", "), audit.PlanNamespace(p.Mode()), steps.Quoted(path))
}

// lead goes through the steps until the stage ends, somebody stops, or
// something cannot be mended here.
type lead struct {
	c     *steps.Ceremony
	room  room
	words io.Writer
	stage steps.Stage
}

func (l *lead) lead(ctx context.Context) error {
	l.stage = l.c.Now().Stage
	for {
		now := l.c.Now()
		if now.Phase == steps.Done || now.Stage != l.stage {
			return nil
		}
		l.announce(ctx, now)
		err := l.step(ctx, now)
		var t *turn
		switch {
		case errors.As(err, &t) && t.to == "quit":
			return &exit{code: exitStopped}
		case errors.As(err, &t):
			err = l.c.Turn(t.to)
		case err == nil && now.Step.ID == "pause":
			return l.paused()
		}
		if err != nil && !l.again(ctx, err) {
			return err
		}
	}
}

// step asks, has people sign, and does it.
func (l *lead) step(ctx context.Context, now steps.Now) error {
	a, err := l.room.answer(ctx, l.c, now)
	if err != nil {
		return err
	}
	if err := l.c.Check(a.Text); err != nil {
		return err // before anybody signs
	}
	err = l.signAndDo(ctx, now, a)
	l.results(l.c.Seen())
	switch after := l.c.Now(); {
	case err != nil:
	case after.Phase == steps.Sealing && now.Phase != steps.Sealing:
		fmt.Fprintln(l.words, "  frozen:", now.Step.ID)
	default:
		fmt.Fprintln(l.words, "  done:", now.Step.ID)
	}
	return err
}

// signAndDo has people sign, and does the step. Where too few signed they are
// asked again, and what was entered stays.
func (l *lead) signAndDo(ctx context.Context, now steps.Now, a steps.Answers) error {
	for {
		var err error
		if texts := l.c.Statements(a.Text); len(texts) > 0 {
			if a.Sig, err = l.room.sign(ctx, now, texts); err != nil {
				return err
			}
		}
		err = l.c.Do(ctx, a)
		few := errors.Is(err, steps.ErrQuorum) || errors.Is(err, steps.ErrNoApproval) || errors.Is(err, steps.ErrTooFew)
		if !few || len(a.Secret) > 0 || !l.again(ctx, err) {
			return err
		}
	}
}

// again tells an error and says whether the same people can mend it here.
func (l *lead) again(ctx context.Context, err error) bool {
	if ctx.Err() != nil || errors.Is(err, steps.ErrNotRecorded) {
		return false
	}
	// The service may come to the end of an interrupted act only now: whoever
	// answers looks anew.
	if !l.attended() && !errors.Is(err, steps.ErrOneFound) {
		return false
	}
	var t *turn
	if errors.As(err, &t) || errors.Is(err, io.EOF) {
		return false
	}
	tell(l.words, err)
	return true
}

func (l *lead) attended() bool {
	_, ok := l.room.(*people)
	return ok
}

func (l *lead) paused() error {
	code := l.c.Head().SHA256.Code()
	l.room.sheet("pause.head", code)
	fmt.Fprintf(l.words, "\nPaused. Write the head's code on the sheet:\n\n  %s\n\nTo go on: ceremony run %s\n", code, steps.Quoted(l.c.Path()))
	return &exit{code: exitStopped}
}

// goodbye says where the ceremony goes on.
func (l *lead) goodbye() string {
	now := l.c.Now()
	switch {
	case now.Phase != steps.Done:
		return "The stage " + string(l.stage) + " is over. Bring the medium to the offline machine, if one was written; afterwards go on here: ceremony run " + steps.Quoted(l.c.Path())
	case l.stage == steps.Wrap:
		return "The stage wrap is over. Bring the medium to the online machine, if one was written, and go on there: ceremony run ONLINE-FOLDER"
	}
	return "The ceremony is over at this machine. Anybody can check it: ceremony verify " + steps.Quoted(l.c.Path()) +
		"\nTo read and to print it: ceremony report " + steps.Quoted(l.c.Path())
}
