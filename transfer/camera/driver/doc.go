// Package driver has the cameras of this machine: List and Open. What they
// deliver is a source of package transfer/camera.
//
// On Linux it speaks V4L2 through blackjack/webcam, without cgo. On Windows and
// macOS it uses the drivers of pion/mediadevices, DirectShow and AVFoundation,
// which need cgo. Any other build says that it has no camera.
package driver
