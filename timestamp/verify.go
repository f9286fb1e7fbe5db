package timestamp

import (
	"bytes"
	"crypto"
	"crypto/sha1" //nolint:gosec // ESSCertID of RFC 2634 is SHA-1; the chain is what is believed
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/keyceremony/ceremony/digest"
)

// hashes by the OID of their AlgorithmIdentifier, with the ways to sign what
// they give.
var hashes = map[string]struct {
	hash       crypto.Hash
	rsa, ecdsa x509.SignatureAlgorithm
	names      []string // of rsa and ecdsa
}{
	"2.16.840.1.101.3.4.2.1": {crypto.SHA256, x509.SHA256WithRSA, x509.ECDSAWithSHA256, []string{"1.2.840.113549.1.1.11", "1.2.840.10045.4.3.2"}},
	"2.16.840.1.101.3.4.2.2": {crypto.SHA384, x509.SHA384WithRSA, x509.ECDSAWithSHA384, []string{"1.2.840.113549.1.1.12", "1.2.840.10045.4.3.3"}},
	"2.16.840.1.101.3.4.2.3": {crypto.SHA512, x509.SHA512WithRSA, x509.ECDSAWithSHA512, []string{"1.2.840.113549.1.1.13", "1.2.840.10045.4.3.4"}},
}

const rsaEncryption = "1.2.840.113549.1.1.1"

// verify says when the token was made, and by which certificates, without the
// root.
func (t *token) verify(sum digest.SHA256, root *x509.Certificate) (Stamp, []*x509.Certificate, error) {
	if t.info.sum != sum {
		return Stamp{}, nil, errors.New("the token is over another file")
	}
	leaf, err := t.leaf()
	if err != nil {
		return Stamp{}, nil, err
	}
	if err := t.checkSignature(leaf); err != nil {
		return Stamp{}, nil, err
	}
	chain, err := t.chain(leaf, root)
	if err != nil {
		return Stamp{}, nil, err
	}
	return Stamp{t.info.at, t.info.accuracy}, chain, nil
}

// leaf finds the certificate that the signer names.
func (t *token) leaf() (*x509.Certificate, error) {
	for _, c := range t.certs {
		name := der(func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddBytes(c.RawIssuer)
				b.AddASN1BigInt(c.SerialNumber)
			})
		})
		if bytes.Equal(name, t.sid) {
			return c, nil
		}
	}
	return nil, errors.New("the token does not have its signer's certificate")
}

// checkSignature verifies the signature over the attributes, and that these are
// about this content and this certificate (RFC 5652, 5.4; RFC 3161, 2.4.2).
func (t *token) checkSignature(leaf *x509.Certificate) error {
	h, ok := hashes[t.digest.oid.String()]
	if !ok {
		return fmt.Errorf("the token is signed over the digest %v, which is none of SHA-256, SHA-384 and SHA-512", t.digest.oid)
	}
	var alg x509.SignatureAlgorithm
	switch name := t.signAlg.oid.String(); name {
	case rsaEncryption, h.names[0]:
		alg = h.rsa
	case h.names[1]:
		alg = h.ecdsa
	default:
		return fmt.Errorf("the token is signed by %s, which is not known", name)
	}
	if t.signAlg.null != (alg == h.rsa) { // RFC 3279, 2.2.1 and 2.2.3
		return errors.New("the signer of the token is not in its form")
	}
	sum := h.hash.New()
	sum.Write(t.content)
	kind := der(func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oidTSTInfo) })
	imprint := der(func(b *cryptobyte.Builder) { b.AddASN1OctetString(sum.Sum(nil)) })
	if !bytes.Equal(t.attr(oidContentType), kind) || !bytes.Equal(t.attr(oidDigest), imprint) || !t.names(leaf) {
		return errors.New("the signed attributes of the token are of another content or certificate")
	}
	set := der(func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) { b.AddBytes(t.attrs) })
	})
	if err := leaf.CheckSignature(alg, set, t.signed); err != nil {
		return fmt.Errorf("the signature of the token does not hold: %w", err)
	}
	return nil
}

