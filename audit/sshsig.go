package audit

import (
	"bytes"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
)

var (
	// ErrSignature says that a signature is well-formed and does not verify.
	ErrSignature = errors.New("signature does not verify")
	// ErrNamespace says that a signature is well-formed and was made for
	// something else. Of key and text it says nothing: they were not looked at.
	ErrNamespace = errors.New("signature is for another namespace")
)

// errContent says that the key fits and the text does not.
var errContent = fmt.Errorf("%w: other content was signed", ErrSignature)

const (
	armorBegin = "-----BEGIN SSH SIGNATURE-----\n"
	armorEnd   = "-----END SSH SIGNATURE-----\n"
	// maxSig bounds a signature file; RSA-16384 needs 6 KiB.
	maxSig = 16 << 10
	// minRSA is the least size of an RSA key, in bits.
	minRSA = 2048
)

// Sign signs msg in a namespace and returns an armored SSHSIG (openssh
// PROTOCOL.sshsig) as ssh-keygen -Y sign writes it: SHA-512, lines of 70
// columns, RSA keys as rsa-sha2-512. The signature is verified before it is
// returned, so that a broken card or agent is noticed at once.
func Sign(s ssh.Signer, rand io.Reader, namespace string, msg []byte) ([]byte, error) {
	sig, err := sshsig.SignWithRand(bytes.NewReader(msg), rand, s, sshsig.HashSHA512, namespace)
	if err != nil {
		return nil, fmt.Errorf("sign in %s: %w", namespace, err)
	}
	armored := armor(sig.Marshal(), 70)
	if err := VerifySig(armored, []ssh.PublicKey{s.PublicKey()}, namespace, msg); err != nil {
		return nil, fmt.Errorf("the signature just made: %w", err)
	}
	return armored, nil
}

// VerifySig says whether one of keys signed msg in a namespace. The form is
// checked first, more strictly than ssh-keygen does: the file must be what the
// blob gives when it is armored anew at 70 columns (ssh-keygen) or 64 (other
// tools), the blob what its fields give when they are written anew; version 1,
// the namespace asked for and not empty, SHA-512 or SHA-256. Keys are Ed25519,
// ECDSA on P-256, P-384, P-521, RSA from 2048 bits, and FIDO keys of OpenSSH
// with the flag that a person was present. A well-formed signature in another
// namespace gives [ErrNamespace], and one that does not verify [ErrSignature].
func VerifySig(armored []byte, keys []ssh.PublicKey, namespace string, msg []byte) error {
	sig, err := parseSig(armored)
	if err != nil {
		return err
	}
	if namespace == "" || sig.Namespace != namespace {
		return fmt.Errorf("%w: made with -n %s, wanted -n %s", ErrNamespace, Visible(sig.Namespace), Visible(namespace))
	}
	for _, k := range keys {
		if !bytes.Equal(k.Marshal(), sig.PublicKey.Marshal()) {
			continue
		}
		if err := sshsig.Verify(bytes.NewReader(msg), sig, k, sig.HashAlgorithm, namespace); err != nil {
			return errContent
		}
		return nil
	}
	return fmt.Errorf("%w: it was made with %s, which is not this person's", ErrSignature, ssh.FingerprintSHA256(sig.PublicKey))
}

// IsSig tells whether a file begins as an armored signature does; nothing of it
// is verified.
func IsSig(file []byte) bool { return bytes.HasPrefix(file, []byte(armorBegin)) }

// parseSig reads an armored signature in its only form.
func parseSig(armored []byte) (*sshsig.Signature, error) {
	blob, err := dearmor(armored)
	if err != nil {
		return nil, err
	}
	if kind := keyKind(blob); !slices.Contains(KeyTypes, kind) {
		return nil, fmt.Errorf("signature by a key of type %s, which is not supported", Visible(kind))
	}
	sig, err := sshsig.ParseSignature(blob)
	if err != nil {
		return nil, fmt.Errorf("signature: %w", err)
	}
	if !bytes.Equal(sig.Marshal(), blob) {
		return nil, errors.New("signature has fields that the form does not have")
	}
	return sig, checkKindOfSig(sig)
}

