package byok

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	_ "crypto/sha256" // SHA-256
	_ "crypto/sha512" // SHA-384 and SHA-512
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	k1 "github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
)

// ErrSignature means that a signature is not of this key over this digest.
var ErrSignature = errors.New("the signature does not verify")

// hashOf checks the name of a hash and the length of a digest made with it.
func hashOf(name string, sum []byte) (crypto.Hash, error) {
	hash, ok := map[string]crypto.Hash{
		"SHA-256": crypto.SHA256, "SHA-384": crypto.SHA384, "SHA-512": crypto.SHA512,
	}[name]
	if !ok {
		return 0, fmt.Errorf("found hash %s, wanted SHA-256, SHA-384 or SHA-512", shown(name))
	}
	if len(sum) != hash.Size() {
		return 0, fmt.Errorf("found a digest of %s, wanted %d for %s", plural(len(sum), "byte"), hash.Size(), name)
	}
	return hash, nil
}

// Verify checks a signature over a digest: RSASSA-PKCS1-v1_5 (RFC 8017, 8.2)
// for RSA; r‖s, each as long as the curve's order, for EC, as JSON Web
// Signature and PKCS #11 have it. A wrong signature is ErrSignature.
func (p *PublicKey) Verify(hash string, sum, sig []byte) error {
	h, err := hashOf(hash, sum)
	if err != nil {
		return err
	}
	var ok bool
	switch {
	case p.rsa != nil:
		ok = rsa.VerifyPKCS1v15(p.rsa, h, sum, sig) == nil
	case len(sig) != 2*p.typ.size():
		return ErrSignature
	case p.ec != nil:
		ok = ecdsa.VerifyASN1(p.ec, sum, signatureDER(sig))
	case p.k != nil:
		ok = verifyP256K(p.k, sum, sig)
	}
	if !ok {
		return ErrSignature
	}
	return nil
}

// signature is ECDSA-Sig-Value (RFC 3279, 2.2.3).
type signature struct{ R, S *big.Int }

func signatureDER(sig []byte) []byte {
	half := len(sig) / 2
	return mustDER(signature{new(big.Int).SetBytes(sig[:half]), new(big.Int).SetBytes(sig[half:])})
}

// verifyP256K refuses zero and values from the order upwards, which decred's
// scalars would reduce.
func verifyP256K(pub *secp256k1.PublicKey, sum, sig []byte) bool {
	var r, s secp256k1.ModNScalar
	if r.SetByteSlice(sig[:32]) || s.SetByteSlice(sig[32:]) || r.IsZero() || s.IsZero() {
		return false
	}
	return k1.NewSignature(&r, &s).Verify(sum[:32], pub)
}

// Sign signs a digest in the form that Verify takes. EC signatures are
// deterministic (RFC 6979), so no random source is asked for.
func (k *PrivateKey) Sign(hash string, sum []byte) ([]byte, error) {
	h, err := hashOf(hash, sum)
	if err != nil {
		return nil, err
	}
	switch {
	case k.rsa != nil:
		return rsa.SignPKCS1v15(nil, k.rsa, h, sum)
	case k.ec != nil:
		return signEC(k.ec, h, sum, k.typ.size())
	case k.k != nil:
		sig := k1.Sign(k.k, sum[:32])
		r, s := sig.R(), sig.S()
		rb, sb := r.Bytes(), s.Bytes()
		return append(rb[:], sb[:]...), nil
	default:
		return nil, malformed(whatPrivate, "algorithm", "an RSA or EC key", "%s", k.typ)
	}
}

func signEC(key *ecdsa.PrivateKey, h crypto.Hash, sum []byte, size int) ([]byte, error) {
	der, err := key.Sign(nil, sum, h)
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	var sig signature
	if _, err := asn1.Unmarshal(der, &sig); err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	out := make([]byte, 2*size)
	sig.R.FillBytes(out[:size])
	sig.S.FillBytes(out[size:])
	return out, nil
}