func (t *token) attr(id asn1.ObjectIdentifier) []byte { return t.attrsMap[id.String()] }

// names wants the first certificate that the signed attributes name to be this
// one.
func (t *token) names(leaf *x509.Certificate) bool {
	if v2 := t.attr(oidCertV2); v2 != nil {
		id := (&reader{String: v2}).enter(cbasn1.SEQUENCE).enter(cbasn1.SEQUENCE).enter(cbasn1.SEQUENCE)
		hash := crypto.SHA256
		if id.PeekASN1Tag(cbasn1.SEQUENCE) {
			hash = hashes[id.algorithm().oid.String()].hash
		}
		if id.bad || hash == 0 {
			return false
		}
		h := hash.New()
		h.Write(leaf.Raw)
		return bytes.Equal(id.bytes(cbasn1.OCTET_STRING), h.Sum(nil))
	}
	id := (&reader{String: t.attr(oidCertificate)}).enter(cbasn1.SEQUENCE).enter(cbasn1.SEQUENCE).enter(cbasn1.SEQUENCE)
	sum := sha1.Sum(leaf.Raw) //nolint:gosec // see the import
	return bytes.Equal(id.bytes(cbasn1.OCTET_STRING), sum[:])
}

// chain leads from the signer to the root, at the token's own time; the root is
// left out.
func (t *token) chain(leaf, root *x509.Certificate) ([]*x509.Certificate, error) {
	roots, others := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(root)
	for _, c := range t.certs {
		others.AddCert(c)
	}
	chains, err := leaf.Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: others, CurrentTime: t.info.at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping},
	})
	if err != nil {
		return nil, fmt.Errorf("the authority's certificate does not descend from the one in the plan: %w", err)
	}
	if !forTimeAlone(leaf) {
		return nil, errors.New("the authority's certificate is not one for time-stamping alone")
	}
	chain := chains[0]
	if len(chain) > 1 {
		chain = chain[:len(chain)-1]
	}
	return chain, nil
}

// forTimeAlone wants the one usage, marked critical (RFC 3161, 2.3).
func forTimeAlone(leaf *x509.Certificate) bool {
	critical := false
	for _, e := range leaf.Extensions {
		critical = critical || e.Critical && e.Id.Equal(asn1.ObjectIdentifier{2, 5, 29, 37})
	}
	return critical && len(leaf.ExtKeyUsage) == 1 && len(leaf.UnknownExtKeyUsage) == 0 && !leaf.IsCA
}

// encode writes the token in the one form in which it is kept.
func (t *token) encode(chain []*x509.Certificate) []byte {
	type builder = cryptobyte.Builder
	signer := func(b *builder) {
		b.AddASN1Int64(1) // by issuer and serial number
		b.AddBytes(t.sid)
		b.AddBytes(t.digest.raw)
		b.AddASN1(context(0), func(b *builder) { b.AddBytes(t.attrs) })
		b.AddBytes(t.signAlg.raw)
		b.AddASN1OctetString(t.signed)
	}
	signed := func(b *builder) {
		b.AddASN1Int64(3)
		b.AddASN1(cbasn1.SET, func(b *builder) { b.AddBytes(t.digest.raw) })
		b.AddASN1(cbasn1.SEQUENCE, func(b *builder) {
			b.AddASN1ObjectIdentifier(oidTSTInfo)
			b.AddASN1(context(0), func(b *builder) { b.AddASN1OctetString(t.content) })
		})
		b.AddASN1(context(0), func(b *builder) {
			for _, c := range chain {
				b.AddBytes(c.Raw)
			}
		})
		b.AddASN1(cbasn1.SET, func(b *builder) { b.AddASN1(cbasn1.SEQUENCE, signer) })
	}
	return der(func(b *builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *builder) { b.AddASN1Int64(0) })
			b.AddASN1(cbasn1.SEQUENCE, func(b *builder) {
				b.AddASN1ObjectIdentifier(oidSignedData)
				b.AddASN1(context(0), func(b *builder) { b.AddASN1(cbasn1.SEQUENCE, signed) })
			})
		})
	})
}
