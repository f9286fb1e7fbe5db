package pkcs11

import (
	"reflect"
	"strings"
	"testing"
)

func TestParseURI(t *testing.T) {
	for s, want := range map[string]URI{
		"pkcs11:token=a": {Token: "a"},
		"pkcs11:token=The%20Software%20PKCS%2311%20Softtoken;serial=2f5c": {Token: "The Software PKCS#11 Softtoken", Serial: "2f5c"},
		"pkcs11:serial=1;manufacturer=Snake%20Oil,%20Inc.;model=1.0":      {Serial: "1", Manufacturer: "Snake Oil, Inc.", Model: "1.0"},
		"pkcs11:object=my-key;id=%69%95%3E%5C%F4%BD%EC%91":                {Object: "my-key", ID: []byte{0x69, 0x95, 0x3e, 0x5c, 0xf4, 0xbd, 0xec, 0x91}},
		"pkcs11:token=a=b&c":  {Token: "a=b&c"},
		"pkcs11:token=%C3%A4": {Token: "ä"},
	} {
		got, err := ParseURI(s)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v (%v), wanted %+v", s, got, err, want)
		}
	}
}

func TestParseURIRefuses(t *testing.T) {
	for s, want := range map[string]string{
		"":                                "begins with",
		"PKCS11:token=a":                  "lower case",
		"http:token=a":                    "begins with",
		"pkcs11:":                         "name=value",
		"pkcs11:token=":                   "name=value",
		"pkcs11:token":                    "name=value",
		"pkcs11:token=a;":                 "name=value",
		"pkcs11:token=a;token=b":          "twice",
		"pkcs11:Token=a":                  "not known",
		"pkcs11:x-vendor=a":               "not known",
		"pkcs11:token=%4":                 "two hex digits",
		"pkcs11:token=%zz":                "two hex digits",
		"pkcs11:token=a b":                "%20",
		"pkcs11:token=a/b":                "%2F",
		"pkcs11:token=ä":                  "%C3",
		"pkcs11:token=%FF":                "not UTF-8",
		"pkcs11:slot-id=1":                "name the serial",
		"pkcs11:library-version=1":        "SHA-256",
		"pkcs11:type=private":             "leave it out",
		"pkcs11:token=a?pin-source=/a":    "never read from a file",
		"pkcs11:token=a?pin-value=000000": "never written into a URI",
		"pkcs11:pin-value=000000":         "never written into a URI",
		"pkcs11:token=a?module-path=/x":   "named on its own",
		"pkcs11:token=a?":                 "not accepted",
		"pkcs11:token=a?x=1&pin-value=1":  "not accepted",
	} {
		got, err := ParseURI(s)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %+v, %v, wanted %q", s, got, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "000000") {
			t.Errorf("%q: the error repeats the PIN: %v", s, err)
		}
	}
}

// format writes a URI, every byte that RFC 7512 reserves escaped.
func (u URI) format() string {
	var parts []string
	for _, p := range []struct{ name, value string }{
		{"token", u.Token},
		{"serial", u.Serial},
		{"manufacturer", u.Manufacturer},
		{"model", u.Model},
		{"object", u.Object},
		{"id", string(u.ID)},
	} {
		if p.value == "" {
			continue
		}
		var b strings.Builder
		for i := range len(p.value) {
			b.WriteString("%" + string("0123456789abcdef"[p.value[i]>>4]) + string("0123456789abcdef"[p.value[i]&15]))
		}
		parts = append(parts, p.name+"="+b.String())
	}
	return "pkcs11:" + strings.Join(parts, ";")
}

// FuzzParseURI: what parses, written anew, parses to the same.
func FuzzParseURI(f *testing.F) {
	for _, s := range []string{"pkcs11:token=a;serial=%20b", "pkcs11:id=%00%ff;object=x", "pkcs11:model=1?pin-value=1", "pkcs11:token=%"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := ParseURI(s)
		if err != nil {
			return
		}
		again, err := ParseURI(u.format())
		if err != nil || !reflect.DeepEqual(u, again) {
			t.Errorf("%q: %+v, then %+v (%v)", s, u, again, err)
		}
	})
}
