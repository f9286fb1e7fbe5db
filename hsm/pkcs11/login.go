//go:build cgo

package pkcs11

import (
	"errors"
	"fmt"
	"strings"

	p11 "github.com/miekg/pkcs11"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/hsm"
)

// pinState reads the flags of CK_TOKEN_INFO (PKCS #11 v2.40, 3.2).
func pinState(flags uint) hsm.PINState {
	switch {
	case flags&p11.CKF_USER_PIN_LOCKED != 0:
		return hsm.PINLocked
	case flags&p11.CKF_USER_PIN_FINAL_TRY != 0:
		return hsm.PINFinalTry
	case flags&p11.CKF_USER_PIN_COUNT_LOW != 0:
		return hsm.PINCountLow
	case flags&(p11.CKF_USER_PIN_INITIALIZED|p11.CKF_PROTECTED_AUTHENTICATION_PATH) == 0:
		return hsm.PINUnset
	}
	return hsm.PINFresh
}

// login makes exactly one try. USER_ALREADY_LOGGED_IN is a success: another
// session of this process holds the login.
func (s *session) login(a loginArgs, pin []byte) error {
	info, err := s.info()
	if err != nil {
		return err
	}
	switch {
	case info.PIN == hsm.PINLocked:
		return fmt.Errorf("log in: %w: the security officer must reset it", hsm.ErrPINLocked)
	case info.PIN == hsm.PINFinalTry && !a.Insist:
		return fmt.Errorf("log in: %w: a wrong PIN now locks the token", hsm.ErrFinalTry)
	case len(pin) == 0 && !info.ProtectedPath:
		return fmt.Errorf("log in: no PIN, and the token has no PIN pad")
	}
	code := s.tryPIN(p11.CKU_USER, pin)
	if code == ckrOK || code == p11.CKR_USER_ALREADY_LOGGED_IN {
		return nil
	}
	return newError("log in", code)
}

func (s *session) tryPIN(user uint, pin []byte) uint {
	if s.direct {
		return s.list.login(s.h, user, pin)
	}
	// The binding keeps the PIN in a string that nobody wipes.
	err := s.ctx.Login(s.h, user, string(pin))
	if code, ok := err.(p11.Error); ok {
		return uint(code)
	}
	return ckrOK
}

// logout destroys what the session made, then ends the login.
func (s *session) logout() error {
	_, err := s.clean()
	if e := rv("log out", s.ctx.Logout(s.h)); err == nil {
		err = e
	}
	return err
}

// trustedLabel begins the label of a KEK that trust made, for untrust.
const trustedLabel = "ceremony trusted KEK"

// trust logs the security officer in, makes the KEK a token object with
// CKA_TRUSTED, reads it back and logs out on every path. A KEK that is trusted
// already is only read back.
func (s *session) trust(kek *byok.KEK, pin []byte) (read *byok.KEK, err error) {
	info, err := s.info()
	if err != nil {
		return nil, err
	}
	if len(pin) == 0 && !info.ProtectedPath {
		return nil, errors.New("log the security officer in: no PIN, and the token has no PIN pad")
	}
	if code := s.tryPIN(p11.CKU_SO, pin); code != ckrOK {
		return nil, newError("log the security officer in", code)
	}
	defer func() { err = errors.Join(err, rv("log the security officer out", s.ctx.Logout(s.h))) }()
	found, err := s.trustedKEK(kek)
	if err == nil && found == nil {
		err = s.createTrusted(kek)
	}
	if err == nil && found == nil {
		found, err = s.trustedKEK(kek)
	}
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, cannotf("the KEK does not read back as trusted")
	}
	return s.readKEK(found.handle)
}

func (s *session) createTrusted(kek *byok.KEK) error {
	_, err := s.ctx.CreateObject(s.h, append(kekTemplate(kek),
		p11.NewAttribute(p11.CKA_TOKEN, true),
		p11.NewAttribute(p11.CKA_TRUSTED, true),
		p11.NewAttribute(p11.CKA_LABEL, trustedLabel+" "+kek.SHA256().String()[:16])))
	return rv("make the KEK a trusted object", err)
}

// untrust destroys the KEKs that trust made, in this process or an earlier
// one, and returns how many.
func (s *session) untrust() (n int, err error) {
	found, err := s.lookup(
		p11.NewAttribute(p11.CKA_CLASS, p11.CKO_PUBLIC_KEY),
		p11.NewAttribute(p11.CKA_TOKEN, true),
		p11.NewAttribute(p11.CKA_TRUSTED, true))
	if err != nil {
		return 0, err
	}
	for _, h := range found {
		label, err := s.attribute(h, p11.CKA_LABEL)
		if err != nil {
			return n, err
		}
		if !strings.HasPrefix(string(label), trustedLabel) {
			continue // the security officer's own
		}
		if err := s.ctx.DestroyObject(s.h, h); err != nil {
			return n, rv("destroy the trusted KEK", err)
		}
		n++
	}
	return n, nil
}
