package attest

import (
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/keyvault"
)

// maxFile bounds the JSON file, in bytes; a real one has 12 KB.
const maxFile = 256 << 10

const wantJSON = "the JSON of a Managed HSM's attestation"

// A File is the JSON file of an attestation. All but the attestation is signed
// by nobody.
type File struct {
	Attestation *keyvault.Attestation // nil: a key that the vault attests nothing of
	KID         string                // "" where the file has the attestation alone
	Kty         string
	Ops         []string
	N, E        *big.Int // nil where the file has none
}

// The members of the service's answer ("Key Bundle", API 7.6). Others are
// refused: a member that nobody reads may be one that was misspelt.
type bundle struct {
	Attributes *attributes       `json:"attributes"`
	Key        *webKey           `json:"key"`
	Tags       map[string]string `json:"tags"`
	Managed    *bool             `json:"managed"`
	Release    *struct {
		ContentType string `json:"contentType"`
		Data        string `json:"data"`
		Immutable   *bool  `json:"immutable"`
	} `json:"release_policy"`
}

type attributes struct {
	Attestation     *attestation `json:"attestation"`
	Enabled         *bool        `json:"enabled"`
	Exportable      *bool        `json:"exportable"`
	NotBefore       *int64       `json:"nbf"`
	Expires         *int64       `json:"exp"`
	Created         *int64       `json:"created"`
	Updated         *int64       `json:"updated"`
	RecoverableDays *int64       `json:"recoverableDays"`
	RecoveryLevel   string       `json:"recoveryLevel"`
	HSMPlatform     string       `json:"hsmPlatform"`
}

type attestation struct {
	Certificates bytes64 `json:"certificatePemFile"`
	Private      bytes64 `json:"privateKeyAttestation"`
	Public       bytes64 `json:"publicKeyAttestation,omitempty"`
	Version      string  `json:"version"`
}

type webKey struct {
	KID string   `json:"kid"`
	Kty string   `json:"kty"`
	Ops []string `json:"key_ops"`
	N   bytes64  `json:"n,omitempty"`
	E   bytes64  `json:"e,omitempty"`
	Crv string   `json:"crv,omitempty"`
	X   bytes64  `json:"x,omitempty"`
	Y   bytes64  `json:"y,omitempty"`
}

// bytes64 is base64url as the service writes it, or base64 as tools do; in one
// alphabet, with all padding or none, and no spare bits.
type bytes64 []byte

func (b bytes64) MarshalText() ([]byte, error) {
	return []byte(base64.RawURLEncoding.EncodeToString(b)), nil
}

func (b *bytes64) UnmarshalText(text []byte) (err error) {
	s := string(text)
	trimmed := strings.TrimRight(s, "=")
	encoding := base64.RawURLEncoding
	if strings.ContainsAny(s, "+/") {
		encoding = base64.RawStdEncoding
	}
	if pad := len(s) - len(trimmed); pad > 2 || pad > 0 && len(s)%4 != 0 || strings.ContainsAny(s, "\r\n") {
		return errors.New("base64 with wrong padding or line breaks")
	}
	if *b, err = encoding.Strict().DecodeString(trimmed); err != nil {
		return errors.New("neither base64url nor base64")
	}
	return nil
}

// recoveryLevels are all that there are (REST API, DeletionRecoveryLevel).
var recoveryLevels = map[string]bool{
	"": true, "Purgeable": true, "Recoverable+Purgeable": true, "Recoverable": true, "Recoverable+ProtectedSubscription": true,
	"CustomizedRecoverable+Purgeable": true, "CustomizedRecoverable": true, "CustomizedRecoverable+ProtectedSubscription": true,
}

// Parse reads the JSON of an attestation: the whole answer of the service, or
// the object "attestation" of it alone, which tools cut out.
func Parse(file []byte) (File, error) {
	if len(file) > maxFile {
		return File{}, fmt.Errorf("%d bytes, wanted %d at most", len(file), maxFile)
	}
	var only attestation
	if strict(file, &only) == nil && len(only.Private) > 0 {
		return File{Attestation: only.taken()}, nil
	}
	var b bundle
	if err := strict(file, &b); err != nil {
		return File{}, err
	}
	if b.Attributes == nil || b.Key == nil || !recoveryLevels[b.Attributes.RecoveryLevel] {
		return File{}, errors.New("no key with its attributes")
	}
	f := File{KID: b.Key.KID, Kty: b.Key.Kty, Ops: b.Key.Ops}
	if len(b.Key.N) > 0 {
		f.N, f.E = new(big.Int).SetBytes(b.Key.N), new(big.Int).SetBytes(b.Key.E)
	}
	if a := b.Attributes.Attestation; a != nil {
		f.Attestation = a.taken()
	}
	return f, nil
}

