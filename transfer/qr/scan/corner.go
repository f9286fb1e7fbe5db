package scan

import "math"

// A corner is a finder that was measured in grey.
type corner struct {
	point                 // its middle
	width, height float64 // of a module, along the sides of the code
}

// A shape is what the three finders say of the code: where its corners are and,
// by how large the finders look, how far each is away.
type shape struct {
	topLeft, topRight, bottomLeft corner
	sized                         bool // whether all three could be measured
	module                        float64
}

func (p *picture) measure(t triple) (s shape) {
	right := direction(t.topLeft, t.topRight)
	down := direction(t.topLeft, t.bottomLeft)
	s.module, s.sized = t.module, true
	for _, c := range []struct {
		to   *corner
		from point
	}{{&s.topLeft, t.topLeft}, {&s.topRight, t.topRight}, {&s.bottomLeft, t.bottomLeft}} {
		var ok bool
		*c.to, ok = p.corner(c.from, right, down, t.module)
		s.sized = s.sized && ok
	}
	return s
}

func direction(a, b point) point { return b.minus(a).times(1 / a.distance(b)) }

// corner follows the four arms of a finder to its edge, twice: the second time
// from the middle that the first has found.
func (p *picture) corner(middle, right, down point, module float64) (c corner, ok bool) {
	level := p.level(middle, module)
	c.point = middle
	for range 2 {
		r, l := p.edge(c.point, right, level, module), p.edge(c.point, right.times(-1), level, module)
		d, u := p.edge(c.point, down, level, module), p.edge(c.point, down.times(-1), level, module)
		if min(r, l, d, u) == 0 {
			return c, false
		}
		c.width, c.height = (r+l)/7, (d+u)/7
		c.point = c.moved(right, (r-l)/2).moved(down, (d-u)/2)
	}
	return c, true
}

// level is halfway between the darkest and the brightest grey of a finder.
func (p *picture) level(middle point, module float64) float64 {
	low, high := 255.0, 0.0
	for angle := 0.0; angle < 2*math.Pi; angle += math.Pi / 9 {
		sin, cos := math.Sincos(angle)
		for d := 0.0; d <= 4.2*module; d += 0.4 * module {
			v := p.at(middle.moved(point{cos, sin}, d))
			low, high = min(low, v), max(high, v)
		}
	}
	return (low + high) / 2
}

// edge is the distance to the outer edge of a finder, beyond dark, bright and
// dark; 0 when there is none.
func (p *picture) edge(from, towards point, level, module float64) float64 {
	const step = 0.5
	last, crossed := p.at(from), 0
	for d := step; d < 8*module; d += step {
		v := p.at(from.moved(towards, d))
		if (v < level) == (crossed%2 == 1) {
			if crossed++; crossed == 3 {
				return d - step*(v-level)/(v-last)
			}
		}
		last = v
	}
	return 0
}

// homography puts a code of n modules on the three corners. The fourth follows
// from perspective: the area of a module shrinks with the cube of its distance.
func (s shape) homography(n int) (h homography) {
	a, b, c := 1.0, 1.0, 1.0
	if s.sized {
		a, b, c = s.topLeft.nearness(), s.topRight.nearness(), s.bottomLeft.nearness()
	}
	between := float64(n - 7)
	for row, v := range [3][3]float64{
		{a * s.topLeft.x, b * s.topRight.x, c * s.bottomLeft.x},
		{a * s.topLeft.y, b * s.topRight.y, c * s.bottomLeft.y},
		{a, b, c},
	} {
		right, down := (v[1]-v[0])/between, (v[2]-v[0])/between
		h[3*row], h[3*row+1], h[3*row+2] = right, down, v[0]-3.5*right-3.5*down
	}
	return h
}

func (c corner) nearness() float64 { return math.Pow(c.width*c.height, -1.0/3) }

// versions lists what the code may be, the likeliest first. Between two ends of
// a line in perspective, the mean size of modules is the geometric mean.
func (s shape) versions() (list []int) {
	wide, high := s.topLeft.distance(s.topRight.point), s.topLeft.distance(s.bottomLeft.point)
	modules := (wide + high) / (2 * s.module)
	if s.sized {
		modules = wide/math.Sqrt(s.topLeft.width*s.topRight.width)/2 + high/math.Sqrt(s.topLeft.height*s.bottomLeft.height)/2
	}
	exact := (modules + 7 - 17) / 4
	guess := int(math.Round(exact))
	side := 1
	if exact < float64(guess) {
		side = -1
	}
	for _, off := range [5]int{0, side, -side, 2 * side, -2 * side} {
		if v := guess + off; v >= 1 && v <= 40 {
			list = append(list, v)
		}
	}
	return list
}
