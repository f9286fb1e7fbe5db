package driver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/blackjack/webcam"
	"golang.org/x/sys/unix"

	"github.com/keyceremony/ceremony/transfer/camera"
)

// A fake is a V4L2 device as far as it is asked. No real one was there when
// this was written.
type fake struct {
	name   string
	sizes  map[string][]webcam.FrameSize
	rates  map[string]uint32
	pick   string // what SetImageFormat answers, where it is not what was asked
	frames [][]byte
	errs   map[string]error // by the name of the call
	calls  []string
	onWait func() // when somebody waits for a picture
	at     int
}

func (f *fake) did(call string) error {
	f.calls = append(f.calls, call)
	return f.errs[call]
}

func (f *fake) GetName() (string, error) { return f.name, f.did("name") }

func (f *fake) GetSupportedFormats() map[webcam.PixelFormat]string {
	forms := map[webcam.PixelFormat]string{}
	for letters := range f.sizes {
		forms[code(letters)] = letters
	}
	return forms
}

func letters(f webcam.PixelFormat) string {
	return string([]byte{byte(f), byte(f >> 8), byte(f >> 16), byte(f >> 24)})
}

func (f *fake) GetSupportedFrameSizes(p webcam.PixelFormat) []webcam.FrameSize {
	return f.sizes[letters(p)]
}

func (f *fake) GetSupportedFramerates(p webcam.PixelFormat, _, _ uint32) []webcam.FrameRate {
	if rate := f.rates[letters(p)]; rate > 0 {
		return []webcam.FrameRate{{MinNumerator: 1, MaxNumerator: 1, MinDenominator: rate, MaxDenominator: rate}}
	}
	return nil
}

func (f *fake) SetImageFormat(p webcam.PixelFormat, w, h uint32) (webcam.PixelFormat, uint32, uint32, error) {
	if f.pick != "" {
		p = code(f.pick)
	}
	return p, w, h, f.did(fmt.Sprintf("format %s %d %d", letters(p), w, h))
}

func (f *fake) SetBufferCount(uint32) error { return f.did("buffers") }
func (f *fake) StartStreaming() error       { return f.did("start") }

func (f *fake) WaitForFrame(uint32) error {
	if f.onWait != nil {
		f.onWait()
	}
	return f.did("wait")
}

func (f *fake) GetFrame() ([]byte, uint32, error) {
	if err := f.did(fmt.Sprintf("get %d", f.at)); err != nil {
		f.at++
		return nil, 0, err
	}
	if f.at >= len(f.frames) {
		return nil, 0, unix.ENODEV
	}
	f.at++
	return f.frames[f.at-1], uint32(f.at-1) % buffers, nil
}

func (f *fake) ReleaseFrame(index uint32) error { return f.did(fmt.Sprintf("release %d", index)) }
func (f *fake) Close() error                    { return f.did("close") }

func size(w, h uint32) webcam.FrameSize {
	return webcam.FrameSize{MinWidth: w, MaxWidth: w, MinHeight: h, MaxHeight: h}
}

