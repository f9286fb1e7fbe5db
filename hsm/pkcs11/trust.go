//go:build cgo

package pkcs11

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"

	p11 "github.com/miekg/pkcs11"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/hsm"
)

// This file has trusted wrapping. A key with CKA_WRAP_WITH_TRUSTED leaves a
// token only under a key with CKA_TRUSTED, and that the security officer alone
// can set: so whoever has the crypto officer's PIN cannot wrap it under a KEK
// of the own choice. In two steps the AES key between KEK and target wraps the
// target, so that it must be trusted as well; and as it would open the blob, it
// must itself leave under a trusted KEK alone.

// trustedLabel begins the label of what trust makes, for untrust.
const trustedLabel = "ceremony trusted "

func trustedName(what string, kek *byok.KEK) string {
	return trustedLabel + what + " " + kek.SHA256().String()[:16]
}

// trust logs the security officer in, makes what is missing, and logs out on
// every path. The KEK comes last: where it is, all is there.
func (s *session) trust(a trustArgs, pin []byte) (err error) {
	const op = "log the security officer in"
	info, err := s.info()
	if err != nil {
		return err
	}
	if info.SOPIN == hsm.PINLocked {
		return fmt.Errorf("%s: %w: only the HSM's vendor knows a way", op, hsm.ErrPINLocked)
	}
	if err := mayTry(op, info.SOPIN, info, pin, a.Insist); err != nil {
		return err
	}
	if code := s.tryPIN(p11.CKU_SO, pin); code != ckrOK {
		return newError(op, code)
	}
	defer func() { err = errors.Join(err, rv("log the security officer out", s.ctx.Logout(s.h))) }()
	there, err := s.trusted(a.KEK)
	if err == nil && there.TwoSteps && there.WrappingKeys == 0 {
		err = s.createTrustedAES(a.KEK)
	}
	if err == nil && there.KEKs == 0 {
		err = s.createTrustedKEK(a.KEK)
	}
	return err
}

func (s *session) createTrustedKEK(kek *byok.KEK) error {
	_, err := s.ctx.CreateObject(s.h, append(kekTemplate(kek),
		p11.NewAttribute(p11.CKA_TOKEN, true),
		p11.NewAttribute(p11.CKA_TRUSTED, true),
		p11.NewAttribute(p11.CKA_LABEL, trustedName("KEK", kek))))
	return rv("make the KEK a trusted object", err)
}

// createTrustedAES makes the wrapping key of two steps as a public object: the
// security officer makes no private ones (v2.40, 2.4).
func (s *session) createTrustedAES(kek *byok.KEK) error {
	id := make([]byte, 16)
	_, _ = rand.Read(id) // never fails
	_, err := s.ctx.GenerateKey(s.h, []*p11.Mechanism{p11.NewMechanism(p11.CKM_AES_KEY_GEN, nil)},
		append(wrappingTemplate(),
			p11.NewAttribute(p11.CKA_TOKEN, true),
			p11.NewAttribute(p11.CKA_PRIVATE, false),
			p11.NewAttribute(p11.CKA_TRUSTED, true),
			p11.NewAttribute(p11.CKA_WRAP_WITH_TRUSTED, true),
			p11.NewAttribute(p11.CKA_ID, id),
			p11.NewAttribute(p11.CKA_LABEL, trustedName("wrapping key", kek))))
	return rv("make a trusted wrapping key", err)
}

// trusted reads back what trust made for a KEK.
func (s *session) trusted(kek *byok.KEK) (hsm.Trusted, error) {
	info, err := s.info()
	if err != nil {
		return hsm.Trusted{}, err
	}
	t := hsm.Trusted{TwoSteps: !lists(info, ckmRSAAESKeyWrap)}
	keks, err := s.trustedKEKs(kek)
	if err != nil {
		return t, err
	}
	aes, err := s.trustedAES(trustedName("wrapping key", kek))
	if err != nil {
		return t, err
	}
	t.KEKs, t.WrappingKeys = len(keks), len(aes)
	if len(keks) > 0 {
		t.KEK, err = s.readKEK(keks[0])
	}
	return t, err
}

// trustedKEKs are the token objects of this KEK with CKA_TRUSTED.
func (s *session) trustedKEKs(kek *byok.KEK) ([]p11.ObjectHandle, error) {
	found, err := s.lookup(
		p11.NewAttribute(p11.CKA_CLASS, p11.CKO_PUBLIC_KEY),
		p11.NewAttribute(p11.CKA_TOKEN, true),
		p11.NewAttribute(p11.CKA_MODULUS, kek.RSA().N.Bytes()))
	if err != nil {
		return nil, err
	}
	return s.having(found, p11.CKA_TRUSTED)
}

// trustedAES are the wrapping keys of this label that are what trust makes.
func (s *session) trustedAES(label string) ([]p11.ObjectHandle, error) {
	found, err := s.lookup(
		p11.NewAttribute(p11.CKA_CLASS, p11.CKO_SECRET_KEY),
		p11.NewAttribute(p11.CKA_TOKEN, true),
		p11.NewAttribute(p11.CKA_LABEL, label))
	if err != nil {
		return nil, err
	}
	return s.having(found, p11.CKA_TRUSTED, p11.CKA_WRAP_WITH_TRUSTED, p11.CKA_SENSITIVE, p11.CKA_LOCAL)
}

