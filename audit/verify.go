package audit

import (
	"crypto/x509"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/durable"
	"github.com/keyceremony/ceremony/timestamp"
)

// A Policy is what the plan demands of the folder.
type Policy struct {
	Ceremony    string
	Mode        string // Production or Rehearsal
	Roster      Roster
	Quorum      map[string]int // role to the least number of its people at each sign-in and seal
	PlanSigners []string       // ids of people who must have signed the plan
	SealKey     ssh.PublicKey  // the HSM's own (principal SealKeyID); nil if none
	Plan        digest.SHA256
	TimeRoot    *x509.Certificate // from which time-stamp tokens descend; nil if the plan names no authority
	// Steps is what the record of a complete ceremony has, by the list of
	// steps: Steps[0] of list 1. Nil if that is not known.
	Steps [][]Must
}

// Anchors are what the auditor knows from outside the folder: codes from the
// witness's sheet. Without them the folder proves only that it fits itself.
type Anchors struct {
	PlanCode string            // "" if unknown
	Heads    map[string]string // "online", "offline" or a log's stem ("online.2") to the code of its sealed head
}

// ResultMissing is the result of a rule, beside ResultHolds, ResultFails and
// ResultNotChecked, where nothing is wrong and something is not there yet: the
// ceremony is not completed.
const ResultMissing = "missing"

// A Rule is one rule of the verification and what came of it.
type Rule struct {
	ID     string `json:"id"`
	OK     bool   `json:"ok"` // Result is ResultHolds
	Result string `json:"result"`
	Detail string `json:"detail"` // what is wrong or missing, or what was counted
	// Findings are all that is wrong or missing, one by one: Detail has no more
	// than the first of them, and of those that rest on a cause that another
	// rule has only the cause.
	Findings []Finding `json:"findings,omitzero"`
}

// A Verdict is the outcome of a verification, with every rule.
type Verdict struct {
	Outcome    string   `json:"outcome"` // one of the Outcome constants
	Ceremony   string   `json:"ceremony"`
	Mode       string   `json:"mode"`
	Rules      []Rule   `json:"rules"`
	Exceptions int      `json:"exceptions"`  // records of exceptions in all logs
	Disagree   []string `json:"disagree"`    // ids of people who signed off and do not agree
	NotChecked []string `json:"not_checked"` // checks that were not made in the room
}

// Complete says whether the ceremony is complete, with or without exceptions.
func (v Verdict) Complete() bool {
	return v.Outcome == OutcomeComplete || v.Outcome == OutcomeExceptions
}

// Add puts a rule to the verdict that this package cannot apply. If it fails,
// the folder does not hold. Of a rule with findings the detail is drawn from
// them.
func (v *Verdict) Add(r Rule) {
	r.OK = r.Result == ResultHolds
	if len(r.Findings) > 0 {
		r.Detail = r.detail()
	}
	v.Rules = append(v.Rules, r)
	if r.Result == ResultFails {
		v.Outcome = OutcomeBroken
	}
}

// Verify checks a ceremony's folder against the plan's demands: names, digests,
// the chain of every log, every statement and its signature, the seals. It
// holds one line of a log at a time and writes nothing.
//
// The outcome is OutcomeBroken if any rule fails; else OutcomeIncomplete if
// anything is missing or a log says so; else one of the two complete ones.
func Verify(dir string, p Policy, a Anchors) Verdict {
	v := Verdict{Outcome: OutcomeBroken, Ceremony: p.Ceremony, Mode: p.Mode}
	c := newChecker(p, a)
	if err := c.load(dir); err != nil {
		v.Rules = []Rule{{ID: "folder.read", Result: ResultFails, Detail: err.Error()}}
		return v
	}
	return c.verdict(v)
}

