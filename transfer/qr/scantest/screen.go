package scantest

// Light is counted from none to this.
const full = 4096

// room is the light of what is around the screen.
const room = full * 15 / 100

// Each pixel of the camera is the mean of fine x fine samples.
const fine = 3

// A screen shows two codes, one after the other, in its middle. It has 1920 x
// 1080 pixels; a code is as large as it can be with the same whole number of
// them for each module.
type screen struct {
	from, to           [][]bool
	module             int     // pixels
	side               float64 // of the code, in pixels
	halfWide, halfHigh float64
	gap                int32 // light between two pixels
}

func newScreen(from, to [][]bool, gaps float64) *screen {
	const wide, high, quiet = 1920, 1080, 8
	module := max(1, high/(len(from)+quiet))
	return &screen{
		from, to, module, float64(len(from) * module),
		wide / 2, high / 2, int32(full * (1 - gaps)),
	}
}

// light is what a place on the screen sends out, when the second code has come
// up by a share. The place is counted in pixels from the middle of the code.
func (s *screen) light(x, y float64, share int32) int32 {
	if x < -s.halfWide || x >= s.halfWide || y < -s.halfHigh || y >= s.halfHigh {
		return room
	}
	light := s.pixel(x+s.side/2, y+s.side/2, share)
	if light > 0 && between(x+s.halfWide, y+s.halfHigh) {
		return light * s.gap / full
	}
	return light
}

func (s *screen) pixel(x, y float64, share int32) int32 {
	if x < 0 || y < 0 || x >= s.side || y >= s.side {
		return full
	}
	i, j := int(x)/s.module, int(y)/s.module
	light := int32(0)
	if !s.from[j][i] {
		light = full - share
	}
	if !s.to[j][i] {
		light += share
	}
	return light
}

// between tells whether a place is not on the lit part of a pixel, which has
// three quarters of its width and four fifths of its height.
func between(x, y float64) bool {
	return x-float64(int(x)) > 0.75 || y-float64(int(y)) > 0.8
}

// expose collects the light that falls on each pixel of the camera.
func (s Shot) expose(from, to Code, share func(row int) int) []int32 {
	show := newScreen(from.Modules, to.Modules, s.Gaps)
	look := newLens(s, show.side)
	light := make([]int32, s.Width*s.Height)
	for y := range s.Height {
		row, part := light[y*s.Width:][:s.Width], int32(share(y))
		for sub := range fine {
			v := float64(y) + (float64(sub)+0.5)/fine
			for i := range fine * s.Width {
				px, py := look.at((float64(i)+0.5)/fine, v)
				row[i/fine] += show.light(px, py, part)
			}
		}
		for x := range row {
			row[x] /= fine * fine
		}
	}
	return light
}
