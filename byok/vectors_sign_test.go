package byok

import (
	"bytes"
	"crypto"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"math/big"
	"testing"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/keyceremony/ceremony/vectors"
)

type signFile struct {
	TestGroups []struct {
		Sha   string
		Key   hexBytes `json:"publicKeyDer"`
		PEM   string   `json:"publicKeyPem"`
		Tests []struct {
			TcID            int
			Comment, Result string
			Msg, Sig        hexBytes
		}
	}
}

// TestWycheproofSignatures: DER signatures are turned into r‖s first, strictly;
// where that fails, the signature counts as refused. The one "acceptable" RSA
// vector lacks the NULL of RFC 8017, A.2.4 and is refused.
func TestWycheproofSignatures(t *testing.T) {
	for _, tt := range []struct {
		name string
		der  bool
		want tally
	}{
		{"ecdsa_secp256r1_sha256_p1363_test", false, tally{"valid": 173, "invalid": 89}},
		{"ecdsa_secp256r1_sha256_test", true, tally{"valid": 174, "invalid": 310}},
		{"ecdsa_secp256r1_sha512_test", true, tally{"valid": 243, "invalid": 311}},
		{"ecdsa_secp384r1_sha512_test", true, tally{"valid": 231, "invalid": 311}},
		{"rsa_signature_2048_sha512_test", false, tally{"valid": 8, "invalid": 250, "acceptable": 1}},
		{"rsa_signature_3072_sha512_test", false, tally{"valid": 8, "invalid": 251, "acceptable": 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			count := tally{}
			for _, g := range parseJSON[signFile](t, vectors.Read(t, "vectors/wycheproof/"+tt.name+".json")).TestGroups {
				key, err := ParseSPKI(g.Key)
				if err != nil {
					t.Fatal(err)
				}
				for _, v := range g.Tests {
					count[v.Result]++
					sum := hashSum(g.Sha, v.Msg)
					sig := []byte(v.Sig)
					if tt.der {
						sig = rawSignature(sig, key.Type().size())
					}
					if err := key.Verify(g.Sha, sum, sig); (err == nil) != (v.Result == "valid") {
						t.Errorf("%d %s, %s: %v", v.TcID, v.Comment, v.Result, err)
					} else if err != nil && !errors.Is(err, ErrSignature) {
						t.Errorf("%d %s: %v, want ErrSignature", v.TcID, v.Comment, err)
					}
				}
			}
			count.check(t, tt.want)
		})
	}
}

func hashSum(name string, msg []byte) []byte {
	h := oaepHashes[name].New()
	h.Write(msg)
	return h.Sum(nil)
}

// rawSignature turns strict DER into r‖s, nil if it is none.
func rawSignature(der []byte, size int) []byte {
	var sig signature
	rest, err := asn1.Unmarshal(der, &sig)
	if err != nil || len(rest) > 0 || !bytes.Equal(mustDER(sig), der) {
		return nil
	}
	if sig.R.Sign() < 0 || sig.S.Sign() < 0 || sig.R.BitLen() > 8*size || sig.S.BitLen() > 8*size {
		return nil
	}
	out := make([]byte, 2*size)
	sig.R.FillBytes(out[:size])
	sig.S.FillBytes(out[size:])
	return out
}

func TestWycheproofCMAC(t *testing.T) {
	count := tally{}
	f := parseJSON[struct {
		TestGroups []struct {
			KeySize int
			Tests   []struct {
				TcID          int
				Key, Msg, Tag hexBytes
				Result        string
			}
		}
	}](t, vectors.Read(t, "vectors/wycheproof/aes_cmac_test.json"))
	for _, g := range f.TestGroups {
		for _, v := range g.Tests {
			count[v.Result]++
			mac, err := CMAC(v.Key, v.Msg)
			if same := err == nil && bytes.Equal(mac[:], v.Tag); same != (v.Result == "valid") {
				t.Errorf("%d: %x, %v, tag %x is %s", v.TcID, mac, err, v.Tag, v.Result)
			}
			if sized := g.KeySize == 128 || g.KeySize == 192 || g.KeySize == 256; sized != (err == nil) {
				t.Errorf("%d: key of %d bits: %v", v.TcID, g.KeySize, err)
			}
		}
	}
	count.check(t, tally{"valid": 63, "invalid": 248})
}

// TestRFC4493 needs no folder of vectors.
func TestRFC4493(t *testing.T) {
	key := unhex(t, "2b7e151628aed2a6abf7158809cf4f3c")
	msg := unhex(t, "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710")
	for n, want := range map[int]string{
		0: "bb1d6929e95937287fa37d129b756746", 16: "070a16b46b4d4144f79bdd9dd04a287c",
		40: "dfa66747de9ae63030ca32611497c827", 64: "51f0bebf7e3b9d92fc49741779363cfe",
	} {
		if mac, err := CMAC(key, msg[:n]); err != nil || hex.EncodeToString(mac[:]) != want {
			t.Errorf("CMAC of %d bytes = %x, %v, want %s", n, mac, err, want)
		}
	}
	if _, err := CMAC(key[1:], msg); err == nil || err.Error() != "found an AES key of 15 bytes, wanted 16, 24 or 32" {
		t.Errorf("CMAC with a short key: %v", err)
	}
}

