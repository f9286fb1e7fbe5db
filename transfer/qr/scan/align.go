package scan

import (
	"cmp"
	"math"
	"slices"

	"github.com/makiuchi-d/gozxing/qrcode/decoder"
)

// A grid lays the modules of a code on the picture.
type grid struct {
	homography homography
	n          int
	pairs      []pair // what was found of it
	mesh       *mesh
	score      float64 // how well alignment patterns match, 0 to 1
	timing     float64 // how well the timing patterns do
}

// An alignment is one of the small squares inside a code, and where it was
// found.
type alignment struct {
	pair
	far   float64 // modules from the nearest corner with a finder
	match float64 // correlation, at most 1
	found bool
}

// good is the correlation from which on something is an alignment pattern, and
// lost that below which it is none after all.
const good, lost = 0.72, 0.5

// An aligner fits a homography to the finders and to the alignment patterns,
// one after the other: those near the finders first, so that each search is
// short.
type aligner struct {
	pic        *picture
	h          homography
	n          int
	finders    []pair
	alignments []alignment
	found      int
}

// grid fits a code of a version to the corners.
func (p *picture) grid(s shape, version int) grid {
	n := 17 + 4*version
	a := &aligner{pic: p, h: s.homography(n), n: n, alignments: alignments(version)}
	end := float64(n) - 3.5
	a.finders = []pair{
		{point{3.5, 3.5}, s.topLeft.point, 3},
		{point{end, 3.5}, s.topRight.point, 3},
		{point{3.5, end}, s.bottomLeft.point, 3},
	}
	if len(a.alignments) > 0 {
		a.first()
	}
	if a.found > 0 {
		a.second()
	}
	return a.grid()
}

// alignments lists those of a version, the nearest to finders first.
func alignments(version int) (list []alignment) {
	v, err := decoder.Version_GetVersionForNumber(version)
	if err != nil {
		panic("scan: internal error: " + err.Error())
	}
	n := float64(v.GetDimensionForVersion())
	for _, y := range v.GetAlignmentPatternCenters() {
		for _, x := range v.GetAlignmentPatternCenters() {
			p := point{float64(x) + 0.5, float64(y) + 0.5}
			far := min(p.distance(point{}), p.distance(point{n, 0}), p.distance(point{0, n}))
			if far > 10 { // nearer is the finder's own place
				list = append(list, alignment{pair: pair{p, point{}, 1}, far: far})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b alignment) int { return cmp.Compare(a.far, b.far) })
	return list
}

// patience is how many alignment patterns may be missing, before the corners are
// taken for those of no code, or of a code of another version.
const patience = 5

// first looks for each alignment pattern where those before it say, and fits
// again after each.
func (a *aligner) first() {
	for i := range a.alignments {
		if i == patience && a.found == 0 {
			return
		}
		reach := 2.5 + a.alignments[i].far*0.02
		if a.found > 4 {
			reach = 1.5
		}
		if a.seek(&a.alignments[i], reach) {
			a.fit()
		}
	}
	a.settle()
}

// second looks again, from a homography to which all have contributed.
func (a *aligner) second() {
	for i := range a.alignments {
		reach := 1.5
		if a.alignments[i].found {
			reach = 0.5
		}
		a.seek(&a.alignments[i], reach)
	}
	a.settle()
}

// seek looks for one alignment pattern, and tells whether it is there.
func (a *aligner) seek(l *alignment, reach float64) bool {
	at, match := a.pic.seek(&a.h, l.code, reach)
	switch {
	case match > good:
		l.pic, l.match = at, match
		a.mark(l, true)
	case match < lost:
		a.mark(l, false)
	}
	return match > good
}

func (a *aligner) mark(l *alignment, found bool) {
	if found && !l.found {
		a.found++
	}
	if !found && l.found {
		a.found--
	}
	l.found = found
}

// settle drops what is more than a module from where the others say.
func (a *aligner) settle() {
	a.fit()
	for i := range a.alignments {
		l := &a.alignments[i]
		here, right, _ := a.h.axes(l.code.x, l.code.y)
		if l.found && here.distance(l.pic) > 1.2*math.Hypot(right.x, right.y) {
			a.mark(l, false)
		}
	}
	a.fit()
}

// fit takes all that was found. While that is little, the homography before
// keeps a little weight of its own.
func (a *aligner) fit() {
	pairs := a.pairs()
	if a.found < 3 {
		n := float64(a.n)
		for _, p := range [2]point{{n - 3.5, n - 3.5}, {n / 2, n / 2}} {
			pairs = append(pairs, pair{p, a.h.at(p.x, p.y), 0.02})
		}
	}
	if h, ok := fit(pairs); ok {
		a.h = h
	}
}

func (a *aligner) pairs() []pair {
	pairs := slices.Clone(a.finders)
	for _, l := range a.alignments {
		if l.found {
			pairs = append(pairs, l.pair)
		}
	}
	return pairs
}

func (a *aligner) grid() grid {
	g := grid{homography: a.h, n: a.n, pairs: a.pairs(), score: 1}
	if len(a.alignments) > 0 {
		g.score = 0
	}
	for _, l := range a.alignments {
		if l.found {
			g.score += l.match / float64(len(a.alignments))
		}
	}
	return g
}
