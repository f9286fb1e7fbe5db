//go:build cgo

package pkcs11

import (
	"crypto/rsa"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"

	p11 "github.com/miekg/pkcs11"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/hsm"
)

// A curve is a row of the table of curves: PKCS #11 v2.40, 2.3 names them by
// the DER of their object identifiers (RFC 5480, SEC 2).
type curve struct {
	kind   byok.KeyType
	params []byte // CKA_EC_PARAMS
	size   int    // bytes of a coordinate, and of r and s
}

var curves = []curve{
	{"P-256", []byte{6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7}, 32},
	{"P-384", []byte{6, 5, 0x2b, 0x81, 4, 0, 34}, 48},
	{"P-521", []byte{6, 5, 0x2b, 0x81, 4, 0, 35}, 66},
	{"P-256K", []byte{6, 5, 0x2b, 0x81, 4, 0, 10}, 32},
}

func curveOf(t byok.KeyType) (curve, bool) {
	for _, c := range curves {
		if c.kind == t {
			return c, true
		}
	}
	return curve{}, false
}

// readKey reads a private or secret key's attributes. The public half of an
// EC key is read from the object public, or where that is 0, from the key
// itself or the public key with the same id. A key of a type that no ceremony
// moves has the Type "".
func (s *session) readKey(o p11.ObjectHandle, class uint, public p11.ObjectHandle) (hsm.Key, error) {
	var k hsm.Key
	var err error
	if k.ID, err = s.attribute(o, p11.CKA_ID); err != nil {
		return k, err
	}
	label, err := s.attribute(o, p11.CKA_LABEL)
	if err != nil {
		return k, err
	}
	k.Label = show(string(label))
	if err := s.readFlags(o, &k); err != nil {
		return k, err
	}
	kind, err := s.number(o, p11.CKA_KEY_TYPE)
	if err != nil {
		return k, err
	}
	switch {
	case class == p11.CKO_SECRET_KEY && kind == p11.CKK_AES:
		err = s.readAES(o, &k)
	case class == p11.CKO_PRIVATE_KEY && kind == p11.CKK_RSA:
		err = s.readRSA(o, public, &k)
	case class == p11.CKO_PRIVATE_KEY && kind == p11.CKK_EC:
		err = s.readEC(o, public, &k)
	}
	return k, err
}

func (s *session) readFlags(o p11.ObjectHandle, k *hsm.Key) error {
	for _, f := range []struct {
		kind uint
		to   **bool
	}{
		{p11.CKA_EXTRACTABLE, &k.Extractable},
		{p11.CKA_SENSITIVE, &k.Sensitive},
		{p11.CKA_LOCAL, &k.Local},
		{p11.CKA_ALWAYS_SENSITIVE, &k.AlwaysSensitive},
		{p11.CKA_NEVER_EXTRACTABLE, &k.NeverExtractable},
		{p11.CKA_WRAP_WITH_TRUSTED, &k.WrapWithTrusted},
	} {
		var err error
		if *f.to, err = s.flag(o, f.kind); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) readAES(o p11.ObjectHandle, k *hsm.Key) error {
	n, err := s.number(o, p11.CKA_VALUE_LEN)
	if err != nil {
		return err
	}
	if t, err := byok.ParseKeyType(fmt.Sprintf("AES-%d", n*8)); err == nil {
		k.Type = t
	}
	k.KCV, err = s.kcv(o)
	return err
}

// readRSA takes modulus and exponent from the private key, and what that does
// not show from its public half.
func (s *session) readRSA(o, public p11.ObjectHandle, k *hsm.Key) error {
	n, err := s.attribute(o, p11.CKA_MODULUS)
	if err != nil {
		return err
	}
	e, err := s.attribute(o, p11.CKA_PUBLIC_EXPONENT)
	if err != nil {
		return err
	}
	if len(n) == 0 || len(e) == 0 {
		if n, e, err = s.rsaFromPublic(public, k.ID); err != nil {
			return err
		}
	}
	pub, err := rsaPublic(n, e)
	if err != nil {
		return nil // a size that no ceremony moves
	}
	k.Public, k.Type = pub, pub.Type()
	return nil
}

func (s *session) rsaFromPublic(public p11.ObjectHandle, id []byte) (n, e []byte, err error) {
	if public, err = s.publicHalf(public, p11.CKK_RSA, id); err != nil || public == 0 {
		return nil, nil, err
	}
	if n, err = s.attribute(public, p11.CKA_MODULUS); err != nil {
		return nil, nil, err
	}
	e, err = s.attribute(public, p11.CKA_PUBLIC_EXPONENT)
	return n, e, err
}

func rsaPublic(n, e []byte) (*byok.PublicKey, error) {
	exponent := new(big.Int).SetBytes(e)
	if !exponent.IsInt64() || exponent.Int64() > 1<<31-1 {
		return nil, errors.New("the public exponent is missing or has more than 31 bits")
	}
	return byok.NewRSAPublicKey(new(big.Int).SetBytes(n), int(exponent.Int64()))
}

// kekOf is rsaPublic for a KEK.
func kekOf(n, e []byte) (*byok.KEK, error) {
	exponent := new(big.Int).SetBytes(e)
	if !exponent.IsInt64() || exponent.Int64() > 1<<31-1 {
		return nil, errors.New("the public exponent is missing or has more than 31 bits")
	}
	return byok.NewKEK(&rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(exponent.Int64())})
}

