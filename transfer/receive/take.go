package receive

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/keyceremony/ceremony/transfer/camera"
	"github.com/keyceremony/ceremony/transfer/qr"
	"github.com/keyceremony/ceremony/transfer/qr/scan"
)

// Limits of one picture: what it may have, and how long it is looked at.
const (
	MaxCodes = 4
	Patience = 2 * time.Second
)

// Seen says what a frame was.
type Seen struct {
	Frame    camera.Frame
	Codes    []Code
	Progress qr.Progress // after it
	Advice   Advice      // what people can do
	Problem  error       // why the frame could not be read; camera.ErrFrame
}

// A Code is what one code in a frame was.
type Code struct {
	Corners [4][2]float64 // in pixels: top left, top right, bottom right, bottom left; 0 for a line
	Event   qr.Event
	Err     error // why it was not taken
}

// Take takes one frame: it looks, and adds what was seen. An error that is
// camera.ErrFrame spoils the frame alone, and is the Problem of Seen too;
// qr.ErrSpoiled wants [Receiving.Anew]; any other is of the disk: the frame is
// taken all the same, and is kept with the next that can be.
func (r *Receiving) Take(ctx context.Context, f camera.Frame) (Seen, error) {
	looked, err := Look(ctx, f)
	if err != nil && !errors.Is(err, camera.ErrFrame) {
		return Seen{Frame: f, Progress: r.Progress(), Problem: err}, err
	}
	seen, stop := r.Add(looked)
	if stop == nil && !r.done {
		stop = err
	}
	return seen, stop
}

// A Looked is a frame and the codes that were read in it.
type Looked struct {
	Frame   camera.Frame
	Problem error // why it could not be read
	texts   []scan.Code
}

// Look reads the codes in a frame. It takes most of the time and needs no
// Receiving: a window calls it away from the thread that draws.
func Look(ctx context.Context, f camera.Frame) (Looked, error) {
	if f.Image == nil {
		return Looked{Frame: f, texts: []scan.Code{{Text: []byte(f.Text)}}}, nil
	}
	texts, err := look(ctx, f)
	return Looked{f, err, texts}, err
}

// Add takes what was read in a frame. Its errors are as those of Take, but for
// camera.ErrFrame.
func (r *Receiving) Add(l Looked) (seen Seen, err error) {
	seen = Seen{Frame: l.Frame, Problem: l.Problem}
	for _, text := range l.texts {
		code, stop := r.add(string(text.Text))
		code.Corners = text.Corners
		seen.Codes = append(seen.Codes, code)
		if err = stop; err != nil || r.done {
			break
		}
	}
	seen.Progress = r.Progress()
	seen.Advice = r.view.advise(seen)
	return seen, err
}

// look reads the codes in a picture, in bounded time. What was read before time
// was up counts.
func look(ctx context.Context, f camera.Frame) (codes []scan.Code, err error) {
	defer func() {
		if p := recover(); p != nil {
			codes, err = nil, fmt.Errorf("%w: the reader of codes failed on it", camera.ErrFrame)
		}
	}()
	limited, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	codes, err = scan.Decode(limited, f.Image, scan.Options{MaxCodes: MaxCodes})
	switch {
	case ctx.Err() != nil:
		return codes, ctx.Err()
	case errors.Is(err, context.DeadlineExceeded) && len(codes) > 0:
		return codes, nil
	case err != nil:
		return codes, fmt.Errorf("%w: %w", camera.ErrFrame, err)
	}
	return codes, nil
}

// add takes the text of one code. Only a spoiled transfer and the disk stop.
func (r *Receiving) add(text string) (code Code, stop error) {
	code.Event, code.Err = r.collector.Add(text)
	switch code.Event {
	case qr.Spoiled:
		return code, code.Err
	case qr.New, qr.Done:
		r.done = code.Event == qr.Done // whether or not it can be kept
		if err := r.note(text); err != nil {
			return code, err
		}
	}
	return code, nil
}
