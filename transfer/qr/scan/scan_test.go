package scan_test

import (
	"context"
	"image"
	"image/draw"
	"math/rand/v2"
	"testing"

	"github.com/keyceremony/ceremony/transfer/qr/scan"
	"github.com/keyceremony/ceremony/transfer/qr/scantest"
)

func decode(t testing.TB, img *image.Gray, o scan.Options) []scan.Code {
	t.Helper()
	codes, err := scan.Decode(context.Background(), img, o)
	if err != nil {
		t.Fatal(err)
	}
	return codes
}

// reads tells whether a picture is read as what was shown, and nothing else.
func reads(t testing.TB, img *image.Gray, want scantest.Code) bool {
	t.Helper()
	codes := decode(t, img, scan.Options{})
	return len(codes) == 1 && string(codes[0].Text) == want.Text
}

// TestProfiles is a small part of what BenchmarkReader shows. The bounds leave
// room for machines that round in other ways.
func TestProfiles(t *testing.T) {
	for _, c := range []struct {
		name                 string
		shot                 func(uint64) scantest.Shot
		version, of, atLeast int
	}{
		{"easy", scantest.Easy, 25, 2, 2},
		{"easy", scantest.Easy, 40, 1, 1},
		{"typical", scantest.Typical, 10, 1, 1},
		{"typical", scantest.Typical, 25, 3, 3},
		{"typical", scantest.Typical, 30, 2, 2},
		{"hard", scantest.Hard, 15, 2, 2},
		{"hard", scantest.Hard, 25, 5, 4},
	} {
		read := 0
		for seed := range uint64(c.of) {
			code := scantest.NewCode(c.version, seed)
			if reads(t, c.shot(seed).Take(code), code) {
				read++
			}
		}
		if read < c.atLeast {
			t.Errorf("%s, version %d: %d of %d read, wanted %d", c.name, c.version, read, c.of, c.atLeast)
		}
	}
}

// TestAnyPose: turned, tilted, through a lens that bends, out of focus, small,
// in poor light.
func TestAnyPose(t *testing.T) {
	code := scantest.NewCode(20, 5)
	for name, change := range map[string]func(*scantest.Shot){
		"turned 45":          func(s *scantest.Shot) { s.Turn, s.Fill = 45, 0.58 },
		"turned 90":          func(s *scantest.Shot) { s.Turn = 90 },
		"turned 160":         func(s *scantest.Shot) { s.Turn, s.Fill = 160, 0.65 },
		"upside down":        func(s *scantest.Shot) { s.Turn = 180 },
		"tilted 40":          func(s *scantest.Shot) { s.Tilt = [2]float64{40, 0} },
		"tilted both ways":   func(s *scantest.Shot) { s.Tilt = [2]float64{-25, 25} },
		"barrel":             func(s *scantest.Shot) { s.Lens = 0.1 },
		"pincushion":         func(s *scantest.Shot) { s.Lens = -0.1 },
		"blurred":            func(s *scantest.Shot) { s.Blur = 2 },
		"moved":              func(s *scantest.Shot) { s.Motion, s.MotionAngle = 5, 30 },
		"dim":                func(s *scantest.Shot) { s.Black, s.White = 0.02, 0.15 },
		"pale":               func(s *scantest.Shot) { s.Black, s.White = 0.35, 0.5 },
		"far":                func(s *scantest.Shot) { s.Fill = 0.4 },
		"grid of the pixels": func(s *scantest.Shot) { s.Gaps = 0.5 },
	} {
		shot := scantest.Easy(6)
		change(&shot)
		if !reads(t, shot.Take(code), code) {
			t.Errorf("%s: not read", name)
		}
	}
}

// TestSmallVersions have no alignment pattern, or one.
func TestSmallVersions(t *testing.T) {
	for _, version := range []int{1, 2, 5, 7} {
		code := scantest.NewCode(version, 9)
		for name, shot := range map[string]scantest.Shot{"easy": scantest.Easy(1), "typical": scantest.Typical(2)} {
			shot.Fill = 0.3
			if !reads(t, shot.Take(code), code) {
				t.Errorf("version %d, %s: not read", version, name)
			}
		}
	}
}

// TestClose: a code whose squares are larger than what is around a pixel.
func TestClose(t *testing.T) {
	code := scantest.NewCode(2, 3)
	if !reads(t, scantest.Easy(1).Take(code), code) {
		t.Error("not read")
	}
}

