package audit

import (
	"errors"

	"golang.org/x/crypto/ssh"
)

// A Statement is the one text that people sign, but for seals and the plan.
type Statement struct {
	Mode     string // Production or Rehearsal
	Ceremony string
	Run      string // "-" where it is not known yet
	Stage    string
	Attempt  int
	Step     string
	Action   string   // ActionSignIn, ActionSignOff, or one that begins with "approve"
	Subjects []string // what it is about: kid, KEK's SHA-256, key names, blob's SHA-256
	Role     string
	Person   string // id
	Head     Head   // of the log when the statement was made
	Nonce    [32]byte
}

// Actions of statements that are not approvals.
const (
	ActionSignIn  = "sign in"
	ActionSignOff = "sign off"
)

// Text returns the bytes that are signed.
func (s Statement) Text() []byte { return nil }

// ParseStatement reads a statement strictly.
func ParseStatement(b []byte) (Statement, error) { return Statement{}, errors.ErrUnsupported }

// Namespace returns the SSHSIG namespace of the statement.
func (s Statement) Namespace() string { return "" }

// StatementName returns the file name of a statement; SigName that of its signature.
func StatementName(log string, seq int, step, who string) string { return "" }

// SigName returns the name of the signature file of a statement, plan or manifest.
func SigName(name string) string { return name + ".sig" }

// SealNamespace returns the namespace of a seal.
func SealNamespace(seal, mode string) string { return "" }

// PlanNamespace returns the namespace of the signatures on the plan.
func PlanNamespace(mode string) string { return "" }

// A Person may sign. Keys has one key, or two where they are kept as files.
type Person struct {
	ID   string
	Name string
	Role string
	Keys []ssh.PublicKey
	Kept string // card, fido, laptop, file
}

// A Roster is who may sign.
type Roster []Person

// AllowedSigners returns the roster as OpenSSH reads it.
func (r Roster) AllowedSigners(mode string) []byte { return nil }
