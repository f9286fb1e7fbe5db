package audit

import (
	"io"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/keyceremony/ceremony/digest"
)

// logFacts is what is kept of a log: 32 bytes for each record, and what its
// statements, checks, files and links say. The records themselves are gone
// when the log was read.
type logFacts struct {
	name, side, cer string
	err             error // why the log cannot be read
	open            Open
	close           *Close
	closedAt        time.Time // by the machine's clock
	head            Head
	heads           []digest.SHA256 // by seq
	stopped         bool            // has a ceremony.stop
	bound           bool            // has a head of the other side
	signed          []signedRecord
	links           []recordLink
	files           []recordFile
	checks          []recordCheck // all that do not hold
	excepted        []recordException
	strays          []place         // records of a stage that is not led in this log
	moves           []move          // by which people come and go
	ended, acted    map[stepAt]int  // the record in which a step first ended; in which it was first begun or ended
	carried         map[string]bool // facts of an earlier attempt
}

// A place is a record, as far as rules need it.
type place struct {
	log, ev, stage, step string
	seq                  int
	actor                []string
	mayLackRun           bool // the run was not known at this side yet
}

type signedRecord struct {
	place
	SignedBy
	absent bool // approves, and is not there
}

type recordLink struct {
	place
	Head
}

type recordFile struct {
	place
	File
}

type recordCheck struct {
	place
	Check
}

type recordException struct {
	place
	checks []string
}

func (l *logFacts) closed() bool { return l.err == nil && l.close != nil }

// begun says whether the first record can be believed: the log can be read, or
// at least the next line, which has the digest of the first.
func (l *logFacts) begun() bool { return l.err == nil || l.head.Seq > 0 }

// readFacts reads a log strictly, one line at a time.
func readFacts(from io.Reader, name string) *logFacts {
	l := &logFacts{name: name, side: LogSide(name)}
	l.head, l.err = ReadLogFrom(from, name, l.add)
	return l
}

// add takes what the rules need from a record. Prev of a record is the head
// before it.
func (l *logFacts) add(r Record) error {
	if r.Seq > 0 {
		l.heads = append(l.heads, r.Prev)
	}
	if r.Side != l.side {
		return &lineError{Line: r.Seq + 1, Why: "the log is of the other side by its name"}
	}
	l.cer = r.Cer
	at := place{l.name, r.Ev, r.Stage, r.Step, r.Seq, r.Actor, !l.bound && (r.Seq == 0 || l.open.Run == "-")}
	if !l.leads(r.Stage) {
		l.strays = append(l.strays, at)
	}
	switch r.Ev {
	case EvOpen:
		return json.Unmarshal(r.Data, &l.open)
	case EvBegin:
		l.acted = first(l.acted, stepAt{r.Stage, r.Step, r.Key}, r.Seq)
	case EvEnd:
		return l.addEnd(at, r)
	case EvFail:
		var d Fail
		err := json.Unmarshal(r.Data, &d)
		l.addSigned(at, d.Statements, d.Links)
		return err
	case EvException:
		var d Exception
		err := json.Unmarshal(r.Data, &d)
		l.addSigned(at, d.Statements, nil)
		l.excepted = append(l.excepted, recordException{at, d.Checks})
		return err
	case EvApprove, EvPause, EvResume, EvChange, EvStop:
		var d Note
		err := json.Unmarshal(r.Data, &d)
		l.addSigned(at, d.Statements, d.Links)
		l.stopped = l.stopped || r.Ev == EvStop
		if r.Ev == EvPause || r.Ev == EvResume {
			l.addMove(at, d.Statements, "")
		} else if r.Ev == EvChange {
			l.addMove(at, d.Statements, d.Text["leaves"])
		}
		return err
	case EvClose:
		l.close, l.closedAt = new(Close), r.Wall
		return json.Unmarshal(r.Data, l.close)
	}
	return nil
}

// leads says whether a stage is led in this log: what was left out in the HSM
// room cannot be made up for at the other machine.
func (l *logFacts) leads(stage string) bool {
	switch {
	case l.side == "offline":
		return stage == "wrap"
	case l.name == "online.log":
		return stage == "prepare"
	}
	return stage == "prepare" || stage == "import"
}

func (l *logFacts) addEnd(at place, r Record) error {
	// Answers and facts are left out: no rule looks into them.
	var d struct {
		Checks     []Check    `json:"checks"`
		Files      []File     `json:"files"`
		Statements []SignedBy `json:"statements"`
		Links      []Head     `json:"links"`
	}
	if err := json.Unmarshal(r.Data, &d); err != nil {
		return err
	}
	l.addSigned(at, d.Statements, d.Links)
	for _, check := range d.Checks {
		if check.Result != ResultHolds {
			l.checks = append(l.checks, recordCheck{at, check})
		}
	}
	for _, file := range d.Files {
		l.files = append(l.files, recordFile{at, file})
	}
	if r.Step == "people.signin" {
		l.addMove(at, d.Statements, "")
	}
	return l.addDone(r)
}

// first keeps the first record of a step.
func first(in map[stepAt]int, at stepAt, seq int) map[stepAt]int {
	if in == nil {
		in = map[stepAt]int{}
	}
	if _, ok := in[at]; !ok {
		in[at] = seq
	}
	return in
}

func (l *logFacts) addSigned(at place, signed []SignedBy, links []Head) {
	for _, s := range signed {
		l.signed = append(l.signed, signedRecord{place: at, SignedBy: s})
	}
	for _, h := range links {
		l.links = append(l.links, recordLink{at, h})
		l.bound = l.bound || LogSide(h.Log) != l.side
	}
}

// headAt returns the head up to a record. Of a log that cannot be read it has
// those before the line that is wrong: they are digests of what is there.
func (l *logFacts) headAt(seq int) (digest.SHA256, bool) {
	switch {
	case seq < 0 || seq > l.head.Seq:
		return digest.SHA256{}, false
	case seq == l.head.Seq:
		return l.head.SHA256, true
	}
	return l.heads[seq], true
}
