// Package driver has the cameras of this machine: List and Open. What they
// deliver is a source of package transfer/camera.
//
// On Linux it speaks V4L2 through blackjack/webcam, without cgo. On Windows and
// macOS it uses the drivers of pion/mediadevices, DirectShow and AVFoundation,
// which need cgo. Any other build says that it has no camera.
package driver

import (
	"fmt"

	"github.com/keyceremony/ceremony/transfer/camera"
)

// The size that is taken where a camera has it: dense codes are read in it, and
// one core keeps up with it.
const (
	wantWidth, wantHeight = 1280, 720
	maxWidth, maxHeight   = 1920, 1080
	wantRate              = 30 // pictures a second
)

// A mode is one way in which a camera can deliver pictures.
type mode[F comparable] struct {
	form          F
	width, height int
	rate          float64 // pictures a second; 0 is not known
	cost          int     // of making a grey picture of it
}

// score is higher for a mode that is better to read codes from: by size, then
// by rate, then by cost.
func (m mode[F]) score() float64 {
	size := m.width * m.height
	if m.width > maxWidth || m.height > maxHeight || size < 320*240 {
		return 0
	}
	near := float64(min(size, wantWidth*wantHeight)) / float64(max(size, wantWidth*wantHeight))
	rate := min(m.rate, wantRate) / wantRate
	if m.rate <= 0 {
		rate = 1
	}
	return near*(0.2+0.8*rate) - float64(m.cost)/100
}

// best chooses a mode.
func best[F comparable](modes []mode[F]) (mode[F], error) {
	chosen, top := mode[F]{}, 0.0
	for _, m := range modes {
		if s := m.score(); s > top {
			chosen, top = m, s
		}
	}
	if top == 0 {
		return chosen, camera.ErrPicture
	}
	return chosen, nil
}

// find looks a camera up by ID or name; "" is the first.
func find(list []camera.Device, name string) (camera.Device, error) {
	if len(list) == 0 {
		return camera.Device{}, camera.ErrNone
	}
	for _, d := range list {
		if name == "" || name == d.ID || name == d.Name {
			return d, nil
		}
	}
	return camera.Device{}, fmt.Errorf("%s: %w", name, camera.ErrUnknown)
}
