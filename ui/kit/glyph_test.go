package kit

import (
	"encoding/binary"
	"strings"
	"testing"
	"unicode"

	"fyne.io/fyne/v2"
)

// faces are all that texts are set in.
var faces = map[string]fyne.TextStyle{
	"regular": {}, "bold": {Bold: true}, "monospaced": {Monospace: true}, "monospaced bold": {Monospace: true, Bold: true},
}

// Every character that Visible leaves as it is has a glyph in every font of
// the program, so that a bare machine shows the same as any other.
func TestEveryDrawnCharacterHasAGlyph(t *testing.T) {
	th := NewTheme(Light, 1)
	for name, style := range faces {
		has := cmap(t, th.Font(style).Content())
		for _, r16 := range drawn.R16 {
			for r := rune(r16.Lo); r <= rune(r16.Hi); r++ {
				if !has(r) {
					t.Errorf("%s has no U+%04X %c", name, r, r)
				}
			}
		}
	}
	if has := cmap(t, th.Font(fyne.TextStyle{Bold: true}).Content()); !has([]rune(hair)[0]) {
		t.Error("bold has no hair space, and overlines need it")
	}
}

// All of what people write in Europe is drawn.
func TestDrawnIsEnough(t *testing.T) {
	const some = "ÀÉÎÕÜßæøåčďěłńőřśšťűžıİ ΑΩάώ АЯаяёђїҐґ „“”’‘–— … · • €"
	for _, r := range some {
		if !drawable(r) {
			t.Errorf("%c is not drawn", r)
		}
	}
	for r := rune(0x20); r < 0x180; r++ {
		if unicode.IsPrint(r) != drawable(r) {
			t.Errorf("U+%04X: drawn %v, printable %v", r, drawable(r), unicode.IsPrint(r))
		}
	}
}

// cmap reads which characters a TrueType font has: table cmap, formats 4 and
// 12 (OpenType specification 1.9).
func cmap(t *testing.T, font []byte) func(rune) bool {
	t.Helper()
	u16 := func(b []byte, at int) int { return int(binary.BigEndian.Uint16(b[at:])) }
	u32 := func(b []byte, at int) int { return int(binary.BigEndian.Uint32(b[at:])) }
	var table []byte
	for i := range u16(font, 4) {
		if at := 12 + 16*i; string(font[at:at+4]) == "cmap" {
			table = font[u32(font, at+8):]
		}
	}
	if table == nil {
		t.Fatal("the font has no table cmap")
	}
	has := map[rune]bool{}
	for i := range u16(table, 2) {
		sub := table[u32(table, 4+8*i+4):]
		switch u16(sub, 0) {
		case 4:
			segments := u16(sub, 6) / 2
			for s := range segments {
				end, start := u16(sub, 14+2*s), u16(sub, 16+2*segments+2*s)
				delta, offset := u16(sub, 16+4*segments+2*s), u16(sub, 16+6*segments+2*s)
				for c := start; c <= end && c < 0xFFFF; c++ {
					glyph := c + delta
					if offset != 0 {
						glyph = u16(sub, 16+6*segments+2*s+offset+2*(c-start))
					}
					if glyph&0xFFFF != 0 {
						has[rune(c)] = true
					}
				}
			}
		case 12:
			for g := range u32(sub, 12) {
				for c := u32(sub, 16+12*g); c <= u32(sub, 20+12*g); c++ {
					has[rune(c)] = true
				}
			}
		}
	}
	if !has['A'] || has[0x5C71] || len(has) < 300 {
		t.Fatalf("the table cmap was read wrongly: %d characters", len(has))
	}
	return func(r rune) bool { return has[r] }
}

func TestVisible(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"Payments root 2026", "Payments root 2026"},
		{"Zoë Łukasiewicz, Ωμέγα, Анна", "Zoë Łukasiewicz, Ωμέγα, Анна"},
		{"a\nb\tc", "aU+000AbU+0009c"},
		{"in\u202egnp.exe", "inU+202Egnp.exe"},
		{"zero\u200bwidth\u2060joiner\u200d", "zeroU+200BwidthU+2060joinerU+200D"},
		{"p\u0430ypal", "pU+0430ypal"}, // a Cyrillic letter in a Latin word
		{"\u0391zure", "U+0391zure"},   // a Greek one
		{"soft\u00adhyphen no\u00a0break", "softU+00ADhyphen noU+00A0break"},
		{"\xffbroken", "U+FFFDbroken"},
		{"e\u0301", "eU+0301"}, // a mark that joins the letter
		{"山田", "U+5C71U+7530"}, // not in the fonts
		{"Анна\u200b", "АннаU+200B"},
		{"АннаU+200BАнна", "АннаU+200BАнна"}, // what is visible stays so
		{"\U0001F511", "U+1F511"},
	} {
		if got := Visible(c.in); got != c.want {
			t.Errorf("Visible(%q) is %q, wanted %q", c.in, got, c.want)
		}
	}
}

func FuzzVisible(f *testing.F) {
	f.Add("in\u202egnp.exe")
	f.Add("p\u0430ypal \xff")
	f.Add("а\xffб")
	f.Fuzz(func(t *testing.T, s string) {
		v := Visible(s)
		for _, r := range v {
			if !drawable(r) {
				t.Fatalf("Visible(%q) has U+%04X", s, r)
			}
		}
		if Visible(v) != v {
			t.Fatalf("Visible(%q) is not its own Visible", s)
		}
		if s != v && !strings.Contains(v, "U+") {
			t.Fatalf("Visible(%q) is %q, and does not say what it changed", s, v)
		}
	})
}
