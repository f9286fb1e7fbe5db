package qr

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"maps"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
)

// forge makes a frame with a right checksum.
func forge(id ID, k, index, length int, data []byte) string {
	return frame{shape: shape{id: id, blocks: k, length: length}, index: index, data: data}.text()
}

// reseal replaces the bytes of a frame and makes its checksum right again.
func reseal(t testing.TB, text string, change func([]byte) []byte) string {
	t.Helper()
	b, err := base32Text.DecodeString(strings.TrimPrefix(text, Prefix))
	if err != nil {
		t.Fatal(err)
	}
	b = change(b[:len(b)-checkSize])
	return Prefix + base32Text.EncodeToString(binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli)))
}

func TestEvents(t *testing.T) {
	r := seeded(10)
	ours, theirs := blocksOf(t, r, 3, 40), blocksOf(t, r, 3, 40)
	var in Receiver
	flipped := []byte(ours.Frame(1))
	flipped[20] ^= 1
	for _, c := range []struct {
		what, text string
		event      Event
		err        error
	}{
		{"nothing", "", Foreign, ErrNotFrame},
		{"another code", "https://example.com", Foreign, ErrNotFrame},
		{"the prefix alone", Prefix, Damaged, ErrDamaged},
		{"first", ours.Frame(0), New, nil},
		{"again", ours.Frame(0), Duplicate, nil},
		{"in the other case, as a scanner writes it", "]Q1" + strings.ToLower(ours.Frame(0)) + "\r\n", Duplicate, nil},
		{"of another transfer", theirs.Frame(1), Foreign, ErrForeign},
		{"misread", string(flipped), Damaged, ErrDamaged},
		{"cut", ours.Frame(1)[:60], Damaged, ErrDamaged},
		{"with a line end inside", ours.Frame(1)[:50] + "\n" + ours.Frame(1)[50:], Damaged, ErrDamaged},
		{"longer than a code", ours.Frame(1) + strings.Repeat("A", MaxText), Damaged, ErrDamaged},
		{"second", ours.Frame(77), New, nil},
		{"last", ours.Frame(2), Done, nil},
		{"more", ours.Frame(5), Duplicate, nil},
		{"of another transfer at the end", theirs.Frame(2), Foreign, ErrForeign},
	} {
		if e, err := in.Add(c.text); e != c.event || !errors.Is(err, c.err) || (err == nil) != (c.err == nil) {
			t.Errorf("%s: %s, %v; wanted %s, %v", c.what, e, err, c.event, c.err)
		}
	}
	p := in.Progress()
	if p.Frames != 6 || p.Duplicate != 3 || p.Foreign != 4 || p.Damaged != 5 || p.Conflict != 0 || in.Others()[theirs.ID()] != 2 {
		t.Errorf("counted %+v, others %v", p, in.Others())
	}
	if in.Digest() != ours.Digest() {
		t.Error("another digest")
	}
}

// Headers that lie cost nothing and change nothing.
func TestHostileHeaders(t *testing.T) {
	s := blocksOf(t, seeded(11), 3, 40)
	var in Receiver
	for _, c := range []struct {
		what string
		text string
	}{
		{"no blocks", forge(s.ID(), 0, 0, 100, make([]byte, 40))},
		{"65535 blocks", forge(s.ID(), 65535, 0, 16<<20-1, make([]byte, 2600))},
		{"1025 blocks", forge(s.ID(), 1025, 0, 1025*40, make([]byte, 40))},
		{"length 0", forge(s.ID(), 1, 0, 0, make([]byte, 40))},
		{"length above the blocks", forge(s.ID(), 3, 0, 121, make([]byte, 40))},
		{"a block too many", forge(s.ID(), 3, 0, 80, make([]byte, 40))},
		{"above 1 MiB", forge(s.ID(), 1024, 0, MaxPacked+1, make([]byte, 1025))},
		{"no block", forge(s.ID(), 1, 0, 1, nil)},
		{"one block, second frame", forge(s.ID(), 1, 1, 40, make([]byte, 40))},
		{"bits that say nothing", s.Frame(0)[:len(s.Frame(0))-1] + "7"},
	} {
		if e, err := in.Add(c.text); e != Damaged || !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %s, %v", c.what, e, err)
		}
	}
	if in.solver != nil || in.Progress().Damaged != 10 {
		t.Errorf("something was kept: %+v", in.Progress())
	}
}

