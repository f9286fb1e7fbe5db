// Package durable writes files that must survive: each is written under a
// temporary name, synced, read back through a fresh descriptor and compared
// before it gets its final name, and no file is ever replaced.
//
// Use [Dir.WriteNew] for a file that is finished in one go and [Dir.Append]
// for a log. Both return only when the bytes are on the medium and were read
// back from it; after an error nothing is known but this: no half-written file
// has the final name, and every append that was acknowledged is still there.
//
// The rules come from the failures of others: a failed fsync is never retried
// on the same descriptor (the kernel may have dropped the dirty pages and
// marked them clean), a write that reports success is believed only after it
// was read back, and a name is durable only when its folder was synced.
package durable

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"syscall"
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

// maxName leaves room for what a temporary name adds (NAME_MAX is 255).
const maxName = 200

// A Dir is an open folder of plain files, without subfolders.
// Names are flat; links are never followed.
type Dir struct {
	root *os.Root
	path string
}

// Open opens an existing folder.
func Open(path string) (*Dir, error) {
	if err := fault("open", path); err != nil {
		return nil, err
	}
	root, err := OpenRoot(path)
	if err != nil {
		return nil, err
	}
	return &Dir{root: root, path: path}, nil
}

// OpenRoot is that of package os, and gives ENOTDIR for a file, which os tells
// in words alone.
func OpenRoot(path string) (*os.Root, error) {
	root, err := os.OpenRoot(path)
	if st, statErr := os.Stat(path); err != nil && statErr == nil && !st.IsDir() {
		err = &fs.PathError{Op: "open", Path: path, Err: syscall.ENOTDIR}
	}
	return root, err
}

// Create makes the folder (mode 0700) in an existing parent and opens it.
// An empty folder is taken as it is; any other gives [ErrExists].
func Create(path string) (*Dir, error) {
	err := fault("mkdir", path)
	if err == nil {
		err = os.Mkdir(path, 0o700)
	}
	if errors.Is(err, os.ErrExist) {
		return openEmpty(path)
	}
	if err != nil {
		return nil, err
	}
	parent, err := Open(filepath.Dir(filepath.Clean(path)))
	if err != nil {
		return nil, err
	}
	defer parent.Close()
	if err := parent.sync(); err != nil {
		return nil, err
	}
	return Open(path)
}

// openEmpty opens a folder that must have nothing in it.
func openEmpty(path string) (*Dir, error) {
	d, err := Open(path)
	if err != nil {
		return nil, err
	}
	entries, err := d.Names()
	if err == nil && len(entries) > 0 {
		err = fmt.Errorf("folder %s is not empty: %w", path, ErrExists)
	}
	if err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// Path returns the folder's path as it was opened.
func (d *Dir) Path() string { return d.path }

// Close closes the folder. Close its appenders before: none can read back, and
// so append, afterwards.
func (d *Dir) Close() error { return d.root.Close() }

// Kind says what a folder entry is.
type Kind int

// The kinds of entries.
const (
	Regular Kind = iota
	Folder
	Symlink
	Other // pipe, socket, device
)

// An Entry is one name of the folder.
type Entry struct {
	Name string
	Kind Kind
	Size int64 // bytes; of a regular file
}

// MaxEntries bounds a folder: one with more is listed by nobody. A ceremony's
// has some hundreds.
const MaxEntries = 10_000

// Names lists everything in the folder, sorted by name. A folder with more than
// MaxEntries gives an error, after as many were read.
func (d *Dir) Names() ([]Entry, error) {
	if err := fault("list", d.path); err != nil {
		return nil, err
	}
	f, err := d.root.Open(".")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	list, err := f.ReadDir(MaxEntries + 1)
	if err != nil && err != io.EOF {
		return nil, err
	}
	if len(list) > MaxEntries {
		return nil, fmt.Errorf("folder %s has more than %d entries", d.path, MaxEntries)
	}
	entries := make([]Entry, 0, len(list))
	for _, e := range list {
		info, err := d.root.Lstat(e.Name())
		if err != nil {
			return nil, err
		}
		entries = append(entries, Entry{Name: e.Name(), Kind: kindOf(info.Mode()), Size: info.Size()})
	}
	sort.Slice(entries, func(i, j int) bool { return entries[i].Name < entries[j].Name })
	return entries, nil
}

func kindOf(m os.FileMode) Kind {
	switch {
	case m.IsRegular():
		return Regular
	case m.IsDir():
		return Folder
	case m&os.ModeSymlink != 0:
		return Symlink
	}
	return Other
}

// Read returns a regular file of at most max bytes, read once through a fresh
// descriptor. Links, pipes and devices give [ErrNotRegular] without being
// opened for longer than it takes to look; a longer file gives [ErrTooLarge].
func (d *Dir) Read(name string, max int64) ([]byte, error) {
	f, size, err := d.openRegular(name, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if size > max {
		return nil, fmt.Errorf("%s has %d bytes, more than %d: %w", name, size, max, ErrTooLarge)
	}
	if err := fault("read", name); err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(f, max+1))
	if err != nil {
		return nil, err
	}
	if int64(len(b)) > max {
		return nil, fmt.Errorf("%s has more than %d bytes: %w", name, max, ErrTooLarge)
	}
	return b, nil
}

// OpenFile opens a regular file for reading as a stream, and gives its size.
func (d *Dir) OpenFile(name string) (*os.File, int64, error) {
	return d.openRegular(name, os.O_RDONLY)
}

func (d *Dir) openRegular(name string, flag int) (*os.File, int64, error) {
	return OpenRegular(d.root, name, flag)
}

// OpenRegular opens an existing regular file of a folder, gives its size, and
// proves that it is the one that was looked at: no link is followed, no pipe is
// waited for. It is for folders that are no [Dir], as one on a medium.
func OpenRegular(root *os.Root, name string, flag int) (*os.File, int64, error) {
	if err := checkFlat(name); err != nil {
		return nil, 0, err
	}
	if err := fault("open", name); err != nil {
		return nil, 0, err
	}
	before, err := root.Lstat(name)
	if err != nil {
		return nil, 0, err
	}
	if !before.Mode().IsRegular() {
		return nil, 0, fmt.Errorf("%s: %w", name, ErrNotRegular)
	}
	f, err := root.OpenFile(name, flag|openNonblock, 0)
	if err != nil {
		return nil, 0, err
	}
	after, err := f.Stat()
	if err == nil && (!after.Mode().IsRegular() || !os.SameFile(before, after)) {
		err = fmt.Errorf("%s changed while it was opened: %w", name, ErrNotRegular)
	}
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, after.Size(), nil
}

func (d *Dir) sync() error { return SyncNames(d.root) }

// SyncNames makes names in a folder durable. Windows has no such call and FAT
// refuses it; there the rename is as durable as it gets.
func SyncNames(root *os.Root) error {
	if err := fault("sync folder", root.Name()); err != nil {
		return err
	}
	f, err := root.Open(".")
	if err != nil {
		return err
	}
	defer f.Close()
	return syncFolder(f)
}

// checkFlat refuses names that are no plain file of this folder.
func checkFlat(name string) error {
	if name == "" || name == "." || name == ".." || len(name) > maxName || strings.ContainsAny(name, "/\\:\x00") {
		return fmt.Errorf("%q: %w", name, ErrName)
	}
	return nil
}
