package camera

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/keyceremony/ceremony/transfer/qr/scan"
)

// headLength is what is looked at of a file to know what it is.
const headLength = 512

// OpenFile opens a picture (PNG, JPEG), a film (y4m; MJPEG, as a row of pictures
// or as the parts that network cameras send), a file of lines, or a folder of
// these, which are taken by name. What a file is shows in how it begins, not in
// its name.
func OpenFile(path string) (Source, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if st.IsDir() {
		return openFolder(path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	s, err := FromReader(f)
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return &file{Source: s, name: filepath.Base(path), closer: f}, nil
}

// FromReader makes a source of what comes through a pipe: one picture, a film,
// or lines. Closing the source does not close r.
func FromReader(r io.Reader) (Source, error) {
	in := bufio.NewReaderSize(r, 1<<16)
	head, err := in.Peek(headLength)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1a\n")):
		return &picture{in: in}, nil
	case bytes.HasPrefix(head, []byte(y4mMagic)):
		return openY4M(in)
	case bytes.HasPrefix(head, []byte{0xff, markSOI, 0xff}), bytes.HasPrefix(head, []byte("--")) && bytes.Contains(head, []byte("image/jpeg")):
		return &mjpeg{in: in}, nil
	case bytes.IndexByte(head, 0) >= 0:
		return nil, ErrFormat
	}
	return Lines(in), nil
}

// A picture is a source of one frame.
type picture struct {
	in   io.Reader
	done bool
}

func (p *picture) Next(ctx context.Context) (Frame, error) {
	if err := ctx.Err(); err != nil || p.done {
		return Frame{}, errors.Join(err, io.EOF)
	}
	p.done = true
	img, err := scan.Image(p.in, scan.Options{})
	if err != nil {
		return Frame{}, fmt.Errorf("%w: %w", ErrFrame, err)
	}
	return Frame{Image: img}, nil
}

func (p *picture) Close() error { return nil }

// A file is a source with a name, and something to close.
type file struct {
	Source
	name   string
	closer io.Closer
}

func (f *file) Next(ctx context.Context) (Frame, error) {
	frame, err := f.Source.Next(ctx)
	frame.Name = f.name
	if errors.Is(err, ErrFrame) {
		err = fmt.Errorf("%s: %w", f.name, err)
	}
	return frame, err
}

func (f *file) Close() error { return errors.Join(f.Source.Close(), f.closer.Close()) }

// maxNames bounds a folder: ten minutes of a film as pictures.
const maxNames = 20_000

// errNames says that a folder has more.
var errNames = fmt.Errorf("the folder has more than %d entries: name one that has the pictures alone, or a film of them", maxNames)

// A folder is a source of the files in it.
type folder struct {
	path   string
	names  []string
	number int

	lock   sync.Mutex // Close may come from another goroutine than Next
	now    Source     // the file that is read; nil between files
	closed bool
}

func openFolder(path string) (Source, error) {
	names, err := regularFiles(path)
	if err != nil {
		return nil, err
	}
	return &folder{path: path, names: names}, nil
}

// regularFiles lists them by name, without reading more than maxNames.
func regularFiles(path string) ([]string, error) {
	dir, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	entries, err := dir.ReadDir(maxNames + 1)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if len(entries) > maxNames {
		return nil, errNames
	}
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}

// Next goes from file to file. One that cannot be opened, or read to its end,
// spoils one frame, and the next file follows.
func (f *folder) Next(ctx context.Context) (Frame, error) {
	for {
		now, err := f.file()
		if err != nil {
			return Frame{}, err
		}
		frame, err := now.Next(ctx)
		if errors.Is(err, io.EOF) {
			f.next()
			continue
		}
		frame.Number = f.number
		f.number++
		if err != nil && ctx.Err() == nil && !errors.Is(err, ErrFrame) {
			err = fmt.Errorf("%w: %s: %w", ErrFrame, frame.Name, err)
			f.next()
		}
		return frame, err
	}
}

// file is the one that is read now.
func (f *folder) file() (Source, error) {
	f.lock.Lock()
	defer f.lock.Unlock()
	switch {
	case f.closed:
		return nil, ErrClosed
	case f.now != nil:
		return f.now, nil
	case len(f.names) == 0:
		return nil, io.EOF
	}
	name := f.names[0]
	f.names = f.names[1:]
	now, err := OpenFile(filepath.Join(f.path, name))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFrame, err)
	}
	f.now = now
	return now, nil
}

// next ends the file that is read.
func (f *folder) next() {
	f.lock.Lock()
	defer f.lock.Unlock()
	if f.now != nil {
		_ = f.now.Close() // nothing was written to it
		f.now = nil
	}
}

func (f *folder) Close() error {
	f.next()
	f.lock.Lock()
	defer f.lock.Unlock()
	f.closed = true
	return nil
}
