package attest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// Bounds of a blob: what an HSM signed of one half of a key.
const (
	maxBlob  = 64 << 10 // bytes; a real one of RSA-2048 has 1.5 KB
	maxAttrs = 256
)

// An object is a key as the HSM describes it: PKCS #11 attributes by number.
type object map[uint32][]byte

var be = binary.BigEndian

var errForm = errors.New("the form is not known")

// parseBlob reads the signed part of a blob, which is all of it but the
// signature of sig bytes at its end. There are two layouts:
//
// Firmware 2.x and 10.x: four words of zero, a word with the size of the one
// object that follows, then zeros up to the signature. Firmware 3.x: a header
// of four words (…, size of all, size of the attributes); at its end four
// half-words, of which the last two say where the objects begin. The second
// one is written from the script that Azure publishes; no sample is public.
func parseBlob(b []byte, sig int) ([]object, string, error) {
	if len(b) > maxBlob || len(b) < sig+32 {
		return nil, "", fmt.Errorf("%d bytes: %w", len(b), errForm)
	}
	body := b[:len(b)-sig]
	if zero(body[:16]) {
		o, err := parseOne(body)
		return []object{o}, "firmware 2.x", err
	}
	list, err := parseSeveral(body, len(b), sig)
	return list, "firmware 3.x", err
}

func zero(b []byte) bool { return len(bytes.Trim(b, "\x00")) == 0 }

func parseOne(body []byte) (object, error) {
	o, rest, err := parseObject(body[20:])
	if err != nil {
		return nil, err
	}
	if size := len(body) - 20 - len(rest); be.Uint32(body[16:]) != uint32(size) || !zero(rest) {
		return nil, fmt.Errorf("the size of the object, or what follows it: %w", errForm)
	}
	return o, nil
}

func parseSeveral(body []byte, total, sig int) (list []object, err error) {
	attrs := int64(be.Uint32(body[12:]))
	at := int64(total) - attrs - int64(sig)
	if be.Uint32(body[8:]) != uint32(total) || at < 16 || at+8 > int64(len(body)) {
		return nil, fmt.Errorf("the sizes of the header: %w", errForm)
	}
	info := body[at:]
	for _, from := range []int{int(be.Uint16(info[4:])), int(be.Uint16(info[6:]))} {
		if from == 0 && len(list) > 0 {
			break // a second object is not always there
		}
		if from < 8 || from > len(info) {
			return nil, fmt.Errorf("where an object begins: %w", errForm)
		}
		o, _, err := parseObject(info[from:])
		if err != nil {
			return nil, err
		}
		list = append(list, o)
	}
	return list, nil
}

// parseObject reads handle, number of attributes and their size, then the
// attributes: type, length, value. Zeros may fill up the size.
func parseObject(b []byte) (object, []byte, error) {
	if len(b) < 12 {
		return nil, nil, fmt.Errorf("an object that is cut off: %w", errForm)
	}
	n, size := be.Uint32(b[4:]), be.Uint32(b[8:])
	if n == 0 || n > maxAttrs || uint64(size) > uint64(len(b)-12) {
		return nil, nil, fmt.Errorf("%d attributes in %d bytes: %w", n, size, errForm)
	}
	in, rest := b[12:12+size], b[12+size:]
	o := object{}
	for range n {
		if len(in) < 8 || uint64(be.Uint32(in[4:])) > uint64(len(in)-8) {
			return nil, nil, fmt.Errorf("an attribute that is cut off: %w", errForm)
		}
		id, end := be.Uint32(in), 8+be.Uint32(in[4:])
		if _, twice := o[id]; twice {
			return nil, nil, fmt.Errorf("attribute 0x%x twice: %w", id, errForm)
		}
		o[id], in = in[8:end], in[end:]
	}
	if !zero(in) {
		return nil, nil, fmt.Errorf("something after the last attribute: %w", errForm)
	}
	return o, rest, nil
}
