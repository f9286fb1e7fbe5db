package byok

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"io"
	"math/big"
	"testing"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
)

func TestPKCS8(t *testing.T) {
	for _, typ := range asymmetric() {
		key := testKey(t, typ)
		forms := map[string][]byte{"with public key": key.PKCS8(), "bare": key.pkcs8Bare()}
		if typ.Kind() == KindEC {
			forms["with curve"] = key.marshalEC(true, false)
			forms["with both"] = key.marshalEC(true, true)
		}
		for form, der := range forms {
			again, zeros, err := ParsePKCS8(der)
			if err != nil || zeros != 0 || again.Type() != typ || !again.Public().Equal(key.Public()) {
				t.Errorf("%s %s: %d zeros, %v", typ, form, zeros, err)
				continue
			}
			if !bytes.Equal(again.PKCS8(), key.PKCS8()) {
				t.Errorf("%s %s: another key came back", typ, form)
			}
		}
		if typ == P256K {
			continue
		}
		want, err := x509.MarshalPKCS8PrivateKey(key.Crypto())
		if err != nil || !bytes.Equal(want, key.PKCS8()) {
			t.Errorf("%s: crypto/x509 writes other PKCS#8: %v", typ, err)
		}
	}
}

// TestTrailingZeros: an HSM that pads before it wraps leaves up to 7 zeros.
func TestTrailingZeros(t *testing.T) {
	for _, typ := range asymmetric() {
		der := testKey(t, typ).pkcs8Bare()
		for n := range 8 {
			if key, zeros, err := ParsePKCS8(append(bytes.Clone(der), make([]byte, n)...)); err != nil || zeros != n || key.Type() != typ {
				t.Errorf("%s with %d zeros: %d, %v", typ, n, zeros, err)
			}
		}
		for _, tail := range [][]byte{make([]byte, 8), {0, 0, 1}, {1}} {
			if _, _, err := ParsePKCS8(append(bytes.Clone(der), tail...)); err == nil {
				t.Errorf("%s with % x after it was read", typ, tail)
			}
		}
	}
}

// edit changes bytes in the middle of a DER file.
func edit(t *testing.T, der, from, to []byte) []byte {
	t.Helper()
	return changed(t, der, bytes.Replace(der, from, to, 1))
}

