package scan

// A mesh has the place in the picture of every cell-th module, both ways: the
// homography, bent so that it goes through what was found. That is what a lens
// does to a plane.
type mesh struct {
	across int // nodes
	nodes  []point
}

// cell is the distance of nodes in modules. Within it, perspective is straight.
const cell = 4

func newMesh(g *grid) *mesh {
	m := &mesh{across: g.n/cell + 2}
	bends := g.bends()
	m.nodes = make([]point, m.across*m.across)
	for i := range m.nodes {
		u, v := float64(i%m.across*cell), float64(i/m.across*cell)
		m.nodes[i] = g.homography.at(u, v).plus(bend(bends, u, v))
	}
	return m
}

// bends is how far from the homography things were found.
func (g *grid) bends() []pair {
	list := make([]pair, len(g.pairs))
	for i, p := range g.pairs {
		list[i] = pair{p.code, p.pic.minus(g.homography.at(p.code.x, p.code.y)), 1}
	}
	return list
}

// bend is the mean of the bends around, weighted by the inverse fourth power of
// the distance; far from all of them it fades.
func bend(bends []pair, u, v float64) (d point) {
	const near, fade = 30, 1.0 / 1600 / 1600 // modules squared, and to the fourth
	sum := fade
	for _, b := range bends {
		x, y := b.code.x-u, b.code.y-v
		square := x*x + y*y + near
		w := 1 / (square * square)
		sum += w
		d = d.moved(b.pic, w)
	}
	return d.times(1 / sum)
}

// sample measures the grey of each module, over a cross in its middle.
func (p *picture) sample(g *grid) []float64 {
	const arm = 0.2
	grey := make([]float64, 0, g.n*g.n)
	for j := range g.n {
		for i := range g.n {
			at, right, down := g.mesh.at(i, j)
			right, down = right.times(arm), down.times(arm)
			v := 2*p.at(at) + p.at(at.plus(right)) + p.at(at.minus(right)) + p.at(at.plus(down)) + p.at(at.minus(down))
			grey = append(grey, v/6)
		}
	}
	return grey
}

// at is the middle of a module, and the steps to those right of it and below.
func (m *mesh) at(i, j int) (middle, right, down point) {
	o := j/cell*m.across + i/cell
	a, b, c, d := m.nodes[o], m.nodes[o+1], m.nodes[o+m.across], m.nodes[o+m.across+1]
	u, v := (float64(i%cell)+0.5)/cell, (float64(j%cell)+0.5)/cell
	upper, lower := b.minus(a), d.minus(c)
	right = upper.times((1-v)/cell).moved(lower, v/cell)
	left := c.minus(a)
	down = left.times((1-u)/cell).moved(d.minus(b), u/cell)
	middle = a.moved(left, v).moved(right, u*cell)
	return middle, right, down
}

func (m *mesh) middle(i, j int) point {
	middle, _, _ := m.at(i, j)
	return middle
}
