package kit

import (
	"image"
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/software"
)

// A board is a pattern of dark and light by turns.
type board int

func (b board) Side() int          { return int(b) }
func (b board) Dark(x, y int) bool { return (x+y)%2 == 1 }

// TestSymbolHasWholePixels: each module is a square of as many pixels as every
// other, black or white, in every look and at every scale of the screen, also
// where its place is between two pixels.
func TestSymbolHasWholePixels(t *testing.T) {
	for _, look := range Looks {
		for _, scale := range []float32{1, 1.25, 1.4, 1.5, 2} {
			w, _ := window(t, NewTheme(look, 1))
			s := NewSymbol()
			s.Set(board(33))
			w.SetContent(container.NewWithoutLayout(s))
			w.Canvas().(software.WindowlessCanvas).SetScale(scale)
			w.Resize(fyne.NewSize(330, 330))
			place(s, 10.3, 7.5, 257, 301)
			px, _ := s.Module()
			if px != int(257*scale)/33 {
				t.Fatalf("a module has %d pixels at scale %g", px, scale)
			}
			img := w.Canvas().Capture()
			corner := s.Position().Add(s.raster.Position())
			left, top := int(math.Round(float64(corner.X*scale))), int(math.Round(float64(corner.Y*scale)))
			wholePixels(t, img, image.Pt(left, top), px)
		}
	}
}

func wholePixels(t *testing.T, img image.Image, corner image.Point, px int) {
	t.Helper()
	for y := range 33 {
		for x := range 33 {
			want := color.Gray{0xFF}
			if board(33).Dark(x, y) {
				want = color.Gray{0}
			}
			one := image.Rect(0, 0, px, px).Add(corner.Add(image.Pt(x*px, y*px)))
			for _, at := range []image.Point{one.Min, one.Max.Sub(image.Pt(1, 1))} {
				if got := color.GrayModel.Convert(img.At(at.X, at.Y)); got != want {
					t.Fatalf("module %d,%d of %d pixels is %v at %v, want %v", x, y, px, got, at, want)
				}
			}
		}
	}
}

// TestSymbolIsKeptFine: with a bound the modules are no larger, however much
// room there is.
func TestSymbolIsKeptFine(t *testing.T) {
	w, _ := window(t, NewTheme(Light, 1))
	s := NewSymbol()
	s.Set(board(41))
	w.SetContent(container.NewStack(s))
	w.Resize(fyne.NewSize(900, 900))
	if px, _ := s.Module(); px != 900/41 {
		t.Errorf("a module has %d pixels without a bound", px)
	}
	s.SetMost(4)
	if px, size := s.Module(); px != 4 || size != 4 {
		t.Errorf("a module has %d pixels, bound is 4", px)
	}
}

// TestPartsFill: what is there is filled, what is awaited is not.
func TestPartsFill(t *testing.T) {
	w, _ := window(t, NewTheme(Light, 1))
	p := NewParts()
	p.Set([]bool{true, false, true, false}, 0)
	w.SetContent(container.NewStack(p))
	w.Resize(fyne.NewSize(300, 100))
	img := w.Canvas().Capture()
	side, gap := p.cell()
	step, half := int(grid(side+gap)), int(grid(side)/2)
	var dark []bool
	for i := range 4 {
		dark = append(dark, color.GrayModel.Convert(img.At(i*step+half, half)).(color.Gray).Y < 0x80)
	}
	if dark[0] != true || dark[1] != false || dark[2] != true || dark[3] != false {
		t.Errorf("filled are %v", dark)
	}
	before := p.MinSize().Height
	p.Set(make([]bool, 400), 0)
	if p.MinSize().Height <= before {
		t.Error("400 parts need no more room than 4")
	}
}
