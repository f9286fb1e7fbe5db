package qr

import (
	"errors"
	"strings"
	"testing"
)

// layouts are what comes of the keys of an American keyboard where the machine
// has another one set.
var layouts = map[string]*strings.Replacer{
	"American": strings.NewReplacer(),
	"German":   strings.NewReplacer("y", "z", "z", "y", "Y", "Z", "Z", "Y", "-", "ß", "/", "-", ":", "Ö"),
	"French": strings.NewReplacer("a", "q", "q", "a", "z", "w", "w", "z", "m", ",", "A", "Q", "Q", "A", "Z", "W", "W", "Z", "M", "?",
		"1", "&", "2", "é", "3", "\"", "4", "'", "5", "(", "6", "-", "7", "è", "8", "_", "9", "ç", "0", "à"),
}

// TestScanner: what a scanner types on any of these keyboards, with Caps Lock or
// without, is received. A frame for cameras is not, on a French one.
func TestScanner(t *testing.T) {
	m := message(t, map[string][]byte{"a.bin": noise(seeded(50), 900)})
	s, version, err := FitScanner(m, 25, L)
	if err != nil || version > MaxScanned || s.Blocks() < 3 || s.Characters() > Capacity(version, L) {
		t.Fatalf("%d frames of %d characters, version %d: %v", s.Blocks(), s.Characters(), version, err)
	}
	for name, layout := range layouts {
		for _, lock := range []func(string) string{strings.ToLower, strings.ToUpper} {
			var in Receiver
			for i := range s.Blocks() {
				if e, err := in.Add(layout.Replace(lock(s.Frame(i+1))) + "\r\n"); err != nil || e != New && e != Done {
					t.Fatalf("%s, frame %d: %s, %v", name, i+1, e, err)
				}
			}
			if in.Digest() != m.Digest() {
				t.Errorf("%s: another message", name)
			}
		}
	}
	var in Receiver
	if e, _ := in.Add(layouts["French"].Replace(stream(t, m, 500).Frame(0))); e != Damaged && e != Foreign {
		t.Errorf("this test does not see a layout: %s", e)
	}
}

// TestScannerState: what came from a scanner is kept as what came from a camera.
func TestScannerState(t *testing.T) {
	m := message(t, map[string][]byte{"a.bin": noise(seeded(51), 900)})
	s, _, err := FitScanner(m, 10, L)
	if err != nil {
		t.Fatal(err)
	}
	var in, again Receiver
	if _, err := in.Add(s.Frame(0)); err != nil {
		t.Fatal(err)
	}
	kept, err := in.MarshalText()
	if err != nil || string(kept) != Canonical(s.Frame(0))+"\n" || !strings.HasPrefix(string(kept), Prefix) {
		t.Errorf("kept is %.20s, %v", kept, err)
	}
	if err := again.UnmarshalText(kept); err != nil || again.Progress().Have != 1 {
		t.Errorf("%v", err)
	}
}

// TestScannedWrong: what a scanner or a person typed wrong is damaged.
func TestScannedWrong(t *testing.T) {
	m := message(t, map[string][]byte{"a.txt": []byte("hello")})
	s, _, err := FitScanner(m, 10, L)
	if err != nil {
		t.Fatal(err)
	}
	text := s.Frame(0)
	for what, wrong := range map[string]string{
		"a letter more": text + "C", "a letter less": text[:len(text)-1], "another letter": text[:9] + "A" + text[10:],
		"another of them": text[:len(text)-1] + string(modHex[(strings.IndexByte(modHex, text[len(text)-1])+1)%16]),
		"the beginning":   scannerPrefix, "too long": text + strings.Repeat("CC", MaxText),
	} {
		var in Receiver
		if e, err := in.Add(wrong); what == "too long" && e != Foreign || what != "too long" && (e != Damaged || !errors.Is(err, ErrDamaged)) {
			t.Errorf("%s: %s, %v", what, e, err)
		}
	}
	if _, _, err := FitScanner(message(t, map[string][]byte{"a.bin": noise(seeded(52), 900_000)}), 40, L); !errors.Is(err, ErrTooLarge) {
		t.Errorf("too much for a scanner: %v", err)
	}
}
