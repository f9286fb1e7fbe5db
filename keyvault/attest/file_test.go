package attest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"reflect"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/keyvault"
)

const small = `{"attributes":{"attestation":{"certificatePemFile":"AQ","privateKeyAttestation":"_wI","publicKeyAttestation":"Aw","version":"MRVL-1"},"enabled":true},` +
	`"key":{"kid":"https://h.managedhsm.azure.net/keys/k/0123456789abcdef0123456789abcdef","kty":"RSA-HSM","key_ops":["import"],"n":"xQ","e":"AQAB"}}`

func TestParse(t *testing.T) {
	want := keyvault.Attestation{Version: "MRVL-1", Certificates: []byte{1}, Private: []byte{255, 2}, Public: []byte{3}}
	f, err := Parse([]byte(small))
	if err != nil || !reflect.DeepEqual(*f.Attestation, want) || f.Kty != "RSA-HSM" || f.N.Int64() != 0xc5 || f.E.Int64() != 65537 {
		t.Fatalf("%+v, %v", f, err)
	}
	only := `{"certificatePemFile":"AQ==","privateKeyAttestation":"/wI=","publicKeyAttestation":"Aw","version":"MRVL-1"}`
	if f, err = Parse([]byte(only)); err != nil || !reflect.DeepEqual(*f.Attestation, want) || f.KID != "" {
		t.Errorf("the attestation alone: %+v, %v", f, err)
	}
	none := strings.Replace(small, small[15:strings.Index(small, `"enabled"`)], "", 1)
	if f, err = Parse([]byte(none)); err != nil || f.Attestation != nil {
		t.Errorf("without: %+v, %v", f, err)
	}
}

func TestParseRefuses(t *testing.T) {
	for name, c := range map[string][2]string{
		"unknown member":    {`"enabled"`, `"enabledd"`},
		"member twice":      {`"enabled":true`, `"enabled":true,"enabled":true`},
		"other case":        {`"enabled"`, `"Enabled"`},
		"spare bits":        {`"Aw"`, `"Ax"`},
		"two alphabets":     {`"_wI"`, `"_w+I"`},
		"half a padding":    {`"AQ"`, `"AQ="`},
		"line break":        {`"_wI"`, `"_w\nI"`},
		"recovery level":    {`"enabled":true`, `"recoveryLevel":"Forever"`},
		"without key":       {`,"key":{`, `,"tags":{`},
		"something after":   {`"e":"AQAB"}}`, `"e":"AQAB"}} {}`},
		"number as a text":  {`"enabled":true`, `"nbf":"1"`},
		"fraction":          {`"enabled":true`, `"nbf":1.5`},
		"deeply nested":     {`"enabled":true`, `"tags":` + strings.Repeat("[", 20000)},
		"bytes as a number": {`"AQAB"`, `65537`},
	} {
		file := strings.Replace(small, c[0], c[1], 1)
		if file == small {
			t.Fatalf("%s: nothing changed", name)
		}
		if f, err := Parse([]byte(file)); err == nil {
			t.Errorf("%s: read as %+v", name, f)
		}
		if got := VerifyFile([]byte(file), Want{}); len(got) != 1 || !got[0].Refuses() {
			t.Errorf("%s: %s", name, list(got))
		}
	}
	for _, file := range []string{"", "null", "[]", "{}", "{", `"MRVL-1"`, "\xff", strings.Repeat(" ", maxFile) + small} {
		if f, err := Parse([]byte(file)); err == nil {
			t.Errorf("%.20q: read as %+v", file, f)
		}
	}
}

