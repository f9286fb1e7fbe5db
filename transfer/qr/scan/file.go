package scan

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
)

// Limits of a file with a picture. A JPEG goes over all of its pixels once for
// each scan, and a scan of nothing takes hardly a byte; encoders make some ten.
const (
	maxFile  = 64 << 20
	maxScans = 30
)

// Image reads a picture in PNG or JPEG. What its head says of its size is held
// against Options before memory is taken for it, and a JPEG of more than 30 scans
// is ErrTooLarge: either takes time out of all proportion to the file. So is a
// progressive JPEG of more than 4 million pixels, which takes memory so. A decoder
// that fails on a crafted file ends that file, and not the program.
func Image(r io.Reader, o Options) (img *image.Gray, err error) {
	defer func() {
		if recover() != nil {
			img, err = nil, errors.New("picture cannot be read: its decoder failed on it")
		}
	}()
	r = io.LimitReader(r, maxFile)
	var head bytes.Buffer
	size, format, err := image.DecodeConfig(io.TeeReader(r, &head))
	if err != nil {
		return nil, fmt.Errorf("no picture in PNG or JPEG: %w", err)
	}
	if err := o.check(size.Width, size.Height); err != nil {
		return nil, err
	}
	if format == "jpeg" {
		if err := checkProgressive(head.Bytes(), size.Width, size.Height); err != nil {
			return nil, err
		}
	}
	m, err := pixels(io.MultiReader(&head, r), format)
	if err != nil {
		return nil, fmt.Errorf("picture cannot be read: %w", err)
	}
	return Gray(m), nil
}

func pixels(r io.Reader, format string) (image.Image, error) {
	if format == "jpeg" {
		return jpeg.Decode(&scansReader{in: r})
	}
	return png.Decode(r)
}

// A scansReader reads a JPEG, and ends it after maxScans. It counts each marker
// that begins a scan, wherever it stands: what is compressed has none by chance.
type scansReader struct {
	in    io.Reader
	last  byte
	scans int
}

func (s *scansReader) Read(p []byte) (int, error) {
	n, err := s.in.Read(p)
	for _, b := range p[:n] {
		if s.last == 0xff && b == 0xda {
			s.scans++
		}
		s.last = b
	}
	if s.scans > maxScans {
		return 0, fmt.Errorf("%w: a JPEG of more than %d scans; save it as PNG, or as a JPEG that is not progressive", ErrTooLarge, maxScans)
	}
	return n, err
}
