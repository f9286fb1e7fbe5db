package rehearsal_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/keyvault"
	"github.com/keyceremony/ceremony/keyvault/rehearsal"
	"github.com/keyceremony/ceremony/keyvault/vaulttest"
)

func newKEK(t *testing.T, v keyvault.Vault, expires time.Time) (keyvault.Key, *byok.KEK) {
	t.Helper()
	k, err := v.CreateKEK(t.Context(), "kek", keyvault.KEKParams{Bits: 3072, Expires: expires})
	if err != nil {
		t.Fatal(vaulttest.Detail(err))
	}
	kek, err := byok.ParseKEK(k.Public.PEM())
	if err != nil {
		t.Fatal(err)
	}
	return k, kek
}

var ecOps = []string{"sign", "verify"}

// TestTrailingZeros: an HSM that leaves zero bytes after the PKCS#8 (SoftHSM)
// passes with a finding, and not at all where the vault is strict.
func TestTrailingZeros(t *testing.T) {
	for _, strict := range []bool{false, true} {
		v := vaulttest.Open(t, vaulttest.Start(t, rehearsal.Options{Strict: strict}))
		k, kek := newKEK(t, v, time.Time{})
		target := vaulttest.Target(t, byok.P256)
		blob := vaulttest.Blob(t, kek, k.KID, append(target.Plaintext(), 0, 0, 0))
		got, err := v.Import(t.Context(), "target", keyvault.ImportParams{Type: byok.P256, Ops: ecOps, Blob: blob})
		switch {
		case strict && vaulttest.CodeOf(err) != keyvault.BadBlob:
			t.Errorf("strict: %s", vaulttest.Detail(err))
		case !strict && (err != nil || !slices.Equal(got.Findings, []string{"pkcs8.trailing-zeros=3"})):
			t.Errorf("not strict: %v, %s", got.Findings, vaulttest.Detail(err))
		case !strict && !got.Public.Equal(target.Public()):
			t.Error("another key was stored")
		}
	}
}

// TestWrongPlaintexts: what is inside the blob must be the key that is named.
func TestWrongPlaintexts(t *testing.T) {
	v := vaulttest.Open(t, vaulttest.Start(t, rehearsal.Options{ManagedHSM: true}))
	k, kek := newKEK(t, v, time.Time{})
	ec := vaulttest.Target(t, byok.P256).Plaintext()
	flipped := bytes.Clone(ec)
	flipped[len(flipped)-1] ^= 1 // of the public key inside
	for name, c := range map[string]struct {
		t     byok.KeyType
		plain []byte
	}{
		"not PKCS#8":                    {byok.P256, []byte("0123456789abcdef")},
		"a public key that is not this": {byok.P256, flipped},
		"an AES key as EC":              {byok.P256, make([]byte, 32)},
		"EC as RSA":                     {byok.RSA2048, ec},
		"20 bytes as AES":               {byok.AES128, make([]byte, 20)},
		"EC as AES":                     {byok.AES256, ec},
		"something after it":            {byok.P256, append(bytes.Clone(ec), 1)},
		"eight zeros after it":          {byok.P256, append(bytes.Clone(ec), make([]byte, 8)...)},
	} {
		_, err := v.Import(t.Context(), "target", keyvault.ImportParams{
			Type: c.t, Ops: vaulttest.Ops(c.t), Blob: vaulttest.Blob(t, kek, k.KID, c.plain),
		})
		if code := vaulttest.CodeOf(err); code != keyvault.KeyTypeOps && code != keyvault.BadBlob {
			t.Errorf("%s: %s", name, vaulttest.Detail(err))
		}
	}
	if list, _ := v.Versions(t.Context(), "target"); len(list) != 0 {
		t.Errorf("%d versions were stored", len(list))
	}
}

// TestOAEPHash: a blob wrapped with SHA-256, as other clouds take it, is not
// one for Azure.
func TestOAEPHash(t *testing.T) {
	v := vaulttest.Open(t, vaulttest.Start(t, rehearsal.Options{}))
	k, kek := newKEK(t, v, time.Time{})
	ct, err := byok.Wrap(rand.Reader, kek, crypto.SHA256, vaulttest.Target(t, byok.P256).Plaintext())
	if err != nil {
		t.Fatal(err)
	}
	blob, err := byok.Blob{KID: k.KID, Ciphertext: ct, Generator: "test"}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Import(t.Context(), "target", keyvault.ImportParams{Type: byok.P256, Ops: ecOps, Blob: blob}); vaulttest.CodeOf(err) != keyvault.BadBlob {
		t.Error(vaulttest.Detail(err))
	}
}

