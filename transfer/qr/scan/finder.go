package scan

import "math"

// A finder is what looks like one of the three large squares in the corners of
// a code: dark, bright, dark, bright, dark in the proportion 1:1:3:1:1.
type finder struct {
	point          // its middle
	module float64 // pixels
	hits   int     // rows that crossed it
}

// quality is 1 when all rows that cross the middle, three modules high, saw the
// finder.
func (f finder) quality(step int) float64 {
	return math.Min(1, float64(f.hits*step)/(3*f.module))
}

// maxFinders bounds what a picture full of squares may cost.
const maxFinders = 400

// A search goes through a picture for finders.
type search struct {
	*picture
	*levels
	found []finder
}

// rowStep is how far apart the rows are that are searched. Modules have two
// pixels at least, so that each finder is crossed thrice.
func rowStep(p *picture) int { return max(2, p.h/400) }

// finders lists what looks like a finder in at least two rows.
func finders(p *picture, bias int) []finder {
	s := &search{picture: p, levels: newLevels(p, bias)}
	changes := make([]int, 0, p.w+1)
	for y := 0; y < p.h; y += rowStep(p) {
		changes = s.changes(changes[:0], y)
		for i := 0; i+5 < len(changes); i += 2 {
			s.cross(changes[i:i+6], y)
		}
	}
	sure := s.found[:0]
	for _, f := range s.found {
		if f.hits >= 2 {
			sure = append(sure, f)
		}
	}
	return sure
}

// changes lists where the row turns dark, and bright again, and so on.
func (s *search) changes(list []int, y int) []int {
	row := s.grey[y*s.picture.w:][:s.picture.w]
	of := s.below[y>>s.shift*s.levels.w:][:s.levels.w]
	side, dark := 1<<s.shift, false
	for b, level := range of {
		start := b * side
		for i, v := range row[start:min(start+side, len(row))] {
			if (v < level) != dark {
				dark = !dark
				list = append(list, start+i)
			}
		}
	}
	return append(list, len(row))
}

// cross looks at five runs of a row, and whether there is a finder when they are
// crossed at the middle, down and then across.
func (s *search) cross(at []int, y int) {
	runs := [5]int{at[1] - at[0], at[2] - at[1], at[3] - at[2], at[4] - at[3], at[5] - at[4]}
	rough, ok := proportions(runs)
	if !ok {
		return
	}
	x, limit := (at[2]+at[3])/2, int(2.5*rough)+2
	cy, down, ok := s.through(x, y, 0, 1, limit)
	if !ok || !alike(rough, down) {
		return
	}
	cx, across, ok := s.through(x, int(cy), 1, 0, limit)
	if ok && alike(across, down) {
		s.add(point{cx, cy}, (across+down)/2)
	}
}

func alike(a, b float64) bool { return a < 2*b && b < 2*a }

// proportions returns the size of a module, and whether the runs can be those
// of a finder. They may be far from 1:1:3:1:1: blur and glare move edges.
func proportions(runs [5]int) (module float64, ok bool) {
	total := runs[0] + runs[1] + runs[2] + runs[3] + runs[4]
	if total < 9 {
		return 0, false
	}
	module = float64(total) / 7
	for _, i := range [4]int{0, 1, 3, 4} {
		if r := float64(runs[i]); r < 0.35*module || r > 1.75*module {
			return 0, false
		}
	}
	middle := float64(runs[2])
	return module, middle > 1.9*module && middle < 4.2*module
}

// through measures the runs through a pixel, along a row or a column, and
// returns where the middle run has its middle. No run is followed much further
// than a finder goes.
func (s *search) through(x, y, dx, dy, limit int) (middle, module float64, ok bool) {
	runs := [5]int{}
	back := s.arm(&runs, [3]int{2, 1, 0}, x, y, -dx, -dy, limit)
	forth := s.arm(&runs, [3]int{2, 3, 4}, x+dx, y+dy, dx, dy, limit)
	module, ok = proportions(runs)
	return float64(x*dx+y*dy) + 1 + float64(forth-back)/2, module, ok
}

// arm walks from the middle outwards: dark, bright, dark. It adds to the runs
// of these places, and returns how long the first was.
func (s *search) arm(runs *[5]int, places [3]int, x, y, dx, dy, limit int) (first int) {
	for i, place := range places {
		n, most := 0, limit
		if i == 0 {
			most = 4 * limit
		}
		for n <= most && s.inside(x, y) && s.dark(s.picture, x, y) == (i != 1) {
			x, y, n = x+dx, y+dy, n+1
		}
		runs[place] += n
		if i == 0 {
			first = n
		}
	}
	return first
}

func (s *search) inside(x, y int) bool {
	return x >= 0 && y >= 0 && x < s.picture.w && y < s.h
}

// add counts the finder with one that is there already, or as a new one.
func (s *search) add(p point, module float64) {
	for i := range s.found {
		f := &s.found[i]
		if math.Abs(f.x-p.x) < 2*module && math.Abs(f.y-p.y) < 2*module {
			n := float64(f.hits)
			f.point = f.point.times(n).plus(p).times(1 / (n + 1))
			f.module = (f.module*n + module) / (n + 1)
			f.hits++
			return
		}
	}
	if len(s.found) < maxFinders {
		s.found = append(s.found, finder{p, module, 1})
	}
}