func TestParsePKCS8Refuses(t *testing.T) {
	ec, rsaKey, k := testKey(t, P256), testKey(t, RSA2048), testKey(t, P256K)
	inner := func(v sec1) []byte { return mustDER(pkcs8{0, ecAlgorithm(P256), mustDER(v)}) }
	other, err := GenerateKey(rand.Reader, P256)
	if err != nil {
		t.Fatal(err)
	}
	point := other.Public().point()
	order := elliptic.P256().Params().N.Bytes()
	pkcs1 := x509.MarshalPKCS1PrivateKey(rsaKey.rsa)
	withAttributes := func(der []byte) []byte {
		var outer asn1.RawValue
		if _, err := asn1.Unmarshal(der, &outer); err != nil {
			t.Fatal(err)
		}
		attributes := unhex(t, "a00d300b0603551d0f3104030200"+"10")
		return mustDER(asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: append(bytes.Clone(outer.Bytes), attributes...)})
	}
	//lint:ignore SA1019 a key of the deprecated kind is what must be refused
	multi, err := rsa.GenerateMultiPrimeKey(rand.Reader, 3, 2048)
	if err != nil {
		t.Fatal(err)
	}
	threePrimes, err := x509.MarshalPKCS8PrivateKey(multi)
	if err != nil {
		t.Fatal(err)
	}
	p := rsaKey.rsa.Primes[0].Bytes()
	wrongPrime := bytes.Clone(p)
	wrongPrime[len(p)-1] ^= 2
	const form = ", wanted a PKCS#8 PrivateKeyInfo in minimal DER"
	for _, tt := range []struct {
		name       string
		der        []byte
		code, want string
	}{
		{"empty", nil, "form", "found 0 bytes without DER structure" + form},
		{"text", []byte("secret"), "form", "found 6 bytes without DER structure" + form},
		{"PKCS#1", pkcs1, "form", "found an RSAPrivateKey (PKCS#1) without PKCS#8 around it" + form},
		{"SEC 1", mustDER(sec1{Version: 1, Scalar: ec.scalar()}), "form", "found an ECPrivateKey (SEC 1) without PKCS#8 around it" + form},
		{"public key", ec.Public().SPKI(), "form", "found a public key" + form},
		{"encrypted", mustDER(struct {
			A algorithm
			B []byte
		}{algorithm{OID: oidRSA}, []byte("x")}), "form", "found PKCS#8 encrypted with a password" + form},
		{"integer", mustDER(5), "form", "found no DER structure" + form},
		{"no element", mustDER(struct{}{}), "form", "found other DER" + form},
		{"booleans", mustDER([]bool{true, false}), "form", "found other DER" + form},
		{"no key", mustDER(struct {
			V int
			A algorithm
		}{0, ecAlgorithm(P256)}), "form", "found damaged PKCS#8" + form},
		{"version 1", mustDER(pkcs8{1, ecAlgorithm(P256), nil}), "version", "found version 1, wanted PKCS#8 version 0 (RFC 5208)"},
		{"Ed25519", mustDER(pkcs8{0, algorithm{OID: oidEd25519}, make([]byte, 34)}), "algorithm", "found an Ed25519 key, wanted an RSA or EC key"},
		{"8 zeros", append(ec.PKCS8(), make([]byte, 8)...), "trailing", "found 8 bytes after it" + form + " and nothing else"},
		{"attributes", withAttributes(ec.PKCS8()), "attributes", "found 15 bytes of attributes" + form + " without attributes"},
		{"RSA attributes", withAttributes(rsaKey.PKCS8()), "attributes", "found 15 bytes of attributes" + form + " without attributes"},
		{"scalar short", inner(sec1{Version: 1, Scalar: ec.scalar()[1:]}), "scalar", "found a scalar of 31 bytes, wanted 32 bytes"},
		{"scalar zero", inner(sec1{Version: 1, Scalar: make([]byte, 32)}), "scalar", "found one outside, wanted a number from 1 to the order of P-256 less one"},
		{"scalar = order", inner(sec1{Version: 1, Scalar: order}), "scalar", "found one outside, wanted a number from 1 to the order of P-256 less one"},
		{"k scalar zero", edit(t, k.pkcs8Bare(), k.scalar(), make([]byte, 32)), "scalar", "found one outside, wanted a number from 1 to the order of P-256K less one"},
		{"k scalar high", edit(t, k.pkcs8Bare(), k.scalar(), bytes.Repeat([]byte{0xff}, 32)), "scalar", "found one outside, wanted a number from 1 to the order of P-256K less one"},
		{"inner version", inner(sec1{Version: 2, Scalar: ec.scalar()}), "der", "found other DER inside the PKCS#8, wanted an ECPrivateKey of version 1 (RFC 5915)"},
		{"inner garbage", mustDER(pkcs8{0, ecAlgorithm(P256), []byte("x")}), "der", "found other DER inside the PKCS#8, wanted an ECPrivateKey of version 1 (RFC 5915)"},
		{"two curves", inner(sec1{Version: 1, Scalar: ec.scalar(), Curve: P384.info().oid}), "curve", "found two different curves in one key, wanted one curve"},
		{"no curve", mustDER(pkcs8{0, algorithm{oidEC, asn1.NullRawValue}, nil}), "curve", "found no named curve, wanted a named curve P-256, P-384, P-521 or P-256K"},
		{"other public key", inner(sec1{Version: 1, Scalar: ec.scalar(), PublicKey: asn1.BitString{Bytes: point, BitLength: 8 * len(point)}}), "mismatch", "found another public key inside it, wanted the public key of this private key"},
		{"inner trailing", mustDER(pkcs8{0, ecAlgorithm(P256), append(mustDER(sec1{Version: 1, Scalar: ec.scalar()}), 0)}), "der", "found other DER inside the PKCS#8, wanted an ECPrivateKey of version 1 (RFC 5915)"},
		{"BER", nonMinimal(rsaKey.PKCS8()), "form", "found 1218 bytes without DER structure" + form},
		{"wrong prime", edit(t, rsaKey.PKCS8(), p, wrongPrime), "numbers", "found one that does not hold, wanted an RSAPrivateKey with numbers that agree"},
		{"no NULL", mustDER(pkcs8{0, algorithm{OID: oidRSA}, pkcs1}), "der", "found another encoding of the key" + form},
		{"three primes", threePrimes, "primes", "found 3 primes, wanted two"},
	} {
		key, _, err := ParsePKCS8(tt.der)
		var fe *FormatError
		if !errors.As(err, &fe) || fe.Code != tt.code || fe.Error() != "private key: "+tt.want || key != nil {
			t.Errorf("%s:\n got %v\nwant %s: %q", tt.name, err, tt.code, "private key: "+tt.want)
		}
	}
}

