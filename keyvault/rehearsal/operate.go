package rehearsal

import (
	"slices"
	"strings"

	"github.com/keyceremony/ceremony/byok"
)

// opRequest is the body of every operation on data.
type opRequest struct {
	Alg    string `json:"alg"`
	Value  data   `json:"value"`
	Digest data   `json:"digest"` // of verify, whose value is the signature
	IV     data   `json:"iv"`
	Tag    data   `json:"tag"`
	AAD    data   `json:"aad"`
}

type opResult struct {
	KID   string `json:"kid"`
	Value data   `json:"value"`
	IV    data   `json:"iv,omitempty"`
	Tag   data   `json:"tag,omitempty"`
}

// operate performs sign, verify, encrypt, decrypt, wrapkey or unwrapkey with
// one version of a key.
func (s *Server) operate(c *call, path string) (any, error) {
	op, ok := map[string]string{
		"sign": "sign", "verify": "verify", "encrypt": "encrypt", "decrypt": "decrypt",
		"wrapkey": "wrapKey", "unwrapkey": "unwrapKey",
	}[path]
	if !ok {
		return nil, noRoute(c)
	}
	var req opRequest
	if err := c.read(&req); err != nil {
		return nil, err
	}
	k, err := s.Get(c.name, c.version)
	if err != nil {
		return nil, err
	}
	if err := s.usable(op, k); err != nil {
		return nil, err
	}
	key, err := material(k)
	if err != nil {
		return nil, err
	}
	return s.perform(op, k, key, req)
}

func (s *Server) perform(op string, k Key, key *byok.PrivateKey, req opRequest) (any, error) {
	if op == "verify" {
		valid, err := verify(key, req.Alg, req.Digest, req.Value)
		return map[string]any{"value": valid}, err
	}
	out := opResult{KID: s.kid(k)}
	var err error
	switch {
	case op == "sign":
		out.Value, err = sign(key, req.Alg, req.Value)
	case key.AES() != nil:
		err = s.symmetric(op, key.AES(), req, &out)
	default:
		out.Value, err = asymmetric(op, key, req)
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

func badAlgorithm(alg string) *fault {
	return badParameter("The algorithm %q is not valid for this key and operation.", alg)
}

// signing lists the algorithms of RFC 7518 section 3 that the service has,
// with the types of key for which each is.
var signing = map[string]struct {
	hash  string
	pss   bool
	types []byok.KeyType
}{
	"RS256":  {"SHA-256", false, rsaTypes},
	"RS384":  {"SHA-384", false, rsaTypes},
	"RS512":  {"SHA-512", false, rsaTypes},
	"PS256":  {"SHA-256", true, rsaTypes},
	"PS384":  {"SHA-384", true, rsaTypes},
	"PS512":  {"SHA-512", true, rsaTypes},
	"ES256":  {"SHA-256", false, []byok.KeyType{byok.P256}},
	"ES384":  {"SHA-384", false, []byok.KeyType{byok.P384}},
	"ES512":  {"SHA-512", false, []byok.KeyType{byok.P521}},
	"ES256K": {"SHA-256", false, []byok.KeyType{byok.P256K}},
}

var rsaTypes = []byok.KeyType{byok.RSA2048, byok.RSA3072, byok.RSA4096}

// sizes of a digest and of symmetric keys, in bytes.
var digestSize = map[string]int{"SHA-256": 32, "SHA-384": 48, "SHA-512": 64}

// checkSigning tells the hash of alg, if alg, key and digest go together.
func checkSigning(key *byok.PrivateKey, alg string, digest []byte) (hash string, pss bool, err error) {
	a, ok := signing[alg]
	if !ok || !slices.Contains(a.types, key.Type()) {
		return "", false, badAlgorithm(alg)
	}
	if len(digest) != digestSize[a.hash] {
		return "", false, badParameter("Invalid length of 'value': %d bytes. Algorithm '%s' requires %d bytes.", len(digest), alg, digestSize[a.hash])
	}
	return a.hash, a.pss, nil
}

// keyBits reads the 128, 192 or 256 out of an algorithm as A256CBCPAD.
func keyBits(alg string) (bytes int, mode string) {
	for bits, n := range map[string]int{"A128": 16, "A192": 24, "A256": 32} {
		if rest, ok := strings.CutPrefix(alg, bits); ok {
			return n, rest
		}
	}
	return 0, ""
}

// material parses what the store holds.
func material(k Key) (*byok.PrivateKey, error) {
	key, _, err := byok.ParsePlaintext(kindOf(k.Kty), k.Private)
	return key, err
}
