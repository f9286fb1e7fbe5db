package byok

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/json"
	"math/big"
	"testing"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
)

func asymmetric() []KeyType {
	return []KeyType{RSA2048, RSA3072, RSA4096, P256, P384, P521, P256K}
}

func TestPublicKey(t *testing.T) {
	for _, typ := range asymmetric() {
		key := testKey(t, typ).Public()
		if key.Type() != typ {
			t.Errorf("%s: type %s", typ, key.Type())
		}
		again, err := ParsePublicKey(key.PEM())
		if err != nil || !again.Equal(key) || !bytes.Equal(again.SPKI(), key.SPKI()) || again.SHA256() != key.SHA256() {
			t.Errorf("%s: another key was read: %v", typ, err)
		}
		b, err := json.Marshal(struct{ Key *PublicKey }{key})
		if err != nil {
			t.Fatal(err)
		}
		var r struct{ Key *PublicKey }
		if err := json.Unmarshal(b, &r); err != nil || !r.Key.Equal(key) {
			t.Errorf("%s: JSON gave another key: %v", typ, err)
		}
		if typ == P256K {
			if _, ok := key.Crypto().(*secp256k1.PublicKey); !ok {
				t.Errorf("Crypto() is a %T", key.Crypto())
			}
			continue
		}
		want, err := x509.MarshalPKIXPublicKey(key.Crypto())
		if err != nil || !bytes.Equal(want, key.SPKI()) {
			t.Errorf("%s: crypto/x509 writes another SubjectPublicKeyInfo: %v", typ, err)
		}
	}
}

func TestPublicKeyFromNumbers(t *testing.T) {
	for _, typ := range asymmetric() {
		key := testKey(t, typ).Public()
		var again *PublicKey
		var err error
		switch pub := key.Crypto().(type) {
		case *rsa.PublicKey:
			again, err = NewRSAPublicKey(pub.N, pub.E)
		default:
			point, half := key.point()[1:], typ.size()
			again, err = NewECPublicKey(typ, new(big.Int).SetBytes(point[:half]), new(big.Int).SetBytes(point[half:]))
		}
		if err != nil || !again.Equal(key) {
			t.Errorf("%s: %v", typ, err)
		}
	}
}

func TestPublicKeyEqual(t *testing.T) {
	a, b := testKey(t, P256).Public(), testKey(t, P256K).Public()
	if a.Equal(b) || a.Equal(nil) || (*PublicKey)(nil).Equal(nil) || (&PublicKey{}).Equal(&PublicKey{}) {
		t.Error("different keys, or none, are equal")
	}
	if _, err := json.Marshal(&PublicKey{}); err == nil {
		t.Error("a key that is none was written")
	}
	var k PublicKey
	if err := json.Unmarshal([]byte(`""`), &k); err == nil {
		t.Error("a key was read from an empty text")
	}
}

func TestEncryptOAEP(t *testing.T) {
	key := testKey(t, RSA2048)
	for _, hash := range []crypto.Hash{crypto.SHA1, crypto.SHA256, crypto.SHA384, crypto.SHA512} {
		ct, err := key.Public().EncryptOAEP(randReader{}, hash, []byte("challenge"))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := key.DecryptOAEP(hash, ct); err != nil || string(got) != "challenge" {
			t.Errorf("%v: %q, %v", hash, got, err)
		}
	}
	const want = "found P-256, wanted an RSA key"
	if _, err := testKey(t, P256).Public().EncryptOAEP(randReader{}, crypto.SHA1, nil); err == nil || err.Error() != "public key: "+want {
		t.Errorf("EC encrypts: %v", err)
	}
	if _, err := testKey(t, P256).DecryptOAEP(crypto.SHA1, nil); err == nil || err.Error() != "private key: "+want {
		t.Errorf("EC decrypts: %v", err)
	}
	if _, err := key.Public().EncryptOAEP(randReader{}, crypto.MD5, nil); err == nil {
		t.Error("MD5 was taken")
	}
	if _, err := key.DecryptOAEP(crypto.MD5, nil); err == nil {
		t.Error("MD5 was taken")
	}
	if _, err := key.Public().EncryptOAEP(randReader{}, crypto.SHA1, make([]byte, 300)); err == nil {
		t.Error("a message longer than the modulus was encrypted")
	}
}

// ecSPKI encodes any bytes as the point of a curve.
func ecSPKI(oid asn1.ObjectIdentifier, point []byte) []byte {
	return spkiOf(oidEC, asn1.RawValue{FullBytes: mustDER(oid)}, point)
}

