package receive

import (
	"image"

	"github.com/keyceremony/ceremony/transfer/qr"
)

// Advice is what people can do so that codes are read.
type Advice int

// The advices. Each has its words.
const (
	Fine    Advice = iota // codes are read, or it is too early to say
	Dark                  // the picture is dark all over
	NoCode                // no code was in view for some time
	Foreign               // a code of another transfer is in view
	Nothing               // codes are read, and tell nothing new
)

var advices = [...]string{
	Fine:    "",
	Dark:    "The picture is dark. Look whether the lens is covered, and make the sender's screen brighter.",
	NoCode:  "No code is read. Hold the camera so that the whole code with its white edge fills most of the picture, without reflections.",
	Foreign: "A code of another transfer is in view. It is not taken: look for a second screen.",
	Nothing: "The codes tell nothing new. Look whether the sender goes on.",
}

// String is what is said to people; "" says nothing.
func (a Advice) String() string {
	if a < 0 || int(a) >= len(advices) {
		return ""
	}
	return advices[a]
}

// How many pictures in a row are needed for an advice, at some 10 to 30 a
// second.
const (
	noCodeAfter  = 15
	nothingAfter = 60
	darkLevel    = 40 // of 255, which hardly any pixel reaches
)

// A view remembers what the last pictures were.
type view struct{ without, old int }

// advise looks at one more frame. Lines need no advice but a foreign one.
func (v *view) advise(s Seen) Advice {
	foreign, told := false, false
	for _, c := range s.Codes {
		foreign = foreign || c.Event == qr.Foreign
		told = told || c.Event == qr.New || c.Event == qr.Done
	}
	switch {
	case told:
		*v = view{}
	case len(s.Codes) > 0:
		v.without = 0
		v.old++
	default:
		v.without++
	}
	switch {
	case foreign:
		return Foreign
	case v.without >= noCodeAfter && dark(s.Frame.Image):
		return Dark
	case v.without >= noCodeAfter:
		return NoCode
	case v.old >= nothingAfter && s.Frame.Image != nil:
		return Nothing
	}
	return Fine
}

// dark tells whether hardly any pixel of a sample is light.
func dark(img *image.Gray) bool {
	if img == nil {
		return false
	}
	light, all := 0, 0
	for y := img.Rect.Min.Y; y < img.Rect.Max.Y; y += 8 {
		for x := img.Rect.Min.X; x < img.Rect.Max.X; x += 8 {
			all++
			if img.GrayAt(x, y).Y >= darkLevel {
				light++
			}
		}
	}
	return light*50 < all
}
