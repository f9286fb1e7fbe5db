package camera

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"sync"

	"github.com/keyceremony/ceremony/transfer/qr/scan"
)

// JPEG reads one picture of a film in MJPEG. Cameras leave out the Huffman
// tables, since all use those of the standard. An error is ErrFrame.
func JPEG(b []byte) (*image.Gray, error) {
	img, err := scan.Image(bytes.NewReader(withTables(b)), scan.Options{})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFrame, err)
	}
	return img, nil
}

// The markers of JPEG (ITU-T T.81, table B.1) that are looked for.
const (
	markSOI  = 0xd8 // start of the picture
	markEOI  = 0xd9 // its end
	markSOS  = 0xda // start of what is compressed
	markDHT  = 0xc4 // Huffman tables
	markRST0 = 0xd0 // in what is compressed, up to RST7
	markRST7 = 0xd7
	markTEM  = 0x01
)

// withTables puts the usual tables before the compressed part of a picture that
// has none.
func withTables(b []byte) []byte {
	at, found := segments(b, func(mark byte) bool { return mark == markDHT || mark == markSOS })
	if !found || b[at+1] != markSOS {
		return b
	}
	return bytes.Join([][]byte{b[:at], usualTables(), b[at:]}, nil)
}

// usualTables is the segment with the tables of annex K, which the standard
// library writes into every picture.
var usualTables = sync.OnceValue(func() []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewYCbCr(image.Rect(0, 0, 8, 8), image.YCbCrSubsampleRatio420), nil); err != nil {
		panic("camera: internal error: " + err.Error())
	}
	picture := b.Bytes()
	at, found := segments(picture, func(mark byte) bool { return mark == markDHT })
	if !found {
		panic("camera: internal error: no tables in a picture of our own")
	}
	return picture[at : at+2+segmentLength(picture[at:])]
})

// segments goes through the head of a picture up to the first marker that is
// wanted, and returns where it is.
func segments(b []byte, wanted func(mark byte) bool) (at int, found bool) {
	for at = 2; at+4 <= len(b) && b[at] == 0xff; {
		if wanted(b[at+1]) {
			return at, true
		}
		if b[at+1] == markSOS || b[at+1] == markEOI {
			return 0, false
		}
		at += 2 + segmentLength(b[at:])
	}
	return 0, false
}

// segmentLength is what a segment says of itself, its marker not counted.
func segmentLength(b []byte) int { return int(b[2])<<8 | int(b[3]) }
