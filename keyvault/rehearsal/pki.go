package rehearsal

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"time"
)

// Files of the credentials in the vault's folder, all 0600.
const (
	caFile     = "ca.pem"
	tlsFile    = "tls.pem"    // certificate and key of the server
	tokenFile  = "token.pem"  // key that signs access tokens
	clientFile = "client.pem" // certificate and key of the client
	secretFile = "client.secret"
)

// credentials are the keys of the service itself and of its one client.
type credentials struct {
	caPEM  []byte
	tls    tls.Certificate
	token  *ecdsa.PrivateKey
	client *x509.Certificate
	secret string

	partition *partition // nil for a Key Vault
}

// openCredentials reads them; the first time it makes them. The secret is
// written last, so that its file says that all are there.
func (s *Server) openCredentials() (*credentials, error) {
	if !exists(s.path(secretFile)) {
		if err := s.makeCredentials(); err != nil {
			return nil, fmt.Errorf("rehearsal vault: %w", err)
		}
	}
	c, err := s.readCredentials()
	if err != nil {
		return nil, fmt.Errorf("rehearsal vault: %w", err)
	}
	return c, nil
}

func (s *Server) readCredentials() (*credentials, error) {
	var c credentials
	var err, errs error
	read := func(name string) []byte {
		b, err := os.ReadFile(s.path(name))
		errs = errors.Join(errs, err)
		return b
	}
	c.caPEM = read(caFile)
	c.secret = string(read(secretFile))
	server, token, client := read(tlsFile), read(tokenFile), read(clientFile)
	if errs != nil {
		return nil, errs
	}
	if c.tls, err = tls.X509KeyPair(server, server); err != nil {
		return nil, fmt.Errorf("%s: %w", tlsFile, err)
	}
	if c.token, err = parseToken(token); err != nil {
		return nil, fmt.Errorf("%s: %w", tokenFile, err)
	}
	pair, err := tls.X509KeyPair(client, client)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", clientFile, err)
	}
	c.client = pair.Leaf
	c.partition, err = s.readPartition()
	return &c, err
}

func parseToken(b []byte) (*ecdsa.PrivateKey, error) {
	block, _ := pem.Decode(b)
	if block == nil {
		return nil, fs.ErrInvalid
	}
	k, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	ec, ok := k.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fs.ErrInvalid
	}
	return ec, nil
}

func (s *Server) makeCredentials() error {
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	ca := s.template("REHEARSAL certificate authority")
	ca.IsCA, ca.BasicConstraintsValid, ca.KeyUsage = true, true, x509.KeyUsageCertSign
	ca.MaxPathLenZero = true
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, caKey.Public(), caKey)
	if err != nil {
		return err
	}
	token, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	errs := errors.Join(
		writeFile(s.path(caFile), certPEM(caDER)),
		s.makeServerCert(ca, caKey),
		s.makeClientCert(),
		s.makePartition(ca, caKey),
		writeFile(s.path(tokenFile), keyPEM(token)),
	)
	if errs != nil {
		return errs
	}
	return writeFile(s.path(secretFile), []byte(s.randomHex(24)))
}

// makeServerCert makes the certificate of the listener; the key of the
// authority is forgotten after makePartition.
func (s *Server) makeServerCert(ca *x509.Certificate, caKey crypto.Signer) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	t := s.template("REHEARSAL vault")
	t.KeyUsage = x509.KeyUsageDigitalSignature
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	t.DNSNames = []string{s.id.Name + "." + s.domain(), loginName, "localhost"}
	t.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	der, err := x509.CreateCertificate(rand.Reader, t, ca, key.Public(), caKey)
	if err != nil {
		return err
	}
	return writeFile(s.path(tlsFile), append(certPEM(der), keyPEM(key)...))
}

// makeClientCert makes the certificate with which the client may sign in; it
// is RSA because the SDK signs its assertion with PS256.
func (s *Server) makeClientCert() error {
	key, err := s.opts.GenerateRSA(2048)
	if err != nil {
		return err
	}
	t := s.template("REHEARSAL client")
	der, err := x509.CreateCertificate(rand.Reader, t, t, key.Public(), key)
	if err != nil {
		return err
	}
	return writeFile(s.path(clientFile), append(certPEM(der), keyPEM(key)...))
}

// template is valid for so long that the clock of a rehearsal may be set to
// anything.
func (s *Server) template(name string) *x509.Certificate {
	serial, _ := new(big.Int).SetString(s.randomHex(16), 16)
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:     time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC),
	}
}

func certPEM(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func keyPEM(key crypto.Signer) []byte {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic("internal error: " + err.Error())
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}
