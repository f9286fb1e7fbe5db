package byok

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"

	"github.com/keyceremony/ceremony/digest"
)

const whatPublic = "public key"

// PublicKey is the public half of a target key: any KeyType but AES. Its
// digest is that of its SubjectPublicKeyInfo.
type PublicKey struct {
	typ  KeyType
	rsa  *rsa.PublicKey
	ec   *ecdsa.PublicKey
	k    *secp256k1.PublicKey // P-256K
	spki []byte
}

// NewRSAPublicKey makes the public key of an RSA target. Unlike a KEK it may
// have any odd exponent from 3 to 2^31-1: the key may be older than the
// ceremony.
func NewRSAPublicKey(n *big.Int, e int) (*PublicKey, error) {
	if n == nil || n.Sign() <= 0 || typeOf(KindRSA, n.BitLen()) == "" {
		bits := 0
		if n != nil {
			bits = n.BitLen()
		}
		return nil, malformed(whatPublic, "size", wantKEKSize, "%d bits", bits)
	}
	if n.Bit(0) == 0 {
		return nil, malformed(whatPublic, "modulus", "an odd modulus", "an even one")
	}
	if e < 3 || e%2 == 0 || e > 1<<31-1 {
		return nil, malformed(whatPublic, "exponent", "an odd exponent from 3 to 2^31-1", "e = %d", e)
	}
	pub := &rsa.PublicKey{N: new(big.Int).Set(n), E: e}
	return &PublicKey{typ: typeOf(KindRSA, n.BitLen()), rsa: pub, spki: marshalRSA(pub)}, nil
}

// NewECPublicKey makes the public key of an EC target from the coordinates of
// its point, which must be on the curve.
func NewECPublicKey(t KeyType, x, y *big.Int) (*PublicKey, error) {
	if t.Kind() != KindEC {
		return nil, malformed(whatPublic, "curve", "P-256, P-384, P-521 or P-256K", "%s", shown(string(t)))
	}
	size := t.size()
	for _, c := range []*big.Int{x, y} {
		if c == nil || c.Sign() < 0 || c.BitLen() > 8*size {
			return nil, malformed(whatPublic, "point", fmt.Sprintf("coordinates of up to %d bytes", size), "another one")
		}
	}
	point := make([]byte, 1+2*size)
	point[0] = 4
	x.FillBytes(point[1 : 1+size])
	y.FillBytes(point[1+size:])
	return newPoint(whatPublic, t, point)
}

// newPoint makes a public key of an uncompressed point.
func newPoint(what string, t KeyType, point []byte) (*PublicKey, error) {
	ec, k, err := parsePoint(what, t, point)
	if err != nil {
		return nil, err
	}
	return &PublicKey{typ: t, ec: ec, k: k, spki: marshalEC(t, point)}, nil
}

// ParsePublicKey reads NAME.pub.pem: one SubjectPublicKeyInfo as PEM, with the
// same strictness as ParseKEK.
func ParsePublicKey(file []byte) (*PublicKey, error) {
	der, err := decodePEM(whatPublic, file)
	if err != nil {
		return nil, err
	}
	return ParseSPKI(der)
}

// ParseSPKI reads a SubjectPublicKeyInfo in minimal DER: RSA (RFC 3279) or a
// named curve with an uncompressed point (RFC 5480), secp256k1 too.
func ParseSPKI(der []byte) (*PublicKey, error) {
	info, err := readSPKI(whatPublic, der)
	if err != nil {
		return nil, err
	}
	key, err := readPublic(info)
	if err != nil {
		return nil, err
	}
	if err := checkDER(whatPublic, der, key.spki); err != nil {
		return nil, err
	}
	return key, nil
}

func readPublic(info spki) (*PublicKey, error) {
	switch oid := info.Algorithm.OID; {
	case oid.Equal(oidRSA):
		k, err := readRSA(whatPublic, info)
		if err != nil {
			return nil, err
		}
		if k.E.BitLen() > 31 {
			return nil, malformed(whatPublic, "exponent", "an odd exponent from 3 to 2^31-1", "e = %s", exponent(k.E))
		}
		return NewRSAPublicKey(k.N, int(k.E.Int64()))
	case oid.Equal(oidEC):
		t, err := curveOf(whatPublic, info.Algorithm)
		if err != nil {
			return nil, err
		}
		return newPoint(whatPublic, t, info.Key.RightAlign())
	default:
		return nil, malformed(whatPublic, "algorithm", "an RSA or EC key", "%s", algorithmName(oid))
	}
}

// Type returns the type and size of the key.
func (p *PublicKey) Type() KeyType { return p.typ }

// SPKI returns the SubjectPublicKeyInfo in DER.
func (p *PublicKey) SPKI() []byte { return bytes.Clone(p.spki) }

// PEM returns the SubjectPublicKeyInfo as a PEM file.
func (p *PublicKey) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: pemPublic, Bytes: p.spki})
}

// SHA256 returns the digest that people compare: of the SubjectPublicKeyInfo.
func (p *PublicKey) SHA256() digest.SHA256 { return digest.Of(p.spki) }

// Equal reports whether both are the same key; nil equals nothing.
func (p *PublicKey) Equal(o *PublicKey) bool {
	return p != nil && o != nil && len(p.spki) > 0 && bytes.Equal(p.spki, o.spki)
}

// Crypto returns an *rsa.PublicKey, an *ecdsa.PublicKey, or for P-256K a
// *secp256k1.PublicKey of decred.
func (p *PublicKey) Crypto() crypto.PublicKey {
	switch {
	case p.rsa != nil:
		return p.rsa
	case p.ec != nil:
		return p.ec
	default:
		return p.k
	}
}

// EncryptOAEP encrypts a message with RSAES-OAEP (RFC 8017, 7.1), MGF1 over
// the same hash and an empty label. The key must be an RSA key.
func (p *PublicKey) EncryptOAEP(rand io.Reader, hash crypto.Hash, msg []byte) ([]byte, error) {
	if p.rsa == nil {
		return nil, malformed(whatPublic, "algorithm", "an RSA key", "%s", p.typ)
	}
	return encryptOAEP(rand, p.rsa, hash, msg)
}

// MarshalText returns PEM, so that JSON holds it as a string. The receiver is
// a value, so that a field that is no pointer is not written as {}.
func (p PublicKey) MarshalText() ([]byte, error) {
	if len(p.spki) == 0 {
		return nil, malformed(whatPublic, "none", "an RSA or EC key", "no key")
	}
	return p.PEM(), nil
}

// UnmarshalText is as strict as ParsePublicKey.
func (p *PublicKey) UnmarshalText(text []byte) error {
	k, err := ParsePublicKey(text)
	if err != nil {
		return err
	}
	*p = *k
	return nil
}
