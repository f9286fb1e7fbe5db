package receive_test

import (
	"context"
	"io"
	"testing"

	"github.com/keyceremony/ceremony/transfer/camera"
	"github.com/keyceremony/ceremony/transfer/qr/scantest"
	"github.com/keyceremony/ceremony/transfer/receive"
)

// A screening is a film as a source: a camera that runs before a screen.
type screening struct {
	scantest.Film
	codes []scantest.Code
	at    int
}

func (s *screening) Next(ctx context.Context) (camera.Frame, error) {
	if s.at >= s.Pictures(len(s.codes)) {
		return camera.Frame{}, io.EOF
	}
	s.at++
	return camera.Frame{Number: s.at - 1, Image: s.Take(s.at-1, s.codes)}, ctx.Err()
}

func (s *screening) Close() error { return nil }

// TestFilm takes a message from a camera in a hand that comes in the middle of
// the stream, before a screen that changes 15 times a second. Some pictures have
// parts of two codes.
func TestFilm(t *testing.T) {
	m, s := sent(t, 700)
	film := scantest.Film{Shot: scantest.Typical(3), Shown: 15, Exposure: 20, Readout: 25, Unsteady: 1}
	film.Shot.Width, film.Shot.Height = 640, 480
	sees := &screening{Film: film}
	for i := range s.Blocks() + 2 {
		sees.codes = append(sees.codes, scantest.Of(s.Frame(s.Blocks()-2+i), 10))
	}
	r := start(t, receive.Keep{})
	if err := r.From(context.Background(), sees, nil); err != nil {
		t.Fatalf("%v, %+v", err, r.Progress())
	}
	if got, err := r.Message(); err != nil || got.Digest() != m.Digest() {
		t.Errorf("another message: %v", err)
	}
	if p := r.Progress(); p.Have != s.Blocks() || p.Duplicate == 0 || p.Damaged+p.Foreign+p.Conflict > 0 {
		t.Errorf("%+v", p)
	}
}
