package scan

import (
	"image"
	"image/draw"
	"math"
)

// A point is a place in the picture, in pixels. The middle of the first pixel
// is at 0.5, 0.5.
type point struct{ x, y float64 }

func (p point) plus(q point) point             { return point{p.x + q.x, p.y + q.y} }
func (p point) minus(q point) point            { return point{p.x - q.x, p.y - q.y} }
func (p point) times(f float64) point          { return point{p.x * f, p.y * f} }
func (p point) distance(q point) float64       { return math.Hypot(p.x-q.x, p.y-q.y) }
func (p point) moved(d point, f float64) point { return point{p.x + d.x*f, p.y + d.y*f} }

// A picture has its rows one after the other, without gaps.
type picture struct {
	grey []byte
	w, h int
}

func newPicture(img *image.Gray) *picture {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	if img.Stride == w {
		return &picture{img.Pix[:w*h], w, h}
	}
	p := &picture{make([]byte, w*h), w, h}
	for y := range h {
		copy(p.grey[y*w:][:w], img.Pix[y*img.Stride:])
	}
	return p
}

// at is the grey at a point, between the four pixels around it. Outside it is
// the grey of the edge.
func (p *picture) at(q point) float64 {
	x, y := clamp(q.x-0.5, p.w), clamp(q.y-0.5, p.h)
	ix, iy := int(x), int(y)
	fx, fy := x-float64(ix), y-float64(iy)
	upper := p.grey[iy*p.w+ix:][:2]
	lower := p.grey[(iy+1)*p.w+ix:][:2]
	a, b := float64(upper[0]), float64(lower[0])
	a += (float64(upper[1]) - a) * fx
	b += (float64(lower[1]) - b) * fx
	return a + (b-a)*fy
}

// clamp keeps a place between the middles of the first and the last of n pixels.
// What is no number, as a homography can return it, is at the first.
func clamp(x float64, n int) float64 {
	if last := float64(n) - 1.001; x > last {
		return last
	}
	if x > 0 {
		return x
	}
	return 0
}

// Gray makes a grey picture of any other, on white where it is transparent.
// That of a camera or a JPEG file has its grey apart, and is not copied.
func Gray(m image.Image) *image.Gray {
	switch m := m.(type) {
	case *image.Gray:
		return m
	case *image.YCbCr:
		return &image.Gray{Pix: m.Y, Stride: m.YStride, Rect: m.Rect}
	}
	g := image.NewGray(m.Bounds())
	draw.Draw(g, g.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(g, g.Rect, m, m.Bounds().Min, draw.Over)
	return g
}
