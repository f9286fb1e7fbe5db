package scan_test

import (
	"bytes"
	"context"
	"image"
	"reflect"
	"testing"

	"github.com/keyceremony/ceremony/transfer/qr/scan"
	"github.com/keyceremony/ceremony/transfer/qr/scantest"
)

// tiny is a code of version 1 with two pixels for a module.
func tiny() *image.Gray {
	code := scantest.NewCode(1, 1)
	img := image.NewGray(image.Rect(0, 0, 58, 58))
	for i := range img.Pix {
		x, y := i%58/2-4, i/58/2-4
		if x < 0 || y < 0 || x >= 21 || y >= 21 || !code.Modules[y][x] {
			img.Pix[i] = 255
		}
	}
	return img
}

func TestTiny(t *testing.T) {
	if !reads(t, tiny(), scantest.NewCode(1, 1)) {
		t.Error("not read")
	}
}

// same reads a picture twice: whatever is in it, the answer is the same, and
// within the limits.
func same(t *testing.T, img *image.Gray) {
	t.Helper()
	first, err := scan.Decode(context.Background(), img, scan.Options{})
	again, errAgain := scan.Decode(context.Background(), img, scan.Options{})
	if err != nil || errAgain != nil {
		t.Fatal(err, errAgain)
	}
	if !reflect.DeepEqual(first, again) {
		t.Error("the same picture is read in two ways")
	}
	if len(first) > 4 {
		t.Errorf("%d codes", len(first))
	}
}

// FuzzPixels is any small picture.
func FuzzPixels(f *testing.F) {
	f.Add(uint8(58), tiny().Pix)
	f.Add(uint8(30), bytes.Repeat([]byte{0, 255}, 450))
	f.Fuzz(func(t *testing.T, width uint8, pixels []byte) {
		w := int(width)
		if w == 0 || len(pixels) > 1<<13 {
			return
		}
		h := len(pixels) / w
		same(t, &image.Gray{Pix: pixels[:w*h], Stride: w, Rect: image.Rect(0, 0, w, h)})
	})
}

// FuzzImage is any small file.
func FuzzImage(f *testing.F) {
	f.Add(asPNG(f, tiny()))
	f.Add(asJPEG(f, tiny()))
	f.Add(hugePNG())
	f.Add(hugeJPEG(f))
	f.Fuzz(func(t *testing.T, file []byte) {
		const limit = 1 << 13
		img, err := scan.Image(bytes.NewReader(file), scan.Options{MaxPixels: limit})
		if err != nil {
			return
		}
		if img.Rect.Dx()*img.Rect.Dy() > limit {
			t.Fatalf("picture has %v pixels", img.Rect)
		}
		same(t, img)
	})
}
