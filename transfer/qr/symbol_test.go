package qr

import (
	"bytes"
	"context"
	"errors"
	"image/png"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	skip2 "github.com/skip2/go-qrcode"

	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/transfer/qr/scan"
)

// seen reads a picture with a decoder of others.
func seen(t *testing.T, s Symbol, scale int) string {
	t.Helper()
	var file bytes.Buffer
	if err := png.Encode(&file, s.Image(scale)); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&file)
	if err != nil {
		t.Fatal(err)
	}
	bits, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	result, err := qrcode.NewQRCodeReader().Decode(bits, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_PURE_BARCODE: true})
	if err != nil {
		t.Fatal(err)
	}
	return result.GetText()
}

func TestBitmap(t *testing.T) {
	r := seeded(20)
	for _, version := range []int{1, 5, 10, 25, 40} {
		for level := L; level <= H; level++ {
			text := base32Text.EncodeToString(noise(r, 3000))[:Capacity(version, level)]
			s, err := Bitmap(text, version, level)
			if err != nil {
				t.Fatal(err)
			}
			if s.Side() != Modules(version)+2*QuietZone {
				t.Errorf("version %d has %d modules", version, s.Side())
			}
			if got := seen(t, s, 3); got != text {
				t.Errorf("version %d, level %d: read as %.40q, wanted %.40q", version, level, got, text)
			}
			for i := range s.Side() {
				for edge := range QuietZone {
					if s.Dark(i, edge) || s.Dark(edge, i) || s.Dark(i, s.Side()-1-edge) || s.Dark(s.Side()-1-edge, i) {
						t.Fatalf("version %d has no quiet zone", version)
					}
				}
			}
		}
	}
}

// TestFullCodes draws codes that are full to the last character, whatever they
// say, and reads them with our own reader. One in fifty is of any version.
func TestFullCodes(t *testing.T) {
	r := seeded(21)
	const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
	n := *soak / 10
	if testing.Short() { // with the race detector each takes twenty times as long
		n /= 10
	}
	for i := range n {
		version, level := 1+r.IntN(9), Level(r.IntN(4))
		if i%50 == 0 {
			version = 1 + r.IntN(MaxVersion)
		}
		among := letters[:[]int{10, 36, 45}[r.IntN(3)]]
		text := make([]byte, Capacity(version, level))
		for i := range text {
			text[i] = among[r.IntN(len(among))]
		}
		s, err := Bitmap(string(text), version, level)
		if err != nil {
			t.Fatalf("version %d, level %d, %q: %v", version, level, text, err)
		}
		codes, err := scan.Decode(context.Background(), scan.Gray(s.Image(3)), scan.Options{})
		if err != nil || len(codes) != 1 || string(codes[0].Text) != string(text) {
			t.Errorf("version %d, level %d, %q: %d codes are read, %v", version, level, text, len(codes), err)
		}
	}
}

func TestBitmapRefuses(t *testing.T) {
	for _, c := range []struct {
		text    string
		version int
		level   Level
	}{
		{"", 1, L},
		{strings.Repeat("A", 26), 1, L},
		{"A", 0, L},
		{"A", 41, L},
		{"A", 1, H + 1},
		{"A", 1, -1},
		{strings.Repeat("a", 25), 1, L}, // bytes take more room
	} {
		if _, err := Bitmap(c.text, c.version, c.level); err == nil {
			t.Errorf("%q is drawn as version %d", c.text, c.version)
		}
	}
}

// TestCapacities holds the table against the encoder.
func TestCapacities(t *testing.T) {
	for version := 1; version <= MaxVersion; version += 3 {
		for level := L; level <= H; level++ {
			n := Capacity(version, level)
			if _, err := skip2.NewWithForcedVersion(strings.Repeat("A", n), version, skip2.RecoveryLevel(level)); err != nil {
				t.Errorf("version %d, level %d does not hold %d: %v", version, level, n, err)
			}
			if _, err := skip2.NewWithForcedVersion(strings.Repeat("A", n+1), version, skip2.RecoveryLevel(level)); err == nil {
				t.Errorf("version %d, level %d holds more than %d", version, level, n)
			}
			if got := VersionFor(n, level); got != version {
				t.Errorf("%d characters want version %d, not %d", n, got, version)
			}
		}
	}
	if VersionFor(Capacity(MaxVersion, L)+1, L) != 0 || Capacity(25, L) != 1853 || Capacity(40, L) != MaxText {
		t.Error("the ends of the table are wrong")
	}
}

func TestLevels(t *testing.T) {
	for i, s := range []string{"L", "M", "Q", "H"} {
		if l, err := ParseLevel(s); err != nil || l != Level(i) {
			t.Errorf("%s is %d, %v", s, l, err)
		}
	}
	if _, err := ParseLevel("l"); err == nil {
		t.Error("a small letter is taken")
	}
}

// Half blocks are the same modules.
func TestLines(t *testing.T) {
	s, err := Bitmap("HELLO", 1, L)
	if err != nil {
		t.Fatal(err)
	}
	lines := s.Lines()
	if len(lines) != 15 || utf8.RuneCountInString(lines[0]) != 29 {
		t.Fatalf("%d lines of %d", len(lines), utf8.RuneCountInString(lines[0]))
	}
	if lines[0] != strings.Repeat("█", 29) || !strings.HasPrefix(lines[2], "████ ▄▄▄▄▄ █") || !strings.HasPrefix(lines[3], "████ █   █ █") {
		t.Errorf("it looks so:\n%s", strings.Join(lines, "\n"))
	}
}

// TestWordsAreKept: they are drawn once for each message, and those of many
// messages take no memory.
func TestWordsAreKept(t *testing.T) {
	drawn.of = map[digest.SHA256][WordCount]byte{}
	for i := range maxDrawn {
		drawn.of[digest.Of([]byte{byte(i)})] = [WordCount]byte{byte(i)}
	}
	if got := Words(digest.Of([]byte{5}))[0]; got != digest.Words([]byte{5})[0] || len(drawn.of) != maxDrawn {
		t.Errorf("the word is %s, and %d are kept", got, len(drawn.of))
	}
	Words(digest.Of([]byte("one more")))
	if len(drawn.of) != 1 {
		t.Errorf("%d are kept", len(drawn.of))
	}
}

func TestWords(t *testing.T) {
	d := digest.Of([]byte("abc"))
	words := Words(d)
	if got := strings.Join(words, " "); got != "quiver finicky afflict tomorrow scorecard retrospect blowtorch asteroid" {
		t.Errorf("the words are %s", got)
	}
	places := map[Challenge]bool{}
	for i := range 256 {
		c, err := NewChallenge(bytes.NewReader([]byte{byte(i), 255, byte(i / 3)}))
		if err != nil {
			t.Fatal(err)
		}
		places[c] = true
		first, second := words[c.First-1], words[c.Second-1]
		if !c.Holds(d, strings.ToUpper(first), " "+second+"\n") || c.Holds(d, second, first) || c.Holds(d, first, "") || c.Holds(d, "", second) {
			t.Errorf("%+v does not tell right from wrong", c)
		}
	}
	if len(places) != 28 {
		t.Errorf("%d pairs of places, wanted all 28: %v", len(places), places)
	}
	if (Challenge{}).Holds(d, "", "") || (Challenge{2, 2}).Holds(d, words[1], words[1]) {
		t.Error("no challenge is met")
	}
	if _, err := NewChallenge(bytes.NewReader(nil)); err == nil || errors.Is(err, ErrDamaged) {
		t.Errorf("without randomness: %v", err)
	}
}
