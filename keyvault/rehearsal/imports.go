package rehearsal

import (
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"slices"
	"strconv"
	"strings"

	"github.com/keyceremony/ceremony/byok"
)

// importRequest is the body of import.
type importRequest struct {
	Key        webKey            `json:"key"`
	Attributes attributes        `json:"attributes"`
	Tags       map[string]string `json:"tags"`
	Release    any               `json:"release_policy"`
}

// importKey unwraps a key transfer blob and stores the key as a new version.
// A key in plain text is refused: the service does so for EC-HSM and oct-HSM,
// and a ceremony never sends one.
func (s *Server) importKey(c *call) (any, error) {
	var req importRequest
	if err := c.read(&req); err != nil {
		return nil, err
	}
	j := req.Key
	if len(j.T) == 0 || len(j.D) > 0 || len(j.K) > 0 {
		return nil, badParameter("The property \"key\" must be a valid JsonWebKey object.")
	}
	if req.Release != nil || isTrue(req.Attributes.Exportable) {
		return nil, badParameter("The rehearsal vault has no exportable keys.")
	}
	k, err := s.newKey(c.name, j.Kty, j.Crv, j.Ops, req.Attributes, req.Tags)
	if err != nil {
		return nil, err
	}
	if slices.Contains(k.Ops, "import") {
		return nil, badParameter("Key operation \"import\" is for keys that the vault makes.")
	}
	if err := s.unwrapInto(c, &k, j.T); err != nil {
		return nil, err
	}
	return s.store(k)
}

// unwrapInto unwraps the blob, and fills in the material if it is what kty
// and crv say.
func (s *Server) unwrapInto(c *call, k *Key, blob []byte) error {
	plain, err := s.unwrap(blob)
	if err != nil {
		return err
	}
	key, zeros, err := byok.ParsePlaintext(kindOf(k.Kty), plain)
	if zeros > 0 && s.opts.Strict {
		return badParameter("The unwrapped key is followed by %d bytes that do not belong to it.", zeros)
	}
	if err != nil {
		return badParameter("The unwrapped key is not valid for kty %s.", k.Kty)
	}
	if t := key.Type(); t.Crv() != k.Crv {
		return badParameter("The unwrapped key is not on the curve of crv %s.", k.Crv)
	}
	if zeros > 0 {
		c.w.Header().Set(FindingHeader, "pkcs8.trailing-zeros="+strconv.Itoa(zeros))
	}
	k.Imported = true
	k.Private = key.Plaintext()
	if pub := key.Public(); pub != nil {
		k.Public = pub.SPKI()
	}
	return nil
}

func kindOf(kty string) byok.Kind {
	switch strings.TrimSuffix(kty, "-HSM") {
	case "RSA":
		return byok.KindRSA
	case "EC":
		return byok.KindEC
	}
	return byok.KindAES
}

// unwrap opens a key transfer blob with the KEK that its kid names.
func (s *Server) unwrap(file []byte) ([]byte, error) {
	blob, findings, err := byok.Decode(file)
	if err != nil || !byok.Holds(findings) {
		return nil, badParameter("The key transfer blob is not valid: it is not of the form of schema_version 1.0.0.")
	}
	kek, err := s.kek(blob.KID)
	if err != nil {
		return nil, err
	}
	plain, err := byok.Unwrap(kek, crypto.SHA1, blob.Ciphertext)
	if err != nil {
		return nil, badParameter("The key transfer blob cannot be unwrapped with the key encryption key that its kid names.")
	}
	return plain, nil
}

// kek finds the key that a blob names, and refuses one that may not import.
func (s *Server) kek(kid string) (*rsa.PrivateKey, error) {
	id, err := byok.ParseKID(kid)
	if err != nil || id.Version == "" {
		return nil, badParameter("The kid of the key transfer blob is not valid.")
	}
	if !strings.EqualFold(id.Host, s.host) {
		return nil, badParameter("The kid of the key transfer blob names a key of another vault.")
	}
	k, err := s.Get(id.Name, id.Version)
	if err != nil {
		return nil, badParameter("The key encryption key that the kid of the key transfer blob names was not found in this vault.")
	}
	if err := s.usable("import", k); err != nil {
		return nil, err
	}
	priv, err := x509.ParsePKCS8PrivateKey(k.Private)
	if err != nil {
		return nil, err
	}
	kek, ok := priv.(*rsa.PrivateKey)
	if !ok || k.Kty != "RSA-HSM" {
		return nil, badParameter("The key encryption key is not an RSA-HSM key.")
	}
	return kek, nil
}

// usable applies key_ops, enabled, nbf and exp. Outside the time window,
// decrypt, unwrapKey and verify still work (keys/about-keys-details); import
// we count among those that do not.
func (s *Server) usable(op string, k Key) error {
	now := s.opts.Now().Unix()
	past := slices.Contains([]string{"decrypt", "unwrapKey", "verify"}, op)
	switch {
	case !slices.Contains(k.Ops, op):
		return forbidden("KeyOperationForbidden", "Operation %s is not permitted on this key.", op)
	case !k.Enabled:
		return forbidden("KeyDisabled", "Operation %s is not allowed on a disabled key.", op)
	case !past && k.NotBefore > now:
		return forbidden("KeyNotYetValid", "Operation %s is not allowed on a key that is not yet valid.", op)
	case !past && k.Expires != 0 && k.Expires <= now:
		return forbidden("KeyExpired", "Operation %s is not allowed on an expired key.", op)
	}
	return nil
}
