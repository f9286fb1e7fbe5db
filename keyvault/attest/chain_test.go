package attest

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"testing"
	"time"
)

// A made chain is that of a pool under an authority of the test's own.
type made struct {
	t         *testing.T
	authority []byte // PEM
	certs     [][]byte
}

func newECKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// named is a certificate for a year around the recorded day.
func named(name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: recordedDay.AddDate(-1, 0, 0), NotAfter: recordedDay.AddDate(1, 0, 0),
	}
}

func (m *made) issue(cert, issuer *x509.Certificate, key crypto.PublicKey, by crypto.Signer) []byte {
	m.t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, cert, issuer, key, by)
	if err != nil {
		m.t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// makeChain makes the four certificates; edit changes the one by which the owner
// certifies the partition, and may give it another key.
func makeChain(t *testing.T, edit func(byOwner *x509.Certificate) crypto.PublicKey) *made {
	m := &made{t: t}
	caKey, adapterKey, ownerKey := newECKey(t), newECKey(t), newECKey(t)
	ca, adapter, owner := named("authority"), named("adapter"), named("owner")
	byOwner := named("partition")
	key := edit(byOwner)
	m.authority = m.issue(ca, ca, caKey.Public(), caKey)
	m.certs = [][]byte{
		m.issue(adapter, ca, adapterKey.Public(), caKey), m.issue(named("partition"), adapter, signer().Public(), adapterKey),
		m.issue(owner, owner, ownerKey.Public(), ownerKey), m.issue(byOwner, owner, key, ownerKey),
	}
	return m
}

// see makes the checks of the certificates on the recorded day.
func (m *made) see(certs ...[]byte) (*chain, []Finding) {
	v := &verifier{want: Want{At: recordedDay, RehearsalCA: m.authority}}
	c := v.chain(bytes.Join(certs, nil))
	return c, v.findings
}

func same(*x509.Certificate) crypto.PublicKey { return signer().Public() }

// The owner certifies the partition that signed, on the day, and no other.
func TestOwnersHalf(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(*x509.Certificate) crypto.PublicKey
		id   string // that refuses; "" if none does
	}{
		"as it is":          {same, ""},
		"another partition": {func(*x509.Certificate) crypto.PublicKey { return newECKey(t).Public() }, CheckOwner},
		"has run out": {func(byOwner *x509.Certificate) crypto.PublicKey {
			byOwner.NotAfter = recordedDay.Add(-time.Hour)
			return signer().Public()
		}, CheckDates},
	} {
		m := makeChain(t, c.edit)
		_, got := m.see(m.certs...)
		for _, f := range got {
			if f.Refuses() != (f.ID == c.id) {
				t.Errorf("%s: %s %s: %s", name, f.ID, f.Result, f.Found)
			}
		}
	}
}

// The authority's own certificate among the others is not the owner's, and one
// that has no place ends the reading.
func TestFurtherCertificates(t *testing.T) {
	m := makeChain(t, same)
	if c, got := m.see(append([][]byte{m.authority}, m.certs...)...); c == nil || Refused(got) {
		t.Errorf("with the authority's certificate:\n%s", list(got))
	}
	other := makeChain(t, same)
	if c, got := m.see(append(m.certs, other.certs[0])...); c != nil || !find(t, got, CheckCertificates).Refuses() {
		t.Errorf("with a stranger's certificate:\n%s", list(got))
	}
}
