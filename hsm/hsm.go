// Package hsm says what a key ceremony asks of a hardware security module.
//
// A ceremony talks to one Token. It is opened by a driver (hsm/pkcs11), asked
// who it is, logged in to, probed with throw-away keys, and only then trusted
// with the target key. Keys are named by their CKA_ID, which the ceremony
// records before the act: there are no handles and no attribute arrays here.
package hsm

import (
	"context"
	"time"

	"github.com/keyceremony/ceremony/byok"
)

// A Token is one partition, slot or card of an HSM with an open session.
//
// Every method may block as long as its context allows; a person may have to
// touch a PIN pad meanwhile. Errors are *Error, or wrap one of the sentinel
// errors of this package.
type Token interface {
	// Info tells who the token is. It needs no login.
	Info(ctx context.Context) (Info, error)

	// Login unlocks the token for the crypto officer. A nil PIN asks for
	// the token's own PIN pad (protected authentication path). It makes one
	// try and never a second, and refuses a token that has one try left
	// with ErrFinalTry unless insist is set.
	Login(ctx context.Context, pin []byte, insist bool) error

	// Logout ends the login; session objects are gone afterwards.
	Logout(ctx context.Context) error

	// Probe wraps one throw-away key of each type under a throw-away KEK of
	// kekBits whose private half this process holds, unwraps it and compares.
	// The way found is the way that Wrap uses afterwards. With trusted it also
	// tries to wrap a throw-away key that only a trusted KEK may carry, which
	// the token must refuse.
	Probe(ctx context.Context, kekBits int, types []byok.KeyType, trusted bool) (Capability, error)

	// Generate makes a key as a token object: SENSITIVE, PRIVATE and
	// EXTRACTABLE, under an id and a label that must both be unused
	// (ErrLabelInUse), and reads it back.
	Generate(ctx context.Context, r Request) (Key, error)

	// Find lists the private and secret keys that match the query; none is
	// not an error.
	Find(ctx context.Context, q Query) ([]Key, error)

	// LoadKEK makes the KEK's public half a session object that may only
	// wrap, and returns its modulus and exponent as read back. A KEK that the
	// security officer has marked as trusted (Trust) is used where it is.
	LoadKEK(ctx context.Context, kek *byok.KEK) (*byok.KEK, error)

	// Trust logs the security officer in, makes the KEK's public half a token
	// object with CKA_TRUSTED, and logs out again. Where the token wraps in two
	// steps it also makes the wrapping key between them: trusted too, and itself
	// to be wrapped by a trusted KEK alone. What is there already is left. LoadKEK
	// and Wrap use them, and Clean destroys them. Nobody else may be logged in;
	// PIN and insist are as with Login.
	Trust(ctx context.Context, pin []byte, kek *byok.KEK, insist bool) error

	// Trusted reads back what Trust has made for this KEK. It needs no login.
	Trusted(ctx context.Context, kek *byok.KEK) (Trusted, error)

	// Wrap wraps the key with this id under the loaded KEK in the way that
	// Probe found, and returns the ciphertext of the key transfer blob:
	// RSA-OAEP of the AES key, then AES-KWP of the target key. It refuses
	// with ErrNotProbed, ErrNoKEK, ErrNoKey, ErrNotExtractable or
	// ErrWrapWithTrusted before it asks the token.
	Wrap(ctx context.Context, id []byte) ([]byte, error)

	// Sign signs a digest with the key: RSA as RSASSA-PKCS1-v1_5 over hash,
	// EC as r‖s, each padded to the size of the curve's order.
	Sign(ctx context.Context, id []byte, hash Hash, digest []byte) ([]byte, error)

	// Decrypt decrypts an RSA-OAEP (SHA-1, empty label) ciphertext.
	Decrypt(ctx context.Context, id, ciphertext []byte) ([]byte, error)

	// Encrypt encrypts with an AES key; see Mode for the sizes.
	Encrypt(ctx context.Context, id []byte, mode Mode, iv, plaintext []byte) ([]byte, error)

	// Settle does to a target key after its wrap what the plan says, and
	// reads it back: a destroyed key comes back with only its id.
	Settle(ctx context.Context, id []byte, fate Fate) (Key, error)

	// Clean destroys every session object this Token made and reports what
	// it destroyed and what is left.
	Clean(ctx context.Context) (Cleaned, error)

	// Close ends the session and the process that holds the module.
	Close() error
}

// Info is what a token says of itself.
type Info struct {
	Label         string      `json:"label"`
	Serial        string      `json:"serial"`
	Manufacturer  string      `json:"manufacturer"`
	Model         string      `json:"model"`
	Firmware      string      `json:"firmware"`
	Hardware      string      `json:"hardware"`
	Library       string      `json:"library"` // manufacturer, description and version of the module
	Clock         string      `json:"clock"`   // utcTime, "" if the token has no clock
	ProtectedPath bool        `json:"protected_path"`
	PIN           PINState    `json:"pin"`    // the crypto officer's
	SOPIN         PINState    `json:"so_pin"` // the security officer's
	Mechanisms    []Mechanism `json:"mechanisms"`
}

// A Mechanism is one entry of a token's mechanism list.
type Mechanism struct {
	Number uint   `json:"number"`
	Name   string `json:"name"`
	Wrap   bool   `json:"wrap"`
	Min    uint   `json:"min"`
	Max    uint   `json:"max"`
}

