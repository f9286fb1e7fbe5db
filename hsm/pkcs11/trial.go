//go:build cgo

package pkcs11

import (
	"crypto/rand"
	"errors"

	p11 "github.com/miekg/pkcs11"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/hsm"
)

// A trialKey is a throw-away key of the probe: a session object with the
// attributes of a target key.
type trialKey struct{ key, public p11.ObjectHandle }

// trial makes a throw-away key of a type, or returns the one it has made.
func (s *session) trial(a trialArgs) (hsm.Key, error) {
	t, ok := s.trials[a.Type]
	if !ok {
		id := make([]byte, 16)
		_, _ = rand.Read(id) // never fails
		var err error
		r := hsm.Request{Type: a.Type, Label: "ceremony probe", ID: id}
		if t.key, t.public, err = s.make(r, false); err != nil {
			return hsm.Key{}, err
		}
		s.track(t.key, "throw-away key")
		if t.public != 0 {
			s.track(t.public, "throw-away public key")
		}
		if s.trials == nil {
			s.trials = map[byok.KeyType]trialKey{}
		}
		s.trials[a.Type] = t
	}
	return s.readKey(t.key, classOf(a.Type), t.public)
}

// trialWrap wraps a throw-away key under the throw-away KEK.
func (s *session) trialWrap(a trialWrapArgs) ([]byte, error) {
	w, ok := wayNamed(a.Way)
	t, made := s.trials[a.Type]
	if !ok || !made || s.try == nil {
		return nil, errors.New("internal error: the probe wraps before it has a KEK and a key")
	}
	return s.wrapBy(w, s.try.handle, t.key, s.wrappingKey)
}

// endTrial destroys what the probe made.
func (s *session) endTrial() error {
	var failed error
	for _, t := range s.trials {
		failed = errors.Join(failed, s.destroy(t.key))
		if t.public != 0 {
			failed = errors.Join(failed, s.destroy(t.public))
		}
	}
	if s.try != nil && s.try.trusted == "" {
		failed = errors.Join(failed, s.destroy(s.try.handle))
	}
	s.trials, s.try = nil, nil
	return failed
}
