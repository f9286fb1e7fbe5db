package scan

import "math"

// pattern is an alignment pattern, with a mean of zero and a length of one:
// bright is positive.
var pattern = func() (p [25]float64) {
	for i := range p {
		x, y := i%5-2, i/5-2
		p[i] = -8.0 / 25 // 17 dark modules, 8 bright ones
		if max(x*x, y*y) == 1 {
			p[i] = 17.0 / 25
		}
	}
	for i, v := range p {
		p[i] = v / math.Sqrt(8.0*17/25)
	}
	return p
}()

// seek looks for an alignment pattern around a place of the code, as far as
// reach, in modules. It returns where it fits best, and its correlation.
func (p *picture) seek(h *homography, code point, reach float64) (best point, match float64) {
	middle, right, down := h.axes(code.x, code.y)
	best, match = middle, -1
	const step = 0.4
	try := func(at point) bool {
		m := p.match(at, right, down)
		if m <= match {
			return false
		}
		best, match = at, m
		return true
	}
	for v := -reach; v <= reach; v += step {
		for u := -reach; u <= reach; u += step {
			try(middle.moved(right, u).moved(down, v))
		}
	}
	if match >= lost {
		for _, s := range [3]float64{step / 2, step / 4, step / 8} {
			climb(&best, right.times(s), down.times(s), try)
		}
	}
	return best, match
}

// climb goes on by small steps while that helps.
func climb(best *point, right, down point, try func(point) bool) {
	for range 4 {
		r := try(best.plus(right)) || try(best.minus(right))
		d := try(best.plus(down)) || try(best.minus(down))
		if !r && !d {
			return
		}
	}
}

// match is the correlation of the picture with an alignment pattern at a place;
// 0 where there is nearly no contrast.
func (p *picture) match(middle, right, down point) float64 {
	var sum, squares, product float64
	row := middle.moved(right, -2).moved(down, -2)
	for j := range 5 {
		at := row
		for i := range 5 {
			v := p.at(at)
			sum += v
			squares += v * v
			product += v * pattern[5*j+i]
			at = at.plus(right)
		}
		row = row.plus(down)
	}
	variance := squares - sum*sum/25
	if variance < 25*16 {
		return 0
	}
	return product / math.Sqrt(variance)
}
