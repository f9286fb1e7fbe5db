package audit

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/keyceremony/ceremony/digest"
)

// A lineError says which line of a log is wrong, from 1, and why.
type lineError struct {
	Line int
	Why  string
	err  error // ErrNewer, or nil
}

func (e *lineError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Why) }

// Unwrap returns ErrNewer where that is what is wrong.
func (e *lineError) Unwrap() error { return e.err }

// ReadLog reads a whole log strictly: the form of every line, the chain of
// digests, log.open first and only first, nothing after log.close. It calls
// each, which may be nil, with every record in order and stops at its error.
// The error of a wrong line names it, and why. Name is the log's file name.
func ReadLog(b []byte, name string, each func(Record) error) (Head, error) {
	r := newReader(name)
	for len(b) > 0 {
		n := bytes.IndexByte(b, '\n') + 1
		if n == 0 {
			return r.head(), r.wrong("the line does not end: " + whyTorn)
		}
		if err := r.add(b[:n], each); err != nil {
			return r.head(), err
		}
		b = b[n:]
	}
	return r.head(), r.finish()
}

const whyTorn = "the log was cut while it was written"

// ReadLogFrom is ReadLog for a stream. It holds one line at a time: the Data of
// a record is valid only until each returns.
func ReadLogFrom(from io.Reader, name string, each func(Record) error) (Head, error) {
	l := NewLogReader(from, name)
	for {
		rec, err := l.Next()
		if err == nil && each != nil {
			err = each(rec)
		}
		switch {
		case err == io.EOF:
			return l.Head(), nil
		case err != nil:
			return l.Head(), err
		}
	}
}

// A LogReader reads a log as strictly as ReadLog, one record at each call: so
// several logs can be read side by side.
type LogReader struct {
	state *reader
	from  *bufio.Reader
	line  []byte
}

// NewLogReader begins to read a log. Name is its file name.
func NewLogReader(from io.Reader, name string) *LogReader {
	return &LogReader{state: newReader(name), from: bufio.NewReaderSize(from, MaxLine)}
}

// Next returns the next record, or io.EOF after the last. The Data of the
// record is valid until the next call. The error of a wrong line names it, and why.
func (l *LogReader) Next() (Record, error) {
	line, err := l.from.ReadSlice('\n')
	switch {
	case err == io.EOF && len(line) == 0:
		if err := l.state.finish(); err != nil {
			return Record{}, err
		}
		return Record{}, io.EOF
	case err == io.EOF:
		return Record{}, l.state.wrong("the line does not end: " + whyTorn)
	case errors.Is(err, bufio.ErrBufferFull):
		return Record{}, l.state.wrong(fmt.Sprintf("longer than %d bytes", MaxLine))
	case err != nil:
		return Record{}, err
	}
	l.line = line
	return l.state.next(line)
}

// Line is the line of the record that Next returned, without its line feed. It
// is valid until the next call of Next.
func (l *LogReader) Line() []byte { return bytes.TrimSuffix(l.line, []byte("\n")) }

// Head names the log up to the last record that was returned.
func (l *LogReader) Head() Head { return l.state.head() }

// A reader is the state between two lines.
type reader struct {
	name   string
	hash   hash.Hash
	sum    digest.SHA256 // of all lines so far
	size   int64
	seq    int // of the next record
	last   Record
	closed bool
}

func newReader(name string) *reader {
	return &reader{name: name, hash: sha256.New(), sum: digest.Of(nil)}
}

// head names the log up to the last record; Seq is -1 before the first.
func (r *reader) head() Head { return Head{Log: r.name, Seq: r.seq - 1, SHA256: r.sum} }

func (r *reader) wrong(why string) error { return &lineError{Line: r.seq + 1, Why: why} }

func (r *reader) finish() error {
	if r.seq == 0 {
		return &lineError{Line: 1, Why: "the log has no records"}
	}
	return nil
}

