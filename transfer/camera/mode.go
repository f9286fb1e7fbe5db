package camera

import "fmt"

// The size that is taken where a camera has it: dense codes are read in it, and
// one core keeps up with it.
const (
	WantWidth, WantHeight = 1280, 720
	maxWidth, maxHeight   = 1920, 1080
	leastPixels           = 320 * 240
	wantRate              = 30 // pictures a second
)

// A Mode is one way in which a camera can deliver pictures. T is how its driver
// names it.
type Mode[T any] struct {
	As            T
	Width, Height int
	Rate          float64 // pictures a second; 0 is not known
	Cost          int     // of making a grey picture of it, 0 to 10
}

// score is higher for a mode that is better to read codes from: by size, then
// by rate, then by cost.
func (m Mode[T]) score() float64 {
	size := m.Width * m.Height
	if m.Width > maxWidth || m.Height > maxHeight || size < leastPixels {
		return 0
	}
	near := float64(min(size, WantWidth*WantHeight)) / float64(max(size, WantWidth*WantHeight))
	rate := min(m.Rate, wantRate) / wantRate
	if m.Rate <= 0 {
		rate = 1
	}
	return near*(0.2+0.8*rate) - float64(m.Cost)/100
}

// Best chooses a mode; of equals, the first. It is ErrPicture where none will
// do.
func Best[T any](modes []Mode[T]) (Mode[T], error) {
	chosen, top := Mode[T]{}, 0.0
	for _, m := range modes {
		if s := m.score(); s > top {
			chosen, top = m, s
		}
	}
	if top == 0 {
		return chosen, ErrPicture
	}
	return chosen, nil
}

// Find looks a camera up by its ID or its name; "" is the first.
func Find(list []Device, name string) (Device, error) {
	if len(list) == 0 {
		return Device{}, ErrNone
	}
	for _, d := range list {
		if name == "" || name == d.ID || name == d.Name {
			return d, nil
		}
	}
	return Device{}, fmt.Errorf("%s: %w", name, ErrUnknown)
}
