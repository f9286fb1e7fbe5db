package rehearsal

import (
	"crypto/x509"
	"errors"
	"slices"
	"strings"

	"github.com/keyceremony/ceremony/byok"
)

// createRequest is the body of create.
type createRequest struct {
	Kty        string            `json:"kty"`
	Size       int               `json:"key_size"`
	Exponent   int               `json:"public_exponent"`
	Crv        string            `json:"crv"`
	Ops        []string          `json:"key_ops"`
	Attributes attributes        `json:"attributes"`
	Tags       map[string]string `json:"tags"`
	Release    any               `json:"release_policy"`
}

// createKey makes a key in the vault.
func (s *Server) createKey(c *call) (any, error) {
	var req createRequest
	if err := c.read(&req); err != nil {
		return nil, err
	}
	if req.Release != nil || isTrue(req.Attributes.Exportable) {
		return nil, badParameter("The rehearsal vault has no exportable keys.")
	}
	k, err := s.newKey(c.name, req.Kty, req.Crv, req.Ops, req.Attributes, req.Tags)
	if err != nil {
		return nil, err
	}
	if err := s.generate(&k, req); err != nil {
		return nil, err
	}
	return s.store(k)
}

// store adds a new version and shows it.
func (s *Server) store(k Key) (any, error) {
	if err := s.Add(k); err != nil {
		return nil, err
	}
	return s.bundle(k)
}

// newKey checks what create and import have in common.
func (s *Server) newKey(name, kty, crv string, ops []string, a attributes, tags map[string]string) (Key, error) {
	kty, err := s.kty(kty)
	if err != nil {
		return Key{}, err
	}
	if ops, err = checkOps(kty, ops); err != nil {
		return Key{}, err
	}
	if strings.HasPrefix(kty, "EC") != (crv != "") {
		return Key{}, badParameter("The property \"key\" must be a valid JsonWebKey object.")
	}
	if len(tags) > 15 {
		return Key{}, badParameter("The number of tags exceeds 15.")
	}
	if a.Expires != 0 && a.Expires <= max(a.NotBefore, s.opts.Now().Unix()) {
		return Key{}, badParameter("The expiry is in the past, or before the time of activation.")
	}
	now := s.opts.Now().Unix()
	return Key{
		Name: name, Version: s.randomHex(16), Kty: kty, Crv: crv, Ops: ops,
		Enabled: a.Enabled == nil || *a.Enabled, NotBefore: a.NotBefore, Expires: a.Expires,
		Created: now, Updated: now, Tags: tags,
	}, nil
}

// kty tells which key types this kind of vault has. A Managed HSM calls every
// key HSM-protected, whatever was asked.
func (s *Server) kty(asked string) (string, error) {
	switch {
	case s.id.ManagedHSM && slices.Contains([]string{"RSA", "EC", "oct"}, asked):
		return asked + "-HSM", nil
	case slices.Contains([]string{"RSA", "RSA-HSM", "EC", "EC-HSM"}, asked), s.id.ManagedHSM && asked == "oct-HSM":
		return asked, nil
	}
	return "", ktyNotSupported(asked)
}

var opsOf = map[string][]string{
	"RSA": {"encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"},
	"EC":  {"sign", "verify"},
	"oct": {"encrypt", "decrypt", "wrapKey", "unwrapKey"},
}

// checkOps fills in all operations where none is given, and keeps a KEK a
// KEK: import excludes all others (BYOK specification, "Generate a KEK").
func checkOps(kty string, ops []string) ([]string, error) {
	possible := opsOf[strings.TrimSuffix(kty, "-HSM")]
	if len(ops) == 0 {
		return possible, nil
	}
	if slices.Contains(ops, "import") {
		if len(ops) > 1 {
			return nil, badParameter("Key operation \"import\" is mutually exclusive with all other key operations.")
		}
		if kty != "RSA-HSM" {
			return nil, badParameter("Key operation \"import\" requires kty RSA-HSM.")
		}
		return ops, nil
	}
	var wrong []string
	for _, op := range ops {
		if !slices.Contains(possible, op) {
			wrong = append(wrong, op)
		}
	}
	if len(wrong) > 0 {
		return nil, badParameter("Unsupported key operation(s): %s. Supported values are %s.", quoted(wrong), quoted(possible))
	}
	return ops, nil
}

func quoted(words []string) string { return `"` + strings.Join(words, `", "`) + `"` }

func isTrue(b *bool) bool { return b != nil && *b }

// generate makes the key material.
func (s *Server) generate(k *Key, req createRequest) error {
	t, err := createType(k.Kty, req)
	if err != nil {
		return err
	}
	if t.Kind() == byok.KindRSA {
		rsaKey, err := s.opts.GenerateRSA(t.Bits())
		if err != nil {
			return err
		}
		if k.Private, err = x509.MarshalPKCS8PrivateKey(rsaKey); err != nil {
			return err
		}
		k.Public, err = x509.MarshalPKIXPublicKey(rsaKey.Public())
		return err
	}
	key, err := byok.GenerateKey(s.opts.Rand, t)
	if err != nil {
		return err
	}
	k.Private = key.Plaintext()
	if t.Kind() == byok.KindEC {
		k.Public = key.Public().SPKI()
	}
	return nil
}

