package byok

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"os"
	"sync"
	"testing"
)

// hexBytes is hex in a vector file.
type hexBytes []byte

func (h *hexBytes) UnmarshalText(text []byte) error {
	b, err := hex.DecodeString(string(text))
	*h = b
	return err
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func parseJSON[T any](t testing.TB, b []byte) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// tally counts vectors by outcome, so that none vanishes silently.
type tally map[string]int

func (c tally) check(t *testing.T, want tally) {
	t.Helper()
	t.Logf("vectors: %v", c)
	for k, n := range want {
		if c[k] != n {
			t.Errorf("%d vectors %s, want %d", c[k], k, n)
		}
	}
	for k, n := range c {
		if _, ok := want[k]; !ok {
			t.Errorf("%d vectors %s, want none", n, k)
		}
	}
}

// composite is testdata/ckm_rsa_aes_key_wrap_sha1_own.json.
type composite struct {
	TestGroups []struct {
		KEKBits int
		KEK     hexBytes `json:"kekPrivateKeyPkcs8"`
		Tests   []struct {
			TcID            int
			Comment, Result string
			Blob, Plain     hexBytes
		}
	}
}

var loadComposite = sync.OnceValue(func() composite {
	b, err := os.ReadFile("testdata/ckm_rsa_aes_key_wrap_sha1_own.json")
	if err != nil {
		panic(err)
	}
	var c composite
	if err := json.Unmarshal(b, &c); err != nil {
		panic(err)
	}
	return c
})

// testRSA parses any RSA key, other than the ones that ParsePKCS8 takes too.
func testRSA(t testing.TB, der []byte) *rsa.PrivateKey {
	t.Helper()
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		t.Fatal(err)
	}
	return key.(*rsa.PrivateKey)
}

// testKEK returns a KEK of 2048, 3072 or 4096 bits and its private half, out
// of the published vectors: making RSA keys is slow.
func testKEK(t testing.TB, bits int) (*KEK, *rsa.PrivateKey) {
	t.Helper()
	for _, g := range loadComposite().TestGroups {
		if g.KEKBits != bits {
			continue
		}
		key := testRSA(t, g.KEK)
		kek, err := NewKEK(&key.PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		return kek, key
	}
	t.Fatalf("no KEK of %d bits", bits)
	return nil, nil
}

var keys sync.Map

// testKey returns a target key: RSA out of the vectors, others fresh, one of
// each type for a run of the tests.
func testKey(t testing.TB, typ KeyType) *PrivateKey {
	t.Helper()
	if k, ok := keys.Load(typ); ok {
		return k.(*PrivateKey)
	}
	key, err := makeKey(typ)
	if err != nil {
		t.Fatal(err)
	}
	k, _ := keys.LoadOrStore(typ, key)
	return k.(*PrivateKey)
}

func makeKey(typ KeyType) (*PrivateKey, error) {
	for _, v := range loadComposite().TestGroups[0].Tests {
		if v.Comment == string(typ)+" PKCS#8" {
			key, _, err := ParsePKCS8(v.Plain)
			return key, err
		}
	}
	return GenerateKey(randReader{}, typ)
}

const testKID = "https://contoso.vault.azure.net/keys/kek-1/0123456789abcdef0123456789abcdef"

// changed returns the edited bytes and fails the test if the edit did nothing.
func changed(t testing.TB, before, after []byte) []byte {
	t.Helper()
	if string(before) == string(after) {
		t.Fatal("the edit changed nothing")
	}
	return after
}
