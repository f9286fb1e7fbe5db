package hsmtest

import (
	"context"
	"errors"
	"testing"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/hsm"
)

func open(t testing.TB, s *Store) hsm.Token {
	t.Helper()
	token, err := s.Open(s.Serial)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// inside is a token with the crypto officer logged in.
func inside(t testing.TB, s *Store) hsm.Token {
	t.Helper()
	token := open(t, s)
	if err := token.Login(t.Context(), s.PIN, false); err != nil {
		t.Fatal(err)
	}
	return token
}

func TestConformanceMemory(t *testing.T) {
	s := Memory()
	Run(t, Subject{
		Open: func(t testing.TB) hsm.Token { return open(t, s) }, PIN: s.PIN, Label: s.Label, Local: true,
		Types: []byok.KeyType{"P-256", "P-384", "P-521", "P-256K", "RSA-2048", "RSA-3072", "AES-128", "AES-192", "AES-256"},
	})
}

func TestMemoryOtherSerial(t *testing.T) {
	if _, err := Memory().Open("0000"); !errors.Is(err, hsm.ErrNoToken) {
		t.Errorf("%v, wanted %v", err, hsm.ErrNoToken)
	}
	if _, err := Memory().Open(""); err != nil {
		t.Error(err)
	}
}

// TestMemoryPIN: three wrong tries lock the token, in however many sessions.
func TestMemoryPIN(t *testing.T) {
	s := Memory()
	for i, try := range []struct {
		pin    string
		insist bool
		want   error
		state  hsm.PINState
	}{
		{"wrong", false, hsm.ErrPINIncorrect, hsm.PINCountLow},
		{"wrong", false, hsm.ErrPINIncorrect, hsm.PINFinalTry},
		{string(s.PIN), false, hsm.ErrFinalTry, hsm.PINFinalTry},
		{string(s.PIN), true, nil, hsm.PINFresh},
		{"wrong", false, hsm.ErrPINIncorrect, hsm.PINCountLow},
		{"wrong", false, hsm.ErrPINIncorrect, hsm.PINFinalTry},
		{"wrong", true, hsm.ErrPINIncorrect, hsm.PINLocked},
		{string(s.PIN), true, hsm.ErrPINLocked, hsm.PINLocked},
	} {
		token := open(t, s)
		err := token.Login(t.Context(), []byte(try.pin), try.insist)
		info, _ := token.Info(t.Context())
		if hsm.Kind(err) != try.want || info.PIN != try.state {
			t.Errorf("try %d: %v and %q, wanted %v and %q", i+1, err, info.PIN, try.want, try.state)
		}
		_ = token.Close()
	}
}

func TestTrustedMemory(t *testing.T) {
	s := Memory()
	RunTrusted(t, Subject{
		Open: func(t testing.TB) hsm.Token { return open(t, s) }, PIN: s.PIN, SOPIN: s.SOPIN, Label: s.Label, Local: true,
		Types: []byok.KeyType{"P-256", "RSA-2048", "AES-256"},
	})
	kek, _ := KEK(t, 2048)
	if err := inside(t, s).Trust(t.Context(), s.SOPIN, kek, false); err == nil {
		t.Error("the security officer logs in beside the crypto officer")
	}
}

// TestMemoryRefuses: what a ceremony must have done before.
func TestMemoryRefuses(t *testing.T) {
	s := Memory()
	token := inside(t, s)
	if _, err := token.Generate(t.Context(), hsm.Request{Type: byok.P384, Label: "k", ID: []byte("k")}); err != nil {
		t.Fatal(err)
	}
	kek, _ := KEK(t, 2048)
	_, err := token.Probe(t.Context(), 2048, []byok.KeyType{byok.P256}, false)
	_, err2 := token.LoadKEK(t.Context(), kek)
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	if _, err := token.Wrap(t.Context(), []byte("k")); !errors.Is(err, hsm.ErrNotProbed) {
		t.Errorf("a type that was not probed: %v, wanted %v", err, hsm.ErrNotProbed)
	}
	given, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := token.Find(given, hsm.Query{}); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v, wanted %v", err, context.Canceled)
	}
	if _, err := open(t, s).Probe(t.Context(), 2048, []byok.KeyType{byok.P256}, false); !errors.Is(err, hsm.ErrNotLoggedIn) {
		t.Errorf("probe without a login: %v, wanted %v", err, hsm.ErrNotLoggedIn)
	}
}
