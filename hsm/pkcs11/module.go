//go:build cgo

package pkcs11

/*
#include <stdlib.h>
*/
import "C"

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unsafe"

	p11 "github.com/miekg/pkcs11"

	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/hsm"
)

// A module is a loaded and initialised PKCS#11 library.
type module struct {
	ctx   *p11.Ctx
	list  *library
	about string // who made it, for people
}

// loadModule checks the file's digest, loads it and calls C_Initialize. The
// digest covers this file, not the libraries that it loads in turn.
func loadModule(a openArgs) (*module, error) {
	if err := checkDigest(a.Module, a.SHA256); err != nil {
		return nil, err
	}
	list, err := loadLibrary(a.Module)
	if err != nil {
		return nil, err
	}
	m := &module{ctx: p11.New(a.Module), list: list}
	if m.ctx == nil {
		return nil, fmt.Errorf("%w: it loads only once", hsm.ErrNoModule)
	}
	var options []p11.InitializeOption
	if a.InitArgs != "" {
		// Never freed: NSS may keep the pointer.
		options = append(options, p11.InitializeWithReserved(unsafe.Pointer(C.CString(a.InitArgs))))
	}
	if err := rv("C_Initialize", m.ctx.Initialize(options...)); err != nil {
		return nil, fmt.Errorf("%w: %w", hsm.ErrNoModule, err)
	}
	info, err := m.ctx.GetInfo()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", hsm.ErrNoModule, rv("C_GetInfo", err))
	}
	m.about = strings.TrimSpace(fmt.Sprintf("%s %s %s", show(info.ManufacturerID), show(info.LibraryDescription), version(info.LibraryVersion)))
	return m, nil
}

// checkDigest compares the SHA-256 of a file with the one expected; a zero
// digest expects nothing but a readable file.
func checkDigest(path string, want digest.SHA256) error {
	if want == (digest.SHA256{}) {
		return nil // the system's loader may find a bare name
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("%w: %w", hsm.ErrNoModule, err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return fmt.Errorf("%w: %w", hsm.ErrNoModule, err)
	}
	if got := digest.SHA256(h.Sum(nil)); got != want {
		return fmt.Errorf("%w: the SHA-256 of %s is %s, not %s", hsm.ErrModuleChanged, path, got, want)
	}
	return nil
}

// tokens lists the slots that hold a token, with what each says of itself.
func (m *module) tokens() ([]slotInfo, error) {
	slots, err := m.ctx.GetSlotList(true)
	if err != nil {
		return nil, rv("list the slots", err)
	}
	var tokens []slotInfo
	for _, slot := range slots {
		t, err := m.ctx.GetTokenInfo(slot)
		if errors.Is(err, p11.Error(p11.CKR_TOKEN_NOT_PRESENT)) || errors.Is(err, p11.Error(p11.CKR_TOKEN_NOT_RECOGNIZED)) {
			continue
		}
		if err != nil {
			return nil, rv("ask a token who it is", err)
		}
		tokens = append(tokens, slotInfo{slot, t})
	}
	return tokens, nil
}

type slotInfo struct {
	slot  uint
	token p11.TokenInfo
}

// pick returns the one token that matches.
func pick(tokens []slotInfo, want URI) (slotInfo, error) {
	var matching []slotInfo
	var seen, serials []string
	for _, t := range tokens {
		if t.token.Flags&p11.CKF_TOKEN_INITIALIZED == 0 {
			continue
		}
		name := fmt.Sprintf("%q (serial %s)", show(t.token.Label), show(t.token.SerialNumber))
		seen = append(seen, name)
		if matches(t.token, want) {
			matching, serials = append(matching, t), append(serials, name)
		}
	}
	switch {
	case len(matching) == 1:
		return matching[0], nil
	case len(matching) > 1:
		return slotInfo{}, fmt.Errorf("%w: %s: name the serial", hsm.ErrManyTokens, strings.Join(serials, ", "))
	case len(seen) == 0:
		return slotInfo{}, fmt.Errorf("%w: the module shows no initialised token", hsm.ErrNoToken)
	}
	return slotInfo{}, fmt.Errorf("%w: the module shows %s", hsm.ErrNoToken, strings.Join(seen, ", "))
}

func matches(t p11.TokenInfo, want URI) bool {
	same := func(want, got string) bool { return want == "" || want == strings.TrimRight(got, " \x00") }
	return same(want.Token, t.Label) && same(want.Serial, t.SerialNumber) &&
		same(want.Manufacturer, t.ManufacturerID) && same(want.Model, t.Model)
}

// rv turns an error of the binding into words; nil stays nil.
func rv(op string, err error) error {
	var code p11.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &code):
		return newError(op, uint(code))
	}
	return fmt.Errorf("%s: %w", op, err)
}

func version(v p11.Version) string { return fmt.Sprintf("%d.%d", v.Major, v.Minor) }
