package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/durable"
)

// This file reads and writes the files that people name, and the few of the
// program's own. Those of a ceremony's folder are for the package steps.

// maxSmall bounds what is read from files that people name, in bytes.
const maxSmall = 16 << 20

// readSmall reads a file that a person named.
func readSmall(path string) ([]byte, error) { return readUpTo(path, maxSmall) }

// readUpTo reads a file of at most so many bytes.
func readUpTo(path string, most int64) ([]byte, error) {
	f, err := openRegular(path)
	if err != nil {
		return nil, absent(path, err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(b)) > most {
		err = misuse("%s has more than %d bytes: it is no file of a ceremony", path, most)
	}
	return b, err
}

// openRegular opens a file that is neither a folder nor a device.
func openRegular(path string) (*os.File, error) {
	// A pipe would wait for a writer that never comes.
	if st, err := os.Stat(path); err == nil && !st.Mode().IsRegular() {
		return nil, notRegular(path, st)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err == nil && !st.Mode().IsRegular() {
		err = notRegular(path, st)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// absentError says that somebody named a file or folder that is not there.
type absentError struct{ path string }

func (e *absentError) Error() string { return e.path + " does not exist: look at its name" }
func (e *absentError) Unwrap() error { return fs.ErrNotExist }

// absent says so of an error with this path, and leaves all others.
func absent(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) { // the latter: below a file
		return &useError{&absentError{path}}
	}
	return err
}

func notRegular(path string, st os.FileInfo) error {
	if st.IsDir() {
		return misuse("%s is a folder: name a file", path)
	}
	return misuse("%s is a pipe or a device: name a file", path)
}

// secretFile reads a file that only its owner may read, without the end of its
// last line.
func secretFile(path string) ([]byte, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, absent(path, err)
	}
	if openToOthers(st.Mode()) {
		return nil, misuse("%s can be read by others (mode %04o): it must have mode 0600", path, st.Mode().Perm())
	}
	b, err := readSmall(path)
	return bytes.TrimRight(b, "\r\n"), err
}

func fileSum(path string) (digest.SHA256, error) {
	f, err := openRegular(path)
	if err != nil {
		return digest.SHA256{}, err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return digest.SHA256{}, err
	}
	return digest.SHA256(h.Sum(nil)), nil
}

// writeNew writes a file that must not exist, or has the same bytes.
func writeNew(path string, b []byte) error {
	folder := filepath.Dir(path)
	dir, err := durable.Open(folder)
	if err != nil {
		return absent(folder, err)
	}
	defer dir.Close()
	err = dir.WriteNew(filepath.Base(path), b)
	if errors.Is(err, durable.ErrExists) {
		return misuse("%w, and nothing is overwritten: name another file", err)
	}
	return err
}

// replaceFile writes a file of our own in one step: a reader sees the old bytes
// or the new ones, also after a kill.
func replaceFile(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".tmp-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails once it was renamed
	_, err = f.Write(b)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// openOrCreate opens a folder, or makes it.
func openOrCreate(path string) (*durable.Dir, error) {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return durable.Create(path)
	}
	return durable.Open(path)
}
