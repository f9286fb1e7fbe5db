package qr

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"
)

// URs are read and written for devices and tools that speak nothing else
// (BCR-2020-005, BCR-2024-001): of type bytes alone, in one part or many. They
// carry no name, and nothing but CRC-32 vouches for them.
const (
	urScheme = "ur:"
	urBytes  = "ur:bytes/"
)

// A UR is bytes cut into parts: the fragments first, then sums of them without
// end.
type UR struct {
	message   []byte // CBOR
	checksum  uint32
	fragments [][]byte
	degrees   sampler
}

// NewUR cuts bytes so that each part has at most characters characters.
func NewUR(payload []byte, characters int) (*UR, error) {
	// Scheme and type, two numbers, CBOR heads, CRC-32; two letters a byte.
	most := (min(characters, MaxText)-len(urBytes)-len("4294967295-1024/"))/2 - (1 + 5 + 3 + 5 + 5 + 3) - crc32.Size
	if most < minFragment {
		return nil, fmt.Errorf("%d characters are too few for a UR: %w", characters, ErrTooLarge)
	}
	return newUR(payload, most)
}

// minFragment is that of the reference.
const minFragment = 10

func newUR(payload []byte, most int) (*UR, error) {
	u := &UR{message: append(cborHead(cborBytes, uint64(len(payload))), payload...)}
	size := fragmentSize(len(u.message), minFragment, most)
	n := ceil(len(u.message), size)
	if len(payload) > MaxPacked || n > MaxBlocks {
		return nil, fmt.Errorf("%d bytes in %d parts, wanted at most %d in %d: %w", len(payload), n, MaxPacked, MaxBlocks, ErrTooLarge)
	}
	u.checksum = crc32.ChecksumIEEE(u.message)
	padded := append(u.message[:len(u.message):len(u.message)], make([]byte, n*size-len(u.message))...)
	for i := range n {
		u.fragments = append(u.fragments, padded[i*size:(i+1)*size])
	}
	u.degrees = degreeSampler(n)
	return u, nil
}

// fragmentSize is the size of the reference: as equal as it can be.
func fragmentSize(length, least, most int) int {
	size := length
	for n := 1; n <= max(1, length/least); n++ {
		if size = ceil(length, n); size <= most {
			break
		}
	}
	return size
}

// Blocks is how many parts a receiver needs at the least.
func (u *UR) Blocks() int { return len(u.fragments) }

// Frame returns the text of part i, from 0 on, in the capital letters that
// make small codes.
func (u *UR) Frame(i int) string { return strings.ToUpper(u.part(uint32(i + 1))) }

func (u *UR) part(number uint32) string {
	if len(u.fragments) == 1 {
		return urBytes + bytewords(u.message)
	}
	return fmt.Sprintf("%s%d-%d/%s", urBytes, number, len(u.fragments), bytewords(u.cbor(number)))
}

func (u *UR) cbor(number uint32) []byte {
	sum := make([]byte, len(u.fragments[0]))
	for _, i := range fragments(number, len(u.fragments), u.checksum, u.degrees) {
		addTimes(sum, u.fragments[i], 1)
	}
	return urPart{number: number, shape: urShape{len(u.fragments), len(u.message), u.checksum, len(sum)}, data: sum}.encode()
}

// A urShape is what all parts of one UR have in common.
type urShape struct {
	parts    int
	length   int
	checksum uint32
	fragment int
}

func (s urShape) ok() bool {
	return s.parts >= 1 && s.parts <= MaxBlocks && s.length >= 1 && s.length <= MaxPacked+9 &&
		(s.parts-1)*s.fragment < s.length && s.length <= s.parts*s.fragment
}

type urPart struct {
	number uint32
	shape  urShape
	data   []byte
}

func (p urPart) encode() []byte {
	b := cborHead(cborArray, 5)
	for _, n := range []uint64{uint64(p.number), uint64(p.shape.parts), uint64(p.shape.length), uint64(p.shape.checksum)} {
		b = append(b, cborHead(cborUint, n)...)
	}
	return append(append(b, cborHead(cborBytes, uint64(len(p.data)))...), p.data...)
}

// parseURPart reads the CBOR of one part, in its one form.
func parseURPart(b []byte) (urPart, error) {
	bad := fmt.Errorf("not the CBOR of a part: %w", ErrDamaged)
	major, n, b, ok := readHead(b)
	if !ok || major != cborArray || n != 5 {
		return urPart{}, bad
	}
	var numbers [4]uint64
	for i := range numbers {
		if major, numbers[i], b, ok = readHead(b); !ok || major != cborUint || numbers[i] > 1<<32-1 {
			return urPart{}, bad
		}
	}
	major, n, b, ok = readHead(b)
	if !ok || major != cborBytes || n != uint64(len(b)) {
		return urPart{}, bad
	}
	p := urPart{number: uint32(numbers[0]), data: b, shape: urShape{int(numbers[1]), int(numbers[2]), uint32(numbers[3]), len(b)}}
	if p.number == 0 || !p.shape.ok() {
		return urPart{}, fmt.Errorf("part %d of %d with %d of %d bytes: %w", p.number, p.shape.parts, len(b), p.shape.length, ErrDamaged)
	}
	return p, nil
}

