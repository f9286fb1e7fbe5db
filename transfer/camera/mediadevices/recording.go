package mediadevices

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"sync"
	"time"

	"github.com/pion/mediadevices/pkg/driver"
	"github.com/pion/mediadevices/pkg/io/video"
	"github.com/pion/mediadevices/pkg/prop"

	"github.com/keyceremony/ceremony/transfer/camera"
	"github.com/keyceremony/ceremony/transfer/qr/scan"
)

// silence is how long a camera may deliver nothing.
const silence = 5 * time.Second

// A recording is a camera that delivers. The library's Read waits without end,
// so that a goroutine of its own calls it, and keeps the newest picture.
type recording struct {
	close  func() error // of the driver; it takes one call alone
	newest chan *image.Gray
	stop   chan struct{} // closed by Close
	ended  chan struct{} // closed when nothing comes any more
	err    error         // why, once ended
	once   sync.Once
	number int
}

func record(d driver.Driver, p prop.Media) (*recording, error) {
	reader, err := d.(driver.VideoRecorder).VideoRecord(p)
	if err != nil { // the library has closed it, and would not survive another time
		return nil, refused(err)
	}
	r := &recording{
		close: sync.OnceValue(d.Close), newest: make(chan *image.Gray, 1),
		stop: make(chan struct{}), ended: make(chan struct{}),
	}
	go r.pump(reader)
	return r, nil
}

// pump reads pictures until the camera fails or Close is called. It closes the
// driver itself, just after a picture: under DirectShow the library hands
// pictures over through a channel that its Close closes, and one that is
// handed over at that moment would end the program.
func (r *recording) pump(reader video.Reader) {
	defer close(r.ended)
	for {
		img, release, err := reader.Read()
		if err != nil {
			r.err = err
			_ = r.close()
			return
		}
		grey := copied(img)
		release()
		select {
		case <-r.stop:
			_ = r.close()
			return
		case <-r.newest: // nobody fetched it
		default:
		}
		r.newest <- grey
	}
}

// copied is the grey of a picture whose memory is used again.
func copied(img image.Image) *image.Gray {
	from := scan.Gray(img)
	w, h := from.Rect.Dx(), from.Rect.Dy()
	to := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		copy(to.Pix[y*w:][:w], from.Pix[y*from.Stride:])
	}
	return to
}

// Next waits for the newest picture.
func (r *recording) Next(ctx context.Context) (camera.Frame, error) {
	patience, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	select {
	case <-r.stop:
		return camera.Frame{}, camera.ErrClosed
	case img := <-r.newest:
		r.number++
		return camera.Frame{Number: r.number - 1, Image: img}, nil
	case <-r.ended:
		return camera.Frame{}, gone(r.err)
	case <-patience.Done():
		if ctx.Err() != nil {
			return camera.Frame{}, ctx.Err()
		}
		return camera.Frame{}, camera.ErrSilent
	}
}

// gone says what the end of the pictures means.
func gone(err error) error {
	if err == nil {
		return camera.ErrClosed
	}
	if errors.Is(err, io.EOF) {
		return camera.ErrUnplugged
	}
	return fmt.Errorf("%w (%w)", camera.ErrUnplugged, err)
}

// Close ends the recording with the next picture, or without one when none
// comes: then the driver has none in its hands.
func (r *recording) Close() error {
	r.once.Do(func() { close(r.stop) })
	late := time.NewTimer(time.Second)
	defer late.Stop()
	select {
	case <-r.ended:
	case <-late.C:
	}
	return r.close()
}