// add checks one line with its line feed, counts it and hands it on.
func (r *reader) add(line []byte, each func(Record) error) error {
	rec, err := r.next(line)
	if err != nil || each == nil {
		return err
	}
	return each(rec)
}

// next checks one line with its line feed and counts it.
func (r *reader) next(line []byte) (Record, error) {
	rec, err := r.check(line)
	if errors.Is(err, ErrNewer) {
		return Record{}, &lineError{Line: r.seq + 1, Why: err.Error(), err: ErrNewer}
	}
	if err != nil {
		return Record{}, r.wrong(err.Error())
	}
	r.take(line, rec)
	return rec, nil
}

// check reads a line against everything before it and changes nothing.
func (r *reader) check(line []byte) (Record, error) {
	if len(line) > MaxLine {
		return Record{}, fmt.Errorf("longer than %d bytes", MaxLine)
	}
	if r.size+int64(len(line)) > MaxFile {
		return Record{}, fmt.Errorf("the log is larger than %d bytes", MaxFile)
	}
	rec, err := parseLine(line, &r.last)
	if err != nil {
		return Record{}, err
	}
	return rec, r.follows(rec)
}

// take counts a line that check has found right.
func (r *reader) take(line []byte, rec Record) {
	r.hash.Write(line)
	r.hash.Sum(r.sum[:0])
	r.size += int64(len(line))
	r.seq++
	r.closed = rec.Ev == EvClose
	r.last = rec
}

// follows checks a record against those before it.
func (r *reader) follows(rec Record) error {
	switch {
	case rec.Seq != r.seq:
		return fmt.Errorf("seq is %d, not %d", rec.Seq, r.seq)
	case rec.Prev != r.sum:
		return errors.New("prev is not the SHA-256 of the lines before")
	case r.closed:
		return errors.New("a record after log.close")
	case (rec.Ev == EvOpen) != (r.seq == 0):
		return fmt.Errorf("%s is record %d; log.open is the first record and no other", rec.Ev, rec.Seq)
	case r.seq > 0 && rec.Cer != r.last.Cer:
		return errors.New("cer is not that of the first record")
	case r.seq > 0 && rec.Side != r.last.Side:
		return errors.New("side is not that of the first record")
	}
	return nil
}

// parseLine reads one line in its only form. Strings that are those of the
// record before are shared with it.
func parseLine(line []byte, last *Record) (Record, error) {
	s := &scanner{b: line, depth: 1}
	rec := Record{V: Version}
	steps := []func(*scanner, *Record, *Record) error{parsePlace, parseStamp, parseEvent, parseData}
	for _, step := range steps {
		if err := step(s, &rec, last); err != nil {
			return Record{}, err
		}
	}
	if s.i != len(line) {
		return Record{}, s.fail("something after the record")
	}
	return rec, nil
}

// parsePlace reads v to stage.
func parsePlace(s *scanner, rec, last *Record) error {
	if err := s.form(`{"v":`, "the record", Version); err != nil {
		return err
	}
	if err := s.lit(`,"seq":`); err != nil {
		return err
	}
	n, err := s.integer()
	if err != nil {
		return err
	}
	rec.Seq = int(n)
	if err := s.lit(`,"prev":`); err != nil {
		return err
	}
	hex, err := s.hex64()
	if err != nil {
		return err
	}
	if err := rec.Prev.UnmarshalText(hex); err != nil {
		return err
	}
	if err := s.text(`,"side":`, &rec.Side, last.Side); err != nil {
		return err
	}
	if rec.Side != "online" && rec.Side != "offline" {
		return s.fail("side is neither online nor offline")
	}
	if err := s.text(`,"cer":`, &rec.Cer, last.Cer); err != nil {
		return err
	}
	return s.text(`,"stage":`, &rec.Stage, last.Stage)
}

