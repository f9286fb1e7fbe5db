package durable

import (
	"errors"
	"fmt"
	"os"
)

// An Appender adds to the end of one file. It remembers where the end is, so
// that what another process added behind its back is noticed, not overwritten.
type Appender struct {
	dir  *Dir
	name string
	file *os.File
	size int64
	dead bool
}

// Append opens a file for appending at its present end; a new one is created
// and its name made durable.
func (d *Dir) Append(name string) (*Appender, error) {
	if err := checkNew(name); err != nil {
		return nil, err
	}
	f, size, err := d.openRegular(name, os.O_RDWR)
	if errors.Is(err, os.ErrNotExist) {
		f, err = d.createEmpty(name)
	}
	if err != nil {
		return nil, err
	}
	return &Appender{dir: d, name: name, file: f, size: size}, nil
}

func (d *Dir) createEmpty(name string) (*os.File, error) {
	if err := fault("create", name); err != nil {
		return nil, err
	}
	f, err := d.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	if err := d.sync(); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Append writes line at the known end, syncs, reads it back through a fresh
// descriptor and compares. Nil means that it is on the medium. After any error
// the appender is dead: nothing is known of the end of the file, so every
// later call gives [ErrPoisoned].
func (a *Appender) Append(line []byte) error {
	if a.dead {
		return fmt.Errorf("%s: %w", a.name, ErrPoisoned)
	}
	a.dead = true
	if err := a.checkEnd(); err != nil {
		return err
	}
	if err := writeSync(a.file, a.name, line, a.size); err != nil {
		return fmt.Errorf("%s: %w", a.name, err)
	}
	if err := a.dir.readBack(a.name, a.size, line, true); err != nil {
		return err
	}
	a.size += int64(len(line))
	a.dead = false
	return nil
}

// checkEnd refuses to write where the file does not end.
func (a *Appender) checkEnd() error {
	info, err := a.file.Stat()
	if err == nil && info.Size() != a.size {
		err = fmt.Errorf("%s has %d bytes, not the %d after the last append", a.name, info.Size(), a.size)
	}
	return err
}

// Size returns the file's size after the last acknowledged append.
func (a *Appender) Size() int64 { return a.size }

// Close closes the file. Everything acknowledged is synced already.
func (a *Appender) Close() error { return a.file.Close() }

// Truncate cuts a file to size bytes and makes that durable. A file that is
// shorter already is an error: nothing is ever padded.
func (d *Dir) Truncate(name string, size int64) error {
	f, old, err := d.openRegular(name, os.O_RDWR)
	if err != nil {
		return err
	}
	defer f.Close()
	if size < 0 || old < size {
		return fmt.Errorf("%s has %d bytes and cannot be cut to %d", name, old, size)
	}
	if err := fault("truncate", name); err != nil {
		return err
	}
	if err := f.Truncate(size); err != nil {
		return err
	}
	if err := syncOnce(f, name); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	info, err := d.root.Lstat(name)
	if err == nil && info.Size() != size {
		err = fmt.Errorf("%s: %w", name, ErrReadBack)
	}
	return err
}
