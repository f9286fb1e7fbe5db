// Package vaulttest is the conformance suite that every keyvault.Vault
// passes, and the helpers with which tests open a rehearsal vault.
//
// Run takes a vault through the life of a KEK and of target keys of every
// type, with key transfer blobs made by byok.Wrap. Start and Open give tests
// of other packages a rehearsal vault and the real client to it.
package vaulttest

import (
	"crypto"
	"crypto/rand"
	"slices"
	"testing"
	"time"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/keyvault"
)

// Subject is the vault under test.
type Subject struct {
	Vault  keyvault.Vault
	Now    func() time.Time // of the service
	Prefix string           // of all key names, so that a shared vault can be used
}

// Run runs the suite.
func Run(t *testing.T, s Subject) {
	t.Run("info", s.info)
	t.Run("kek", s.kek)
	t.Run("names", s.names)
	for _, kt := range byok.KeyTypes() {
		t.Run("import/"+string(kt), func(t *testing.T) { s.target(t, kt) })
	}
	t.Run("versions", s.versions)
	t.Run("refused blobs", s.refusedBlobs)
	t.Run("kek limits", s.kekLimits)
	t.Run("delete", s.delete)
}

// fixture is a KEK in the vault under test, and what wraps under it.
type fixture struct {
	Subject
	t   *testing.T
	kek keyvault.Key
	pub *byok.KEK
}

func (s Subject) newKEK(t *testing.T, name string, bits int) *fixture {
	t.Helper()
	k, err := s.Vault.CreateKEK(t.Context(), s.Prefix+name, keyvault.KEKParams{
		Bits: bits, Expires: s.Now().AddDate(0, 0, 7), Tags: map[string]string{"ceremony": "test"},
	})
	if err != nil {
		t.Fatalf("create the KEK: %s", Detail(err))
	}
	pub, err := byok.ParseKEK(k.Public.PEM())
	if err != nil {
		t.Fatal(err)
	}
	return &fixture{s, t, k, pub}
}

