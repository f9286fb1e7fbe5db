package audit

import (
	"golang.org/x/crypto/ssh"

	"github.com/keyceremony/ceremony/digest"
)

// A Policy is what the plan demands of the folder.
type Policy struct {
	Ceremony    string
	Mode        string
	Roster      Roster
	Quorum      map[string]int // role to the least number of its people at each seal
	PlanSigners []string       // ids of people who must have signed the plan
	SealKey     ssh.PublicKey  // the HSM's own (principal "hsm"); nil if none
	Plan        digest.SHA256
}

// Anchors are what the auditor knows from outside the folder.
type Anchors struct {
	PlanCode string            // "" if unknown
	Heads    map[string]string // side to the code of its sealed head
}

// A Rule is one rule of the verification and what came of it.
type Rule struct {
	ID     string `json:"id"`
	OK     bool   `json:"ok"`
	Result string `json:"result"` // holds, fails, missing, not checked
	Detail string `json:"detail"`
}

// A Verdict is the outcome of a verification, with every rule.
type Verdict struct {
	Outcome    string   `json:"outcome"`
	Ceremony   string   `json:"ceremony"`
	Mode       string   `json:"mode"`
	Rules      []Rule   `json:"rules"`
	Exceptions int      `json:"exceptions"`
	Disagree   []string `json:"disagree"`
	NotChecked []string `json:"not_checked"`
}

// Verify checks a finished ceremony's folder.
func Verify(dir string, p Policy, a Anchors) Verdict { return Verdict{Outcome: OutcomeBroken} }
