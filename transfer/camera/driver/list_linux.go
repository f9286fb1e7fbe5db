package driver

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/blackjack/webcam"
	"golang.org/x/sys/unix"

	"github.com/keyceremony/ceremony/transfer/camera"
)

// hardware is what is asked of a V4L2 device; *webcam.Webcam is one.
type hardware interface {
	GetName() (string, error)
	GetSupportedFormats() map[webcam.PixelFormat]string
	GetSupportedFrameSizes(webcam.PixelFormat) []webcam.FrameSize
	GetSupportedFramerates(f webcam.PixelFormat, width, height uint32) []webcam.FrameRate
	SetImageFormat(f webcam.PixelFormat, width, height uint32) (webcam.PixelFormat, uint32, uint32, error)
	SetBufferCount(uint32) error
	StartStreaming() error
	WaitForFrame(seconds uint32) error
	GetFrame() ([]byte, uint32, error)
	ReleaseFrame(uint32) error
	Close() error
}

// A machine is where V4L2 devices are.
type machine struct {
	dev  string // the folder /dev
	open func(path string) (hardware, error)
}

// this is the machine that the program runs on.
var this = machine{"/dev", openDevice}

// List lists the cameras of this machine, in the order of their numbers. A
// machine without a camera has an empty list. One that this user may not use is
// in it: Open says so.
func List() ([]camera.Device, error) { return this.list(), nil }

// Open opens a camera by its ID or its name; "" is the first of the list.
func Open(name string) (camera.Source, error) { return this.camera(name) }

// list leaves out what cannot deliver pictures: a webcam has a second device
// for other data, and there are decoders and tuners.
func (m machine) list() (list []camera.Device) {
	stable := m.stable()
	for _, path := range m.paths() {
		name := filepath.Base(path)
		hw, err := m.open(path)
		if err == nil {
			known, nameErr := hw.GetName()
			if nameErr == nil && known != "" {
				name = known
			}
			usable := len(modes(hw)) > 0
			_ = hw.Close()
			if !usable {
				continue
			}
		} else if !errors.Is(explain(err), camera.ErrPermission) && !errors.Is(explain(err), camera.ErrBusy) {
			continue
		}
		list = append(list, camera.Device{ID: cmp.Or(stable[path], path), Name: name})
	}
	return distinct(list)
}

// paths are those of the devices, by number.
func (m machine) paths() []string {
	paths, _ := filepath.Glob(filepath.Join(m.dev, "video[0-9]*")) // the pattern is right
	slices.SortFunc(paths, func(a, b string) int { return cmp.Compare(number(a), number(b)) })
	return paths
}

func number(path string) int {
	n, _ := strconv.Atoi(strings.TrimPrefix(filepath.Base(path), "video")) // what is none comes first
	return n
}

// stable has the names that udev gives to devices by what they are: numbers
// change when another camera is plugged in.
func (m machine) stable() map[string]string {
	links, _ := filepath.Glob(filepath.Join(m.dev, "v4l/by-id/*")) // the pattern is right
	names := map[string]string{}
	for _, link := range links {
		if path, err := filepath.EvalSymlinks(link); err == nil && names[path] == "" {
			names[path] = link
		}
	}
	return names
}

// distinct numbers cameras of the same name.
func distinct(list []camera.Device) []camera.Device {
	seen := map[string]int{}
	for i, d := range list {
		if seen[d.Name]++; seen[d.Name] > 1 {
			list[i].Name = fmt.Sprintf("%s (%d)", d.Name, seen[d.Name])
		}
	}
	return list
}

// explain says what an error of a device means.
func explain(err error) error {
	if err == nil {
		return nil
	}
	for _, c := range []struct {
		errno unix.Errno
		means error
	}{
		{unix.EBUSY, camera.ErrBusy},
		{unix.EACCES, camera.ErrPermission},
		{unix.EPERM, camera.ErrPermission},
		{unix.ENODEV, camera.ErrUnplugged},
		{unix.ENXIO, camera.ErrUnplugged},
		{unix.ENOENT, camera.ErrUnplugged},
		{unix.ENOSPC, camera.ErrBandwidth},
	} {
		// The library keeps no more than the words of some errors.
		if errors.Is(err, c.errno) || strings.HasSuffix(err.Error(), c.errno.Error()) {
			return fmt.Errorf("%w (%w)", c.means, err)
		}
	}
	return err
}

// camera opens a camera, and has it stream.
func (m machine) camera(name string) (camera.Source, error) {
	path := name
	if _, err := os.Stat(path); !filepath.IsAbs(path) || err != nil {
		d, err := camera.Find(m.list(), name)
		if err != nil {
			return nil, err
		}
		path = d.ID
	}
	hw, err := m.open(path)
	if err != nil {
		return nil, explain(err)
	}
	s, err := stream(hw)
	if err != nil {
		_ = hw.Close()
		return nil, explain(err)
	}
	return s, nil
}
