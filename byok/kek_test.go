package byok

import (
	"bytes"
	"crypto/rsa"
	"encoding/asn1"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
	"testing"
	"unicode/utf16"
)

func TestKEK(t *testing.T) {
	for _, bits := range kekSizes {
		kek, key := testKEK(t, bits)
		again, err := ParseKEK(kek.PEM())
		if err != nil {
			t.Fatal(err)
		}
		if !again.Equal(kek) || again.Bits() != bits || !again.RSA().Equal(&key.PublicKey) {
			t.Errorf("%d: another key was read", bits)
		}
		if !bytes.Equal(again.PEM(), kek.PEM()) || again.SHA256() != kek.SHA256() {
			t.Errorf("%d: another encoding was written", bits)
		}
		pub, err := ParsePublicKey(kek.PEM())
		if err != nil || pub.SHA256() != kek.SHA256() {
			t.Errorf("%d: KEK and public key have different digests: %v", bits, err)
		}
		kek.RSA().N.SetInt64(0)
		kek.SPKI()[0] = 0
		if !again.Equal(kek) {
			t.Errorf("%d: RSA or SPKI give access to the inside", bits)
		}
	}
}

func TestKEKEqual(t *testing.T) {
	a, _ := testKEK(t, 2048)
	b, _ := testKEK(t, 3072)
	if a.Equal(b) || a.Equal(nil) || (*KEK)(nil).Equal(a) || (*KEK)(nil).Equal(nil) || (&KEK{}).Equal(&KEK{}) {
		t.Error("different KEKs, or none, are equal")
	}
}

func TestKEKJSON(t *testing.T) {
	kek, _ := testKEK(t, 2048)
	type record struct {
		KEK *KEK `json:"kek"`
	}
	b, err := json.Marshal(record{kek})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(b), `{"kek":"-----BEGIN PUBLIC KEY-----\n`) {
		t.Errorf("JSON is %.60s", b)
	}
	var r record
	if err := json.Unmarshal(b, &r); err != nil || !r.KEK.Equal(kek) {
		t.Errorf("another KEK came back: %v", err)
	}
	if v, err := json.Marshal(struct {
		KEK KEK `json:"kek"`
	}{*kek}); err != nil || !bytes.Equal(v, b) {
		t.Errorf("a KEK by value is written as %.60s, %v", v, err)
	}
	if err := json.Unmarshal([]byte(`{"kek":""}`), &r); err == nil || !r.KEK.Equal(kek) {
		t.Errorf("an empty text changed a KEK: %v", err)
	}
	if _, err := json.Marshal(record{&KEK{}}); err == nil {
		t.Error("a KEK that is none was written")
	}
}

// pemOf returns a PEM file of one block.
func pemOf(label string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: label, Bytes: der})
}

// rsaSPKI encodes any RSA numbers.
func rsaSPKI(n, e *big.Int) []byte {
	key := mustDER(pkcs1Public{n, e})
	return mustDER(spki{algorithm{oidRSA, asn1.NullRawValue}, asn1.BitString{Bytes: key, BitLength: 8 * len(key)}})
}

// spkiOf encodes a key of another algorithm.
func spkiOf(oid asn1.ObjectIdentifier, params asn1.RawValue, key []byte) []byte {
	return mustDER(spki{algorithm{oid, params}, asn1.BitString{Bytes: key, BitLength: 8 * len(key)}})
}

func utf16Of(s string, big, mark bool) []byte {
	units := utf16.Encode([]rune(s))
	if mark {
		units = append([]uint16{0xfeff}, units...)
	}
	var out []byte
	for _, u := range units {
		if big {
			out = append(out, byte(u>>8), byte(u))
		} else {
			out = append(out, byte(u), byte(u>>8))
		}
	}
	return out
}

// nonMinimal makes the outer length of a SEQUENCE one byte longer than DER
// allows: BER that OpenSSL reads.
func nonMinimal(der []byte) []byte {
	return append([]byte{0x30, 0x83, 0, der[2], der[3]}, der[4:]...)
}

// extraElement puts a NULL at the end of a long SEQUENCE.
func extraElement(der []byte) []byte {
	out := append(bytes.Clone(der), 5, 0)
	n := len(out) - 4
	out[2], out[3] = byte(n>>8), byte(n)
	return out
}

// damage is one way to spoil the PEM file of a public key.
type damage struct {
	name string
	file []byte
	code string
	want string // after "KEK: " or "public key: "
}

const wantOneBlock = ", wanted one PEM block PUBLIC KEY and nothing else"

