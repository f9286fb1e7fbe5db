package qr

import (
	"fmt"
	"image"
	"image/color"

	"github.com/skip2/go-qrcode"
)

// QuietZone is the light border that a code needs around it, in modules.
const QuietZone = 4

// A Symbol is one code with its quiet zone, one bit for each module: about 2
// kB, so that hundreds can be drawn before they are shown.
type Symbol struct {
	side int
	bits []byte
}

// Bitmap draws a text as a code of a fixed version. It is what takes time: 20
// ms for version 25. Call it away from the thread that draws the screen.
func Bitmap(text string, version int, level Level) (s Symbol, err error) {
	// The encoder ends in log.Panic where it contradicts itself.
	defer func() {
		if e := recover(); e != nil {
			s, err = Symbol{}, fmt.Errorf("drawing a code of version %d: %v", version, e)
		}
	}()
	if most := Capacity(version, level); len(text) == 0 || len(text) > most {
		return Symbol{}, fmt.Errorf("a code of version %d with %d characters, wanted 1 to %d: %w", version, len(text), most, ErrTooLarge)
	}
	code, err := qrcode.NewWithForcedVersion(text, version, qrcode.RecoveryLevel(level))
	if err != nil {
		return Symbol{}, fmt.Errorf("drawing a code of version %d: %w", version, err)
	}
	code.DisableBorder = true
	return packed(code.Bitmap())
}

func packed(rows [][]bool) (Symbol, error) {
	s := Symbol{side: len(rows) + 2*QuietZone}
	s.bits = make([]byte, ceil(s.side*s.side, 8))
	for y, row := range rows {
		if len(row) != len(rows) {
			return Symbol{}, fmt.Errorf("qr: internal error: a row of %d modules in a code of %d", len(row), len(rows))
		}
		for x, dark := range row {
			if i := (y+QuietZone)*s.side + x + QuietZone; dark {
				s.bits[i/8] |= 1 << (i % 8)
			}
		}
	}
	return s, nil
}

// Side is the number of modules on a side, with the quiet zone.
func (s Symbol) Side() int { return s.side }

// Dark tells the colour of a module; outside all is light.
func (s Symbol) Dark(x, y int) bool {
	if x < 0 || y < 0 || x >= s.side || y >= s.side {
		return false
	}
	i := y*s.side + x
	return s.bits[i/8]>>(i%8)&1 == 1
}

// Image draws every module as a square of scale pixels: never another size,
// for a scaler would make modules of different widths.
func (s Symbol) Image(scale int) image.Image {
	img := image.NewPaletted(image.Rect(0, 0, s.side*scale, s.side*scale), color.Palette{color.White, color.Black})
	for y := range s.side {
		for x := range s.side {
			if s.Dark(x, y) {
				s.fill(img, x*scale, y*scale, scale)
			}
		}
	}
	return img
}

func (s Symbol) fill(img *image.Paletted, x, y, scale int) {
	for dy := range scale {
		row := img.Pix[(y+dy)*img.Stride+x:]
		for dx := range scale {
			row[dx] = 1
		}
	}
}

// halves are two modules above each other, as one character: light is drawn,
// dark is left empty.
var halves = map[[2]bool]rune{{false, false}: '█', {false, true}: '▀', {true, false}: '▄', {true, true}: ' '}

// Lines draws the code for a terminal in half blocks, two modules in one
// character. It is to be shown in white on black.
func (s Symbol) Lines() []string {
	var lines []string
	for y := 0; y < s.side; y += 2 {
		line := make([]rune, s.side)
		for x := range line {
			line[x] = halves[[2]bool{s.Dark(x, y), s.Dark(x, y+1)}]
		}
		lines = append(lines, string(line))
	}
	return lines
}
