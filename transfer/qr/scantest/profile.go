package scantest

import "math/rand/v2"

// A draw chooses what differs from shot to shot.
type draw struct{ *rand.Rand }

func newDraw(seed uint64) draw { return draw{rand.New(rand.NewPCG(seed, 0xca3))} }

func (d draw) between(low, high float64) float64 { return low + float64((high-low)*d.Float64()) }

// around is between low and high, on either side of zero.
func (d draw) around(low, high float64) float64 {
	return d.between(low, high) * float64(1-2*d.IntN(2))
}

// Easy is a good webcam on a tripod, 1280 x 720.
func Easy(seed uint64) Shot {
	d := newDraw(seed)
	return Shot{
		Width: 1280, Height: 720, Fill: 0.8, Seed: seed,
		Tilt: [2]float64{d.around(0, 5), d.around(0, 5)}, Turn: d.around(0, 3),
		Shift: [2]float64{d.around(0, 0.02), d.around(0, 0.02)},
		Blur:  0.6, Noise: 3, Black: 0.06, White: 0.9, Gaps: 0.15, JPEG: 85,
	}
}

// Typical is a webcam in a hand or on a desk, 1280 x 720.
func Typical(seed uint64) Shot {
	d := newDraw(seed)
	return Shot{
		Width: 1280, Height: 720, Fill: 0.75, Seed: seed,
		Tilt: [2]float64{d.around(5, 15), d.around(5, 15)}, Turn: d.around(0, 8),
		Shift: [2]float64{d.around(0, 0.02), d.around(0, 0.02)},
		Blur:  d.between(0.7, 1.1), Noise: 5, Black: 0.08, White: 0.85, Gaps: 0.25, JPEG: 75,
		Shade: 0.3, ShadeAngle: d.between(0, 360),
		Glare: 0.1, GlareAt: [2]float64{d.around(0, 0.3), d.around(0, 0.3)},
	}
}

// Hard is a poor webcam in an unsteady hand and in bad light, 1280 x 720.
func Hard(seed uint64) Shot {
	d := newDraw(seed)
	return Shot{
		Width: 1280, Height: 720, Fill: 0.7, Seed: seed,
		Tilt: [2]float64{d.around(15, 30), d.around(10, 20)}, Turn: d.around(0, 15),
		Shift: [2]float64{d.around(0, 0.02), d.around(0, 0.02)},
		Blur:  d.between(1, 1.5), Motion: 2, MotionAngle: d.between(0, 180),
		Noise: 8, Black: 0.1, White: 0.8, Gaps: 0.3, JPEG: 55,
		Shade: 0.5, ShadeAngle: d.between(0, 360),
		Glare: 0.2, GlareAt: [2]float64{d.around(0, 0.3), d.around(0, 0.3)},
		Bands: 0.15, BandCount: d.between(2, 5),
	}
}
