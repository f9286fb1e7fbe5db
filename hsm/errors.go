package hsm

import (
	"errors"
	"fmt"
)

// The errors that a ceremony tells apart. Drivers wrap them.
var (
	ErrNoModule        = errors.New("the PKCS#11 module cannot be loaded")
	ErrModuleChanged   = errors.New("the PKCS#11 module is not the file that was expected")
	ErrNoToken         = errors.New("no token matches")
	ErrManyTokens      = errors.New("more than one token matches")
	ErrNotLoggedIn     = errors.New("nobody is logged in to the token")
	ErrPINIncorrect    = errors.New("the PIN is wrong")
	ErrPINLocked       = errors.New("the PIN is locked")
	ErrFinalTry        = errors.New("one PIN try is left")
	ErrLabelInUse      = errors.New("a key with this label or id exists")
	ErrNoKey           = errors.New("no key matches")
	ErrManyKeys        = errors.New("more than one key matches")
	ErrNotExtractable  = errors.New("the key is not extractable")
	ErrWrapWithTrusted = errors.New("the key may only be wrapped by a trusted KEK")
	ErrNoKEK           = errors.New("no KEK is loaded")
	ErrNotProbed       = errors.New("no way of wrapping has been probed")
	ErrCannotWrap      = errors.New("the token cannot wrap as Azure needs it")
	ErrCannot          = errors.New("the token cannot do this")
	ErrWorkerDied      = errors.New("the PKCS#11 module crashed")
	ErrWorkerHung      = errors.New("the PKCS#11 module did not answer in time")
	ErrTokenGone       = errors.New("the token was removed or the session is lost")
)

// Sentinels lists the errors above, so that a driver can carry them out of
// another process and a table of problems can be checked for gaps.
func Sentinels() []error {
	return []error{
		ErrNoModule, ErrModuleChanged, ErrNoToken, ErrManyTokens, ErrNotLoggedIn,
		ErrPINIncorrect, ErrPINLocked, ErrFinalTry, ErrLabelInUse, ErrNoKey, ErrManyKeys,
		ErrNotExtractable, ErrWrapWithTrusted, ErrNoKEK, ErrNotProbed, ErrCannotWrap,
		ErrCannot, ErrWorkerDied, ErrWorkerHung, ErrTokenGone,
	}
}

// Kind returns the sentinel that err wraps, nil if it wraps none.
func Kind(err error) error {
	for _, kind := range Sentinels() {
		if errors.Is(err, kind) {
			return kind
		}
	}
	return nil
}

// An Error is a refusal of the token: a return code as words.
type Error struct {
	Op      string `json:"op"`      // what was tried, as "wrap the target key"
	Code    uint   `json:"code"`    // the return code
	Name    string `json:"name"`    // its name, as "CKR_KEY_UNEXTRACTABLE"; "" if nobody has named it
	Meaning string `json:"meaning"` // what it says, lower case, without a full stop
	Remedy  string `json:"remedy"`  // what to do about it, a sentence; "" if unknown
	Kind    error  `json:"-"`       // the sentinel it amounts to; nil if none
}

// Error says what was tried, what the token answered, and the code.
func (e *Error) Error() string {
	if e.Name == "" {
		return fmt.Sprintf("%s: %s (0x%X)", e.Op, e.Meaning, e.Code)
	}
	return fmt.Sprintf("%s: %s (%s, 0x%X)", e.Op, e.Meaning, e.Name, e.Code)
}

// Unwrap returns the sentinel.
func (e *Error) Unwrap() error { return e.Kind }

// Remedy returns what to do about err, "" if nothing is known.
func Remedy(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Remedy
	}
	return ""
}
