package audit

import (
	"errors"

	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/durable"
)

// Errors that callers tell apart.
var (
	// ErrDamaged says that a whole line of a log is wrong. Nothing was changed.
	ErrDamaged = errors.New("log is damaged")
	// ErrNoRecords says that a log has no whole record: create it.
	ErrNoRecords = errors.New("log has no records")
	// ErrFull says that a log has reached its greatest size.
	ErrFull = errors.New("log is full")
	// ErrClosed says that a log ends with log.close and takes no more records.
	ErrClosed = errors.New("log is closed")
)

// A Log is an append-only log that this process writes.
type Log struct{}

// CreateLog begins a new log.
func CreateLog(d *durable.Dir, name, side, cer string, stamp func() Stamp) (*Log, error) {
	return nil, errors.ErrUnsupported
}

// OpenLog replays a log and goes on with it.
func OpenLog(d *durable.Dir, name string, stamp func() Stamp) (*Log, []Record, error) {
	return nil, nil, errors.ErrUnsupported
}

// Append adds a record; it is durable when Append returns.
func (l *Log) Append(e Entry) (Record, error) { return Record{}, errors.ErrUnsupported }

// Head names the log up to its last record; Seq is -1 before the first.
func (l *Log) Head() Head { return Head{} }

// Side returns "online" or "offline".
func (l *Log) Side() string { return "" }

// Name returns the log's file name.
func (l *Log) Name() string { return "" }

// Close releases the file. It writes nothing.
func (l *Log) Close() error { return nil }

// A LineError says which line of a log is wrong, from 1, and why.
type LineError struct {
	Line int
	Why  string
}

func (e *LineError) Error() string { return e.Why }

// ReadLog reads a whole log strictly.
func ReadLog(b []byte, name string, each func(Record) error) (Head, error) {
	return Head{}, errors.ErrUnsupported
}

// HeadAt returns the SHA-256 of a log up to and including the record seq.
func HeadAt(b []byte, seq int) (digest.SHA256, error) {
	return digest.SHA256{}, errors.ErrUnsupported
}
