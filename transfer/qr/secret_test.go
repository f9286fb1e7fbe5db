package qr

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
)

// der is the DER of values in a row.
func der(t *testing.T, values ...any) []byte {
	t.Helper()
	var inner []byte
	for _, v := range values {
		b, err := asn1.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		inner = append(inner, b...)
	}
	b, err := asn1.Marshal(asn1.RawValue{Class: asn1.ClassUniversal, Tag: asn1.TagSequence, IsCompound: true, Bytes: inner})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// raw is DER as a value of der.
func raw(b []byte) asn1.RawValue { return asn1.RawValue{FullBytes: b} }

// inUTF16 is what > writes in a Windows PowerShell.
func inUTF16(t *testing.T, s string) []byte {
	t.Helper()
	b, err := binary.Append([]byte{0xff, 0xfe}, binary.LittleEndian, utf16.Encode([]rune(s)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// keysOf are a P-256 and an RSA key in every form that the library writes.
type keysOf struct {
	ec                            *ecdsa.PrivateKey
	pkcs8, sec1, pkcs1            []byte
	spki, rsaPublic, certificate  []byte
	request, signature, digesting []byte
}

func somebodysKeys(t *testing.T) (k keysOf) {
	t.Helper()
	must := func(b []byte, err error) []byte {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	var err error
	if k.ec, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	pair, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	k.pkcs8, k.sec1, k.pkcs1 = must(x509.MarshalPKCS8PrivateKey(k.ec)), must(x509.MarshalECPrivateKey(k.ec)), x509.MarshalPKCS1PrivateKey(pair)
	k.spki, k.rsaPublic = must(x509.MarshalPKIXPublicKey(&k.ec.PublicKey)), x509.MarshalPKCS1PublicKey(&pair.PublicKey)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Unix(1, 0)}
	k.certificate = must(x509.CreateCertificate(rand.Reader, template, template, &pair.PublicKey, pair))
	k.request = must(x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, k.ec))
	d := sha256.Sum256(nil)
	k.signature = must(k.ec.Sign(rand.Reader, d[:], crypto.SHA256))
	k.digesting = der(t, raw(der(t, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}, asn1.NullRawValue)), d[:])
	return k
}

func armored(title string, b []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: title, Bytes: b}))
}

// pkcs8Of is PKCS#8 of an algorithm that the library does not know.
func pkcs8Of(t *testing.T, version int, algorithm ...any) []byte {
	return der(t, version, raw(der(t, algorithm...)), []byte{4, 2, 1, 1})
}

