//go:build cgo

package pkcs11

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"

	p11 "github.com/miekg/pkcs11"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/hsm"
)

// A loadedKEK is the handle of a KEK on the token.
type loadedKEK struct {
	handle  p11.ObjectHandle
	trusted string // a token object that the security officer trusts: the label of its wrapping key; else ""
}

// loadKEK makes the KEK a session object that may only wrap and reads it
// back. A token object with the same modulus and CKA_TRUSTED is used instead:
// the security officer has put it there for this (kek.trust).
func (s *session) loadKEK(a kekArgs) (*byok.KEK, error) {
	kek, err := s.trustedKEK(a.KEK)
	if err != nil {
		return nil, err
	}
	if kek == nil {
		if kek, err = s.createKEK(a); err != nil {
			return nil, err
		}
	}
	slot := &s.kek
	if a.Trial {
		slot = &s.try
	}
	if *slot != nil && (*slot).trusted == "" {
		if err := s.destroy((*slot).handle); err != nil {
			return nil, err
		}
	}
	*slot = kek
	return s.readKEK(kek.handle)
}

func (s *session) createKEK(a kekArgs) (*loadedKEK, error) {
	what := "KEK"
	if a.Trial {
		what = "throw-away KEK"
	}
	h, err := s.ctx.CreateObject(s.h, append(kekTemplate(a.KEK),
		p11.NewAttribute(p11.CKA_TOKEN, false), // gone with the session
		p11.NewAttribute(p11.CKA_LABEL, "ceremony "+what)))
	if err != nil {
		return nil, rv("load the "+what, err)
	}
	s.track(h, what)
	return &loadedKEK{handle: h}, nil
}

// kekTemplate is a public key that may wrap and nothing else.
func kekTemplate(kek *byok.KEK) []*p11.Attribute {
	pub := kek.RSA()
	return []*p11.Attribute{
		p11.NewAttribute(p11.CKA_CLASS, p11.CKO_PUBLIC_KEY),
		p11.NewAttribute(p11.CKA_KEY_TYPE, p11.CKK_RSA),
		p11.NewAttribute(p11.CKA_PRIVATE, false),
		p11.NewAttribute(p11.CKA_MODULUS, pub.N.Bytes()),
		p11.NewAttribute(p11.CKA_PUBLIC_EXPONENT, big.NewInt(int64(pub.E)).Bytes()),
		p11.NewAttribute(p11.CKA_WRAP, true),
		p11.NewAttribute(p11.CKA_ENCRYPT, false),
		p11.NewAttribute(p11.CKA_VERIFY, false),
	}
}

func (s *session) readKEK(h p11.ObjectHandle) (*byok.KEK, error) {
	n, err := s.attribute(h, p11.CKA_MODULUS)
	if err != nil {
		return nil, err
	}
	e, err := s.attribute(h, p11.CKA_PUBLIC_EXPONENT)
	if err != nil {
		return nil, err
	}
	kek, err := kekOf(n, e)
	if err != nil {
		return nil, fmt.Errorf("read the KEK back: %w", err)
	}
	return kek, nil
}

// wrap wraps a key under the loaded KEK and returns its type beside the
// ciphertext. It refuses by itself what some modules (NSS) would wrap against
// the key's attributes.
func (s *session) wrap(a wrapArgs) (result any, ciphertext []byte, err error) {
	w, ok := wayNamed(a.Way)
	if !ok {
		return nil, nil, hsm.ErrNotProbed
	}
	if s.kek == nil {
		return nil, nil, hsm.ErrNoKEK
	}
	h, class, err := s.one(a.ID)
	if err != nil {
		return nil, nil, err
	}
	trusted, err := s.mayLeave(h)
	if err != nil {
		return nil, nil, err
	}
	t, err := s.typeOf(h, class)
	if err != nil {
		return nil, nil, err
	}
	between := s.wrappingKey
	if trusted {
		between = s.trustedWrappingKey
	}
	ciphertext, err = s.wrapBy(w, s.kek.handle, h, between)
	return t, ciphertext, err
}

// mayLeave checks CKA_EXTRACTABLE and CKA_WRAP_WITH_TRUSTED, and returns the
// second.
func (s *session) mayLeave(h p11.ObjectHandle) (trustedOnly bool, err error) {
	extractable, err := s.flag(h, p11.CKA_EXTRACTABLE)
	if err != nil {
		return false, err
	}
	if extractable == nil || !*extractable {
		return false, fmt.Errorf("%w: its CKA_EXTRACTABLE is not true", hsm.ErrNotExtractable)
	}
	flag, err := s.flag(h, p11.CKA_WRAP_WITH_TRUSTED)
	if err != nil {
		return false, err
	}
	trustedOnly = flag != nil && *flag
	if trustedOnly && s.kek.trusted == "" {
		return true, fmt.Errorf("%w: the security officer has not marked the loaded KEK as trusted", hsm.ErrWrapWithTrusted)
	}
	return trustedOnly, nil
}

