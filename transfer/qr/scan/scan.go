// Package scan finds QR codes in camera pictures and reads them. Use Decode for
// a picture, Image for a picture in a file.
//
// It is made for dense codes on screens, which stock readers miss: it fits the
// code to all of its alignment patterns, and measures modules in grey. The way
// from modules to text is gozxing's. A reading is not proof of anything: of a
// code that is hard to see, error correction now and then makes another text.
// What is read needs a check of its own.
package scan

import (
	"context"
	"errors"
	"fmt"
	"image"
)

// MaxPixels is the largest picture that is looked at where Options names no
// other: 16 million pixels, twice what a 4K camera delivers.
const MaxPixels = 1 << 24

// ErrTooLarge is returned for a picture with more pixels than allowed, before
// memory is taken for it, and for a JPEG that goes over them too often.
var ErrTooLarge = errors.New("picture is too large")

// Options say what is looked for. The zero value looks for any code.
type Options struct {
	// Version is that of the codes awaited, 1 to 40: then no other is read,
	// which saves time. 0 means any.
	Version int
	// MaxPixels is the largest picture that is looked at; 0 means MaxPixels.
	MaxPixels int
	// MaxCodes is how many codes are read at most; 0 means 4.
	MaxCodes int
}

// A Code is a QR code that was read.
type Code struct {
	// Text is what it says, byte for byte as far as it is alphanumeric, numeric
	// or bytes; other characters (kanji, ECI) are in UTF-8.
	Text []byte
	// Version is 1 to 40.
	Version int
	// Corners of the code without its quiet zone, in pixels: top left, top
	// right, bottom right, bottom left, as the code sees itself.
	Corners [4][2]float64
}

// Decode reads the codes in a picture. No code is no error. When ctx ends, it
// stops after the step of its work that it is in (some milliseconds at 1280 x
// 720 pixels), and returns what it has read with the error of ctx.
func Decode(ctx context.Context, img *image.Gray, o Options) ([]Code, error) {
	if err := o.check(img.Rect.Dx(), img.Rect.Dy()); err != nil {
		return nil, err
	}
	if o.Version < 0 || o.Version > 40 {
		return nil, fmt.Errorf("codes have versions 1 to 40, not %d", o.Version)
	}
	if img.Rect.Dx() < minSide || img.Rect.Dy() < minSide {
		return nil, nil
	}
	r := &reader{ctx: ctx, pic: newPicture(img), Options: o}
	for _, look := range looks {
		if r.look(look); len(r.codes) > 0 || r.unreadable || ctx.Err() != nil {
			break
		}
	}
	return r.codes, ctx.Err()
}

// minSide is what the smallest code needs, with one pixel for a module.
const minSide = 21

func (o Options) check(width, height int) error {
	limit := o.MaxPixels
	if limit == 0 {
		limit = MaxPixels
	}
	if int64(width)*int64(height) > int64(limit) {
		return fmt.Errorf("%w: has %d x %d pixels, at most %d are read", ErrTooLarge, width, height, limit)
	}
	return nil
}

func (o Options) maxCodes() int {
	if o.MaxCodes == 0 {
		return 4
	}
	return o.MaxCodes
}

// A reader is the work on one picture.
type reader struct {
	ctx context.Context
	pic *picture
	Options
	codes  []Code
	failed []triple // that were tried: another look need not try them again
	// unreadable: a code was found that cannot be read, as between two frames.
	// Another look would find it again.
	unreadable bool
}

// look searches the picture, prepared in one way, for finders, and tries to
// read a code from the best triples of them.
func (r *reader) look(prepare look) {
	failures := 0
	for _, t := range r.pic.suspects(triples(prepare.finders(r.pic), r.pic)) {
		if r.ctx.Err() != nil || failures == maxFailures || len(r.codes) == r.maxCodes() {
			return
		}
		if r.known(t.triple) {
			continue
		}
		if code, ok := r.read(t.shape); ok {
			r.codes = append(r.codes, code)
			continue
		}
		r.failed = append(r.failed, t.triple)
		failures++
	}
}

// maxFailures bounds the work on a picture with much that looks like a finder.
const maxFailures = 6

// known tells whether a triple was tried, or has a finder in a code that was
// read.
func (r *reader) known(t triple) bool {
	for _, f := range r.failed {
		if t.near(f) {
			return true
		}
	}
	for _, c := range r.codes {
		if c.covers(t.topLeft) || c.covers(t.topRight) || c.covers(t.bottomLeft) {
			return true
		}
	}
	return false
}

// covers tells whether a point is in the code, which is convex.
func (c Code) covers(p point) bool {
	sides := 0
	for i, a := range c.Corners {
		b := c.Corners[(i+1)%4]
		if (b[0]-a[0])*(p.y-a[1]) > (b[1]-a[1])*(p.x-a[0]) {
			sides++
		}
	}
	return sides == 0 || sides == 4
}
