package scan

import "math"

// A homography maps the plane of a code, in modules, to the picture, in pixels:
// row by row, a 3x3 matrix.
type homography [9]float64

// at is where a place of the code is in the picture.
func (h *homography) at(u, v float64) point {
	w := 1 / (h[6]*u + h[7]*v + h[8])
	return point{(h[0]*u + h[1]*v + h[2]) * w, (h[3]*u + h[4]*v + h[5]) * w}
}

// axes are the steps of one module, right and down, at a place of the code.
func (h *homography) axes(u, v float64) (here, right, down point) {
	here = h.at(u, v)
	return here, h.at(u+1, v).minus(here), h.at(u, v+1).minus(here)
}

// A pair is a place of the code that was found in the picture.
type pair struct {
	code, pic point
	weight    float64
}

// fit returns the homography with the least squares of weighted errors. Both
// sides are brought to the same size first: sums of products of pixels would
// lose the small terms of perspective.
func fit(pairs []pair) (h homography, ok bool) {
	if len(pairs) < 4 {
		return h, false
	}
	code := newFrame(pairs, func(p pair) point { return p.code })
	pic := newFrame(pairs, func(p pair) point { return p.pic })
	var system [8][9]float64
	for _, p := range pairs {
		c, q := code.into(p.code), pic.into(p.pic)
		accumulate(&system, [9]float64{c.x, c.y, 1, 0, 0, 0, -c.x * q.x, -c.y * q.x, q.x}, p.weight)
		accumulate(&system, [9]float64{0, 0, 0, c.x, c.y, 1, -c.x * q.y, -c.y * q.y, q.y}, p.weight)
	}
	if !solve(&system) {
		return h, false
	}
	for i := range 8 {
		h[i] = system[i][8]
	}
	h[8] = 1
	return h.between(code, pic), true
}

// A frame is where points are: their middle, and one over their mean distance
// from it.
type frame struct {
	middle point
	scale  float64
}

func newFrame(pairs []pair, of func(pair) point) (f frame) {
	n := float64(len(pairs))
	for _, p := range pairs {
		f.middle = f.middle.moved(of(p), 1/n)
	}
	sum := 0.0
	for _, p := range pairs {
		sum += f.middle.distance(of(p))
	}
	f.scale = n / math.Max(sum, 1e-9)
	return f
}

func (f frame) into(p point) point { return p.minus(f.middle).times(f.scale) }

// between takes the frames out of a homography that was fitted inside them.
func (h homography) between(code, pic frame) (out homography) {
	for row := range 3 {
		r := h[3*row:]
		a, b := r[0]*code.scale, r[1]*code.scale
		out[3*row], out[3*row+1], out[3*row+2] = a, b, r[2]-a*code.middle.x-b*code.middle.y
	}
	for i := range 3 {
		out[i] = out[i]/pic.scale + pic.middle.x*out[6+i]
		out[3+i] = out[3+i]/pic.scale + pic.middle.y*out[6+i]
	}
	return out
}

// accumulate adds one equation to the normal equations.
func accumulate(system *[8][9]float64, equation [9]float64, weight float64) {
	for i, a := range equation[:8] {
		if a == 0 {
			continue
		}
		row := &system[i]
		for j, b := range equation {
			row[j] += weight * a * b
		}
	}
}

// solve leaves the solution in the last column.
func solve(system *[8][9]float64) bool {
	for i := range system {
		best := i
		for k := i + 1; k < 8; k++ {
			if math.Abs(system[k][i]) > math.Abs(system[best][i]) {
				best = k
			}
		}
		system[i], system[best] = system[best], system[i]
		if math.Abs(system[i][i]) < 1e-12 {
			return false
		}
		eliminate(system, i)
	}
	return true
}

func eliminate(system *[8][9]float64, i int) {
	pivot := 1 / system[i][i]
	for j := i; j < 9; j++ {
		system[i][j] *= pivot
	}
	for k := range system {
		if k == i || system[k][i] == 0 {
			continue
		}
		f := system[k][i]
		for j := i; j < 9; j++ {
			system[k][j] -= f * system[i][j]
		}
	}
}
