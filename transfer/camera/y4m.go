package camera

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"strconv"
	"strings"

	"github.com/keyceremony/ceremony/transfer/qr/scan"
)

// The words of YUV4MPEG2, a film without compression: a line for the whole,
// then for each picture a line and its planes.
const (
	y4mMagic = "YUV4MPEG2 "
	y4mFrame = "FRAME"
	// maxWords bounds both lines.
	maxWords = 1 << 10
)

// A y4m is a source of the pictures of such a film.
type y4m struct {
	in            *bufio.Reader
	width, height int
	colour        int // bytes after the grey of each picture
	number        int
}

// openY4M reads the first line. What it says of the size is held against the
// limit of pictures before memory is taken for one.
func openY4M(in *bufio.Reader) (Source, error) {
	line, err := readWords(in)
	if err != nil {
		return nil, fmt.Errorf("y4m: %w", err)
	}
	y := &y4m{in: in}
	space := "420"
	for word := range strings.FieldsSeq(strings.TrimPrefix(line, y4mMagic)) {
		switch word[0] {
		case 'W':
			y.width, err = strconv.Atoi(word[1:])
		case 'H':
			y.height, err = strconv.Atoi(word[1:])
		case 'C':
			space = word[1:]
		}
		if err != nil {
			return nil, fmt.Errorf("y4m: %w: a size that is no number", ErrFormat)
		}
	}
	if y.width < 1 || y.height < 1 || y.width > scan.MaxPixels || y.height > scan.MaxPixels || y.width*y.height > scan.MaxPixels {
		return nil, fmt.Errorf("y4m: %w: %d x %d pixels", scan.ErrTooLarge, y.width, y.height)
	}
	if y.colour, err = colourBytes(space, y.width, y.height); err != nil {
		return nil, err
	}
	return y, nil
}

// colourBytes is the size of the planes of colour of one picture.
func colourBytes(space string, width, height int) (int, error) {
	halfWidth, halfHeight := (width+1)/2, (height+1)/2
	switch space {
	case "420", "420jpeg", "420paldv", "420mpeg2":
		return 2 * halfWidth * halfHeight, nil
	case "422":
		return 2 * halfWidth * height, nil
	case "444":
		return 2 * width * height, nil
	case "mono":
		return 0, nil
	}
	return 0, fmt.Errorf("y4m: %w: colours %.16q, wanted 420, 422, 444 or mono with 8 bits", ErrFormat, space)
}

// readWords reads a line of a film.
func readWords(in *bufio.Reader) (string, error) {
	var line bytes.Buffer
	for line.Len() < maxWords {
		b, err := in.ReadByte()
		if err != nil {
			return "", err
		}
		if b == '\n' {
			return line.String(), nil
		}
		line.WriteByte(b)
	}
	return "", fmt.Errorf("%w: a line of more than %d bytes", ErrFormat, maxWords)
}

// Next reads a picture. A film that is cut off ends with an error, for nothing
// says where its next picture begins.
func (y *y4m) Next(ctx context.Context) (Frame, error) {
	if err := ctx.Err(); err != nil {
		return Frame{}, err
	}
	if _, err := y.in.Peek(1); err != nil {
		return Frame{}, err // io.EOF where a picture would begin
	}
	words, err := readWords(y.in)
	if err != nil || words != y4mFrame && !strings.HasPrefix(words, y4mFrame+" ") {
		return Frame{}, cutOff(y.number, err)
	}
	img := image.NewGray(image.Rect(0, 0, y.width, y.height))
	if _, err := io.ReadFull(y.in, img.Pix); err != nil {
		return Frame{}, cutOff(y.number, err)
	}
	if _, err := y.in.Discard(y.colour); err != nil {
		return Frame{}, cutOff(y.number, err)
	}
	y.number++
	return Frame{Number: y.number - 1, Image: img}, nil
}

// cutOff says where a film ended that should not have. io.EOF would be a good
// end.
func cutOff(number int, err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("the film is damaged or cut off at picture %d: %w", number+1, err)
}

func (y *y4m) Close() error { return nil }
