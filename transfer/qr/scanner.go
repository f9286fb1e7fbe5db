package qr

import "strings"

// A scanner that acts as a keyboard sends places of keys, and which letters come
// of them depends on the layout that the machine has set: of Base32, A, M, Q, W,
// Y, Z and the digits differ. The letters of ModHex are in the same places on
// every Latin keyboard, so that frames for scanners have no others.
const (
	scannerPrefix = "KNT"
	modHex        = "CBDEFGHIJKLNRTUV"
)

// MaxScanned is the largest version of codes for scanners: in one that is held
// by hand larger ones are seldom read.
const MaxScanned = 15

// FitScanner cuts a message for codes of at most this version, and at most
// MaxScanned, whose frames scanners can type. They hold less than those for
// cameras, and are meant to stand still.
func FitScanner(m Message, most int, level Level) (s *Stream, version int, err error) {
	characters := Capacity(min(most, MaxScanned), level)
	if s, err = newStream(m, characters, (characters-len(scannerPrefix))/2, frame.scanned); err != nil {
		return nil, 0, err
	}
	return s, VersionFor(s.Characters(), level), nil
}

// scanned is the frame for a scanner.
func (f frame) scanned() string {
	var b strings.Builder
	b.WriteString(scannerPrefix)
	for _, v := range f.bytes() {
		b.WriteByte(modHex[v>>4])
		b.WriteByte(modHex[v&15])
	}
	return b.String()
}

// typed makes of a frame for scanners the one for cameras that says the same.
// What was typed wrong becomes a frame that is damaged.
func typed(text string) string {
	letters, ok := strings.CutPrefix(text, scannerPrefix)
	if !ok || len(text) > MaxText {
		return text
	}
	b := make([]byte, len(letters)/2)
	for i := range b {
		high, low := strings.IndexByte(modHex, letters[2*i]), strings.IndexByte(modHex, letters[2*i+1])
		if high < 0 || low < 0 {
			return Prefix
		}
		b[i] = byte(high<<4 | low)
	}
	if len(letters)%2 != 0 {
		return Prefix
	}
	return Prefix + base32Text.EncodeToString(b)
}
