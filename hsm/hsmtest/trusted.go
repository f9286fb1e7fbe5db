package hsmtest

import (
	"crypto"
	"errors"
	"slices"
	"testing"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/hsm"
)

// RunTrusted takes a fresh token with a security officer through trusted
// wrapping: a key that asks for it leaves under the KEK that he trusts, under
// no other, and nothing of it stays behind.
func RunTrusted(t *testing.T, s Subject) {
	r := &suite{Subject: s, token: s.Open(t), keys: map[byok.KeyType]hsm.Key{}}
	defer r.token.Close()
	ours, private := KEK(t, 3072)
	r.trust(t, ours)
	if err := r.token.Login(t.Context(), r.PIN, false); err != nil {
		t.Fatalf("the security officer stayed logged in: %v", err)
	}
	r.makeTrusting(t)
	r.wrapTrusted(t, ours, func(ciphertext []byte) ([]byte, error) { return byok.Unwrap(private, crypto.SHA1, ciphertext) })
	r.refuseUntrusted(t)
	r.untrust(t, ours)
}

// trust: a wrong PIN makes nothing, the right one all, and once.
func (r *suite) trust(t *testing.T, kek *byok.KEK) {
	t.Helper()
	if err := r.token.Trust(t.Context(), []byte("0000-0000"), kek, false); !errors.Is(err, hsm.ErrPINIncorrect) {
		t.Errorf("a wrong SO PIN: %v, wanted %v", err, hsm.ErrPINIncorrect)
	}
	if there, err := r.token.Trusted(t.Context(), kek); err != nil || there.KEKs+there.WrappingKeys != 0 || there.Ready() {
		t.Errorf("before: %+v, %v", there, err)
	}
	for range 2 {
		if err := r.token.Trust(t.Context(), r.SOPIN, kek, false); err != nil {
			t.Fatal(err)
		}
		if there, err := r.token.Trusted(t.Context(), kek); err != nil || !there.Ready() || !there.KEK.Equal(kek) {
			t.Fatalf("after: %+v, %v", there, err)
		}
	}
	other, _ := KEK(t, 2048)
	if there, err := r.token.Trusted(t.Context(), other); err != nil || there.KEKs+there.WrappingKeys != 0 {
		t.Errorf("another KEK: %+v, %v", there, err)
	}
}

// makeTrusting makes keys that only a trusted KEK may carry.
func (r *suite) makeTrusting(t *testing.T) {
	t.Helper()
	for _, kind := range r.Types {
		q := request(kind)
		q.Trusted = true
		k, err := r.token.Generate(t.Context(), q)
		if err != nil || k.WrapWithTrusted == nil || !*k.WrapWithTrusted {
			t.Fatalf("%s: %+v, %v", kind, k, err)
		}
		r.keys[kind] = k
	}
	if all, err := r.token.Find(t.Context(), hsm.Query{}); err != nil || len(all) != len(r.Types) {
		t.Errorf("%d keys (%v), wanted those that were made: %d", len(all), err, len(r.Types))
	}
}

func (r *suite) wrapTrusted(t *testing.T, kek *byok.KEK, unwrap func([]byte) ([]byte, error)) {
	t.Helper()
	c, err := r.token.Probe(t.Context(), 2048, r.Types, true)
	if err != nil || c.Way == "" || c.Untrusted == nil || !c.Untrusted.OK {
		t.Fatalf("%+v, %v", c, err)
	}
	t.Logf("%s; under a KEK that nobody trusts: %s", c.Way, c.Untrusted.Found)
	if read, err := r.token.LoadKEK(t.Context(), kek); err != nil || !read.Equal(kek) {
		t.Fatalf("load the KEK: %v", err)
	}
	for _, kind := range r.Types {
		ciphertext, err := r.token.Wrap(t.Context(), r.keys[kind].ID)
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		plain, err := unwrap(ciphertext)
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		r.compare(t, kind, plain)
	}
}

// refuseUntrusted: under another KEK the same keys stay.
func (r *suite) refuseUntrusted(t *testing.T) {
	t.Helper()
	other, _ := KEK(t, 2048)
	if _, err := r.token.LoadKEK(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	for _, kind := range r.Types {
		if _, err := r.token.Wrap(t.Context(), r.keys[kind].ID); !errors.Is(err, hsm.ErrWrapWithTrusted) {
			t.Errorf("%s: %v, wanted %v", kind, err, hsm.ErrWrapWithTrusted)
		}
	}
}

// untrust: the crypto officer's cleaning up takes all of it away.
func (r *suite) untrust(t *testing.T, kek *byok.KEK) {
	t.Helper()
	c, err := r.token.Clean(t.Context())
	if err != nil || c.Left+c.Trusted != 0 || !slices.Contains(c.Destroyed, "trusted KEK") {
		t.Errorf("clean: %+v, %v", c, err)
	}
	if there, err := r.token.Trusted(t.Context(), kek); err != nil || there.KEKs+there.WrappingKeys != 0 {
		t.Errorf("after cleaning up: %+v, %v", there, err)
	}
}
