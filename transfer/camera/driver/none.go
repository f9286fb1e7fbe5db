//go:build !linux && !(cgo && (windows || darwin))

package driver

import "github.com/keyceremony/ceremony/transfer/camera"

// List says that this build has no cameras.
func List() ([]camera.Device, error) { return nil, camera.ErrUnsupported }

// Open says the same.
func Open(string) (camera.Source, error) { return nil, camera.ErrUnsupported }
