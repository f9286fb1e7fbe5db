package scan

import (
	"cmp"
	"math"
	"slices"
)

// A triple is three finders that may be the corners of one code.
type triple struct {
	topLeft, topRight, bottomLeft point
	module                        float64 // pixels, mean of the three
	score                         float64
}

// near tells whether two triples are the same corners, seen twice.
func (t triple) near(o triple) bool {
	return t.topLeft.distance(o.topLeft) < t.module/2 &&
		t.topRight.distance(o.topRight) < t.module/2 &&
		t.bottomLeft.distance(o.bottomLeft) < t.module/2
}

// triples lists what may be a code, the best first.
func triples(found []finder, p *picture) (list []triple) {
	const best = 16 // for four codes, and some that are none
	step := rowStep(p)
	slices.SortStableFunc(found, func(a, b finder) int {
		return cmp.Compare(b.quality(step)*b.module, a.quality(step)*a.module)
	})
	found = found[:min(len(found), best)]
	for i, a := range found {
		for j, b := range found[i+1:] {
			for _, c := range found[i+j+2:] {
				if t, ok := newTriple(a, b, c); ok {
					t.score += t.worth(found, p)
					list = append(list, t)
				}
			}
		}
	}
	slices.SortStableFunc(list, func(a, b triple) int { return cmp.Compare(b.score, a.score) })
	return list
}

// worth is more for sure finders and for a large code, and less with a finder
// within: that is the corner of another code.
func (t triple) worth(found []finder, p *picture) float64 {
	const sure, size = 10, 20
	step := rowStep(p)
	right, down := t.topRight.minus(t.topLeft), t.bottomLeft.minus(t.topLeft)
	own, other := 0.0, 0.0
	for _, f := range found {
		switch off := f.minus(t.topLeft); {
		case f.point == t.topLeft || f.point == t.topRight || f.point == t.bottomLeft:
			own += f.quality(step)
		case within(off, right, down) && within(off, down, right):
			other = max(other, f.quality(step))
		}
	}
	return sure*(own-other) + size*(math.Hypot(right.x, right.y)+math.Hypot(down.x, down.y))/float64(p.w+p.h)
}

// within tells whether a point is between 0 and 1 along a, where a and b are
// the sides of a parallelogram.
func within(p, a, b point) bool {
	along := (p.x*b.y - p.y*b.x) / (a.x*b.y - a.y*b.x)
	return along > 0 && along < 1
}

// newTriple says which corner is which, and whether the shape can be a code
// seen from any side. The score is less for each departure from a code seen
// straight on.
func newTriple(a, b, c finder) (t triple, ok bool) {
	small, large := min(a.module, b.module, c.module), max(a.module, b.module, c.module)
	t.topLeft, t.topRight, t.bottomLeft = corners(a.point, b.point, c.point)
	t.module = (a.module + b.module + c.module) / 3
	right, down := t.topRight.minus(t.topLeft), t.bottomLeft.minus(t.topLeft)
	wide, high := math.Hypot(right.x, right.y), math.Hypot(down.x, down.y)
	slant := math.Abs(right.x*down.x+right.y*down.y) / (wide * high)
	stretch := max(wide/high, high/wide)
	if large > 1.9*small || stretch > 1.9 || slant > 0.6 || min(wide, high) < 10*small {
		return t, false
	}
	t.score = -6*slant - 6*(large/small-1) - 6*math.Log(stretch)
	return t, true
}

// corners puts three points in order. The top left is opposite to the longest
// side, and from it the top right comes before the bottom left, clockwise.
func corners(a, b, c point) (topLeft, topRight, bottomLeft point) {
	ab, ac, bc := a.distance(b), a.distance(c), b.distance(c)
	switch {
	case ac >= ab && ac >= bc:
		a, b = b, a
	case ab >= ac && ab >= bc:
		a, c = c, a
	}
	if (b.x-a.x)*(c.y-a.y) < (b.y-a.y)*(c.x-a.x) {
		b, c = c, b
	}
	return a, b, c
}
