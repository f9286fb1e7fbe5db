// Package inspect says what a file of a key transfer is, by its content, and
// whether it holds: every check by name, what Azure would answer, what to do.
//
// File takes bytes and returns a Report, which the command and the window
// show. Folder reads a bundle. A Problem is a mistake that people are known to
// make; of a file that shows one the report says so in words.
//
// What Azure answers to a bad key transfer blob is published nowhere. Where a
// report says so, it is a guess from what is documented of its rules.
package inspect

import (
	"bytes"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/plan"
)

// Results of a check, in the words of the transcript.
const (
	Holds      = "holds"
	Fails      = "fails"
	NotChecked = "not checked"
)

// A Check is the result of one named check.
type Check struct {
	ID      string `json:"id"`
	Found   string `json:"found"`
	Wanted  string `json:"wanted"`
	Result  string `json:"result"`            // Holds, Fails or NotChecked
	Note    bool   `json:"note"`              // people should know; it refuses nothing
	Meaning string `json:"meaning,omitempty"` // what it means and what to do
}

// A Line is one thing that a file says of itself.
type Line struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// A Report says what a file is and whether it holds.
type Report struct {
	Name     string    `json:"name"`
	What     string    `json:"what"`
	Lines    []Line    `json:"lines,omitempty"`
	Checks   []Check   `json:"checks"`
	Problems []Problem `json:"problems,omitempty"`
	Azure    string    `json:"azure"` // what Azure would answer, and why
	Do       string    `json:"do"`
}

// OK reports whether no check fails and no known problem was found; notes and
// checks that were not made do not count.
func (r Report) OK() bool {
	return !slices.ContainsFunc(r.Checks, func(c Check) bool { return c.Result == Fails && !c.Note }) &&
		!slices.ContainsFunc(r.Problems, func(p Problem) bool { return !p.Note })
}

// Context is what is known beside the file. What is empty is not compared.
type Context struct {
	KEK    *byok.KEK                         // the KEK's public half
	KID    string                            // its key identifier, with version
	Plan   *plan.Plan                        // vault, people, KEK's size
	At     time.Time                         // the day, for certificates
	Beside func(name string) ([]byte, error) // reads a file of the same folder; may be nil
}

// subject is a file on its way through the checks.
type subject struct {
	Context
	name string
	file []byte
	text string // lower case; "" where it is no text
	Report

	fits   []fit      // what key and KEK a ciphertext's length fits
	blob   *byok.Blob // a key transfer blob, as far as it was read
	bundle *keyBundle // a key as the vault shows it
	lint   []byok.Finding
	moved  bool // an attested key that was made elsewhere
}

// File says what a file is. The name is for the report, for the log's side,
// and to find what it signs; what a file is its content says alone.
func File(name string, file []byte, c Context) Report {
	s := &subject{Context: c, name: filepath.Base(name), file: file}
	s.Name, s.Checks = name, []Check{}
	if utf8.Valid(file) && len(file) <= 1<<20 {
		s.text = strings.ToLower(string(file))
	}
	s.kind()(s)
	s.known()
	if s.Azure == "" {
		s.Azure = "Nothing: it never sees such a file."
	}
	if s.Do == "" {
		s.Do = map[bool]string{true: "Nothing.", false: "See the checks that do not hold."}[s.OK()]
	}
	return s.Report
}

// kind tells by the content which reader takes the file.
func (s *subject) kind() func(*subject) {
	begins := func(p string) bool { return bytes.HasPrefix(s.file, []byte(p)) }
	has := func(p string) bool { return bytes.Contains(s.file, []byte(p)) }
	switch {
	case begins("-----BEGIN SSH SIGNATURE-----"):
		return (*subject).signature
	case begins("keyceremony 1\n"):
		return (*subject).statement
	case begins("# keyceremony bundle 1\n"):
		return (*subject).list
	case isManifest(s.file):
		return (*subject).manifest
	case isPlan.Match(s.file): // it may have keys and certificates in PEM
		return (*subject).plan
	case has("-----BEGIN ") && !begins("{"):
		return (*subject).pem
	case begins(`{"v":`) && has(`"ev":`):
		return (*subject).log
	case has(`"operationName"`) && has(`"resultType"`):
		return (*subject).auditLog
	case begins("{") && (has(`"privateKeyAttestation"`) || has(`"attestation"`)):
		return (*subject).attestation
	case has("schema_version") && has("ciphertext") && !has("package "):
		return (*subject).transferBlob
	case s.isJSON():
		return (*subject).json
	}
	return (*subject).other
}

// isPlan finds the table that every plan has, at the beginning of a line.
var isPlan = regexp.MustCompile(`(?m)^[ \t]*\[vault\]`)

func (s *subject) is(what string) { s.What = what }

func (s *subject) line(name, value string) { s.Lines = append(s.Lines, Line{name, value}) }

// check adds a check; meaning is said where it fails.
func (s *subject) check(id string, ok bool, found, wanted, meaning string) {
	c := Check{ID: id, Found: found, Wanted: wanted, Result: Holds}
	if !ok {
		c.Result, c.Meaning = Fails, meaning
	}
	s.Checks = append(s.Checks, c)
}

func (s *subject) skip(id, wanted, why string) {
	s.Checks = append(s.Checks, Check{ID: id, Found: "not checked: " + why, Wanted: wanted, Result: NotChecked})
}
