package byok

import (
	"bytes"
	"crypto/rsa"
	"encoding/pem"
	"math/big"

	"github.com/keyceremony/ceremony/digest"
)

// KEKExponent is the public exponent of every KEK.
const KEKExponent = 65537

const (
	wantKEKSize = "2048, 3072 or 4096"
	whatKEK     = "KEK"
)

// KEK is the public half of a Key Exchange Key: RSA of 2048, 3072 or 4096
// bits with e = 65537. Its digest is that of its SubjectPublicKeyInfo.
type KEK struct {
	pub  *rsa.PublicKey
	spki []byte
}

// ParseKEK reads kek.publickey.pem: a SubjectPublicKeyInfo as "az keyvault key
// download" writes it, and nothing else. Every damage has a *FormatError with
// a code of its own. PEM of the result is the file that was read.
func ParseKEK(file []byte) (*KEK, error) {
	der, err := decodePEM(whatKEK, file)
	if err != nil {
		return nil, err
	}
	info, err := readSPKI(whatKEK, der)
	if err != nil {
		return nil, err
	}
	if !info.Algorithm.OID.Equal(oidRSA) {
		return nil, malformed(whatKEK, "algorithm", "an RSA key", "%s", algorithmName(info.Algorithm.OID))
	}
	key, err := readRSA(whatKEK, info)
	if err != nil {
		return nil, err
	}
	kek, err := newKEK(key.N, key.E)
	if err != nil {
		return nil, err
	}
	if err := checkDER(whatKEK, der, kek.spki); err != nil {
		return nil, err
	}
	return kek, nil
}

// NewKEK makes a KEK of an RSA public key, under the same rules as ParseKEK.
func NewKEK(pub *rsa.PublicKey) (*KEK, error) {
	if pub == nil || pub.N == nil {
		return nil, malformed(whatKEK, "none", "an RSA key", "no key")
	}
	return newKEK(pub.N, big.NewInt(int64(pub.E)))
}

// newKEK makes the part of the partial public-key validation of NIST SP
// 800-89, 5.3.3 that is cheap: size, exponent, oddness, small factors. It
// finds damage, not malice: the KEK's origin is shown by its attestation.
func newKEK(n, e *big.Int) (*KEK, error) {
	if n.Sign() <= 0 || typeOf(KindRSA, n.BitLen()) == "" {
		return nil, malformed(whatKEK, "size", wantKEKSize, "%d bits", n.BitLen())
	}
	if e.Cmp(big.NewInt(KEKExponent)) != 0 {
		return nil, malformed(whatKEK, "exponent", "e = 65537", "e = %s", exponent(e))
	}
	if new(big.Int).GCD(nil, nil, n, smallPrimes).Cmp(big.NewInt(1)) != 0 {
		return nil, malformed(whatKEK, "modulus", "a product of two large primes", "a modulus with a small factor")
	}
	pub := &rsa.PublicKey{N: new(big.Int).Set(n), E: KEKExponent}
	return &KEK{pub: pub, spki: marshalRSA(pub)}, nil
}

// exponent shows an exponent that may be as long as a modulus.
func exponent(e *big.Int) string {
	if e.BitLen() > 64 {
		return "a number of " + plural(e.BitLen(), "bit")
	}
	return e.String()
}

// smallPrimes is the product of all primes up to 751 (NIST SP 800-89, 5.3.3).
var smallPrimes = func() *big.Int {
	product := big.NewInt(2)
	for p := int64(3); p <= 751; p += 2 {
		if big.NewInt(p).ProbablyPrime(0) { // exact below 2^64
			product.Mul(product, big.NewInt(p))
		}
	}
	return product
}()

// RSA returns a copy of the public key.
func (k *KEK) RSA() *rsa.PublicKey {
	return &rsa.PublicKey{N: new(big.Int).Set(k.pub.N), E: k.pub.E}
}

// Bits returns the size of the modulus: 2048, 3072 or 4096.
func (k *KEK) Bits() int { return k.pub.N.BitLen() }

// SPKI returns the SubjectPublicKeyInfo in DER.
func (k *KEK) SPKI() []byte { return bytes.Clone(k.spki) }

// PEM returns the SubjectPublicKeyInfo as a PEM file.
func (k *KEK) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: pemPublic, Bytes: k.spki})
}

// SHA256 returns the digest that people compare: of the SubjectPublicKeyInfo.
func (k *KEK) SHA256() digest.SHA256 { return digest.Of(k.spki) }

// Equal reports whether both are the same key; nil equals nothing.
func (k *KEK) Equal(o *KEK) bool {
	return k != nil && o != nil && len(k.spki) > 0 && bytes.Equal(k.spki, o.spki)
}

// MarshalText returns PEM, so that JSON holds it as a string. The receiver is
// a value, so that a field that is no pointer is not written as {}.
func (k KEK) MarshalText() ([]byte, error) {
	if len(k.spki) == 0 {
		return nil, malformed(whatKEK, "none", "an RSA key", "no key")
	}
	return k.PEM(), nil
}

// UnmarshalText is as strict as ParseKEK.
func (k *KEK) UnmarshalText(text []byte) error {
	p, err := ParseKEK(text)
	if err != nil {
		return err
	}
	*k = *p
	return nil
}
