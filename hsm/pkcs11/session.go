//go:build cgo

package pkcs11

import (
	p11 "github.com/miekg/pkcs11"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/hsm"
)

// A session is the worker's one session with one token.
type session struct {
	*module
	slot   uint
	h      p11.SessionHandle
	direct bool // the module's own list may be called, see library.knows

	made   []made // session objects, until destroyed
	kek    *loadedKEK
	try    *loadedKEK                // the probe's
	trials map[byok.KeyType]trialKey // the probe's throw-away keys
}

// made is a session object of ours.
type made struct {
	handle p11.ObjectHandle
	what   string
}

// open loads the module and opens a session with the token that matches.
func (w *worker) open(a openArgs) (hsm.Info, error) {
	m, err := loadModule(a)
	if err != nil {
		return hsm.Info{}, err
	}
	w.module = m
	tokens, err := m.tokens()
	if err != nil {
		return hsm.Info{}, err
	}
	t, err := pick(tokens, a.Token)
	if err != nil {
		return hsm.Info{}, err
	}
	flags := uint(p11.CKF_SERIAL_SESSION | p11.CKF_RW_SESSION)
	if a.ReadOnly {
		flags = p11.CKF_SERIAL_SESSION
	}
	h, err := m.ctx.OpenSession(t.slot, flags)
	if err != nil {
		return hsm.Info{}, rv("open a session", err)
	}
	w.session = &session{module: m, slot: t.slot, h: h, direct: m.list.knows(h, t.slot)}
	return w.info()
}

// list tells of all tokens of a module, without a session.
func (w *worker) list(a openArgs) ([]hsm.Info, error) {
	m, err := loadModule(a)
	if err != nil {
		return nil, err
	}
	w.module = m
	tokens, err := m.tokens()
	if err != nil {
		return nil, err
	}
	infos := []hsm.Info{}
	for _, t := range tokens {
		info, err := m.describe(t)
		if err != nil {
			return nil, err
		}
		infos = append(infos, info)
	}
	return infos, nil
}

// shut ends the session and finalises the module, but leaves it loaded:
// unloading crashes some (C_Finalize is enough by the standard).
func (w *worker) shut() error {
	if w.module == nil {
		return nil
	}
	if w.session != nil {
		_, _ = w.clean() // on the way out; the session's end destroys them too
		_ = w.ctx.CloseSession(w.h)
	}
	err := rv("C_Finalize", w.module.ctx.Finalize())
	w.module, w.session = nil, nil
	return err
}

// info asks the token anew who it is.
func (s *session) info() (hsm.Info, error) {
	t, err := s.ctx.GetTokenInfo(s.slot)
	if err != nil {
		return hsm.Info{}, rv("ask the token who it is", err)
	}
	return s.describe(slotInfo{s.slot, t})
}

// describe makes an Info of a token and its mechanisms.
func (m *module) describe(t slotInfo) (hsm.Info, error) {
	info := hsm.Info{
		Label: show(t.token.Label), Serial: show(t.token.SerialNumber),
		Manufacturer: show(t.token.ManufacturerID), Model: show(t.token.Model),
		Firmware: version(t.token.FirmwareVersion), Hardware: version(t.token.HardwareVersion),
		Library:       m.about,
		ProtectedPath: t.token.Flags&p11.CKF_PROTECTED_AUTHENTICATION_PATH != 0,
		PIN:           pinState(t.token.Flags), SOPIN: soPINState(t.token.Flags),
	}
	if t.token.Flags&p11.CKF_CLOCK_ON_TOKEN != 0 {
		info.Clock = show(t.token.UTCTime)
	}
	list, err := m.ctx.GetMechanismList(t.slot)
	if err != nil {
		return info, rv("list the mechanisms", err)
	}
	for _, mech := range list {
		entry := hsm.Mechanism{Number: mech.Mechanism, Name: mechanismName(mech.Mechanism)}
		if mi, err := m.ctx.GetMechanismInfo(t.slot, []*p11.Mechanism{mech}); err == nil {
			entry.Wrap = mi.Flags&p11.CKF_WRAP != 0
			entry.Min, entry.Max = mi.MinKeySize, mi.MaxKeySize
		}
		info.Mechanisms = append(info.Mechanisms, entry)
	}
	return info, nil
}
