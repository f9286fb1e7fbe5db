package durable

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// dropCache asks for the next read to come from the medium instead of memory.
// It is a request: pages that are clean after fsync are dropped, no others.
func dropCache(f *os.File) {
	_ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
}

// renameNew renames in one call that refuses to replace (renameat2(2)), which
// ext4, xfs, btrfs, tmpfs and vfat know; others go by hard link.
func (d *Dir) renameNew(part, name string) error {
	f, err := d.root.Open(".")
	if err != nil {
		return err
	}
	defer f.Close()
	fd := int(f.Fd())
	err = unix.Renameat2(fd, part, fd, name, unix.RENAME_NOREPLACE)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EOPNOTSUPP) {
		return d.renameByLink(part, name)
	}
	if err != nil {
		return &os.LinkError{Op: "rename", Old: part, New: name, Err: err}
	}
	return nil
}
