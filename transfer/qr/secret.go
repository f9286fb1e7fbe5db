package qr

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"regexp"
)

// A secretForm is a form in which private keys are kept in files.
type secretForm struct {
	id string
	is func(b []byte) bool
}

var secretForms = []secretForm{
	{"PEM", regexp.MustCompile(`-----BEGIN [A-Z0-9 ]*PRIVATE KEY`).Match}, // PKCS#1, PKCS#8, SEC 1, OpenSSH, OpenPGP
	{"DER", privateDER},
	{"age", func(b []byte) bool { return bytes.Contains(b, []byte("AGE-SECRET-KEY-")) }},
	{"PuTTY", func(b []byte) bool { return bytes.HasPrefix(b, []byte("PuTTY-User-Key-File-")) }},
}

// RefuseSecrets returns [ErrSecret] if a file looks like a private key. It
// finds mistakes, not people who want to.
func (m Message) RefuseSecrets() error {
	for name, b := range m.files {
		for _, form := range secretForms {
			if form.is(b) {
				return fmt.Errorf("%s has one as %s: %w", name, form.id, ErrSecret)
			}
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
