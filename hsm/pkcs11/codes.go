package pkcs11

import (
	"fmt"

	"github.com/keyceremony/ceremony/hsm"
)

// A returnCode is a row of the table of return codes: PKCS #11 v2.40, 11.1,
// and the codes of vendors.
type returnCode struct {
	name, meaning, remedy string
	kind                  error
}

// newError turns return code rv of the operation op into words.
func newError(op string, rv uint) *hsm.Error {
	e := &hsm.Error{Op: op, Code: rv, Meaning: "the token answers with a code that is not in the standard"}
	if rv >= 0x80000000 {
		e.Meaning = "the token answers with a code of its vendor"
		e.Remedy = "Look the code up in the vendor's manual, or ask the vendor's support."
	}
	if row, ok := returnCodes[rv]; ok {
		e.Name, e.Meaning, e.Remedy, e.Kind = row.name, row.meaning, row.remedy, row.kind
	}
	return e
}

// cannotf reports what a token lacks, as hsm.ErrCannot.
func cannotf(format string, args ...any) error {
	return fmt.Errorf("%w: %s", hsm.ErrCannot, fmt.Sprintf(format, args...))
}

const (
	askVendor  = "Read the HSM's own log; ask the vendor's support with the code."
	reconnect  = "Check that the token is plugged in and lit, then connect and log in again."
	retypePIN  = "Check which credential this token wants, and how many tries are left, before typing it again."
	policyWrap = "Let the HSM's policy allow wrapping of private keys out of the token, then probe again."
	probeAgain = "Run the probe: it finds the way of wrapping that this token supports."
)

