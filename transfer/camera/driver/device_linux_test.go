//go:build amd64 || arm64

package driver

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/jpeg"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/keyceremony/ceremony/transfer/camera"
	"github.com/keyceremony/ceremony/transfer/qr"
	"github.com/keyceremony/ceremony/transfer/qr/scantest"
	"github.com/keyceremony/ceremony/transfer/receive"
)

// This file leads the whole way from the calls of V4L2 to what was received.

// yuyv is a picture with the edge that some devices add to each row.
func yuyv(img *image.Gray, edge int) (b []byte) {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	for y := range h {
		for x := range w {
			b = append(b, img.GrayAt(x, y).Y, 0x80)
		}
		b = append(b, make([]byte, edge)...)
	}
	return b
}

func stripes(w, h, n int) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = byte(i%w*n + i/w*7)
	}
	return img
}

// TestDevice: a device is listed, delivers more pictures than it has buffers,
// and its plug is pulled.
func TestDevice(t *testing.T) {
	k := &kernel{t: t, offers: []offer{{"YUYV", 640, 480, 30}, {"H264", 1280, 720, 30}}}
	var shown []*image.Gray
	for i := range 8 {
		shown = append(shown, stripes(640, 480, i+1))
		k.frames = append(k.frames, yuyv(shown[i], 64))
	}
	k.run(func(m machine) {
		list := m.list()
		if len(list) != 1 || list[0].Name != "Desk camera" {
			t.Errorf("listed are %+v", list)
		}
		s, err := m.camera("Desk camera")
		if err != nil {
			t.Error(err)
			return
		}
		for i, want := range shown {
			if f, err := s.Next(context.Background()); err != nil || f.Number != i || !slices.Equal(f.Image.Pix, want.Pix) {
				t.Errorf("picture %d is number %d: %v", i, f.Number, err)
			}
		}
		if _, err := s.Next(context.Background()); !errors.Is(err, camera.ErrUnplugged) {
			t.Errorf("without its plug: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if !k.did(streamOff) || k.streams {
		t.Error("the device still streams")
	}
}

// TestDeviceDecides: a device may give another size than it is asked for.
func TestDeviceDecides(t *testing.T) {
	img := stripes(640, 360, 3)
	k := &kernel{t: t, offers: []offer{{letters: "YUYV"}}, size: [2]int{640, 360}, frames: [][]byte{yuyv(img, 0)}}
	k.run(func(m machine) {
		s, err := m.camera("")
		if err != nil {
			t.Error(err)
			return
		}
		defer s.Close()
		if f, err := s.Next(context.Background()); err != nil || !slices.Equal(f.Image.Pix, img.Pix) {
			t.Errorf("%v", err)
		}
	})
}

// TestDeviceRefuses: what a device says is told in words, and the device is not
// kept.
func TestDeviceRefuses(t *testing.T) {
	for _, c := range []struct {
		call uint32
		says unix.Errno
		want error
	}{
		{sFmt, unix.EBUSY, camera.ErrBusy},
		{reqBufs, unix.EBUSY, camera.ErrBusy},
		{streamOn, unix.ENOSPC, camera.ErrBandwidth},
		{streamOn, unix.ENODEV, camera.ErrUnplugged},
		{enumFmt, unix.EINVAL, camera.ErrNone},
		{queryCap, unix.ENOTTY, camera.ErrNone},
	} {
		k := &kernel{t: t, offers: []offer{{"GREY", 640, 480, 30}}, frames: [][]byte{make([]byte, 640*480)}, fails: map[uint32]unix.Errno{c.call: c.says}}
		k.run(func(m machine) {
			if _, err := m.camera(""); !errors.Is(err, c.want) {
				t.Errorf("call %d says %v: %v, wanted %v", c.call, c.says, err, c.want)
			}
		})
	}
}

// TestDeviceReceives: a webcam before a screen that changes 15 times a second,
// in MJPEG as most send it, and what was sent is received.
func TestDeviceReceives(t *testing.T) {
	random := make([]byte, 500)
	for i := range random {
		random[i] = byte(i * i * 31 >> 3)
	}
	m, err := qr.NewMessage(map[string][]byte{"a.bin": random})
	if err != nil {
		t.Fatal(err)
	}
	sent, version, err := qr.Fit(m, 10, qr.L)
	if err != nil {
		t.Fatal(err)
	}
	var codes []scantest.Code
	for i := range sent.Blocks() + 2 {
		codes = append(codes, scantest.Of(sent.Frame(i), version))
	}
	film := scantest.Film{Shot: scantest.Typical(3), Shown: 15, Exposure: 20, Readout: 25, Unsteady: 1}
	film.Shot.Width, film.Shot.Height = 640, 480
	k := &kernel{t: t, offers: []offer{{"MJPG", 640, 480, 30}}}
	for i := range film.Pictures(len(codes)) {
		var file bytes.Buffer
		if err := jpeg.Encode(&file, film.Take(i, codes), &jpeg.Options{Quality: 80}); err != nil {
			t.Fatal(err)
		}
		k.frames = append(k.frames, file.Bytes())
	}
	k.run(func(desk machine) {
		s, err := desk.camera("")
		if err != nil {
			t.Error(err)
			return
		}
		defer s.Close()
		r, err := receive.New(receive.KQ1, receive.Keep{})
		if err != nil {
			t.Error(err)
			return
		}
		if err := r.From(context.Background(), s, nil); err != nil {
			t.Errorf("%v, %+v", err, r.Progress())
		}
		if got, err := r.Message(); err != nil || got.Digest() != m.Digest() {
			t.Errorf("another message: %v", err)
		}
	})
}