// WithoutPlan is the verdict over a folder whose plan cannot be read: no other
// rule can be applied.
func WithoutPlan(err error) Verdict {
	why := strings.ReplaceAll(err.Error(), "\n", "; ")
	return Verdict{Outcome: OutcomeBroken, Rules: []Rule{{ID: "plan.read", Result: ResultFails, Detail: "plan.toml: " + Visible(why)}}}
}

func newChecker(p Policy, a Anchors) *checker {
	return &checker{
		policy: p, anchors: a, verifySig: VerifySig,
		files: map[string]digest.SHA256{}, texts: map[string][]byte{}, logs: map[string]*logFacts{}, lists: map[string]Manifest{},
	}
}

// verdict applies the rules to what was read.
func (c *checker) verdict(v Verdict) Verdict {
	c.doubts, c.claims = c.unread(), nil
	for _, r := range c.rules() {
		var f finding
		r.check(c, &f)
		if overRecords[r.id] {
			f.rests = append(f.rests, c.doubts...)
		}
		v.Rules = append(v.Rules, f.rule(r.id))
	}
	v.Exceptions, v.Disagree, v.NotChecked = c.exceptions(), c.disagree, c.notChecked()
	v.Outcome = c.outcome(v.Rules)
	return v
}

// A rule has a name that stands in code, report, documents and tests alike.
type rule struct {
	id    string
	check func(*checker, *finding)
}

// overRecords are the rules over the records of all logs. None of them holds
// where a log cannot be read: what it would have found there nobody knows. It
// says so once, and not what looks wrong only because something is not known.
var overRecords = map[string]bool{
	"plan.digest": true, "log.closed": true, "log.links": true, "files.recorded": true, "statement.signatures": true, "signin.quorum": true,
	"checks.stop": true, "exceptions.approved": true, "signoff": true, "outcome": true, "steps.done": true,
}

// rules lists the rules in the order in which an auditor reads them. Later
// rules use what earlier ones have found.
func (c *checker) rules() []rule {
	list := []rule{
		{"folder.names", (*checker).folderNames},
		{"folder.sizes", (*checker).folderSizes},
		{"folder.files", (*checker).folderFiles},
		{"plan.digest", (*checker).planDigest},
		{"plan.signatures", (*checker).planSignatures},
		{"roster.generated", (*checker).rosterGenerated},
		{"log.form", (*checker).logForm},
		{"log.closed", (*checker).logClosed},
		{"log.links", (*checker).logLinks},
		{"files.recorded", (*checker).filesRecorded},
		{"manifest.form", (*checker).manifestForm},
		{"manifest.files", (*checker).manifestFiles},
		{"seal.prepare", func(c *checker, f *finding) { c.seal(f, SealPrepare) }},
		{"seal.offline", func(c *checker, f *finding) { c.seal(f, SealOffline) }},
		{"seal.final", func(c *checker, f *finding) { c.seal(f, SealFinal) }},
		{"statement.form", (*checker).statementForm},
		{"statement.signatures", (*checker).statementSignatures},
		{"signin.quorum", (*checker).signinQuorum},
		{"checks.stop", (*checker).checksStop},
		{"exceptions.approved", (*checker).exceptionsApproved},
		{"signoff", (*checker).signoff},
		{"outcome", (*checker).outcomeRule},
		{"time.prepare", func(c *checker, f *finding) { c.bounded(f, "online.log", "plan.toml", SealPrepare) }},
		{"time.wrap", func(c *checker, f *finding) { c.bounded(f, "offline.log", "plan.toml", SealOffline) }},
		{"time.import", func(c *checker, f *finding) { c.bounded(f, "online.2.log", SealOffline, SealFinal) }},
		{"anchor.plan", (*checker).anchorPlan},
	}
	if c.policy.Steps != nil {
		list = append(list, rule{"steps.done", (*checker).stepsDone})
	}
	sides := map[string]bool{"online": true, "offline": true}
	for side := range c.anchors.Heads {
		sides[side] = true
	}
	for _, side := range slices.Sorted(maps.Keys(sides)) {
		list = append(list, rule{"anchor.head." + side, func(c *checker, f *finding) { c.anchorHead(f, side) }})
	}
	return list
}

