package byok

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"math/big"
	"os"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/vectors"
)

// randReader is the system's random source.
type randReader struct{}

func (randReader) Read(b []byte) (int, error) { return rand.Read(b) }

type oaepFile struct {
	TestGroups []struct {
		KeySize     int
		Sha, MgfSha string
		Key         hexBytes `json:"privateKeyPkcs8"`
		Tests       []struct {
			TcID            int
			Comment, Result string
			Msg, Ct, Label  hexBytes
		}
	}
}

var oaepHashes = map[string]crypto.Hash{
	"SHA-1": crypto.SHA1, "SHA-256": crypto.SHA256, "SHA-384": crypto.SHA384, "SHA-512": crypto.SHA512,
}

// runOAEP decrypts every vector that our parameters can say: one hash for
// OAEP and MGF1, no label. Vectors with a label must fail; those with two
// hashes are counted as foreign.
func runOAEP(t *testing.T, file []byte) tally {
	t.Helper()
	count := tally{}
	for _, g := range parseJSON[oaepFile](t, file).TestGroups {
		hash, ok := oaepHashes[g.Sha]
		if !ok || g.Sha != g.MgfSha {
			count["foreign"] += len(g.Tests)
			continue
		}
		key := testRSA(t, g.Key)
		for _, v := range g.Tests {
			kind := v.Result
			if len(v.Label) > 0 {
				kind = "with label"
			}
			count[kind]++
			got, err := decryptOAEP(key, hash, v.Ct)
			switch {
			case kind == "valid" && (err != nil || !bytes.Equal(got, v.Msg)):
				t.Errorf("%d %s: %x, %v, want %x", v.TcID, v.Comment, got, err, v.Msg)
			case kind != "valid" && (!errors.Is(err, ErrUnwrap) || got != nil):
				t.Errorf("%d %s: %x, %v, want ErrUnwrap", v.TcID, v.Comment, got, err)
			}
		}
	}
	return count
}

func TestWycheproofOAEP(t *testing.T) {
	plain := tally{"valid": 10, "invalid": 19, "with label": 7}
	sha256 := tally{"valid": 10, "invalid": 19, "with label": 8}
	for _, tt := range []struct {
		name string
		want tally
	}{
		{"rsa_oaep_2048_sha1_mgf1sha1_test", plain},
		{"rsa_three_primes_oaep_2048_sha1_mgf1sha1_test", plain},
		{"rsa_oaep_2048_sha256_mgf1sha256_test", sha256},
		{"rsa_oaep_3072_sha256_mgf1sha256_test", sha256},
		{"rsa_oaep_4096_sha256_mgf1sha256_test", sha256},
		{"rsa_oaep_2048_sha256_mgf1sha1_test", tally{"foreign": 31}},
		{"rsa_oaep_3072_sha256_mgf1sha1_test", tally{"foreign": 32}},
		{"rsa_oaep_4096_sha256_mgf1sha1_test", tally{"foreign": 32}},
		{"rsa_oaep_misc_test", tally{"valid": 63, "with label": 20, "foreign": 312}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			runOAEP(t, vectors.Read(t, "vectors/wycheproof/"+tt.name+".json")).check(t, tt.want)
		})
	}
}

func TestOwnOAEP(t *testing.T) {
	file, err := os.ReadFile("testdata/rsa_oaep_sha1_mgf1sha1_2048_3072_4096_own.json")
	if err != nil {
		t.Fatal(err)
	}
	runOAEP(t, file).check(t, tally{"valid": 24, "invalid": 60})
}

// TestRSALabsOAEP runs the vectors of PKCS#1 v2.1, which fix the seed: so the
// direction that we use in earnest is compared byte by byte.
func TestRSALabsOAEP(t *testing.T) {
	count := tally{}
	for line := range strings.Lines(string(vectors.Read(t, "vectors/tf-psa/test_suite_pkcs1_v21.data"))) {
		f := strings.Split(strings.TrimSpace(line), ":")
		arg := func(i int) []byte { return unhex(t, strings.Trim(f[i], `"`)) }
		number := func(i int) *big.Int { return new(big.Int).SetBytes(arg(i)) }
		switch f[0] {
		case "pkcs1_rsaes_oaep_encrypt":
			count[f[0]]++
			pub := &rsa.PublicKey{N: number(2), E: int(number(3).Int64())}
			got, err := encryptOAEP(bytes.NewReader(arg(6)), pub, crypto.SHA1, arg(5))
			if f[8] != "0" {
				if err == nil {
					t.Errorf("a message of %d bytes was encrypted", len(arg(5)))
				}
			} else if err != nil || !bytes.Equal(got, arg(7)) {
				t.Errorf("encrypt = %x, %v, want %x", got, err, arg(7))
			}
		case "pkcs1_rsaes_oaep_decrypt":
			count[f[0]]++
			key := rsaFromPrimes(t, number(2), number(3), number(5))
			got, err := decryptOAEP(key, crypto.SHA1, arg(9))
			if err != nil || !bytes.Equal(got, arg(7)) || f[10] != "0" {
				t.Errorf("decrypt = %x, %v, want %x", got, err, arg(7))
			}
		}
	}
	count.check(t, tally{"pkcs1_rsaes_oaep_encrypt": 64, "pkcs1_rsaes_oaep_decrypt": 62})
}

func rsaFromPrimes(t *testing.T, p, q, e *big.Int) *rsa.PrivateKey {
	t.Helper()
	one := big.NewInt(1)
	phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
	key := &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: int(e.Int64())},
		D:         new(big.Int).ModInverse(e, phi), Primes: []*big.Int{p, q},
	}
	key.Precompute()
	return key
}

func TestOwnComposite(t *testing.T) {
	count := tally{}
	for _, g := range loadComposite().TestGroups {
		kek, key := testKEK(t, g.KEKBits)
		for _, v := range g.Tests {
			count[v.Result]++
			got, err := Unwrap(key, crypto.SHA1, v.Blob)
			if v.Result != "valid" {
				if !errors.Is(err, ErrUnwrap) || got != nil {
					t.Errorf("%d %s: %d bytes, %v, want ErrUnwrap", v.TcID, v.Comment, len(got), err)
				}
				continue
			}
			if err != nil || !bytes.Equal(got, v.Plain) {
				t.Errorf("%d %s: %v", v.TcID, v.Comment, err)
			}
			again, err := Wrap(rand.Reader, kek, crypto.SHA1, v.Plain)
			if err != nil || len(again) != len(v.Blob) || bytes.Equal(again, v.Blob) {
				t.Errorf("%d %s: wrapped to %d bytes, %v, want other %d", v.TcID, v.Comment, len(again), err, len(v.Blob))
			}
		}
	}
	count.check(t, tally{"valid": 24, "invalid": 24})
}
