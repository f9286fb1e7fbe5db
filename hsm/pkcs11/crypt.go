//go:build cgo

package pkcs11

import (
	"encoding/hex"
	"errors"
	"fmt"

	p11 "github.com/miekg/pkcs11"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/hsm"
)

// digestInfo are the DER prefixes of RSASSA-PKCS1-v1_5 (RFC 8017, 9.2, note 1).
var digestInfo = map[hsm.Hash]string{
	hsm.SHA256: "3031300d060960864801650304020105000420",
	hsm.SHA384: "3041300d060960864801650304020205000430",
	hsm.SHA512: "3051300d060960864801650304020305000440",
}

// digestSize returns the bytes of a digest, 0 for a hash that is not known.
func digestSize(h hsm.Hash) int {
	return map[hsm.Hash]int{hsm.SHA256: 32, hsm.SHA384: 48, hsm.SHA512: 64}[h]
}

// sign signs a digest: RSA over its DigestInfo, EC over its leftmost bytes up
// to the size of the order (FIPS 186-5, 6.4.1), which some tokens leave to us.
func (s *session) sign(a signArgs) ([]byte, error) {
	if n := digestSize(a.Hash); n == 0 || n != len(a.Digest) {
		return nil, fmt.Errorf("sign: a digest of %d bytes does not fit the hash %q", len(a.Digest), a.Hash)
	}
	h, class, err := s.one(a.ID)
	if err != nil {
		return nil, err
	}
	t, err := s.typeOf(h, class)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	switch t.Kind() {
	case byok.KindRSA:
		prefix, _ := hex.DecodeString(digestInfo[a.Hash])
		return s.signRaw(p11.CKM_RSA_PKCS, h, append(prefix, a.Digest...), t.Bits()/8)
	case byok.KindEC:
		c, _ := curveOf(t)
		return s.signRaw(p11.CKM_ECDSA, h, a.Digest[:min(len(a.Digest), c.size)], 2*c.size)
	}
	return nil, cannotf("a key of type %s does not sign", t)
}

// signRaw signs data as it is and expects size bytes.
func (s *session) signRaw(mechanism uint, h p11.ObjectHandle, data []byte, size int) ([]byte, error) {
	again, err := s.asksAgain(h)
	if err != nil {
		return nil, err
	}
	if err := s.ctx.SignInit(s.h, []*p11.Mechanism{p11.NewMechanism(mechanism, nil)}, h); err != nil {
		return nil, rv("sign", err)
	}
	if again {
		if code := s.tryPIN(p11.CKU_CONTEXT_SPECIFIC, nil); code != ckrOK {
			return nil, newError("log in for this signature", code)
		}
	}
	sig, err := s.ctx.Sign(s.h, data)
	if err != nil {
		return nil, rv("sign", err)
	}
	if len(sig) != size {
		return nil, fmt.Errorf("sign: the token's signature has %d bytes, not %d", len(sig), size)
	}
	return sig, nil
}

// asksAgain reports whether the key has CKA_ALWAYS_AUTHENTICATE (v2.40, 4.9),
// as the signature key of a PIV card has. Such a key works with a PIN pad
// only: the worker does not keep the PIN.
func (s *session) asksAgain(h p11.ObjectHandle) (bool, error) {
	always, err := s.flag(h, p11.CKA_ALWAYS_AUTHENTICATE)
	if err != nil || always == nil || !*always {
		return false, err
	}
	info, err := s.info()
	if err == nil && !info.ProtectedPath {
		err = cannotf("this key asks for the PIN at every signature: use a reader with a PIN pad, or another key of the card")
	}
	return true, err
}

// decrypt decrypts an RSA-OAEP ciphertext (SHA-1, MGF1-SHA-1, empty label).
func (s *session) decrypt(id, ciphertext []byte) ([]byte, error) {
	h, class, err := s.one(id)
	if err != nil {
		return nil, err
	}
	if t, err := s.typeOf(h, class); err != nil || t.Kind() != byok.KindRSA {
		return nil, cannotf("only an RSA key decrypts")
	}
	mech := p11.NewMechanism(ckmRSAOAEP, parameter(ckmRSAOAEP))
	if err := s.ctx.DecryptInit(s.h, []*p11.Mechanism{mech}, h); err != nil {
		return nil, rv("decrypt", err)
	}
	plain, err := s.ctx.Decrypt(s.h, ciphertext)
	return plain, rv("decrypt", err)
}

