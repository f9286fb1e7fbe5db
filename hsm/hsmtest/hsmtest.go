// Package hsmtest holds the conformance suite that every hsm.Token passes, and
// makes the tokens that tests run on: modules of others (SoftHSM, NSS), and one
// in memory that needs neither PKCS#11 nor cgo (Memory). A missing module is a
// failure that names the package to install, never a skip.
package hsmtest

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"sync"
	"testing"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/hsm"
)

// A Subject is a token under test. Its Open opens the same fresh token each
// time; the token keeps its keys in between.
type Subject struct {
	Open  func(t testing.TB) hsm.Token
	PIN   []byte
	SOPIN []byte // the security officer's, for RunTrusted
	Label string
	Types []byok.KeyType // those that the token makes; the first is an EC type
	Zeros bool           // it leaves up to 7 zeros behind a PKCS#8, as SoftHSM 2.6.1 does
	Local bool           // it sets CKA_LOCAL on the keys that it makes
}

// A suite is one run: a token, and the keys made on it so far.
type suite struct {
	Subject
	token hsm.Token
	keys  map[byok.KeyType]hsm.Key
}

// Run takes a token through everything that a ceremony does with one.
func Run(t *testing.T, s Subject) {
	r := &suite{Subject: s, token: s.Open(t), keys: map[byok.KeyType]hsm.Key{}}
	for _, step := range []struct {
		name string
		test func(*testing.T)
	}{
		{"identity", r.identity},
		{"login", r.login},
		{"generate", r.generate},
		{"in use", r.inUse},
		{"find", r.find},
		{"order", r.order},
		{"probe", r.probe},
		{"wrap", r.wrap},
		{"sign", r.sign},
		{"decrypt", r.decrypt},
		{"encrypt", r.encrypt},
		{"cannot", r.cannot},
		{"settle", r.settle},
		{"clean", r.clean},
		{"logout", r.logout},
		{"close", r.close},
	} {
		if !t.Run(step.name, step.test) {
			_ = r.token.Close()
			t.FailNow() // the next steps build on this one
		}
	}
}

func (r *suite) identity(t *testing.T) {
	i, err := r.token.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if i.Label != r.Label {
		t.Errorf("label %q, wanted %q", i.Label, r.Label)
	}
	if i.Serial == "" || i.Manufacturer == "" || i.Model == "" || i.Library == "" || len(i.Mechanisms) == 0 {
		t.Errorf("an identity with gaps: %+v", i)
	}
	for _, m := range i.Mechanisms {
		if m.Name == "" {
			t.Errorf("mechanism 0x%X without a name", m.Number)
		}
	}
}

func (r *suite) login(t *testing.T) {
	wrong := append([]byte("9"), r.PIN...)
	if err := r.token.Login(t.Context(), wrong, false); !errors.Is(err, hsm.ErrPINIncorrect) {
		t.Fatalf("login with a wrong PIN: %v, wanted %v", err, hsm.ErrPINIncorrect)
	}
	if err := r.token.Login(t.Context(), nil, false); err == nil {
		t.Fatal("login without a PIN, on a token without a PIN pad, succeeds")
	}
	pin := bytes.Clone(r.PIN)
	if err := r.token.Login(t.Context(), pin, false); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(pin, r.PIN) {
		t.Error("the caller's PIN was changed")
	}
	if err := r.token.Login(t.Context(), r.PIN, false); err != nil {
		t.Errorf("a second login: %v, wanted none", err)
	}
}

// request names the key of a type.
func request(kind byok.KeyType) hsm.Request {
	return hsm.Request{Type: kind, Label: "target " + string(kind), ID: append([]byte("conformance-"), kind...)}
}

func (r *suite) generate(t *testing.T) {
	for _, kind := range r.Types {
		q := request(kind)
		k, err := r.token.Generate(t.Context(), q)
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		if k.Type != kind || k.Label != q.Label || !bytes.Equal(k.ID, q.ID) {
			t.Errorf("%s: read back as %s %q id %x", kind, k.Type, k.Label, k.ID)
		}
		checkFlags(t, k, r.Local)
		switch {
		case kind.Kind() == byok.KindAES && (k.Public != nil || len(k.KCV) != 6):
			t.Errorf("%s: public half %v, key check value %q", kind, k.Public, k.KCV)
		case kind.Kind() != byok.KindAES && (k.Public == nil || k.Public.Type() != kind || k.KCV != ""):
			t.Errorf("%s: public half %v, key check value %q", kind, k.Public, k.KCV)
		}
		r.keys[kind] = k
	}
	if _, err := r.token.Generate(t.Context(), hsm.Request{Type: "RSA-1024", Label: "small", ID: []byte("small")}); err == nil {
		t.Error("a key of type RSA-1024 was made")
	}
}

func checkFlags(t *testing.T, k hsm.Key, local bool) {
	t.Helper()
	for _, f := range []struct {
		name string
		got  *bool
		want bool
	}{
		{"extractable", k.Extractable, true},
		{"sensitive", k.Sensitive, true},
		{"local", k.Local, local},
		{"always sensitive", k.AlwaysSensitive, true},
		{"never extractable", k.NeverExtractable, false},
	} {
		if f.got == nil || *f.got != f.want {
			t.Errorf("%s: %s is not %v", k.Type, f.name, f.want)
		}
	}
}

