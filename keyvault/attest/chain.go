package attest

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/digest"
)

// chain is the place of each certificate. The partition's key signs; it is
// certified twice: by the manufacturer through the adapter (the HSM's board),
// and by the owner of the pool.
type chain struct {
	root                               Root
	adapter, partition, owner, byOwner *x509.Certificate
}

const (
	maxPEM   = 64 << 10 // bytes; a real bundle has 5.4 KB
	maxCerts = 6
)

const wantCertificates = "four certificates: adapter, partition, owner's root, partition by the owner"

// chain makes the checks of the certificates, and returns nil unless the
// manufacturer's chain stands.
func (v *verifier) chain(file []byte) *chain {
	roots, err := v.roots()
	if err != nil {
		v.check(CheckCertificates, false, "the rehearsal's authority: "+err.Error(), wantCertificates, "Look at vault.ca in the plan.")
		v.skipBetween(CheckManufacturer, CheckSignature, "the root is not known")
		return nil
	}
	certs, err := parseCertificates(file)
	c := place(certs, roots)
	if err == nil {
		err = c.spare(certs)
	}
	v.check(CheckCertificates, err == nil, describe(len(certs), err), wantCertificates,
		"The list of certificates is not the one that a Managed HSM returns. Fetch the attestation again.")
	v.manufacturer(c, roots)
	v.owner(c)
	v.dates(c)
	if err != nil || c.partition == nil {
		return nil
	}
	return c
}

func (v *verifier) skipBetween(from, before, why string) {
	on := false
	for _, id := range Checks() {
		if on = on && id != before || id == from; on {
			v.skip(id, "a check", why)
		}
	}
}

func describe(n int, err error) string {
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%d certificates, each in its place", n)
}

// parseCertificates reads PEM in exactly the form in which it is written.
func parseCertificates(file []byte) (certs []*x509.Certificate, err error) {
	if len(file) > maxPEM {
		return nil, fmt.Errorf("%d bytes of certificates, wanted %d at most", len(file), maxPEM)
	}
	var again bytes.Buffer
	for rest := file; len(rest) > 0; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil || block.Type != "CERTIFICATE" || len(block.Headers) > 0 || len(certs) == maxCerts {
			return certs, errors.New("something else than a few certificates in PEM")
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return certs, fmt.Errorf("certificate %d cannot be read", len(certs)+1)
		}
		certs = append(certs, cert)
		if err := pem.Encode(&again, block); err != nil {
			return certs, fmt.Errorf("certificate %d: %w", len(certs), err)
		}
	}
	if !bytes.Equal(bytes.TrimSuffix(again.Bytes(), []byte("\n")), bytes.TrimSuffix(file, []byte("\n"))) {
		return certs, errors.New("certificates with something between them, or not in lines of 64")
	}
	return certs, nil
}

// place finds the place of each certificate by who signed it, not by order.
// Go's own path building does not take them: the adapter's certificate is of
// version 1 and the partition's has no extensions.
func place(certs []*x509.Certificate, roots []Root) *chain {
	c := &chain{}
	for _, r := range roots {
		if found := signedBy(r.cert, certs); found != nil && c.adapter == nil {
			c.root, c.adapter = r, found
		}
	}
	c.partition = signedBy(c.adapter, certs)
	for _, cert := range certs {
		if c.owner == nil && cert != c.adapter && signed(cert, cert) && !isRoot(cert, roots) {
			c.owner = cert
		}
	}
	c.byOwner = signedBy(c.owner, certs)
	return c
}

func isRoot(cert *x509.Certificate, roots []Root) bool {
	for _, r := range roots {
		if cert.Equal(r.cert) {
			return true
		}
	}
	return false
}

// signedBy returns the first certificate that issuer signed, but itself.
func signedBy(issuer *x509.Certificate, certs []*x509.Certificate) *x509.Certificate {
	for _, c := range certs {
		if issuer != nil && !c.Equal(issuer) && signed(issuer, c) {
			return c
		}
	}
	return nil
}

// signed tells whether issuer's name and key are on a certificate. SHA-1 and
// older are refused by the library.
func signed(issuer, c *x509.Certificate) bool {
	return bytes.Equal(issuer.RawSubject, c.RawIssuer) && issuer.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil
}

// spare refuses certificates that have no place: nobody would look at them.
func (c *chain) spare(certs []*x509.Certificate) error {
	for i, cert := range certs {
		if cert != c.adapter && cert != c.partition && cert != c.owner && cert != c.byOwner && (c.root.cert == nil || !cert.Equal(c.root.cert)) {
			return fmt.Errorf("certificate %d, of %s, was issued by none of the others that have a place", i+1, subject(cert))
		}
	}
	if len(certs) < 4 {
		return fmt.Errorf("%d certificates", len(certs))
	}
	return nil
}

