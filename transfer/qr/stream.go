package qr

import (
	"fmt"

	"github.com/keyceremony/ceremony/digest"
)

// A Stream is a message cut into frames: first the blocks themselves, then
// sums of them without end. A receiver needs about as many frames as there
// are blocks, whichever they are. It is not changed by use: any number of
// goroutines may ask for frames.
type Stream struct {
	shape  shape
	digest digest.SHA256
	data   [][]byte
	write  func(frame) string
}

// NewStream packs a message and cuts it into equal blocks, so that a frame has
// at most characters characters (see [Capacity]).
func NewStream(m Message, characters int) (*Stream, error) {
	return newStream(m, characters, (min(characters, MaxText)-len(Prefix))*5/8, frame.text)
}

// newStream cuts a message for texts that hold so many bytes.
func newStream(m Message, characters, room int, write func(frame) string) (*Stream, error) {
	packed, err := pack(m.plain)
	if err != nil {
		return nil, err
	}
	most := room - headSize - checkSize
	if most < 1 {
		return nil, fmt.Errorf("%d characters are too few for a frame: %w", characters, ErrTooLarge)
	}
	s := shape{length: len(packed)}
	s.block = ceil(len(packed), ceil(len(packed), most))
	s.blocks = ceil(len(packed), s.block)
	if !s.ok() {
		return nil, fmt.Errorf("%d frames of %d characters, wanted at most %d frames; larger codes hold more: %w", s.blocks, characters, MaxBlocks, ErrTooLarge)
	}
	st := &Stream{shape: s.named(m.Digest(), packed), digest: m.Digest(), write: write}
	padded := append(packed, make([]byte, s.blocks*s.block-len(packed))...)
	for i := range s.blocks {
		st.data = append(st.data, padded[i*s.block:(i+1)*s.block])
	}
	return st, nil
}

func ceil(a, b int) int { return (a + b - 1) / b }

// ID names the transfer.
func (s *Stream) ID() ID { return s.shape.id }

// Digest is that of the message.
func (s *Stream) Digest() digest.SHA256 { return s.digest }

// Blocks is how many frames a receiver needs. A single one stands still: all
// frames are the same.
func (s *Stream) Blocks() int { return s.shape.blocks }

// Characters is the length of each frame's text.
func (s *Stream) Characters() int { return len(s.Frame(0)) }

// Frame returns the text of frame i, from 0 on without end; after 2^24 frames
// they begin again.
func (s *Stream) Frame(i int) string {
	f := frame{shape: s.shape, index: i & maxIndex, data: make([]byte, s.shape.block)}
	if s.shape.blocks == 1 {
		f.index = 0
	}
	for b, c := range coefficients(s.shape, f.index) {
		if c != 0 {
			addTimes(f.data, s.data[b], c)
		}
	}
	return s.write(f)
}

// Fit cuts a message for codes of at most this version, and says which version
// its frames need: one for all of them, so that a reader need not guess.
func Fit(m Message, most int, level Level) (s *Stream, version int, err error) {
	if s, err = NewStream(m, Capacity(most, level)); err != nil {
		return nil, 0, err
	}
	return s, VersionFor(s.Characters(), level), nil
}
