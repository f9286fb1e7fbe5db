// Package tsatest is a time-stamp authority for tests: OpenSSL's, with
// certificates made here.
package tsatest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// An Authority answers requests for time-stamp tokens, with the clock of this
// machine.
type Authority struct {
	t       testing.TB
	dir     string
	Root    *x509.Certificate
	RootPEM string
}

// New makes an authority whose root signs an intermediate certificate, and that
// one the signer's. Without OpenSSL the test fails.
func New(t testing.TB) *Authority {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Fatal("openssl is not installed: apt-get install openssl")
	}
	a := &Authority{t: t, dir: t.TempDir()}
	root, rootKey := a.issue("root", nil, nil, x509.Certificate{IsCA: true, KeyUsage: x509.KeyUsageCertSign})
	mid, midKey := a.issue("intermediate", root, rootKey, x509.Certificate{IsCA: true, KeyUsage: x509.KeyUsageCertSign})
	usage := pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: []byte("\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x08")}
	leaf, key := a.issue("authority", mid, midKey, x509.Certificate{KeyUsage: x509.KeyUsageDigitalSignature, ExtraExtensions: []pkix.Extension{usage}})
	der, err := x509.MarshalPKCS8PrivateKey(key)
	a.must(err)
	a.Root, a.RootPEM = root, block("CERTIFICATE", root.Raw)
	a.write("key.pem", block("PRIVATE KEY", der))
	a.write("signer.pem", block("CERTIFICATE", leaf.Raw))
	// More than is needed: the root too, as many authorities send it.
	a.write("chain.pem", block("CERTIFICATE", mid.Raw)+a.RootPEM)
	a.write("serial", "01\n")
	a.write("tsa.cnf", `[tsa]
default_tsa = one
[one]
serial = `+filepath.Join(a.dir, "serial")+`
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1, millisecs:500
ess_cert_id_alg = sha256
`)
	return a
}

func (a *Authority) issue(name string, parent *x509.Certificate, signer any, c x509.Certificate) (*x509.Certificate, any) {
	a.t.Helper()
	var key any
	var public any
	if name == "authority" {
		k, err := rsa.GenerateKey(rand.Reader, 2048)
		a.must(err)
		key, public = k, k.Public()
	} else {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		a.must(err)
		key, public = k, k.Public()
	}
	c.SerialNumber, c.Subject = big.NewInt(int64(len(name))), pkix.Name{CommonName: "test " + name}
	c.NotBefore, c.NotAfter = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2090, 1, 1, 0, 0, 0, 0, time.UTC)
	c.BasicConstraintsValid = true
	if parent == nil {
		parent, signer = &c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, &c, parent, public, signer)
	a.must(err)
	out, err := x509.ParseCertificate(der)
	a.must(err)
	return out, key
}

func block(kind string, b []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}))
}

func (a *Authority) must(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

func (a *Authority) write(name, text string) string {
	path := filepath.Join(a.dir, name)
	a.must(os.WriteFile(path, []byte(text), 0o600))
	return path
}

// Answer is the authority's answer to a request.
func (a *Authority) Answer(request []byte) ([]byte, error) {
	path := func(name string) string { return filepath.Join(a.dir, name) }
	a.write("request", string(request))
	c := exec.Command("openssl", "ts", "-reply", "-config", path("tsa.cnf"), "-queryfile", path("request"),
		"-signer", path("signer.pem"), "-inkey", path("key.pem"), "-chain", path("chain.pem"))
	c.Env = append(os.Environ(), "RANDFILE="+path("rnd"))
	return c.Output()
}

// ServeHTTP answers as RFC 3161, 3.4 has it.
func (a *Authority) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, err := io.ReadAll(r.Body)
	if err == nil && r.Header.Get("Content-Type") == "application/timestamp-query" {
		b, err = a.Answer(b)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/timestamp-reply")
	_, _ = w.Write(b)
}
