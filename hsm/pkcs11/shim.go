//go:build cgo

package pkcs11

/*
#cgo linux LDFLAGS: -ldl
#include <stdlib.h>
#include "shim.h"
*/
import "C"

import (
	"bytes"
	"fmt"
	"unsafe"

	p11 "github.com/miekg/pkcs11"

	"github.com/keyceremony/ceremony/hsm"
)

// A library is the module's own function list, beside the binding's. The
// binding asks every C_WrapKey for the length first, which doubles the work
// of most modules and which NSS answers with an error for RFC 5649; it copies
// PINs into strings; and it crashes where C_GetFunctionList fails. So these
// calls go to the list directly.
type library struct {
	list *C.struct_ck_function_list
}

const (
	wrapBuffer      = 16 << 10 // a blob of RSA-4096 under RSA-4096 has 2896 bytes
	wrapLimit       = 1 << 20
	attributeBuffer = 1 << 10 // the modulus of RSA-4096 has 512 bytes

	ckrOK             = 0x000
	ckrFunctionFailed = 0x006
	ckrBufferTooSmall = 0x150
)

// loadLibrary loads the module's file without initialising it. The file stays
// loaded until the process ends: some modules crash when they are unloaded.
func loadLibrary(path string) (*library, error) {
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	var why [512]C.char
	var rv C.ck_rv
	list := C.shim_load(name, &rv, &why[0], C.size_t(len(why)))
	if list == nil && rv != ckrOK {
		return nil, fmt.Errorf("%w: %w", hsm.ErrNoModule, newError("C_GetFunctionList", uint(rv)))
	}
	if list == nil {
		return nil, fmt.Errorf("%w: %s", hsm.ErrNoModule, C.GoString(&why[0]))
	}
	return &library{list}, nil
}

// knows reports whether the session, opened through the binding, is one of
// this list too. It is not for p11-kit-proxy, which hands every caller a list
// and state of its own.
func (l *library) knows(session p11.SessionHandle, slot uint) bool {
	return C.shim_knows(l.list, C.ck_ulong(session), C.ck_ulong(slot)) != 0
}

// login calls C_Login with the bytes of the PIN where they are; an empty PIN
// is a NULL pointer, which asks for the PIN pad.
func (l *library) login(session p11.SessionHandle, user uint, pin []byte) uint {
	var p unsafe.Pointer
	if len(pin) > 0 {
		p = unsafe.Pointer(&pin[0])
	}
	return uint(C.shim_login(l.list, C.ck_ulong(session), C.ck_ulong(user), p, C.ck_ulong(len(pin))))
}

// attribute calls C_GetAttributeValue once, with a buffer that every attribute
// of a ceremony fits; a larger one is CKR_BUFFER_TOO_SMALL.
func (l *library) attribute(session p11.SessionHandle, o p11.ObjectHandle, kind uint) ([]byte, uint) {
	var buf [attributeBuffer]byte
	n := C.ck_ulong(len(buf))
	rv := C.shim_attribute(l.list, C.ck_ulong(session), C.ck_ulong(o), C.ck_ulong(kind), unsafe.Pointer(&buf[0]), &n)
	if rv == ckrOK && n > C.ck_ulong(len(buf)) {
		rv = p11.CKR_ATTRIBUTE_TYPE_INVALID // CK_UNAVAILABLE_INFORMATION
	}
	if rv != ckrOK {
		return nil, uint(rv)
	}
	return bytes.Clone(buf[:n]), ckrOK
}

// wrap calls C_WrapKey once, with a buffer that every wrapped key fits, and
// once more if the module wants a larger one.
func (l *library) wrap(session p11.SessionHandle, mechanism uint, wrapping, key p11.ObjectHandle) ([]byte, uint) {
	buf := make([]byte, wrapBuffer)
	for {
		n := C.ck_ulong(len(buf))
		rv := C.shim_wrap(l.list, C.ck_ulong(session), C.ck_ulong(mechanism),
			C.ck_ulong(wrapping), C.ck_ulong(key), unsafe.Pointer(&buf[0]), &n)
		switch {
		case rv == ckrBufferTooSmall && n > C.ck_ulong(len(buf)) && n <= wrapLimit:
			buf = make([]byte, n)
			continue
		case rv == ckrOK && n > C.ck_ulong(len(buf)):
			rv = ckrFunctionFailed // a module that claims to have written behind the buffer
		}
		defer clear(buf)
		if rv != ckrOK {
			return nil, uint(rv)
		}
		return bytes.Clone(buf[:n]), ckrOK
	}
}
