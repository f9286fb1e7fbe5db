package scantest

import "math"

// A lens maps places in the picture to places on the screen.
type lens struct {
	back           [9]float64 // homography: picture to the plane of the code
	midX, midY     float64
	radial, corner float64 // distortion, and half the diagonal squared
}

// dot is a*u + b*v + c without fused multiplication, which some machines have
// and which would round in another way.
func dot(a, b, c, u, v float64) float64 { return float64(a*u) + float64(b*v) + c }

// newLens puts a camera with a field of view of 60 degrees before a code whose
// side has the given length, in any unit.
func newLens(s Shot, side float64) lens {
	w, h := float64(s.Width), float64(s.Height)
	focal := w / (2 * math.Tan(math.Pi/6))
	distance := focal * side / (s.Fill * min(w, h))
	x, y := w/2+float64(s.Shift[0]*w), h/2+float64(s.Shift[1]*h)
	r := rotation(s.Tilt[0], s.Tilt[1], s.Turn)
	return lens{
		back: inverse([9]float64{
			dot(focal, x, 0, r[0], r[4]), dot(focal, x, 0, r[1], r[5]), x * distance,
			dot(focal, y, 0, r[2], r[4]), dot(focal, y, 0, r[3], r[5]), y * distance,
			r[4], r[5], distance,
		}),
		midX: w / 2, midY: h / 2, radial: s.Lens, corner: dot(w, h, 0, w, h) / 4,
	}
}

// rotation has the first two columns of Rz·Ry·Rx, row by row.
func rotation(tiltX, tiltY, turn float64) [6]float64 {
	sx, cx := sincos(tiltX)
	sy, cy := sincos(tiltY)
	sz, cz := sincos(turn)
	return [6]float64{
		cz * cy, dot(cz*sy, -sz, 0, sx, cx),
		sz * cy, dot(sz*sy, cz, 0, sx, cx),
		-sy, cy * sx,
	}
}

// sincos rounds to 2^-40: the last bits of sine and cosine are not the same on
// every machine.
func sincos(degrees float64) (sin, cos float64) {
	sin, cos = math.Sincos(degrees * math.Pi / 180)
	return math.Round(sin*(1<<40)) / (1 << 40), math.Round(cos*(1<<40)) / (1 << 40)
}

// at returns the place on the plane of the code, whose middle is 0, 0.
func (l *lens) at(u, v float64) (x, y float64) {
	if l.radial != 0 {
		du, dv := u-l.midX, v-l.midY
		bend := 1 + l.radial*dot(du, dv, 0, du, dv)/l.corner
		u, v = l.midX+float64(du*bend), l.midY+float64(dv*bend)
	}
	b := &l.back
	w := dot(b[6], b[7], b[8], u, v)
	return dot(b[0], b[1], b[2], u, v) / w, dot(b[3], b[4], b[5], u, v) / w
}

// inverse is the inverse of a 3x3 matrix but for a factor, which homographies
// do not mind.
func inverse(m [9]float64) [9]float64 {
	minor := func(a, b, c, d int) float64 { return float64(m[a]*m[b]) - float64(m[c]*m[d]) }
	return [9]float64{
		minor(4, 8, 5, 7), minor(2, 7, 1, 8), minor(1, 5, 2, 4),
		minor(5, 6, 3, 8), minor(0, 8, 2, 6), minor(2, 3, 0, 5),
		minor(3, 7, 4, 6), minor(1, 6, 0, 7), minor(0, 4, 1, 3),
	}
}
