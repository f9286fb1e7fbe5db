package camera

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
)

// Limits of a film of JPEG pictures, in bytes.
const (
	maxJPEG    = 16 << 20 // of one picture
	maxBetween = 1 << 20  // between two: the words of a network camera are short
)

// errSyntax says that a picture does not have the form of JPEG.
var errSyntax = errors.New("not the form of JPEG")

// A mjpeg is a source of the pictures of such a film. What is between them is
// passed over.
type mjpeg struct {
	in      *bufio.Reader
	number  int
	picture []byte
}

// Next reads a picture. One that is damaged spoils itself alone: the next
// begins where the next start of a picture is.
func (m *mjpeg) Next(ctx context.Context) (Frame, error) {
	if err := ctx.Err(); err != nil {
		return Frame{}, err
	}
	if err := m.find(); err != nil {
		return Frame{}, err
	}
	m.number++
	frame := Frame{Number: m.number - 1}
	if err := m.read(); err != nil {
		if !errors.Is(err, errSyntax) && !errors.Is(err, io.EOF) {
			return frame, err
		}
		return frame, fmt.Errorf("%w: picture %d: %w", ErrFrame, m.number, orCut(err))
	}
	img, err := JPEG(m.picture)
	if err != nil {
		return frame, fmt.Errorf("picture %d: %w", m.number, err)
	}
	frame.Image = img
	return frame, nil
}

// orCut keeps io.EOF for the end of the film.
func orCut(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// find goes to the next start of a picture.
func (m *mjpeg) find() error {
	last := byte(0)
	for range maxBetween {
		b, err := m.in.ReadByte()
		if err != nil {
			return err
		}
		if last == 0xff && b == markSOI {
			m.picture = append(m.picture[:0], 0xff, markSOI)
			return nil
		}
		last = b
	}
	return fmt.Errorf("%w: no picture in %d bytes of the film", ErrFormat, maxBetween)
}

// read takes a picture segment by segment, up to its end. A picture in the head
// of another, as photographs have it, is inside a segment.
func (m *mjpeg) read() error {
	mark, err := m.marker()
	for err == nil {
		switch {
		case mark == markEOI:
			return nil
		case mark == markTEM || mark >= markRST0 && mark <= markRST7:
			mark, err = m.marker()
		default:
			if err = m.segment(); err != nil {
				return err
			}
			if mark == markSOS {
				mark, err = m.compressed()
			} else {
				mark, err = m.marker()
			}
		}
	}
	return err
}

func (m *mjpeg) take() (byte, error) {
	if len(m.picture) >= maxJPEG {
		return 0, fmt.Errorf("%w: more than %d bytes", errSyntax, maxJPEG)
	}
	b, err := m.in.ReadByte()
	if err == nil {
		m.picture = append(m.picture, b)
	}
	return b, err
}

// marker reads one, with what may fill the room before it.
func (m *mjpeg) marker() (byte, error) {
	b, err := m.take()
	if err != nil || b != 0xff {
		return 0, errors.Join(err, errSyntax)
	}
	for err == nil && b == 0xff {
		b, err = m.take()
	}
	return b, err
}

// segment reads what a marker has, by the length that it says.
func (m *mjpeg) segment() error {
	high, err := m.take()
	if err != nil {
		return err
	}
	low, err := m.take()
	if err != nil {
		return err
	}
	length := int(high)<<8 | int(low)
	if length < 2 {
		return errSyntax
	}
	for range length - 2 {
		if _, err := m.take(); err != nil {
			return err
		}
	}
	return nil
}

// compressed reads up to the next marker that is not a part of it.
func (m *mjpeg) compressed() (byte, error) {
	last := byte(0)
	for {
		b, err := m.take()
		if err != nil {
			return 0, err
		}
		if last == 0xff && b != 0 && b != 0xff && (b < markRST0 || b > markRST7) {
			return b, nil
		}
		last = b
	}
}

func (m *mjpeg) Close() error { return nil }