func TestParsePublicKeyRefuses(t *testing.T) {
	rsaKey := testKey(t, RSA2048).Public()
	n := rsaKey.rsa.N
	parse := func(b []byte) error { _, err := ParsePublicKey(b); return err }
	p256, k1 := P256.info().oid, P256K.info().oid
	point, kpoint := testKey(t, P256).Public().point(), testKey(t, P256K).Public().point()
	off := append(bytes.Clone(point[:64]), point[64]^1)
	hybrid := append([]byte{6 | kpoint[64]&1}, kpoint[1:]...)
	short := append([]byte{2 | point[64]&1}, point[1:33]...)
	const wantPoint = "wanted an uncompressed point of 65 bytes"
	block := func(der []byte) []byte { return pemOf(pemPublic, der) }
	damages := append(textDamages(rsaKey.PEM(), rsaKey.SPKI(), testKey(t, P384).PKCS8()), []damage{
		{"1024 bits", block(rsaSPKI(new(big.Int).Rsh(n, 1024), big.NewInt(3))), "size", "found 1024 bits, wanted 2048, 3072 or 4096"},
		{"even n", block(rsaSPKI(new(big.Int).Sub(n, big.NewInt(1)), big.NewInt(3))), "modulus", "found an even one, wanted an odd modulus"},
		{"e = 1", block(rsaSPKI(n, big.NewInt(1))), "exponent", "found e = 1, wanted an odd exponent from 3 to 2^31-1"},
		{"e even", block(rsaSPKI(n, big.NewInt(65536))), "exponent", "found e = 65536, wanted an odd exponent from 3 to 2^31-1"},
		{"e negative", block(rsaSPKI(n, big.NewInt(-3))), "exponent", "found e = -3, wanted an odd exponent from 3 to 2^31-1"},
		{"e of 32 bits", block(rsaSPKI(n, big.NewInt(1<<31+1))), "exponent", "found e = 2147483649, wanted an odd exponent from 3 to 2^31-1"},
		{"e long", block(rsaSPKI(n, n)), "exponent", "found e = a number of 2048 bits, wanted an odd exponent from 3 to 2^31-1"},
		{"PSS", block(spkiOf(oidPSS, asn1.NullRawValue, []byte{0})), "algorithm", "found an RSA key restricted to PSS (id-RSASSA-PSS), wanted an RSA or EC key"},
		{"no curve", block(spkiOf(oidEC, asn1.NullRawValue, point)), "curve", "found no named curve, wanted a named curve P-256, P-384, P-521 or P-256K"},
		{"P-224", block(ecSPKI(asn1.ObjectIdentifier{1, 3, 132, 0, 33}, point)), "curve", "found curve 1.3.132.0.33, wanted a named curve P-256, P-384, P-521 or P-256K"},
		{"off the curve", block(ecSPKI(p256, off)), "point", "found one that is not on the curve, wanted a point on P-256"},
		{"of another curve", block(ecSPKI(k1, point)), "point", "found one that is not on the curve, wanted a point on P-256K"},
		{"compressed", block(ecSPKI(p256, short)), "point", "found a compressed point, wanted an uncompressed point"},
		{"hybrid", block(ecSPKI(k1, hybrid)), "point", "found 65 bytes, " + wantPoint},
		{"infinity", block(ecSPKI(p256, []byte{0})), "point", "found 1 byte, " + wantPoint},
		{"empty point", block(ecSPKI(p256, nil)), "point", "found 0 bytes, " + wantPoint},
		{"extra element", block(extraElement(rsaKey.SPKI())), "der", "found another encoding of it, wanted the minimal DER of this key"},
	}...)
	checkDamages(t, whatPublic, rsaKey.PEM(), parse, damages)
}

func TestNewPublicKeyRefuses(t *testing.T) {
	x, y := big.NewInt(1), big.NewInt(2)
	for _, tt := range []struct {
		name string
		call func() (*PublicKey, error)
		want string
	}{
		{"RSA as EC", func() (*PublicKey, error) { return NewECPublicKey(RSA2048, x, y) }, `public key: found "RSA-2048", wanted P-256, P-384, P-521 or P-256K`},
		{"nil", func() (*PublicKey, error) { return NewECPublicKey(P256, nil, y) }, "public key: found another one, wanted coordinates of up to 32 bytes"},
		{"negative", func() (*PublicKey, error) { return NewECPublicKey(P256, x, big.NewInt(-2)) }, "public key: found another one, wanted coordinates of up to 32 bytes"},
		{"long", func() (*PublicKey, error) { return NewECPublicKey(P256K, new(big.Int).Lsh(x, 256), y) }, "public key: found another one, wanted coordinates of up to 32 bytes"},
		{"off", func() (*PublicKey, error) { return NewECPublicKey(P521, x, y) }, "public key: found one that is not on the curve, wanted a point on P-521"},
		{"off k", func() (*PublicKey, error) { return NewECPublicKey(P256K, x, y) }, "public key: found one that is not on the curve, wanted a point on P-256K"},
		{"nil n", func() (*PublicKey, error) { return NewRSAPublicKey(nil, 3) }, "public key: found 0 bits, wanted 2048, 3072 or 4096"},
	} {
		if _, err := tt.call(); err == nil || err.Error() != tt.want {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
	if _, ok := testKey(t, P256).Public().Crypto().(*ecdsa.PublicKey); !ok {
		t.Error("Crypto() of P-256 is no *ecdsa.PublicKey")
	}
}
