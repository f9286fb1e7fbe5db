package hsmtest

import (
	"bytes"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"sync"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/hsm"
)

// A Store is what a token in memory keeps: its keys, and how often its PIN was
// wrong. It outlives the tokens that Open returns, so that a ceremony that is
// closed and opened again finds its keys. Change its fields before the first
// Open.
type Store struct {
	Label  string
	Serial string
	PIN    []byte
	SOPIN  []byte

	mu      sync.Mutex
	wrong   int // PINs since the last login
	keys    []*object
	trusted []*byok.KEK
}

// tries is how many wrong PINs lock the token.
const tries = 3

// Memory makes a token in pure Go, for tests without PKCS#11 and without cgo.
// It has CKM_RSA_AES_KEY_WRAP and every type of key.
func Memory() *Store {
	return &Store{
		Label: "ceremony memory", Serial: "5a1e00c0de000001",
		PIN: []byte("1234-5678"), SOPIN: []byte("8765-4321"),
	}
}

// Open opens the token with this serial number, "" for any. Another serial
// number is hsm.ErrNoToken.
func (s *Store) Open(serial string) (hsm.Token, error) {
	if serial != "" && serial != s.Serial {
		return nil, fmt.Errorf("%w: the module shows %q, serial %s", hsm.ErrNoToken, s.Label, s.Serial)
	}
	return &memory{store: s}, nil
}

// memory is one session with the token of a store.
type memory struct {
	store  *Store
	closed bool
	user   bool // the crypto officer is logged in
	way    hsm.Way
	probed map[byok.KeyType]bool
	kek    *byok.KEK // a session object, or one of store.trusted
}

// enter begins an operation: the caller defers what it returns.
func (m *memory) enter(ctx context.Context) (leave func(), err error) {
	m.store.mu.Lock()
	if err = ctx.Err(); m.closed {
		err = errors.New("the token is closed")
	}
	return m.store.mu.Unlock, err
}

func (m *memory) Info(ctx context.Context) (hsm.Info, error) {
	leave, err := m.enter(ctx)
	defer leave()
	if err != nil {
		return hsm.Info{}, err
	}
	return hsm.Info{
		Label: m.store.Label, Serial: m.store.Serial,
		Manufacturer: "ceremony", Model: "memory", Firmware: "1.0", Hardware: "1.0",
		Library: "ceremony, keys in memory, 1.0", PIN: m.store.pin(), SOPIN: hsm.PINFresh,
		Mechanisms: []hsm.Mechanism{
			{Number: 0x0000, Name: "CKM_RSA_PKCS_KEY_PAIR_GEN", Min: 2048, Max: 4096},
			{Number: 0x1040, Name: "CKM_EC_KEY_PAIR_GEN", Min: 256, Max: 521},
			{Number: 0x1054, Name: string(wayOne), Wrap: true, Min: 2048, Max: 4096},
			{Number: 0x1080, Name: "CKM_AES_KEY_GEN", Min: 16, Max: 32},
		},
	}, nil
}

func (s *Store) pin() hsm.PINState {
	return []hsm.PINState{hsm.PINFresh, hsm.PINCountLow, hsm.PINFinalTry, hsm.PINLocked}[s.wrong]
}

func (m *memory) Login(ctx context.Context, pin []byte, insist bool) error {
	leave, err := m.enter(ctx)
	defer leave()
	s := m.store
	switch {
	case err != nil || m.user:
		return err
	case s.pin() == hsm.PINLocked:
		return fmt.Errorf("log in: %w: the security officer must reset it", hsm.ErrPINLocked)
	case s.pin() == hsm.PINFinalTry && !insist:
		return fmt.Errorf("log in: %w: a wrong PIN now locks the token", hsm.ErrFinalTry)
	case len(pin) == 0:
		return errors.New("log in: no PIN, and the token has no PIN pad")
	case subtle.ConstantTimeCompare(pin, s.PIN) != 1:
		s.wrong = min(s.wrong+1, tries)
		return pinIncorrect("log in")
	}
	m.user, s.wrong = true, 0
	return nil
}

func pinIncorrect(op string) error {
	return &hsm.Error{
		Op: op, Code: 0xA0, Name: "CKR_PIN_INCORRECT", Meaning: "the PIN is wrong", Kind: hsm.ErrPINIncorrect,
		Remedy: "Check which credential this token wants, and how many tries are left, before typing it again.",
	}
}

func (m *memory) Logout(ctx context.Context) error {
	leave, err := m.enter(ctx)
	defer leave()
	if err == nil {
		m.user, m.kek = false, nil
	}
	return err
}

func (m *memory) LoadKEK(ctx context.Context, kek *byok.KEK) (*byok.KEK, error) {
	leave, err := m.enter(ctx)
	defer leave()
	if err != nil {
		return nil, err
	}
	m.kek = kek
	return byok.NewKEK(kek.RSA())
}

func (m *memory) Trust(ctx context.Context, pin []byte, kek *byok.KEK, _ bool) error {
	leave, err := m.enter(ctx)
	defer leave()
	const op = "log the security officer in"
	switch {
	case err != nil:
		return err
	case m.user:
		return &hsm.Error{Op: op, Code: 0x104, Name: "CKR_USER_ANOTHER_ALREADY_LOGGED_IN", Meaning: "someone else is logged in"}
	case !bytes.Equal(pin, m.store.SOPIN):
		return pinIncorrect(op)
	case !m.trusts(kek):
		m.store.trusted = append(m.store.trusted, kek)
	}
	return nil
}

func (m *memory) Trusted(ctx context.Context, kek *byok.KEK) (hsm.Trusted, error) {
	leave, err := m.enter(ctx)
	defer leave()
	if err != nil || !m.trusts(kek) {
		return hsm.Trusted{}, err
	}
	read, err := byok.NewKEK(kek.RSA())
	return hsm.Trusted{KEK: read, KEKs: 1}, err
}

// trusts tells whether the security officer has marked the KEK as trusted.
func (m *memory) trusts(kek *byok.KEK) bool {
	for _, k := range m.store.trusted {
		if k.Equal(kek) {
			return true
		}
	}
	return false
}

func (m *memory) Clean(ctx context.Context) (hsm.Cleaned, error) {
	leave, err := m.enter(ctx)
	defer leave()
	c := hsm.Cleaned{Destroyed: []string{}}
	if err != nil {
		return c, err
	}
	if m.kek != nil && !m.trusts(m.kek) {
		c.Destroyed = append(c.Destroyed, "KEK")
	}
	for range m.store.trusted {
		c.Destroyed = append(c.Destroyed, "trusted KEK")
	}
	m.kek, m.store.trusted = nil, nil
	return c, nil
}

func (m *memory) Close() error {
	m.store.mu.Lock()
	defer m.store.mu.Unlock()
	m.closed, m.user, m.kek = true, false, nil
	return nil
}
