package steps

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/durable"
	"github.com/keyceremony/ceremony/plan"
)

// This file reads logs beside the one that is being written.

// A Glance is how a folder looks from outside.
type Glance struct {
	Plan   *plan.Plan
	Side   string // online or offline
	Now    Now    // where the script stands; what a start does again, as a login, is passed over
	Head   audit.Head
	Last   time.Time // of the newest record, by the local clock of that machine
	Sealed bool      // the list of all files, signed last, is there
}

// Peek looks at a folder without its lock and writes nothing: another process
// may lead the ceremony meanwhile. What an interrupted append left is passed
// over. A folder without a plan or a record gives ErrNoCeremony.
func Peek(path string) (Glance, error) {
	dir, p, err := openDir(path)
	if err != nil {
		return Glance{}, err
	}
	defer dir.Close()
	side := sideOf(dir)
	c := &Ceremony{dir: dir, plan: p, side: side, list: planned(side, p), state: newState(), live: everySession()}
	g := Glance{Plan: p, Side: side}
	for _, name := range c.logNames() {
		head, err := readWhole(dir, name, func(r audit.Record, _ []byte) error {
			g.Last = r.Wall
			return c.addAll(name, []audit.Record{r})
		})
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, audit.ErrNoRecords) {
			continue
		}
		if err != nil {
			return Glance{}, err
		}
		g.Head = head
	}
	if g.Head.Log == "" {
		return Glance{}, fmt.Errorf("%w: %s has no record", ErrNoCeremony, path)
	}
	g.Now, g.Sealed = c.Now(), c.have(sealFinal.Manifest) != nil
	return g, c.dead
}

// everySession is a process that has done every Session step.
func everySession() map[Key]bool {
	return map[Key]bool{sessionVault: true, sessionToken: true, sessionLogin: true, sessionProbe: true, sessionKEK: true}
}

// readWhole reads the whole records of a log, strictly, each with its line.
// What stands behind the last line feed is being written, or never was.
func readWhole(dir *durable.Dir, name string, each func(r audit.Record, line []byte) error) (audit.Head, error) {
	b, err := dir.Read(name, audit.MaxFile)
	if err != nil {
		return audit.Head{}, err
	}
	b = b[:bytes.LastIndexByte(b, '\n')+1]
	if len(b) == 0 {
		return audit.Head{}, fmt.Errorf("%s: %w", name, audit.ErrNoRecords)
	}
	rest := b
	return audit.ReadLog(b, name, func(r audit.Record) error {
		line, after, _ := bytes.Cut(rest, []byte("\n"))
		rest = after
		return each(r, line)
	})
}
