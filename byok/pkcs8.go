package byok

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"fmt"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
)

const wantPKCS8 = "a PKCS#8 PrivateKeyInfo in minimal DER"

// maxZeros is how many zero bytes an HSM may leave after the DER when it pads
// the key to a multiple of eight before it wraps.
const maxZeros = 7

// pkcs8 is PrivateKeyInfo (RFC 5208, 5) without attributes.
type pkcs8 struct {
	Version   int
	Algorithm algorithm
	Key       []byte
}

// sec1 is ECPrivateKey (RFC 5915, 3).
type sec1 struct {
	Version   int
	Scalar    []byte
	Curve     asn1.ObjectIdentifier `asn1:"optional,explicit,tag:0"`
	PublicKey asn1.BitString        `asn1:"optional,explicit,tag:1"`
}

// ParsePKCS8 reads an RSA or EC key as Azure takes it: PKCS#8 (RFC 5208)
// around RSAPrivateKey (RFC 8017) or ECPrivateKey (RFC 5915), in minimal DER,
// without attributes. The curve and the public key inside ECPrivateKey are
// optional and must match.
//
// Up to seven zero bytes after the DER are counted in zeros, because some HSMs
// leave them; whether a vault takes them is for the caller to judge. Errors
// are *FormatError and hold nothing of the key.
func ParsePKCS8(der []byte) (key *PrivateKey, zeros int, err error) {
	body, zeros, err := splitZeros(der)
	if err != nil {
		return nil, 0, err
	}
	var info pkcs8
	if _, err := asn1.Unmarshal(body, &info); err != nil {
		return nil, 0, malformed(whatPrivate, "form", wantPKCS8, "%s", identifyDER(body))
	}
	if info.Version != 0 {
		return nil, 0, malformed(whatPrivate, "version", "PKCS#8 version 0 (RFC 5208)", "version %d", info.Version)
	}
	switch oid := info.Algorithm.OID; {
	case oid.Equal(oidRSA):
		key, err = parseRSA(body)
	case oid.Equal(oidEC):
		key, err = parseEC(body, info)
	default:
		err = malformed(whatPrivate, "algorithm", "an RSA or EC key", "%s", algorithmName(oid))
	}
	if err != nil {
		return nil, 0, err
	}
	return key, zeros, nil
}

// ParsePlaintext reads what was wrapped: raw bytes for AES, else PKCS#8. For
// an AES key zeros is always 0: its padding would be a wrong size.
func ParsePlaintext(kind Kind, b []byte) (key *PrivateKey, zeros int, err error) {
	if kind == KindAES {
		key, err = NewAESKey(b)
		return key, 0, err
	}
	key, zeros, err = ParsePKCS8(b)
	if err == nil && key.typ.Kind() != kind {
		return nil, 0, malformed(whatPrivate, "algorithm", "an "+string(kind)+" key", "an %s key", key.typ.Kind())
	}
	return key, zeros, err
}

// splitZeros cuts the outermost element off what follows it.
func splitZeros(der []byte) (body []byte, zeros int, err error) {
	var outer asn1.RawValue
	rest, err := asn1.Unmarshal(der, &outer)
	if err != nil {
		return nil, 0, malformed(whatPrivate, "form", wantPKCS8, "%s without DER structure", plural(len(der), "byte"))
	}
	if len(rest) > maxZeros || len(bytes.Trim(rest, "\x00")) > 0 {
		return nil, 0, malformed(whatPrivate, "trailing", wantPKCS8+" and nothing else", "%s after it", plural(len(rest), "byte"))
	}
	return outer.FullBytes, len(rest), nil
}

// parseRSA leaves the numbers to the standard library, which checks them
// against each other, and compares the encoding.
func parseRSA(body []byte) (*PrivateKey, error) {
	parsed, err := x509.ParsePKCS8PrivateKey(body)
	if err != nil {
		return nil, malformed(whatPrivate, "numbers", "an RSAPrivateKey with numbers that agree", "one that does not hold")
	}
	key, err := newRSAKey(parsed.(*rsa.PrivateKey))
	if err != nil {
		return nil, err
	}
	return key, checkPrivateDER(body, key.PKCS8())
}

func parseEC(body []byte, info pkcs8) (*PrivateKey, error) {
	t, err := curveOf(whatPrivate, info.Algorithm)
	if err != nil {
		return nil, err
	}
	var inner sec1
	rest, err := asn1.Unmarshal(info.Key, &inner)
	if err != nil || len(rest) > 0 || inner.Version != 1 {
		return nil, malformed(whatPrivate, "der", "an ECPrivateKey of version 1 (RFC 5915)", "other DER inside the PKCS#8")
	}
	if inner.Curve != nil && !inner.Curve.Equal(t.info().oid) {
		return nil, malformed(whatPrivate, "curve", "one curve", "two different curves in one key")
	}
	key, err := newScalar(t, inner.Scalar)
	if err != nil {
		return nil, err
	}
	withPublic := inner.PublicKey.BitLength > 0
	if withPublic && !bytes.Equal(inner.PublicKey.RightAlign(), key.pub.point()) {
		return nil, malformed(whatPrivate, "mismatch", "the public key of this private key", "another public key inside it")
	}
	return key, checkPrivateDER(body, key.marshalEC(inner.Curve != nil, withPublic))
}