func (a *attestation) taken() *keyvault.Attestation {
	return &keyvault.Attestation{Version: a.Version, Certificates: a.Certificates, Private: a.Private, Public: a.Public}
}

// strict refuses members that are unknown or there twice. The error names the
// place and nothing of the contents.
func strict(file []byte, v any) error {
	err := json.Unmarshal(file, v, json.RejectUnknownMembers(true))
	var semantic *json.SemanticError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &semantic):
		return fmt.Errorf("JSON with an unexpected member or value at %s", shown(string(semantic.JSONPointer)))
	}
	var syntactic *jsontext.SyntacticError
	if errors.As(err, &syntactic) {
		return fmt.Errorf("no strict JSON from byte %d on", syntactic.ByteOffset)
	}
	return errors.New("no JSON")
}

// Encode writes the file of an attestation in the service's form, so that the
// tools of others read it too.
func Encode(k keyvault.Key, a keyvault.Attestation) ([]byte, error) {
	b := struct {
		Attributes struct {
			Attestation attestation `json:"attestation"`
		} `json:"attributes"`
		Key webKey `json:"key"`
	}{Key: webKey{KID: k.KID, Kty: k.Kty, Ops: k.Ops}}
	b.Attributes.Attestation = attestation{a.Certificates, a.Private, a.Public, a.Version}
	if kek := publicRSA(k.Public); kek != nil {
		b.Key.N, b.Key.E = kek.N.Bytes(), big.NewInt(int64(kek.E)).Bytes()
	}
	out, err := json.Marshal(b, jsontext.WithIndent("  "))
	if err != nil {
		return nil, fmt.Errorf("attestation of %s: %w", k.KID, err)
	}
	return append(out, '\n'), nil
}

// file compares what the file says beside the attestation with what the HSM
// signed. It proves nothing of the key, but a file that contradicts itself was
// changed. Of the kid, name and host are compared with Want alone: the
// attestation has no host, and published recordings have other names.
func (v *verifier) file(private object) {
	const wanted = "the key beside the attestation is the attested one"
	f := v.beside
	if f == nil {
		return
	}
	if f.KID == "" {
		v.skip(CheckBeside, wanted, "the file has the attestation alone")
		v.note()
		return
	}
	_, version := private.identifier()
	kid, err := byok.ParseKID(f.KID)
	var differ []string
	for _, c := range []struct {
		ok   bool
		name string
	}{
		{err == nil && kid.Version == version && (v.want.KID == "" || v.want.KID == f.KID), "kid"},
		{f.Kty == wantKty(private), "kty"},
		{f.N == nil || f.N.Cmp(new(big.Int).SetBytes(private[ckaModulus])) == 0, "n"},
		{f.N == nil || f.E.Cmp(new(big.Int).SetBytes(private[ckaExponent])) == 0, "e"},
		{f.N != nil || !private.is(classPrivate) || f.Kty != "RSA-HSM", "n (missing)"},
		{knownOps(f.Ops), "key_ops"},
	} {
		if !c.ok {
			differ = append(differ, c.name)
		}
	}
	found := "kid, kty, n, e and key_ops agree"
	if len(differ) > 0 {
		found = "differs in " + strings.Join(differ, ", ")
	}
	v.check(CheckBeside, len(differ) == 0, found, wanted, "The file contradicts itself: it was changed, or put together from two. Fetch it again.")
}

func wantKty(private object) string {
	kind, _ := private.number(ckaKeyType)
	switch {
	case private.is(classSecret):
		return "oct-HSM"
	case kind == typeRSA:
		return "RSA-HSM"
	}
	return keyTypes[kind] + "-HSM"
}

var operations = []string{"encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"}

// knownOps refuses operations that do not exist or are there twice, and a KEK
// that may do more than import.
func knownOps(ops []string) bool {
	if slices.Equal(ops, []string{"import"}) {
		return true
	}
	for i, op := range ops {
		if !slices.Contains(operations, op) || slices.Contains(ops[:i], op) {
			return false
		}
	}
	return true
}

func publicRSA(p *byok.PublicKey) *rsa.PublicKey {
	if p == nil {
		return nil
	}
	key, _ := p.Crypto().(*rsa.PublicKey)
	return key
}