// encrypt encrypts with an AES key. KW is made of single blocks: modules
// differ in the mechanisms that they call AES key wrap, none in AES.
func (s *session) encrypt(a encryptArgs) ([]byte, error) {
	h, class, err := s.one(a.ID)
	if err != nil {
		return nil, err
	}
	if class != p11.CKO_SECRET_KEY {
		return nil, cannotf("only an AES key encrypts")
	}
	switch a.Mode {
	case hsm.CBC:
		if len(a.IV) != 16 || len(a.Plaintext) == 0 || len(a.Plaintext)%16 != 0 {
			return nil, fmt.Errorf("encrypt: an IV of %d and a plaintext of %d bytes, not 16 and a multiple of 16", len(a.IV), len(a.Plaintext))
		}
		return s.aes(p11.NewMechanism(p11.CKM_AES_CBC, a.IV), h, a.Plaintext)
	case hsm.KW:
		return keyWrap(a.Plaintext, func(block []byte) ([]byte, error) { return s.block(h, block) })
	}
	return nil, fmt.Errorf("encrypt: unknown mode %q", a.Mode)
}

// keyWrap is RFC 3394, 2.2.1, over a function that encrypts one block.
func keyWrap(plaintext []byte, encrypt func([]byte) ([]byte, error)) ([]byte, error) {
	n := len(plaintext) / 8
	if n < 2 || len(plaintext)%8 != 0 {
		return nil, fmt.Errorf("encrypt: a plaintext of %d bytes, not a multiple of 8 from 16", len(plaintext))
	}
	out := append([]byte{0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6}, plaintext...)
	for t := 1; t <= 6*n; t++ {
		r := out[8*((t-1)%n+1):][:8]
		b, err := encrypt(append(append([]byte(nil), out[:8]...), r...))
		if err != nil {
			return nil, err
		}
		for i := range 8 {
			out[i] = b[i] ^ byte(t>>(8*(7-i)))
		}
		copy(r, b[8:])
	}
	return out, nil
}

// block encrypts one block with AES-ECB, or where the token has none, with
// AES-CBC and an IV of zeros, which is the same for one block.
func (s *session) block(h p11.ObjectHandle, block []byte) ([]byte, error) {
	out, err := s.aes(p11.NewMechanism(p11.CKM_AES_ECB, nil), h, block)
	if errors.Is(err, hsm.ErrCannot) {
		out, err = s.aes(p11.NewMechanism(p11.CKM_AES_CBC, make([]byte, 16)), h, block)
	}
	if err == nil && len(out) != 16 {
		err = cannotf("the token makes %d bytes of one AES block", len(out))
	}
	return out, err
}

func (s *session) aes(m *p11.Mechanism, h p11.ObjectHandle, plaintext []byte) ([]byte, error) {
	if err := s.ctx.EncryptInit(s.h, []*p11.Mechanism{m}, h); err != nil {
		return nil, rv("encrypt", err)
	}
	out, err := s.ctx.Encrypt(s.h, plaintext)
	return out, rv("encrypt", err)
}

// kcv is the key check value: the first three bytes of the AES-CMAC (RFC 4493)
// of one block of zeros, made of two single blocks. It is "" where the key may
// not encrypt or the token does not.
func (s *session) kcv(h p11.ObjectHandle) (string, error) {
	may, err := s.flag(h, p11.CKA_ENCRYPT)
	if err != nil || may == nil || !*may {
		return "", err
	}
	subkey, err := s.block(h, make([]byte, 16))
	if errors.Is(err, hsm.ErrCannot) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	// The message is one whole block of zeros, so what is encrypted is K1.
	carry := subkey[0] >> 7
	for i := range 15 {
		subkey[i] = subkey[i]<<1 | subkey[i+1]>>7
	}
	subkey[15] = subkey[15]<<1 ^ 0x87*carry
	mac, err := s.block(h, subkey)
	if err != nil {
		return "", err
	}
	return hex.EncodeToString(mac[:3]), nil
}
