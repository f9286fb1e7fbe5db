//go:build cgo && (windows || darwin)

package driver

import (
	system "github.com/pion/mediadevices/pkg/driver/camera"

	"github.com/keyceremony/ceremony/transfer/camera"
	"github.com/keyceremony/ceremony/transfer/camera/mediadevices"
)

// List lists the cameras of this machine, as they are plugged in now.
func List() ([]camera.Device, error) { return mediadevices.List(system.Initialize), nil }

// Open opens a camera by its ID or its name; "" is the first of the list.
func Open(name string) (camera.Source, error) {
	return mediadevices.Open(system.Initialize, name)
}
