package attest

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"

	"github.com/keyceremony/ceremony/keyvault"
)

// signatures checks that the partition signed both halves.
func (v *verifier) signatures(partition *x509.Certificate, a *keyvault.Attestation) bool {
	const wanted = "signatures of the partition on both halves, with their whole PKCS #1 v1.5 padding"
	const meaning = "The attestation was changed after the HSM signed it, or another HSM signed it. Fetch it again."
	key, ok := partition.PublicKey.(*rsa.PublicKey)
	if !ok {
		v.check(CheckSignature, false, "a partition without an RSA key", wanted, meaning)
		return false
	}
	found := "private half: " + signature(key, a.Private)
	good := signature(key, a.Private) != unsigned
	if len(a.Public) > 0 {
		found += "; public half: " + signature(key, a.Public)
		good = good && signature(key, a.Public) != unsigned
	}
	v.check(CheckSignature, good, found, wanted, meaning)
	return good
}

const unsigned = "does not verify"

// signature names the form of the signature at the end of a blob. Firmware 2.x
// pads the bare digest, firmware 3.x the DigestInfo of RFC 8017, 9.2; for both
// the library compares every byte of the padding.
func signature(key *rsa.PublicKey, blob []byte) string {
	n := key.Size()
	if len(blob) <= n || len(blob) > maxBlob {
		return unsigned
	}
	body, sig := blob[:len(blob)-n], blob[len(blob)-n:]
	sum := sha256.Sum256(body)
	switch {
	case rsa.VerifyPKCS1v15(key, crypto.Hash(0), sum[:], sig) == nil:
		return "holds (bare SHA-256, firmware 2.x)"
	case rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], sig) == nil:
		return "holds (SHA-256 with DigestInfo, firmware 3.x)"
	}
	return unsigned
}
