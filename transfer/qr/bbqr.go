package qr

import (
	"bytes"
	"compress/flate"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// BBQr is read and written for devices that speak nothing else
// (bbqr.org): a file cut into numbered parts, all of which are needed. It has
// no checksum: nothing vouches for what it carries.
//
//	B$, encoding, type, number of parts in base 36 (2), index (2), data
const (
	bbqrPrefix = "B$"
	bbqrHead   = 8
	// MaxBBQr is the number of parts that two digits of base 36 can count.
	MaxBBQr = 36*36 - 1
	// bbqrWindow is how far back a reader with little memory can look.
	bbqrWindow = 1 << 10
)

// The encodings of BBQr.
const (
	bbqrHex    = 'H'
	bbqrBase32 = '2'
	bbqrZlib   = 'Z' // Base32 of raw DEFLATE
)

// bbqrTypes are those that are published, but for programs.
const bbqrTypes = "PTJCUB"

// A BBQr is a file cut into parts.
type BBQr struct{ parts []string }

// NewBBQr cuts bytes so that each part has at most characters characters. The
// type is one of P, T, J (JSON), C (CBOR), U (text), B (any bytes).
func NewBBQr(payload []byte, fileType byte, characters int) (*BBQr, error) {
	if strings.IndexByte(bbqrTypes, fileType) < 0 || len(payload) == 0 || len(payload) > MaxPacked {
		return nil, fmt.Errorf("%d bytes of type %q, wanted 1 to %d of a type of %s: %w", len(payload), fileType, MaxPacked, bbqrTypes, ErrMessage)
	}
	squeezed, err := deflateSmall(payload)
	if err != nil {
		return nil, err
	}
	if len(squeezed) < len(payload) && len(payload) <= MaxRatio*len(squeezed) {
		return newBBQr(squeezed, bbqrZlib, fileType, characters)
	}
	return newBBQr(payload, bbqrBase32, fileType, characters)
}

func newBBQr(b []byte, encoding, fileType byte, characters int) (*BBQr, error) {
	text := base32Text.EncodeToString(b)
	room := min(characters, MaxText) - bbqrHead
	size := room - room%8
	if len(text) <= room {
		size = len(text)
	}
	if size < 1 || ceil(len(text), size) > MaxBBQr {
		return nil, fmt.Errorf("codes of %d characters are too small, wanted at most %d of them: %w", characters, MaxBBQr, ErrTooLarge)
	}
	n := ceil(len(text), size)
	// The last part may use the room that is no multiple of 8.
	if n > 1 && len(text)-(n-2)*size <= room {
		n--
	}
	s := &BBQr{}
	for i := range n {
		end := (i + 1) * size
		if i == n-1 {
			end = len(text)
		}
		s.parts = append(s.parts, fmt.Sprintf("%s%c%c%s%s%s", bbqrPrefix, encoding, fileType, base36(n), base36(i), text[i*size:end]))
	}
	return s, nil
}

func base36(n int) string {
	s := strings.ToUpper(strconv.FormatInt(int64(n), 36))
	return strings.Repeat("0", 2-len(s)) + s
}

// deflateSmall deflates so that a reader needs no more than 1 KiB of what came
// before: the standard library knows no window but its own, so that each KiB
// is deflated by itself.
func deflateSmall(plain []byte) ([]byte, error) {
	var all bytes.Buffer
	for at := 0; at < len(plain); at += bbqrWindow {
		end := min(at+bbqrWindow, len(plain))
		w, err := flate.NewWriter(&all, flate.BestCompression)
		if err != nil {
			return nil, fmt.Errorf("qr: internal error: %w", err)
		}
		if _, err := w.Write(plain[at:end]); err != nil {
			return nil, err
		}
		if end == len(plain) {
			err = w.Close()
		} else {
			err = w.Flush() // ends at a byte, without the mark of the end
		}
		if err != nil {
			return nil, err
		}
	}
	return all.Bytes(), nil
}

// Blocks is the number of parts, all of which are needed.
func (s *BBQr) Blocks() int { return len(s.parts) }

// Frame returns the text of part i; after the last they begin again.
func (s *BBQr) Frame(i int) string { return s.parts[i%len(s.parts)] }

// A bbqrPart is what one text says.
type bbqrPart struct {
	head  string // what all parts have in common
	total int
	index int
	size  int // characters
	data  []byte
}

// parseBBQr reads one text, in its one form.
func parseBBQr(text string) (bbqrPart, error) {
	if !strings.HasPrefix(text, bbqrPrefix) {
		return bbqrPart{}, ErrNotFrame
	}
	bad := func(format string, args ...any) (bbqrPart, error) {
		return bbqrPart{}, fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), ErrDamaged)
	}
	if len(text) <= bbqrHead || len(text) > MaxText {
		return bad("%d characters, wanted %d to %d", len(text), bbqrHead+1, MaxText)
	}
	if strings.IndexByte(bbqrTypes, text[3]) < 0 {
		return bad("type %s, wanted one of %s", show(text[3:4]), bbqrTypes)
	}
	total, err := parseBase36(text[4:6])
	index, err2 := parseBase36(text[6:8])
	if err != nil || err2 != nil || total < 1 || index >= total {
		return bad("part %s of %s", show(text[6:8]), show(text[4:6]))
	}
	p := bbqrPart{head: text[:6], total: total, index: index, size: len(text) - bbqrHead}
	if p.data, err = bbqrData(text[2], text[bbqrHead:]); err != nil {
		return bad("%v", err)
	}
	if index < total-1 && text[2] != bbqrHex && p.size%8 != 0 {
		return bad("%d characters of Base32 before the last part", p.size)
	}
	return p, nil
}

