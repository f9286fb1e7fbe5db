package qr

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
)

// crossing sends frames from start on, each lost with the given odds, until
// the receiver is done.
func crossing(t testing.TB, r *rand.Rand, s *Stream, start int, loss float64) *Receiver {
	t.Helper()
	var in Receiver
	for i := start; ; i++ {
		if r.Float64() < loss {
			continue
		}
		e, err := in.Add(s.Frame(i))
		if err != nil {
			t.Fatalf("frame %d of %d: %s, %v", i, s.Blocks(), e, err)
		}
		if e == Done {
			return &in
		}
	}
}

func TestStream(t *testing.T) {
	r := seeded(2)
	for _, version := range []int{5, 10, 25, 40} {
		for _, size := range []int{1, 100, 4113, 20_000} {
			m := message(t, map[string][]byte{"key.byok": noise(r, size), "key.kcv": []byte("123456\n")})
			s := stream(t, m, Capacity(version, L))
			in := crossing(t, r, s, r.IntN(1000), .3)
			got, err := in.Message()
			if err != nil || !maps.EqualFunc(got.Files(), m.Files(), bytes.Equal) || in.Digest() != s.Digest() || in.ID() != s.ID() {
				t.Errorf("version %d, %d bytes: %v", version, size, err)
			}
			p := in.Progress()
			if p.Have != s.Blocks() || p.Need != s.Blocks() || len(p.Parts) != s.Blocks() {
				t.Errorf("version %d, %d bytes: %+v", version, size, p)
			}
			if n := s.Characters(); n > Capacity(version, L) || len(s.Frame(1<<20)) != n {
				t.Errorf("version %d, %d bytes: a frame has %d characters", version, size, n)
			}
		}
	}
}

// A frame is so on every machine and in every version of this program: what
// was begun by one can be read by another.
func TestFrameForm(t *testing.T) {
	s := stream(t, message(t, map[string][]byte{"a.txt": []byte("hello, hello, hello")}), 60)
	const (
		first = "KQ1SZENW6VDOOUQ4AACAAAAAAAADNRGAZCN2QV2SKDBMBQBBTSIG6O27VQ"
		coded = "KQ1SZENW6VDOOUQ4AACAAB6QAAADOMIAXQVCTVH6H5S37PZY4GAT47FAKQ"
	)
	if got := s.Frame(0); got != first {
		t.Errorf("frame 0 is\n%s, wanted\n%s", got, first)
	}
	if got := s.Frame(1000); got != coded {
		t.Errorf("frame 1000 is\n%s, wanted\n%s", got, coded)
	}
	for _, c := range s.Frame(7) {
		if !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZ1234567", c) {
			t.Errorf("a frame has %q", c)
		}
	}
}

// Fit finds the smallest code for all frames.
func TestFit(t *testing.T) {
	r := seeded(8)
	for _, c := range []struct{ size, most, version, blocks int }{{20, 25, 4, 1}, {800, 25, 21, 1}, {4113, 25, 24, 4}, {4113, 30, 29, 3}} {
		s, version, err := Fit(message(t, map[string][]byte{"a.bin": noise(r, c.size)}), c.most, L)
		if err != nil || version != c.version || s.Blocks() != c.blocks || s.Characters() > Capacity(version, L) || s.Characters() <= Capacity(version-1, L) {
			t.Errorf("%d bytes: %d frames of version %d, wanted %d of %d; %v", c.size, s.Blocks(), version, c.blocks, c.version, err)
		}
	}
	if _, _, err := Fit(message(t, map[string][]byte{"a.txt": nil}), 41, L); !errors.Is(err, ErrTooLarge) {
		t.Errorf("version 41: %v", err)
	}
}

func TestStreamRefuses(t *testing.T) {
	r := seeded(3)
	m := message(t, map[string][]byte{"a.bin": noise(r, 100_000)})
	for _, characters := range []int{-1, 0, 10, 35, 36, 150} {
		if _, err := NewStream(m, characters); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%d characters: %v", characters, err)
		}
	}
}

