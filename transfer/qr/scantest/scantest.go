// Package scantest is a camera before a screen that shows QR codes, for tests:
// it draws what the camera would see. Use Easy, Typical or Hard for a Shot, and
// a Film for a camera that runs while the screen changes.
//
// The same seed gives the same picture on every machine. What is computed with
// floating point is kept from fused multiplication and only chooses samples;
// all light is counted in whole numbers. No picture comes from a real camera:
// there is no autofocus, no colour filter and no lost frame in it.
package scantest

import (
	"math/rand/v2"

	"github.com/skip2/go-qrcode"
)

// A Code is what a screen shows. Modules have no quiet zone; true is dark.
type Code struct {
	Text    string
	Modules [][]bool
}

// capacity is the number of alphanumeric characters that a version takes at
// level L (ISO/IEC 18004, table 7), for the versions that tests use.
var capacity = map[int]int{
	1: 25, 2: 47, 5: 154, 7: 224, 10: 395, 15: 758, 20: 1249, 25: 1853, 30: 2520, 35: 3351, 40: 4296,
}

// NewCode returns a full code of a version, at level L, with random text in the
// alphabet of Base32. It panics for a version that tests do not use.
func NewCode(version int, seed uint64) Code {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	random := rand.New(rand.NewPCG(seed, 0xc0de))
	text := make([]byte, capacity[version])
	for i := range text {
		text[i] = alphabet[random.IntN(len(alphabet))]
	}
	return Of(string(text), version)
}

// Of returns a code with the text, in a version, at level L. It panics when the
// text does not fit.
func Of(text string, version int) Code {
	q, err := qrcode.NewWithForcedVersion(text, version, qrcode.Low)
	if err != nil {
		panic("scantest: internal error: " + err.Error())
	}
	q.DisableBorder = true
	return Code{text, q.Bitmap()}
}
