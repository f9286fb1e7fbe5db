package audit

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/keyceremony/ceremony/digest"
)

// The events, each with the type of its data.
const (
	EvOpen      = "log.open"      // Open; the first record and no other
	EvApprove   = "approve"       // Note; before the act that it approves
	EvBegin     = "step.begin"    // Begin
	EvEnd       = "step.end"      // End
	EvFail      = "step.fail"     // Fail
	EvException = "exception"     // Exception
	EvPause     = "pause"         // Note
	EvResume    = "resume"        // Note
	EvChange    = "people.change" // Note
	EvStop      = "ceremony.stop" // Note
	EvRecovered = "log.recovered" // Recovered
	EvClose     = "log.close"     // Close; the last record and no other
)

// Modes of a ceremony. Nothing made in one is accepted in the other.
const (
	Production = "production"
	Rehearsal  = "rehearsal"
)

// Classes of a check.
const (
	ClassStop      = "stop"
	ClassException = "exception"
	ClassNote      = "note"
)

// Results of a check.
const (
	ResultHolds      = "holds"
	ResultFails      = "fails"
	ResultNotChecked = "not checked"
	ResultExcepted   = "excepted"
)

// Outcomes of a ceremony, in a [Close] and in a [Verdict].
const (
	OutcomeComplete   = "complete"
	OutcomeExceptions = "complete with exceptions"
	OutcomeIncomplete = "not completed"
	OutcomeBroken     = "does not hold" // a Verdict only
)

// Tool is the program that wrote a log.
type Tool struct {
	Name    string        `json:"name"`
	Version string        `json:"version"`
	Commit  string        `json:"commit"`
	SHA256  digest.SHA256 `json:"sha256"`
}

// OpenFormat is the form of log.open that this program writes. It reads form 1
// too, which did not say by which list of steps the log was led: by the first.
const OpenFormat = 2

// Open is the data of log.open.
type Open struct {
	Format  int           `json:"format"` // OpenFormat, or 1
	Tool    Tool          `json:"tool"`
	Mode    string        `json:"mode"`    // Production or Rehearsal
	Run     string        `json:"run"`     // "-" where it is not known yet
	Attempt int           `json:"attempt"` // from 1
	Plan    digest.SHA256 `json:"plan"`
	Link    *Head         `json:"link"` // the log that this one continues
	// Steps numbers the list of steps by which the log was led: from 1, and
	// absent in form 1. What the list demands is never taken from the log.
	Steps int `json:"steps,omitzero"`
}

// List is the list of steps by which the log was led.
func (o Open) List() int { return max(o.Steps, 1) }

// Begin is the data of step.begin, written before the act.
type Begin struct {
	Mark string `json:"mark"` // what the act will leave on HSM or vault
}

// A Check is the result of one named check.
type Check struct {
	ID     string `json:"id"`
	Class  string `json:"class"` // one of the Class constants
	Found  string `json:"found"`
	Wanted string `json:"wanted"`
	Result string `json:"result"` // one of the Result constants
}

// A File is one file of the folder, in a record or a [Manifest].
type File struct {
	Name   string        `json:"name"`
	SHA256 digest.SHA256 `json:"sha256"`
	Bytes  int64         `json:"bytes"` // 0 in a Manifest
}

// SignedBy names a statement that a person signed.
type SignedBy struct {
	Person string        `json:"person"`
	File   string        `json:"file"`   // the statement; its signature is File + ".sig"
	SHA256 digest.SHA256 `json:"sha256"` // of the statement
	Sig    digest.SHA256 `json:"sig"`    // of the signature file
	Action string        `json:"action"`
}

// End is the data of step.end.
type End struct {
	Answers    map[string]string         `json:"answers"`
	Facts      map[string]jsontext.Value `json:"facts"`
	Checks     []Check                   `json:"checks"`
	Files      []File                    `json:"files"`
	Statements []SignedBy                `json:"statements"`
	Links      []Head                    `json:"links"`
}

// Fail is the data of step.fail: the step stays the current one.
type Fail struct {
	End
	Problem string `json:"problem"`
}

// Exception is the data of an exception.
type Exception struct {
	Checks     []string   `json:"checks"` // ids of the checks that it excepts
	Expected   string     `json:"expected"`
	Happened   string     `json:"happened"`
	Decided    string     `json:"decided"`
	Statements []SignedBy `json:"statements"`
}

// Note is the data of approve, pause, resume, people.change and ceremony.stop.
type Note struct {
	Text       map[string]string `json:"text"`
	Statements []SignedBy        `json:"statements"`
	Links      []Head            `json:"links"`
}

// Recovered is the data of log.recovered: what an interrupted append left.
type Recovered struct {
	Hex   string `json:"hex"`   // the first 16 KiB of it
	Bytes int    `json:"bytes"` // all of it
}

// Close is the data of log.close.
type Close struct {
	Outcome    string   `json:"outcome"`    // one of the Outcome constants; "" at the seal of one side
	Exceptions int      `json:"exceptions"` // records of exceptions so far
	NotChecked []string `json:"not_checked"`
	Disagree   []string `json:"disagree"` // ids of people who signed off and do not agree
}

// Decode reads the data of a record into the struct of its event, strictly.
func (r Record) Decode(v any) error {
	return json.Unmarshal(r.Data, v, json.RejectUnknownMembers(true))
}