// A first frame with the largest header costs its own size and the lists, not
// the message that it promises.
func TestMemoryOfOneFrame(t *testing.T) {
	hostile := forge(ID{1}, MaxBlocks, 3000, MaxPacked, make([]byte, 1024))
	var before, after runtime.MemStats
	const runs = 100
	runtime.ReadMemStats(&before)
	for range runs {
		var in Receiver
		if _, err := in.Add(hostile); err != nil {
			t.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	if size := (after.TotalAlloc - before.TotalAlloc) / runs; size > 64<<10 {
		t.Errorf("one frame makes %d bytes of garbage and state", size)
	}
}

// Frames under a copied id are noticed by the digest at the latest.
func TestCopiedID(t *testing.T) {
	r := seeded(12)
	s := blocksOf(t, r, 4, 40)
	bad := reseal(t, s.Frame(1), func(b []byte) []byte { b[headSize] ^= 1; return b })
	var early Receiver
	for i, text := range []string{bad, s.Frame(0), s.Frame(2)} {
		if e, err := early.Add(text); e != New || err != nil {
			t.Fatalf("%d: %s, %v", i, e, err)
		}
	}
	if e, err := early.Add(s.Frame(1)); e != Damaged || !errors.Is(err, ErrConflict) || early.Progress().Conflict != 1 {
		t.Errorf("the true frame after the false one: %s, %v", e, err)
	}
	e, err := early.Add(s.Frame(3))
	if e != Spoiled || !errors.Is(err, ErrSpoiled) || !strings.Contains(err.Error(), "second screen") {
		t.Errorf("at the end: %s, %v", e, err)
	}
	if _, err := early.Message(); !errors.Is(err, ErrSpoiled) {
		t.Errorf("there is a message: %v", err)
	}
	if e, err := early.Add(s.Frame(1)); e != Spoiled || !errors.Is(err, ErrSpoiled) {
		t.Errorf("after the end: %s, %v", e, err)
	}

	// A false frame that comes after the true ones is seen to be false.
	var late Receiver
	for i := range 3 {
		if _, err := late.Add(s.Frame(i)); err != nil {
			t.Fatal(err)
		}
	}
	if e, err := late.Add(bad); e != Damaged || !errors.Is(err, ErrConflict) {
		t.Errorf("the false frame after the true one: %s, %v", e, err)
	}
	if e, err := late.Add(s.Frame(50)); e != Done || err != nil {
		t.Errorf("at the end: %s, %v", e, err)
	}
}

// Other contents under ids that fit are still held against the rules.
func TestHostileContents(t *testing.T) {
	send := func(plain, packed []byte) (Event, error) {
		sh := shape{blocks: 1, block: len(packed), length: len(packed)}
		sh = sh.named(Message{plain: plain}.Digest(), packed)
		var in Receiver
		return in.Add(frame{shape: sh, data: packed}.text())
	}
	squeeze := func(plain []byte) []byte {
		b, err := deflate(plain, 9)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	good := message(t, map[string][]byte{"a.txt": []byte("x")}).plain
	if e, err := send(good, squeeze(good)); e != Done {
		t.Fatalf("%s, %v", e, err)
	}
	for what, plain := range map[string][]byte{
		"a path":        bytes.Replace(good, []byte("a.txt"), []byte("/.txt"), 1),
		"a bomb":        append(good, make([]byte, 1<<20)...),
		"no list":       []byte("hello"),
		"a byte beyond": append(good[:len(good):len(good)], 1),
	} {
		if e, err := send(plain, squeeze(plain)); e != Spoiled || !errors.Is(err, ErrSpoiled) {
			t.Errorf("%s: %s, %v", what, e, err)
		}
	}
	if e, err := send(good, []byte("\xff\xff\xff")); e != Spoiled {
		t.Errorf("no deflate: %s, %v", e, err)
	}
	if e, err := send(good, append(squeeze(good), 0)); e != Spoiled {
		t.Errorf("bytes after the end: %s, %v", e, err)
	}
}

func TestState(t *testing.T) {
	r := seeded(13)
	s := blocksOf(t, r, 20, 30)
	var in Receiver
	for i := 5; ; i += 1 + r.IntN(3) {
		before, err := in.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var resumed Receiver
		if err := resumed.UnmarshalText(before); err != nil {
			t.Fatal(err)
		}
		if got, want := resumed.Progress(), in.Progress(); got.Have != want.Have || got.Need != want.Need {
			t.Errorf("%+v comes back as %+v", want, got)
		}
		in = resumed
		e, err := in.Add(s.Frame(i))
		if err != nil {
			t.Fatal(err)
		}
		after, _ := in.MarshalText()
		if !bytes.HasPrefix(after, before) || e == New && bytes.Equal(after, before) {
			t.Fatal("a state is not the one before and a line more")
		}
		if e == Done {
			break
		}
	}
	text, _ := in.MarshalText()
	var done Receiver
	if err := done.UnmarshalText(text); err != nil || done.Digest() != s.Digest() {
		t.Errorf("a state that is done: %v", err)
	}
}

func TestStateRefuses(t *testing.T) {
	r := seeded(14)
	s, other := blocksOf(t, r, 5, 30), blocksOf(t, r, 5, 30)
	line := func(s *Stream, i int) string { return s.Frame(i) + "\n" }
	good := line(s, 0) + line(s, 7)
	for what, text := range map[string]string{
		"a line twice":         good + line(s, 0),
		"of another transfer":  good + line(other, 1),
		"an empty line":        good + "\n",
		"no end":               good + s.Frame(1),
		"other case":           strings.ToLower(good),
		"line ends of Windows": strings.ReplaceAll(good, "\n", "\r\n"),
		"a changed letter":     good[:50] + "2" + good[51:],
		"something else":       "hello\n",
		"too much":             strings.Repeat("x", MaxState+1),
		"after the end":        good + line(s, 1) + line(s, 2) + line(s, 3) + line(s, 9),
	} {
		in := Receiver{frames: make([]frame, 3)}
		if err := in.UnmarshalText([]byte(text)); err == nil || len(in.frames) != 0 {
			t.Errorf("%s: %v, %d frames", what, err, len(in.frames))
		}
	}
}

// TestHostileStreams sends each receiver what a room full of enemies could
// show: two transfers mixed, replayed, cut, corrupted, and forged under copied
// ids. No receiver may be done with anything but a message that was sent.
func TestHostileStreams(t *testing.T) {
	r := seeded(15)
	var pool []*Stream
	for range 100 {
		pool = append(pool, blocksOf(t, r, 1+r.IntN(6), 20+r.IntN(30)))
	}
	done, spoiled := 0, 0
	for range *soak {
		switch hostileStream(t, r, pool[r.IntN(len(pool))], pool[r.IntN(len(pool))]) {
		case Done:
			done++
		case Spoiled:
			spoiled++
		}
	}
	t.Logf("%d streams: %d done, %d spoiled", *soak, done, spoiled)
	if done < *soak/10 || spoiled < *soak/100 {
		t.Errorf("of %d streams %d were done and %d spoiled: this tries too little", *soak, done, spoiled)
	}
}

func hostileStream(t *testing.T, r *rand.Rand, sent ...*Stream) Event {
	evil := r.IntN(3) // of ten
	var in Receiver
	for range 30 {
		s := sent[min(1, r.IntN(8)/6)]
		text := s.Frame(r.IntN(3 * s.Blocks()))
		if r.IntN(10) < evil {
			text = corrupt(t, r, text, s.ID())
		}
		e, err := in.Add(text)
		if e == Spoiled {
			if !errors.Is(err, ErrSpoiled) {
				t.Errorf("spoiled: %v", err)
			}
			return e
		}
		if e == Done {
			m, err := in.Message()
			if err != nil || m.Digest() != sent[0].Digest() && m.Digest() != sent[1].Digest() {
				t.Fatalf("a wrong message: %v, %q", err, m.Files())
			}
			return e
		}
	}
	return New
}

// corrupt does to a frame one of the things that cameras and enemies do.
func corrupt(t *testing.T, r *rand.Rand, text string, id ID) string {
	b := []byte(text)
	at := r.IntN(len(b))
	switch r.IntN(7) {
	case 0: // a letter is misread
		b[at] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[r.IntN(32)]
	case 1:
		b = b[:at]
	case 2:
		b = append(b, b[at:]...)
	case 3: // another block under the same id
		return reseal(t, text, func(b []byte) []byte { b[headSize+r.IntN(len(b)-headSize)] ^= 1 << r.IntN(8); return b })
	case 4: // another header under the same id
		return reseal(t, text, func(b []byte) []byte { b[8+r.IntN(8)] ^= 1 << r.IntN(8); return b })
	case 5: // another id
		return reseal(t, text, func(b []byte) []byte { b[r.IntN(8)] ^= 1 << r.IntN(8); return b })
	default:
		n := 1 + r.IntN(60)
		return forge(id, 1+r.IntN(5), r.IntN(10), 1+r.IntN(300), noise(r, n))
	}
	return string(b)
}

// FuzzFrame: what is read is written back to the same characters, and nothing
// panics.
func FuzzFrame(f *testing.F) {
	s := blocksOf(f, seeded(16), 3, 30)
	f.Add(s.Frame(0))
	f.Add(s.Frame(9))
	f.Add(forge(ID{}, MaxBlocks, maxIndex, MaxPacked, make([]byte, 1024)))
	f.Fuzz(func(t *testing.T, text string) {
		fr, err := parseFrame(text)
		if err == nil && fr.text() != text {
			t.Fatalf("%q is written back as %q", text, fr.text())
		}
		// The same with a right checksum, so that the fuzzer gets behind it.
		b, derr := base32Text.DecodeString(strings.TrimPrefix(text, Prefix))
		if derr != nil || len(b) < checkSize {
			return
		}
		var in Receiver
		if e, err := in.Add(reseal(t, Prefix+base32Text.EncodeToString(b), bytes.Clone)); e == New || e == Done {
			if err != nil || in.solver.k > MaxBlocks {
				t.Fatalf("%s, %v", e, err)
			}
		}
	})
}

// FuzzMessage: what is read is in the one form.
func FuzzMessage(f *testing.F) {
	f.Add(message(f, map[string][]byte{"a.txt": []byte("x"), "allowed_signers": nil}).plain)
	f.Add([]byte("\x00\x01\x05a.txt\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if plain, err := unpack(b); err == nil && (len(plain) > MaxPlain || len(plain) > MaxRatio*len(b)) {
			t.Fatalf("%d bytes out of %d", len(plain), len(b))
		}
		m, err := parseMessage(b)
		if err != nil {
			return
		}
		again, err := NewMessage(m.Files())
		if err != nil || !bytes.Equal(again.plain, b) || !maps.EqualFunc(m.Files(), again.Files(), bytes.Equal) {
			t.Fatalf("%q is written back as %q, %v", b, again.plain, err)
		}
	})
}

// FuzzState: a state that is read is written back to the same bytes.
func FuzzState(f *testing.F) {
	s := blocksOf(f, seeded(17), 3, 30)
	f.Add([]byte(s.Frame(0) + "\n" + s.Frame(5) + "\n"))
	f.Add([]byte(s.Frame(0) + "\n" + s.Frame(1) + "\n" + s.Frame(2) + "\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var in Receiver
		if in.UnmarshalText(b) != nil {
			return
		}
		if again, err := in.MarshalText(); err != nil || !bytes.Equal(again, b) {
			t.Fatalf("%q is written back as %q, %v", b, again, err)
		}
	})
}
