package mediadevices_test

import (
	"context"
	"errors"
	"image"
	"io"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/pion/mediadevices/pkg/driver"
	"github.com/pion/mediadevices/pkg/io/video"
	"github.com/pion/mediadevices/pkg/prop"

	"github.com/keyceremony/ceremony/transfer/camera"
	"github.com/keyceremony/ceremony/transfer/camera/mediadevices"
)

// A fake is a camera as a driver of the library has it: pictures come through a
// channel, and from one memory.
type fake struct {
	sizes    [][2]int
	openErr  error
	startErr error
	pictures chan byte // the grey of the next; closed when the plug is pulled
	chosen   prop.Media
	closed   atomic.Int32
}

func (f *fake) Open() error  { return f.openErr }
func (f *fake) Close() error { f.closed.Add(1); return nil }

func (f *fake) Properties() (list []prop.Media) {
	for _, s := range f.sizes {
		list = append(list, prop.Media{Video: prop.Video{Width: s[0], Height: s[1]}})
	}
	return list
}

func (f *fake) VideoRecord(p prop.Media) (video.Reader, error) {
	f.chosen = p
	img := image.NewYCbCr(image.Rect(0, 0, p.Width, p.Height), image.YCbCrSubsampleRatio422)
	return video.ReaderFunc(func() (image.Image, func(), error) {
		grey, more := <-f.pictures
		if !more {
			return nil, func() {}, io.EOF
		}
		for i := range img.Y {
			img.Y[i] = grey
		}
		return img, func() {}, nil
	}), f.startErr
}

// plugged registers cameras, as the search of the library does.
func plugged(t *testing.T, cameras map[string]*fake) func() {
	t.Helper()
	t.Cleanup(func() {
		for _, d := range driver.GetManager().Query(driver.FilterVideoRecorder()) {
			driver.GetManager().Delete(d.ID())
		}
	})
	return func() {
		for label, f := range cameras {
			if err := driver.GetManager().Register(f, driver.Info{Label: label, DeviceType: driver.Camera}); err != nil {
				t.Error(err)
			}
		}
	}
}

const path = `@device:pnp:\\?\usb#vid_046D&pid_0825&mi_00#7&1`

func TestList(t *testing.T) {
	cameras := map[string]*fake{"a": {}, path: {}}
	search := plugged(t, cameras)
	want := []camera.Device{{ID: path, Name: "camera 1 (USB 046d:0825)"}, {ID: "a", Name: "camera 2"}}
	for range 2 {
		if got := mediadevices.List(search); !slices.Equal(got, want) {
			t.Errorf("%+v, wanted %+v", got, want)
		}
	}
	delete(cameras, path)
	if got := mediadevices.List(search); len(got) != 1 || got[0].ID != "a" {
		t.Errorf("after one was pulled: %+v", got)
	}
	if _, err := mediadevices.Open(search, "b"); !errors.Is(err, camera.ErrUnknown) {
		t.Error(err)
	}
	delete(cameras, "a")
	if _, err := mediadevices.Open(search, ""); !errors.Is(err, camera.ErrNone) {
		t.Error(err)
	}
}

func TestOpenFails(t *testing.T) {
	for want, f := range map[error]*fake{
		camera.ErrPicture: {sizes: [][2]int{{100, 100}}},
		camera.ErrBusy:    {openErr: errors.New("no")},
	} {
		if _, err := mediadevices.Open(plugged(t, map[string]*fake{"a": f}), "a"); !errors.Is(err, want) {
			t.Errorf("%v, wanted %v", err, want)
		}
	}
	f := &fake{sizes: [][2]int{{640, 480}}, startErr: errors.New("no")}
	if _, err := mediadevices.Open(plugged(t, map[string]*fake{"b": f}), "b"); !errors.Is(err, camera.ErrBusy) || f.closed.Load() != 1 {
		t.Errorf("%v, closed %d times", err, f.closed.Load())
	}
}

// TestRecording: pictures of their own memory, then the plug is pulled.
func TestRecording(t *testing.T) {
	f := &fake{sizes: [][2]int{{640, 480}, {1280, 720}, {3840, 2160}}, pictures: make(chan byte)}
	s, err := mediadevices.Open(plugged(t, map[string]*fake{"a": f}), "")
	if err != nil || f.chosen.Width != 1280 {
		t.Fatalf("%v, %d pixels wide", err, f.chosen.Width)
	}
	var first *image.Gray
	for i, grey := range []byte{10, 20} {
		f.pictures <- grey
		frame, err := s.Next(context.Background())
		if err != nil || frame.Number != i || frame.Image.GrayAt(5, 5).Y != grey {
			t.Fatalf("picture %d: %v", i, err)
		}
		if first == nil {
			first = frame.Image
		}
	}
	if first.GrayAt(5, 5).Y != 10 {
		t.Error("a picture changed after it was delivered")
	}
	close(f.pictures)
	if _, err := s.Next(context.Background()); !errors.Is(err, camera.ErrUnplugged) {
		t.Errorf("%v", err)
	}
	if err := s.Close(); err != nil || f.closed.Load() != 1 {
		t.Errorf("%v, closed %d times", err, f.closed.Load())
	}
}

// TestClose: the driver is closed just after a picture, and once.
func TestClose(t *testing.T) {
	f := &fake{sizes: [][2]int{{640, 480}}, pictures: make(chan byte)}
	s, err := mediadevices.Open(plugged(t, map[string]*fake{"a": f}), "a")
	if err != nil {
		t.Fatal(err)
	}
	closed := make(chan error)
	go func() { closed <- s.Close() }()
	for done := false; !done; {
		select {
		case f.pictures <- 1:
		case err = <-closed:
			done = true
		}
	}
	if err != nil || f.closed.Load() != 1 {
		t.Errorf("%v, closed %d times", err, f.closed.Load())
	}
	if _, err := s.Next(context.Background()); !errors.Is(err, camera.ErrClosed) {
		t.Errorf("%v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
