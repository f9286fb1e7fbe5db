package scantest

import (
	"bytes"
	"image"
	"image/jpeg"
)

// A Shot is one exposure: where the camera stands, and what lens, light and
// sensor do to the picture. Lengths are in camera pixels, angles in degrees.
type Shot struct {
	Width, Height int
	Fill          float64    // side of the code, seen straight on, over the smaller side of the picture
	Tilt          [2]float64 // about the horizontal and the vertical axis
	Turn          float64    // in the plane of the picture
	Shift         [2]float64 // of the code from the middle, as a part of width and height
	Lens          float64    // radial distortion, at half the diagonal
	Blur          float64    // standard deviation
	Motion        float64    // length of the way during the exposure
	MotionAngle   float64
	Noise         float64    // standard deviation, in levels of grey
	Black, White  float64    // of the screen, 0 to 1
	Shade         float64    // how much darker the dark side is, 0 to 1
	ShadeAngle    float64    // where it is
	Glare         float64    // light added by a lamp in the screen, 0 to 1
	GlareAt       [2]float64 // from the middle, as a part of width and height
	Gaps          float64    // how dark it is between the pixels of the screen, 0 to 1
	Bands         float64    // depth of the bands of a flickering lamp, 0 to 1
	BandCount     float64    // in one picture
	JPEG          int        // quality; 0 leaves the picture as it is
	Seed          uint64     // of the noise
}

// Take photographs a code.
func (s Shot) Take(code Code) *image.Gray {
	return s.Blend(code, code, func(int) int { return 0 })
}

// Blend photographs a screen that changes from one code to another of the same
// version during the exposure. The share of the second in a row of the picture
// is 0 to 4096.
func (s Shot) Blend(from, to Code, share func(row int) int) *image.Gray {
	light := s.expose(from, to, share)
	if s.Motion > 0.5 {
		light = s.smear(light)
	}
	if s.Blur > 0 {
		light = s.soften(light)
	}
	return s.compress(s.develop(light))
}

// compress does what webcams do to a picture on its way through USB.
func (s Shot) compress(img *image.Gray) *image.Gray {
	if s.JPEG == 0 {
		return img
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: s.JPEG}); err != nil {
		panic("scantest: internal error: " + err.Error())
	}
	out, err := jpeg.Decode(&b)
	if err != nil {
		panic("scantest: internal error: " + err.Error())
	}
	return out.(*image.Gray)
}
