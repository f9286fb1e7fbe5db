package steps

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/keyceremony/ceremony/audit"
)

// This file has the heads of the log that people were told to write down. The
// last record of a log has nothing after it that holds it but a head on paper:
// whoever takes a folder up again compares that one, and not the newest head,
// which is another one as soon as a record was added.

// noted is the head that people were last told to write down.
type noted struct {
	on    string // what the sheet has it under
	head  audit.Head
	later int // how many records came after it
}

// noted looks for it in this side's logs: a seal and a pause show their heads
// to be written down. Before the first of them there is none, and on is "".
func (c *Ceremony) noted() (out noted, err error) {
	due := false
	for _, name := range c.logNames() {
		head, err := readWhole(c.dir, name, func(r audit.Record, _ []byte) error {
			if due {
				out.head, due = audit.Head{Log: name, Seq: r.Seq - 1, SHA256: r.Prev}, false
			}
			out.later++
			if on := c.sheetLabel(r); on != "" {
				out, due = noted{on: on}, true
			}
			return nil
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, audit.ErrNoRecords) {
			return out, err
		}
		if due {
			out.head, due = head, false
		}
	}
	return out, nil
}

// sheetLabel is what the printed sheets call the head after this record, "" if
// nobody is told to write it down.
func (c *Ceremony) sheetLabel(r audit.Record) string {
	switch r.Ev {
	case audit.EvPause:
		return headAtPause
	case audit.EvClose:
		for _, e := range c.list {
			if e.step.ID == r.Step {
				return headAfter(e.step)
			}
		}
	}
	return ""
}

// TakenUp says what people compare with their sheets when a folder goes on that
// was open before: in words, and the codes. Where none was to be written down,
// the code is that of the head now.
func (c *Ceremony) TakenUp() (words string, lines []Line, err error) {
	const whole = "Nothing recorded is lost. "
	now := Line{Label: "Head of the log now", Value: c.Head().SHA256.Code(), Mono: true}
	n, err := c.noted()
	switch {
	case err != nil:
		return "", nil, fmt.Errorf("the head that was written down: %w", err)
	case n.on == "":
		return whole + "No code of the log's head was to be written down yet; whoever noted one all the same compares it with this one.", []Line{now}, nil
	}
	sheet := Line{Label: n.on, Value: n.head.SHA256.Code(), Mono: true}
	if n.later == 0 {
		return whole + "Compare this code with the sheet.", []Line{sheet}, nil
	}
	now.Label += ", " + counting(n.later, "record") + " later"
	return whole + "Compare the first code with the sheet. Records were added since it was written down, so the head is another one now, as it must be.", []Line{sheet, now}, nil
}
