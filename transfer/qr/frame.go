package qr

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"strings"

	"github.com/keyceremony/ceremony/digest"
)

// Prefix begins every frame. The digit is the version of all that follows:
// layout, coefficients and form of a message.
const Prefix = "KQ1"

const (
	transferDomain    = "keyceremony qr transfer 1\x00"
	coefficientDomain = "keyceremony qr coefficients 1\x00"

	headSize  = 8 + 2 + 3 + 3
	checkSize = 4
	maxIndex  = 1<<24 - 1
)

var (
	base32Text = base32.StdEncoding.WithPadding(base32.NoPadding)
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
)

// An ID names a transfer. It is drawn from all that its frames must agree on,
// so that frames of two messages, or of one message cut differently, are never
// mixed.
type ID [8]byte

// String returns 16 hex digits.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// A shape is what all frames of a transfer have in common.
type shape struct {
	id     ID
	blocks int // k
	length int // bytes of the packed message
	block  int // bytes of one block
}

// ok tells whether a shape is within the limits and has no block too many.
func (s shape) ok() bool {
	return s.blocks >= 1 && s.blocks <= MaxBlocks && s.length >= 1 && s.length <= MaxPacked &&
		(s.blocks-1)*s.block < s.length && s.length <= s.blocks*s.block
}

// named gives a shape the id that it must have: it binds the message, the
// bytes that it was packed into, and how these are cut.
func (s shape) named(message digest.SHA256, packed []byte) shape {
	h := sha256.New()
	h.Write([]byte(transferDomain))
	h.Write(message[:])
	inside := sha256.Sum256(packed)
	h.Write(inside[:])
	for _, n := range []int{s.blocks, s.block, s.length} {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(n)))
	}
	s.id = ID(h.Sum(nil))
	return s
}

// A frame is the binary form of one code:
//
//	id 8, number of blocks 2, index 3, length of the packed message 3,
//	block, CRC-32C of all before it 4
type frame struct {
	shape
	index int
	data  []byte
}

func (f frame) text() string { return Prefix + base32Text.EncodeToString(f.bytes()) }

func (f frame) bytes() []byte {
	b := make([]byte, 0, headSize+len(f.data)+checkSize)
	b = append(b, f.id[:]...)
	b = binary.BigEndian.AppendUint16(b, uint16(f.blocks))
	b = append(b, byte(f.index>>16), byte(f.index>>8), byte(f.index))
	b = append(b, byte(f.length>>16), byte(f.length>>8), byte(f.length))
	b = append(b, f.data...)
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// parseFrame reads one text. Nothing is allocated but the bytes of the text
// itself, and what it takes is written back to the same characters.
func parseFrame(text string) (frame, error) {
	body, ok := strings.CutPrefix(text, Prefix)
	if !ok {
		return frame{}, ErrNotFrame
	}
	if len(text) > MaxText {
		return frame{}, fmt.Errorf("%d characters, wanted at most %d: %w", len(text), MaxText, ErrDamaged)
	}
	b, err := base32Text.DecodeString(body)
	// The decoder passes over line ends and bits that say nothing.
	if err != nil || base32Text.EncodeToString(b) != body {
		return frame{}, fmt.Errorf("no Base32: %w", ErrDamaged)
	}
	n := len(b) - checkSize
	if n <= headSize {
		return frame{}, fmt.Errorf("%d bytes, wanted more than %d: %w", len(b), headSize+checkSize, ErrDamaged)
	}
	f := frame{index: int(b[10])<<16 | int(b[11])<<8 | int(b[12]), data: b[headSize:n]}
	f.shape = shape{id: ID(b), blocks: int(binary.BigEndian.Uint16(b[8:])), length: int(b[13])<<16 | int(b[14])<<8 | int(b[15]), block: n - headSize}
	for _, r := range frameRules {
		if err := r.see(f, b); err != nil {
			return frame{}, fmt.Errorf("%w: %w", err, ErrDamaged)
		}
	}
	return f, nil
}

// A frameRule is something that must hold of a frame that could be read,
// before anything is made for it.
type frameRule struct {
	id  string
	see func(f frame, b []byte) error
}

var frameRules = []frameRule{{"checksum", sameChecksum}, {"limits", inLimits}}

func sameChecksum(_ frame, b []byte) error {
	if n := len(b) - checkSize; crc32.Checksum(b[:n], castagnoli) != binary.BigEndian.Uint32(b[n:]) {
		return errors.New("its checksum differs")
	}
	return nil
}

func inLimits(f frame, _ []byte) error {
	if !f.ok() || f.blocks == 1 && f.index != 0 {
		return fmt.Errorf("%d blocks of %d bytes for %d, index %d", f.blocks, f.block, f.length, f.index)
	}
	return nil
}

// coefficients says which sum of the blocks a frame carries: the first k are
// the blocks themselves, all others are random sums. They are drawn from id
// and index alone, so that nobody can choose them.
func coefficients(s shape, index int) []byte {
	c := make([]byte, s.blocks)
	if index < s.blocks {
		c[index] = 1
		return c
	}
	h := sha256.New()
	h.Write([]byte(coefficientDomain))
	h.Write(s.id[:])
	h.Write(binary.BigEndian.AppendUint32(nil, uint32(index)))
	_, _ = rand.NewChaCha8([32]byte(h.Sum(nil))).Read(c) // never fails
	for i, v := range c {
		c[i] = max(v, 1)
	}
	return c
}

// Canonical brings a text into the form in which a camera reads it: scanners add
// line ends, an AIM identifier and the other case, and have frames of their own.
func Canonical(text string) string {
	text = strings.Trim(text, " \t\r\n\x1d")
	if len(text) > 3 && text[0] == ']' && text[1] == 'Q' {
		text = text[3:]
	}
	return typed(strings.ToUpper(text))
}

// sameCut tells whether two transfers are cut alike: into as many blocks, as
// large.
func (s shape) sameCut(o shape) bool {
	return s.blocks == o.blocks && s.length == o.length && s.block == o.block
}
