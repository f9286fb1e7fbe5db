// Package audit keeps and checks the transcript of a ceremony: the log of each
// side, the statements that people sign, the seals, and the verdict over all.
//
// Everything it writes is a plain file that stock tools check: a log is lines
// of ASCII JSON in which every line holds the SHA-256 of all bytes before it
// (head -n K online.log | sha256sum), a signature is what ssh-keygen -Y sign
// makes, a manifest is what sha256sum -c reads.
//
// While a ceremony runs, [CreateLog], [OpenLog] and [Log.Append] write, and
// [Sign] signs a [Statement]. Afterwards [Verify] says whether the folder
// holds. Nothing here reads a clock or asks a person anything.
package audit

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/keyceremony/ceremony/digest"
)

// Limits of a log. They bound what a reader holds and how far it recurses.
const (
	MaxLine  = 64 << 10 // bytes of one line with its line feed
	MaxFile  = 16 << 20 // bytes of one log
	MaxDepth = 8        // nested objects and arrays, the record itself counted
	MaxInt   = 1 << 53  // absolute value of an integer: exact in every reader
)

// Version is the version of the log's format that this program writes.
const Version = 1

// A Stamp is what the machine says of its time. Its wall clock is a claim.
type Stamp struct {
	Boot   string    // changes with every start of the machine
	MonoNS int64     // nanoseconds since that start
	Wall   time.Time // written in UTC, to the second
	Src    string    // where the wall clock got its time: "rtc-unsynced", "ntp", ...
	ErrS   *int64    // seconds that the wall clock may be off; nil if unknown
}

// A Record is one line of a log.
type Record struct {
	V    int           // 1
	Seq  int           // 0 for the first line
	Prev digest.SHA256 // of all bytes before the line
	Side string        // "online" or "offline"
	Cer  string        // the ceremony's id
	// Stage is prepare, wrap or import.
	Stage string
	Stamp
	Actor []string // ids of the people who act
	Ev    string   // one of the Ev constants
	Step  string   // id of the step, "" if none
	Key   string   // name of the target key, "" if none
	Data  jsontext.Value
}

// An Entry is what a caller adds to a log; the log adds the rest.
// Data is the struct that belongs to Ev.
type Entry struct {
	Stage string
	Actor []string
	Ev    string
	Step  string
	Key   string
	Data  any
}

// A Head names a log up to one record: SHA256 is that of all bytes of the log
// up to the line feed of the record Seq.
type Head struct {
	Log    string        `json:"log"` // file name
	Seq    int           `json:"seq"`
	SHA256 digest.SHA256 `json:"sha256"`
}