// having are the objects of which all these attributes read back as true.
func (s *session) having(objects []p11.ObjectHandle, kinds ...uint) ([]p11.ObjectHandle, error) {
	var out []p11.ObjectHandle
	for _, h := range objects {
		all := true
		for _, kind := range kinds {
			yes, err := s.flag(h, kind)
			if err != nil {
				return nil, err
			}
			all = all && yes != nil && *yes
		}
		if all {
			out = append(out, h)
		}
	}
	return out, nil
}

// trustedKEK is this KEK as a trusted object; nil if it is none.
func (s *session) trustedKEK(kek *byok.KEK) (*loadedKEK, error) {
	found, err := s.trustedKEKs(kek)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &loadedKEK{found[0], trustedName("wrapping key", kek)}, nil
}

// trustedWrappingKey is the AES key that trust made for the loaded KEK.
func (s *session) trustedWrappingKey() (p11.ObjectHandle, error) {
	found, err := s.trustedAES(s.kek.trusted)
	switch {
	case err != nil:
		return 0, err
	case len(found) != 1:
		return 0, fmt.Errorf("%w: it wraps in two steps, and %d wrapping keys are trusted for this KEK, not 1", hsm.ErrWrapWithTrusted, len(found))
	}
	return found[0], nil
}

// untrust destroys what trust made, in this process or an earlier one, and
// returns what each was, and how many are left: a token may want its security
// officer for that.
func (s *session) untrust() (destroyed []string, left int, err error) {
	for _, class := range []uint{p11.CKO_PUBLIC_KEY, p11.CKO_SECRET_KEY} {
		found, err := s.lookup(
			p11.NewAttribute(p11.CKA_CLASS, class),
			p11.NewAttribute(p11.CKA_TOKEN, true),
			p11.NewAttribute(p11.CKA_TRUSTED, true))
		if err != nil {
			return destroyed, left, err
		}
		for _, h := range found {
			label, err := s.attribute(h, p11.CKA_LABEL)
			if err != nil {
				return destroyed, left, err
			}
			if !bytes.HasPrefix(label, []byte(trustedLabel)) {
				continue // the security officer's own
			}
			if s.ctx.DestroyObject(s.h, h) != nil {
				left++
				continue
			}
			destroyed = append(destroyed, map[uint]string{p11.CKO_PUBLIC_KEY: "trusted KEK", p11.CKO_SECRET_KEY: "trusted wrapping key"}[class])
		}
	}
	return destroyed, left, nil
}

// trialTrust sees whether the token refuses what trusted wrapping is for: a
// throw-away key that only a trusted KEK may carry, under one that nobody
// trusts; and so with the wrapping keys that trust made.
func (s *session) trialTrust(a trialWrapArgs) (hsm.Refusal, error) {
	w, ok := wayNamed(a.Way)
	if !ok || s.try == nil {
		return hsm.Refusal{}, errors.New("internal error: the probe wraps before it has a KEK")
	}
	id := make([]byte, 16)
	_, _ = rand.Read(id) // never fails
	key, public, err := s.make(hsm.Request{Type: a.Type, Label: "ceremony probe", ID: id, Trusted: true}, false)
	if err != nil {
		return hsm.Refusal{Found: "it makes no key with CKA_WRAP_WITH_TRUSTED: " + err.Error()}, nil
	}
	s.track(key, "throw-away key")
	if public != 0 {
		s.track(public, "throw-away public key")
		defer s.destroy(public)
	}
	defer s.destroy(key)
	if has, err := s.having([]p11.ObjectHandle{key}, p11.CKA_WRAP_WITH_TRUSTED); err != nil || len(has) == 0 {
		return hsm.Refusal{Found: "a key made with CKA_WRAP_WITH_TRUSTED reads back without"}, err
	}
	_, err = s.wrapBy(w, s.try.handle, key, s.wrappingKey)
	if err == nil {
		return hsm.Refusal{Found: "it wrapped a key with CKA_WRAP_WITH_TRUSTED under a KEK that nobody trusts"}, nil
	}
	if leaks, failed := s.wrapsTrustedAES(); leaks || failed != nil {
		return hsm.Refusal{Found: "it wrapped the trusted wrapping key under a KEK that nobody trusts"}, failed
	}
	return hsm.Refusal{OK: true, Found: err.Error()}, nil
}

// wrapsTrustedAES reports whether a wrapping key that trust made leaves under
// the throw-away KEK.
func (s *session) wrapsTrustedAES() (bool, error) {
	found, err := s.lookup(
		p11.NewAttribute(p11.CKA_CLASS, p11.CKO_SECRET_KEY),
		p11.NewAttribute(p11.CKA_TOKEN, true),
		p11.NewAttribute(p11.CKA_WRAP_WITH_TRUSTED, true))
	for _, h := range found {
		label, failed := s.attribute(h, p11.CKA_LABEL)
		if failed != nil {
			return false, failed
		}
		if !bytes.HasPrefix(label, []byte(trustedLabel)) {
			continue // somebody's key is never tried
		}
		if _, failed := s.wrapOnce("wrap the trusted wrapping key", ckmRSAOAEP, s.try.handle, h); failed == nil {
			return true, nil
		}
	}
	return false, err
}