func TestCode(t *testing.T) {
	want := scantest.NewCode(20, 1)
	shot := scantest.Shot{Width: 640, Height: 640, Fill: 0.75, White: 1}
	codes := decode(t, shot.Take(want), scan.Options{})
	if len(codes) != 1 {
		t.Fatalf("%d codes read", len(codes))
	}
	if codes[0].Version != 20 {
		t.Errorf("version is %d", codes[0].Version)
	}
	for i, want := range [4][2]float64{{80, 80}, {560, 80}, {560, 560}, {80, 560}} {
		if got := codes[0].Corners[i]; !close(got, want) {
			t.Errorf("corner %d is at %v, wanted %v", i, got, want)
		}
	}
}

func close(a, b [2]float64) bool {
	x, y := a[0]-b[0], a[1]-b[1]
	return x*x+y*y < 4
}

// TestBytes: a code may hold bytes, which come back as they are.
func TestBytes(t *testing.T) {
	text := "a\x00b\xff\x80 \xc3\xa9\n1234567890123456 KQ1"
	code := scantest.Of(text, 5)
	if !reads(t, scantest.Easy(1).Take(code), code) {
		t.Errorf("%q is not read as it is", text)
	}
}

// four has four codes in one picture.
func four(t *testing.T) (*image.Gray, map[string]bool) {
	t.Helper()
	img, texts := image.NewGray(image.Rect(0, 0, 1280, 1280)), map[string]bool{}
	for i := range 4 {
		code := scantest.NewCode(10, uint64(i))
		shot := scantest.Typical(uint64(i))
		shot.Width, shot.Height = 640, 640
		at := image.Pt(i%2*640, i/2*640)
		draw.Draw(img, image.Rectangle{at, at.Add(image.Pt(640, 640))}, shot.Take(code), image.Point{}, draw.Src)
		texts[code.Text] = true
	}
	return img, texts
}

func TestSeveralCodes(t *testing.T) {
	img, texts := four(t)
	for _, code := range decode(t, img, scan.Options{}) {
		if !texts[string(code.Text)] {
			t.Error("a code was read twice, or is wrong")
		}
		delete(texts, string(code.Text))
	}
	if len(texts) > 0 {
		t.Errorf("%d codes were not read", len(texts))
	}
	if n := len(decode(t, img, scan.Options{MaxCodes: 2})); n != 2 {
		t.Errorf("%d codes were read, wanted 2 at most", n)
	}
}

func TestMirrored(t *testing.T) {
	code := scantest.NewCode(15, 2)
	img := scantest.Easy(3).Take(code)
	for y := range 720 {
		row := img.Pix[y*img.Stride:][:1280]
		for x := range 640 {
			row[x], row[1279-x] = row[1279-x], row[x]
		}
	}
	if !reads(t, img, code) {
		t.Error("not read")
	}
}

func TestVersionAwaited(t *testing.T) {
	code := scantest.NewCode(20, 2)
	img := scantest.Easy(3).Take(code)
	if codes := decode(t, img, scan.Options{Version: 20}); len(codes) != 1 || string(codes[0].Text) != code.Text {
		t.Error("the version awaited is not read")
	}
	if codes := decode(t, img, scan.Options{Version: 21}); len(codes) != 0 {
		t.Error("another version is read")
	}
	for _, version := range []int{-1, 41} {
		if _, err := scan.Decode(context.Background(), img, scan.Options{Version: version}); err == nil {
			t.Errorf("version %d: no error", version)
		}
	}
}

// TestPartOfAPicture has gaps between its rows.
func TestPartOfAPicture(t *testing.T) {
	code := scantest.NewCode(15, 2)
	img := image.NewGray(image.Rect(0, 0, 1500, 900))
	draw.Draw(img, image.Rect(100, 50, 1380, 770), scantest.Easy(3).Take(code), image.Point{}, draw.Src)
	if !reads(t, img.SubImage(image.Rect(100, 50, 1380, 770)).(*image.Gray), code) {
		t.Error("not read")
	}
}

func TestNothingThere(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, size := range [][2]int{{0, 0}, {1, 1}, {20, 300}, {21, 21}, {22, 4000}, {97, 53}, {640, 480}} {
		flat := image.NewGray(image.Rect(0, 0, size[0], size[1]))
		noisy := image.NewGray(flat.Rect)
		for i := range noisy.Pix {
			noisy.Pix[i] = byte(random.Uint32())
		}
		for _, img := range []*image.Gray{flat, noisy} {
			if codes := decode(t, img, scan.Options{}); len(codes) > 0 {
				t.Errorf("%v: read %d codes", size, len(codes))
			}
		}
	}
}

// TestTorn: two codes in one exposure are read as neither.
func TestTorn(t *testing.T) {
	first, second := scantest.NewCode(20, 1), scantest.NewCode(20, 2)
	img := scantest.Easy(1).Blend(first, second, func(row int) int { return row / 360 * 4096 })
	if codes := decode(t, img, scan.Options{}); len(codes) > 0 {
		t.Errorf("read %d codes", len(codes))
	}
}