// readEC takes the curve from the private key and the point from wherever the
// token shows it.
func (s *session) readEC(o, public p11.ObjectHandle, k *hsm.Key) error {
	params, err := s.attribute(o, p11.CKA_EC_PARAMS)
	if err != nil {
		return err
	}
	for _, c := range curves {
		if string(c.params) == string(params) {
			k.Type = c.kind
		}
	}
	if k.Type == "" {
		return nil // a curve that no ceremony moves
	}
	point, err := s.point(o, public, k.ID)
	if err != nil || point == nil {
		return err
	}
	k.Public, err = ecPublic(k.Type, point)
	return err
}

// point reads CKA_EC_POINT of the public half, or of the private key itself,
// where some tokens keep it.
func (s *session) point(o, public p11.ObjectHandle, id []byte) ([]byte, error) {
	public, err := s.publicHalf(public, p11.CKK_EC, id)
	if err != nil {
		return nil, err
	}
	if public != 0 {
		if point, err := s.attribute(public, p11.CKA_EC_POINT); err != nil || len(point) > 0 {
			return point, err
		}
	}
	return s.attribute(o, p11.CKA_EC_POINT)
}

// publicHalf returns the public key with this id, unless it is given; 0 if
// there is none.
func (s *session) publicHalf(given p11.ObjectHandle, kind uint, id []byte) (p11.ObjectHandle, error) {
	if given != 0 || len(id) == 0 {
		return given, nil
	}
	found, err := s.lookup(append(template(p11.CKO_PUBLIC_KEY, hsm.Query{ID: id}),
		p11.NewAttribute(p11.CKA_KEY_TYPE, kind))...)
	if err != nil || len(found) == 0 {
		return 0, err
	}
	if len(found) > 1 {
		return 0, fmt.Errorf("%w: %d public keys have the id %x", hsm.ErrManyKeys, len(found), id)
	}
	return found[0], nil
}

// ecPublic decodes an uncompressed point, in the DER OCTET STRING of the
// standard (v2.40, 2.3.3) or bare, as some tokens have it.
func ecPublic(t byok.KeyType, point []byte) (*byok.PublicKey, error) {
	c, _ := curveOf(t)
	want := 1 + 2*c.size
	var inner []byte
	// The length decides first: one bare point in 256 is also valid DER.
	if len(point) != want {
		if rest, err := asn1.Unmarshal(point, &inner); err == nil && len(rest) == 0 {
			point = inner
		}
	}
	if len(point) != want || point[0] != 4 {
		return nil, fmt.Errorf("the token's public point of %s has %d bytes, not %d uncompressed", t, len(point), want)
	}
	x, y := new(big.Int).SetBytes(point[1:1+c.size]), new(big.Int).SetBytes(point[1+c.size:])
	return byok.NewECPublicKey(t, x, y)
}
