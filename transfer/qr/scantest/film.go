package scantest

import (
	"image"
	"math"
)

// A Film is a camera that runs while the screen shows one code after another.
// It reads its rows one after the other (rolling shutter), and so does the
// screen show them: a picture can have parts of two codes. Times are in
// milliseconds.
type Film struct {
	Shot     Shot
	Shown    float64 // codes a second
	Exposure float64 // of each row
	Readout  float64 // from the first row of a picture to the last
	Unsteady float64 // how far the hand moves between pictures, in pixels
}

// The camera is not in step with the screen, whose rows follow each other over
// one refresh and whose pixels take some time to change.
const (
	cameraRate = 29.6       // pictures a second
	refresh    = 1000. / 60 // milliseconds
	response   = 6.         // milliseconds
)

// Pictures is how many pictures the camera takes while n codes are shown.
func (f Film) Pictures(n int) int { return int(f.change(n) * cameraRate / 1000) }

// Take returns picture i of a film of the codes, all of the same version.
func (f Film) Take(i int, codes []Code) *image.Gray {
	start := float64(i) * 1000 / cameraRate
	next := f.next(start + (f.Readout+f.Exposure-refresh)/2)
	at := f.change(next)
	share := func(row int) int {
		down := float64(row) / float64(f.Shot.Height)
		open := start + float64(down*f.Readout) - at - float64(down*refresh)
		return int(math.Round(full * (ramp(open+f.Exposure) - ramp(open)) / f.Exposure))
	}
	return f.held(i).Blend(codes[within(next-1, len(codes))], codes[within(next, len(codes))], share)
}

// change is when the screen begins to show a code: with a refresh.
func (f Film) change(code int) float64 {
	return refresh * math.Ceil(float64(code)*1000/f.Shown/refresh-1e-9)
}

// next is the code whose beginning is nearest to a time.
func (f Film) next(time float64) int {
	next := int(math.Round(time * f.Shown / 1000))
	if f.change(next)-time > time-f.change(next-1) {
		return next - 1
	}
	return next
}

// ramp is the light of a pixel that begins to change at 0, summed up to a time.
func ramp(time float64) float64 {
	switch {
	case time <= 0:
		return 0
	case time < response:
		return time * time / (2 * response)
	}
	return time - response/2
}

// held is the shot as the hand holds the camera in picture i.
func (f Film) held(i int) Shot {
	s := f.Shot
	s.Seed += uint64(i) << 32
	d := newDraw(s.Seed)
	s.Shift[0] += d.around(0, f.Unsteady) / float64(s.Width)
	s.Shift[1] += d.around(0, f.Unsteady) / float64(s.Height)
	s.Turn += d.around(0, f.Unsteady/10)
	return s
}
