package qr

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"regexp"
)

// privatePEM is the first line of any private key in text: PKCS#1, PKCS#8,
// SEC 1, OpenSSH, OpenPGP.
var privatePEM = regexp.MustCompile(`-----BEGIN [A-Z0-9 ]*PRIVATE KEY`)

// RefuseSecrets returns [ErrSecret] if a file looks like a private key. It
// finds mistakes, not people who want to.
func (m Message) RefuseSecrets() error {
	for name, b := range m.files {
		if privatePEM.Match(b) || privateDER(b) || bytes.Contains(b, []byte("AGE-SECRET-KEY-")) {
			return fmt.Errorf("%s: %w", name, ErrSecret)
		}
	}
	return nil
}

func privateDER(b []byte) bool {
	if len(b) == 0 || b[0] != 0x30 {
		return false
	}
	_, pkcs8 := x509.ParsePKCS8PrivateKey(b)
	_, pkcs1 := x509.ParsePKCS1PrivateKey(b)
	_, sec1 := x509.ParseECPrivateKey(b)
	return pkcs8 == nil || pkcs1 == nil || sec1 == nil
}
