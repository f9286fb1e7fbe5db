package qr

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// base32Letters are those of a frame after its prefix (RFC 4648, table 3).
const base32Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

// MaxState bounds what [Receiver.UnmarshalText] reads.
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

// WholeLines returns what [Receiver.UnmarshalText] takes of a state on disk: all
// but a last line that was being written when the program stopped. An end that
// is no beginning of a frame is ErrDamaged: the file is somebody else's.
func WholeLines(text []byte) ([]byte, error) {
	end := bytes.LastIndexByte(text, '\n') + 1
	if torn := string(text[end:]); !beginsFrame(torn) {
		return nil, fmt.Errorf("the state ends in %d bytes that are no frame: %w", len(torn), ErrDamaged)
	}
	return text[:end], nil
}

// beginsFrame tells whether more characters can make a frame of a text.
func beginsFrame(text string) bool {
	if len(text) < len(Prefix) {
		return strings.HasPrefix(Prefix, text)
	}
	body, ok := strings.CutPrefix(text, Prefix)
	return ok && len(text) <= MaxText && strings.Trim(body, base32Letters) == ""
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
