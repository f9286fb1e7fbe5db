package audit

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/keyceremony/ceremony/durable"
)

// Errors that callers tell apart.
var (
	// ErrDamaged says that a whole line of a log is wrong. Nothing was changed.
	ErrDamaged = errors.New("log is damaged")
	// ErrNewer says that a later version of the program wrote a log.
	ErrNewer = errors.New("written by a later version of the program")
	// ErrNoRecords says that a log has no whole record: create it.
	ErrNoRecords = errors.New("log has no records")
	// ErrFull says that a log has reached its greatest size; only log.close fits.
	ErrFull = errors.New("log is full")
	// ErrClosed says that a log ends with log.close and takes no more records.
	ErrClosed = errors.New("log is closed")
)

// maxTorn is how much of a torn tail is kept, in bytes; in hex it is twice that.
const maxTorn = 16 << 10

// A Log is an append-only log that this process writes. One process writes to
// a folder at a time: hold the folder's lock.
type Log struct {
	state *reader
	side  string
	cer   string
	stamp func() Stamp
	file  *durable.Appender
	torn  []byte // what an interrupted first append left
}

// CreateLog begins a new log; its first record must be log.open. Side is
// "online" or "offline" and the name begins with it. A file of that name with
// a whole record in it gives [durable.ErrExists]; one without (the program was
// killed in its first append) is begun anew, with what it held in a record.
func CreateLog(d *durable.Dir, name, side, cer string, stamp func() Stamp) (*Log, error) {
	if LogSide(name) != side || side == "" {
		return nil, fmt.Errorf("%q is no name of a log of the %s side", name, side)
	}
	l := &Log{state: newReader(name), side: side, cer: cer, stamp: stamp}
	b, err := d.Read(name, MaxFile)
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return nil, err
	case bytes.IndexByte(b, '\n') >= 0:
		return nil, fmt.Errorf("log %s: %w", name, durable.ErrExists)
	case len(b) > 0:
		l.torn = b
		if err := d.Truncate(name, 0); err != nil {
			return nil, err
		}
	}
	l.file, err = d.Append(name)
	return l, err
}

// OpenLog replays a log and goes on with it. Bytes after the last line feed
// are an append that was interrupted and never acknowledged: they are cut off
// and kept in a log.recovered record, which is among the records returned. A
// whole line that is wrong gives [ErrDamaged], which names it, one of a
// later version of the program [ErrNewer], and nothing is changed. A log
// without a whole record gives [ErrNoRecords].
func OpenLog(d *durable.Dir, name string, stamp func() Stamp) (*Log, []Record, error) {
	b, err := d.Read(name, MaxFile)
	if err != nil {
		return nil, nil, err
	}
	end := bytes.LastIndexByte(b, '\n') + 1
	if end == 0 {
		return nil, nil, fmt.Errorf("%s: %w", name, ErrNoRecords)
	}
	l := &Log{state: newReader(name), stamp: stamp}
	records, err := l.replay(b[:end])
	if err != nil {
		return nil, nil, err
	}
	torn := b[end:]
	if len(torn) > 0 && l.state.closed {
		return nil, nil, fmt.Errorf("%s: bytes after log.close: %w", name, ErrDamaged)
	}
	if len(torn) > 0 {
		err = d.Truncate(name, int64(end))
	}
	if err == nil {
		l.file, err = d.Append(name)
	}
	if err != nil || len(torn) == 0 {
		return l, records, err
	}
	rec, err := l.recovered(torn)
	return l, append(records, rec), err
}

// replay reads whole lines into the log's state.
func (l *Log) replay(b []byte) ([]Record, error) {
	var records []Record
	for len(b) > 0 {
		n := bytes.IndexByte(b, '\n') + 1
		err := l.state.add(b[:n], func(r Record) error {
			records = append(records, r)
			return nil
		})
		if errors.Is(err, ErrNewer) {
			return nil, fmt.Errorf("%s: %w", l.state.name, err)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w: %w", l.state.name, ErrDamaged, err)
		}
		b = b[n:]
	}
	l.side, l.cer = l.state.last.Side, l.state.last.Cer
	if LogSide(l.state.name) != l.side {
		return nil, fmt.Errorf("%s: %w: it says that it is of the %s side", l.state.name, ErrDamaged, l.side)
	}
	return records, nil
}

// Append adds a record. It is durable when Append returns nil: written, synced
// and read back. After an error of the file the log is dead ([durable.ErrPoisoned]):
// open it again to see what became of the record. An entry that cannot be a
// record (a float in its data, too long, the wrong struct for its event) is
// refused before anything is written, and the log goes on.
func (l *Log) Append(e Entry) (Record, error) {
	rec, err := l.append(e)
	if err != nil || l.torn == nil {
		return rec, err
	}
	torn := l.torn
	l.torn = nil
	_, err = l.recovered(torn)
	return rec, err
}

func (l *Log) append(e Entry) (Record, error) {
	if l.state.closed {
		return Record{}, fmt.Errorf("%s: %w", l.state.name, ErrClosed)
	}
	line, err := encode(Record{
		V: Version, Seq: l.state.seq, Prev: l.state.sum, Side: l.side, Cer: l.cer, Stage: e.Stage,
		Stamp: l.stamp(), Actor: e.Actor, Ev: e.Ev, Step: e.Step, Key: e.Key,
	}, e.Data)
	if err != nil {
		return Record{}, err
	}
	// The close must always fit, so that what happened can be sealed.
	if e.Ev != EvClose && l.state.size+int64(len(line)) > MaxFile-MaxLine {
		return Record{}, fmt.Errorf("%s: %w", l.state.name, ErrFull)
	}
	rec, err := l.state.check(line)
	if err != nil {
		return Record{}, fmt.Errorf("%s: this %s cannot be a record: %w", l.state.name, e.Ev, err)
	}
	if err := l.file.Append(line); err != nil {
		return Record{}, err
	}
	l.state.take(line, rec)
	return rec, nil
}

func (l *Log) recovered(torn []byte) (Record, error) {
	return l.append(Entry{
		Stage: l.state.last.Stage,
		Ev:    EvRecovered,
		Data:  Recovered{Hex: hex.EncodeToString(torn[:min(len(torn), maxTorn)]), Bytes: len(torn)},
	})
}

// Head names the log up to its last record; Seq is -1 before the first.
func (l *Log) Head() Head { return l.state.head() }

// Side returns "online" or "offline".
func (l *Log) Side() string { return l.side }

// Name returns the log's file name.
func (l *Log) Name() string { return l.state.name }

// Close releases the file. It writes nothing: a log is closed for good by a
// log.close record.
func (l *Log) Close() error { return l.file.Close() }

// LogSide returns the side of a log by its file name: online.log, online.2.log,
// offline.log. It is "" for any other name.
func LogSide(name string) string {
	side, rest, ok := strings.Cut(name, ".")
	if !ok || (side != "online" && side != "offline") {
		return ""
	}
	if n, ok := strings.CutSuffix(rest, ".log"); rest != "log" && (!ok || !isOrdinal(n)) {
		return ""
	}
	return side
}

// isOrdinal says whether s counts logs of one side: 2, 3, … 99.
func isOrdinal(s string) bool {
	switch len(s) {
	case 1:
		return s >= "2" && s <= "9"
	case 2:
		return s[0] >= '1' && s[0] <= '9' && s[1] >= '0' && s[1] <= '9'
	}
	return false
}
