package receive_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"image"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/durable"
	"github.com/keyceremony/ceremony/transfer/camera"
	"github.com/keyceremony/ceremony/transfer/qr"
	"github.com/keyceremony/ceremony/transfer/qr/scan"
	"github.com/keyceremony/ceremony/transfer/receive"
)

// A reel is a source of frames that a test made.
type reel struct {
	frames []camera.Frame
	errs   map[int]error
	at     int
}

func (r *reel) Next(ctx context.Context) (camera.Frame, error) {
	if err := ctx.Err(); err != nil {
		return camera.Frame{}, err
	}
	i := r.at
	r.at++
	if err := r.errs[i]; err != nil {
		return camera.Frame{}, err
	}
	if i >= len(r.frames) {
		return camera.Frame{}, io.EOF
	}
	return r.frames[i], nil
}

func (r *reel) Close() error { return nil }

// sent is a message and its stream in codes of version 10.
func sent(t testing.TB, size int) (qr.Message, *qr.Stream) {
	t.Helper()
	b := make([]byte, size)
	random := rand.New(rand.NewPCG(1, uint64(size)))
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	m, err := qr.NewMessage(map[string][]byte{"a.bin": b})
	if err != nil {
		t.Fatal(err)
	}
	s, _, err := qr.Fit(m, 10, qr.L)
	if err != nil {
		t.Fatal(err)
	}
	return m, s
}

// seen is a code as a camera may see it.
func seen(t testing.TB, text string) camera.Frame {
	t.Helper()
	code, err := qr.Bitmap(text, 10, qr.L)
	if err != nil {
		t.Fatal(err)
	}
	return camera.Frame{Image: scan.Gray(code.Image(4))}
}

func start(t testing.TB, keep receive.Keep) *receive.Receiving {
	t.Helper()
	r, err := receive.New(receive.KQ1, keep)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// TestFrom takes a message from pictures, one of which is spoiled and one of
// which has nothing, and from lines.
func TestFrom(t *testing.T) {
	m, s := sent(t, 700)
	pictures := &reel{errs: map[int]error{1: camera.ErrFrame}, frames: []camera.Frame{
		{Image: image.NewGray(image.Rect(0, 0, 100, 100))}, {}, seen(t, s.Frame(0)), seen(t, s.Frame(0)), seen(t, s.Frame(5)),
	}}
	r := start(t, receive.Keep{})
	var events []qr.Event
	problems := 0
	err := r.From(context.Background(), pictures, func(s receive.Seen) {
		for _, c := range s.Codes {
			events = append(events, c.Event)
			if c.Corners[2][0] < 100 {
				t.Errorf("a code lies at %v", c.Corners)
			}
		}
		if s.Problem != nil {
			problems++
		}
	})
	if !errors.Is(err, io.EOF) || problems != 1 || len(events) != 3 || events[1] != qr.Duplicate || r.Progress().Have != 2 {
		t.Fatalf("%v, %d problems, events %v, %d frames", err, problems, events, r.Progress().Have)
	}
	text := "noise\n\n" + s.Frame(1) + "\n" + strings.ToLower(s.Frame(2)) + "\n" + s.Frame(3) + "\n" + s.Frame(4) + "\nrest\n"
	in := bufio.NewReader(strings.NewReader(text))
	if err := r.From(context.Background(), camera.Lines(in), nil); err != nil || !r.Done() {
		t.Fatalf("%v, %+v", err, r.Progress())
	}
	if got, err := r.Message(); err != nil || got.Digest() != m.Digest() {
		t.Errorf("the message is another: %v", err)
	}
	if rest, _ := io.ReadAll(in); string(rest) == "" || !strings.HasSuffix(text, string(rest)) {
		t.Errorf("what is left of the lines is %q", rest)
	}
}

// TestKeep goes on after a crash in the middle of a line.
func TestKeep(t *testing.T) {
	m, s := sent(t, 700)
	path := t.TempDir() + "/kept"
	dir, err := durable.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	keep := receive.Keep{Folder: dir, Name: "transfer.txt"}
	first := start(t, keep)
	for _, i := range []int{4, 9} {
		if _, err := first.Take(context.Background(), camera.Frame{Text: s.Frame(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	tear(t, dir, keep.Name)
	second := start(t, keep)
	if p := second.Progress(); p.Have != 2 {
		t.Fatalf("%d frames came back", p.Have)
	}
	for i := 10; !second.Done(); i++ {
		if _, err := second.Take(context.Background(), camera.Frame{Text: s.Frame(i)}); err != nil {
			t.Fatal(err)
		}
	}
	third := start(t, keep)
	if got, err := third.Message(); err != nil || got.Digest() != m.Digest() || !third.Done() {
		t.Errorf("the whole message does not come back: %v", err)
	}
	if err := third.Anew(); err != nil || third.Done() || third.Progress().Have != 0 {
		t.Errorf("anew: %v, %+v", err, third.Progress())
	}
	if b, err := dir.Read(keep.Name, 1<<20); err != nil || len(bytes.TrimSpace(b)) > 0 {
		t.Errorf("%d bytes are kept, %v", len(b), err)
	}
}

// TestTorn: whatever a crash left of the last line is cut off, and the lines
// before it stay.
func TestTorn(t *testing.T) {
	_, s := sent(t, 700)
	first, last := s.Frame(0)+"\n", s.Frame(1)
	for _, n := range []int{1, 2, 3, 4, len(last) - 1, len(last)} {
		dir, err := durable.Create(t.TempDir() + "/kept")
		if err != nil {
			t.Fatal(err)
		}
		if err := dir.WriteNew("transfer.txt", []byte(first+last[:n])); err != nil {
			t.Fatal(err)
		}
		r := start(t, receive.Keep{Folder: dir, Name: "transfer.txt"})
		if b, err := dir.Read("transfer.txt", 1<<20); err != nil || string(b) != first || r.Progress().Have != 1 {
			t.Errorf("%d characters: %d bytes are left of %d, %v", n, len(b), len(first), err)
		}
		if err := errors.Join(r.Close(), dir.Close()); err != nil {
			t.Error(err)
		}
	}
}

func tear(t *testing.T, dir *durable.Dir, name string) {
	t.Helper()
	a, err := dir.Append(name)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if err := a.Append([]byte("KQ1TORN")); err != nil {
		t.Fatal(err)
	}
}