// A single frame stands still.
func TestOneFrame(t *testing.T) {
	s := stream(t, message(t, map[string][]byte{"a.txt": []byte("x")}), 4296)
	if s.Blocks() != 1 || s.Frame(0) != s.Frame(1) || s.Frame(0) != s.Frame(1<<24+5) {
		t.Error("the frames of one block differ")
	}
	var in Receiver
	if e, err := in.Add(s.Frame(9)); e != Done || err != nil {
		t.Errorf("%s, %v", e, err)
	}
	if e, err := in.Add(s.Frame(9)); e != Duplicate || err != nil {
		t.Errorf("again: %s, %v", e, err)
	}
}

// Frames begin again after 2^24.
func TestEndless(t *testing.T) {
	s := blocksOf(t, seeded(4), 3, 20)
	if s.Frame(maxIndex+1) != s.Frame(0) || s.Frame(maxIndex) == s.Frame(0) {
		t.Error("the index is not taken modulo 2^24")
	}
	var in Receiver
	for _, i := range []int{maxIndex - 1, maxIndex, 1 << 24} {
		if e, err := in.Add(s.Frame(i)); e != New && e != Done || err != nil {
			t.Errorf("frame %d: %s, %v", i, e, err)
		}
	}
}

// overhead is the mean of frames received over frames needed.
func overhead(t testing.TB, r *rand.Rand, streams []*Stream, loss float64) float64 {
	t.Helper()
	const runs = 4
	received, needed := 0, 0
	for _, s := range streams {
		for range runs {
			received += crossing(t, r, s, r.IntN(4*s.Blocks()), loss).Progress().Frames
			needed += s.Blocks()
		}
	}
	return float64(received) / float64(needed)
}

// several makes streams of k blocks, with coefficients of their own each.
func several(t testing.TB, r *rand.Rand, k, n int) (list []*Stream) {
	t.Helper()
	for range n {
		list = append(list, blocksOf(t, r, k, 24))
	}
	return list
}

const wantedOverhead = 1.01

// TestOverhead: what is received is nearly all that is needed, whatever was
// lost and wherever one began. BenchmarkOverhead has the whole table.
func TestOverhead(t *testing.T) {
	r := seeded(5)
	for _, k := range []int{1, 2, 3, 5, 8, 20, 80, 257} {
		streams := several(t, r, k, max(1, min(50, 200/k)))
		for _, loss := range []float64{0, .1, .3, .5, .7} {
			if got := overhead(t, r, streams, loss); got > wantedOverhead {
				t.Errorf("%d blocks at %.0f %% loss: %.4f, wanted at most %.2f", k, 100*loss, got, wantedOverhead)
			}
		}
	}
}

func TestMostBlocks(t *testing.T) {
	r := seeded(6)
	in := crossing(t, r, blocksOf(t, r, MaxBlocks, 24), 500, .3)
	if p := in.Progress(); float64(p.Frames) > wantedOverhead*float64(p.Need) {
		t.Errorf("%d frames for %d", p.Frames, p.Need)
	}
}

// Parts are known as they come, in whatever order.
func TestParts(t *testing.T) {
	s := blocksOf(t, seeded(7), 4, 30)
	var in Receiver
	for _, step := range []struct {
		frame int
		parts string
	}{{2, "..x."}, {100, "..x."}, {0, "x.x."}, {3, "xxxx"}} {
		if _, err := in.Add(s.Frame(step.frame)); err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, there := range in.Progress().Parts {
			got += map[bool]string{true: "x", false: "."}[there]
		}
		if got != step.parts {
			t.Errorf("after frame %d: %s, wanted %s", step.frame, got, step.parts)
		}
	}
	if got := fmt.Sprint(in.Progress()); got != "{4 4 [true true true true] 4 0 0 0 0}" {
		t.Error(got)
	}
}
