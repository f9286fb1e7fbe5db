// Package driver has the cameras of this machine: [List] and [Open]. What they
// deliver is a source of package transfer/camera.
package driver

import "github.com/keyceremony/ceremony/transfer/camera"

// List lists the cameras of this machine, the first to be taken first. A
// machine without a camera has an empty list.
func List() ([]camera.Device, error) { return nil, camera.ErrUnsupported }

// Open opens a camera by its ID or its name; "" is the first of the list.
func Open(string) (camera.Source, error) { return nil, camera.ErrUnsupported }
