package scantest

import "math"

// smear moves the camera during the exposure.
func (s Shot) smear(src []int32) []int32 {
	n := max(2, int(math.Ceil(s.Motion)))
	sin, cos := sincos(s.MotionAngle)
	dst := make([]int32, len(src))
	for i := range n {
		way := (float64(i)/float64(n-1) - 0.5) * s.Motion
		s.addMoved(dst, src, int(math.Round(way*cos)), int(math.Round(way*sin)))
	}
	for i := range dst {
		dst[i] /= int32(n)
	}
	return dst
}

func (s Shot) addMoved(dst, src []int32, dx, dy int) {
	for y := range s.Height {
		from := src[within(y+dy, s.Height)*s.Width:][:s.Width]
		to := dst[y*s.Width:][:s.Width]
		for x := range to {
			to[x] += from[within(x+dx, s.Width)]
		}
	}
}

func within(i, n int) int { return min(max(i, 0), n-1) }

// soften is a Gaussian blur: the lens, and a focus that is not quite right.
func (s Shot) soften(src []int32) []int32 {
	kernel := gaussian(s.Blur)
	return s.blurDown(s.blurAcross(src, kernel), kernel)
}

// gaussian is a kernel whose weights add up to 4096.
func gaussian(sigma float64) []int32 {
	reach := int(math.Ceil(3 * sigma))
	weights, sum := make([]float64, 2*reach+1), 0.0
	for i := range weights {
		d := float64(i-reach) / sigma
		weights[i] = math.Exp(-d * d / 2)
		sum += weights[i]
	}
	kernel, left := make([]int32, len(weights)), int32(full)
	for i, w := range weights {
		kernel[i] = int32(math.Round(full * w / sum))
		left -= kernel[i]
	}
	kernel[reach] += left
	return kernel
}

func (s Shot) blurAcross(src, kernel []int32) []int32 {
	reach := len(kernel) / 2
	dst := make([]int32, len(src))
	wide := make([]int32, s.Width+2*reach) // the row, with its ends repeated
	for y := range s.Height {
		row := src[y*s.Width:][:s.Width]
		for x := range wide {
			wide[x] = row[within(x-reach, s.Width)]
		}
		for x := range row {
			dst[y*s.Width+x] = weigh(wide[x:], kernel)
		}
	}
	return dst
}

func weigh(light, kernel []int32) int32 {
	sum := int32(0)
	for i, k := range kernel {
		sum += k * light[i]
	}
	return sum / full
}

func (s Shot) blurDown(src, kernel []int32) []int32 {
	reach := len(kernel) / 2
	dst := make([]int32, len(src))
	for y := range s.Height {
		to := dst[y*s.Width:][:s.Width]
		for i, k := range kernel {
			from := src[within(y+i-reach, s.Height)*s.Width:][:s.Width]
			for x := range to {
				to[x] += k * from[x]
			}
		}
		for x := range to {
			to[x] /= full
		}
	}
	return dst
}
