package durable

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// partSuffix ends the temporary name of a file that is being written: the
// file NAME is .NAME.part until it is complete.
const partSuffix = ".part"

func partName(name string) string { return "." + name + partSuffix }

// WriteNew writes a file that is not there yet. In order:
//
//	create .NAME.part exclusively, write, fsync, close
//	read it back through a fresh descriptor and compare
//	rename it to NAME without replacing anything
//	fsync the folder
//	read NAME back and compare
//
// The same bytes under that name already are a success (a step that is
// repeated after a crash); other bytes give [ErrExists]. One process writes
// to a folder at a time: hold [Dir.Lock].
func (d *Dir) WriteNew(name string, b []byte) error {
	if err := checkNew(name); err != nil {
		return err
	}
	done, err := d.already(name, b)
	if done || err != nil {
		return err
	}
	part := partName(name)
	if err := d.remove(part); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("left-over of %s: %w", name, err)
	}
	if err := d.writePart(part, b); err != nil {
		_ = d.remove(part) // best effort: Sweep finds it later
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := d.rename(part, name); err != nil {
		_ = d.remove(part)
		return fmt.Errorf("%s: %w", name, err)
	}
	return d.settle(name, b)
}

// checkNew refuses names that Sweep would take for left-overs.
func checkNew(name string) error {
	if err := checkFlat(name); err != nil {
		return err
	}
	if isPart(name) {
		return fmt.Errorf("%q: %w", name, ErrName)
	}
	return nil
}

func isPart(name string) bool {
	return strings.HasPrefix(name, ".") && strings.HasSuffix(name, partSuffix)
}

// already reports whether the name is there with these bytes, and makes it
// durable: the crash may have come between rename and sync.
func (d *Dir) already(name string, b []byte) (bool, error) {
	_, err := d.root.Lstat(name)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	old, err := d.Read(name, int64(len(b)))
	if errors.Is(err, ErrTooLarge) || errors.Is(err, ErrNotRegular) || (err == nil && !bytes.Equal(old, b)) {
		return false, fmt.Errorf("%s: %w with other content", name, ErrExists)
	}
	if err != nil {
		return false, err
	}
	if err := d.syncFile(name); err != nil {
		return false, fmt.Errorf("%s: %w", name, err)
	}
	return true, d.settle(name, b)
}

// settle is the end of a write: the name is made durable and read back.
func (d *Dir) settle(name string, b []byte) error {
	if err := d.sync(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return d.readBack(name, 0, b, true)
}

// writePart writes the temporary file and proves what is in it.
func (d *Dir) writePart(part string, b []byte) error {
	if err := fault("create", part); err != nil {
		return err
	}
	f, err := d.root.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	err = writeSync(f, part, b, 0)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return d.readBack(part, 0, b, true)
}

// writeSync writes b at an offset and syncs, once.
func writeSync(f *os.File, name string, b []byte, at int64) error {
	if err := fault("write", name); err != nil {
		return err
	}
	if err := fault("short write", name); err != nil {
		_, _ = f.WriteAt(b[:len(b)/2], at)
		return err
	}
	whole := b
	if fault("lying write", name) != nil {
		whole = b[:len(b)/2]
	}
	if _, err := f.WriteAt(whole, at); err != nil {
		return err
	}
	return syncOnce(f, name)
}

func syncOnce(f *os.File, name string) error {
	if err := fault("sync", name); err != nil {
		return err
	}
	return f.Sync()
}

// syncFile syncs a file that an earlier run may have written.
func (d *Dir) syncFile(name string) error {
	f, _, err := d.openRegular(name, os.O_RDWR)
	if err != nil {
		return err
	}
	defer f.Close()
	return syncOnce(f, name)
}

// readBack compares want with the file from at on, through a fresh descriptor
// and, where the system lets us, not from its cache. With whole, the file must
// end there.
func (d *Dir) readBack(name string, at int64, want []byte, whole bool) error {
	f, size, err := d.openRegular(name, os.O_RDONLY)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := fault("read back", name); err != nil {
		return err
	}
	dropCache(f)
	got := make([]byte, len(want))
	_, err = io.ReadFull(io.NewSectionReader(f, at, int64(len(want))), got)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	if err != nil || !bytes.Equal(got, want) || (whole && size != at+int64(len(want))) {
		return fmt.Errorf("%s: %w", name, ErrReadBack)
	}
	return nil
}

func (d *Dir) remove(name string) error {
	if err := fault("remove", name); err != nil {
		return err
	}
	return d.root.Remove(name)
}

// rename gives the complete file its name and never replaces one.
func (d *Dir) rename(part, name string) error {
	if err := fault("rename", name); err != nil {
		return err
	}
	err := d.renameNew(part, name)
	if errors.Is(err, os.ErrExist) {
		return ErrExists
	}
	return err
}

// renameByLink is the portable way: a hard link never replaces a name.
// Media without hard links (FAT) get a look and a rename; only one process
// holds the folder, so that nobody comes between.
func (d *Dir) renameByLink(part, name string) error {
	err := d.root.Link(part, name)
	if err == nil {
		return d.root.Remove(part)
	}
	if errors.Is(err, os.ErrExist) {
		return err
	}
	if _, err := d.root.Lstat(name); !errors.Is(err, os.ErrNotExist) {
		return os.ErrExist
	}
	return d.root.Rename(part, name)
}

// Remove removes a file that nobody was told of yet, as what an interrupted act
// left, and syncs the folder. One that is not there is no error. A folder, a
// link or a device is nothing that was left so: it gives [ErrNotRegular].
func (d *Dir) Remove(name string) error {
	if err := checkFlat(name); err != nil {
		return err
	}
	if st, err := d.root.Lstat(name); err == nil && !st.Mode().IsRegular() {
		return fmt.Errorf("%s: %w", name, ErrNotRegular)
	}
	if err := d.remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return d.sync()
}

// Sweep removes what interrupted calls of WriteNew left behind.
func (d *Dir) Sweep() error {
	entries, err := d.Names()
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !isPart(e.Name) || e.Kind != Regular {
			continue
		}
		if err := d.remove(e.Name); err != nil {
			return fmt.Errorf("left-over %s: %w", e.Name, err)
		}
	}
	return d.sync()
}
