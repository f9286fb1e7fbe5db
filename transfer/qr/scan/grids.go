package scan

import (
	"cmp"
	"slices"
)

// grids fits codes of the versions that are possible, and returns the best two.
func (r *reader) grids(s shape) (list []grid) {
	versions := s.versions()
	if r.Version != 0 {
		versions = []int{r.Version}
	}
	for _, v := range versions {
		if r.ctx.Err() != nil {
			return nil
		}
		g := r.pic.grid(s, v)
		if g.score < likely {
			continue
		}
		g.mesh = newMesh(&g)
		g.timing = r.pic.timed(&g)
		list = append(list, g)
		if g.certain() {
			break
		}
	}
	slices.SortStableFunc(list, func(a, b grid) int { return cmp.Compare(b.score+b.timing, a.score+a.timing) })
	return list[:min(len(list), 2)]
}

// timed is how well the timing patterns are seen where the grid has them.
func (p *picture) timed(g *grid) float64 {
	across := p.alternation(g.n, func(i int) point { return g.mesh.middle(i, 6) })
	down := p.alternation(g.n, func(i int) point { return g.mesh.middle(6, i) })
	return min(across, down)
}

// likely is the score below which nothing is read: there is no code.
const likely = 0.2

// certain tells whether a code is where the grid lies, whatever it says. Some
// versions have their alignment patterns so much alike that only the timing
// patterns tell them apart.
func (g *grid) certain() bool { return g.score > 0.8 && g.timing > 0.5 && len(g.pairs) > 6 }