// createType tells which type of key create asks for; sizes default as in
// the service.
func createType(kty string, req createRequest) (byok.KeyType, error) {
	t := byok.KeyType("")
	switch strings.TrimSuffix(kty, "-HSM") {
	case "RSA":
		t = map[int]byok.KeyType{0: byok.RSA2048, 2048: byok.RSA2048, 3072: byok.RSA3072, 4096: byok.RSA4096}[req.Size]
		if req.Exponent != 0 && req.Exponent != 65537 {
			t = ""
		}
	case "EC":
		t = map[string]byok.KeyType{"P-256": byok.P256, "P-384": byok.P384, "P-521": byok.P521, "P-256K": byok.P256K}[req.Crv]
	case "oct":
		t = map[int]byok.KeyType{0: byok.AES256, 128: byok.AES128, 192: byok.AES192, 256: byok.AES256}[req.Size]
	}
	if t == "" {
		return "", badParameter("The key size, exponent or curve is not supported for kty %s.", kty)
	}
	return t, nil
}

// getKey shows one version, or the latest.
func (s *Server) getKey(c *call) (any, error) {
	k, err := s.Get(c.name, c.version)
	if err != nil {
		return nil, err
	}
	return s.bundle(k)
}

// getAttestation shows a key with its attestation, if it has one.
func (s *Server) getAttestation(c *call) (any, error) {
	k, err := s.Get(c.name, c.version)
	if err != nil {
		return nil, err
	}
	b, err := s.bundle(k)
	if err != nil {
		return nil, err
	}
	a, err := s.attest(k)
	if err == nil && a != nil {
		b.Attributes.Attestation = &attestation{a.Certificates, a.Private, a.Public, a.Version}
	}
	return b, err
}

// updateKey changes attributes, tags and operations of one version.
func (s *Server) updateKey(c *call) (any, error) {
	var req struct {
		Ops        []string          `json:"key_ops"`
		Attributes attributes        `json:"attributes"`
		Tags       map[string]string `json:"tags"`
	}
	if err := c.read(&req); err != nil {
		return nil, err
	}
	old, err := s.Get(c.name, c.version)
	if err != nil {
		return nil, err
	}
	if len(req.Ops) > 0 {
		if req.Ops, err = changedOps(old, req.Ops); err != nil {
			return nil, err
		}
	}
	k, err := s.Edit(c.name, c.version, func(k *Key) {
		if req.Attributes.Enabled != nil {
			k.Enabled = *req.Attributes.Enabled
		}
		if req.Attributes.Expires != 0 {
			k.Expires = req.Attributes.Expires
		}
		if req.Attributes.NotBefore != 0 {
			k.NotBefore = req.Attributes.NotBefore
		}
		if req.Ops != nil {
			k.Ops = req.Ops
		}
		if req.Tags != nil {
			k.Tags = req.Tags
		}
		k.Updated = s.opts.Now().Unix()
	})
	if err != nil {
		return nil, err
	}
	return s.bundle(k)
}

// changedOps refuses to make another key into a KEK, or a KEK into another
// key.
func changedOps(k Key, ops []string) ([]string, error) {
	ops, err := checkOps(k.Kty, ops)
	if err != nil {
		return nil, err
	}
	if slices.Contains(k.Ops, "import") != slices.Contains(ops, "import") {
		return nil, badParameter("Key operation \"import\" cannot be added or removed.")
	}
	return ops, nil
}

// deleteKey deletes all versions of a name.
func (s *Server) deleteKey(c *call) (any, error) {
	now := s.opts.Now()
	d := Deletion{now.Unix(), now.AddDate(0, 0, s.retention()).Unix()}
	if err := s.Delete(c.name, d); err != nil {
		return nil, err
	}
	return s.getDeleted(c)
}

func (s *Server) getDeleted(c *call) (any, error) {
	k, d, err := s.Deleted(c.name)
	if errors.Is(err, ErrNoKey) {
		return nil, deletedNotFound(c.name)
	}
	if err != nil {
		return nil, err
	}
	b, err := s.bundle(k)
	if err != nil {
		return nil, err
	}
	s.markDeleted(b, k, d)
	return b, nil
}

func (s *Server) markDeleted(b *bundle, k Key, d Deletion) {
	b.RecoveryID = s.URL() + "/deletedkeys/" + k.Name
	b.DeletedDate, b.PurgeDate = d.Deleted, d.Purge
}

func (s *Server) purgeKey(c *call) (any, error) {
	if s.opts.PurgeProtection {
		return nil, forbidden("ForbiddenByPolicy", "Operation \"purge\" is not allowed because purge protection is enabled for this vault. Key: %s", c.name)
	}
	if err := s.Purge(c.name); errors.Is(err, ErrNoKey) {
		return nil, deletedNotFound(c.name)
	} else if err != nil {
		return nil, err
	}
	return nil, nil
}

func (s *Server) recoverKey(c *call) (any, error) {
	if err := s.Recover(c.name); errors.Is(err, ErrNoKey) {
		return nil, deletedNotFound(c.name)
	} else if err != nil {
		return nil, err
	}
	return s.getKey(c)
}
