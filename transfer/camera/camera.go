// Package camera has the sources of pictures in which codes are looked for:
// pictures and films in files ([OpenFile]), in pipes ([FromReader]), and lines
// that somebody pastes or a scanner types ([Lines]). What a source is, and what
// can be wrong with a camera, is said here too; the cameras of this machine are
// in package driver below, which is handed down as [Cameras].
//
// Pictures are grey, and nothing here knows what is on them: package
// transfer/receive reads the codes.
package camera

import (
	"context"
	"errors"
	"image"
)

// A Frame is one picture of a source, or one line of a source that has lines.
type Frame struct {
	Number int         // from 0, as they are delivered
	Name   string      // of the file or folder entry it comes from, without its folder; "" for a camera
	Image  *image.Gray // nil where the source has lines; the caller may keep it
	Text   string      // a line, without its end
}

// A Source delivers frames. One goroutine calls Next; Close may come from
// another, and ends a Next that waits.
type Source interface {
	// Next waits for the next frame. After the last comes io.EOF. An error
	// that is ErrFrame spoils one frame alone: the next call goes on. Any other
	// ends the source.
	Next(ctx context.Context) (Frame, error)
	Close() error
}

// A Device is a camera of this machine.
type Device struct {
	ID   string // what Open takes; the same after the machine was started again, as far as its system allows
	Name string // what people know it by
}

// Cameras are those of a machine, as package driver has them. Tests have their
// own.
type Cameras struct {
	// List lists them, the first to be taken first; none is no error.
	List func() ([]Device, error)
	// Open opens one by its ID or its name; "" is the first of the list.
	Open func(name string) (Source, error)
	// Chosen is the ID that was chosen last, "" before; Choose keeps it.
	Chosen func() string
	Choose func(id string)
}

// Errors that callers tell apart. Their text says what people can do.
var (
	// ErrNone says that the machine has no camera.
	ErrNone = errors.New("no camera was found: plug one in, or take pictures of the codes from files")
	// ErrUnknown says that no camera has this ID or name.
	ErrUnknown = errors.New("there is no such camera: choose one from the list")
	// ErrBusy says that another program uses the camera.
	ErrBusy = errors.New("the camera is in use: close the program that has it, or choose another camera")
	// ErrUnplugged says that the camera went away.
	ErrUnplugged = errors.New("the camera is gone: plug it in again, or choose another")
	// ErrPermission says that this user may not use the camera.
	ErrPermission = errors.New("this user may not use the camera: allow it in the settings of the system; on Linux, join the group video and sign in again")
	// ErrPicture says that the camera has no form of picture that is read here.
	ErrPicture = errors.New("the camera has no picture that can be read here (YUYV, grey or MJPEG): choose another camera")
	// ErrSilent says that the camera delivers nothing.
	ErrSilent = errors.New("the camera delivers no picture: plug it in again, or choose another camera")
	// ErrBandwidth says that several devices share a line that is full.
	ErrBandwidth = errors.New("the USB line has no room for another camera: plug it into another socket, not through a hub")
	// ErrClosed is what Next returns after Close.
	ErrClosed = errors.New("the source was closed")
	// ErrUnsupported says that this program was built without cameras.
	ErrUnsupported = errors.New("this build of the program has no camera: use the one with the window, or pictures in files")
	// ErrFrame says that one frame could not be read. The source goes on.
	ErrFrame = errors.New("this picture cannot be read")
	// ErrFormat says that a file is nothing that frames come from.
	ErrFormat = errors.New("no picture (PNG, JPEG), no film (y4m, MJPEG) and no lines of text")
)
