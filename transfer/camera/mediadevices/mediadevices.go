// Package mediadevices makes sources of the cameras that the drivers of
// pion/mediadevices register. Package driver uses it on Windows and macOS; it
// needs no cgo itself, so that it is tested everywhere.
package mediadevices

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pion/mediadevices/pkg/driver"
	"github.com/pion/mediadevices/pkg/prop"

	"github.com/keyceremony/ceremony/transfer/camera"
)

// List lists the cameras. search has the library look for them again: it
// registers what it finds, and forgets nothing by itself.
func List(search func()) (list []camera.Device) {
	forget()
	search()
	for i, d := range registered() {
		list = append(list, camera.Device{ID: d.Info().Label, Name: cmp.Or(d.Info().Name, named(d.Info().Label, i))})
	}
	return list
}

// forget forgets the cameras that nobody uses.
func forget() {
	m := driver.GetManager()
	for _, d := range m.Query(driver.FilterVideoRecorder()) {
		if d.Status() == driver.StateClosed {
			m.Delete(d.ID())
		}
	}
}

// registered has each camera once, by label.
func registered() []driver.Driver {
	list := driver.GetManager().Query(driver.FilterVideoRecorder())
	slices.SortFunc(list, func(a, b driver.Driver) int {
		return cmp.Or(strings.Compare(a.Info().Label, b.Info().Label), strings.Compare(string(a.Status()), string(b.Status())))
	})
	return slices.CompactFunc(list, func(a, b driver.Driver) bool { return a.Info().Label == b.Info().Label })
}

// usb finds maker and kind in the path by which Windows knows a camera.
var usb = regexp.MustCompile(`(?i)vid_([0-9a-f]{4})&pid_([0-9a-f]{4})`)

// named names a camera for which the library has no name.
func named(label string, i int) string {
	name := fmt.Sprintf("camera %d", i+1)
	if m := usb.FindStringSubmatch(label); m != nil {
		name += fmt.Sprintf(" (USB %s:%s)", strings.ToLower(m[1]), strings.ToLower(m[2]))
	}
	return name
}

// Open opens a camera by its ID or its name, and has it deliver; "" is the
// first.
func Open(search func(), name string) (camera.Source, error) {
	want, err := camera.Find(List(search), name)
	if err != nil {
		return nil, err
	}
	for _, d := range registered() {
		if d.Info().Label == want.ID {
			return open(d)
		}
	}
	return nil, camera.ErrUnplugged
}

func open(d driver.Driver) (camera.Source, error) {
	if err := d.Open(); err != nil {
		return nil, refused(err)
	}
	var modes []camera.Mode[prop.Media]
	for _, p := range d.Properties() {
		modes = append(modes, camera.Mode[prop.Media]{As: p, Width: p.Width, Height: p.Height, Rate: float64(p.FrameRate)})
	}
	best, err := camera.Best(modes)
	if err == nil {
		return record(d, best.As)
	}
	_ = d.Close()
	return nil, err
}

// refused explains an error without a kind: nearly always another program has
// the camera.
func refused(err error) error {
	return fmt.Errorf("%w; or the settings of the system do not allow it (%w)", camera.ErrBusy, err)
}
