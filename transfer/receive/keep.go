package receive

import (
	"errors"
	"fmt"
	"os"

	"github.com/keyceremony/ceremony/transfer/qr"
)

// resume reads what an earlier run received, and opens it to go on. After an
// error r is empty or spoiled, and can begin anew.
func (r *Receiving) resume() error {
	text, err := r.keep.Folder.Read(r.keep.Name, qr.MaxState)
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
	r.log, err = r.keep.Folder.Append(r.keep.Name)
	return err
}

// note keeps a text that told something.
func (r *Receiving) note(text string) error {
	if r.log == nil {
		return nil
	}
	return r.log.Append([]byte(qr.Canonical(text) + "\n"))
}

// Anew forgets all that was received, also on the disk.
func (r *Receiving) Anew() error {
	c, err := newCollector(r.format)
	if err != nil {
		return err
	}
	r.collector, r.done, r.view = c, false, view{}
	if r.keep.Folder == nil {
		return nil
	}
	if err := errors.Join(r.Close(), r.keep.Folder.Remove(r.keep.Name)); err != nil {
		return err
	}
	r.log, err = r.keep.Folder.Append(r.keep.Name)
	return err
}