// PINState says how many wrong tries a PIN has behind it, as far as the token
// tells.
type PINState string

// The states of a PIN, from the token's flags (PKCS #11 v2.40, 3.2 CK_TOKEN_INFO).
const (
	PINFresh    PINState = "no wrong try recorded"
	PINCountLow PINState = "a wrong PIN was entered since the last login"
	PINFinalTry PINState = "one try left"
	PINLocked   PINState = "locked"
	PINUnset    PINState = "not initialised"
)

// A Request asks for a new key.
type Request struct {
	Type    byok.KeyType `json:"type"`
	Label   string       `json:"label"`
	ID      []byte       `json:"id"`      // CKA_ID: 16 bytes, recorded before the act
	Trusted bool         `json:"trusted"` // CKA_WRAP_WITH_TRUSTED
}

// A Query selects keys; empty members match all.
type Query struct {
	ID    []byte `json:"id,omitempty"`
	Label string `json:"label,omitempty"`
}

// A Key is a private or secret key on the token, with its attributes as read
// back. Tri-state attributes that the token does not know are nil.
type Key struct {
	ID               []byte          `json:"id"`
	Label            string          `json:"label"`
	Type             byok.KeyType    `json:"type"`
	Public           *byok.PublicKey `json:"public,omitempty"` // nil for AES
	Extractable      *bool           `json:"extractable"`
	Sensitive        *bool           `json:"sensitive"`
	Local            *bool           `json:"local"`
	AlwaysSensitive  *bool           `json:"always_sensitive"`
	NeverExtractable *bool           `json:"never_extractable"`
	WrapWithTrusted  *bool           `json:"wrap_with_trusted"`
	KCV              string          `json:"kcv,omitempty"` // AES: first 3 bytes of CMAC over one zero block, hex
}

// A Capability is the verdict of a probe.
type Capability struct {
	Way   Way          `json:"way"` // "" if no way wraps every type
	Types []TypeResult `json:"types"`
	Tried []Attempt    `json:"tried"` // every way tried, in order, with what came of it
	// Untrusted is what the token did when it was asked to wrap, under a KEK
	// that nobody trusts, a key that forbids that. Nil if it was not asked.
	Untrusted *Refusal `json:"untrusted,omitempty"`
}

// A Refusal is what came of an act that a token must refuse.
type Refusal struct {
	OK    bool   `json:"ok"`    // it refused
	Found string `json:"found"` // its return code, or what it did instead
}

// Trusted is what the security officer has made for a KEK, as read back.
type Trusted struct {
	KEK          *byok.KEK `json:"kek,omitempty"` // of the first; nil if there is none
	KEKs         int       `json:"keks"`          // token objects with this KEK's modulus and CKA_TRUSTED
	TwoSteps     bool      `json:"two_steps"`     // the token needs a wrapping key too
	WrappingKeys int       `json:"wrapping_keys"` // with CKA_TRUSTED and CKA_WRAP_WITH_TRUSTED, for this KEK
}

// Ready reports whether exactly what Wrap needs is there.
func (t Trusted) Ready() bool {
	return t.KEKs == 1 && t.KEK != nil && (!t.TwoSteps || t.WrappingKeys == 1)
}

// TypeResult is the probe's verdict on one key type.
type TypeResult struct {
	Type      byok.KeyType `json:"type"`
	Generated bool         `json:"generated"` // the token makes such keys
	OK        bool         `json:"ok"`        // and wraps them as Azure needs it
	// TrailingZeros counts zero bytes that the token left behind the
	// wrapped PKCS#8; more than 0 may be refused by the vault.
	TrailingZeros int    `json:"trailing_zeros"`
	Problem       string `json:"problem,omitempty"` // what was wrong, and what to change
}

// An Attempt is one way of wrapping that the probe tried.
type Attempt struct {
	Way    Way    `json:"way"`
	Result string `json:"result"`
}

// A Way names how a token makes the ciphertext: one mechanism or two steps,
// by mechanism name, as "CKM_RSA_AES_KEY_WRAP" or
// "CKM_RSA_PKCS_OAEP + CKM_AES_KEY_WRAP_PAD (0x210A)".
type Way string

// Hash names the digest algorithm of a signature.
type Hash string

// The hashes that a vault signs with.
const (
	SHA256 Hash = "SHA-256"
	SHA384 Hash = "SHA-384"
	SHA512 Hash = "SHA-512"
)

// Mode is how Encrypt uses an AES key.
type Mode string

// The modes of a challenge.
const (
	CBC Mode = "CBC" // 16-byte IV, plaintext a multiple of 16 bytes, no padding
	KW  Mode = "KW"  // RFC 3394 with its default IV, plaintext a multiple of 8 bytes
)

// Fate is what target.close does to a key.
type Fate string

// The fates of a target key.
const (
	FateUnextractable Fate = "unextractable"
	FateKeep          Fate = "keep"
	FateDestroy       Fate = "destroy"
)

// Cleaned reports on the session objects of a token.
type Cleaned struct {
	Destroyed []string `json:"destroyed"` // what each object was, as "KEK", "wrapping key"
	Left      int      `json:"left"`      // session objects still there
	Trusted   int      `json:"trusted"`   // what Trust made and is still there
}

// Progress tells a person what a long operation awaits. It may be called from
// another goroutine than the operation's, but not after its end.
type Progress func(what string, elapsed time.Duration)
