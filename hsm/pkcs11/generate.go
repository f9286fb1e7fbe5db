//go:build cgo

package pkcs11

import (
	"bytes"
	"errors"
	"fmt"

	p11 "github.com/miekg/pkcs11"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/hsm"
)

// generate makes a target key and reads it back. Both id and label must be
// unused by any object of the token, whatever its class.
func (s *session) generate(r hsm.Request) (hsm.Key, error) {
	if len(r.ID) == 0 || r.Label == "" {
		return hsm.Key{}, errors.New("internal error: a key needs an id and a label")
	}
	if err := s.unused(r); err != nil {
		return hsm.Key{}, err
	}
	key, public, err := s.make(r, true)
	if err != nil {
		return hsm.Key{}, err
	}
	k, err := s.readKey(key, classOf(r.Type), public)
	if err != nil {
		return hsm.Key{}, fmt.Errorf("read the new key back: %w", err)
	}
	if k.Type != r.Type || !bytes.Equal(k.ID, r.ID) || k.Label != r.Label {
		return k, fmt.Errorf("the new key reads back as %s %q with id %x, not %s %q with id %x",
			k.Type, k.Label, k.ID, r.Type, r.Label, r.ID)
	}
	return k, nil
}

func (s *session) unused(r hsm.Request) error {
	for _, q := range []struct {
		what string
		attr *p11.Attribute
	}{
		{fmt.Sprintf("label %q", r.Label), p11.NewAttribute(p11.CKA_LABEL, r.Label)},
		{fmt.Sprintf("id %x", r.ID), p11.NewAttribute(p11.CKA_ID, r.ID)},
	} {
		found, err := s.lookup(q.attr)
		if err != nil {
			return err
		}
		if len(found) > 0 {
			return fmt.Errorf("%w: %s", hsm.ErrLabelInUse, q.what)
		}
	}
	return nil
}

func classOf(t byok.KeyType) uint {
	if t.Kind() == byok.KindAES {
		return p11.CKO_SECRET_KEY
	}
	return p11.CKO_PRIVATE_KEY
}

// make generates a key as a token object, or as a session object for the
// probe. The handle of the public half is 0 for AES.
func (s *session) make(r hsm.Request, token bool) (key, public p11.ObjectHandle, err error) {
	op := fmt.Sprintf("generate a key of type %s", r.Type)
	if r.Type.Kind() == byok.KindAES {
		mech := []*p11.Mechanism{p11.NewMechanism(p11.CKM_AES_KEY_GEN, nil)}
		key, err = s.ctx.GenerateKey(s.h, mech, aesTemplate(r, token))
		return key, 0, rv(op, err)
	}
	mech, pub, private := pairTemplates(r, token)
	public, key, err = s.ctx.GenerateKeyPair(s.h, []*p11.Mechanism{p11.NewMechanism(mech, nil)}, pub, private)
	return key, public, rv(op, err)
}

// secretAttributes are those of every target key. All are explicit: modules
// differ in their defaults.
func secretAttributes(r hsm.Request, token bool) []*p11.Attribute {
	t := []*p11.Attribute{
		p11.NewAttribute(p11.CKA_TOKEN, token),
		p11.NewAttribute(p11.CKA_PRIVATE, true),     // shown only after a login
		p11.NewAttribute(p11.CKA_SENSITIVE, true),   // never in the clear
		p11.NewAttribute(p11.CKA_EXTRACTABLE, true), // but wrapped, until target.close
		p11.NewAttribute(p11.CKA_MODIFIABLE, true),  // for target.close
		p11.NewAttribute(p11.CKA_ID, r.ID),
		p11.NewAttribute(p11.CKA_LABEL, r.Label),
		p11.NewAttribute(p11.CKA_UNWRAP, false),
	}
	if r.Trusted { // false is the default; some modules do not know it
		t = append(t, p11.NewAttribute(p11.CKA_WRAP_WITH_TRUSTED, true))
	}
	return t
}

func aesTemplate(r hsm.Request, token bool) []*p11.Attribute {
	return append(secretAttributes(r, token),
		p11.NewAttribute(p11.CKA_VALUE_LEN, r.Type.Bits()/8),
		p11.NewAttribute(p11.CKA_ENCRYPT, true), // key check value and challenge
		p11.NewAttribute(p11.CKA_DECRYPT, true),
		p11.NewAttribute(p11.CKA_WRAP, false), // it must not carry other keys out
	)
}

func pairTemplates(r hsm.Request, token bool) (mech uint, public, private []*p11.Attribute) {
	rsa := r.Type.Kind() == byok.KindRSA
	public = []*p11.Attribute{
		p11.NewAttribute(p11.CKA_TOKEN, token),
		p11.NewAttribute(p11.CKA_PRIVATE, false),
		p11.NewAttribute(p11.CKA_ID, r.ID),
		p11.NewAttribute(p11.CKA_LABEL, r.Label),
		p11.NewAttribute(p11.CKA_VERIFY, true),
		p11.NewAttribute(p11.CKA_ENCRYPT, rsa),
		p11.NewAttribute(p11.CKA_WRAP, false),
	}
	private = append(secretAttributes(r, token),
		p11.NewAttribute(p11.CKA_SIGN, true),
		p11.NewAttribute(p11.CKA_DECRYPT, rsa),
	)
	if c, ok := curveOf(r.Type); ok {
		return p11.CKM_EC_KEY_PAIR_GEN, append(public, p11.NewAttribute(p11.CKA_EC_PARAMS, c.params)), private
	}
	return p11.CKM_RSA_PKCS_KEY_PAIR_GEN, append(public,
		p11.NewAttribute(p11.CKA_MODULUS_BITS, r.Type.Bits()),
		p11.NewAttribute(p11.CKA_PUBLIC_EXPONENT, []byte{1, 0, 1}),
	), private
}