// typeOf reads the type of a key without the rest of it.
func (s *session) typeOf(h p11.ObjectHandle, class uint) (byok.KeyType, error) {
	var k hsm.Key
	kind, err := s.number(h, p11.CKA_KEY_TYPE)
	switch {
	case err != nil:
		return "", err
	case class == p11.CKO_PRIVATE_KEY && kind == p11.CKK_RSA:
		var n []byte
		n, err = s.attribute(h, p11.CKA_MODULUS)
		k.Type = byok.KeyType(fmt.Sprintf("RSA-%d", new(big.Int).SetBytes(n).BitLen()))
	case class == p11.CKO_PRIVATE_KEY && kind == p11.CKK_EC:
		var params []byte
		params, err = s.attribute(h, p11.CKA_EC_PARAMS)
		for _, c := range curves {
			if bytes.Equal(c.params, params) {
				k.Type = c.kind
			}
		}
	case class == p11.CKO_SECRET_KEY && kind == p11.CKK_AES:
		var n uint
		n, err = s.number(h, p11.CKA_VALUE_LEN)
		k.Type = byok.KeyType(fmt.Sprintf("AES-%d", n*8))
	}
	if err != nil {
		return "", err
	}
	return byok.ParseKeyType(string(k.Type))
}

// wrapBy makes the ciphertext of a blob in the given way, in two steps with
// the wrapping key that between gives. One that is a session object of ours is
// destroyed on every path.
func (s *session) wrapBy(w way, kek, target p11.ObjectHandle, between func() (p11.ObjectHandle, error)) (blob []byte, err error) {
	if w.kwp == 0 {
		return s.wrapOnce("wrap the target key", ckmRSAAESKeyWrap, kek, target)
	}
	aes, err := between()
	if err != nil {
		return nil, err
	}
	if s.isOurs(aes) {
		defer func() { err = errors.Join(err, s.destroy(aes)) }()
	}
	first, err := s.wrapOnce("wrap the wrapping key", ckmRSAOAEP, kek, aes)
	if err != nil {
		return nil, err
	}
	second, err := s.wrapOnce("wrap the target key", w.kwp, aes, target)
	if err != nil {
		return nil, err
	}
	return append(first, second...), nil
}

// wrappingKey makes the ephemeral AES-256 key between KEK and target.
func (s *session) wrappingKey() (p11.ObjectHandle, error) {
	h, err := s.ctx.GenerateKey(s.h, []*p11.Mechanism{p11.NewMechanism(p11.CKM_AES_KEY_GEN, nil)},
		append(wrappingTemplate(), p11.NewAttribute(p11.CKA_TOKEN, false), p11.NewAttribute(p11.CKA_PRIVATE, true)))
	if err != nil {
		return 0, rv("make the wrapping key", err)
	}
	s.track(h, "wrapping key")
	return h, nil
}

// wrappingTemplate is an AES-256 key that wraps one other and leaves under a
// KEK, and does nothing else.
func wrappingTemplate() []*p11.Attribute {
	return []*p11.Attribute{
		p11.NewAttribute(p11.CKA_CLASS, p11.CKO_SECRET_KEY),
		p11.NewAttribute(p11.CKA_KEY_TYPE, p11.CKK_AES),
		p11.NewAttribute(p11.CKA_SENSITIVE, true),
		p11.NewAttribute(p11.CKA_EXTRACTABLE, true), // under the KEK
		p11.NewAttribute(p11.CKA_VALUE_LEN, 32),
		p11.NewAttribute(p11.CKA_WRAP, true),
		p11.NewAttribute(p11.CKA_UNWRAP, false),
		p11.NewAttribute(p11.CKA_ENCRYPT, false),
		p11.NewAttribute(p11.CKA_DECRYPT, false),
	}
}

// wrapOnce is C_WrapKey.
func (s *session) wrapOnce(op string, mechanism uint, wrapping, key p11.ObjectHandle) ([]byte, error) {
	if s.direct {
		out, code := s.list.wrap(s.h, mechanism, wrapping, key)
		if code != ckrOK {
			return nil, newError(op, code)
		}
		return out, nil
	}
	out, err := s.ctx.WrapKey(s.h, []*p11.Mechanism{p11.NewMechanism(mechanism, parameter(mechanism))}, wrapping, key)
	return out, rv(op, err)
}

// parameter is the binding's form of what shim.c passes.
func parameter(mechanism uint) any {
	oaep := p11.NewOAEPParams(p11.CKM_SHA_1, p11.CKG_MGF1_SHA1, p11.CKZ_DATA_SPECIFIED, nil)
	switch mechanism {
	case ckmRSAOAEP:
		return oaep
	case ckmRSAAESKeyWrap:
		return &p11.RSAAESKeyWrapParams{AESKeyBits: 256, OAEPParams: *oaep}
	}
	return nil
}
