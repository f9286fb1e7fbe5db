package scan_test

import (
	"context"
	"errors"
	"image"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/keyceremony/ceremony/transfer/qr/scan"
	"github.com/keyceremony/ceremony/transfer/qr/scantest"
)

// A patience is a context that ends when it was asked often enough: time
// without a clock. It counts the steps of the work.
type patience struct {
	context.Context
	left, asked int
}

func (p *patience) Err() error {
	p.asked++
	if p.asked > p.left {
		return context.DeadlineExceeded
	}
	return nil
}

func TestTooLarge(t *testing.T) {
	img := image.NewGray(image.Rect(0, 0, 101, 100))
	if _, err := scan.Decode(context.Background(), img, scan.Options{MaxPixels: 10000}); !errors.Is(err, scan.ErrTooLarge) {
		t.Errorf("error is %v", err)
	}
	// The picture claims to be large; there is nothing of it.
	claim := &image.Gray{Stride: 1 << 30, Rect: image.Rect(0, 0, 1<<30, 1<<30)}
	if _, err := scan.Decode(context.Background(), claim, scan.Options{}); !errors.Is(err, scan.ErrTooLarge) {
		t.Errorf("error is %v", err)
	}
}

// TestStops: wherever the time is up, nothing more is begun.
func TestStops(t *testing.T) {
	img := squares()
	whole := &patience{context.Background(), 1 << 30, 0}
	if _, err := scan.Decode(whole, img, scan.Options{}); err != nil {
		t.Fatal(err)
	}
	if whole.asked < 50 {
		t.Fatalf("the picture has %d steps of work, too few for this test", whole.asked)
	}
	for left := 0; left < whole.asked; left += 1 + whole.asked/12 {
		p := &patience{context.Background(), left, 0}
		if _, err := scan.Decode(p, img, scan.Options{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("after %d steps the error is %v", left, err)
		}
		if p.asked > left+5 {
			t.Fatalf("after %d steps it went on for %d", left, p.asked-left)
		}
	}
}

// TestKeepsWhatItHasRead when time is up before the next code.
func TestKeepsWhatItHasRead(t *testing.T) {
	img, _ := four(t)
	for left := 0; left < 200; left += 10 {
		codes, err := scan.Decode(&patience{context.Background(), left, 0}, img, scan.Options{})
		if err != nil && len(codes) > 0 {
			return
		}
	}
	t.Error("an error always lost what was read before")
}

// TestCrafted: pictures made to cost much are bounded in steps.
func TestCrafted(t *testing.T) {
	for name, img := range map[string]*image.Gray{"squares": squares(), "bars": bars(), "wall": wall(t)} {
		p := &patience{context.Background(), 1 << 30, 0}
		if codes, err := scan.Decode(p, img, scan.Options{}); err != nil || len(codes) > 4 {
			t.Errorf("%s: %d codes, error %v", name, len(codes), err)
		}
		if p.asked > 500 {
			t.Errorf("%s: took %d steps", name, p.asked)
		}
	}
}

// squares are finders without end, and no code.
func squares() *image.Gray {
	img := image.NewGray(image.Rect(0, 0, 960, 960))
	for i := range img.Pix {
		x, y := i%960%120/4-15, i/960%120/4-15
		ring := max(x*x, y*y)
		if ring > 9 || ring == 4 {
			img.Pix[i] = 255
		}
	}
	return img
}

// bars look like a finder in every row, all the way down.
func bars() *image.Gray {
	img := image.NewGray(image.Rect(0, 0, 2000, 2000))
	for i := range img.Pix {
		switch i % 2000 % 16 / 2 {
		case 1, 5, 7:
			img.Pix[i] = 255
		}
	}
	return img
}

// wall is a code that cannot be read: its finders and alignment patterns are
// right, what is between is not.
func wall(t *testing.T) *image.Gray {
	t.Helper()
	code := scantest.NewCode(25, 1)
	for j := 10; j < 100; j++ {
		for i := 12; i < 100; i += 3 {
			code.Modules[j][i] = !code.Modules[j][i]
		}
	}
	return scantest.Easy(1).Take(code)
}

// TestMemory: what a picture costs is a multiple of its pixels, whatever is in
// it: what is taken while it is read, of which most is given back after each
// look.
func TestMemory(t *testing.T) {
	const each = 12 // bytes for a pixel
	for name, img := range map[string]*image.Gray{"squares": squares(), "bars": bars(), "wall": wall(t), "noise": noise(1000, 1000)} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		decode(t, img, scan.Options{})
		runtime.ReadMemStats(&after)
		pixels := uint64(len(img.Pix))
		taken := after.TotalAlloc - before.TotalAlloc
		t.Logf("%s: %.1f bytes for a pixel", name, float64(taken)/float64(pixels))
		if taken > each*pixels {
			t.Errorf("%s: %d bytes for %d pixels, wanted at most %d for each", name, taken, pixels, each)
		}
	}
}

func noise(w, h int) *image.Gray {
	random, img := rand.New(rand.NewPCG(3, 4)), image.NewGray(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = byte(random.Uint32())
	}
	return img
}