func TestSecretsAreRefused(t *testing.T) {
	var (
		k         = somebodysKeys(t)
		ec        = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
		secp256k1 = asn1.ObjectIdentifier{1, 3, 132, 0, 10}
		brainpool = asn1.ObjectIdentifier{1, 3, 36, 3, 3, 2, 8, 1, 1, 7}
		pbes2     = raw(der(t, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}, raw(der(t))))
		pbe       = raw(der(t, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 1, 3}, raw(der(t))))
		data      = raw(der(t, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}, []byte("safe")))
		inLines   = strings.Split(armored("X", k.pkcs1), "\n")
		large     = new(big.Int).Lsh(big.NewInt(1), 1000)
	)
	for name, secret := range map[string]struct {
		file  []byte
		looks string
	}{
		"PKCS#8":               {k.pkcs8, "PKCS#8"},
		"PKCS#8 on secp256k1":  {pkcs8Of(t, 0, ec, secp256k1), "PKCS#8"},
		"PKCS#8 on brainpool":  {pkcs8Of(t, 0, ec, brainpool), "PKCS#8"},
		"PKCS#8 of Ed448":      {pkcs8Of(t, 0, asn1.ObjectIdentifier{1, 3, 101, 113}), "PKCS#8"},
		"PKCS#8 of X448":       {pkcs8Of(t, 1, asn1.ObjectIdentifier{1, 3, 101, 111}), "PKCS#8"},
		"encrypted PKCS#8":     {der(t, pbes2, []byte("sealed")), "encrypted"},
		"PKCS#8, older scheme": {der(t, pbe, []byte("sealed")), "encrypted"},
		"SEC 1":                {k.sec1, "SEC 1"},
		"SEC 1 on secp256k1":   {der(t, 1, make([]byte, 32), asn1.RawValue{Class: asn1.ClassContextSpecific, IsCompound: true, Bytes: []byte{6, 5, 43, 129, 4, 0, 10}}), "SEC 1"},
		"PKCS#1":               {k.pkcs1, "PKCS#1"},
		"PKCS#1, a line's end": {append(bytes.Clone(k.pkcs1), '\n'), "PKCS#1"},
		"DSA":                  {der(t, 0, large, large, large, large, large), "DSA"},
		"PKCS#12":              {der(t, 3, data, raw(der(t))), "PKCS#12"},
		"PKCS#12 in BER":       {append([]byte{0x30, 0x80, 2, 1, 3, 0x30, 0x80}, "rest"...), "PKCS#12"},
		"Base64":               {[]byte(base64.StdEncoding.EncodeToString(k.pkcs8) + "\n"), "PKCS#8"},
		"Base64 in lines":      {[]byte(strings.Join(inLines[1:len(inLines)-2], "\r\n")), "PKCS#1"},
		"base64url":            {[]byte(base64.RawURLEncoding.EncodeToString(k.pkcs1)), "PKCS#1"},
		"Base64 in UTF-16":     {inUTF16(t, base64.StdEncoding.EncodeToString(k.pkcs8)+"\r\n"), "PKCS#8"},
		"PEM":                  {[]byte(armored("PRIVATE KEY", k.pkcs8)), "PEM"},
		"PEM in UTF-16":        {inUTF16(t, armored("RSA PRIVATE KEY", k.pkcs1)), "PEM"},
		"OpenSSH":              {[]byte("text\n-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA"), "PEM"},
		"encrypted PEM":        {[]byte("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"), "PEM"},
		"OpenPGP":              {[]byte("-----BEGIN PGP PRIVATE KEY BLOCK-----\n"), "PEM"},
		"SSH2":                 {[]byte("---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n"), "PEM"},
		"JWK":                  {[]byte(`{"kty":"EC","crv":"P-256","d":"AQ"}`), "JSON"},
		"JWK of a secret":      {[]byte(`{"kty":"oct","k":"AQ"}`), "JSON"},
		"JWK set":              {[]byte("\xef\xbb\xbf" + ` {"keys":[{"kty":"RSA","n":"AQ"},{"kty":"RSA","n":"AQ","d":"AQ"}]}`), "JSON"},
		"of Azure":             {inUTF16(t, `{"attributes":{},"key":{"kty":"RSA","d":"AQ"}}`), "JSON"},
		"openssl rsa -text":    {[]byte("Private-Key: (2048 bit, 2 primes)\nmodulus:\n    00:b1\n"), "-text"},
		"openssl pkey -text":   {[]byte("ED25519 Private-Key:\npriv:\n    00:b1\n"), "-text"},
		"the rest of it":       {[]byte("modulus:\n    00:b1\r\nprivateExponent:\r\n    00:b1\r\n"), "-text"},
		"age":                  {[]byte("# created\nAGE-SECRET-KEY-1XYZ\n"), "age"},
		"PuTTY":                {inUTF16(t, "PuTTY-User-Key-File-3: ssh-ed25519\n"), "PuTTY"},
	} {
		err := message(t, map[string][]byte{"a.bin": secret.file, "b.txt": []byte("more")}).RefuseSecrets()
		if !errors.Is(err, ErrSecret) || !strings.Contains(err.Error(), "a.bin looks like ") || !strings.Contains(err.Error(), secret.looks) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatIsPublicIsSent(t *testing.T) {
	k := somebodysKeys(t)
	query := der(t, 1, raw(k.digesting), true) // RFC 3161
	for name, public := range map[string][]byte{
		"nothing": nil, "a figure": []byte("0"), "a word of Base64": []byte("MIIE"), "bytes": bytes.Repeat([]byte{0x30}, 32),
		"a public key": k.spki, "an RSA public key": k.rsaPublic, "a certificate": k.certificate, "a request": k.request,
		"a signature": k.signature, "a DigestInfo": k.digesting, "a time-stamp query": query,
		"a public key in Base64": []byte(base64.StdEncoding.EncodeToString(k.spki)),
		"a public key in PEM":    []byte(armored("PUBLIC KEY", k.spki)),
		"a certificate in PEM":   inUTF16(t, armored("CERTIFICATE", k.certificate)),
		"a key of OpenSSH":       []byte("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA op1\n"),
		"a signature of OpenSSH": []byte(armored("SSH SIGNATURE", []byte("SSHSIG"))),
		"a public JWK":           []byte(`{"kty":"EC","crv":"P-256","x":"AQ","y":"AQ"}`),
		"an answer of Azure":     []byte(`{"key":{"kty":"RSA-HSM","n":"AQ","e":"AQAB","d":null,"dp":null,"k":null,"t":null}}`),
		"a key transfer blob":    []byte(`{"schema_version":"1.0.0","header":{"kid":"https://v.vault.azure.net/keys/k/1","alg":"dir","enc":"CKM_RSA_AES_KEY_WRAP"},"ciphertext":"AQ","generator":"x"}`),
		"a log":                  []byte("{\"event\":\"open\",\"d\":\"1\"}\n{\"event\":\"act\",\"key\":{\"kty\":\"RSA-HSM\"},\"k\":\"kek\"}\n"),
		"words":                  []byte("The private key stays in the HSM. Private-key:\nno BEGIN PRIVATE KEY here\n"),
		"openssl -pubin -text":   []byte("Public-Key: (2048 bit)\nModulus:\n    00:b1\n"),
	} {
		if err := message(t, map[string][]byte{"a.bin": public}).RefuseSecrets(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
