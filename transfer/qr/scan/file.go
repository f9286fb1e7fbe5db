package scan

import (
	"bytes"
	"fmt"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"io"
)

// maxFile is the most that is read of a file with a picture.
const maxFile = 64 << 20

// Image reads a picture in PNG or JPEG. What its head says of its size is held
// against Options before memory is taken for it.
func Image(r io.Reader, o Options) (*image.Gray, error) {
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
