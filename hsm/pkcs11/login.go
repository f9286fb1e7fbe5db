//go:build cgo

package pkcs11

import (
	"fmt"

	p11 "github.com/miekg/pkcs11"

	"github.com/keyceremony/ceremony/hsm"
)

// soPINState is pinState of the security officer, whose flags are the same two
// digits further left; a token whose security officer has no PIN is not set up.
func soPINState(flags uint) hsm.PINState {
	const shift = 4 // from CKF_USER_PIN_COUNT_LOW to CKF_SO_PIN_COUNT_LOW
	return pinState(flags>>shift&(p11.CKF_USER_PIN_LOCKED|p11.CKF_USER_PIN_FINAL_TRY|p11.CKF_USER_PIN_COUNT_LOW) | p11.CKF_USER_PIN_INITIALIZED)
}

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
	if info.PIN == hsm.PINLocked {
		return fmt.Errorf("log in: %w: the security officer must reset it", hsm.ErrPINLocked)
	}
	if err := mayTry("log in", info.PIN, info, pin, a.Insist); err != nil {
		return err
	}
	code := s.tryPIN(p11.CKU_USER, pin)
	if code == ckrOK || code == p11.CKR_USER_ALREADY_LOGGED_IN {
		return nil
	}
	return newError("log in", code)
}

// mayTry refuses a try that would be a token's last, or has no PIN.
func mayTry(op string, state hsm.PINState, info hsm.Info, pin []byte, insist bool) error {
	switch {
	case state == hsm.PINFinalTry && !insist:
		return fmt.Errorf("%s: %w: a wrong PIN now locks the token", op, hsm.ErrFinalTry)
	case len(pin) == 0 && !info.ProtectedPath:
		return fmt.Errorf("%s: no PIN, and the token has no PIN pad", op)
	}
	return nil
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
