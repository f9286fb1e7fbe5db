package audit

import (
	"crypto/sha512"
	"encoding/binary"

	//lint:ignore SA1019 OpenSSH key files are protected with it; nothing new is.
	"golang.org/x/crypto/blowfish"
)

// bcryptPBKDF derives a key from a passphrase as OpenSSH key files do (OpenBSD
// bcrypt_pbkdf(3)). It is here because the comment of a key file, which tells
// keys made for rehearsals, lies in the protected part, and x/crypto/ssh opens
// that part without giving the comment. Rounds and keyLen are positive.
func bcryptPBKDF(passphrase, salt []byte, rounds, keyLen int) []byte {
	const block = 32
	blocks := (keyLen + block - 1) / block
	pass := sha512.Sum512(passphrase)
	defer clear(pass[:])
	key := make([]byte, blocks*block)
	for n := range blocks {
		salted := sha512.Sum512(binary.BigEndian.AppendUint32(append([]byte(nil), salt...), uint32(n+1)))
		u := bcryptHash(pass[:], salted[:])
		out := u
		for range rounds - 1 {
			salted = sha512.Sum512(u[:])
			u = bcryptHash(pass[:], salted[:])
			for i := range out {
				out[i] ^= u[i]
			}
		}
		// The blocks are not put one after the other but interleaved.
		for i, b := range out {
			key[i*blocks+n] = b
		}
	}
	return key[:keyLen]
}

// bcryptHash is bcrypt with SHA-512 values for passphrase and salt, 64 rounds
// and a text of its own.
func bcryptHash(pass, salt []byte) [32]byte {
	c, err := blowfish.NewSaltedCipher(pass, salt)
	if err != nil {
		panic("audit: internal error: a SHA-512 value is no Blowfish key")
	}
	for range 64 {
		blowfish.ExpandKey(salt, c)
		blowfish.ExpandKey(pass, c)
	}
	out := [32]byte([]byte("OxychromaticBlowfishSwatDynamite"))
	for i := 0; i < len(out); i += blowfish.BlockSize {
		for range 64 {
			c.Encrypt(out[i:], out[i:])
		}
	}
	// OpenBSD works on words of the machine; the result is little-endian.
	for i := 0; i < len(out); i += 4 {
		binary.LittleEndian.PutUint32(out[i:], binary.BigEndian.Uint32(out[i:]))
	}
	return out
}
