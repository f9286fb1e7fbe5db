package azure

import (
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azkeys"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/keyvault"
)

var (
	keyName    = regexp.MustCompile(`^[0-9A-Za-z-]{1,127}$`)
	keyVersion = regexp.MustCompile(`^[0-9a-f]{32}$`)
)

// key turns an answer into a Key, and refuses one that is about another key.
func (v *vault) key(a action, b azkeys.KeyBundle) (keyvault.Key, error) {
	if b.Key == nil || b.Key.KID == nil || b.Attributes == nil {
		return keyvault.Key{}, hostile("a key has no kid, or no attributes")
	}
	id, err := v.kid(a, string(*b.Key.KID))
	if err != nil {
		return keyvault.Key{}, err
	}
	k := keyvault.Key{
		KID: string(*b.Key.KID), Name: id.Name, Version: id.Version,
		Kty: text(b.Key.Kty), Crv: text(b.Key.Crv), Ops: ops(b.Key.KeyOps),
		Enabled: isTrue(b.Attributes.Enabled), NotBefore: b.Attributes.NotBefore,
		Expires: b.Attributes.Expires, Created: b.Attributes.Created,
		Exportable: isTrue(b.Attributes.Exportable), Release: b.ReleasePolicy != nil,
		HSMPlatform: text(b.Attributes.HSMPlatform), Recovery: text(b.Attributes.RecoveryLevel),
		Tags: tagsIn(b.Tags),
	}
	k.Public, err = public(b.Key)
	return k, err
}

// kid checks that an answer names a key of this vault, and the one asked for.
// Azure compares names without regard to case.
func (v *vault) kid(a action, kid string) (byok.KID, error) {
	id, err := byok.ParseKID(kid)
	switch {
	case err != nil || !keyVersion.MatchString(id.Version):
		return id, hostile("the kid of a key is malformed")
	case !strings.EqualFold(id.Host, v.base.Host):
		return id, hostile("the kid of a key names another vault")
	case !strings.EqualFold(id.Name, a.key), a.version != "" && id.Version != a.version:
		return id, hostile("the answer is about another key")
	}
	return id, nil
}

// public makes the public key of the members that are there: none for
// oct-HSM. Numbers are compared as numbers: the service writes the exponent
// of an imported RSA key as AAEAAQ.
func public(j *azkeys.JSONWebKey) (*byok.PublicKey, error) {
	number := func(b []byte) *big.Int { return new(big.Int).SetBytes(b) }
	var pub *byok.PublicKey
	var err error
	switch strings.TrimSuffix(text(j.Kty), "-HSM") {
	case "RSA":
		e := number(j.E)
		if !e.IsInt64() || e.Int64() > 1<<31-1 {
			return nil, hostile("the exponent of an RSA key is out of range")
		}
		pub, err = byok.NewRSAPublicKey(number(j.N), int(e.Int64()))
	case "EC":
		t, terr := byok.ParseKeyType(text(j.Crv))
		if terr != nil || t.Kind() != byok.KindEC {
			return nil, hostile("the curve of an EC key is unknown")
		}
		pub, err = byok.NewECPublicKey(t, number(j.X), number(j.Y))
	case "oct":
		return nil, nil
	default:
		return nil, hostile(fmt.Sprintf("the type %q of a key is unknown", text(j.Kty)))
	}
	if err != nil {
		return nil, hostile("the public key of a key is not valid (" + scrub(err.Error()) + ")")
	}
	return pub, nil
}

// version turns one line of a version list into a Version.
func (v *vault) version(a action, p *azkeys.KeyProperties) (keyvault.Version, error) {
	if p == nil || p.KID == nil || p.Attributes == nil {
		return keyvault.Version{}, hostile("a version has no kid, or no attributes")
	}
	id, err := v.kid(a, string(*p.KID))
	if err != nil {
		return keyvault.Version{}, err
	}
	return keyvault.Version{
		Version: id.Version, Enabled: isTrue(p.Attributes.Enabled),
		Created: p.Attributes.Created, Tags: tagsIn(p.Tags),
	}, nil
}

// deleted turns an answer about a deleted key into a Deleted.
func (v *vault) deleted(a action, d azkeys.DeletedKey) (*keyvault.Deleted, error) {
	if d.Key == nil || d.Key.KID == nil {
		return nil, hostile("a deleted key has no kid")
	}
	if _, err := v.kid(a, string(*d.Key.KID)); err != nil {
		return nil, err
	}
	return &keyvault.Deleted{KID: string(*d.Key.KID), Deleted: d.DeletedDate, Purge: d.ScheduledPurgeDate}, nil
}

// attestation takes the attestation out of an answer, nil if there is none.
func attestation(b azkeys.KeyBundle) *keyvault.Attestation {
	if b.Attributes == nil || b.Attributes.Attestation == nil {
		return nil
	}
	a := b.Attributes.Attestation
	if len(a.PrivateKeyAttestation) == 0 && len(a.CertificatePEMFile) == 0 {
		return nil
	}
	return &keyvault.Attestation{
		Version: text(a.Version), Certificates: a.CertificatePEMFile,
		Private: a.PrivateKeyAttestation, Public: a.PublicKeyAttestation,
	}
}

// text reads an optional string of a server.
func text[S ~string](p *S) string {
	if p == nil {
		return ""
	}
	return printable(string(*p), 200)
}

func isTrue(p *bool) bool { return p != nil && *p }

// ops sorts the operations: Managed HSM gives them in varying order.
func ops(in []*azkeys.KeyOperation) []string {
	out := []string{}
	for _, op := range in {
		out = append(out, text(op))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func tagsIn(in map[string]*string) map[string]string {
	if len(in) == 0 {
		return nil
	}
	out := map[string]string{}
	for k, p := range in {
		out[printable(k, 256)] = text(p)
	}
	return out
}

func tagsOut(in map[string]string) map[string]*string {
	if len(in) == 0 {
		return nil
	}
	out := map[string]*string{}
	for k, s := range in {
		out[k] = &s
	}
	return out
}
