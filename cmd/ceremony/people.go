package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/term"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/steps"
)

// This file asks real people at a terminal. The rules:
//
//   - questions and what is typed go to standard error and standard input;
//   - secrets are not echoed, and are read as bytes that are wiped;
//   - a wrong answer is said at once and asked again;
//   - a line that begins with a colon is not an answer but a turn.

// people answer at the terminal.
type people struct {
	in    *bufio.Reader
	tty   bool
	words io.Writer
	mode  string
}

func newPeople(mode string, words io.Writer) *people {
	return &people{in: bufio.NewReader(os.Stdin), tty: term.IsTerminal(int(os.Stdin.Fd())), words: words, mode: mode}
}

// errEnded says that nobody answers any more.
var errEnded = errors.New("the answers ended")

// turns are what may be typed at any prompt.
var turns = map[string]string{":exception": "exception", ":pause": "pause", ":people": "people.change", ":stop": "ceremony.stop", ":quit": "quit", ":back": ""}

func (p *people) answer(ctx context.Context, c *steps.Ceremony, now steps.Now) (steps.Answers, error) {
	a := steps.Answers{Text: map[string]string{}, Secret: map[string][]byte{}}
	err := eachField(c, now, a, func(f steps.Field) error { return p.ask(ctx, c, f, a) })
	if len(now.Fields) == 0 && err == nil {
		return a, p.enter()
	}
	return a, err
}

// ask asks one field, whatever its kind.
func (p *people) ask(ctx context.Context, c *steps.Ceremony, f steps.Field, a steps.Answers) (err error) {
	switch f.Kind {
	case steps.Send:
		a.Text[f.Name], err = p.send(ctx, c)
	case steps.Receive:
		a.Text[f.Name], err = p.receive(ctx, c)
	default:
		err = p.field(f, a)
	}
	return err
}

// eachField asks the fields that are asked after the answers so far. What was
// received may bring further ones.
func eachField(c *steps.Ceremony, now steps.Now, a steps.Answers, ask func(steps.Field) error) error {
	fields := now.Fields
	for i := 0; i < len(fields); i++ {
		f := fields[i]
		if !f.Asked(a.Text) {
			continue
		}
		if err := ask(f); err != nil {
			return err
		}
		if f.Kind == steps.Receive {
			fields = c.Now().Fields
		}
	}
	return nil
}

// enter waits for an empty line: whatever else somebody types was not meant
// for this step.
func (p *people) enter() error {
	for {
		s, err := p.line("  Press Enter alone to go on: ")
		if err != nil || s == "" {
			return err
		}
		fmt.Fprintf(p.words, "    not so: only an empty line goes on; %s\n", turnWords)
	}
}

const turnWords = "at any prompt :exception, :pause, :people and :stop turn to these steps, :back returns, and :quit leaves the program"

func (p *people) field(f steps.Field, a steps.Answers) error {
	if f.Kind == steps.Secret {
		s, err := p.secretField(f)
		a.Secret[f.Name] = s
		return err
	}
	for {
		v, err := p.line(prompt(f))
		if err != nil {
			return err
		}
		v = pick(f, v)
		if f.Blind {
			p.erase()
		}
		if err := f.Check(v); err != nil {
			fmt.Fprintf(p.words, "    not so: %s\n", visibleLines(err.Error()))
			continue
		}
		if v != "" {
			a.Text[f.Name] = v
		}
		return nil
	}
}

// secretField reads a secret, or the file that it names.
func (p *people) secretField(f steps.Field) ([]byte, error) {
	label := "  " + f.Label + " (not shown"
	if f.FromFile {
		label += "; @FILE reads it from a file"
	}
	s, err := p.secret(label + "): ")
	for err == nil && len(s) == 0 && !f.Optional {
		fmt.Fprintln(p.words, "    not so: nothing was entered")
		s, err = p.secret(label + "): ")
	}
	if name, ok := strings.CutPrefix(string(s), "@"); ok && f.FromFile && err == nil {
		return secretFile(name)
	}
	return s, err
}

// erase takes a code off the screen that the next person must not see.
func (p *people) erase() {
	if p.tty {
		fmt.Fprint(p.words, "\x1b[1A\x1b[2K  (entered)\n")
	}
}

func prompt(f steps.Field) string {
	var b strings.Builder
	fmt.Fprintf(&b, "  %s", f.Label)
	for i, o := range f.Options {
		fmt.Fprintf(&b, "\n    %d) %s", i+1, o)
	}
	must := f
	must.Optional = false
	if hint := must.Hint(); hint != "" {
		fmt.Fprintf(&b, " (%s)", hint)
	}
	if f.Optional {
		b.WriteString(" (Enter to leave it out)")
	}
	return b.String() + ": "
}

// pick turns the number of an option into the option.
func pick(f steps.Field, v string) string {
	for i, o := range f.Options {
		if v == fmt.Sprint(i+1) {
			return o
		}
	}
	return v
}