// dearmor returns what is armored, if armoring it anew gives the same bytes.
func dearmor(armored []byte) ([]byte, error) {
	if len(armored) > maxSig {
		return nil, fmt.Errorf("signature has %d bytes, more than %d", len(armored), maxSig)
	}
	body, begins := bytes.CutPrefix(armored, []byte(armorBegin))
	body, ends := bytes.CutSuffix(body, []byte(armorEnd))
	if !begins || !ends {
		return nil, errors.New("not an SSH signature from its first byte to its last")
	}
	blob, err := base64.StdEncoding.DecodeString(string(bytes.ReplaceAll(body, []byte("\n"), nil)))
	if err != nil || (!bytes.Equal(armor(blob, 70), armored) && !bytes.Equal(armor(blob, 64), armored)) {
		return nil, errors.New("signature is not armored in lines of 70 or 64 columns of strict base64")
	}
	return blob, nil
}

func armor(blob []byte, columns int) []byte {
	text := base64.StdEncoding.EncodeToString(blob)
	b := bytes.NewBufferString(armorBegin)
	for len(text) > columns {
		b.WriteString(text[:columns] + "\n")
		text = text[columns:]
	}
	b.WriteString(text + "\n" + armorEnd)
	return b.Bytes()
}

// keyKind looks for the type of the key, so that one that no library here
// knows (mldsa44-ed25519) is refused by its name.
func keyKind(blob []byte) string {
	var outer struct {
		Magic   [6]byte
		Version uint32
		Key     []byte
		Rest    []byte `ssh:"rest"`
	}
	var inner struct {
		Kind string
		Rest []byte `ssh:"rest"`
	}
	if ssh.Unmarshal(blob, &outer) != nil || ssh.Unmarshal(outer.Key, &inner) != nil {
		return "unknown"
	}
	return inner.Kind
}

// KeyTypes are the types of keys with which people sign, as OpenSSH names them.
var KeyTypes = []string{
	ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521,
	ssh.KeyAlgoRSA, ssh.KeyAlgoSKED25519, ssh.KeyAlgoSKECDSA256,
}

// checkKindOfSig refuses what the libraries below leave open for each type.
func checkKindOfSig(sig *sshsig.Signature) error {
	format, kind, rest := sig.Signature.Format, sig.PublicKey.Type(), len(sig.Signature.Rest)
	if kind != ssh.KeyAlgoRSA && format != kind {
		return fmt.Errorf("signature of the form %s by a key of type %s, which is not supported", Visible(format), kind)
	}
	switch kind {
	case ssh.KeyAlgoSKED25519, ssh.KeyAlgoSKECDSA256:
		// One byte of flags and a counter of four (openssh PROTOCOL.u2f).
		if rest != 5 || sig.Signature.Rest[0]&1 == 0 {
			return errors.New("signature by a FIDO key without the flag that a person was present")
		}
		rest = 0
	case ssh.KeyAlgoRSA:
		if err := checkRSA(sig); err != nil {
			return err
		}
	}
	if rest != 0 {
		return errors.New("signature has bytes after its end")
	}
	if kind == ssh.KeyAlgoED25519 || kind == ssh.KeyAlgoSKED25519 || kind == ssh.KeyAlgoRSA {
		return nil
	}
	return checkECDSA(sig.Signature.Blob)
}

func checkRSA(sig *sshsig.Signature) error {
	pub, ok := sig.PublicKey.(ssh.CryptoPublicKey)
	if !ok {
		return errors.New("signature by an RSA key that cannot be read")
	}
	key, ok := pub.CryptoPublicKey().(*rsa.PublicKey)
	if !ok || key.N.BitLen() < minRSA {
		return fmt.Errorf("signature by an RSA key of fewer than %d bits", minRSA)
	}
	if len(sig.Signature.Blob) != key.Size() {
		return fmt.Errorf("signature has %d bytes, the key %d", len(sig.Signature.Blob), key.Size())
	}
	return nil
}

// checkECDSA refuses integers that are not written in the shortest form.
func checkECDSA(blob []byte) error {
	var rs struct{ R, S *big.Int }
	if err := ssh.Unmarshal(blob, &rs); err != nil || !bytes.Equal(ssh.Marshal(rs), blob) {
		return errors.New("signature is not two integers in their shortest form")
	}
	return nil
}

// checkKey says whether the signatures of a key are accepted by [VerifySig].
func checkKey(k ssh.PublicKey) error {
	if !slices.Contains(KeyTypes, k.Type()) {
		return fmt.Errorf("a key of type %s is not supported", Visible(k.Type()))
	}
	pub, ok := k.(ssh.CryptoPublicKey)
	if !ok {
		return nil
	}
	if key, ok := pub.CryptoPublicKey().(*rsa.PublicKey); ok && key.N.BitLen() < minRSA {
		return fmt.Errorf("an RSA key of %d bits, fewer than %d", key.N.BitLen(), minRSA)
	}
	return nil
}
