package byok

import "crypto/subtle"

// CMAC returns the AES-CMAC of a message (RFC 4493; NIST SP 800-38B), as the
// key check value of an AES key needs it. The key has 16, 24 or 32 bytes.
func CMAC(key, msg []byte) ([16]byte, error) {
	block, err := newAES(key)
	if err != nil {
		return [16]byte{}, err
	}
	var subkey, mac [16]byte
	block.Encrypt(subkey[:], subkey[:])
	double(&subkey) // K1
	for len(msg) > 16 {
		subtle.XORBytes(mac[:], mac[:], msg[:16])
		block.Encrypt(mac[:], mac[:])
		msg = msg[16:]
	}
	var last [16]byte
	if copy(last[:], msg) < 16 {
		last[len(msg)] = 0x80
		double(&subkey) // K2
	}
	subtle.XORBytes(last[:], last[:], subkey[:])
	subtle.XORBytes(mac[:], mac[:], last[:])
	block.Encrypt(mac[:], mac[:])
	return mac, nil
}

// double multiplies by x in GF(2^128), without a branch on the secret.
func double(b *[16]byte) {
	carry := b[0] >> 7
	for i := range 15 {
		b[i] = b[i]<<1 | b[i+1]>>7
	}
	b[15] = b[15]<<1 ^ 0x87&-carry
}
