package byok

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rsa"
	"encoding/asn1"
	"fmt"
	"math/big"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
)

// Object identifiers of RFC 3279, RFC 4055, RFC 5480 and RFC 8410.
var (
	oidRSA     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}
	oidOAEP    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 7}
	oidPSS     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}
	oidEC      = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	oidEd25519 = asn1.ObjectIdentifier{1, 3, 101, 112}
)

// algorithm is AlgorithmIdentifier (RFC 5280, 4.1.1.2).
type algorithm struct {
	OID    asn1.ObjectIdentifier
	Params asn1.RawValue `asn1:"optional"`
}

// spki is SubjectPublicKeyInfo (RFC 5280, 4.1).
type spki struct {
	Algorithm algorithm
	Key       asn1.BitString
}

// pkcs1Public is RSAPublicKey (RFC 8017, A.1.1).
type pkcs1Public struct{ N, E *big.Int }

// algorithmName says which algorithm an object identifier names.
func algorithmName(oid asn1.ObjectIdentifier) string {
	switch {
	case oid.Equal(oidRSA):
		return "an RSA key"
	case oid.Equal(oidOAEP):
		return "an RSA key restricted to OAEP (id-RSAES-OAEP)"
	case oid.Equal(oidPSS):
		return "an RSA key restricted to PSS (id-RSASSA-PSS)"
	case oid.Equal(oidEC):
		return "an EC key"
	case oid.Equal(oidEd25519):
		return "an Ed25519 key"
	default:
		return "a key with algorithm " + oid.String()
	}
}

// readSPKI reads the outer structure. Extra elements and encodings that are
// not minimal pass here and are found by comparing with the key's own
// encoding (checkDER).
func readSPKI(what string, der []byte) (spki, error) {
	var info spki
	rest, err := asn1.Unmarshal(der, &info)
	switch {
	case err != nil && looksPKCS1Public(der):
		return spki{}, malformed(what, "pkcs1", "a SubjectPublicKeyInfo", "an RSAPublicKey (PKCS#1)")
	case err != nil:
		return spki{}, malformed(what, "der", "a SubjectPublicKeyInfo in DER", "damaged or other DER")
	case len(rest) > 0:
		return spki{}, malformed(what, "trailing", "a SubjectPublicKeyInfo and nothing else", "%s after it", plural(len(rest), "byte"))
	default:
		return info, nil
	}
}

func looksPKCS1Public(der []byte) bool {
	var k pkcs1Public
	rest, err := asn1.Unmarshal(der, &k)
	return err == nil && len(rest) == 0
}

// checkDER refuses an encoding that differs from the one that DER allows.
func checkDER(what string, got, want []byte) error {
	if !bytes.Equal(got, want) {
		return malformed(what, "der", "the minimal DER of this key", "another encoding of it")
	}
	return nil
}

// readRSA reads the RSAPublicKey inside a SubjectPublicKeyInfo. Sizes are for
// the caller to judge.
func readRSA(what string, info spki) (pkcs1Public, error) {
	var k pkcs1Public
	rest, err := asn1.Unmarshal(info.Key.RightAlign(), &k)
	if err != nil || len(rest) > 0 {
		return k, malformed(what, "der", "an RSAPublicKey in DER", "damaged or other DER inside the key")
	}
	return k, nil
}

// marshalRSA returns the SubjectPublicKeyInfo of an RSA key (RFC 3279, 2.3.1).
func marshalRSA(pub *rsa.PublicKey) []byte {
	key := mustDER(pkcs1Public{pub.N, big.NewInt(int64(pub.E))})
	return mustDER(spki{algorithm{oidRSA, asn1.NullRawValue}, asn1.BitString{Bytes: key, BitLength: 8 * len(key)}})
}

// ecAlgorithm is the AlgorithmIdentifier of a named curve (RFC 5480, 2.1.1).
func ecAlgorithm(t KeyType) algorithm {
	return algorithm{oidEC, asn1.RawValue{FullBytes: mustDER(t.info().oid)}}
}

// marshalEC returns the SubjectPublicKeyInfo of an uncompressed point.
func marshalEC(t KeyType, point []byte) []byte {
	return mustDER(spki{ecAlgorithm(t), asn1.BitString{Bytes: point, BitLength: 8 * len(point)}})
}

// curveOf reads the named curve of an AlgorithmIdentifier.
func curveOf(what string, a algorithm) (KeyType, error) {
	const wanted = "a named curve P-256, P-384, P-521 or P-256K"
	var oid asn1.ObjectIdentifier
	if _, err := asn1.Unmarshal(a.Params.FullBytes, &oid); err != nil {
		return "", malformed(what, "curve", wanted, "no named curve")
	}
	t := typeOfCurve(oid)
	if t == "" {
		return "", malformed(what, "curve", wanted, "curve %s", oid)
	}
	return t, nil
}

// parsePoint reads an uncompressed point (SEC 1, 2.3.4) and checks that it is
// on the curve. One of the results is nil, by curve.
func parsePoint(what string, t KeyType, point []byte) (*ecdsa.PublicKey, *secp256k1.PublicKey, error) {
	if len(point) > 0 && (point[0] == 2 || point[0] == 3) {
		return nil, nil, malformed(what, "point", "an uncompressed point", "a compressed point")
	}
	if len(point) != 1+2*t.size() || point[0] != 4 {
		return nil, nil, malformed(what, "point", fmt.Sprintf("an uncompressed point of %d bytes", 1+2*t.size()),
			"%s", plural(len(point), "byte"))
	}
	off := malformed(what, "point", "a point on "+string(t), "one that is not on the curve")
	if t == P256K {
		k, err := secp256k1.ParsePubKey(point)
		if err != nil {
			return nil, nil, off
		}
		return nil, k, nil
	}
	k, err := ecdsa.ParseUncompressedPublicKey(t.info().curve, point)
	if err != nil {
		return nil, nil, off
	}
	return k, nil, nil
}

// mustDER marshals our own structures, which cannot fail.
func mustDER(v any) []byte {
	der, err := asn1.Marshal(v)
	if err != nil {
		panic("byok: internal error: " + err.Error())
	}
	return der
}
