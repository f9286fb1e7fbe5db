package scan

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"io"
)

// maxFile is the most that is read of a file with a picture.
const maxFile = 64 << 20

// Image reads a picture in PNG or JPEG. What its head says of its size is held
// against Options before memory is taken for it. A decoder that fails on a
// crafted file ends that file, and not the program.
func Image(r io.Reader, o Options) (img *image.Gray, err error) {
	defer func() {
		if recover() != nil {
			img, err = nil, errors.New("picture cannot be read: its decoder failed on it")
		}
	}()
	r = io.LimitReader(r, maxFile)
	var head bytes.Buffer
	size, _, err := image.DecodeConfig(io.TeeReader(r, &head))
	if err != nil {
		return nil, fmt.Errorf("no picture in PNG or JPEG: %w", err)
	}
	if err := o.check(size.Width, size.Height); err != nil {
		return nil, err
	}
	m, _, err := image.Decode(io.MultiReader(&head, r))
	if err != nil {
		return nil, fmt.Errorf("picture cannot be read: %w", err)
	}
	return Gray(m), nil
}