func parseBase36(s string) (int, error) {
	n, err := strconv.ParseUint(s, 36, 16)
	if err == nil && base36(int(n)) != s {
		err = fmt.Errorf("%s is not written in capitals", show(s))
	}
	return int(n), err
}

func bbqrData(encoding byte, s string) (b []byte, err error) {
	again := ""
	switch encoding {
	case bbqrHex:
		b, err = hex.DecodeString(s)
		again = strings.ToUpper(hex.EncodeToString(b))
	case bbqrBase32, bbqrZlib:
		b, err = base32Text.DecodeString(s)
		again = base32Text.EncodeToString(b)
	default:
		return nil, fmt.Errorf("encoding %q, wanted H, 2 or Z", encoding)
	}
	if err == nil && again != s {
		err = fmt.Errorf("data that is not in its one form")
	}
	return b, err
}

// A BBQrReceiver collects the parts of one file: that of the first part it
// gets. Its zero value is ready.
type BBQrReceiver struct {
	head     string
	parts    [][]byte
	size     int // characters of every part but the last; 0 where not known
	progress Progress
	payload  []byte
	done     bool
	spoiled  error
}

// Add takes the text of one code.
func (r *BBQrReceiver) Add(text string) (Event, error) {
	if r.spoiled != nil {
		return Spoiled, r.spoiled
	}
	text = Canonical(text)
	p, err := parseBBQr(text)
	switch {
	case err == nil:
		return r.progress.count(r.take(p))
	case strings.HasPrefix(text, bbqrPrefix):
		return r.progress.count(Damaged, err)
	}
	return r.progress.count(Foreign, err)
}

func (r *BBQrReceiver) take(p bbqrPart) (Event, error) {
	if p.index < p.total-1 && (p.total-1)*len(p.data) > MaxPacked || len(p.data) > MaxPacked {
		return Damaged, fmt.Errorf("%d parts of %d bytes, wanted at most %d: %w", p.total, len(p.data), MaxPacked, ErrDamaged)
	}
	if r.parts == nil {
		r.head, r.parts = p.head, make([][]byte, p.total)
	}
	if r.head != p.head {
		return Foreign, ErrForeign
	}
	if have := r.parts[p.index]; have != nil && bytes.Equal(have, p.data) {
		return Duplicate, nil
	} else if have != nil {
		// Nothing tells which of the two is the right one.
		r.spoiled = fmt.Errorf("%w: part %d was seen with two contents, and BBQr has no checksum; begin anew", ErrSpoiled, p.index+1)
		return Spoiled, r.spoiled
	}
	if err := r.fits(p); err != nil {
		return Damaged, err
	}
	r.parts[p.index] = p.data
	r.progress.Have++
	if r.progress.Have < p.total {
		return New, nil
	}
	if r.payload, r.spoiled = r.finish(); r.spoiled != nil {
		return Spoiled, r.spoiled
	}
	r.done = true
	return Done, nil
}

// fits wants that all parts have one size, but for the last, which may be
// smaller or use what is no multiple of 8.
func (r *BBQrReceiver) fits(p bbqrPart) error {
	last := p.index == p.total-1
	if !last && r.size == 0 {
		r.size = p.size
	}
	if !last && p.size != r.size || last && r.size > 0 && p.size >= r.size+8 {
		return fmt.Errorf("a part of %d characters among those of %d: %w", p.size, r.size, ErrConflict)
	}
	return nil
}

func (r *BBQrReceiver) finish() ([]byte, error) {
	all := bytes.Join(r.parts, nil)
	if len(all) > MaxPacked {
		return nil, fmt.Errorf("%w: %d bytes, wanted at most %d", ErrSpoiled, len(all), MaxPacked)
	}
	if r.head[2] != bbqrZlib {
		return all, nil
	}
	plain, err := unpack(all)
	if err != nil {
		return nil, fmt.Errorf("%w: %w; begin anew", ErrSpoiled, err)
	}
	return plain, nil
}

// Payload returns the bytes, once all are there. Nothing vouches for them.
func (r *BBQrReceiver) Payload() ([]byte, error) {
	if !r.done {
		return nil, orIncomplete(r.spoiled)
	}
	return r.payload, nil
}

// Progress says how far the transfer has come.
func (r *BBQrReceiver) Progress() Progress {
	p := r.progress
	p.Need, p.Parts = len(r.parts), make([]bool, len(r.parts))
	for i, part := range r.parts {
		p.Parts[i] = part != nil
	}
	return p
}
