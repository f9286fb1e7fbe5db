package byok

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrUnwrap is the one error for every ciphertext that does not unwrap. It
// says no more, so that nobody learns from it which step failed (Manger 2001).
var ErrUnwrap = errors.New("the ciphertext does not unwrap: wrong key, other parameters, or damaged")

// maxKW bounds what is wrapped. RFC 5649 allows 2^32-1 bytes; an RSA-4096 key
// has 2.4 KiB.
const maxKW = 1 << 20

// kwIV is the initial value of RFC 3394, 2.2.3.1.
var kwIV = [8]byte{0xA6, 0xA6, 0xA6, 0xA6, 0xA6, 0xA6, 0xA6, 0xA6}

// kwpIV is the first half of the alternative initial value of RFC 5649, 3.
var kwpIV = [4]byte{0xA6, 0x59, 0x59, 0xA6}

// WrapKW wraps 16 bytes or more, a multiple of 8, with AES key wrap (RFC
// 3394; NIST SP 800-38F, KW-AE).
func WrapKW(kek, plaintext []byte) ([]byte, error) {
	block, err := newAES(kek)
	if err != nil {
		return nil, err
	}
	if len(plaintext) < 16 || len(plaintext)%8 != 0 || len(plaintext) > maxKW {
		return nil, fmt.Errorf("found %s to wrap, wanted a multiple of 8 from 16 to %d", plural(len(plaintext), "byte"), maxKW)
	}
	return kwWrap(block, kwIV, plaintext), nil
}

// UnwrapKW reverses WrapKW. Every failure but a KEK of a wrong size is ErrUnwrap.
func UnwrapKW(kek, wrapped []byte) ([]byte, error) {
	block, err := newAES(kek)
	if err != nil {
		return nil, err
	}
	if len(wrapped) < 24 || len(wrapped)%8 != 0 || len(wrapped) > maxKW+8 {
		return nil, ErrUnwrap
	}
	iv, plaintext := kwUnwrap(block, wrapped)
	if subtle.ConstantTimeCompare(iv[:], kwIV[:]) != 1 {
		clear(plaintext)
		return nil, ErrUnwrap
	}
	return plaintext, nil
}

// WrapKWP wraps one byte or more with AES key wrap with padding (RFC 5649;
// NIST SP 800-38F, KWP-AE; PKCS #11 CKM_AES_KEY_WRAP_PAD as Azure means it).
func WrapKWP(kek, plaintext []byte) ([]byte, error) {
	block, err := newAES(kek)
	if err != nil {
		return nil, err
	}
	if len(plaintext) < 1 || len(plaintext) > maxKW {
		return nil, fmt.Errorf("found %s to wrap, wanted 1 to %d", plural(len(plaintext), "byte"), maxKW)
	}
	var iv [8]byte
	copy(iv[:4], kwpIV[:])
	binary.BigEndian.PutUint32(iv[4:], uint32(len(plaintext)))
	padded := make([]byte, (len(plaintext)+7)/8*8)
	defer clear(padded)
	copy(padded, plaintext)
	if len(padded) == 8 { // RFC 5649, 4.1: one block, encrypted once
		out := append(iv[:], padded...)
		block.Encrypt(out, out)
		return out, nil
	}
	return kwWrap(block, iv, padded), nil
}

// UnwrapKWP reverses WrapKWP. Every failure but a KEK of a wrong size is ErrUnwrap.
func UnwrapKWP(kek, wrapped []byte) ([]byte, error) {
	block, err := newAES(kek)
	if err != nil {
		return nil, err
	}
	plaintext, ok := unwrapKWP(block, wrapped)
	if ok != 1 {
		clear(plaintext)
		return nil, ErrUnwrap
	}
	return plaintext, nil
}

// unwrapKWP returns 1 if the padding holds. All three checks of RFC 5649, 3
// are made in constant time and joined at the end.
func unwrapKWP(block cipher.Block, wrapped []byte) ([]byte, int) {
	if len(wrapped) < 16 || len(wrapped)%8 != 0 || len(wrapped) > maxKW+8 {
		return nil, 0
	}
	var iv [8]byte
	var padded []byte
	if len(wrapped) == 16 {
		padded = make([]byte, 16)
		block.Decrypt(padded, wrapped)
		copy(iv[:], padded)
		padded = padded[8:]
	} else {
		iv, padded = kwUnwrap(block, wrapped)
	}
	ok := subtle.ConstantTimeCompare(iv[:4], kwpIV[:])
	length := binary.BigEndian.Uint32(iv[4:])
	ok &= subtle.ConstantTimeEq(int32(length>>21), 0) // within maxKW, so that the rest fits an int32
	n := int(length & (1<<21 - 1))
	zeros := len(padded) - n
	ok &= subtle.ConstantTimeLessOrEq(n, len(padded)) & subtle.ConstantTimeLessOrEq(len(padded)-7, n)
	var dirt byte
	for i := range 7 {
		inPadding := subtle.ConstantTimeLessOrEq(i+1, zeros&0xff)
		dirt |= padded[len(padded)-1-i] & byte(-inPadding)
	}
	ok &= subtle.ConstantTimeByteEq(dirt, 0)
	if ok != 1 {
		return padded, 0
	}
	return padded[:n], 1
}

func newAES(key []byte) (cipher.Block, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("found an AES key of %s, wanted 16, 24 or 32", plural(len(key), "byte"))
	}
	return block, nil
}

// kwWrap is the wrapping function W of NIST SP 800-38F, 6.1.
func kwWrap(block cipher.Block, iv [8]byte, plaintext []byte) []byte {
	out := append(iv[:], plaintext...)
	var b [16]byte
	copy(b[:8], iv[:])
	n := uint64(len(plaintext) / 8)
	for t := uint64(1); t <= 6*n; t++ {
		r := out[8*((t-1)%n+1):][:8]
		copy(b[8:], r)
		block.Encrypt(b[:], b[:])
		copy(r, b[8:])
		binary.BigEndian.PutUint64(b[:8], binary.BigEndian.Uint64(b[:8])^t)
	}
	copy(out, b[:8])
	return out
}

// kwUnwrap is the inverse of kwWrap; it checks nothing.
func kwUnwrap(block cipher.Block, wrapped []byte) (iv [8]byte, plaintext []byte) {
	plaintext = append([]byte(nil), wrapped[8:]...)
	var b [16]byte
	copy(b[:8], wrapped)
	n := uint64(len(plaintext) / 8)
	for t := 6 * n; t >= 1; t-- {
		r := plaintext[8*((t-1)%n):][:8]
		binary.BigEndian.PutUint64(b[:8], binary.BigEndian.Uint64(b[:8])^t)
		copy(b[8:], r)
		block.Decrypt(b[:], b[:])
		copy(r, b[8:])
	}
	return [8]byte(b[:8]), plaintext
}
