package scantest

import (
	"image"
	"math"
	"math/rand/v2"
)

// noise has normally distributed deviations, in 1/4096 of one standard
// deviation: sums of twelve numbers that are evenly distributed.
var noise = func() (table [4096]int32) {
	random := rand.New(rand.NewPCG(7, 0))
	for i := range table {
		for range 12 {
			table[i] += random.Int32N(full)
		}
		table[i] -= 6 * full
	}
	return table
}()

// develop turns light into grey: the screen's black and white, the lamps of the
// room, the noise of the sensor.
func (s Shot) develop(light []int32) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, s.Width, s.Height))
	random := rand.NewPCG(s.Seed, 0x5e)
	black, white, sigma := parts(s.Black), parts(s.White), parts(s.Noise/255)
	shadeX, shadeY := s.shade()
	glareX, glareY := glare(1, s.GlareAt[0], s.Width), glare(s.Glare, s.GlareAt[1], s.Height)
	for y := range s.Height {
		band := s.band(y)
		for x := range s.Width {
			i := y*s.Width + x
			v := (black + (white-black)*light[i]/full*band/full) * (full - shadeX[x] - shadeY[y]) / full
			v += glareX[x]*glareY[y]/full + sigma*noise[random.Uint64()%full]/full
			img.Pix[i] = uint8(min(max(v*255+full/2, 0)/full, 255))
		}
	}
	return img
}

// parts is a number from 0 to 1 as light.
func parts(x float64) int32 { return int32(math.Round(full * x)) }

// band is what a lamp that flickers leaves of the light in a row.
func (s Shot) band(y int) int32 {
	sin, _ := sincos(360*s.BandCount*float64(y)/float64(s.Height) + float64(s.Seed%7)*51)
	return full - parts(s.Bands*(0.5+sin/2))
}

// shade is what uneven light takes away: the sum of a column's and a row's.
func (s Shot) shade() (x, y []int32) {
	sin, cos := sincos(s.ShadeAngle)
	slope := func(n int, by float64) []int32 {
		loss := make([]int32, n)
		for i := range loss {
			loss[i] = parts(s.Shade * (0.25 + by*fromMiddle(i, n)))
		}
		return loss
	}
	return slope(s.Width, cos), slope(s.Height, sin)
}

// glare is the picture of a lamp in the screen, a soft spot: the product of a
// column's and a row's.
func glare(depth, at float64, n int) []int32 {
	light := make([]int32, n)
	for i := range light {
		d := fromMiddle(i, n) - at
		light[i] = parts(depth * math.Exp(-25*d*d))
	}
	return light
}

func fromMiddle(i, n int) float64 { return float64(i)/float64(n) - 0.5 }