// parseStamp reads boot to clk.
func parseStamp(s *scanner, rec, last *Record) error {
	if err := s.text(`,"boot":`, &rec.Boot, last.Boot); err != nil {
		return err
	}
	if err := s.lit(`,"mono_ns":`); err != nil {
		return err
	}
	n, err := s.integer()
	if err != nil {
		return err
	}
	if rec.MonoNS = n; n < 0 {
		return s.fail("mono_ns is negative")
	}
	if err := s.lit(`,"wall":`); err != nil {
		return err
	}
	wall, err := s.str()
	if err != nil {
		return err
	}
	rec.Wall, err = time.Parse(wallLayout, string(wall))
	if err != nil || rec.Wall.Year() < 1 || rec.Wall.Format(wallLayout) != string(wall) {
		return s.fail("wall is not a UTC time to the second")
	}
	if err := s.text(`,"clk":{"src":`, &rec.Src, last.Src); err != nil {
		return err
	}
	return parseErrS(s, rec)
}

func parseErrS(s *scanner, rec *Record) error {
	if err := s.lit(`,"err_s":`); err != nil {
		return err
	}
	if s.peek() == 'n' {
		return s.lit("null}")
	}
	n, err := s.integer()
	if err != nil {
		return err
	}
	rec.ErrS = &n
	return s.lit("}")
}

// parseEvent reads actor to key.
func parseEvent(s *scanner, rec, last *Record) error {
	if err := s.lit(`,"actor":[`); err != nil {
		return err
	}
	for sep := ""; s.peek() != ']'; sep = "," {
		var actor, before string
		if i := len(rec.Actor); i < len(last.Actor) {
			before = last.Actor[i]
		}
		if err := s.text(sep, &actor, before); err != nil {
			return err
		}
		rec.Actor = append(rec.Actor, actor)
	}
	if err := s.text(`],"ev":`, &rec.Ev, last.Ev); err != nil {
		return err
	}
	if err := s.text(`,"step":`, &rec.Step, last.Step); err != nil {
		return err
	}
	return s.text(`,"key":`, &rec.Key, last.Key)
}

// parseData reads data in the shape of the event, and the end of the line.
func parseData(s *scanner, rec, _ *Record) error {
	sh := shapes[rec.Ev]
	if sh == nil {
		return s.fail("an event that this program does not know")
	}
	if err := s.lit(`,"data":`); err != nil {
		return err
	}
	if ahead := *s; rec.Ev == EvOpen { // a later form may have any members
		if err := ahead.form(`{"format":`, "log.open", OpenFormat); err != nil {
			return err
		}
	}
	start := s.i
	if err := s.value(sh); err != nil {
		return err
	}
	rec.Data = jsontext.Value(s.b[start:s.i:s.i])
	if err := s.lit("}\n"); err != nil || rec.Ev != EvOpen {
		return err
	}
	return checkOpen(rec)
}

// form takes a prefix and the number of a form, from 1 to what this program knows.
func (s *scanner) form(prefix, what string, known int64) error {
	if err := s.lit(prefix); err != nil {
		return err
	}
	n, err := s.integer()
	switch {
	case err != nil:
		return err
	case n > known:
		return fmt.Errorf("%s has form %d, and this program knows up to %d: %w; use that, or a later one", what, n, known, ErrNewer)
	case n < 1:
		return s.fail("wanted a form")
	}
	return nil
}

// checkOpen wants the number of a list of steps where the form has one.
func checkOpen(rec *Record) error {
	var o Open
	if err := rec.Decode(&o); err != nil {
		return err
	}
	if (o.Format > 1) != (o.Steps > 0) {
		return fmt.Errorf("log.open of form %d with the list of steps %d", o.Format, o.Steps)
	}
	return nil
}

// text takes a prefix and a string into to.
func (s *scanner) text(prefix string, to *string, before string) error {
	if err := s.lit(prefix); err != nil {
		return err
	}
	raw, err := s.str()
	if err != nil {
		return err
	}
	if string(raw) == before {
		*to = before
		return nil
	}
	*to, err = unquote(raw)
	return err
}