// A checker is the folder as it was read, once.
type checker struct {
	policy  Policy
	anchors Anchors
	dir     *durable.Dir
	entries []durable.Entry // without the lock
	large   []string        // names of files that were not read for their size
	files   map[string]digest.SHA256
	texts   map[string][]byte // statements, signatures, manifests, plan, roster
	logs    map[string]*logFacts
	lists   map[string]Manifest // parsed manifests
	doubts  []Finding           // on which every rule over records rests
	claims  map[claim]string    // by allClaims, nil until something needs them

	statements map[string]Statement // well-formed, by file name
	verified   map[string]bool      // statements whose record, text and signature hold, by file name
	disagree   []string

	verifySig func(armored []byte, keys []ssh.PublicKey, namespace string, msg []byte) error
}

// outcome draws the verdict from the rules.
func (c *checker) outcome(rules []Rule) string {
	outcome := OutcomeComplete
	if c.exceptions() > 0 {
		outcome = OutcomeExceptions
	}
	for _, r := range rules {
		switch r.Result {
		case ResultFails:
			return OutcomeBroken
		case ResultMissing:
			outcome = OutcomeIncomplete
		}
	}
	return outcome
}

// load lists the folder and reads every file once.
func (c *checker) load(path string) error {
	d, err := durable.Open(path)
	if err != nil {
		return err
	}
	defer d.Close()
	c.dir = d
	entries, err := d.Names()
	if err != nil {
		return err
	}
	c.entries = slices.DeleteFunc(entries, func(e durable.Entry) bool { return durable.IsLock(e.Name) && e.Kind == durable.Regular })
	if n := c.toRead(); n > maxFolder {
		return fmt.Errorf("the folder has %d bytes in files of a ceremony, more than %d", n, maxFolder)
	}
	for _, e := range c.entries {
		if !readable(e) {
			continue
		}
		if err := c.loadFile(e.Name); err != nil {
			return err
		}
	}
	return nil
}

// maxFolder bounds what is read of one folder, in bytes: sixteen logs. What is
// larger was not made by a ceremony, and would only keep the auditor waiting.
const maxFolder = 16 * MaxFile

// readable says whether a rule needs the bytes of an entry: those of a file
// with a name of a ceremony, unless it is drawn from the record.
func readable(e durable.Entry) bool {
	return e.Kind == durable.Regular && names.MatchString(e.Name) && !Derived(e.Name)
}

// toRead counts the bytes of the files that will be read.
func (c *checker) toRead() (n int64) {
	for _, e := range c.entries {
		if readable(e) && e.Size <= MaxFile {
			n += e.Size
		}
	}
	return n
}

// keepMax bounds the files that are held in memory; a longer one is only hashed.
const keepMax = maxManifest

func (c *checker) loadFile(name string) error {
	f, size, err := c.dir.OpenFile(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if size > MaxFile {
		c.large = append(c.large, name)
		return nil
	}
	return c.take(name, size, f)
}

// take reads one file: a log line by line, a small file into memory, any other
// only to hash it.
func (c *checker) take(name string, size int64, f io.ReadSeeker) (err error) {
	if LogSide(name) != "" {
		l := readFacts(f, name)
		c.logs[name] = l
		if l.err == nil {
			c.files[name] = l.head.SHA256
			return nil
		}
	}
	if kept(name) && size <= keepMax {
		b, err := io.ReadAll(io.LimitReader(f, keepMax+1))
		c.texts[name], c.files[name] = b, digest.Of(b)
		return err
	}
	c.files[name], err = hashFile(f)
	return err
}

func kept(name string) bool {
	for _, suffix := range []string{".txt", ".sig", ".sha256", ".toml", timestamp.Suffix} {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return name == "allowed_signers"
}
