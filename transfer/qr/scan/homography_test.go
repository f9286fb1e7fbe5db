package scan

import "testing"

// seen is a plane seen at an angle.
var seen = homography{4, 0.5, 100, -0.3, 3, 50, 0.001, 0.002, 1}

func pairsOf(h homography, places ...point) (pairs []pair) {
	for i, p := range places {
		pairs = append(pairs, pair{p, h.at(p.x, p.y), float64(1 + i%3)})
	}
	return pairs
}

func TestFitFindsTheHomography(t *testing.T) {
	h, ok := fit(pairsOf(seen, point{3, 3}, point{110, 3}, point{3, 110}, point{100, 100}, point{50, 60}, point{20, 90}))
	if !ok {
		t.Fatal("not fitted")
	}
	for _, p := range []point{{0, 0}, {117, 117}, {0, 117}, {60, 10}} {
		if got, want := h.at(p.x, p.y), seen.at(p.x, p.y); got.distance(want) > 1e-6 {
			t.Errorf("%v is at %v, wanted %v", p, got, want)
		}
	}
}

func TestFitRefuses(t *testing.T) {
	for name, places := range map[string][]point{
		"three points": {{0, 0}, {1, 0}, {0, 1}},
		"a line":       {{0, 0}, {1, 1}, {2, 2}, {3, 3}, {4, 4}},
		"one point":    {{1, 1}, {1, 1}, {1, 1}, {1, 1}},
	} {
		if h, ok := fit(pairsOf(seen, places...)); ok {
			t.Errorf("%s: fitted as %v", name, h)
		}
	}
}

func TestCorners(t *testing.T) {
	topLeft, topRight, bottomLeft := point{10, 12}, point{100, 5}, point{20, 90}
	for _, order := range [][3]point{
		{topLeft, topRight, bottomLeft},
		{topLeft, bottomLeft, topRight},
		{topRight, topLeft, bottomLeft},
		{topRight, bottomLeft, topLeft},
		{bottomLeft, topLeft, topRight},
		{bottomLeft, topRight, topLeft},
	} {
		if a, b, c := corners(order[0], order[1], order[2]); a != topLeft || b != topRight || c != bottomLeft {
			t.Errorf("%v are put in order as %v %v %v", order, a, b, c)
		}
	}
}
