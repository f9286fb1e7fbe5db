package rehearsal

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"strings"

	"github.com/keyceremony/ceremony/byok"
)

// data is a byte string in JSON: base64url without padding, as the SDKs write
// it; standard base64 and padding are read too, because the BYOK
// specification says "Base64" and vendors' tools follow it.
type data []byte

func (d data) MarshalJSON() ([]byte, error) { return json.Marshal(b64.EncodeToString(d)) }

func (d *data) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	s = strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(s), "=")
	raw, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return errors.New("not base64url")
	}
	*d = raw
	return nil
}

// webKey is a JSON Web Key as the service reads and writes it.
type webKey struct {
	KID string   `json:"kid,omitempty"`
	Kty string   `json:"kty"`
	Ops []string `json:"key_ops,omitempty"`
	Crv string   `json:"crv,omitempty"`
	N   data     `json:"n,omitempty"`
	E   data     `json:"e,omitempty"`
	X   data     `json:"x,omitempty"`
	Y   data     `json:"y,omitempty"`
	K   data     `json:"k,omitempty"`
	D   data     `json:"d,omitempty"`
	T   data     `json:"key_hsm,omitempty"`
}

type attributes struct {
	Enabled         *bool  `json:"enabled,omitempty"`
	NotBefore       int64  `json:"nbf,omitempty"`
	Expires         int64  `json:"exp,omitempty"`
	Created         int64  `json:"created,omitempty"`
	Updated         int64  `json:"updated,omitempty"`
	Exportable      *bool  `json:"exportable,omitempty"`
	RecoveryLevel   string `json:"recoveryLevel,omitempty"`
	RecoverableDays int    `json:"recoverableDays,omitempty"`
	HSMPlatform     string `json:"hsmPlatform,omitempty"`

	Attestation *attestation `json:"attestation,omitempty"`
}

type attestation struct {
	Certificates data   `json:"certificatePemFile"`
	Private      data   `json:"privateKeyAttestation"`
	Public       data   `json:"publicKeyAttestation,omitempty"`
	Version      string `json:"version"`
}

type bundle struct {
	Key        *webKey           `json:"key,omitempty"`
	KID        string            `json:"kid,omitempty"` // of a line in a list
	Attributes attributes        `json:"attributes"`
	Tags       map[string]string `json:"tags,omitempty"`

	RecoveryID  string `json:"recoveryId,omitempty"`
	DeletedDate int64  `json:"deletedDate,omitempty"`
	PurgeDate   int64  `json:"scheduledPurgeDate,omitempty"`
}

// retention is how long a deleted key can be recovered, in days.
func (s *Server) retention() int {
	if s.id.ManagedHSM {
		return 7
	}
	return 90
}

func (s *Server) attributes(k Key) attributes {
	a := attributes{
		Enabled: &k.Enabled, NotBefore: k.NotBefore, Expires: k.Expires,
		Created: k.Created, Updated: k.Updated, Exportable: &k.Exportable,
		RecoverableDays: s.retention(),
	}
	if s.id.ManagedHSM {
		a.RecoveryLevel = "CustomizedRecoverable"
	} else {
		a.RecoveryLevel = "Recoverable"
		a.HSMPlatform = "2"
	}
	if !s.opts.PurgeProtection {
		a.RecoveryLevel += "+Purgeable"
	}
	return a
}

func (s *Server) kid(k Key) string { return s.URL() + "/keys/" + k.Name + "/" + k.Version }

// bundle shows a key. Managed HSM does not keep the order of key_ops, and
// both services show the exponent of an imported RSA key with a leading zero.
func (s *Server) bundle(k Key) (*bundle, error) {
	w := &webKey{KID: s.kid(k), Kty: k.Kty, Ops: k.Ops, Crv: k.Crv}
	if n := len(k.Ops); s.id.ManagedHSM && n > 1 {
		turn := int(k.Version[0]) % n
		w.Ops = append(append([]string{}, k.Ops[turn:]...), k.Ops[:turn]...)
	}
	if len(k.Public) > 0 {
		if err := w.setPublic(k.Public, k.Imported); err != nil {
			return nil, err
		}
	}
	return &bundle{Key: w, Attributes: s.attributes(k), Tags: k.Tags}, nil
}

// setPublic fills in the members of the public key.
func (w *webKey) setPublic(spki []byte, imported bool) error {
	pub, err := byok.ParseSPKI(spki)
	if err != nil {
		return err
	}
	if k, ok := pub.Crypto().(*rsa.PublicKey); ok {
		w.N, w.E = k.N.Bytes(), big.NewInt(int64(k.E)).Bytes()
		if imported {
			w.E = append(data{0}, w.E...)
		}
		return nil
	}
	size := (pub.Type().Bits() + 7) / 8
	point := spki[len(spki)-2*size:] // the SPKI ends with 04 ‖ x ‖ y (SEC 1, 2.3.3)
	w.X, w.Y = point[:size], point[size:]
	return nil
}