// parseUR reads one text in small letters: a whole UR, or a part of one.
func parseUR(text string) (whole []byte, part urPart, err error) {
	if !strings.HasPrefix(text, urScheme) {
		return nil, urPart{}, ErrNotFrame
	}
	body, ok := strings.CutPrefix(text, urBytes)
	if !ok {
		kind, _, _ := strings.Cut(text[len(urScheme):], "/")
		return nil, urPart{}, fmt.Errorf("a UR of type %s, wanted bytes: %w", show(kind), ErrNotFrame)
	}
	if len(text) > MaxText {
		return nil, urPart{}, fmt.Errorf("%d characters, wanted at most %d: %w", len(text), MaxText, ErrDamaged)
	}
	place, words, many := strings.Cut(body, "/")
	if !many {
		whole, err = parseBytewords(body)
		return whole, urPart{}, err
	}
	b, err := parseBytewords(words)
	if err != nil {
		return nil, urPart{}, err
	}
	part, err = parseURPart(b)
	if err == nil && place != strconv.FormatUint(uint64(part.number), 10)+"-"+strconv.Itoa(part.shape.parts) {
		err = fmt.Errorf("says %s, and inside %d-%d: %w", show(place), part.number, part.shape.parts, ErrDamaged)
	}
	return nil, part, err
}

// A URReceiver collects the parts of one UR: that of the first part it gets.
// Its zero value is ready.
type URReceiver struct {
	shape    urShape
	solver   *solver
	degrees  sampler
	progress Progress
	payload  []byte
	done     bool
	spoiled  error
}

// Add takes the text of one code.
func (r *URReceiver) Add(text string) (Event, error) {
	if r.spoiled != nil {
		return Spoiled, r.spoiled
	}
	text = strings.ToLower(Canonical(text))
	whole, part, err := parseUR(text)
	switch {
	case err == nil && whole != nil:
		// A UR in one part is the only fragment of itself.
		part = urPart{1, urShape{1, len(whole), crc32.ChecksumIEEE(whole), len(whole)}, whole}
		return r.progress.count(r.take(part))
	case err == nil:
		return r.progress.count(r.take(part))
	case strings.HasPrefix(text, urBytes):
		return r.progress.count(Damaged, err)
	}
	return r.progress.count(Foreign, err)
}

func (r *URReceiver) take(p urPart) (Event, error) {
	if r.solver == nil {
		r.shape, r.solver, r.degrees = p.shape, newSolver(p.shape.parts), degreeSampler(p.shape.parts)
	}
	if r.shape != p.shape {
		return Foreign, ErrForeign
	}
	row := make([]byte, p.shape.parts, p.shape.parts+len(p.data))
	for _, i := range fragments(p.number, p.shape.parts, p.shape.checksum, r.degrees) {
		row[i] = 1
	}
	switch e := r.solver.add(append(row, p.data...)); {
	case e == Damaged:
		return Damaged, ErrConflict
	case e == Duplicate:
		return Duplicate, nil
	case r.solver.rank < r.shape.parts:
		return New, nil
	}
	if r.payload, r.spoiled = r.finish(); r.spoiled != nil {
		return Spoiled, r.spoiled
	}
	r.done = true
	return Done, nil
}

func (r *URReceiver) finish() ([]byte, error) {
	all := r.solver.join()
	message := all[:r.shape.length]
	if !allZero(all[r.shape.length:]) || crc32.ChecksumIEEE(message) != r.shape.checksum {
		return nil, fmt.Errorf("%w: the checksum differs; begin anew", ErrSpoiled)
	}
	major, n, rest, ok := readHead(message)
	if !ok || major != cborBytes || n != uint64(len(rest)) {
		return nil, fmt.Errorf("%w: it holds something else than bytes", ErrSpoiled)
	}
	return rest, nil
}

// Payload returns the bytes, once all are there. Nothing but CRC-32 vouches
// for them.
func (r *URReceiver) Payload() ([]byte, error) {
	if !r.done {
		return nil, orIncomplete(r.spoiled)
	}
	return r.payload, nil
}

func orIncomplete(err error) error {
	if err == nil {
		return ErrIncomplete
	}
	return err
}

// Progress says how far the transfer has come.
func (r *URReceiver) Progress() Progress { return r.progress.with(r.solver) }

// The major types of CBOR (RFC 8949) that a UR of type bytes has.
const (
	cborUint  = 0
	cborBytes = 2
	cborArray = 4
)

// cborHead writes a head in its shortest form.
func cborHead(major byte, n uint64) []byte {
	switch {
	case n < 24:
		return []byte{major<<5 | byte(n)}
	case n < 1<<8:
		return []byte{major<<5 | 24, byte(n)}
	case n < 1<<16:
		return binary.BigEndian.AppendUint16([]byte{major<<5 | 25}, uint16(n))
	case n < 1<<32:
		return binary.BigEndian.AppendUint32([]byte{major<<5 | 26}, uint32(n))
	}
	return binary.BigEndian.AppendUint64([]byte{major<<5 | 27}, n)
}

// readHead reads a head, in its shortest form alone.
func readHead(b []byte) (major byte, n uint64, rest []byte, ok bool) {
	if len(b) == 0 {
		return 0, 0, nil, false
	}
	size := 1
	switch short := b[0] & 31; {
	case short < 24:
		n = uint64(short)
	case short <= 27:
		if size += 1 << (short - 24); len(b) < size {
			return 0, 0, nil, false
		}
		for _, v := range b[1:size] {
			n = n<<8 | uint64(v)
		}
	}
	major = b[0] >> 5
	return major, n, b[size:], string(cborHead(major, n)) == string(b[:size])
}
