package audit

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/keyceremony/ceremony/digest"
)

// A Statement is the one text that people sign, but for seals and the plan.
type Statement struct {
	Mode     string // Production or Rehearsal
	Ceremony string
	Run      string // "-" where it is not known yet
	Stage    string
	Attempt  int
	Step     string
	Action   string   // ActionSignIn, ActionSignOff, or one that begins with ActionApprove
	Subjects []string // what it is about: kid, KEK's SHA-256, key names, blob's SHA-256
	Role     string
	Person   string // id
	Head     Head   // of the log when the statement was made
	Nonce    [32]byte
}

// Actions of a statement. An approval is of an act by somebody else: its
// person is never among the actors of the record.
const (
	ActionSignIn  = "sign in"
	ActionSignOff = "sign off"
	ActionApprove = "approve" // and what is approved: "approve the wrap"
)

// First subject of a statement with ActionSignOff. A person who disagrees says
// why after a colon: "does not agree: the bag was open".
const (
	SubjectAgrees    = "agrees"
	SubjectDisagrees = "does not agree"
)

const (
	statementTitle = "keyceremony 1"
	maxStatement   = 32 << 10
)

// Text returns the bytes that are signed: a title and one "name: value" line
// for each field, in a fixed order; a line for each subject. Everything but
// printable ASCII is shown as U+XXXX, so that what a person reads before
// signing has no character that hides. A value that is empty is "-".
func (s Statement) Text() []byte {
	var b bytes.Buffer
	line := func(name, value string) { fmt.Fprintf(&b, "%s: %s\n", name, Visible(value)) }
	b.WriteString(statementTitle + "\n")
	line("mode", s.Mode)
	line("ceremony", s.Ceremony)
	line("run", s.Run)
	line("stage", s.Stage)
	line("attempt", strconv.Itoa(s.Attempt))
	line("step", s.Step)
	line("action", s.Action)
	for _, subject := range s.Subjects {
		line("subject", subject)
	}
	line("role", s.Role)
	line("person", s.Person)
	line("log", s.Head.Log)
	line("seq", strconv.Itoa(s.Head.Seq))
	line("head", s.Head.SHA256.String())
	line("nonce", hex.EncodeToString(s.Nonce[:]))
	return b.Bytes()
}

// Visible shows every character as printable ASCII, others as U+XXXX; spaces
// at either end are shown so, and "" as "-".
func Visible(s string) string {
	if s == "" {
		return "-"
	}
	var b strings.Builder
	for i, r := range s {
		atEnd := r == ' ' && (i == 0 || i == len(s)-1)
		if r < ' ' || r > '~' || atEnd {
			fmt.Fprintf(&b, "U+%04X", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// ParseStatement reads a statement strictly: the Text of what it returns is
// the same bytes.
func ParseStatement(b []byte) (Statement, error) {
	if len(b) > maxStatement {
		return Statement{}, fmt.Errorf("statement has %d bytes, more than %d", len(b), maxStatement)
	}
	title, rest, ok := strings.Cut(string(b), "\n")
	if !ok || title != statementTitle {
		return Statement{}, fmt.Errorf("statement does not begin with %q", statementTitle)
	}
	s, err := parseFields(&fieldReader{rest: rest})
	if err != nil {
		return Statement{}, err
	}
	if !utf8.Valid(b) || !bytes.Equal(s.Text(), b) {
		return Statement{}, errors.New("statement is not written as the program writes it")
	}
	return s, nil
}

// parseFields takes the lines in their order.
func parseFields(f *fieldReader) (Statement, error) {
	s := Statement{
		Mode: f.text("mode"), Ceremony: f.text("ceremony"), Run: f.text("run"), Stage: f.text("stage"),
		Attempt: f.number("attempt"), Step: f.text("step"), Action: f.text("action"),
	}
	for strings.HasPrefix(f.rest, "subject: ") {
		s.Subjects = append(s.Subjects, f.text("subject"))
	}
	s.Role, s.Person = f.text("role"), f.text("person")
	s.Head = Head{Log: f.text("log"), Seq: f.number("seq"), SHA256: f.digest("head")}
	s.Nonce = f.digest("nonce")
	if f.err == nil && f.rest != "" {
		f.err = errors.New("statement goes on after its nonce")
	}
	return s, f.err
}

// A fieldReader takes one line after the other and keeps the first error.
type fieldReader struct {
	rest string
	err  error
}

func (f *fieldReader) text(name string) string {
	line, rest, ok := strings.Cut(f.rest, "\n")
	value, found := strings.CutPrefix(line, name+": ")
	if f.err == nil && (!ok || !found) {
		f.err = fmt.Errorf("statement has no line %q where it belongs", name)
	}
	f.rest = rest
	return value
}

func (f *fieldReader) number(name string) int {
	n, err := strconv.Atoi(f.text(name))
	if f.err == nil && (err != nil || n < 0) {
		f.err = fmt.Errorf("%s of the statement is not a number", name)
	}
	return n
}

func (f *fieldReader) digest(name string) digest.SHA256 {
	d, err := digest.Parse(f.text(name))
	if f.err == nil && err != nil {
		f.err = fmt.Errorf("%s of the statement: %w", name, err)
	}
	return d
}

// isApproval says whether the action approves an act of somebody else.
func isApproval(action string) bool { return strings.HasPrefix(action, ActionApprove) }

// Namespace returns the SSHSIG namespace of the statement's signature.
func (s Statement) Namespace() string { return actionNamespace(s.Action, s.Mode) }

func actionNamespace(action, mode string) string {
	switch action {
	case ActionSignIn:
		return namespace("signin", mode)
	case ActionSignOff:
		return namespace("signoff", mode)
	}
	return namespace("approve", mode)
}

// SealNamespace returns the namespace of a seal's signatures, by the name of
// its manifest (SealPrepare, SealOffline, SealFinal) or its short form.
func SealNamespace(seal, mode string) string {
	switch seal {
	case SealPrepare, "prepare":
		return namespace("prepare-seal", mode)
	case SealOffline, "offline":
		return namespace("offline-seal", mode)
	}
	return namespace("final-seal", mode)
}

// PlanNamespace returns the namespace of the signatures on the plan.
func PlanNamespace(mode string) string { return namespace("plan", mode) }

// namespace keeps rehearsals apart: a signature of one is none of a production.
func namespace(use, mode string) string {
	if mode != Production {
		use = "rehearsal-" + use
	}
	return use + "@keyceremony"
}

// StatementName returns the file name of a statement. Seq is the first record
// that can name it: one more than that of the statement's head. The arguments
// online.2.log, 7, "target.import", "op1" give online.2-0007-target.import.op1.txt.
// Its signature is [SigName] of it.
func StatementName(log string, seq int, step, who string) string {
	return fmt.Sprintf("%s-%04d-%s.%s.txt", strings.TrimSuffix(log, ".log"), seq, step, who)
}

// SigName returns the file name of a signature by ssh-keygen -Y sign on a
// statement. On a plan or a manifest it is SignedName(name, who).
func SigName(name string) string { return name + ".sig" }

// SignedName returns the file name of who's signature on a plan or manifest:
// plan.toml, op1 give plan.toml.op1.sig.
func SignedName(name, who string) string { return name + "." + who + ".sig" }

// The forms of names: of a log before ".log", and of a statement.
const (
	logStem       = `(?:online|offline)(?:\.[2-9]|\.[1-9][0-9])?`
	statementForm = logStem + `-[0-9]{4,8}-[a-z]+(?:[.-][a-z]+)*\.[a-z0-9]{2,16}\.txt`
)

var statementNames = regexp.MustCompile(`^` + statementForm + `$`)
