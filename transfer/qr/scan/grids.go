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
		list = append(list, g)
		if g.certain() {
			break
		}
	}
	slices.SortStableFunc(list, func(a, b grid) int { return cmp.Compare(b.score, a.score) })
	list = slices.DeleteFunc(list, func(g grid) bool { return g.score < likely })
	return list[:min(len(list), 2)]
}

// likely is the score below which nothing is read: there is no code. From sure
// on there is one.
const likely, sure = 0.2, 0.8

// certain tells whether a code is where the grid lies, whatever it says.
func (g *grid) certain() bool { return g.score > sure && len(g.pairs) > 6 }