// returnCodes has every code of PKCS #11 v2.40 that a ceremony can meet, and
// the codes of Thales Luna that have a meaning for people.
var returnCodes = map[uint]returnCode{
	0x001: {"CKR_CANCEL", "the operation was cancelled at the token", "Begin the step again when the people at the token are ready.", nil},
	0x002: {"CKR_HOST_MEMORY", "the module ran out of memory", "Close other programs and begin again.", nil},
	0x003: {"CKR_SLOT_ID_INVALID", "the slot is gone", reconnect, hsm.ErrTokenGone},
	0x005: {"CKR_GENERAL_ERROR", "the token failed for a reason that it does not tell", askVendor, nil},
	0x006: {"CKR_FUNCTION_FAILED", "the token could not do it, for a reason that it does not tell", askVendor, nil},
	0x007: {"CKR_ARGUMENTS_BAD", "the module does not accept the arguments", probeAgain, nil},
	0x008: {"CKR_NO_EVENT", "no event", "", nil},
	0x009: {"CKR_NEED_TO_CREATE_THREADS", "the module needs threads of its own", askVendor, nil},
	0x00A: {"CKR_CANT_LOCK", "the module cannot lock", askVendor, nil},
	0x010: {"CKR_ATTRIBUTE_READ_ONLY", "the token does not let this attribute change", "Keep the key as it is and record an exception, or destroy it.", hsm.ErrCannot},
	0x011: {"CKR_ATTRIBUTE_SENSITIVE", "the token does not reveal this attribute", "", nil},
	0x012: {"CKR_ATTRIBUTE_TYPE_INVALID", "the token does not know an attribute", "Update the HSM's firmware and client, or plan the key without this attribute.", nil},
	0x013: {"CKR_ATTRIBUTE_VALUE_INVALID", "the token does not accept a value of the key's template", "Check that the HSM's policy allows this type and size of key.", nil},
	0x01B: {"CKR_ACTION_PROHIBITED", "the token's policy prohibits this", "Change the HSM's policy for this partition, or plan otherwise.", hsm.ErrCannot},
	0x020: {"CKR_DATA_INVALID", "the token does not accept the data", "", nil},
	0x021: {"CKR_DATA_LEN_RANGE", "the data is too short or too long for the token", "", nil},
	0x030: {"CKR_DEVICE_ERROR", "the device failed", reconnect, hsm.ErrTokenGone},
	0x031: {"CKR_DEVICE_MEMORY", "the token is full", "Make room on the token: remove objects that nobody needs, after asking their owners.", nil},
	0x032: {"CKR_DEVICE_REMOVED", "the token was removed", reconnect, hsm.ErrTokenGone},
	0x040: {"CKR_ENCRYPTED_DATA_INVALID", "the ciphertext is not valid for this key", "", nil},
	0x041: {"CKR_ENCRYPTED_DATA_LEN_RANGE", "the ciphertext's length does not fit this key", "", nil},
	0x050: {"CKR_FUNCTION_CANCELED", "the operation was cancelled at the token", "Begin the step again when the people at the token are ready.", nil},
	0x051: {"CKR_FUNCTION_NOT_PARALLEL", "the operation does not run in parallel", askVendor, nil},
	0x054: {"CKR_FUNCTION_NOT_SUPPORTED", "the module does not support this function", "Use the vendor's current module.", hsm.ErrCannot},
	0x060: {"CKR_KEY_HANDLE_INVALID", "the key is not there any more", "Log in again and begin the step again.", nil},
	0x062: {"CKR_KEY_SIZE_RANGE", "the token does not take keys of this size here", "Plan another size, or change the HSM's policy.", hsm.ErrCannot},
	0x063: {"CKR_KEY_TYPE_INCONSISTENT", "the mechanism does not take this type of key", probeAgain, hsm.ErrCannot},
	0x068: {"CKR_KEY_FUNCTION_NOT_PERMITTED", "the key's attributes do not permit this use", "Check the key's usage attributes with the vendor's tool.", hsm.ErrCannot},
	0x069: {"CKR_KEY_NOT_WRAPPABLE", "the key may not be wrapped in this way", "Check whether the key has CKA_WRAP_WITH_TRUSTED, and the HSM's policy on wrapping.", hsm.ErrCannotWrap},
	0x06A: {"CKR_KEY_UNEXTRACTABLE", "the key is not extractable", "A key made not extractable can never leave: generate a new one for this ceremony.", hsm.ErrNotExtractable},
	0x06B: {"CKR_KEY_PARAMS_INVALID", "the key's parameters are not accepted", "Plan another curve or size.", hsm.ErrCannot},
	0x070: {"CKR_MECHANISM_INVALID", "the token does not have this mechanism", "Update the HSM's firmware, or change its policy so that the mechanism is allowed.", hsm.ErrCannot},
	0x071: {"CKR_MECHANISM_PARAM_INVALID", "the token does not accept the mechanism's parameters", probeAgain, hsm.ErrCannot},
	0x082: {"CKR_OBJECT_HANDLE_INVALID", "the object is not there any more", "Log in again and begin the step again.", nil},
	0x090: {"CKR_OPERATION_ACTIVE", "another operation is still open", "Connect to the token again.", nil},
	0x091: {"CKR_OPERATION_NOT_INITIALIZED", "the operation was not begun, or was ended at the token", "Begin the step again.", nil},
	0x0A0: {"CKR_PIN_INCORRECT", "the PIN is wrong", retypePIN, hsm.ErrPINIncorrect},
	0x0A1: {"CKR_PIN_INVALID", "the PIN has characters that the token does not take", retypePIN, hsm.ErrPINIncorrect},
	0x0A2: {"CKR_PIN_LEN_RANGE", "the PIN is too short or too long for this token", retypePIN, hsm.ErrPINIncorrect},
	0x0A3: {"CKR_PIN_EXPIRED", "the PIN has expired and must be changed first", "Change the PIN with the vendor's tool, then log in.", nil},
	0x0A4: {"CKR_PIN_LOCKED", "the PIN is locked after too many wrong tries", "The security officer must reset it with the vendor's tool.", hsm.ErrPINLocked},
	0x0B0: {"CKR_SESSION_CLOSED", "the token closed the session", reconnect, hsm.ErrTokenGone},
	0x0B1: {"CKR_SESSION_COUNT", "the token has no session free", "Close other programs that use this token.", nil},
	0x0B3: {"CKR_SESSION_HANDLE_INVALID", "the session is lost", reconnect, hsm.ErrTokenGone},
	0x0B4: {"CKR_SESSION_PARALLEL_NOT_SUPPORTED", "the module wants serial sessions", askVendor, nil},
	0x0B5: {"CKR_SESSION_READ_ONLY", "the session is read-only", "Unlock the token for writing.", nil},
	0x0B6: {"CKR_SESSION_EXISTS", "another session is open", "Close other programs that use this token.", nil},
	0x0B7: {"CKR_SESSION_READ_ONLY_EXISTS", "a read-only session keeps the security officer out", "Close other programs that use this token.", nil},
	0x0B8: {"CKR_SESSION_READ_WRITE_SO_EXISTS", "the security officer is logged in", "Log the security officer out first.", nil},
	0x0C0: {"CKR_SIGNATURE_INVALID", "the signature is not valid", "", nil},
	0x0C1: {"CKR_SIGNATURE_LEN_RANGE", "the signature's length is not valid", "", nil},
	0x0D0: {"CKR_TEMPLATE_INCOMPLETE", "the token wants more attributes in the key's template", askVendor, hsm.ErrCannot},
	0x0D1: {"CKR_TEMPLATE_INCONSISTENT", "the token does not accept the attributes of the key together", "Its policy may forbid extractable keys: allow wrapping of private keys, then probe again.", hsm.ErrCannot},
	0x0E0: {"CKR_TOKEN_NOT_PRESENT", "there is no token in the slot", reconnect, hsm.ErrTokenGone},
	0x0E1: {"CKR_TOKEN_NOT_RECOGNIZED", "the module does not know this token", "Use the vendor's module for this token.", nil},
	0x0E2: {"CKR_TOKEN_WRITE_PROTECTED", "the token is write protected", "Remove the write protection, or use another token.", nil},
	0x0F0: {"CKR_UNWRAPPING_KEY_HANDLE_INVALID", "the unwrapping key is not there", "", nil},
	0x0F1: {"CKR_UNWRAPPING_KEY_SIZE_RANGE", "the unwrapping key's size is not accepted", "", nil},
	0x0F2: {"CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT", "the unwrapping key's type is not accepted", "", nil},
	0x100: {"CKR_USER_ALREADY_LOGGED_IN", "someone is logged in already", "", nil},
	0x101: {"CKR_USER_NOT_LOGGED_IN", "nobody is logged in", "Log in to the token.", hsm.ErrNotLoggedIn},
	0x102: {"CKR_USER_PIN_NOT_INITIALIZED", "the token has no PIN for the crypto officer yet", "The security officer must set it with the vendor's tool.", nil},
	0x103: {"CKR_USER_TYPE_INVALID", "the token does not have this role", "Check which role the credential belongs to.", nil},
	0x104: {"CKR_USER_ANOTHER_ALREADY_LOGGED_IN", "someone else is logged in", "Log them out first: close other programs that use this token.", nil},
	0x105: {"CKR_USER_TOO_MANY_TYPES", "too many roles are logged in", "Close other programs that use this token.", nil},
	0x110: {"CKR_WRAPPED_KEY_INVALID", "the wrapped key is not valid", "", nil},
	0x112: {"CKR_WRAPPED_KEY_LEN_RANGE", "the wrapped key's length is not valid", "", nil},
	0x113: {"CKR_WRAPPING_KEY_HANDLE_INVALID", "the wrapping key is not there", "Load the KEK again.", nil},
	0x114: {"CKR_WRAPPING_KEY_SIZE_RANGE", "the token does not wrap under a key of this size", "Use a KEK of another size.", hsm.ErrCannotWrap},
	0x115: {"CKR_WRAPPING_KEY_TYPE_INCONSISTENT", "the token does not wrap under a key of this type", probeAgain, hsm.ErrCannotWrap},
	0x120: {"CKR_RANDOM_SEED_NOT_SUPPORTED", "the token takes no seed", "", nil},
	0x121: {"CKR_RANDOM_NO_RNG", "the token has no random number generator", askVendor, nil},
	0x130: {"CKR_DOMAIN_PARAMS_INVALID", "the token does not have this curve", "Plan another curve.", hsm.ErrCannot},
	0x140: {"CKR_CURVE_NOT_SUPPORTED", "the token does not have this curve", "Plan another curve.", hsm.ErrCannot},
	0x150: {"CKR_BUFFER_TOO_SMALL", "the answer is longer than expected", askVendor, nil},
	0x160: {"CKR_SAVED_STATE_INVALID", "the saved state is not valid", "", nil},
	0x170: {"CKR_INFORMATION_SENSITIVE", "the token does not reveal this", "", nil},
	0x180: {"CKR_STATE_UNSAVEABLE", "the state cannot be saved", "", nil},
	0x190: {"CKR_CRYPTOKI_NOT_INITIALIZED", "the module is not initialised", "Connect to the token again.", hsm.ErrTokenGone},
	0x191: {"CKR_CRYPTOKI_ALREADY_INITIALIZED", "the module is initialised already", "", nil},
	0x1A0: {"CKR_MUTEX_BAD", "the module's lock is damaged", askVendor, nil},
	0x1A1: {"CKR_MUTEX_NOT_LOCKED", "the module's lock is not held", askVendor, nil},
	0x1B0: {"CKR_NEW_PIN_MODE", "the token wants a new PIN first", "Set it with the vendor's tool.", nil},
	0x1B1: {"CKR_NEXT_OTP", "the token wants the next one-time password", "", nil},
	0x1B5: {"CKR_EXCEEDED_MAX_ITERATIONS", "the token gave up making the key", "Try again.", nil},
	0x1B6: {"CKR_FIPS_SELF_TEST_FAILED", "the token's self-test failed", askVendor, nil},
	0x1B7: {"CKR_LIBRARY_LOAD_FAILED", "the module cannot load a library that it needs", "Check the vendor's installation.", nil},
	0x1B8: {"CKR_PIN_TOO_WEAK", "the PIN is too weak for the token", "", nil},
	0x1B9: {"CKR_PUBLIC_KEY_INVALID", "the token does not accept the public key", "Check the KEK.", nil},
	0x200: {"CKR_FUNCTION_REJECTED", "a person or the token's policy rejected the operation", "Ask who holds the token's approval.", nil},
	0x201: {"CKR_TOKEN_RESOURCE_EXCEEDED", "the token has no resources left", "Close other programs that use this token.", nil},

	// Thales Luna (pycryptoki, defines.py).
	0x8000002D: {"CKR_TIMEOUT_PED (Luna)", "nobody answered at the PED in time", "Begin the step again with the PED keys at hand.", nil},
	0x8000002E: {"CKR_PED_ERROR (Luna)", "the PED reports an error", "Check the PED's cable and screen.", nil},
	0x8000006A: {"CKR_KEY_NOT_KEKABLE (Luna)", "the partition does not let this key be wrapped", policyWrap, hsm.ErrCannotWrap},
	0x8000009E: {"CKR_PED_UNPLUGGED (Luna)", "the PED is not connected", "Plug the PED in, or connect the remote PED.", nil},
}
