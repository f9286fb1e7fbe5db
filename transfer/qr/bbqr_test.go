package qr

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/digest"
)

type bbqrVectors struct {
	Splits []struct {
		Name, Type  string
		Version, N  int
		RawLen      int    `json:"raw_len"`
		RawSHA256   string `json:"raw_sha256"`
		RawHex      string `json:"raw_hex"`
		Parts       []string
		PartsSHA256 string `json:"parts_sha256"`
	}
	Real struct {
		Lines, Distinct int
		RawLen          int    `json:"raw_len"`
		RawSHA256       string `json:"raw_sha256"`
	} `json:"real_scan"`
}

func join(t *testing.T, parts []string) []byte {
	t.Helper()
	var in BBQrReceiver
	for i, text := range parts {
		e, err := in.Add(text)
		if err != nil || e == Done != (i == len(parts)-1) {
			t.Fatalf("part %d of %d: %s, %v", i+1, len(parts), e, err)
		}
	}
	b, err := in.Payload()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestBBQrSplits(t *testing.T) {
	v := parseJSON[bbqrVectors](t, shared(t, "bbqr-python.json"))
	joined, same, alone := 0, 0, 0
	for _, c := range v.Splits {
		if c.Parts == nil { // the digest of the parts alone is published
			alone++
			continue
		}
		joined++
		raw := join(t, c.Parts)
		if len(raw) != c.RawLen || digest.Of(raw).String() != c.RawSHA256 || c.RawHex != "" && hex.EncodeToString(raw) != c.RawHex {
			t.Errorf("%s: %d bytes with digest %s", c.Name, len(raw), digest.Of(raw))
		}
		slices.Reverse(c.Parts)
		if again := join(t, c.Parts); !bytes.Equal(again, raw) {
			t.Errorf("%s: backwards it is something else", c.Name)
		}
		slices.Reverse(c.Parts)
		if c.Parts[0][2] != bbqrBase32 {
			continue
		}
		same++
		s, err := newBBQr(raw, bbqrBase32, c.Type[0], Capacity(c.Version, L))
		if err != nil || !slices.Equal(s.parts, c.Parts) {
			t.Errorf("%s: cut into %d other parts, wanted %d, %v", c.Name, len(s.parts), c.N, err)
		}
	}
	count(t, "splits", len(v.Splits), 29)
	count(t, "splits that are joined", joined, 26)
	count(t, "splits without their parts", alone, 3)
	count(t, "splits that are cut in the same way", same, 9)
}

// What Coinkite's camera saw, with all its repeats.
func TestBBQrRealScan(t *testing.T) {
	want := parseJSON[bbqrVectors](t, shared(t, "bbqr-python.json")).Real
	lines := strings.Fields(string(shared(t, "bbqr-real-scan.txt")))
	count(t, "scanned lines", len(lines), want.Lines)
	var in BBQrReceiver
	done := 0
	for _, line := range lines {
		e, err := in.Add(line)
		if err != nil {
			t.Fatal(err)
		}
		if e == Done {
			done++
		}
	}
	raw, err := in.Payload()
	if err != nil || done != 1 || len(raw) != want.RawLen || digest.Of(raw).String() != want.RawSHA256 {
		t.Errorf("%d bytes with digest %s, %v", len(raw), digest.Of(raw), err)
	}
	if p := in.Progress(); p.Need != want.Distinct || p.Have != want.Distinct || p.Frames != want.Lines || p.Duplicate != want.Lines-want.Distinct {
		t.Errorf("%+v", p)
	}
}

func TestBBQr(t *testing.T) {
	r := seeded(40)
	texts := []byte(strings.Repeat("a text that shrinks, and again. ", 200))
	for _, payload := range [][]byte{{0}, noise(r, 5000), texts[:1023], texts[:1024], texts[:1025], texts, []byte(hex.EncodeToString(noise(r, 3000)))} {
		for _, version := range []int{3, 10, 25} {
			s, err := NewBBQr(payload, 'B', Capacity(version, L))
			if err != nil {
				t.Fatal(err)
			}
			for i := range s.Blocks() {
				if n := len(s.Frame(i)); n > Capacity(version, L) {
					t.Errorf("a part has %d characters", n)
				}
			}
			if got := join(t, s.parts); !bytes.Equal(got, payload) || s.Frame(s.Blocks()) != s.Frame(0) {
				t.Errorf("%d bytes come back as %d", len(payload), len(got))
			}
		}
	}
	for _, c := range []struct {
		size       int
		kind       byte
		characters int
	}{{0, 'B', 4000}, {10, 'X', 4000}, {10, 'b', 4000}, {MaxPacked + 1, 'B', 4000}, {MaxPacked, 'B', 400}, {10, 'B', 8}} {
		if _, err := NewBBQr(noise(r, c.size), c.kind, c.characters); err == nil {
			t.Errorf("%+v is cut", c)
		}
	}
}

// A reader with a window of 1 KiB, as devices have, inflates what we deflate.
func TestBBQrWindow(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Fatal("python3 is not installed: apt-get install python3")
	}
	plain := []byte(strings.Repeat(string(noise(seeded(42), 2000)), 4) + strings.Repeat("text ", 2000))
	squeezed, err := deflateSmall(plain)
	if err != nil || len(squeezed) >= len(plain) {
		t.Fatal(len(squeezed), err)
	}
	// A little at a time, so that no more than the window is at hand.
	const script = `import sys, zlib
d, out, rest = zlib.decompressobj(wbits=-10), b"", sys.stdin.buffer.read()
while not d.eof:
    out += d.decompress(rest, 100)
    rest = d.unconsumed_tail
sys.stdout.buffer.write(out)`
	cmd := exec.Command(python, "-c", script)
	cmd.Stdin = bytes.NewReader(squeezed)
	if out, err := cmd.Output(); err != nil || !bytes.Equal(out, plain) {
		t.Errorf("%d bytes of %d, %v", len(out), len(plain), err)
	}
	far, err := deflate(plain, 9)
	if err != nil {
		t.Fatal(err)
	}
	cmd = exec.Command(python, "-c", script)
	cmd.Stdin = bytes.NewReader(far)
	if err := cmd.Run(); err == nil {
		t.Error("this test does not see a window that is too large")
	}
}

