package driver

import (
	"encoding/binary"
	"fmt"
	"unsafe"

	"github.com/blackjack/webcam"
	"golang.org/x/sys/unix"
)

// A device is a V4L2 device of this machine.
type device struct {
	*webcam.Webcam
	path string
}

func openDevice(path string) (hardware, error) {
	w, err := webcam.Open(path)
	if err != nil {
		return nil, err
	}
	return device{w, path}, nil
}

// SetImageFormat returns what the device gives, which may be another size than
// was asked for: the library returns what was asked for.
func (d device) SetImageFormat(f webcam.PixelFormat, width, height uint32) (webcam.PixelFormat, uint32, uint32, error) {
	f, width, height, err := d.Webcam.SetImageFormat(f, width, height)
	if err != nil {
		return 0, 0, 0, err
	}
	return current(d.path, f, width, height)
}

// getFormat is VIDIOC_G_FMT, which has the size of what it passes, and captures
// V4L2_BUF_TYPE_VIDEO_CAPTURE (Linux, videodev2.h). A device has one format,
// whoever asks for it.
const (
	aligned    = unsafe.Sizeof(uintptr(0)) // there are pointers among the members
	formatSize = aligned + 200
	getFormat  = 0xc0005604 | formatSize<<16
	captures   = 1
)

// current asks a device for its format by another descriptor, since the library
// shows none of its own. Where it does not say, it is taken to do as it was asked.
func current(path string, f webcam.PixelFormat, width, height uint32) (webcam.PixelFormat, uint32, uint32, error) {
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return f, width, height, nil
	}
	defer unix.Close(fd)
	b := new([formatSize]byte)
	word := binary.NativeEndian
	word.PutUint32(b[:], captures)
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), getFormat, uintptr(unsafe.Pointer(b))); errno != 0 {
		return f, width, height, nil
	}
	union := b[aligned:]
	width, height, f = word.Uint32(union), word.Uint32(union[4:]), webcam.PixelFormat(word.Uint32(union[8:]))
	if width == 0 || height == 0 || width > 1<<14 || height > 1<<14 {
		return f, width, height, fmt.Errorf("the camera says that its pictures have %d x %d pixels", width, height)
	}
	return f, width, height, nil
}