// Blob makes a key transfer blob of plaintext for the KEK called kid.
func Blob(t testing.TB, kek *byok.KEK, kid string, plaintext []byte) []byte {
	t.Helper()
	ct, err := byok.Wrap(rand.Reader, kek, crypto.SHA1, plaintext)
	if err != nil {
		t.Fatal(err)
	}
	b, err := byok.Blob{KID: kid, Ciphertext: ct, Generator: "ceremony test"}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (f *fixture) blob(plaintext []byte) []byte { return Blob(f.t, f.pub, f.kek.KID, plaintext) }

// Target makes a target key; RSA keys are prepared ones.
func Target(t testing.TB, kt byok.KeyType) *byok.PrivateKey {
	t.Helper()
	var key *byok.PrivateKey
	var err error
	if kt.Kind() == byok.KindRSA {
		prepared, perr := preparedRSA(kt.Bits(), 0)
		if perr != nil {
			t.Fatal(perr)
		}
		key, err = byok.NewPrivateKey(prepared)
	} else {
		key, err = byok.GenerateKey(rand.Reader, kt)
	}
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// Ops are all operations that a type of key can have, sorted.
func Ops(kt byok.KeyType) []string {
	switch kt.Kind() {
	case byok.KindRSA:
		return []string{"decrypt", "encrypt", "sign", "unwrapKey", "verify", "wrapKey"}
	case byok.KindEC:
		return []string{"sign", "verify"}
	}
	return []string{"decrypt", "encrypt", "unwrapKey", "wrapKey"}
}

func (s Subject) info(t *testing.T) {
	info, err := s.Vault.Info(t.Context())
	if err != nil {
		t.Fatal(Detail(err))
	}
	for what, v := range map[string]string{
		"url": info.URL, "host": info.Host, "kind": string(info.Kind), "cloud": info.Cloud,
		"tenant": info.Tenant, "account": info.Account, "object id": info.ObjectID, "api": info.API, "method": info.Method,
	} {
		if v == "" {
			t.Errorf("Info has no %s", what)
		}
	}
}

// kek creates a KEK of each size and reads it back.
func (s Subject) kek(t *testing.T) {
	for bits, name := range map[int]string{2048: "kek2048", 3072: "kek3072", 4096: "kek4096"} {
		f := s.newKEK(t, name, bits)
		got, err := s.Vault.Get(t.Context(), f.kek.Name, f.kek.Version)
		if err != nil {
			t.Fatal(Detail(err))
		}
		if !got.Public.Equal(f.kek.Public) || got.KID != f.kek.KID {
			t.Errorf("%d bits: read back another key than was created", bits)
		}
		if got.Kty != "RSA-HSM" || !slices.Equal(got.Ops, []string{"import"}) || f.pub.Bits() != bits {
			t.Errorf("%d bits: kty %s, ops %v, %d bits", bits, got.Kty, got.Ops, f.pub.Bits())
		}
		if !got.Enabled || got.Exportable || got.Release || got.Expires == nil || got.Created == nil {
			t.Errorf("%d bits: attributes %+v", bits, got)
		}
		if got.Tags["ceremony"] != "test" || got.Recovery == "" {
			t.Errorf("%d bits: tags %v, recovery %q", bits, got.Tags, got.Recovery)
		}
		sum := make([]byte, 32)
		if _, err := s.Vault.Sign(t.Context(), got.Name, got.Version, "RS256", sum); CodeOf(err) != keyvault.Forbidden {
			t.Errorf("%d bits: a KEK signs: %v", bits, err)
		}
	}
}

// names asks for what is not there.
func (s Subject) names(t *testing.T) {
	ctx, name := t.Context(), s.Prefix+"nobody"
	if _, err := s.Vault.Get(ctx, name, ""); CodeOf(err) != keyvault.NotFound {
		t.Errorf("Get: %v, want not found", err)
	}
	if v, err := s.Vault.Versions(ctx, name); len(v) != 0 || err != nil {
		t.Errorf("Versions: %v, %v, want none", v, err)
	}
	if d, err := s.Vault.Deleted(ctx, name); d != nil || err != nil {
		t.Errorf("Deleted: %v, %v, want none", d, err)
	}
	if _, err := s.Vault.Delete(ctx, name); CodeOf(err) != keyvault.NotFound {
		t.Errorf("Delete: %v, want not found", err)
	}
	for _, bad := range []string{"", "a/b", "ä", "..", "a b"} {
		if _, err := s.Vault.Get(ctx, bad, ""); CodeOf(err) != keyvault.Configuration {
			t.Errorf("Get(%q): %v, want a refusal", bad, err)
		}
	}
}

// target imports one key and uses it.
func (s Subject) target(t *testing.T, kt byok.KeyType) {
	name := "target-" + string(kt)
	f := s.newKEK(t, "kek-for-"+name, 2048)
	key := Target(t, kt)
	got, err := f.importKey(name, kt, key.Plaintext())
	if kt.Kind() == byok.KindAES && s.kind(t) == keyvault.KeyVault {
		if CodeOf(err) != keyvault.KeyTypeOps {
			t.Errorf("a Key Vault imports an AES key: %v", err)
		}
		return
	}
	if err != nil {
		t.Fatal(Detail(err))
	}
	f.checkTarget(got, kt, key)
	back, err := s.Vault.Get(t.Context(), got.Name, "")
	if err != nil {
		t.Fatal(Detail(err))
	}
	f.checkTarget(back, kt, key)
	f.use(got, kt, key)
}

func (s Subject) kind(t *testing.T) keyvault.Kind {
	t.Helper()
	info, err := s.Vault.Info(t.Context())
	if err != nil {
		t.Fatal(Detail(err))
	}
	return info.Kind
}

func (f *fixture) importKey(name string, kt byok.KeyType, plaintext []byte) (keyvault.Key, error) {
	return f.Vault.Import(f.t.Context(), f.Prefix+name, keyvault.ImportParams{
		Type: kt, Ops: Ops(kt), Blob: f.blob(plaintext), Tags: map[string]string{"run": "7"},
	})
}

func (f *fixture) checkTarget(got keyvault.Key, kt byok.KeyType, key *byok.PrivateKey) {
	f.t.Helper()
	if got.Kty != kt.Kty() || got.Crv != kt.Crv() || !slices.Equal(got.Ops, Ops(kt)) {
		f.t.Errorf("kty %s, crv %s, ops %v", got.Kty, got.Crv, got.Ops)
	}
	if want := key.Public(); want == nil && got.Public != nil || want != nil && !want.Equal(got.Public) {
		f.t.Error("the vault shows another public key than was imported")
	}
	if !got.Enabled || got.Exportable || got.Tags["run"] != "7" || len(got.Findings) != 0 {
		f.t.Errorf("attributes %+v", got)
	}
}