func TestBBQrRefuses(t *testing.T) {
	s, err := newBBQr(noise(seeded(41), 100), bbqrBase32, 'B', 72)
	if err != nil || s.Blocks() != 3 {
		t.Fatal(s.Blocks(), err)
	}
	bomb, err := deflate(make([]byte, 1<<20), 9)
	if err != nil {
		t.Fatal(err)
	}
	big := strings.Repeat("A", 4096-8)
	var in BBQrReceiver
	for _, c := range []struct {
		what, text string
		event      Event
		err        error
	}{
		{"nothing", "", Foreign, ErrNotFrame},
		{"no data", "B$2B0100", Damaged, ErrDamaged},
		{"an encoding", "B$3B0100AA", Damaged, ErrDamaged},
		{"a program", "B$2X0100AA", Damaged, ErrDamaged},
		{"no parts", "B$2B0000AA", Damaged, ErrDamaged},
		{"a part beyond", "B$2B0101AA", Damaged, ErrDamaged},
		{"no number", "B$2B-100AA", Damaged, ErrDamaged},
		{"padding", "B$2B0100AA======", Damaged, ErrDamaged},
		{"bits that say nothing", "B$2B0100AB", Damaged, ErrDamaged},
		{"half a byte", "B$HB0100ABC", Damaged, ErrDamaged},
		{"no multiple of 8 before the last", "B$2B0200AA", Damaged, ErrDamaged},
		{"too much", "B$2BZZ00" + big, Damaged, ErrDamaged},
		{"first", s.Frame(0), New, nil},
		{"again", s.Frame(0), Duplicate, nil},
		{"other encoding", "B$H" + s.Frame(1)[3:8] + "AA", Foreign, ErrForeign},
		{"other type", "B$2U" + s.Frame(1)[4:], Foreign, ErrForeign},
		{"other size", s.Frame(1)[:len(s.Frame(1))-8], Damaged, ErrConflict},
		{"a large last part", s.Frame(2)[:8] + strings.Repeat("A", 72), Damaged, ErrConflict},
		{"second", s.Frame(1), New, nil},
		{"other contents", s.Frame(1)[:8] + strings.Repeat("A", len(s.Frame(1))-8), Spoiled, ErrSpoiled},
		{"after the end", s.Frame(2), Spoiled, ErrSpoiled},
	} {
		if e, err := in.Add(c.text); e != c.event || !errors.Is(err, c.err) || (err == nil) != (c.err == nil) {
			t.Errorf("%s: %s, %v; wanted %s, %v", c.what, e, err, c.event, c.err)
		}
	}
	if _, err := in.Payload(); !errors.Is(err, ErrSpoiled) {
		t.Errorf("%v", err)
	}
	for what, text := range map[string]string{"a bomb": "B$ZB0100" + base32Text.EncodeToString(bomb), "no deflate": "B$ZB0100" + base32Text.EncodeToString([]byte("\xff\xff"))} {
		var in BBQrReceiver
		if e, err := in.Add(text); e != Spoiled || !errors.Is(err, ErrSpoiled) {
			t.Errorf("%s: %s, %v", what, e, err)
		}
	}
}

// FuzzBBQr: what is read is in the one form, and a receiver keeps its limits.
func FuzzBBQr(f *testing.F) {
	f.Add("B$2B0100AA", "B$2B0100AA")
	f.Add("B$HU0200AABB", "B$HU0201AA")
	f.Add("B$ZJ0200AAAAAAAA", "B$ZJ0201AA")
	f.Fuzz(func(t *testing.T, first, second string) {
		var in BBQrReceiver
		for _, text := range []string{first, second} {
			if p, err := parseBBQr(text); err == nil && (p.total > MaxBBQr || fmt.Sprintf("%s%s", p.head, base36(p.index)) != text[:bbqrHead]) {
				t.Fatalf("%q is read as %+v", text, p)
			}
			if e, err := in.Add(text); e == Done {
				b, perr := in.Payload()
				if err != nil || perr != nil || len(b) > MaxPlain {
					t.Fatalf("%d bytes, %v, %v", len(b), err, perr)
				}
			}
		}
	})
}