func (r *suite) inUse(t *testing.T) {
	used := request(r.Types[0])
	for name, q := range map[string]hsm.Request{
		"label": {Type: r.Types[0], Label: used.Label, ID: []byte("another id")},
		"id":    {Type: r.Types[0], Label: "another label", ID: used.ID},
	} {
		if _, err := r.token.Generate(t.Context(), q); !errors.Is(err, hsm.ErrLabelInUse) {
			t.Errorf("a %s in use: %v, wanted %v", name, err, hsm.ErrLabelInUse)
		}
	}
	all, err := r.token.Find(t.Context(), hsm.Query{})
	if err != nil || len(all) != len(r.Types) {
		t.Errorf("%d keys (%v), wanted %d: a refused one was made", len(all), err, len(r.Types))
	}
}

func (r *suite) find(t *testing.T) {
	for kind, want := range r.keys {
		for _, q := range []hsm.Query{{ID: want.ID}, {Label: want.Label}, {ID: want.ID, Label: want.Label}} {
			found, err := r.token.Find(t.Context(), q)
			if err != nil || len(found) != 1 {
				t.Fatalf("%s by %s: %d keys, %v", kind, q, len(found), err)
			}
			same(t, found[0], want)
		}
	}
	found, err := r.token.Find(t.Context(), hsm.Query{Label: "nothing has this label"})
	if err != nil || len(found) != 0 {
		t.Errorf("a label that nothing has: %d keys, %v", len(found), err)
	}
}

func same(t *testing.T, got, want hsm.Key) {
	t.Helper()
	if got.Type != want.Type || got.Label != want.Label || !bytes.Equal(got.ID, want.ID) || got.KCV != want.KCV {
		t.Errorf("found %s %q, wanted %s %q", got.Type, got.Label, want.Type, want.Label)
	}
	if want.Public != nil && !want.Public.Equal(got.Public) {
		t.Errorf("%s: another public half", want.Type)
	}
}

// KEKs are the test's Key Exchange Keys by size, made once.
var keks = map[int]func() *rsa.PrivateKey{2048: kek(2048), 3072: kek(3072), 4096: kek(4096)}

func kek(bits int) func() *rsa.PrivateKey {
	return sync.OnceValue(func() *rsa.PrivateKey {
		key, err := rsa.GenerateKey(rand.Reader, bits)
		if err != nil {
			panic("internal error: " + err.Error())
		}
		return key
	})
}

// KEK returns a KEK of 2048, 3072 or 4096 bits and its private half, the same
// one each time.
func KEK(t testing.TB, bits int) (*byok.KEK, *rsa.PrivateKey) {
	t.Helper()
	private := keks[bits]()
	public, err := byok.NewKEK(&private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return public, private
}

func (r *suite) clean(t *testing.T) {
	c, err := r.token.Clean(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if c.Left != 0 || len(c.Destroyed) != 1 || c.Destroyed[0] != "KEK" {
		t.Errorf("destroyed %q and left %d, wanted the KEK and 0", c.Destroyed, c.Left)
	}
	if _, err := r.token.Wrap(t.Context(), r.keys[r.Types[0]].ID); !errors.Is(err, hsm.ErrNoKEK) {
		t.Errorf("wrap after clean: %v, wanted %v", err, hsm.ErrNoKEK)
	}
	if c, err = r.token.Clean(t.Context()); err != nil || len(c.Destroyed) != 0 || c.Left != 0 {
		t.Errorf("a second clean: %+v, %v", c, err)
	}
}

// logout ends the login: private keys are neither seen nor made.
func (r *suite) logout(t *testing.T) {
	if err := r.token.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	if found, err := r.token.Find(t.Context(), hsm.Query{}); len(found) != 0 {
		t.Errorf("%d keys are seen after the logout (%v)", len(found), err)
	}
	q := hsm.Request{Type: r.Types[0], Label: "late", ID: []byte("late")}
	if _, err := r.token.Generate(t.Context(), q); !errors.Is(err, hsm.ErrNotLoggedIn) {
		t.Errorf("generate after the logout: %v, wanted %v", err, hsm.ErrNotLoggedIn)
	}
}

// close ends the worker, and a new one finds the keys again.
func (r *suite) close(t *testing.T) {
	if err := r.token.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.token.Info(t.Context()); err == nil {
		t.Error("a closed token answers")
	}
	if err := r.token.Close(); err != nil {
		t.Errorf("a second close: %v", err)
	}
	again := r.Open(t)
	defer again.Close()
	if err := again.Login(context.Background(), r.PIN, false); err != nil {
		t.Fatal(err)
	}
	found, err := again.Find(t.Context(), hsm.Query{})
	if err != nil || len(found) == 0 {
		t.Errorf("after a new start: %d keys, %v", len(found), err)
	}
}