// textDamages spoils a file without knowing what key is in it.
func textDamages(file, der []byte, private []byte) []damage {
	s := string(file)
	lines := strings.Split(s, "\n")
	wide := pemBegin + "PUBLIC KEY-----\n" + strings.Join(lines[1:len(lines)-2], "") + "\n" + pemEnd + "PUBLIC KEY-----\n"
	return []damage{
		{"empty", nil, "empty", "found an empty file" + wantOneBlock},
		{"large", bytes.Repeat([]byte("x"), maxPEM+1), "large", "found a file of 16385 bytes" + wantOneBlock},
		{"private", pemOf("PRIVATE KEY", private), "private", "found a private key" + wantOneBlock},
		{"private PKCS#1", pemOf("RSA PRIVATE KEY", private), "private", "found a private key" + wantOneBlock},
		{"private encrypted", pemOf("ENCRYPTED PRIVATE KEY", private), "private", "found a private key" + wantOneBlock},
		{"private after public", append(bytes.Clone(file), pemOf("PRIVATE KEY", private)...), "private", "found a private key" + wantOneBlock},
		{"private in UTF-16", utf16Of(string(pemOf("PRIVATE KEY", private)), false, true), "private", "found a private key" + wantOneBlock},
		{"UTF-16LE", utf16Of(s, false, true), "utf16", "found text in UTF-16" + wantOneBlock},
		{"UTF-16BE", utf16Of(s, true, true), "utf16", "found text in UTF-16" + wantOneBlock},
		{"UTF-16LE without mark", utf16Of(s, false, false), "utf16", "found text in UTF-16" + wantOneBlock},
		{"UTF-16BE without mark", utf16Of(s, true, false), "utf16", "found text in UTF-16" + wantOneBlock},
		{"BOM", []byte("\xef\xbb\xbf" + s), "bom", "found a byte order mark before the text" + wantOneBlock},
		{"DER", der, "der", "found binary data, perhaps DER" + wantOneBlock},
		{"CRLF", []byte(strings.ReplaceAll(s, "\n", "\r\n")), "crlf", "found lines that end in CR LF, wanted lines that end in LF"},
		{"one CRLF", []byte(strings.Replace(s, "\n", "\r\n", 1)), "crlf", "found lines that end in CR LF, wanted lines that end in LF"},
		{"CR", []byte(strings.ReplaceAll(s, "\n", "\r")), "cr", "found a CR, wanted lines that end in LF"},
		{"JSON", []byte(` {"kty":"RSA-HSM"}`), "json", "found JSON, perhaps a JSON Web Key" + wantOneBlock},
		{"OpenSSH", []byte("ssh-rsa AAAA\n"), "openssh", "found an OpenSSH public key" + wantOneBlock},
		{"no block", []byte("hello\n"), "none", "found no PEM block" + wantOneBlock},
		{"text before", []byte("KEK:\n" + s), "text", "found text before the block" + wantOneBlock},
		{"blank before", []byte("\n" + s), "text", "found text before the block" + wantOneBlock},
		{"text after", []byte(s + "KEK\n"), "text", "found text after the block" + wantOneBlock},
		{"blank after", []byte(s + "\n"), "text", "found white space after the block" + wantOneBlock},
		{"two blocks", []byte(s + s), "blocks", "found 2 blocks" + wantOneBlock},
		{"cut", []byte(s[:len(s)/2]), "cut", "found a block without its end" + wantOneBlock},
		{"PKCS#1 label", pemOf("RSA PUBLIC KEY", der), "pkcs1", "found RSA PUBLIC KEY (PKCS#1)" + wantOneBlock},
		{"certificate", pemOf("CERTIFICATE", der), "certificate", "found a certificate" + wantOneBlock},
		{"other label", pemOf("KEY", der), "label", `found a block "KEY"` + wantOneBlock},
		{"headers", []byte(strings.Replace(s, "\n", "\nA: b\n\n", 1)), "headers", "found a PEM block with headers" + wantOneBlock},
		{"damaged", []byte(strings.Replace(s, "MII", "M!I", 1)), "base64", "found a PEM block that does not decode" + wantOneBlock},
		{"no last line feed", []byte(strings.TrimSuffix(s, "\n")), "newline", "found none, wanted a line feed at the end of the last line"},
		{"one long line", []byte(wide), "layout", "found another layout of the PEM block, wanted lines of 64 characters without white space"},
		{"trailing DER", pemOf(pemPublic, append(bytes.Clone(der), 0)), "trailing", "found 1 byte after it, wanted a SubjectPublicKeyInfo and nothing else"},
		{"no DER", pemOf(pemPublic, []byte("hello")), "der", "found damaged or other DER, wanted a SubjectPublicKeyInfo in DER"},
		{"BER length", pemOf(pemPublic, nonMinimal(der)), "der", "found damaged or other DER, wanted a SubjectPublicKeyInfo in DER"},
	}
}

func checkDamages(t *testing.T, what string, file []byte, parse func([]byte) error, damages []damage) {
	t.Helper()
	for _, d := range damages {
		err := parse(changed(t, file, d.file))
		var fe *FormatError
		if !errors.As(err, &fe) {
			t.Errorf("%s: %v, want a *FormatError", d.name, err)
			continue
		}
		if got, want := fe.Error(), what+": "+d.want; got != want || fe.Code != d.code {
			t.Errorf("%s:\n got %s: %q\nwant %s: %q", d.name, fe.Code, got, d.code, want)
		}
	}
}

