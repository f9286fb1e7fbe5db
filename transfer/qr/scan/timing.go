package scan

import (
	"cmp"
	"math"
	"slices"
)

// A suspect is a triple that was looked at more closely.
type suspect struct {
	triple
	shape
}

// suspects puts those triples in front between whose finders run the timing
// patterns of a code: finders of several codes make many triples, most of them
// of different codes. It puts none away, for a lens can bend the patterns out
// of the lines on which they are looked for.
func (p *picture) suspects(list []triple) (out []suspect) {
	const most, worth = 64, 30
	for _, t := range list[:min(len(list), most)] {
		s := suspect{t, p.measure(t)}
		s.score += worth * p.timing(s.shape)
		out = append(out, s)
	}
	slices.SortStableFunc(out, func(a, b suspect) int { return cmp.Compare(b.score, a.score) })
	return out
}

// timing tells how well timing patterns are seen, 0 to 1, for the version that
// fits best: the fainter of the two.
func (p *picture) timing(s shape) (best float64) {
	for _, v := range s.versions() {
		n := 17 + 4*v
		h := s.homography(n)
		across := p.alternation(n, func(i int) point { return h.at(float64(i)+0.5, 6.5) })
		down := p.alternation(n, func(i int) point { return h.at(6.5, float64(i)+0.5) })
		best = max(best, min(across, down))
	}
	return best
}

// alternation is near 1 where a line of modules is dark and bright by turns, and
// near 0 where it is anything else; a short line says less.
func (p *picture) alternation(n int, at func(i int) point) float64 {
	var sum, all float64
	last := p.at(at(8))
	for i := 9; i < n-8; i++ {
		v := p.at(at(i))
		all += math.Abs(v - last)
		if i%2 == 0 { // dark
			sum += last - v
		} else {
			sum += v - last
		}
		last = v
	}
	length := float64(n - 16)
	return sum / (all + 1) * length / (length + 8)
}