// machineOf has devices by the names of their files; nil is one that is none.
func machineOf(t *testing.T, devices map[string]*fake) machine {
	t.Helper()
	dev := t.TempDir()
	for name := range devices {
		if err := os.WriteFile(filepath.Join(dev, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return machine{dev, func(path string) (hardware, error) {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			path = real
		}
		f := devices[filepath.Base(path)]
		if f == nil {
			return nil, errors.New("Not a video capture device")
		}
		if err := f.did("open"); err != nil {
			return nil, err
		}
		return f, nil
	}}
}

func TestList(t *testing.T) {
	yuyv := map[string][]webcam.FrameSize{"YUYV": {size(640, 480)}}
	m := machineOf(t, map[string]*fake{
		"video10": {name: "Desk", sizes: yuyv},
		"video2":  {name: "Desk", sizes: yuyv},
		"video3":  {name: "Desk"}, // the second device of a webcam: no pictures
		"video4":  {name: "Coder", sizes: map[string][]webcam.FrameSize{"H264": {size(640, 480)}}},
		"video5":  nil,
		"video6":  {errs: map[string]error{"open": &fs.PathError{Op: "open", Err: unix.EACCES}}},
		"video7":  {errs: map[string]error{"open": unix.ENODEV}},
	})
	link := filepath.Join(m.dev, "v4l/by-id/usb-Desk-video-index0")
	if err := errors.Join(os.MkdirAll(filepath.Dir(link), 0o700), os.Symlink("../../video10", link)); err != nil {
		t.Fatal(err)
	}
	want := []camera.Device{
		{ID: filepath.Join(m.dev, "video2"), Name: "Desk"}, {ID: filepath.Join(m.dev, "video6"), Name: "video6"}, {ID: link, Name: "Desk (2)"},
	}
	if got := m.list(); !slices.Equal(got, want) {
		t.Errorf("%+v, wanted %+v", got, want)
	}
	for _, c := range []struct {
		name string
		err  error
	}{{"", nil}, {"Desk (2)", nil}, {link, nil}, {"Other", camera.ErrUnknown}, {"video6", camera.ErrPermission}, {"/dev/videoNone", camera.ErrUnknown}} {
		s, err := m.camera(c.name)
		if !errors.Is(err, c.err) || (err == nil) != (c.err == nil) {
			t.Errorf("%q: %v, wanted %v", c.name, err, c.err)
		}
		if s != nil {
			_ = s.Close()
		}
	}
	if _, err := machineOf(t, nil).camera(""); !errors.Is(err, camera.ErrNone) {
		t.Errorf("a machine without cameras: %v", err)
	}
}

// TestMode: size first, then rate, then what is cheap.
func TestMode(t *testing.T) {
	for _, c := range []struct {
		sizes map[string][]webcam.FrameSize
		rates map[string]uint32
		want  string
	}{
		{map[string][]webcam.FrameSize{"YUYV": {size(640, 480), size(1280, 720)}, "MJPG": {size(1280, 720), size(1920, 1080)}}, map[string]uint32{"YUYV": 10, "MJPG": 30}, "format MJPG 1280 720"},
		{map[string][]webcam.FrameSize{"YUYV": {size(640, 480), size(1280, 720)}, "MJPG": {size(1280, 720)}}, map[string]uint32{"YUYV": 30, "MJPG": 30}, "format YUYV 1280 720"},
		{map[string][]webcam.FrameSize{"GREY": {{MinWidth: 16, MaxWidth: 4000, StepWidth: 16, MinHeight: 16, MaxHeight: 3000, StepHeight: 16}}}, nil, "format GREY 1280 720"},
		{map[string][]webcam.FrameSize{"NV12": {{}}}, nil, "format NV12 1280 720"}, // any size
		{map[string][]webcam.FrameSize{"YUYV": {size(3840, 2160), size(1920, 1080), size(640, 480)}}, nil, "format YUYV 1920 1080"},
	} {
		f := &fake{sizes: c.sizes, rates: c.rates}
		if _, err := stream(f); err != nil || !slices.Equal(f.calls, []string{c.want, "buffers", "start"}) {
			t.Errorf("%v, %q, wanted %q", err, f.calls, c.want)
		}
	}
	for what, f := range map[string]*fake{
		"too large":        {sizes: map[string][]webcam.FrameSize{"YUYV": {size(8000, 6000)}}},
		"unknown":          {sizes: map[string][]webcam.FrameSize{"H264": {size(1280, 720)}}},
		"another is given": {sizes: map[string][]webcam.FrameSize{"YUYV": {size(1280, 720)}}, pick: "H264"},
	} {
		if _, err := stream(f); !errors.Is(err, camera.ErrPicture) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestFaults: each has its own words.
func TestFaults(t *testing.T) {
	one := map[string][]webcam.FrameSize{"GREY": {size(320, 240)}}
	for _, c := range []struct {
		call string
		err  error
		want error
	}{
		{"format GREY 320 240", unix.EBUSY, camera.ErrBusy},
		{"start", errors.New("Failed to start streaming: " + unix.EBUSY.Error()), camera.ErrBusy},
		{"start", errors.New("Failed to start streaming: " + unix.ENOSPC.Error()), camera.ErrBandwidth},
		{"open", unix.EPERM, camera.ErrPermission},
		{"open", unix.ENXIO, camera.ErrUnplugged},
	} {
		f := &fake{name: "Desk", sizes: one}
		m := machineOf(t, map[string]*fake{"video0": f})
		f.errs = map[string]error{c.call: c.err}
		if _, err := m.camera(filepath.Join(m.dev, "video0")); !errors.Is(err, c.want) {
			t.Errorf("%s fails with %v: %v, wanted %v", c.call, c.err, err, c.want)
		}
		if c.call != "open" && f.calls[len(f.calls)-1] != "close" {
			t.Errorf("%s fails, and the camera stays open: %q", c.call, f.calls)
		}
	}
}

// TestNext: pictures, one that is cut off, one that is lost on the way, and
// then the plug is pulled.
func TestNext(t *testing.T) {
	whole := make([]byte, 320*240)
	whole[321] = 77
	f := &fake{sizes: map[string][]webcam.FrameSize{"GREY": {size(320, 240)}}, frames: [][]byte{whole, whole[:99], nil, whole}}
	f.errs = map[string]error{"get 2": unix.EIO}
	s, err := stream(f)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []error{nil, camera.ErrFrame, camera.ErrFrame, nil, camera.ErrUnplugged} {
		frame, err := s.Next(context.Background())
		if !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Fatalf("picture %d: %v, wanted %v", i, err, want)
		}
		if err == nil && (frame.Number != i || frame.Image.GrayAt(1, 1).Y != 77) {
			t.Errorf("picture %d is number %d, its grey %d", i, frame.Number, frame.Image.GrayAt(1, 1).Y)
		}
	}
	for _, back := range []string{"release 0", "release 1", "release 3"} {
		if !slices.Contains(f.calls, back) {
			t.Errorf("%s is missing: %q", back, f.calls)
		}
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Error(err)
	}
	if _, err := s.Next(context.Background()); !errors.Is(err, camera.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// TestNeverGood: a camera whose pictures are all cut off is given up.
func TestNeverGood(t *testing.T) {
	f := &fake{sizes: map[string][]webcam.FrameSize{"GREY": {size(320, 240)}}, frames: slices.Repeat([][]byte{{1}}, 2*most)}
	s, err := stream(f)
	if err != nil {
		t.Fatal(err)
	}
	for i := range most {
		_, err = s.Next(context.Background())
		if last := i == most-1; errors.Is(err, camera.ErrPicture) != last || errors.Is(err, camera.ErrFrame) == last {
			t.Fatalf("picture %d: %v", i, err)
		}
	}
}

// TestSilent: a camera that delivers nothing is given up, or when nobody waits
// any more.
func TestSilent(t *testing.T) {
	f := &fake{sizes: map[string][]webcam.FrameSize{"GREY": {size(320, 240)}}, errs: map[string]error{"wait": &webcam.Timeout{}}}
	s, err := stream(f)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Next(context.Background()); !errors.Is(err, camera.ErrSilent) {
		t.Errorf("%v", err)
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.Next(gone); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// TestCloseWhileWaiting: Close comes from another goroutine, and ends a Next.
func TestCloseWhileWaiting(t *testing.T) {
	f := &fake{sizes: map[string][]webcam.FrameSize{"GREY": {size(320, 240)}}, errs: map[string]error{"wait": &webcam.Timeout{}}}
	s, err := stream(f)
	if err != nil {
		t.Fatal(err)
	}
	closed := make(chan error, 1)
	f.onWait = func() {
		f.onWait = func() {}
		go func() { closed <- s.Close() }()
		for !s.closed.Load() {
			runtime.Gosched()
		}
	}
	if _, err := s.Next(context.Background()); !errors.Is(err, camera.ErrClosed) {
		t.Errorf("%v", err)
	}
	if err := <-closed; err != nil || f.calls[len(f.calls)-1] != "close" {
		t.Errorf("%v, %q", err, f.calls)
	}
}

// TestForms: the grey of a picture comes out of each form.
func TestForms(t *testing.T) {
	img := image.NewGray(image.Rect(0, 0, 16, 8))
	for i := range img.Pix {
		img.Pix[i] = byte(i * 37)
	}
	packed := func(first, stride int) []byte {
		b := make([]byte, stride*8)
		for i, v := range img.Pix {
			b[i/16*stride+i%16*2+first] = v
		}
		return b
	}
	for name, b := range map[string][]byte{
		"GREY": img.Pix, "NV12": append(slices.Clone(img.Pix), make([]byte, 64)...), "YU12": append(slices.Clone(img.Pix), make([]byte, 64)...),
		"YUYV": packed(0, 32), "UYVY": packed(1, 32), "YUYV with edges": packed(0, 40),
	} {
		got, err := forms[code(name[:4])].grey(b, 16, 8)
		if err != nil || !slices.Equal(got.Pix, img.Pix) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := forms[code(name[:4])].grey(b[:100], 16, 8); !errors.Is(err, camera.ErrFrame) {
			t.Errorf("%s, cut off: %v", name, err)
		}
	}
	var file bytes.Buffer
	if err := jpeg.Encode(&file, img, nil); err != nil {
		t.Fatal(err)
	}
	got, err := forms[code("MJPG")].grey(file.Bytes(), 16, 8)
	if err != nil || got.Rect != img.Rect {
		t.Errorf("MJPG: %v", err)
	}
}
