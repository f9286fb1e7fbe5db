package receive_test

import (
	"bytes"
	"context"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/draw"
	"path/filepath"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/durable"
	"github.com/keyceremony/ceremony/transfer/camera"
	"github.com/keyceremony/ceremony/transfer/qr"
	"github.com/keyceremony/ceremony/transfer/qr/scan"
	"github.com/keyceremony/ceremony/transfer/receive"
)

// beside puts pictures side by side.
func beside(frames ...camera.Frame) camera.Frame {
	width, height := 0, 0
	for _, f := range frames {
		width += f.Image.Rect.Dx()
		height = max(height, f.Image.Rect.Dy())
	}
	all, x := image.NewGray(image.Rect(0, 0, width, height)), 0
	for _, f := range frames {
		draw.Draw(all, image.Rect(x, 0, width, height), f.Image, image.Point{}, draw.Src)
		x += f.Image.Rect.Dx()
	}
	return camera.Frame{Image: all}
}

// TestSeveralInView: two codes of the transfer and one of another, at once.
func TestSeveralInView(t *testing.T) {
	_, s := sent(t, 700)
	_, other := sent(t, 710)
	r := start(t, receive.Keep{})
	if _, err := r.Take(context.Background(), seen(t, s.Frame(0))); err != nil {
		t.Fatal(err)
	}
	got, err := r.Take(context.Background(), beside(seen(t, s.Frame(1)), seen(t, other.Frame(0)), seen(t, s.Frame(2))))
	if err != nil || len(got.Codes) != 3 || got.Progress.Have != 3 || got.Advice != receive.Foreign {
		t.Fatalf("%v, %d codes, %d frames, advice %q", err, len(got.Codes), got.Progress.Have, got.Advice)
	}
	for _, c := range got.Codes {
		middle := (c.Corners[0][0] + c.Corners[2][0]) / 2 / float64(got.Frame.Image.Rect.Dx())
		if foreign := middle > 0.4 && middle < 0.6; foreign != (c.Event == qr.Foreign) || foreign != errors.Is(c.Err, qr.ErrForeign) {
			t.Errorf("the code at %.2f of the width is %s, %v", middle, c.Event, c.Err)
		}
	}
}

// TestAdvice: what is said after some pictures of a kind.
func TestAdvice(t *testing.T) {
	_, s := sent(t, 700)
	blank := image.NewGray(image.Rect(0, 0, 320, 240))
	light := image.NewGray(blank.Rect)
	for i := range light.Pix {
		light.Pix[i] = 120
	}
	for _, c := range []struct {
		what  string
		frame camera.Frame
		times int
		want  receive.Advice
	}{
		{"dark, for a moment", camera.Frame{Image: blank}, 5, receive.Fine},
		{"dark", camera.Frame{Image: blank}, 20, receive.Dark},
		{"no code", camera.Frame{Image: light}, 20, receive.NoCode},
		{"the same code", seen(t, s.Frame(0)), 5, receive.Fine},
		{"the same code for long", seen(t, s.Frame(0)), 70, receive.Nothing},
		{"another code", camera.Frame{Text: "https://example.com"}, 1, receive.Foreign},
		{"the same line for long", camera.Frame{Text: s.Frame(0)}, 70, receive.Fine},
	} {
		r := start(t, receive.Keep{})
		var got receive.Seen
		for range c.times {
			var err error
			if got, err = r.Take(context.Background(), c.frame); err != nil {
				t.Fatal(err)
			}
		}
		if got.Advice != c.want || (got.Advice.String() == "") != (c.want == receive.Fine) {
			t.Errorf("%s: %q, wanted %q", c.what, got.Advice, c.want)
		}
	}
}

// TestBadPictures spoil themselves alone: one that is too large, one on which
// the reader fails, and one after the time was up.
func TestBadPictures(t *testing.T) {
	_, s := sent(t, 700)
	r := start(t, receive.Keep{})
	for what, img := range map[string]*image.Gray{
		"too large": {Stride: 1 << 20, Rect: image.Rect(0, 0, 1<<20, 1<<20)},
		"hollow":    {Stride: 100, Rect: image.Rect(0, 0, 100, 100)},
	} {
		got, err := r.Take(context.Background(), camera.Frame{Image: img})
		if !errors.Is(err, camera.ErrFrame) || !errors.Is(got.Problem, camera.ErrFrame) {
			t.Errorf("%s: %v, %v", what, err, got.Problem)
		}
		if what == "too large" && !errors.Is(err, scan.ErrTooLarge) {
			t.Errorf("%s: %v", what, err)
		}
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := r.Take(gone, seen(t, s.Frame(0))); !errors.Is(err, context.Canceled) {
		t.Errorf("nobody waits any more: %v", err)
	}
	if got, err := r.Take(context.Background(), seen(t, s.Frame(1))); err != nil || got.Progress.Have != 1 {
		t.Errorf("afterwards: %v, %+v", err, got.Progress)
	}
}

// forged is a frame with another block under the same id.
func forged(t *testing.T, text string) camera.Frame {
	t.Helper()
	b, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.TrimPrefix(text, qr.Prefix))
	if err != nil {
		t.Fatal(err)
	}
	n := len(b) - 4
	b[n-1] ^= 1
	binary.BigEndian.PutUint32(b[n:], crc32.Checksum(b[:n], crc32.MakeTable(crc32.Castagnoli)))
	return camera.Frame{Text: qr.Prefix + base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b)}
}

