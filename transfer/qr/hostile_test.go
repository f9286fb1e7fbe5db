package qr

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
)

// TestHostileURs sends each receiver two URs mixed, replayed, cut and misread,
// and parts that somebody made under the same shape. A receiver is done with
// one of those that were sent, or with nothing: what CRC-32 vouches for.
func TestHostileURs(t *testing.T) {
	r := seeded(35)
	done, spoiled := 0, 0
	for range *soak {
		switch hostileUR(t, r, noise(r, 30+r.IntN(200)), noise(r, 30+r.IntN(200))) {
		case Done:
			done++
		case Spoiled:
			spoiled++
		}
	}
	if t.Logf("%d streams: %d done, %d spoiled", *soak, done, spoiled); done < *soak/10 || spoiled < *soak/100 {
		t.Errorf("of %d streams %d were done and %d spoiled: this tries too little", *soak, done, spoiled)
	}
}

func hostileUR(t *testing.T, r *rand.Rand, payloads ...[]byte) Event {
	t.Helper()
	var sent []*UR
	for _, p := range payloads {
		u, err := newUR(p, 40)
		if err != nil {
			t.Fatal(err)
		}
		sent = append(sent, u)
	}
	evil := r.IntN(3) // of ten
	var in URReceiver
	for range 40 {
		u := sent[min(1, r.IntN(8)/6)]
		text := u.Frame(r.IntN(4 * u.Blocks()))
		if r.IntN(10) < evil {
			text = corruptUR(r, u, text)
		}
		switch e, err := in.Add(text); e {
		case Spoiled:
			if !errors.Is(err, ErrSpoiled) {
				t.Errorf("spoiled: %v", err)
			}
			return e
		case Done:
			b, err := in.Payload()
			if err != nil || !bytes.Equal(b, payloads[0]) && !bytes.Equal(b, payloads[1]) {
				t.Fatalf("a wrong payload of %d bytes: %v", len(b), err)
			}
			return e
		}
	}
	return New
}

// corruptUR does to a part what cameras and enemies do.
func corruptUR(r *rand.Rand, u *UR, text string) string {
	at := r.IntN(len(text))
	switch r.IntN(4) {
	case 0:
		return text[:at] + string(rune('a'+r.IntN(26))) + text[at+1:]
	case 1:
		return text[:at]
	case 2:
		return text + text[at:]
	}
	if u.Blocks() == 1 { // a whole UR of somebody else would be taken: it holds text
		return urBytes + bytewords(append([]byte{0x74}, noise(r, 20)...))
	}
	number := uint32(1 + r.IntN(3*u.Blocks()))
	p, err := parseURPart(u.cbor(number))
	if err != nil {
		panic("a part of our own is not read: " + err.Error())
	}
	p.data = noise(r, len(p.data))
	return strings.Join([]string{strings.TrimSuffix(urBytes, "/"), strings.Split(u.part(number), "/")[1], bytewords(p.encode())}, "/")
}

// TestMemoryOfOthers: the first part of a UR and of a BBQr that promise the most
// costs lists, and not what it promises.
func TestMemoryOfOthers(t *testing.T) {
	most := urPart{1, urShape{MaxBlocks, MaxPacked, 1, MaxPacked / MaxBlocks}, make([]byte, MaxPacked/MaxBlocks)}
	for what, c := range map[string]struct {
		text string
		add  func(string) (Event, error)
	}{
		"UR":   {urBytes + "1-1024/" + bytewords(most.encode()), func(s string) (Event, error) { return new(URReceiver).Add(s) }},
		"BBQr": {"B$2BZZ00" + strings.Repeat("A", 1280), func(s string) (Event, error) { return new(BBQrReceiver).Add(s) }},
	} {
		const runs = 50
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range runs {
			if e, err := c.add(c.text); e != New {
				t.Fatalf("%s: %s, %v", what, e, err)
			}
		}
		runtime.ReadMemStats(&after)
		if size := (after.TotalAlloc - before.TotalAlloc) / runs; size > 256<<10 {
			t.Errorf("%s: one part makes %d bytes of garbage and state", what, size)
		}
	}
}

// TestMemoryOfMost: the largest transfers that are taken, of bytes that do not
// shrink and of such that unpack to the most, need the rows of their blocks and
// the message, while they come and at their end.
func TestMemoryOfMost(t *testing.T) {
	r := seeded(36)
	var fourfold []byte
	for range 1000 {
		fourfold = append(fourfold, bytes.Repeat(noise(r, 1000), 4)...)
	}
	for what, plain := range map[string][]byte{"noise": noise(r, 1_000_000), "fourfold": fourfold} {
		m := message(t, map[string][]byte{"a.bin": plain})
		packed, err := pack(m.plain)
		if err != nil {
			t.Fatal(err)
		}
		s := stream(t, m, (ceil(len(packed), MaxBlocks-4)+headSize+checkSize)*8/5+1+len(Prefix))
		kept, last := memory(t, s)
		// A row has its coefficients too, and the frames are kept for the state.
		most := int64(8<<20 + 2*len(packed))
		t.Logf("%s: %d blocks, %d bytes packed, %d plain: %d are kept, %d more for the last frame", what, s.Blocks(), len(packed), len(m.plain), kept, last)
		if kept+last > most || s.Blocks() < MaxBlocks*9/10 {
			t.Errorf("%s: %d blocks need %d bytes, and %d for the last; wanted at most %d", what, s.Blocks(), kept, last, most)
		}
	}
}

// memory receives a stream. It returns what is kept before the last frame, and
// all that the last one has allocated.
func memory(t *testing.T, s *Stream) (kept, last int64) {
	t.Helper()
	now := func() (m runtime.MemStats) {
		runtime.ReadMemStats(&m)
		return m
	}
	runtime.GC()
	start := now()
	var in Receiver
	for i := 1; ; i++ {
		text := s.Frame(i)
		if p := in.Progress(); p.Need > 0 && p.Have == p.Need-1 {
			runtime.GC()
			kept = int64(now().HeapAlloc) - int64(start.HeapAlloc)
		}
		before := now().TotalAlloc
		e, err := in.Add(text)
		if err != nil {
			t.Fatal(err)
		}
		if e == Done {
			last = int64(now().TotalAlloc - before)
			runtime.KeepAlive(&in)
			return kept, last
		}
	}
}