// TestBeside: the part of the file that nobody signed must agree.
func TestBeside(t *testing.T) {
	for name, c := range map[string][2]string{
		"other modulus":     {`"n":"xQ"`, `"n":"xw"`},
		"other exponent":    {`"AQAB"`, `"Aw"`},
		"without modulus":   {`,"n":"xQ"`, ``},
		"other version":     {`cdef","kty"`, `cdee","kty"`},
		"other name":        {`/keys/k/`, `/keys/j/`},
		"other host":        {`//h.`, `//g.`},
		"other kty":         {`RSA-HSM`, `EC-HSM`},
		"software key":      {`"RSA-HSM"`, `"RSA"`},
		"unknown operation": {`["import"]`, `["impart"]`},
		"import and more":   {`["import"]`, `["import","sign"]`},
	} {
		file := strings.Replace(small, c[0], c[1], 1)
		f, err := Parse([]byte(file))
		if err != nil || file == small {
			t.Fatalf("%s: %v", name, err)
		}
		want := "https://h.managedhsm.azure.net/keys/k/0123456789abcdef0123456789abcdef"
		o := whole(set(ckaID, []byte("/keys/k/0123456789abcdef0123456789abcdef")...))
		v := &verifier{beside: &f, want: Want{KID: want}}
		if v.file(o); !find(t, v.findings, CheckBeside).Refuses() {
			t.Errorf("%s: %s", name, list(v.findings))
		}
		good, _ := Parse([]byte(small))
		v = &verifier{beside: &good, want: Want{KID: want}}
		if v.file(o); Refused(v.findings) {
			t.Errorf("good: %s", list(v.findings))
		}
	}
}

// TestEncode: what we write, we read, and so does who decodes it plainly.
func TestEncode(t *testing.T) {
	a, w := recorded(t), full(t)
	out, err := Encode(keyvault.Key{KID: restoredKID, Kty: "RSA-HSM", Ops: []string{"sign", "verify"}}, a)
	if err != nil {
		t.Fatal(err)
	}
	got := VerifyFile(out, w)
	// Without the public half in keyvault.Key there is no modulus beside it.
	if f := find(t, got, CheckBeside); f.Found != "differs in n (missing)" {
		t.Error(list(got))
	}
	var plain struct {
		Attributes struct {
			Attestation struct{ PrivateKeyAttestation string }
		}
	}
	if err := json.Unmarshal(out, &plain); err != nil {
		t.Fatal(err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(plain.Attributes.Attestation.PrivateKeyAttestation)
	if err != nil || !bytes.Equal(raw, a.Private) {
		t.Error("the private half is another one")
	}
	if f, err := Parse(out); err != nil || f.N != nil && f.N.Cmp(big.NewInt(0)) == 0 {
		t.Errorf("%+v, %v", f, err)
	}
}

// TestRoots: the fingerprints are those that Marvell's certificates have.
func TestRoots(t *testing.T) {
	list := Roots()
	if len(list) != 2 || list[0].SHA256.String()[:8] != "230143df" || list[1].SHA256.String()[:8] != "17644de0" {
		t.Errorf("%v", list)
	}
	if !bytes.Equal(ls1, sample(t, "marvell-root-ls1.pem")) || !bytes.Equal(ls2, sample(t, "marvell-root-ls2.pem")) {
		t.Error("a root differs from the published one")
	}
}

// FuzzVerifyFile: whatever is read, the checks come in their order, and what
// is not refused carries exactly the bytes that the HSM signed.
func FuzzVerifyFile(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte("{}"))
	f.Add(restored(f))
	a, w := recorded(f), full(f)
	f.Fuzz(func(t *testing.T, file []byte) {
		got := VerifyFile(file, w)
		at := 0
		for _, one := range got {
			for at < len(Checks()) && Checks()[at] != one.ID {
				at++
			}
			if at == len(Checks()) || one.Found == "" || one.Wanted == "" {
				t.Fatalf("out of order, or without words:\n%s", list(got))
			}
		}
		if read, err := Parse(file); !Refused(got) && len(Missing(got)) == 0 {
			if err != nil || !bytes.Equal(read.Attestation.Private, a.Private) || !bytes.Equal(read.Attestation.Public, a.Public) {
				t.Fatal("something else than the recorded attestation was accepted")
			}
		}
	})
}

// FuzzParseBlob: no attribute is outside what was signed.
func FuzzParseBlob(f *testing.F) {
	one := pack(attr(0, 3), attr(0x100, 0))
	f.Add(append(layout2(one), make([]byte, 256)...))
	f.Add(append(layout3(256, one, one), make([]byte, 256)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		list, _, err := parseBlob(b, 256)
		if err != nil {
			return
		}
		for _, o := range list {
			sum := 0
			for _, v := range o {
				sum += len(v) + 8
			}
			if sum > len(b)-256 || len(o) > maxAttrs {
				t.Fatalf("%d bytes of attributes in %d", sum, len(b)-256)
			}
		}
	})
}
