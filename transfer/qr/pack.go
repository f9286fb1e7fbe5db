package qr

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
)

// pack deflates (RFC 1951, without any header). What would shrink beyond the
// ratio that receivers allow is stored as it is.
func pack(plain []byte) ([]byte, error) {
	packed, err := deflate(plain, flate.BestCompression)
	if err == nil && len(plain) > MaxRatio*len(packed) {
		packed, err = deflate(plain, flate.NoCompression)
	}
	if err == nil && len(packed) > MaxPacked {
		err = fmt.Errorf("%d bytes when packed, wanted at most %d: %w", len(packed), MaxPacked, ErrTooLarge)
	}
	return packed, err
}

func deflate(plain []byte, level int) ([]byte, error) {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, level)
	if err != nil {
		return nil, fmt.Errorf("qr: internal error: %w", err)
	}
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	err = w.Close()
	return b.Bytes(), err
}

// unpack inflates. It stops at the limits, whatever the data promises, and
// wants that they are used up to the last byte. It inflates twice, first to
// know how much there is, so that no more memory is taken than that.
func unpack(packed []byte) ([]byte, error) {
	most := min(MaxPlain, MaxRatio*len(packed))
	in := bytes.NewReader(packed)
	n, err := io.Copy(io.Discard, io.LimitReader(flate.NewReader(in), int64(most)+1))
	switch {
	case n > int64(most):
		return nil, fmt.Errorf("more than %d bytes when unpacked: %w", most, ErrTooLarge)
	case err != nil:
		return nil, fmt.Errorf("unpacking: %w", err)
	case in.Len() > 0:
		return nil, errors.New("unpacking: bytes are left over")
	}
	plain := make([]byte, n)
	_, err = io.ReadFull(flate.NewReader(bytes.NewReader(packed)), plain)
	return plain, err
}