func TestParseKEKRefuses(t *testing.T) {
	kek, key := testKEK(t, 2048)
	der, n, e := kek.SPKI(), key.N, big.NewInt(KEKExponent)
	bits := func(shift int) *big.Int { // an odd number of about 2048+shift bits
		m := new(big.Int).Set(n)
		if shift < 0 {
			m.Rsh(m, uint(-shift))
		} else {
			m.Lsh(m, uint(shift))
		}
		return m.SetBit(m, 0, 1)
	}
	divisible := new(big.Int).Sub(n, new(big.Int).Mod(n, big.NewInt(751)))
	parse := func(b []byte) error { _, err := ParseKEK(b); return err }
	damages := append(textDamages(kek.PEM(), der, testKey(t, P256).PKCS8()), []damage{
		{"1024 bits", pemOf(pemPublic, rsaSPKI(bits(-1024), e)), "size", "found 1024 bits, wanted 2048, 3072 or 4096"},
		{"2047 bits", pemOf(pemPublic, rsaSPKI(bits(-1), e)), "size", "found 2047 bits, wanted 2048, 3072 or 4096"},
		{"8192 bits", pemOf(pemPublic, rsaSPKI(bits(6144), e)), "size", "found 8192 bits, wanted 2048, 3072 or 4096"},
		{"negative", pemOf(pemPublic, rsaSPKI(new(big.Int).Neg(n), e)), "size", "found 2048 bits, wanted 2048, 3072 or 4096"},
		{"e = 3", pemOf(pemPublic, rsaSPKI(n, big.NewInt(3))), "exponent", "found e = 3, wanted e = 65537"},
		{"e long", pemOf(pemPublic, rsaSPKI(n, n)), "exponent", "found e = a number of 2048 bits, wanted e = 65537"},
		{"even", pemOf(pemPublic, rsaSPKI(new(big.Int).Sub(n, big.NewInt(1)), e)), "modulus", "found a modulus with a small factor, wanted a product of two large primes"},
		{"divisible", pemOf(pemPublic, rsaSPKI(divisible, e)), "modulus", "found a modulus with a small factor, wanted a product of two large primes"},
		{"EC", testKey(t, P256).Public().PEM(), "algorithm", "found an EC key, wanted an RSA key"},
		{"PSS", pemOf(pemPublic, spkiOf(oidPSS, asn1.NullRawValue, []byte{0})), "algorithm", "found an RSA key restricted to PSS (id-RSASSA-PSS), wanted an RSA key"},
		{"OAEP", pemOf(pemPublic, spkiOf(oidOAEP, asn1.NullRawValue, []byte{0})), "algorithm", "found an RSA key restricted to OAEP (id-RSAES-OAEP), wanted an RSA key"},
		{"Ed25519", pemOf(pemPublic, spkiOf(oidEd25519, asn1.RawValue{}, make([]byte, 32))), "algorithm", "found an Ed25519 key, wanted an RSA key"},
		{"X25519", pemOf(pemPublic, spkiOf(asn1.ObjectIdentifier{1, 3, 101, 110}, asn1.RawValue{}, make([]byte, 32))), "algorithm", "found a key with algorithm 1.3.101.110, wanted an RSA key"},
		{"PKCS#1 inside", pemOf(pemPublic, mustDER(pkcs1Public{n, e})), "pkcs1", "found an RSAPublicKey (PKCS#1), wanted a SubjectPublicKeyInfo"},
		{"no key inside", pemOf(pemPublic, spkiOf(oidRSA, asn1.NullRawValue, []byte("x"))), "der", "found damaged or other DER inside the key, wanted an RSAPublicKey in DER"},
		{"no NULL", pemOf(pemPublic, spkiOf(oidRSA, asn1.RawValue{}, mustDER(pkcs1Public{n, e}))), "der", "found another encoding of it, wanted the minimal DER of this key"},
		{"extra element", pemOf(pemPublic, extraElement(der)), "der", "found another encoding of it, wanted the minimal DER of this key"},
	}...)
	checkDamages(t, whatKEK, kek.PEM(), parse, damages)
}

func TestNewKEKRefuses(t *testing.T) {
	_, key := testKEK(t, 2048)
	for _, tt := range []struct {
		pub  *rsa.PublicKey
		want string
	}{
		{nil, "KEK: found no key, wanted an RSA key"},
		{&rsa.PublicKey{}, "KEK: found no key, wanted an RSA key"},
		{&rsa.PublicKey{N: key.N, E: 3}, "KEK: found e = 3, wanted e = 65537"},
		{&rsa.PublicKey{N: big.NewInt(15), E: KEKExponent}, "KEK: found 4 bits, wanted 2048, 3072 or 4096"},
	} {
		if _, err := NewKEK(tt.pub); err == nil || err.Error() != tt.want {
			t.Errorf("NewKEK: %v, want %q", err, tt.want)
		}
	}
}

// TestKEKDamage flips every bit of a KEK file: none may be read as the same key.
func TestKEKDamage(t *testing.T) {
	kek, _ := testKEK(t, 2048)
	file := kek.PEM()
	for i := range file {
		for bit := range 8 {
			file[i] ^= 1 << bit
			if k, err := ParseKEK(file); err == nil && k.Equal(kek) {
				t.Errorf("bit %d of byte %d flipped, and the same KEK is read", bit, i)
			}
			file[i] ^= 1 << bit
		}
	}
}
