// Package byok is being filled in.
package byok

import (
	"crypto"
	"crypto/rsa"
	"errors"
	"io"
	"math/big"

	"github.com/keyceremony/ceremony/digest"
)

type KeyType string

const (
	RSA2048 KeyType = "RSA-2048"
	RSA3072 KeyType = "RSA-3072"
	RSA4096 KeyType = "RSA-4096"
	P256    KeyType = "P-256"
	P384    KeyType = "P-384"
	P521    KeyType = "P-521"
	P256K   KeyType = "P-256K"
	AES128  KeyType = "AES-128"
	AES192  KeyType = "AES-192"
	AES256  KeyType = "AES-256"
)

type Kind string

const (
	KindRSA Kind = "RSA"
	KindEC  Kind = "EC"
	KindAES Kind = "AES"
)

func ParseKeyType(s string) (KeyType, error) { return "", errors.New("stub") }
func KeyTypes() []KeyType                    { return nil }
func (t KeyType) Kind() Kind                 { return "" }
func (t KeyType) Bits() int                  { return 0 }
func (t KeyType) Kty() string                { return "" }
func (t KeyType) Crv() string                { return "" }

type KEK struct{}

func ParseKEK(file []byte) (*KEK, error)       { return nil, errors.New("stub") }
func NewKEK(pub *rsa.PublicKey) (*KEK, error)  { return nil, errors.New("stub") }
func (k *KEK) RSA() *rsa.PublicKey             { return nil }
func (k *KEK) Bits() int                       { return 0 }
func (k *KEK) PEM() []byte                     { return nil }
func (k *KEK) SPKI() []byte                    { return nil }
func (k *KEK) SHA256() digest.SHA256           { return digest.SHA256{} }
func (k *KEK) Equal(o *KEK) bool               { return false }
func (k *KEK) MarshalText() ([]byte, error)    { return nil, errors.New("stub") }
func (k *KEK) UnmarshalText(text []byte) error { return errors.New("stub") }

type PublicKey struct{}

func NewRSAPublicKey(n *big.Int, e int) (*PublicKey, error)       { return nil, errors.New("stub") }
func NewECPublicKey(t KeyType, x, y *big.Int) (*PublicKey, error) { return nil, errors.New("stub") }
func ParsePublicKey(file []byte) (*PublicKey, error)              { return nil, errors.New("stub") }
func ParseSPKI(der []byte) (*PublicKey, error)                    { return nil, errors.New("stub") }
func (p *PublicKey) Type() KeyType                                { return "" }
func (p *PublicKey) SPKI() []byte                                 { return nil }
func (p *PublicKey) PEM() []byte                                  { return nil }
func (p *PublicKey) SHA256() digest.SHA256                        { return digest.SHA256{} }
func (p *PublicKey) Equal(o *PublicKey) bool                      { return false }
func (p *PublicKey) Crypto() crypto.PublicKey                     { return nil }
func (p *PublicKey) Verify(hash string, sum, sig []byte) error    { return errors.New("stub") }
func (p *PublicKey) EncryptOAEP(rand io.Reader, hash crypto.Hash, msg []byte) ([]byte, error) {
	return nil, errors.New("stub")
}
func (p *PublicKey) MarshalText() ([]byte, error)    { return nil, errors.New("stub") }
func (p *PublicKey) UnmarshalText(text []byte) error { return errors.New("stub") }

type PrivateKey struct{}

func GenerateKey(rand io.Reader, t KeyType) (*PrivateKey, error) { return nil, errors.New("stub") }
func NewAESKey(raw []byte) (*PrivateKey, error)                  { return nil, errors.New("stub") }
func NewPrivateKey(key crypto.PrivateKey) (*PrivateKey, error)   { return nil, errors.New("stub") }
func ParsePKCS8(der []byte) (k *PrivateKey, trailingZeros int, err error) {
	return nil, 0, errors.New("stub")
}
func ParsePlaintext(kind Kind, b []byte) (k *PrivateKey, zeros int, err error) {
	return nil, 0, errors.New("stub")
}
func (k *PrivateKey) Type() KeyType                                { return "" }
func (k *PrivateKey) Public() *PublicKey                           { return nil } // nil for AES
func (k *PrivateKey) Crypto() crypto.PrivateKey                    { return nil }
func (k *PrivateKey) AES() []byte                                  { return nil } // nil unless AES
func (k *PrivateKey) Sign(hash string, sum []byte) ([]byte, error) { return nil, errors.New("stub") }
func (k *PrivateKey) DecryptOAEP(hash crypto.Hash, ciphertext []byte) ([]byte, error) {
	return nil, errors.New("stub")
}
func (k *PrivateKey) PKCS8() []byte     { return nil } // EC with the public key inside
func (k *PrivateKey) PKCS8Bare() []byte { return nil } // EC without
func (k *PrivateKey) Plaintext() []byte { return nil } // what is wrapped: PKCS8, or raw AES bytes

type Blob struct {
	KID        string
	Ciphertext []byte
	Generator  string
}

type Severity string

const (
	SeverityNote Severity = "note"
	SeverityStop Severity = "stop"
)

// Finding is the result of one check. A check that could not run has
// NotChecked set and OK clear.
type Finding struct {
	Check      string
	Severity   Severity
	OK         bool
	NotChecked bool
	Found      string
	Wanted     string
	Meaning    string
}

type Expect struct {
	KID       string
	VaultHost string
	KEKBits   int
	Type      KeyType
}

func (b Blob) Encode() ([]byte, error)                      { return nil, errors.New("stub") }
func Decode(file []byte) (Blob, []Finding, error)           { return Blob{}, nil, errors.New("stub") }
func Lint(file []byte, e Expect) []Finding                  { return nil }
func Holds(findings []Finding) bool                         { return false } // no check with SeverityStop fails
func CiphertextLengths(t KeyType, kekBits int) (lo, hi int) { return 0, 0 }

var ErrUnwrap = errors.New("the ciphertext does not unwrap")

func Wrap(rand io.Reader, kek *KEK, hash crypto.Hash, plaintext []byte) ([]byte, error) {
	return nil, errors.New("stub")
}
func Unwrap(kek *rsa.PrivateKey, hash crypto.Hash, ciphertext []byte) ([]byte, error) {
	return nil, errors.New("stub")
}
func WrapKWP(kek, plaintext []byte) ([]byte, error) { return nil, errors.New("stub") }
func UnwrapKWP(kek, wrapped []byte) ([]byte, error) { return nil, errors.New("stub") }
func WrapKW(kek, plaintext []byte) ([]byte, error)  { return nil, errors.New("stub") }
func UnwrapKW(kek, wrapped []byte) ([]byte, error)  { return nil, errors.New("stub") }
func CMAC(key, msg []byte) ([16]byte, error)        { return [16]byte{}, errors.New("stub") }

type KID struct{ Host, Name, Version string }

func ParseKID(s string) (KID, error) { return KID{}, errors.New("stub") }
func (k KID) String() string         { return "" }

// FormatError says what is wrong with a file or a field.
type FormatError struct{ What, Code, Found, Wanted string }

func (e *FormatError) Error() string { return e.What + ": found " + e.Found + ", wanted " + e.Wanted }
