package qr

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// A secretForm is a form in which private keys are kept in files.
type secretForm struct {
	id    string
	looks string // as a person would call it
	is    func(f suspect) bool
}

// A suspect is a file in the two ways in which keys are kept.
type suspect struct {
	binary []byte // DER; decoded, where the file is Base64 of it
	text   []byte // without what UTF-16 adds to ASCII
}

// secretForms know keys by the shape around them, not by their algorithm: there
// are more curves than any library reads. Bytes without a shape, as an AES key
// in a file of 32 bytes, cannot be told from others.
var secretForms = []secretForm{
	{"PEM", "a private key in PEM", textual(`-{4,5} ?BEGIN [A-Z0-9 ]*PRIVATE KEY`)}, // PKCS#1, PKCS#8, SEC 1, OpenSSH, SSH2, OpenPGP
	{"PKCS#8", "a private key in PKCS#8", outlined(`^[01]ao`)},                      // RFC 5958
	{"PKCS#8 encrypted", "an encrypted private key in PKCS#8", outlined(`^po$`)},
	{"PKCS#12", "a PKCS#12 file (.p12, .pfx), which keeps a private key", outlined(`^3a`)}, // RFC 7292
	{"PKCS#1", "an RSA private key in PKCS#1", outlined(`^[01]i{8}`)},                      // RFC 8017, A.1.2
	{"DSA", "a DSA private key", outlined(`^0i{5}$`)},
	{"SEC 1", "an elliptic curve private key in SEC 1", outlined(`^1o`)}, // RFC 5915
	{"JWK", "a JSON web key with its private part", privateJSON},
	{"printed", "a private key as openssl -text prints it", textual(`(?m)^\s*([A-Za-z0-9-]+ )?Private-Key:|^\s*(priv|privateExponent):\s*$`)},
	{"age", "a secret key of age", textual(`AGE-SECRET-KEY-`)},
	{"PuTTY", "a private key of PuTTY", textual(`^PuTTY-User-Key-File-`)},
}

// RefuseSecrets returns [ErrSecret] if a file looks like a private key. It
// finds mistakes, not people who want to.
func (m Message) RefuseSecrets() error {
	for _, name := range slices.Sorted(maps.Keys(m.files)) {
		f := suspected(m.files[name])
		for _, form := range secretForms {
			if form.is(f) {
				return fmt.Errorf("%s looks like %s: %w", name, form.looks, ErrSecret)
			}
		}
	}
	return nil
}

func suspected(b []byte) suspect {
	f := suspect{b, bytes.ReplaceAll(b, []byte{0}, nil)}
	for _, mark := range []string{"\xff\xfe", "\xfe\xff", "\xef\xbb\xbf"} {
		f.text = bytes.TrimPrefix(f.text, []byte(mark))
	}
	bare := strings.TrimRight(strings.Join(strings.Fields(string(f.text)), ""), "=")
	for _, form := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		if decoded, err := form.DecodeString(bare); err == nil {
			f.binary = decoded
		}
	}
	return f
}

// textual wants a pattern anywhere in the text.
func textual(pattern string) func(suspect) bool {
	re := regexp.MustCompile(pattern)
	return func(f suspect) bool { return re.Match(f.text) }
}

// outlined wants a pattern of [outline].
func outlined(pattern string) func(suspect) bool {
	re := regexp.MustCompile(pattern)
	return func(f suspect) bool { return re.MatchString(outline(f.binary)) }
}

// privateJSON looks for JSON web keys (RFC 7517, 7518) at any depth. What Azure
// answers of a key has the names of its private parts too, with null.
func privateJSON(f suspect) bool {
	for d := json.NewDecoder(bytes.NewReader(f.text)); ; {
		var v any
		if err := d.Decode(&v); err != nil {
			return false
		}
		if privateKey(v) {
			return true
		}
	}
}

func privateKey(v any) bool {
	switch v := v.(type) {
	case []any:
		return slices.ContainsFunc(v, privateKey)
	case map[string]any:
		d, _ := v["d"].(string)
		k, _ := v["k"].(string)
		return v["kty"] != nil && d+k != "" || slices.ContainsFunc(slices.Collect(maps.Values(v)), privateKey)
	}
	return false
}
