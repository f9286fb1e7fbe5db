package qr

import (
	"bytes"
	"fmt"
	"slices"
)

// MaxState bounds what [ParseState] reads.
const MaxState = MaxBlocks * (MaxText + 1)

// MarshalText returns the frames that told something new, one on each line, in
// the order in which they came. So a state on disk is kept by appending lines,
// and is read by whoever reads frames. What was only counted is not kept.
func (r *Receiver) MarshalText() ([]byte, error) {
	var b bytes.Buffer
	for _, f := range r.frames {
		b.WriteString(f.text())
		b.WriteByte('\n')
	}
	return b.Bytes(), nil
}

// UnmarshalText reads what MarshalText wrote, and nothing else: every line
// must be a frame in its one form, of one transfer, that tells something new.
// A spoiled transfer comes back spoiled. After an error r is empty.
func (r *Receiver) UnmarshalText(text []byte) error {
	*r = Receiver{}
	err := r.replay(text)
	if err != nil {
		*r = Receiver{}
	}
	return err
}

func (r *Receiver) replay(text []byte) error {
	if len(text) > MaxState {
		return fmt.Errorf("a state of %d bytes, wanted at most %d: %w", len(text), MaxState, ErrTooLarge)
	}
	n := 0
	for line := range bytes.Lines(text) {
		n++
		body, ended := bytes.CutSuffix(line, []byte("\n"))
		if !ended {
			return fmt.Errorf("line %d of the state has no end: %w", n, ErrDamaged)
		}
		if Canonical(string(body)) != string(body) {
			return fmt.Errorf("line %d of the state is not written as this program writes it: %w", n, ErrDamaged)
		}
		e, err := r.Add(string(body))
		if !slices.Contains([]Event{New, Done, Spoiled}, e) || len(r.frames) != n {
			return fmt.Errorf("line %d of the state is %s: %w", n, e, orDamaged(err))
		}
	}
	return nil
}

func orDamaged(err error) error {
	if err == nil {
		return ErrDamaged
	}
	return err
}
