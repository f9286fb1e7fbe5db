package qr

import (
	"bytes"
	"fmt"

	"github.com/keyceremony/ceremony/digest"
)

// A Receiver collects the frames of one transfer: that of the first frame
// that it gets. It keeps at most one row for each block; everything else is
// counted and forgotten. Its zero value is ready. It is no place for several
// goroutines.
type Receiver struct {
	shape    shape
	solver   *solver
	frames   []frame // those that told something, as they came
	progress Progress
	message  Message
	spoiled  error
	others   map[ID]int
}

// maxOthers is how many other transfers are told apart.
const maxOthers = 16

// Add takes the text of one code, from whatever source. With Foreign, Damaged
// and Spoiled comes the reason; but for Spoiled, nothing that was received is
// lost by it.
func (r *Receiver) Add(text string) (Event, error) {
	if r.spoiled != nil {
		return Spoiled, r.spoiled
	}
	f, err := parseFrame(Canonical(text))
	switch {
	case err == nil:
		return r.progress.count(r.take(f))
	case len(text) > 0 && isFrame(text):
		return r.progress.count(Damaged, err)
	}
	return r.progress.count(Foreign, err)
}

func isFrame(text string) bool {
	text = Canonical(text)
	return len(text) >= len(Prefix) && text[:len(Prefix)] == Prefix
}

// take adds a sound frame.
func (r *Receiver) take(f frame) (Event, error) {
	if r.solver == nil {
		r.shape, r.solver = f.shape, newSolver(f.blocks)
	}
	for _, rule := range transferRules {
		if !rule.holds(r.shape, f.shape) {
			r.other(f.id)
			return Foreign, fmt.Errorf("it is %s, and this transfer is %s: %w", f.id, r.shape.id, ErrForeign)
		}
	}
	row := append(coefficients(f.shape, f.index), f.data...)
	switch e := r.solver.add(row); e {
	case Damaged:
		return Damaged, ErrConflict
	case Duplicate:
		return Duplicate, nil
	}
	f.data = bytes.Clone(f.data) // without the room that its text took
	r.frames = append(r.frames, f)
	if r.solver.rank < r.shape.blocks {
		return New, nil
	}
	if r.message, r.spoiled = r.finish(); r.spoiled != nil {
		return Spoiled, r.spoiled
	}
	return Done, nil
}

// A transferRule is something that frames of one transfer have in common.
type transferRule struct {
	id    string
	holds func(ours, theirs shape) bool
}

var transferRules = []transferRule{
	{"cut", shape.sameCut},
	{"id", func(ours, theirs shape) bool { return ours.id == theirs.id }},
}

func (r *Receiver) other(id ID) {
	if r.others == nil {
		r.others = map[ID]int{}
	}
	if _, known := r.others[id]; known || len(r.others) < maxOthers {
		r.others[id]++
	}
}

// finish puts the message together. What the id does not vouch for is refused.
func (r *Receiver) finish() (Message, error) {
	spoiled := func(err error) (Message, error) {
		return Message{}, fmt.Errorf("%w: %w; begin anew, and look for a second screen that shows codes", ErrSpoiled, err)
	}
	all := r.solver.join()
	packed := all[:r.shape.length]
	if !allZero(all[r.shape.length:]) {
		return spoiled(fmt.Errorf("bytes after the end"))
	}
	plain, err := unpack(packed)
	if err != nil {
		return spoiled(err)
	}
	for _, rule := range wholeRules {
		if err := rule.see(r.shape, plain, packed); err != nil {
			return spoiled(err)
		}
	}
	m, err := parseMessage(plain)
	if err != nil {
		return spoiled(err)
	}
	return m, nil
}

// A wholeRule is something that must hold of all frames together.
type wholeRule struct {
	id  string
	see func(s shape, plain, packed []byte) error
}

var wholeRules = []wholeRule{{"id", namedSo}}

// namedSo wants the id of the transfer to be that of these bytes.
func namedSo(s shape, plain, packed []byte) error {
	m := Message{plain: plain}
	if s.named(m.Digest(), packed).id != s.id {
		return fmt.Errorf("the id of the transfer is %s, and not of these bytes", s.id)
	}
	return nil
}

// Message returns what was received, once it is complete and fits its digest.
func (r *Receiver) Message() (Message, error) {
	switch {
	case r.spoiled != nil:
		return Message{}, r.spoiled
	case r.message.files == nil:
		return Message{}, fmt.Errorf("%d of %d: %w", len(r.frames), r.shape.blocks, ErrIncomplete)
	}
	return r.message, nil
}

// Digest is that of the message; zero before it is complete.
func (r *Receiver) Digest() digest.SHA256 {
	if r.message.files == nil {
		return digest.SHA256{}
	}
	return r.message.Digest()
}

// ID names the transfer; zero before the first frame.
func (r *Receiver) ID() ID { return r.shape.id }

// Others says how many frames of which other transfers were seen, so that
// people learn that a second screen is in view. It tells 16 of them apart.
func (r *Receiver) Others() map[ID]int {
	others := make(map[ID]int, len(r.others))
	for id, n := range r.others {
		others[id] = n
	}
	return others
}

// Progress says how far the transfer has come.
func (r *Receiver) Progress() Progress { return r.progress.with(r.solver) }

// with adds what the solver knows.
func (p Progress) with(s *solver) Progress {
	if s != nil {
		p.Have, p.Need, p.Parts = s.rank, s.k, append([]bool(nil), s.alone...)
	}
	return p
}
