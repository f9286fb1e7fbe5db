package steps

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/durable"
	"github.com/keyceremony/ceremony/hsm"
	"github.com/keyceremony/ceremony/plan"
)

// This file holds a stage again: a further attempt under the same plan, in a
// new folder whose first record names the head of the old one. What the old
// one did to the keys is carried over, so that nothing is done twice: a key
// that was imported is left alone, and one that was generated is selected by
// its recorded id.

var (
	factCarriedTarget = fact[hsm.Key]("carried.target")    // per key
	factCarriedImport = fact[imported]("carried.imported") // per key
	factCarriedProof  = fact[bool]("carried.proof")        // per key
)

// attemptID is the record's step where a further attempt carries over.
const attemptID = "ceremony.attempt"

// previous reads the folder of the attempt before, and where it ended.
func previous(path, side string, p *plan.Plan) (state, *audit.Head, error) {
	dir, err := durable.Open(path)
	if err != nil {
		return state{}, nil, err
	}
	defer dir.Close()
	s := newState()
	var last *audit.Head
	for _, name := range []string{side + ".log", side + ".2.log"} {
		b, err := dir.Read(name, audit.MaxFile)
		if errors.Is(err, fs.ErrNotExist) {
			break
		}
		if err != nil {
			return s, nil, err
		}
		head, err := audit.ReadLog(b, name, func(r audit.Record) error { return s.addOf(r, p) })
		if err != nil {
			return s, nil, err
		}
		last = &head
	}
	if last == nil {
		return s, nil, fmt.Errorf("%w: %s has no %s.log", ErrNoCeremony, path, side)
	}
	return s, last, nil
}

// addOf folds a record of the same ceremony in.
func (s *state) addOf(r audit.Record, p *plan.Plan) error {
	if r.Cer != p.ID {
		return fmt.Errorf("%w: it is of ceremony %s", ErrOtherPlan, audit.Visible(r.Cer))
	}
	var o audit.Open
	if r.Ev == audit.EvOpen && (r.Decode(&o) != nil || o.Plan != p.SHA256()) {
		return ErrOtherPlan
	}
	return s.add(r)
}

// carry records what the attempt before did to each key.
func (c *Ceremony) carry(stage Stage, old state) error {
	before := &Run{c: &Ceremony{state: old}}
	r := c.newRun(Now{Stage: stage, Step: &Step{ID: attemptID}}, "", nil, nil)
	for _, k := range c.plan.Keys {
		carryKey(r, before, k.Name)
	}
	return c.end(r, nil)
}

func carryKey(r, before *Run, key string) {
	if f := factTarget.of(key); f.Has(before) {
		factCarriedTarget.of(key).Put(r, f.Get(before))
	}
	if f := factImport.of(key); f.Has(before) {
		factCarriedImport.of(key).Put(r, f.Get(before))
		// What its proof needs, if that did not come any more.
		f.Put(r, f.Get(before))
		factTarget.of(key).Put(r, factTarget.of(key).Get(before))
		factTask.of(key).Put(r, factTask.of(key).Get(before))
	}
	if f := factProof.of(key); f.Has(before) {
		f.Put(r, f.Get(before))
		factCarriedProof.of(key).Put(r, true)
	}
}

// isOpen reports whether a key is still to be imported: no earlier attempt did.
func isOpen(r *Run, k plan.Key) bool { return !factCarriedImport.of(k.Name).Has(r) }

// isUnproved reports whether no earlier attempt proved a key in the vault.
func isUnproved(r *Run, k plan.Key) bool { return !factCarriedProof.of(k.Name).Has(r) }

// openKeys are the keys that this attempt is about.
func (r *Run) openKeys() []plan.Key {
	var out []plan.Key
	for _, k := range r.c.plan.Keys {
		if isOpen(r, k) {
			out = append(out, k)
		}
	}
	return out
}

// kekName is the KEK's name in this attempt: a name is never used twice.
func (r *Run) kekName() string {
	if r.c.state.attempt > 1 {
		return fmt.Sprintf("%s-%d", r.c.plan.KEK.Name, r.c.state.attempt)
	}
	return r.c.plan.KEK.Name
}