// newScalar makes a key of a scalar as long as the curve's order (RFC 5915, 3).
func newScalar(t KeyType, scalar []byte) (*PrivateKey, error) {
	if len(scalar) != t.size() {
		return nil, malformed(whatPrivate, "scalar", plural(t.size(), "byte"), "a scalar of %s", plural(len(scalar), "byte"))
	}
	if t == P256K {
		var k secp256k1.ModNScalar
		if k.SetByteSlice(scalar) || k.IsZero() {
			return nil, errScalar(t)
		}
		return NewPrivateKey(secp256k1.NewPrivateKey(&k))
	}
	key, err := ecdsa.ParseRawPrivateKey(t.info().curve, scalar)
	if err != nil {
		return nil, errScalar(t)
	}
	return NewPrivateKey(key)
}

func errScalar(t KeyType) error {
	return malformed(whatPrivate, "scalar", fmt.Sprintf("a number from 1 to the order of %s less one", t), "one outside")
}

// checkPrivateDER tells attributes from other departures from DER.
func checkPrivateDER(got, want []byte) error {
	if bytes.Equal(got, want) {
		return nil
	}
	var outer, element asn1.RawValue
	if _, err := asn1.Unmarshal(got, &outer); err == nil {
		rest := outer.Bytes
		for range 3 { // version, algorithm, key
			rest, _ = asn1.Unmarshal(rest, &element)
		}
		if len(rest) > 0 {
			return malformed(whatPrivate, "attributes", wantPKCS8+" without attributes", "%s of attributes", plural(len(rest), "byte"))
		}
	}
	return malformed(whatPrivate, "der", wantPKCS8, "another encoding of the key")
}

// identifyDER says what a structure is that is not the PKCS#8 it should be.
func identifyDER(der []byte) string {
	var outer asn1.RawValue
	if rest, err := asn1.Unmarshal(der, &outer); err != nil || len(rest) > 0 || outer.Tag != asn1.TagSequence || outer.Class != 0 {
		return "no DER structure"
	}
	var first, second asn1.RawValue
	rest, err := asn1.Unmarshal(outer.Bytes, &first)
	if err == nil {
		_, err = asn1.Unmarshal(rest, &second)
	}
	if err != nil {
		return "other DER"
	}
	switch [2]int{first.Tag, second.Tag} {
	case [2]int{asn1.TagInteger, asn1.TagInteger}:
		return "an RSAPrivateKey (PKCS#1) without PKCS#8 around it"
	case [2]int{asn1.TagInteger, asn1.TagOctetString}:
		return "an ECPrivateKey (SEC 1) without PKCS#8 around it"
	case [2]int{asn1.TagInteger, asn1.TagSequence}:
		return "damaged PKCS#8"
	case [2]int{asn1.TagSequence, asn1.TagOctetString}:
		return "PKCS#8 encrypted with a password"
	case [2]int{asn1.TagSequence, asn1.TagBitString}:
		return "a public key"
	default:
		return "other DER"
	}
}

// PKCS8 returns the key in PKCS#8; an EC key with its public key inside, as
// OpenSSL and NSS write it. It is nil for AES.
func (k *PrivateKey) PKCS8() []byte { return k.marshal(true) }

// pkcs8Bare is PKCS8 without the public key inside an EC key, as SoftHSM
// writes it.
func (k *PrivateKey) pkcs8Bare() []byte { return k.marshal(false) }

// Plaintext returns what is wrapped: the raw bytes of an AES key, else PKCS8.
func (k *PrivateKey) Plaintext() []byte {
	if k.aes != nil {
		return k.AES()
	}
	return k.PKCS8()
}

func (k *PrivateKey) marshal(withPublic bool) []byte {
	switch {
	case k.rsa != nil:
		return mustDER(pkcs8{0, algorithm{oidRSA, asn1.NullRawValue}, x509.MarshalPKCS1PrivateKey(k.rsa)})
	case k.aes != nil:
		return nil
	default:
		return k.marshalEC(false, withPublic)
	}
}

func (k *PrivateKey) marshalEC(withCurve, withPublic bool) []byte {
	inner := sec1{Version: 1, Scalar: k.scalar()}
	if withCurve {
		inner.Curve = k.typ.info().oid
	}
	if withPublic {
		point := k.pub.point()
		inner.PublicKey = asn1.BitString{Bytes: point, BitLength: 8 * len(point)}
	}
	return mustDER(pkcs8{0, ecAlgorithm(k.typ), mustDER(inner)})
}

func (k *PrivateKey) scalar() []byte {
	if k.k != nil {
		return k.k.Serialize()
	}
	b, err := k.ec.Bytes()
	if err != nil {
		panic("byok: internal error: " + err.Error())
	}
	return b
}

// point returns the uncompressed point: the end of the SubjectPublicKeyInfo.
func (p *PublicKey) point() []byte { return p.spki[len(p.spki)-1-2*p.typ.size():] }