// TestKEKTimes: a KEK imports within its time only, and only a KEK does.
func TestKEKTimes(t *testing.T) {
	now := vaulttest.Now()
	s := vaulttest.Start(t, rehearsal.Options{Now: func() time.Time { return now }})
	v := vaulttest.Open(t, s)
	k, kek := newKEK(t, v, now.Add(10*time.Minute))
	blob := vaulttest.Blob(t, kek, k.KID, vaulttest.Target(t, byok.P256).Plaintext())
	send := func() keyvault.Code {
		_, err := v.Import(t.Context(), "target", keyvault.ImportParams{Type: byok.P256, Ops: ecOps, Blob: blob})
		return vaulttest.CodeOf(err)
	}
	if code := send(); code != "" {
		t.Errorf("in time: %s", code)
	}
	now = now.Add(10 * time.Minute)
	if code := send(); code != keyvault.Forbidden {
		t.Errorf("after its time: %s", code)
	}
	edit := func(f func(*rehearsal.Key)) {
		if _, err := s.Edit("kek", "", f); err != nil {
			t.Fatal(err)
		}
	}
	edit(func(k *rehearsal.Key) { k.Expires, k.NotBefore = 0, now.Unix()+1 })
	if code := send(); code != keyvault.Forbidden {
		t.Errorf("before its time: %s", code)
	}
	edit(func(k *rehearsal.Key) { k.NotBefore = 0; k.Ops = []string{"sign"} })
	if code := send(); code != keyvault.Forbidden {
		t.Errorf("not a KEK: %s", code)
	}
	edit(func(k *rehearsal.Key) { k.Kty, k.Ops = "RSA", []string{"import"} })
	if code := send(); code != keyvault.KeyTypeOps && code != keyvault.BadBlob {
		t.Errorf("not in the HSM: %s", code)
	}
}

// TestAttacks: the state edited as an attacker in the service would do.
func TestAttacks(t *testing.T) {
	s := vaulttest.Start(t, rehearsal.Options{})
	v := vaulttest.Open(t, s)
	k, kek := newKEK(t, v, time.Time{})
	target, other := vaulttest.Target(t, byok.P256), vaulttest.Target(t, byok.P256)
	blob := vaulttest.Blob(t, kek, k.KID, target.Plaintext())
	if _, err := v.Import(t.Context(), "target", keyvault.ImportParams{Type: byok.P256, Ops: ecOps, Blob: blob}); err != nil {
		t.Fatal(err)
	}
	sum := make([]byte, 32)
	// Another key inside, the right one shown: only a signature tells.
	if _, err := s.Edit("target", "", func(k *rehearsal.Key) { k.Private = other.Plaintext() }); err != nil {
		t.Fatal(err)
	}
	shown, err := v.Get(t.Context(), "target", "")
	if err != nil || !shown.Public.Equal(target.Public()) {
		t.Errorf("shown key: %v", err)
	}
	sig, err := v.Sign(t.Context(), "target", "", "ES256", sum)
	if err != nil || target.Public().Verify("SHA-256", sum, sig) == nil || other.Public().Verify("SHA-256", sum, sig) != nil {
		t.Errorf("the vault does not sign with the exchanged key: %v", err)
	}
	// The other key shown too.
	if _, err := s.Edit("target", "", func(k *rehearsal.Key) { k.Public = other.Public().SPKI() }); err != nil {
		t.Fatal(err)
	}
	if shown, err = v.Get(t.Context(), "target", ""); err != nil || !shown.Public.Equal(other.Public()) {
		t.Errorf("shown key: %v", err)
	}
}

// TestWithoutOps: who names no operations gets all of them.
func TestWithoutOps(t *testing.T) {
	v := vaulttest.Open(t, vaulttest.Start(t, rehearsal.Options{}))
	k, kek := newKEK(t, v, time.Time{})
	blob := vaulttest.Blob(t, kek, k.KID, vaulttest.Target(t, byok.P521).Plaintext())
	got, err := v.Import(t.Context(), "target", keyvault.ImportParams{Type: byok.P521, Blob: blob})
	if err != nil || !slices.Equal(got.Ops, ecOps) {
		t.Errorf("%v, %v", got.Ops, err)
	}
}

// TestAttestation: a Managed HSM attests its keys, and passes on what a test
// put there; a Key Vault has none at all.
func TestAttestation(t *testing.T) {
	put := keyvault.Attestation{Version: "MRVL-1", Certificates: []byte("PEM"), Private: []byte{1, 2}, Public: []byte{3}}
	for _, hsm := range []bool{false, true} {
		s := vaulttest.Start(t, rehearsal.Options{ManagedHSM: hsm})
		v := vaulttest.Open(t, s)
		k, _ := newKEK(t, v, time.Time{})
		if a, err := v.Attestation(t.Context(), "kek", k.Version); (a != nil) != hsm || err != nil {
			t.Errorf("HSM %v: %v, %v", hsm, a, err)
		}
		if _, err := s.Edit("kek", "", func(k *rehearsal.Key) { k.Attestation = &put }); err != nil {
			t.Fatal(err)
		}
		for _, version := range []string{"", k.Version} {
			a, err := v.Attestation(t.Context(), "kek", version)
			if err != nil || (a != nil) != hsm || hsm && !reflect.DeepEqual(*a, put) {
				t.Errorf("HSM %v, version %q: %v, %v", hsm, version, a, err)
			}
		}
		if _, err := v.Attestation(t.Context(), "none", ""); (err != nil) != hsm {
			t.Errorf("HSM %v: attestation of nothing: %v", hsm, err)
		}
	}
}
