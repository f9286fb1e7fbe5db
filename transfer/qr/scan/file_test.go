package scan_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"runtime"
	"testing"

	"github.com/keyceremony/ceremony/transfer/qr/scan"
	"github.com/keyceremony/ceremony/transfer/qr/scantest"
)

func encode(t testing.TB, img image.Image, as func(*bytes.Buffer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := as(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asPNG(t testing.TB, img image.Image) []byte {
	t.Helper()
	return encode(t, img, func(b *bytes.Buffer) error { return png.Encode(b, img) })
}

func asJPEG(t testing.TB, img image.Image) []byte {
	t.Helper()
	return encode(t, img, func(b *bytes.Buffer) error { return jpeg.Encode(b, img, nil) })
}

// transparent draws a code as a screenshot may have it: dark on nothing.
func transparent(code scantest.Code) image.Image {
	const module, quiet = 5, 4
	n := len(code.Modules)
	img := image.NewNRGBA(image.Rect(0, 0, (n+2*quiet)*module, (n+2*quiet)*module))
	for j, row := range code.Modules {
		for i, dark := range row {
			if dark {
				at := image.Pt((i+quiet)*module, (j+quiet)*module)
				draw.Draw(img, image.Rectangle{at, at.Add(image.Pt(module, module))}, image.NewUniform(color.NRGBA{0, 0, 90, 255}), image.Point{}, draw.Src)
			}
		}
	}
	return img
}

func coloured(img image.Image) image.Image {
	c := image.NewRGBA(img.Bounds())
	draw.Draw(c, c.Rect, img, image.Point{}, draw.Src)
	return c
}

func TestImage(t *testing.T) {
	code := scantest.NewCode(15, 1)
	shot := scantest.Easy(2).Take(code)
	for name, file := range map[string][]byte{
		"grey PNG":        asPNG(t, shot),
		"coloured PNG":    asPNG(t, coloured(shot)),
		"transparent PNG": asPNG(t, transparent(code)),
		"grey JPEG":       asJPEG(t, shot),
		"coloured JPEG":   asJPEG(t, coloured(shot)),
	} {
		img, err := scan.Image(bytes.NewReader(file), scan.Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !reads(t, img, code) {
			t.Errorf("%s: not read", name)
		}
	}
}

func TestImageRefuses(t *testing.T) {
	file := asPNG(t, scantest.Easy(2).Take(scantest.NewCode(15, 1)))
	for name, file := range map[string][]byte{
		"nothing": nil, "a text": []byte("KQ1 is not a picture"), "a head": file[:40], "a half": file[:len(file)/2],
	} {
		if _, err := scan.Image(bytes.NewReader(file), scan.Options{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := scan.Image(bytes.NewReader(file), scan.Options{MaxPixels: 1280*720 - 1}); !errors.Is(err, scan.ErrTooLarge) {
		t.Errorf("one pixel too many: error is %v", err)
	}
}

// failing is a file on which its decoder fails.
type failing struct{}

func (failing) Read([]byte) (int, error) { panic("a decoder's fault") }

func TestImageSurvives(t *testing.T) {
	if img, err := scan.Image(failing{}, scan.Options{}); err == nil || img != nil {
		t.Errorf("%v, %v", img, err)
	}
}

// hugePNG says in its head that it has 4 billion pixels.
func hugePNG() []byte {
	head := binary.BigEndian.AppendUint32([]byte("IHDR"), 65000)
	head = append(binary.BigEndian.AppendUint32(head, 65000), 8, 0, 0, 0, 0)
	file := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), head...)
	return binary.BigEndian.AppendUint32(file, crc32.ChecksumIEEE(head))
}

// hugeJPEG does the same.
func hugeJPEG(t testing.TB) []byte {
	t.Helper()
	file := asJPEG(t, image.NewGray(image.Rect(0, 0, 8, 8)))
	at := bytes.Index(file, []byte{0xff, 0xc0, 0, 11, 8})
	if at < 0 {
		t.Fatal("the JPEG file has no frame header where it was looked for")
	}
	copy(file[at+5:], []byte{0xfd, 0xe8, 0xfd, 0xe8})
	return file
}

// TestHuge: memory is not taken on the word of a file.
func TestHuge(t *testing.T) {
	for name, file := range map[string][]byte{"PNG": hugePNG(), "JPEG": hugeJPEG(t)} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := scan.Image(bytes.NewReader(file), scan.Options{})
		runtime.ReadMemStats(&after)
		if !errors.Is(err, scan.ErrTooLarge) {
			t.Errorf("%s: error is %v", name, err)
		}
		if taken := after.TotalAlloc - before.TotalAlloc; taken > 1<<20 {
			t.Errorf("%s: took %d bytes", name, taken)
		}
	}
}

// scansJPEG is a black progressive JPEG of 64 x 64 pixels, and of this many scans,
// each of which goes over all blocks and says nothing.
func scansJPEG(scans int) []byte {
	b := append([]byte{0xff, 0xd8, 0xff, 0xdb, 0, 67, 0}, bytes.Repeat([]byte{1}, 64)...)
	b = append(b, 0xff, 0xc2, 0, 11, 8, 0, 64, 0, 64, 1, 1, 0x11, 0)
	for _, table := range []byte{0x00, 0x10} { // one code of one bit each: 0 is the value 0
		b = append(append(b, 0xff, 0xc4, 0, 20, table, 1), make([]byte, 16)...)
	}
	b = append(append(b, 0xff, 0xda, 0, 8, 1, 1, 0, 0, 0, 0), make([]byte, 8)...)
	for range scans - 1 {
		b = append(append(b, 0xff, 0xda, 0, 8, 1, 1, 0, 1, 63, 0), make([]byte, 8)...)
	}
	return append(b, 0xff, 0xd9)
}

// TestScans: a small file cannot hold the decoder for long.
func TestScans(t *testing.T) {
	for scans, want := range map[int]error{1: nil, 30: nil, 31: scan.ErrTooLarge, 5000: scan.ErrTooLarge} {
		img, err := scan.Image(bytes.NewReader(scansJPEG(scans)), scan.Options{})
		if !errors.Is(err, want) || (err == nil) != (img != nil) {
			t.Errorf("%d scans: %v, wanted %v", scans, err, want)
		}
	}
}

// progressiveJPEG is one of three colours in full, black, of a side of so many
// pixels and of one scan, with something between its segments.
func progressiveJPEG(side int, between ...byte) []byte {
	b := append([]byte{0xff, 0xd8, 0xff, 0xe1, 0, 6, 0xff, 0xc0, 0xff, 0xc0, 0xff, 0xdb, 0, 67, 0}, bytes.Repeat([]byte{1}, 64)...)
	b = append(b, between...)
	b = append(b, 0xff, 0xc2, 0, 17, 8, byte(side>>8), byte(side), byte(side>>8), byte(side), 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0)
	b = append(append(b, 0xff, 0xc4, 0, 20, 0, 1), make([]byte, 16)...)
	b = append(b, 0xff, 0xda, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 0, 0)
	return append(append(b, make([]byte, side*side*3/512+1)...), 0xff, 0xd9)
}

// TestProgressive: a file of 100 kB cannot take 300 MB, in whatever way it says
// what it is. What a phone takes is read, and so is a small progressive picture.
func TestProgressive(t *testing.T) {
	for name, file := range map[string][]byte{
		"plain":             progressiveJPEG(4096),
		"filled":            progressiveJPEG(4096, 0xff, 0xff),
		"with noise":        progressiveJPEG(4096, 1, 2, 3),
		"with a restart":    progressiveJPEG(4096, 0xff, 0xd0),
		"just above":        progressiveJPEG(2049),
		"with a false head": progressiveJPEG(4096, 0xff, 0xfe, 0, 4, 0xff, 0xc0),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := scan.Image(bytes.NewReader(file), scan.Options{})
		runtime.ReadMemStats(&after)
		if taken := after.TotalAlloc - before.TotalAlloc; !errors.Is(err, scan.ErrTooLarge) || taken > 1<<20 {
			t.Errorf("%s: %v, took %d bytes", name, err, taken)
		}
	}
	if img, err := scan.Image(bytes.NewReader(progressiveJPEG(2048)), scan.Options{}); err != nil || img.Rect.Dx() != 2048 {
		t.Errorf("a small one: %v", err)
	}
	phone := asJPEG(t, image.NewYCbCr(image.Rect(0, 0, 4032, 3024), image.YCbCrSubsampleRatio420))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	img, err := scan.Image(bytes.NewReader(phone), scan.Options{})
	runtime.ReadMemStats(&after)
	if taken := after.TotalAlloc - before.TotalAlloc; err != nil || img.Rect.Dx() != 4032 || taken > 64<<20 {
		t.Errorf("what a phone takes: %v, took %d bytes", err, taken)
	}
}
