//go:build cgo

package pkcs11

import (
	"errors"
	"fmt"

	p11 "github.com/miekg/pkcs11"

	"github.com/keyceremony/ceremony/hsm"
)

// settle does to a key what the plan says, and reads it back.
func (s *session) settle(a settleArgs) (hsm.Key, error) {
	h, class, err := s.one(a.ID)
	if err != nil {
		return hsm.Key{}, err
	}
	switch a.Fate {
	case hsm.FateKeep:
		return s.readKey(h, class, 0)
	case hsm.FateUnextractable:
		return s.close(h, class)
	case hsm.FateDestroy:
		return hsm.Key{ID: a.ID}, s.destroyKey(h, class, a.ID)
	}
	return hsm.Key{}, fmt.Errorf("internal error: unknown fate %q", a.Fate)
}

// close takes CKA_EXTRACTABLE away, which no token gives back.
func (s *session) close(h p11.ObjectHandle, class uint) (hsm.Key, error) {
	err := s.ctx.SetAttributeValue(s.h, h, []*p11.Attribute{p11.NewAttribute(p11.CKA_EXTRACTABLE, false)})
	if err != nil {
		return hsm.Key{}, rv("make the key not extractable", err)
	}
	k, err := s.readKey(h, class, 0)
	if err == nil && (k.Extractable == nil || *k.Extractable) {
		err = cannotf("the key reads back as extractable")
	}
	return k, err
}

// destroyKey destroys a key with its public half, and looks for both.
func (s *session) destroyKey(h p11.ObjectHandle, class uint, id []byte) error {
	if err := s.ctx.DestroyObject(s.h, h); err != nil {
		return rv("destroy the key", err)
	}
	if class == p11.CKO_PRIVATE_KEY {
		halves, err := s.lookup(template(p11.CKO_PUBLIC_KEY, hsm.Query{ID: id})...)
		if err != nil {
			return err
		}
		for _, half := range halves {
			if err := s.ctx.DestroyObject(s.h, half); err != nil {
				return rv("destroy the key's public half", err)
			}
		}
	}
	if _, _, err := s.one(id); !errors.Is(err, hsm.ErrNoKey) {
		return cannotf("the key is still there after its destruction")
	}
	return nil
}

// cleanAll is clean and, as only the end of a ceremony may, untrust.
func (s *session) cleanAll() (hsm.Cleaned, error) {
	c, err := s.clean()
	gone, left, failed := s.untrust()
	c.Destroyed, c.Trusted = append(c.Destroyed, gone...), left
	return c, errors.Join(err, failed)
}

// clean destroys every session object of ours and counts what session objects
// the token shows afterwards.
func (s *session) clean() (hsm.Cleaned, error) {
	c := hsm.Cleaned{Destroyed: []string{}}
	var failed error
	for _, m := range append([]made(nil), s.made...) {
		if err := s.destroy(m.handle); err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		c.Destroyed = append(c.Destroyed, m.what)
	}
	s.kek, s.try, s.trials = nil, nil, nil
	left, err := s.lookup(p11.NewAttribute(p11.CKA_TOKEN, false))
	c.Left = len(left)
	return c, errors.Join(failed, err)
}
