package steps

import (
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/hsm"
	"github.com/keyceremony/ceremony/keyvault"
	"github.com/keyceremony/ceremony/plan"
)

// A challenge proves, after the import, that the key in the vault is the key
// in the HSM. It is made offline, answered by the vault, and verified with what
// the HSM room recorded; it is kept so that an auditor can check it again.
type challenge struct {
	Key  string `json:"key"`
	Kind string `json:"kind"` // sign, decrypt, unwrap, encrypt, wrap, none
	Alg  string `json:"alg"`  // algorithm of the vault
	// Hex. sign: 32 random bytes whose digest is signed. decrypt, unwrap: the
	// ciphertext. encrypt, wrap: the 32-byte plaintext.
	Challenge string `json:"challenge"`
	IV        string `json:"iv,omitempty"` // encrypt: 16 bytes, hex
	// decrypt, unwrap: SHA-256 of the plaintext. encrypt, wrap: SHA-256 of the
	// HSM's ciphertext. The value itself never travels.
	Answer string `json:"answer,omitempty"`
	// What the HSM signed at once, to show that it holds the private half: 32
	// random bytes and the signature over their digest, hex.
	HSMChallenge string `json:"hsm_challenge,omitempty"`
	HSMSignature string `json:"hsm_signature,omitempty"`
}

// The kinds of challenge.
const (
	kindSign    = "sign"
	kindDecrypt = "decrypt"
	kindUnwrap  = "unwrap"
	kindEncrypt = "encrypt"
	kindWrap    = "wrap"
	kindNone    = "none"
)

var stepChallenge = &Step{
	ID: "target.challenge", Title: "Challenge the target keys", Act: "The keys", PerKey: true, WhenKey: isOpen,
	Say: "The HSM shows that it holds each private key, by signing or decrypting something fresh. " +
		"For each key a challenge for the vault is made; after the import the vault must answer it. " +
		"So the key in Azure is shown to be the key in this HSM.",
	Acts: []Role{operator}, Watches: []Role{cryptoOfficer, internalWitness},
	Needs: []Key{sessionLogin, factTarget.Key, factBlob.Key}, Gives: []Key{factTask.Key},
	Do: func(ctx context.Context, r *Run) error {
		c, err := makeChallenge(ctx, r)
		if err != nil {
			return err
		}
		factTask.of(r.Key.Name).Put(r, c)
		r.File("challenge."+r.Key.Name+".json", pretty(c))
		return nil
	},
	Checks: []Check{
		{ID: "target.hsm-holds", Class: Exception, See: func(_ context.Context, r *Run) Finding {
			wanted := "the HSM answers with the private half of the recorded key"
			if errors.Is(r.saw.proof, hsm.ErrCannot) {
				return unseen(r.saw.proof.Error(), wanted)
			}
			return holds(r.saw.proof == nil, said(r.saw.proof, "it does"), wanted)
		}},
		{ID: "target.provable", Class: Note, See: func(_ context.Context, r *Run) Finding {
			wanted := "an operation with which the vault can prove the key"
			if factTask.of(r.Key.Name).Get(r).Kind == kindNone {
				return unseen("no planned operation can prove it", wanted)
			}
			return holds(true, factTask.of(r.Key.Name).Get(r).Alg, wanted)
		}},
	},
}

func said(err error, otherwise string) string {
	if err != nil {
		return err.Error()
	}
	return otherwise
}

// makeChallenge chooses by what the plan lets the vault do with the key.
func makeChallenge(ctx context.Context, r *Run) (challenge, error) {
	target := factTarget.of(r.Key.Name).Get(r)
	c := challenge{Key: r.Key.Name, Kind: challengeKind(*r.Key)}
	switch c.Kind {
	case kindSign:
		c.Alg, c.Challenge = signAlg(target.Type), r.random(32)
		return c, hsmSigns(ctx, r, target, &c)
	case kindDecrypt, kindUnwrap:
		r.saw.proof = hsmDecrypts(ctx, r, target)
		return c, c.seal(r, target.Public)
	case kindEncrypt, kindWrap:
		return c, c.cipher(ctx, r, target)
	}
	r.saw.proof = fmt.Errorf("%w: nothing planned to try", hsm.ErrCannot)
	return c, nil
}

func challengeKind(k plan.Key) string {
	ops := map[string]string{"sign": kindSign, "decrypt": kindDecrypt, "unwrapKey": kindUnwrap}
	order := []string{"sign", "decrypt", "unwrapKey"}
	if k.Type == "AES" {
		ops = map[string]string{"encrypt": kindEncrypt, "wrapKey": kindWrap}
		order = []string{"encrypt", "wrapKey"}
	}
	for _, op := range order {
		if slices.Contains(k.Ops, op) {
			return ops[op]
		}
	}
	return kindNone
}

// signAlg is the vault's algorithm for a key type (RFC 7518, RFC 8812).
func signAlg(t byok.KeyType) string {
	switch t {
	case byok.P256:
		return "ES256"
	case byok.P384:
		return "ES384"
	case byok.P521:
		return "ES512"
	case byok.P256K:
		return "ES256K"
	}
	return "RS256"
}