// TestSpoiled: somebody else shows frames under the same id. Nothing is
// delivered until it begins anew.
func TestSpoiled(t *testing.T) {
	m, s := sent(t, 700)
	dir, err := durable.Create(filepath.Join(t.TempDir(), "kept"))
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	keep := receive.Keep{Folder: dir, Name: "transfer.txt"}
	frames := []camera.Frame{forged(t, s.Frame(0))}
	for i := range s.Blocks() - 1 {
		frames = append(frames, camera.Frame{Text: s.Frame(i + 1)})
	}
	r := start(t, keep)
	if err := r.From(context.Background(), &reel{frames: frames}, nil); !errors.Is(err, qr.ErrSpoiled) || r.Done() {
		t.Fatalf("%v", err)
	}
	if _, err := r.Message(); !errors.Is(err, qr.ErrSpoiled) {
		t.Errorf("there is a message: %v", err)
	}
	if err := r.Anew(); err != nil {
		t.Fatal(err)
	}
	for i := s.Blocks(); !r.Done(); i++ {
		if _, err := r.Take(context.Background(), camera.Frame{Text: s.Frame(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := r.Message(); err != nil || got.Digest() != m.Digest() {
		t.Error(err)
	}
}

// TestKeptWrong: what is kept and does not hold is left as it is, and can begin
// anew.
func TestKeptWrong(t *testing.T) {
	_, s := sent(t, 700)
	_, other := sent(t, 710)
	for what, c := range map[string]struct {
		kept string
		want error
	}{
		"noise":            {"noise\n", qr.ErrDamaged},
		"damaged":          {s.Frame(0)[:40] + "\n", qr.ErrDamaged},
		"two transfers":    {s.Frame(0) + "\n" + other.Frame(1) + "\n", qr.ErrForeign},
		"a line too often": {s.Frame(0) + "\n" + s.Frame(0) + "\n", qr.ErrDamaged},
		"a PIN":            {"4711-0815", qr.ErrDamaged},
		"a text":           {"KQ1 is not all that stands here", qr.ErrDamaged},
		"a long line":      {qr.Prefix + strings.Repeat("A", qr.MaxText), qr.ErrDamaged},
		"another end":      {s.Frame(0) + "\nprecious", qr.ErrDamaged},
		"too large":        {strings.Repeat("A", qr.MaxState+1), qr.ErrTooLarge},
		"torn, and noise":  {"noise\nKQ1A", qr.ErrDamaged},
	} {
		dir, err := durable.Create(filepath.Join(t.TempDir(), "kept"))
		if err != nil {
			t.Fatal(err)
		}
		if err := dir.WriteNew("transfer.txt", []byte(c.kept)); err != nil {
			t.Fatal(err)
		}
		r, err := receive.New(receive.KQ1, receive.Keep{Folder: dir, Name: "transfer.txt"})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, wanted %v", what, err, c.want)
		}
		if b, err := dir.Read("transfer.txt", qr.MaxState+1); err != nil || string(b) != c.kept {
			t.Errorf("%s: %d of %d bytes are left, %v", what, len(b), len(c.kept), err)
		}
		if err := r.Anew(); err != nil || r.Progress().Have != 0 {
			t.Errorf("%s: anew: %v", what, err)
		}
		if got, err := r.Take(context.Background(), camera.Frame{Text: other.Frame(0)}); err != nil || got.Progress.Have != 1 {
			t.Errorf("%s: afterwards: %v", what, err)
		}
		if err := errors.Join(r.Close(), dir.Close()); err != nil {
			t.Error(err)
		}
	}
}

// TestOthers: UR and BBQr come too, have no message, and are not kept.
func TestOthers(t *testing.T) {
	payload := []byte(strings.Repeat("one two three ", 40))
	u, err := qr.NewUR(payload, 200)
	if err != nil {
		t.Fatal(err)
	}
	b, err := qr.NewBBQr(payload, 'U', 60)
	if err != nil {
		t.Fatal(err)
	}
	for f, sender := range map[receive.Format]interface{ Frame(int) string }{receive.UR: u, receive.BBQr: b} {
		r, err := receive.New(f, receive.Keep{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Payload(); !errors.Is(err, qr.ErrIncomplete) {
			t.Errorf("%s: %v", f, err)
		}
		for i := 0; !r.Done(); i++ {
			if _, err := r.Take(context.Background(), camera.Frame{Text: sender.Frame(i)}); err != nil {
				t.Fatal(f, err)
			}
		}
		if got, err := r.Payload(); err != nil || !bytes.Equal(got, payload) {
			t.Errorf("%s: %v", f, err)
		}
		if _, err := r.Message(); !errors.Is(err, receive.ErrFormat) {
			t.Errorf("%s: %v", f, err)
		}
		if _, err := receive.New(f, receive.Keep{Folder: new(durable.Dir)}); !errors.Is(err, receive.ErrFormat) {
			t.Errorf("%s is kept: %v", f, err)
		}
	}
	if _, err := receive.New("qrs", receive.Keep{}); !errors.Is(err, receive.ErrFormat) {
		t.Error(err)
	}
	if _, err := start(t, receive.Keep{}).Payload(); !errors.Is(err, receive.ErrFormat) {
		t.Error(err)
	}
}

// TestReaderFails: a picture on which the reader of codes panics spoils itself
// alone.
func TestReaderFails(t *testing.T) {
	lies := &image.Gray{Pix: make([]byte, 10), Stride: 200, Rect: image.Rect(0, 0, 100, 100)}
	r := start(t, receive.Keep{})
	if _, err := r.Take(context.Background(), camera.Frame{Image: lies}); !errors.Is(err, camera.ErrFrame) {
		t.Errorf("%v", err)
	}
}