func TestParsePlaintext(t *testing.T) {
	for _, typ := range KeyTypes() {
		key := testKey(t, typ)
		again, zeros, err := ParsePlaintext(typ.Kind(), key.Plaintext())
		if err != nil || zeros != 0 || again.Type() != typ || !bytes.Equal(again.Plaintext(), key.Plaintext()) {
			t.Errorf("%s: %v", typ, err)
		}
	}
	const want = "private key: found an EC key, wanted an RSA key"
	if _, _, err := ParsePlaintext(KindRSA, testKey(t, P256).PKCS8()); err == nil || err.Error() != want {
		t.Errorf("EC for RSA: %v, want %q", err, want)
	}
	const short = "private key: found an AES key of 17 bytes, wanted 16, 24 or 32 bytes"
	if _, _, err := ParsePlaintext(KindAES, make([]byte, 17)); err == nil || err.Error() != short {
		t.Errorf("AES of 17 bytes: %v, want %q", err, short)
	}
}

func TestPrivateKeyForms(t *testing.T) {
	for _, typ := range KeyTypes() {
		key := testKey(t, typ)
		isAES := typ.Kind() == KindAES
		if (key.Public() == nil) != isAES || (key.AES() != nil) != isAES || (key.PKCS8() == nil) != isAES {
			t.Errorf("%s: public half, raw bytes or PKCS#8 do not go with the type", typ)
		}
		if key.Crypto() == nil {
			t.Errorf("%s: no key", typ)
		}
	}
	aes := testKey(t, AES256)
	aes.AES()[0] ^= 1
	if aes.AES()[0] == aes.AES()[0]^1 || !bytes.Equal(aes.AES(), aes.Plaintext()) {
		t.Error("AES gives access to the inside")
	}
}

func TestGenerate(t *testing.T) {
	for _, typ := range KeyTypes() {
		if typ == RSA3072 || typ == RSA4096 {
			continue // slow, and no other code
		}
		key, err := GenerateKey(rand.Reader, typ)
		if err != nil || key.Type() != typ {
			t.Errorf("%s: %v", typ, err)
			continue
		}
		other, err := GenerateKey(rand.Reader, typ)
		if err != nil || bytes.Equal(key.Plaintext(), other.Plaintext()) {
			t.Errorf("%s: twice the same key, or %v", typ, err)
		}
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestGenerateRefuses(t *testing.T) {
	if _, err := GenerateKey(brokenReader{}, AES128); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a broken random source: %v", err)
	}
	const want = `key type: found "DES", wanted one of RSA-2048, RSA-3072, RSA-4096, P-256, P-384, P-521, P-256K, AES-128, AES-192, AES-256`
	if _, err := GenerateKey(rand.Reader, "DES"); err == nil || err.Error() != want {
		t.Errorf("DES: %v, want %q", err, want)
	}
	p224, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	contradiction := *testKey(t, RSA2048).rsa
	contradiction.D = big.NewInt(3)
	for _, tt := range []struct {
		key  any
		want string
	}{
		{p224, "private key: found another curve, wanted P-256, P-384, P-521 or P-256K"},
		{"secret", "private key: found a string, wanted an RSA or EC key"},
		{&rsa.PrivateKey{}, "private key: found 0 primes, wanted two"},
		{&secp256k1.PrivateKey{}, "private key: found zero, wanted a number from 1 to the order of P-256K less one"},
		{&contradiction, "private key: found numbers that contradict each other, wanted numbers of one RSA key"},
	} {
		if _, err := NewPrivateKey(tt.key); err == nil || err.Error() != tt.want {
			t.Errorf("%T: %v, want %q", tt.key, err, tt.want)
		}
	}
}