// manufacturer checks root, adapter, partition. The adapter is older than the
// root of today, which was issued anew: the dates need not nest.
func (v *verifier) manufacturer(c *chain, roots []Root) {
	var names []string
	for _, r := range roots {
		names = append(names, fmt.Sprintf("%s (SHA-256 %s)", r.Name, r.SHA256))
	}
	wanted := "a partition of an adapter under the root of " + strings.Join(names, " or ")
	if c.adapter == nil || c.partition == nil {
		v.check(CheckManufacturer, false, "no such chain", wanted,
			"This was not issued by a genuine HSM: it is forged, damaged, or from a rehearsal. Do not use the key.")
		return
	}
	found := fmt.Sprintf("partition %s of adapter %s under %s (SHA-256 %s)", subject(c.partition), subject(c.adapter), c.root.Name, c.root.SHA256)
	key, ok := c.partition.PublicKey.(*rsa.PublicKey)
	v.check(CheckManufacturer, ok && key.N.BitLen() >= 2048 && key.E == byok.KEKExponent, found, wanted,
		"The partition's key is not RSA of 2048 bits or more with the exponent 65537.")
}

// owner makes the three checks of the owner's half.
func (v *verifier) owner(c *chain) {
	const wanted = "the owner's root certifies the same partition key"
	if c.owner == nil || c.byOwner == nil || c.partition == nil {
		v.check(CheckOwner, false, "no such certificate", wanted, "The owner's certificates are missing or damaged. Fetch the attestation again.")
		v.skip(CheckOwnerRoot, "the pinned root of the owner", "there is no owner's root")
		v.skip(CheckPool, "the name of the vault", "there is no owner's root")
		v.note()
		return
	}
	same := bytes.Equal(c.byOwner.RawSubjectPublicKeyInfo, c.partition.RawSubjectPublicKeyInfo)
	v.check(CheckOwner, same, map[bool]string{true: "the same key, certified by ", false: "another key, certified by "}[same]+subject(c.owner), wanted,
		"The owner certified another partition than the one that signed.")
	v.pinned(c.owner)
	v.pool(c.owner)
}

func (v *verifier) pinned(owner *x509.Certificate) {
	is := digest.Of(owner.Raw)
	if v.want.OwnerRoot.IsZero() {
		v.skip(CheckOwnerRoot, "the owner's root that the plan pins (vault.owner_root)",
			"the plan pins none. The file has SHA-256 "+is.String()+", which anybody could have made: this is a genuine HSM, and not known to be yours")
		return
	}
	v.check(CheckOwnerRoot, is == v.want.OwnerRoot, "SHA-256 "+is.String(), "SHA-256 "+v.want.OwnerRoot.String(),
		"The key lies in a pool of somebody else, or the pool's security domain is another one than when the plan was written. Do not use the key.")
}

// pool compares a name that only the owner vouches for, and that is nowhere
// documented: a note.
func (v *verifier) pool(owner *x509.Certificate) {
	const wanted = "the name of the vault"
	kid, err := byok.ParseKID(v.want.KID)
	if err != nil {
		v.skip(CheckPool, wanted, "the vault's name was not given")
		v.note()
		return
	}
	name, _, _ := strings.Cut(kid.Host, ".")
	v.check(CheckPool, strings.EqualFold(owner.Subject.CommonName, name), shown(owner.Subject.CommonName), shown(name),
		"The owner's certificate has the name of another pool. In the attestations that are known it has the name of the Managed HSM.")
	v.note()
}

func (v *verifier) dates(c *chain) {
	const wanted = "certificates that are valid on the day"
	if v.want.At.IsZero() {
		v.skip(CheckDates, wanted, "the day was not given")
		return
	}
	at, n := v.want.At, 0
	for _, cert := range []*x509.Certificate{c.root.cert, c.adapter, c.partition, c.owner, c.byOwner} {
		if cert == nil {
			continue
		}
		n++
		if at.Before(cert.NotBefore) || at.After(cert.NotAfter) {
			v.check(CheckDates, false, fmt.Sprintf("%s is valid from %s to %s", subject(cert), day(cert.NotBefore), day(cert.NotAfter)),
				"valid on "+day(at), "Look at the machine's clock first. If it is right, a certificate has run out: fetch the attestation again.")
			return
		}
	}
	v.check(CheckDates, n > 0, fmt.Sprintf("%d certificates valid on %s", n, day(at)), wanted, "There is no certificate.")
}
