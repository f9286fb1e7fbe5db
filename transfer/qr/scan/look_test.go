package scan

import (
	"math"
	"math/rand/v2"
	"testing"
)

func noisy(w, h int) *picture {
	random := rand.New(rand.NewPCG(1, 1))
	p := &picture{make([]byte, w*h), w, h}
	for i := range p.grey {
		p.grey[i] = byte(random.Uint32())
	}
	return p
}

// pixel repeats the edge.
func (p *picture) pixel(x, y int) int {
	return int(p.grey[min(max(y, 0), p.h-1)*p.w+min(max(x, 0), p.w-1)])
}

// TestSharpened compares sums that slide with sums over each square.
func TestSharpened(t *testing.T) {
	for _, radius := range []int{1, 3, 5} {
		p := noisy(31, 23)
		q := p.sharpened(radius, 2)
		for i, got := range q.grey {
			x, y, sum := i%p.w, i/p.w, 0
			for dy := -radius; dy <= radius; dy++ {
				for dx := -radius; dx <= radius; dx++ {
					sum += p.pixel(x+dx, y+dy)
				}
			}
			side := float64(2*radius + 1)
			v := float64(p.pixel(x, y))
			want := min(max(v+2*(v-float64(sum)/side/side), 0), 255)
			if math.Abs(float64(got)-want) > 1.5 { // it counts in whole numbers
				t.Fatalf("radius %d, pixel %d,%d: %d, wanted %.1f", radius, x, y, got, want)
			}
		}
	}
}

// TestLevels compares the level of a block with the mean around it.
func TestLevels(t *testing.T) {
	p := noisy(101, 67)
	l := newLevels(p, 128)
	for y := range p.h {
		for x := range p.w {
			left, top := max(x/8-2, 0)*8, max(y/8-2, 0)*8
			right, bottom := min((x/8+3)*8, p.w), min((y/8+3)*8, p.h)
			sum := 0
			for v := top; v < bottom; v++ {
				for u := left; u < right; u++ {
					sum += p.pixel(u, v)
				}
			}
			level := sum / (right - left) / (bottom - top) / 2
			if l.dark(p, x, y) != (p.pixel(x, y) < level) && p.pixel(x, y) != level {
				t.Fatalf("pixel %d,%d is %d, the level %d", x, y, p.pixel(x, y), level)
			}
		}
	}
}

func TestAt(t *testing.T) {
	p := &picture{[]byte{0, 100, 200, 40}, 2, 2}
	for _, c := range []struct {
		at   point
		want float64
	}{
		{point{0.5, 0.5}, 0},
		{point{1, 0.5}, 50},
		{point{1, 1}, 85},
		{point{-9, 1}, 100},
		{point{math.NaN(), math.Inf(-1)}, 0},
	} {
		if got := p.at(c.at); math.Abs(got-c.want) > 0.2 {
			t.Errorf("at %v is %.1f, wanted %.1f", c.at, got, c.want)
		}
	}
}
