package receive

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"github.com/keyceremony/ceremony/durable"
	"github.com/keyceremony/ceremony/transfer/qr"
)

// resume reads what an earlier run received, and opens it to go on. After an
// error r is empty or spoiled, and can begin anew.
func (r *Receiving) resume() error {
	text, err := r.keep.Folder.Read(r.keep.Name, qr.MaxState)
	if errors.Is(err, durable.ErrTooLarge) {
		return fmt.Errorf("%w: %w", qr.ErrTooLarge, err)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	own := r.collector.(*qr.Receiver)
	whole, err := qr.WholeLines(text)
	if err == nil {
		err = own.UnmarshalText(whole)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", r.keep.Name, err)
	}
	if len(whole) < len(text) {
		if err := r.keep.Folder.Truncate(r.keep.Name, int64(len(whole))); err != nil {
			return err
		}
	}
	_, err = own.Message()
	if r.done = err == nil; errors.Is(err, qr.ErrSpoiled) {
		return fmt.Errorf("%s: %w", r.keep.Name, err)
	}
	return r.open()
}

// note keeps a text that told something. One that cannot be written is kept with
// the next that can.
func (r *Receiving) note(text string) error {
	var err error
	switch {
	case r.behind:
		err = r.catchUp()
	case r.log != nil:
		err = r.write([]byte(qr.Canonical(text) + "\n"))
	}
	if err != nil {
		return fmt.Errorf("what was received last cannot be kept on the disk: %w; make room there, and go on: the codes may come again, in any order", err)
	}
	return nil
}

// write appends to what is kept, and remembers how much of it is on the disk for
// certain.
func (r *Receiving) write(lines []byte) error {
	err := r.log.Append(lines)
	r.kept = r.log.Size()
	if err != nil {
		r.behind = true
		return errors.Join(err, r.Close())
	}
	return nil
}

// catchUp writes what an earlier write could not. What that left is written
// again, as nobody knows how much of it is on the disk; what others wrote is not
// touched.
func (r *Receiving) catchUp() error {
	all, err := r.collector.(*qr.Receiver).MarshalText()
	if err != nil {
		return err
	}
	text, err := r.keep.Folder.Read(r.keep.Name, qr.MaxState)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if int64(len(text)) < r.kept || !bytes.HasPrefix(all, text) {
		return fmt.Errorf("%s was changed by somebody else: %w", r.keep.Name, qr.ErrDamaged)
	}
	if int64(len(text)) > r.kept {
		if err := r.keep.Folder.Truncate(r.keep.Name, r.kept); err != nil {
			return err
		}
	}
	if err := r.open(); err != nil {
		return err
	}
	return r.write(all[r.kept:])
}

// open opens what is kept, to go on where it ends.
func (r *Receiving) open() (err error) {
	r.log, err = r.keep.Folder.Append(r.keep.Name)
	if r.behind = err != nil; err != nil {
		r.log = nil
		return err
	}
	r.kept = r.log.Size()
	return nil
}

// Anew forgets all that was received, also on the disk.
func (r *Receiving) Anew() error {
	c, err := newCollector(r.format)
	if err != nil {
		return err
	}
	r.collector, r.done, r.view = c, false, view{}
	r.kept, r.behind = 0, r.keep.Folder != nil
	if r.keep.Folder == nil {
		return nil
	}
	if err := errors.Join(r.Close(), r.keep.Folder.Remove(r.keep.Name)); err != nil {
		return err
	}
	return r.open()
}
