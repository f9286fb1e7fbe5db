package steps

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/durable"
)

// This file keeps the engine's hold on the transcript: which log is open, how
// a record is written and folded in, and what a crash may have left.

// openLog begins a log; after says which head it continues.
func (c *Ceremony) openLog(name string, attempt int, after *audit.Head) error {
	log, err := audit.CreateLog(c.dir, name, c.side, c.plan.ID, c.world.Stamp)
	if err != nil {
		return err
	}
	c.log, c.state.log = log, name
	run := c.state.run
	if run == "-" && c.side == "online" {
		run = (&Run{c: c}).random(16)
	}
	return c.record(c.stage(), audit.EvOpen, "", "", audit.Open{
		Format: audit.OpenFormat, Tool: c.world.Program, Mode: c.plan.Mode(), Run: run, Attempt: attempt, Plan: c.plan.SHA256(), Link: after, Steps: List,
	})
}

// record appends a record, durably, and folds it into the state.
func (c *Ceremony) record(stage Stage, ev, step, key string, data any) error {
	if c.dead != nil {
		return c.dead
	}
	if c.state.frozen && ev != audit.EvOpen {
		// A login that a seal needs after a restart: the log is closed, and
		// the state is which signatures are there.
		return nil
	}
	var actor []string
	if who := c.state.keys[stage]; who != "" && !c.returning() {
		actor = []string{who}
	}
	rec, err := c.log.Append(audit.Entry{Stage: string(stage), Actor: actor, Ev: ev, Step: step, Key: key, Data: data})
	if err == nil {
		err = c.add(c.log.Name(), rec)
	}
	if err != nil {
		c.dead = fmt.Errorf("%w: %w", ErrNotRecorded, err)
		return c.dead
	}
	if ev == audit.EvResume || ev == audit.EvEnd && step == "people.signin" {
		c.back = false
	}
	return nil
}

// replay opens the newest log, folds all records in, and finishes what needs
// no person: a first record that was cut off, a freeze that had begun, the log
// that follows a seal.
func (c *Ceremony) replay() error {
	if err := c.dir.Sweep(); err != nil {
		return err
	}
	names, err := c.logs()
	if err != nil {
		return err
	}
	for i, name := range names {
		err := c.fold(name, i == len(names)-1)
		if errors.Is(err, audit.ErrNoRecords) && i == 1 {
			return c.beginAgain()
		}
		if err != nil {
			return err
		}
	}
	if len(names) == 0 {
		return fmt.Errorf("%w: it was never begun", audit.ErrNoRecords)
	}
	if err := c.discard(); err != nil {
		return err
	}
	return c.settle()
}

// beginAgain writes the first record of the log that follows a seal, where its
// making was cut off.
func (c *Ceremony) beginAgain() error {
	name := c.side + ".log"
	head, err := audit.ReadLog(c.have(name), name, func(audit.Record) error { return nil })
	if err != nil {
		return err
	}
	return c.openLog(c.side+".2.log", c.state.attempt, &head)
}

// discard removes what was written for an act that never came to its record:
// statements, and files with something random in them. Nobody can have relied
// on them, and the act is done and signed for anew. A blob stays: it may be
// the only result of a wrap, and target.wrap looks for it.
func (c *Ceremony) discard() error {
	entries, err := c.dir.Names()
	if err != nil {
		return err
	}
	stem := strings.TrimSuffix(c.log.Name(), ".log") + "-"
	for _, e := range entries {
		statement := strings.HasPrefix(e.Name, stem) && !c.state.signed[strings.TrimSuffix(e.Name, ".sig")]
		answer := freshFile.MatchString(e.Name) && !c.state.files[e.Name]
		if !statement && !answer {
			continue
		}
		if err := c.dir.Remove(e.Name); err != nil {
			return err
		}
	}
	return nil
}

// freshFile matches files that are made anew each time.
var freshFile = regexp.MustCompile(`^(challenge\..*\.json|vault\..*\.json|kek\.json|(plan\.toml|(PREPARE|OFFLINE)\.sha256)\.tsr)$`)

// logNames are the logs that this side may have, oldest first.
func (c *Ceremony) logNames() []string { return []string{c.side + ".log", c.side + ".2.log"} }

// logs lists this side's logs that exist, oldest first.
func (c *Ceremony) logs() ([]string, error) {
	entries, err := c.dir.Names()
	if err != nil {
		return nil, err
	}
	var out []string
	for _, name := range c.logNames() {
		for _, e := range entries {
			if e.Name == name {
				out = append(out, name)
			}
		}
	}
	return out, nil
}

func (c *Ceremony) fold(name string, newest bool) error {
	if newest {
		log, records, err := audit.OpenLog(c.dir, name, c.world.Stamp)
		if err != nil {
			return err
		}
		c.log = log
		return c.addAll(name, records)
	}
	b, err := c.dir.Read(name, audit.MaxFile)
	if err != nil {
		return err
	}
	var records []audit.Record
	if _, err := audit.ReadLog(b, name, func(r audit.Record) error { records = append(records, r); return nil }); err != nil {
		return err
	}
	return c.addAll(name, records)
}

func (c *Ceremony) addAll(name string, records []audit.Record) error {
	for i, r := range records {
		if i == 0 && r.Ev == audit.EvOpen {
			if err := c.same(r); err != nil {
				return err
			}
		}
		if err := c.add(name, r); err != nil {
			return fmt.Errorf("%s, record %d: %w", name, r.Seq, err)
		}
	}
	return nil
}

// add folds one record of this side in.
func (c *Ceremony) add(log string, r audit.Record) error {
	if err := c.state.add(r); err != nil {
		return err
	}
	c.state.log = log
	c.briefs = append(c.briefs, c.brief(log, r))
	return nil
}

// same refuses a folder whose plan was exchanged after the first record.
func (c *Ceremony) same(r audit.Record) error {
	if r.Cer != c.plan.ID || !strings.Contains(string(r.Data), c.plan.SHA256().String()) {
		return fmt.Errorf("%w: the transcript was begun under another plan", ErrOtherPlan)
	}
	return nil
}

// settle finishes, after a start, what needs no person.
func (c *Ceremony) settle() error {
	e, ok := c.sealing()
	if !ok {
		return nil
	}
	if err := c.freeze(e); err != nil {
		return err
	}
	return c.follow(e)
}

// write puts a file into the folder, once.
func (c *Ceremony) write(name string, b []byte) error {
	err := c.dir.WriteNew(name, b)
	if errors.Is(err, durable.ErrExists) {
		return fmt.Errorf("%s is there with other contents; nothing was overwritten: %w", name, err)
	}
	return err
}

// have reads a file that may be missing. One that is there and cannot be read
// ends this process's work on the folder: what it holds must not count as
// missing.
func (c *Ceremony) have(name string) []byte {
	b, err := c.dir.Read(name, audit.MaxFile)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) && c.dead == nil {
			c.dead = fmt.Errorf("%w: %w", ErrNotReadable, err)
		}
		return nil
	}
	return b
}
