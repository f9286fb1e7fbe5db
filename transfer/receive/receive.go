// Package receive is the side that takes QR codes: it reads the pictures and
// lines of a source, keeps on the disk what told something, and has the message
// when all is there. The window and the terminal both use it.
//
// Make a [Receiving] with [New], feed it with [Receiving.From] from as many
// sources as it takes, one after the other, and take [Receiving.Message]. What
// was received is never lost by a frame, by a source that ends, or by a crash;
// a transfer that others spoiled is begun anew with [Receiving.Anew]. People
// still compare what was received: see qr.NewChallenge.
package receive

import (
	"context"
	"errors"
	"fmt"

	"github.com/keyceremony/ceremony/durable"
	"github.com/keyceremony/ceremony/transfer/camera"
	"github.com/keyceremony/ceremony/transfer/qr"
)

// A Format is a kind of frames.
type Format string

// The formats. UR and BBQr are for devices of others, and for one file without
// name and digest: no step of a ceremony takes them.
const (
	KQ1  Format = "kq1"
	UR   Format = "ur"
	BBQr Format = "bbqr"
)

// ErrFormat says that there is no such format.
var ErrFormat = errors.New("no format of QR codes")

// A collector takes texts of codes in one of the formats.
type collector interface {
	Add(text string) (qr.Event, error)
	Progress() qr.Progress
}

func newCollector(f Format) (collector, error) {
	switch f {
	case KQ1:
		return &qr.Receiver{}, nil
	case UR:
		return &qr.URReceiver{}, nil
	case BBQr:
		return &qr.BBQrReceiver{}, nil
	}
	return nil, fmt.Errorf("%s, wanted %s, %s or %s: %w", f, KQ1, UR, BBQr, ErrFormat)
}

// Keep is where what was received lies, so that it is there after a crash.
// Only KQ1 can be kept.
type Keep struct {
	Folder *durable.Dir // nil keeps nothing
	Name   string       // of the file
}

// A Receiving is one transfer on its way in. It is no place for several
// goroutines.
type Receiving struct {
	format    Format
	keep      Keep
	collector collector
	log       *durable.Appender // of keep; nil keeps nothing
	kept      int64             // bytes of keep that are on the disk
	behind    bool              // a write failed: catchUp comes before the next
	done      bool
	view      view
}

// New begins a transfer, or goes on with what keep has of it. What is kept and
// damaged or spoiled comes with an error that is qr.ErrDamaged, qr.ErrForeign,
// qr.ErrTooLarge or qr.ErrSpoiled, and with a Receiving all the same: Anew removes
// it.
func New(f Format, keep Keep) (*Receiving, error) {
	c, err := newCollector(f)
	if err != nil {
		return nil, err
	}
	r := &Receiving{format: f, keep: keep, collector: c}
	if keep.Folder == nil {
		return r, nil
	}
	if f != KQ1 {
		return nil, fmt.Errorf("what comes as %s cannot be kept: %w", f, ErrFormat)
	}
	return r, r.resume()
}

// From takes the frames of a source until the message is complete, and then
// returns nil. see is called after each frame, on the same goroutine; nil sees
// nothing. A source that ended before is io.EOF, and its error otherwise; what
// was received stays.
func (r *Receiving) From(ctx context.Context, s camera.Source, see func(Seen)) error {
	for !r.done {
		frame, err := s.Next(ctx)
		seen := Seen{Frame: frame, Problem: err, Progress: r.Progress()}
		if err != nil && !errors.Is(err, camera.ErrFrame) {
			return err
		}
		if err == nil {
			seen, err = r.Take(ctx, frame)
		}
		if see != nil {
			see(seen)
		}
		if err != nil && !errors.Is(err, camera.ErrFrame) {
			return err
		}
	}
	return nil
}

// Done tells whether the message is complete, and fits its digest where it has
// one.
func (r *Receiving) Done() bool { return r.done }

// Format is that of the frames.
func (r *Receiving) Format() Format { return r.format }

// Progress says how far the transfer has come.
func (r *Receiving) Progress() qr.Progress { return r.collector.Progress() }

// Message is what was received as KQ1. It is qr.ErrIncomplete before all is
// there.
func (r *Receiving) Message() (qr.Message, error) {
	own, ok := r.collector.(*qr.Receiver)
	if !ok {
		return qr.Message{}, fmt.Errorf("%s has no message: %w", r.format, ErrFormat)
	}
	return own.Message()
}

// Payload is what was received as UR or BBQr. Nothing vouches for it.
func (r *Receiving) Payload() ([]byte, error) {
	foreign, ok := r.collector.(interface{ Payload() ([]byte, error) })
	if !ok {
		return nil, fmt.Errorf("%s has files and no payload: %w", r.format, ErrFormat)
	}
	return foreign.Payload()
}

// Close closes what is kept. It stays on the disk.
func (r *Receiving) Close() error {
	if r.log == nil {
		return nil
	}
	err := r.log.Close()
	r.log = nil
	return err
}
