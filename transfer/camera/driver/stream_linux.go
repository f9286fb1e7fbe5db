package driver

import (
	"context"
	"errors"
	"fmt"
	"image"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/blackjack/webcam"
	"golang.org/x/sys/unix"

	"github.com/keyceremony/ceremony/transfer/camera"
)

// code is a form of pictures by its four letters.
func code(s string) webcam.PixelFormat {
	return webcam.PixelFormat(uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24)
}

// A form is how a picture lies in memory: where its grey is.
type form struct {
	first, step int // the first byte of grey, and the way to the next
	cost        int
	jpeg        bool
}

// forms are those that are read. Of all but MJPEG the grey is simply picked
// out.
var forms = map[webcam.PixelFormat]form{
	code("GREY"): {step: 1},
	code("NV12"): {step: 1},
	code("NV21"): {step: 1},
	code("YU12"): {step: 1},
	code("YV12"): {step: 1},
	code("YUYV"): {step: 2, cost: 1},
	code("UYVY"): {first: 1, step: 2, cost: 1},
	code("MJPG"): {jpeg: true, cost: 5},
	code("JPEG"): {jpeg: true, cost: 5},
}

// modes lists what a device offers of that.
func modes(hw hardware) (list []camera.Mode[webcam.PixelFormat]) {
	for _, f := range slices.Sorted(maps.Keys(hw.GetSupportedFormats())) {
		form, ok := forms[f]
		if !ok {
			continue
		}
		for _, size := range hw.GetSupportedFrameSizes(f) {
			m := camera.Mode[webcam.PixelFormat]{As: f, Cost: form.cost}
			m.Width, m.Height = fit(size)
			for _, r := range hw.GetSupportedFramerates(f, uint32(m.Width), uint32(m.Height)) {
				if r.MinNumerator > 0 {
					m.Rate = max(m.Rate, float64(r.MaxDenominator)/float64(r.MinNumerator))
				}
			}
			list = append(list, m)
		}
	}
	return list
}

// fit is the size within what a device offers that is nearest to the wanted. The
// library knows nothing of a device that takes any size.
func fit(s webcam.FrameSize) (width, height int) {
	if s.MaxWidth == 0 {
		return camera.WantWidth, camera.WantHeight
	}
	near := func(low, high, step, want uint32) int {
		n := max(low, min(high, want))
		if step > 1 {
			n -= (n - low) % step
		}
		return int(n)
	}
	return near(s.MinWidth, s.MaxWidth, s.StepWidth, camera.WantWidth), near(s.MinHeight, s.MaxHeight, s.StepHeight, camera.WantHeight)
}

// buffers is how many pictures the device may fill before one is fetched.
const buffers = 4

// stream starts a device in its best mode.
func stream(hw hardware) (*recording, error) {
	m, err := camera.Best(modes(hw))
	if err != nil {
		return nil, err
	}
	form, width, height, err := hw.SetImageFormat(m.As, uint32(m.Width), uint32(m.Height))
	if err != nil {
		return nil, err
	}
	if form != m.As {
		return nil, camera.ErrPicture
	}
	if err := errors.Join(hw.SetBufferCount(buffers), hw.StartStreaming()); err != nil {
		return nil, err
	}
	return &recording{hw: hw, form: forms[form], width: int(width), height: int(height)}, nil
}

// A recording is a device that streams.
type recording struct {
	hw            hardware
	form          form
	width, height int
	number        int
	bad           int // pictures in a row that could not be read

	using  sync.Mutex // hw is used, or closed
	closed atomic.Bool
}

// silence is how many seconds without a picture are taken for a fault.
const silence = 5

// Next waits for a picture, and looks every second whether it is still wanted.
func (r *recording) Next(ctx context.Context) (camera.Frame, error) {
	r.using.Lock()
	defer r.using.Unlock()
	for waited := 0; waited < silence; {
		if err := ctx.Err(); err != nil {
			return camera.Frame{}, err
		}
		if r.closed.Load() {
			return camera.Frame{}, camera.ErrClosed
		}
		err := r.hw.WaitForFrame(1)
		if late := (*webcam.Timeout)(nil); errors.As(err, &late) {
			waited++
			continue
		}
		if err != nil && !errors.Is(err, unix.EINTR) {
			return camera.Frame{}, explain(err)
		}
		if img, err := r.fetch(); err != nil || img != nil {
			r.number++
			return camera.Frame{Number: r.number - 1, Image: img}, r.enough(err)
		}
	}
	return camera.Frame{}, camera.ErrSilent
}

// most is how many pictures in a row may be bad: then it is not the picture.
const most = 60

// enough ends the recording when no picture can be read any more.
func (r *recording) enough(err error) error {
	if r.bad++; !errors.Is(err, camera.ErrFrame) {
		r.bad = 0
	}
	if r.bad < most {
		return err
	}
	return fmt.Errorf("%w (%v)", camera.ErrPicture, err) // no ErrFrame any more
}

// fetch takes a picture out of the device's memory, which it then gives back.
// It returns nil where there is none after all.
func (r *recording) fetch() (*image.Gray, error) {
	b, index, err := r.hw.GetFrame()
	switch {
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
		return nil, nil
	case errors.Is(err, unix.EIO): // "temporary problems like signal loss", says V4L2
		return nil, fmt.Errorf("%w: %w", camera.ErrFrame, err)
	case err != nil:
		return nil, explain(err)
	}
	img, err := r.form.grey(b, r.width, r.height)
	if back := r.hw.ReleaseFrame(index); back != nil {
		return nil, explain(back)
	}
	return img, err
}

// grey copies the grey out of a picture. Rows may have something at their end.
func (f form) grey(b []byte, width, height int) (*image.Gray, error) {
	if f.jpeg {
		return camera.JPEG(b)
	}
	if height <= 0 || width <= 0 || len(b) < width*height*f.step {
		return nil, fmt.Errorf("%w: %d bytes for %d x %d pixels", camera.ErrFrame, len(b), width, height)
	}
	stride := width * f.step
	if f.whole() && len(b)%height == 0 {
		stride = len(b) / height
	}
	img := image.NewGray(image.Rect(0, 0, width, height))
	for y := range height {
		row, line := b[y*stride:][:width*f.step], img.Pix[y*width:][:width]
		if f.step == 1 {
			copy(line, row)
			continue
		}
		for x := range line {
			line[x] = row[x*2+f.first]
		}
	}
	return img, nil
}

// whole: all bytes are rows of the picture, and no planes of colour follow.
func (f form) whole() bool { return f.step == 2 }

// Close waits for a Next that is at work, a second at most.
func (r *recording) Close() error {
	if r.closed.Swap(true) {
		return nil
	}
	r.using.Lock()
	defer r.using.Unlock()
	return r.hw.Close()
}