// line reads one line; turns are errors.
func (p *people) line(prompt string) (string, error) {
	fmt.Fprint(p.words, prompt)
	s, err := p.in.ReadString('\n')
	s = strings.TrimSpace(s)
	if err != nil && s == "" {
		return "", fmt.Errorf("%w: %w", errEnded, err)
	}
	if to, ok := turns[s]; ok {
		return "", &turn{to}
	}
	if strings.HasPrefix(s, ":") {
		fmt.Fprintf(p.words, "    %s\n", turnWords)
		return p.line(prompt)
	}
	return s, nil
}

// secret reads without echo. The bytes are the caller's to wipe.
func (p *people) secret(prompt string) ([]byte, error) {
	fmt.Fprint(p.words, prompt)
	if !p.tty {
		b, err := p.in.ReadBytes('\n')
		switch {
		case errors.Is(err, io.EOF) && len(b) > 0:
			err = nil
		case err != nil:
			err = fmt.Errorf("%w: %w", errEnded, err)
		}
		return bytes.TrimRight(b, "\r\n"), err
	}
	b, err := term.ReadPassword(int(os.Stdin.Fd()))
	fmt.Fprintln(p.words)
	return b, err
}

// secretFrom reads a secret from a file, or asks where none is named.
func (p *people) secretFrom(file, prompt string) ([]byte, error) {
	if file != "" {
		return secretFile(file)
	}
	return p.secret(prompt)
}

func (p *people) sheet(string, string) {}

// sign asks each person in turn how they sign.
func (p *people) sign(ctx context.Context, now steps.Now, texts []steps.Signing) (map[string][]byte, error) {
	sigs := map[string][]byte{}
	fmt.Fprintf(p.words, "  Signatures: %s.\n", now.Needed)
	for _, s := range texts {
		p.showText(s)
		sig, err := p.signOne(ctx, s)
		if err != nil {
			return nil, err
		}
		if sig != nil {
			sigs[s.Person] = sig
		}
		if sig != nil && now.Needed == "one of them" {
			fmt.Fprintln(p.words, "  One signature is enough.")
			break
		}
	}
	return sigs, nil
}

// showText shows what a person is about to sign: all lines of a statement, or
// of a list of files its digest.
func (p *people) showText(s steps.Signing) {
	fmt.Fprintf(p.words, "\n  What %s signs:\n", s.Name)
	if s.Shown == "" {
		fmt.Fprintf(p.words, "    %s, a list of %d files, SHA-256 %s\n", s.File, bytes.Count(s.Text, []byte("\n")), digest.Of(s.Text).Groups())
		return
	}
	for line := range strings.Lines(s.Shown) {
		fmt.Fprint(p.words, "    "+line)
	}
}

// signOne signs for one person: with a key file, ssh-agent, a PKCS#11 card, or
// a signature made elsewhere.
func (p *people) signOne(ctx context.Context, s steps.Signing) ([]byte, error) {
	for {
		how, err := p.line(fmt.Sprintf("  %s (%s, %s) signs with\n    1) a key file\n    2) ssh-agent\n    3) a PKCS#11 card\n    4) a signature made elsewhere\n    Enter: does not sign here\n  : ", s.Name, s.Person, s.Role))
		if err != nil || how == "" {
			return nil, err
		}
		sig, err := p.signHow(ctx, how, s)
		if err == nil {
			err = s.Verify(sig)
		}
		var t *turn
		if errors.As(err, &t) || errors.Is(err, io.EOF) || ctx.Err() != nil {
			return nil, err
		}
		if err == nil {
			return sig, nil
		}
		tell(p.words, err)
	}
}

func (p *people) signHow(ctx context.Context, how string, s steps.Signing) ([]byte, error) {
	switch how {
	case "1":
		return p.signFile(s)
	case "2":
		return signAgent(s)
	case "3":
		return p.signCard(s)
	case "4":
		return p.signElsewhere(ctx, s)
	}
	return nil, misuse("there is no way %q: type 1, 2, 3 or 4", how)
}

func (p *people) signFile(s steps.Signing) ([]byte, error) {
	path, err := p.line("    Key file: ")
	if err != nil {
		return nil, err
	}
	key, err := readSmall(path)
	if err != nil {
		return nil, err
	}
	pass, err := p.secret("    Passphrase: ")
	if err != nil {
		return nil, err
	}
	defer clear(pass)
	return signWithKey(key, pass, p.mode, s)
}

// unlock opens a key file. A key of rehearsals signs nothing else.
func unlock(key, pass []byte, mode string) (ssh.Signer, error) {
	signer, comment, err := audit.LoadSigner(key, pass)
	if err != nil {
		return nil, err
	}
	if mode == audit.Production && strings.Contains(comment, audit.RehearsalComment) {
		return nil, errRehearsalKey
	}
	return signer, nil
}

var errRehearsalKey = errors.New("this key was made for rehearsals and signs nothing in production")