func hashOf(alg string, b []byte) (hsm.Hash, []byte) {
	switch alg {
	case "ES384":
		sum := sha512.Sum384(b)
		return hsm.SHA384, sum[:]
	case "ES512":
		sum := sha512.Sum512(b)
		return hsm.SHA512, sum[:]
	}
	sum := sha256.Sum256(b)
	return hsm.SHA256, sum[:]
}

// hsmSigns has the HSM sign another challenge, verified at once.
func hsmSigns(ctx context.Context, r *Run, target hsm.Key, c *challenge) error {
	c.HSMChallenge = r.random(32)
	hash, sum := hashOf(c.Alg, unhex(c.HSMChallenge))
	sig, err := r.token().Sign(ctx, target.ID, hash, sum)
	if errors.Is(err, hsm.ErrCannot) {
		r.saw.proof, c.HSMChallenge = err, ""
		return nil
	}
	if err != nil {
		return err
	}
	c.HSMSignature = hex.EncodeToString(sig)
	r.saw.proof = target.Public.Verify(string(hash), sum, sig)
	return nil
}

// hsmDecrypts has the HSM decrypt what was encrypted to the recorded public
// key.
func hsmDecrypts(ctx context.Context, r *Run, target hsm.Key) error {
	plain := unhex(r.random(32))
	ciphertext, err := target.Public.EncryptOAEP(r.c.world.Rand, crypto.SHA1, plain)
	if err != nil {
		return err
	}
	got, err := r.token().Decrypt(ctx, target.ID, ciphertext)
	if err == nil && digest.Of(got) != digest.Of(plain) {
		err = errors.New("the HSM decrypts to something else")
	}
	return err
}

// seal encrypts 32 random bytes to the recorded public key; only their digest
// travels.
func (c *challenge) seal(r *Run, pub *byok.PublicKey) error {
	plain := unhex(r.random(32))
	ciphertext, err := pub.EncryptOAEP(r.c.world.Rand, crypto.SHA256, plain)
	c.Alg, c.Challenge, c.Answer = "RSA-OAEP-256", hex.EncodeToString(ciphertext), digest.Of(plain).String()
	return err
}

// cipher has the HSM encrypt random bytes; only the digest of the ciphertext
// travels.
func (c *challenge) cipher(ctx context.Context, r *Run, target hsm.Key) error {
	mode, suffix := hsm.CBC, "CBC"
	if c.Kind == kindWrap {
		mode, suffix = hsm.KW, "KW"
	} else {
		c.IV = r.random(16)
	}
	c.Alg, c.Challenge = fmt.Sprintf("A%d%s", target.Type.Bits(), suffix), r.random(32)
	ciphertext, err := r.token().Encrypt(ctx, target.ID, mode, unhex(c.IV), unhex(c.Challenge))
	if errors.Is(err, hsm.ErrCannot) {
		r.saw.proof, c.Kind = err, kindNone
		return nil
	}
	c.Answer = digest.Of(ciphertext).String()
	return err
}

// prove has the vault answer and verifies the answer with what the HSM room
// recorded. The answer is returned as hex where it may be kept.
func (c challenge) prove(ctx context.Context, v keyvault.Vault, name, version string, pub *byok.PublicKey) (string, error) {
	op := keyvault.CryptoParams{Alg: c.Alg, Data: unhex(c.Challenge), IV: unhex(c.IV)}
	var got []byte
	var err error
	switch c.Kind {
	case kindSign:
		return c.proveSign(ctx, v, name, version, pub)
	case kindDecrypt:
		got, err = v.Decrypt(ctx, name, version, op)
	case kindUnwrap:
		got, err = v.Unwrap(ctx, name, version, op)
	case kindEncrypt:
		got, err = v.Encrypt(ctx, name, version, op)
	case kindWrap:
		got, err = v.Wrap(ctx, name, version, op)
	default:
		return "", errNoProof
	}
	if err != nil {
		return "", c.cannot(err)
	}
	if digest.Of(got).String() != c.Answer {
		return "", errWrongAnswer
	}
	return digest.Of(got).String(), nil
}

// cannot reads the refusal of a ciphertext as the answer of another key: the
// service has no other word for it.
func (c challenge) cannot(err error) error {
	var refusal *keyvault.Problem
	if (c.Kind == kindDecrypt || c.Kind == kindUnwrap) && errors.As(err, &refusal) && refusal.Code == keyvault.BadRequest {
		return fmt.Errorf("%w: it cannot decrypt what the key in the HSM can (%s)", errWrongAnswer, refusal.Title)
	}
	return err
}

var (
	errNoProof     = errors.New("no planned operation can prove the key")
	errWrongAnswer = errors.New("the vault's answer is not that of the key in the HSM")
)

func (c challenge) proveSign(ctx context.Context, v keyvault.Vault, name, version string, pub *byok.PublicKey) (string, error) {
	hash, sum := hashOf(c.Alg, unhex(c.Challenge))
	sig, err := v.Sign(ctx, name, version, c.Alg, sum)
	if err != nil {
		return "", err
	}
	if pub == nil || pub.Verify(string(hash), sum, sig) != nil {
		return "", errWrongAnswer
	}
	return hex.EncodeToString(sig), nil
}

// unhex reads hex of our own making, or that the plan's reader has parsed.
func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic("steps: internal error: a recorded value is not hex")
	}
	return b
}
