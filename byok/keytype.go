package byok

import (
	"crypto/elliptic"
	"encoding/asn1"
	"slices"
)

// KeyType is the type and size of a target key.
type KeyType string

// The target keys that Azure imports. AES keys go to a Managed HSM.
const (
	RSA2048 KeyType = "RSA-2048"
	RSA3072 KeyType = "RSA-3072"
	RSA4096 KeyType = "RSA-4096"
	P256    KeyType = "P-256"
	P384    KeyType = "P-384"
	P521    KeyType = "P-521"
	P256K   KeyType = "P-256K" // secp256k1
	AES128  KeyType = "AES-128"
	AES192  KeyType = "AES-192"
	AES256  KeyType = "AES-256"
)

// Kind is the family of a KeyType.
type Kind string

// The families of target keys.
const (
	KindRSA Kind = "RSA"
	KindEC  Kind = "EC"
	KindAES Kind = "AES"
)

// typeInfo is what differs between key types.
type typeInfo struct {
	typ   KeyType
	kind  Kind
	bits  int
	oid   asn1.ObjectIdentifier // of the curve
	curve elliptic.Curve        // nil for P-256K, which the standard library lacks
}

// The curves' names are in RFC 5480, 2.1.1.1 and SEC 2, A.2.
var types = []typeInfo{
	{typ: RSA2048, kind: KindRSA, bits: 2048},
	{typ: RSA3072, kind: KindRSA, bits: 3072},
	{typ: RSA4096, kind: KindRSA, bits: 4096},
	{P256, KindEC, 256, asn1.ObjectIdentifier{1, 2, 840, 10045, 3, 1, 7}, elliptic.P256()},
	{P384, KindEC, 384, asn1.ObjectIdentifier{1, 3, 132, 0, 34}, elliptic.P384()},
	{P521, KindEC, 521, asn1.ObjectIdentifier{1, 3, 132, 0, 35}, elliptic.P521()},
	{P256K, KindEC, 256, asn1.ObjectIdentifier{1, 3, 132, 0, 10}, nil},
	{typ: AES128, kind: KindAES, bits: 128},
	{typ: AES192, kind: KindAES, bits: 192},
	{typ: AES256, kind: KindAES, bits: 256},
}

// info returns the row of t, or an empty one.
func (t KeyType) info() typeInfo {
	i := slices.IndexFunc(types, func(row typeInfo) bool { return row.typ == t })
	if i < 0 {
		return typeInfo{}
	}
	return types[i]
}

// ParseKeyType reads the name of a key type, in exactly the spelling of the
// constants.
func ParseKeyType(s string) (KeyType, error) {
	if KeyType(s).info().typ == "" {
		return "", malformed("key type", "type", "one of "+typeNames(), "%s", shown(s))
	}
	return KeyType(s), nil
}

// KeyTypes lists all key types.
func KeyTypes() []KeyType {
	list := make([]KeyType, len(types))
	for i, row := range types {
		list[i] = row.typ
	}
	return list
}

// Kind returns the family of t, "" if t is no key type.
func (t KeyType) Kind() Kind { return t.info().kind }

// Bits returns the size of modulus, field or key in bits.
func (t KeyType) Bits() int { return t.info().bits }

// Kty returns the JSON Web Key type of an HSM key of this type: "RSA-HSM",
// "EC-HSM" or "oct-HSM".
func (t KeyType) Kty() string {
	switch t.Kind() {
	case KindRSA:
		return "RSA-HSM"
	case KindEC:
		return "EC-HSM"
	case KindAES:
		return "oct-HSM"
	default:
		return ""
	}
}

// Crv returns the JSON Web Key curve, "" unless t is an EC type.
func (t KeyType) Crv() string {
	if t.Kind() != KindEC {
		return ""
	}
	return string(t)
}

// size returns the length of a field element of t's curve in bytes.
func (t KeyType) size() int { return (t.Bits() + 7) / 8 }

// typeOf returns the key type of a kind and size, "" if there is none.
func typeOf(kind Kind, bits int) KeyType {
	for _, row := range types {
		if row.kind == kind && row.bits == bits {
			return row.typ
		}
	}
	return ""
}

// typeOfCurve returns the key type of a named curve, "" if there is none.
func typeOfCurve(oid asn1.ObjectIdentifier) KeyType {
	for _, row := range types {
		if row.oid.Equal(oid) && row.oid != nil {
			return row.typ
		}
	}
	return ""
}

func typeNames() string {
	var s string
	for i, row := range types {
		if i > 0 {
			s += ", "
		}
		s += string(row.typ)
	}
	return s
}