func TestSignAndVerify(t *testing.T) {
	for _, typ := range KeyTypes() {
		if typ.Kind() == KindAES {
			continue
		}
		t.Run(string(typ), func(t *testing.T) {
			key := testKey(t, typ)
			for _, hash := range []string{"SHA-256", "SHA-384", "SHA-512"} {
				sum := hashSum(hash, []byte("message"))
				sig, err := key.Sign(hash, sum)
				if err != nil {
					t.Fatal(err)
				}
				if typ.Kind() == KindEC && len(sig) != 2*typ.size() {
					t.Errorf("%d bytes of signature, want %d", len(sig), 2*typ.size())
				}
				if err := key.Public().Verify(hash, sum, sig); err != nil {
					t.Errorf("%s: %v", hash, err)
				}
				refuseDamage(t, key.Public(), hash, sum, sig)
			}
		})
	}
}

func refuseDamage(t *testing.T, key *PublicKey, hash string, sum, sig []byte) {
	t.Helper()
	flip := func(b []byte, i int) []byte {
		c := bytes.Clone(b)
		c[i] ^= 1
		return c
	}
	for name, wrong := range map[string][2][]byte{
		"other digest": {flip(sum, 0), sig},
		"r":            {sum, flip(sig, len(sig)/2-1)},
		"s":            {sum, flip(sig, len(sig)-1)},
		"short":        {sum, sig[:len(sig)-1]},
		"long":         {sum, append(bytes.Clone(sig), 0)},
		"zero":         {sum, make([]byte, len(sig))},
		"all ones":     {sum, bytes.Repeat([]byte{0xff}, len(sig))},
		"empty":        {sum, nil},
	} {
		if err := key.Verify(hash, wrong[0], wrong[1]); !errors.Is(err, ErrSignature) {
			t.Errorf("%s: %v, want ErrSignature", name, err)
		}
	}
}

func TestSignRefuses(t *testing.T) {
	key := testKey(t, P256)
	for _, tt := range []struct {
		hash string
		n    int
		want string
	}{
		{"SHA-1", 20, `found hash "SHA-1", wanted SHA-256, SHA-384 or SHA-512`},
		{"sha-256", 32, `found hash "sha-256", wanted SHA-256, SHA-384 or SHA-512`},
		{"SHA-256", 31, "found a digest of 31 bytes, wanted 32 for SHA-256"},
		{"SHA-512", 32, "found a digest of 32 bytes, wanted 64 for SHA-512"},
	} {
		if _, err := key.Sign(tt.hash, make([]byte, tt.n)); err == nil || err.Error() != tt.want {
			t.Errorf("Sign(%s, %d bytes): %v, want %q", tt.hash, tt.n, err, tt.want)
		}
		if err := key.Public().Verify(tt.hash, make([]byte, tt.n), nil); err == nil || err.Error() != tt.want {
			t.Errorf("Verify(%s, %d bytes): %v, want %q", tt.hash, tt.n, err, tt.want)
		}
	}
	const want = "private key: found AES-128, wanted an RSA or EC key"
	if _, err := testKey(t, AES128).Sign("SHA-256", make([]byte, 32)); err == nil || err.Error() != want {
		t.Errorf("AES signs: %v, want %q", err, want)
	}
}

// TestP256KHighS: HSMs do not care for the low s that Bitcoin wants.
func TestP256KHighS(t *testing.T) {
	key := testKey(t, P256K)
	sum := hashSum("SHA-256", []byte("message"))
	sig, err := key.Sign("SHA-256", sum)
	if err != nil {
		t.Fatal(err)
	}
	s := key.k.Key // any scalar of the type
	if s.SetByteSlice(sig[32:]) {
		t.Fatal("s overflows")
	}
	s.Negate()
	b := s.Bytes()
	high := append(bytes.Clone(sig[:32]), b[:]...)
	if err := key.Public().Verify("SHA-256", sum, changed(t, sig, high)); err != nil {
		t.Errorf("a high s, which FIPS 186-5 allows, is refused: %v", err)
	}
}

// TestP256KOverflow makes a digest whose signature has s = 1, and refuses the
// same with s = order + 1, which is equal modulo the order.
func TestP256KOverflow(t *testing.T) {
	key := testKey(t, P256K)
	var point secp256k1.JacobianPoint
	var nonce, r, z, s secp256k1.ModNScalar
	nonce.SetInt(12345)
	s.SetInt(1)
	secp256k1.ScalarBaseMultNonConst(&nonce, &point)
	point.ToAffine()
	x := point.X.Bytes()
	r.SetByteSlice(x[:])
	z.Set(&key.k.Key).Mul(&r).Negate().Add(&nonce) // z = nonce·s - r·d
	sum, rb, one := z.Bytes(), r.Bytes(), s.Bytes()
	if err := key.Public().Verify("SHA-256", sum[:], append(rb[:], one[:]...)); err != nil {
		t.Fatalf("the signature with s = 1: %v", err)
	}
	high := new(big.Int).Add(secp256k1.Params().N, big.NewInt(1)).Bytes()
	if err := key.Public().Verify("SHA-256", sum[:], append(rb[:], high...)); !errors.Is(err, ErrSignature) {
		t.Errorf("the signature with s = order + 1: %v", err)
	}
}

func TestHashesAreLinked(t *testing.T) {
	for name, h := range oaepHashes {
		if !h.Available() {
			t.Errorf("%s is not linked", name)
		}
	}
	if err := checkHash(crypto.MD5); err == nil || err.Error() != "found hash number 2 for OAEP, wanted SHA-1, SHA-256, SHA-384 or SHA-512" {
		t.Errorf("MD5: %v", err)
	}
}
