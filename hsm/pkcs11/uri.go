package pkcs11

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// A URI selects a token, and for Signer a key on it, as RFC 7512 writes it:
// "pkcs11:token=NAME;serial=1234;object=LABEL". Empty members match all.
type URI struct {
	Token, Serial, Manufacturer, Model string
	Object                             string
	ID                                 []byte
}

// refused are the attributes of RFC 7512 that a ceremony does not accept, and
// why (sections 2.3 and 2.4).
var refused = map[string]string{
	"pin-source":           "a PIN is typed by a person, never read from a file or a command",
	"pin-value":            "a PIN is typed by a person, never written into a URI",
	"module-path":          "the module is named on its own, with its SHA-256",
	"module-name":          "the module is named on its own, with its SHA-256",
	"slot-id":              "slot numbers change from start to start: name the serial",
	"slot-description":     "a slot is not a token: name the serial",
	"slot-manufacturer":    "a slot is not a token: name the serial",
	"library-description":  "the module is named on its own, with its SHA-256",
	"library-manufacturer": "the module is named on its own, with its SHA-256",
	"library-version":      "the module is named on its own, with its SHA-256",
	"type":                 "a ceremony uses private keys only: leave it out",
}

// ParseURI parses a PKCS#11 URI strictly: the scheme in lower case, only the
// attributes of URI, each at most once and with a value, nothing ignored.
// The error never repeats a value, which may be a PIN.
func ParseURI(s string) (URI, error) {
	path, ok := strings.CutPrefix(s, "pkcs11:")
	if !ok {
		return URI{}, errors.New(`a PKCS#11 URI begins with "pkcs11:", in lower case`)
	}
	path, query, found := strings.Cut(path, "?")
	if found {
		return URI{}, refuseQuery(query)
	}
	var u URI
	seen := map[string]bool{}
	for _, part := range strings.Split(path, ";") {
		name, raw, ok := strings.Cut(part, "=")
		if !ok || raw == "" {
			return URI{}, fmt.Errorf("PKCS#11 URI: an attribute is not of the form name=value")
		}
		if seen[name] {
			return URI{}, fmt.Errorf("PKCS#11 URI: %s is given twice", printable(name))
		}
		seen[name] = true
		if err := u.set(name, raw); err != nil {
			return URI{}, fmt.Errorf("PKCS#11 URI: %w", err)
		}
	}
	return u, nil
}

// refuseQuery says why the first attribute behind "?" is not accepted.
func refuseQuery(query string) error {
	name, _, _ := strings.Cut(strings.SplitN(query, "&", 2)[0], "=")
	if why, ok := refused[name]; ok {
		return fmt.Errorf("PKCS#11 URI: %s is not accepted: %s", name, why)
	}
	return fmt.Errorf("PKCS#11 URI: query attribute %s is not accepted", printable(name))
}

func (u *URI) set(name, raw string) error {
	if why, ok := refused[name]; ok {
		return fmt.Errorf("%s is not accepted: %s", name, why)
	}
	value, err := percentDecode(raw)
	if err != nil {
		return fmt.Errorf("%s: %w", printable(name), err)
	}
	if name == "id" {
		u.ID = value
		return nil
	}
	field := map[string]*string{
		"token": &u.Token, "serial": &u.Serial, "manufacturer": &u.Manufacturer,
		"model": &u.Model, "object": &u.Object,
	}[name]
	if field == nil {
		return fmt.Errorf("attribute %s is not known", printable(name))
	}
	if !utf8.Valid(value) {
		return fmt.Errorf("%s is not UTF-8", name)
	}
	*field = string(value)
	return nil
}

// reserved are the characters that stand for themselves besides letters and
// digits (RFC 7512, section 2.3: pk11-res-avail and unreserved).
const reserved = "-._~:[]@!$'()*+,=&"

func percentDecode(s string) ([]byte, error) {
	var out []byte
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '%':
			if i+3 > len(s) {
				return nil, errors.New("% without two hex digits behind it")
			}
			b, err := hex.DecodeString(s[i+1 : i+3])
			if err != nil {
				return nil, errors.New("% without two hex digits behind it")
			}
			out = append(out, b...)
			i += 2
		case isAlphanumeric(c) || strings.IndexByte(reserved, c) >= 0:
			out = append(out, c)
		default:
			return nil, fmt.Errorf("character %q must be written as %%%02X", c, c)
		}
	}
	return out, nil
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// printable quotes a name that a person wrote, cut to 40 bytes.
func printable(s string) string {
	if len(s) > 40 {
		s = s[:40] + "…"
	}
	return fmt.Sprintf("%q", s)
}
