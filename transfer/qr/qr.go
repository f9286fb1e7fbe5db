// Package qr carries named files across the gap as QR codes: one screen shows
// frames, a camera on the other side reads them, in any order and from any
// start, and what was lost costs no second round.
//
// Use [NewMessage] and [NewStream] on the side that sends, [Stream.Frame] for
// the text of each frame and [Bitmap] for its picture. On the side that
// receives every text goes into one [Receiver], whoever read it; when it is
// done, [Receiver.Message] has the files and [Message.Write] keeps them. People
// compare [Words] on both sides. UR and BBQr, which devices of others speak,
// are read and written too; they carry no digest, so that no step of a
// ceremony takes them.
//
// A code is seen by every camera in the room: nothing secret may be sent, and
// nothing that is received is believed before its digest fits.
package qr

import "errors"

// Limits of what is sent and of what is taken. A frame is held against them
// before anything is allocated for it.
const (
	MaxFiles  = 1025    // as many as a bundle can have, with its list
	MaxPlain  = 4 << 20 // bytes of a message, its list of files included
	MaxPacked = 1 << 20 // bytes of a message as it travels
	MaxRatio  = 50      // of plain to packed bytes
	MaxBlocks = 1024    // frames that a message is cut into
	MaxText   = 4296    // characters of one code: version 40, level L
)

// Errors that callers tell apart. None of them ends a transfer but ErrSpoiled.
var (
	// ErrNotFrame says that a code is none of this kind at all.
	ErrNotFrame = errors.New("not a frame of this kind")
	// ErrDamaged says that a frame is incomplete, misread or against a limit.
	ErrDamaged = errors.New("damaged frame")
	// ErrForeign says that a frame belongs to another transfer.
	ErrForeign = errors.New("frame of another transfer")
	// ErrConflict says that a frame contradicts those before it: somebody
	// else sends frames under the same id.
	ErrConflict = errors.New("frame contradicts those before it")
	// ErrSpoiled says that all frames are there and do not give what the
	// sender cut up. The transfer must begin anew.
	ErrSpoiled = errors.New("the frames do not fit their digest")
	// ErrIncomplete says that frames are missing.
	ErrIncomplete = errors.New("frames are missing")
	// ErrMessage says that files cannot be a message, or a message holds
	// what it may not.
	ErrMessage = errors.New("not a message")
	// ErrTooLarge says that something is above a limit.
	ErrTooLarge = errors.New("too large for QR codes")
	// ErrSecret says that a file looks like a private key.
	ErrSecret = errors.New("a private key is never shown as a code")
)

// An Event says what a text was for a receiver.
type Event int

// The events. Those that come with an error keep all that was received.
const (
	New       Event = iota // tells something that was not known
	Duplicate              // tells nothing new
	Foreign                // of another transfer, or no frame at all
	Damaged                // misread, against a limit, or contradicting
	Done                   // the last one that was needed: the message is there
	Spoiled                // all are there, and do not fit their digest
)

var eventNames = [...]string{"new", "duplicate", "foreign", "damaged", "done", "spoiled"}

// String names the event.
func (e Event) String() string {
	if e < 0 || int(e) >= len(eventNames) {
		return "unknown"
	}
	return eventNames[e]
}

// Progress says how far a transfer has come.
type Progress struct {
	Have, Need int    // frames that told something new, and that are needed; Need is 0 before the first
	Parts      []bool // of the message, in its order: which are known already

	Frames    int // of this transfer, whatever they told
	Duplicate int // of these, those that told nothing new
	Conflict  int // of these, those that contradict others
	Foreign   int // of other transfers, or no frames at all
	Damaged   int
}

// count books an event.
func (p *Progress) count(e Event, err error) (Event, error) {
	switch {
	case errors.Is(err, ErrConflict):
		p.Frames++
		p.Conflict++
	case e == Foreign:
		p.Foreign++
	case e == Damaged:
		p.Damaged++
	default:
		p.Frames++
		if e == Duplicate {
			p.Duplicate++
		}
	}
	return e, err
}
