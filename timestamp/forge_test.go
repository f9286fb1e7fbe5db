package timestamp

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/timestamp/tsatest"
)

// This file signs tokens as no authority should: OpenSSL refuses to.

// A forger has a root of its own, and a certificate under it.
type forger struct {
	t          *testing.T
	root, leaf *x509.Certificate
	key        *ecdsa.PrivateKey // of the leaf
}

// usage is the extension extKeyUsage (RFC 5280, 4.2.1.12).
func usage(critical bool, oids ...asn1.ObjectIdentifier) pkix.Extension {
	list := der(func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			for _, oid := range oids {
				b.AddASN1ObjectIdentifier(oid)
			}
		})
	})
	return pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: critical, Value: list}
}

var (
	forTime = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 8}
	forCode = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 3}
)

func newForger(t *testing.T, leaf x509.Certificate) *forger {
	t.Helper()
	f := &forger{t: t}
	rootKey := f.newKey()
	f.key = f.newKey()
	f.root = f.issue(x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}, nil, rootKey, rootKey)
	f.leaf = f.issue(leaf, f.root, f.key, rootKey)
	return f
}

func (f *forger) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *forger) newKey() *ecdsa.PrivateKey {
	f.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	f.must(err)
	return key
}

func (f *forger) issue(c x509.Certificate, parent *x509.Certificate, key *ecdsa.PrivateKey, by crypto.Signer) *x509.Certificate {
	f.t.Helper()
	c.SerialNumber, c.Subject = big.NewInt(int64(len(c.ExtraExtensions)+1)), pkix.Name{CommonName: "forged"}
	c.NotBefore, c.NotAfter = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2090, 1, 1, 0, 0, 0, 0, time.UTC)
	if parent == nil {
		parent = &c
	}
	b, err := x509.CreateCertificate(rand.Reader, &c, parent, key.Public(), by)
	f.must(err)
	out, err := x509.ParseCertificate(b)
	f.must(err)
	return out
}

// token signs a TSTInfo, with attributes about a content and a certificate.
func (f *forger) token(info, content []byte, named *x509.Certificate) []byte {
	f.t.Helper()
	sum, cert := sha256.Sum256(content), sha256.Sum256(named.Raw)
	attr := func(b *cryptobyte.Builder, oid asn1.ObjectIdentifier, value func(*cryptobyte.Builder)) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(oid)
			b.AddASN1(cbasn1.SET, value)
		})
	}
	in := func(value func(*cryptobyte.Builder)) func(*cryptobyte.Builder) {
		return func(b *cryptobyte.Builder) { b.AddASN1(cbasn1.SEQUENCE, value) }
	}
	attrs := der(func(b *cryptobyte.Builder) {
		attr(b, oidContentType, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oidTSTInfo) })
		attr(b, oidDigest, func(b *cryptobyte.Builder) { b.AddASN1OctetString(sum[:]) })
		attr(b, oidCertV2, in(in(in(func(b *cryptobyte.Builder) { b.AddASN1OctetString(cert[:]) }))))
	})
	set := sha256.Sum256(der(func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) { b.AddBytes(attrs) })
	}))
	signed, err := ecdsa.SignASN1(rand.Reader, f.key, set[:])
	f.must(err)
	algorithmOf := func(oid asn1.ObjectIdentifier) algorithm {
		return algorithm{raw: der(in(func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oid) }))}
	}
	t := &token{
		content: info, attrs: attrs, signed: signed,
		digest: algorithmOf(oidSHA256), signAlg: algorithmOf(asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}),
		sid: der(in(func(b *cryptobyte.Builder) {
			b.AddBytes(f.leaf.RawIssuer)
			b.AddASN1BigInt(f.leaf.SerialNumber)
		})),
	}
	return t.encode([]*x509.Certificate{f.leaf})
}

// A token that is signed well counts only for this content, by the certificate
// that it names, and only if that one is for time-stamping alone (RFC 3161, 2.3
// and 2.4.2).
func TestForgedTokens(t *testing.T) {
	a, sum := tsatest.New(t), digest.Of([]byte("a manifest"))
	q, err := NewRequest(sum, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := a.Answer(q.DER())
	if err != nil {
		t.Fatal(err)
	}
	real, err := parse(answer)
	if err != nil {
		t.Fatal(err)
	}
	right := x509.Certificate{ExtraExtensions: []pkix.Extension{usage(true, forTime)}}
	for name, c := range map[string]struct {
		leaf    x509.Certificate
		content []byte // nil: what it says
		other   bool   // names another certificate than its own
		refused string // "" if it holds
	}{
		"as it should be":     {right, nil, false, ""},
		"of another content":  {right, []byte("other"), false, "of another content or certificate"},
		"another certificate": {right, nil, true, "of another content or certificate"},
		"no usage":            {x509.Certificate{}, nil, false, "not one for time-stamping alone"},
		"not critical":        {x509.Certificate{ExtraExtensions: []pkix.Extension{usage(false, forTime)}}, nil, false, "not one for time-stamping alone"},
		"two usages":          {x509.Certificate{ExtraExtensions: []pkix.Extension{usage(true, forTime, forCode)}}, nil, false, "not one for time-stamping alone"},
		"another usage":       {x509.Certificate{ExtraExtensions: []pkix.Extension{usage(true, forCode)}}, nil, false, "does not descend"},
	} {
		f := newForger(t, c.leaf)
		named, content := f.leaf, real.content
		if c.other {
			named = f.root
		}
		if c.content != nil {
			content = c.content
		}
		s, err := Verify(f.token(real.content, content, named), sum, f.root)
		switch {
		case c.refused == "" && (err != nil || !s.At.Equal(real.info.at)):
			t.Errorf("%s: %v, %v", name, s, err)
		case c.refused != "" && (err == nil || !strings.Contains(err.Error(), c.refused)):
			t.Errorf("%s: %v, wanted %q", name, err, c.refused)
		}
	}
}
