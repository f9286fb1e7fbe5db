// Package durable writes files that must survive: each is written under a
// temporary name, synced, read back through a fresh descriptor and compared
// before it gets its final name, and no file is ever replaced.
//
// Use [Dir.WriteNew] for a file that is finished in one go and [Dir.Append]
// for a log. Both return only when the bytes are on the medium and were read
// back from it; after an error nothing is known but this: no half-written file
// has the final name, and every append that was acknowledged is still there.
//
// The rules come from experience with others' failures: a failed fsync is
// never retried on the same descriptor (the kernel may have dropped the dirty
// pages and marked them clean), a write that reports success is believed only
// after it was read back, and a folder entry is durable only when the folder
// was synced.
package durable

import (
	"errors"
	"os"
)

// Errors that callers tell apart.
var (
	// ErrExists says that a file or folder of this name is there and differs.
	ErrExists = errors.New("exists already")
	// ErrLocked says that another process holds the folder.
	ErrLocked = errors.New("folder is in use")
	// ErrPoisoned says that an earlier write or sync of this appender failed:
	// open the file again and look at what is there.
	ErrPoisoned = errors.New("an earlier write failed; open the file again")
	// ErrReadBack says that what was read back is not what was written.
	ErrReadBack = errors.New("read back differs from what was written")
	// ErrNotRegular says that a name is a folder, link, pipe or device.
	ErrNotRegular = errors.New("not a regular file")
	// ErrTooLarge says that a file is larger than the caller allows.
	ErrTooLarge = errors.New("file is too large")
	// ErrName says that a name is not flat, too long, or one of our own.
	ErrName = errors.New("name is not allowed")
)

// A Dir is an open folder of plain files, without subfolders.
// Names are flat; links are never followed.
type Dir struct {
	root *os.Root
	path string
}
