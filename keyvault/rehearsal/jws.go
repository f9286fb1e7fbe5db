package rehearsal

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
)

var errToken = errors.New("the token is not valid")

var b64 = base64.RawURLEncoding.Strict()

// signJWS makes a compact JSON Web Signature (RFC 7515) with ES256.
func signJWS(key *ecdsa.PrivateKey, claims any) (string, error) {
	body, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	input := b64.EncodeToString([]byte(`{"typ":"JWT","alg":"ES256","kid":"rehearsal"}`)) + "." + b64.EncodeToString(body)
	sum := sha256.Sum256([]byte(input))
	r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
	if err != nil {
		return "", err
	}
	sig := append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	return input + "." + b64.EncodeToString(sig), nil
}

// openJWS verifies a compact JSON Web Signature with the given key, whose
// type decides the algorithm (the token's own word on it must agree), and
// decodes the claims. Every failure is errToken.
func openJWS(token string, key crypto.PublicKey, claims any) error {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return errToken
	}
	var header struct{ Alg string }
	if decodePart(parts[0], &header) != nil {
		return errToken
	}
	sig, err := b64.DecodeString(parts[2])
	if err != nil {
		return errToken
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if !verifyJWS(header.Alg, key, sum[:], sig) || decodePart(parts[1], claims) != nil {
		return errToken
	}
	return nil
}

func verifyJWS(alg string, key crypto.PublicKey, sum, sig []byte) bool {
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		return alg == "ES256" && len(sig) == 64 &&
			ecdsa.Verify(k, sum, new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:]))
	case *rsa.PublicKey:
		return alg == "PS256" && rsa.VerifyPSS(k, crypto.SHA256, sum, sig, nil) == nil
	}
	return false
}

func decodePart(part string, v any) error {
	b, err := b64.DecodeString(part)
	if err != nil {
		return err
	}
	return json.NewDecoder(bytes.NewReader(b)).Decode(v)
}
