package main

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/hsm"
	"github.com/keyceremony/ceremony/keyvault"
	"github.com/keyceremony/ceremony/keyvault/rehearsal"
	"github.com/keyceremony/ceremony/plan"
	"github.com/keyceremony/ceremony/steps"
)

// BenchmarkRehearsal holds whole unattended rehearsals with RSA-3072, P-256
// and AES-256, each stage in this process with the people's own answers files,
// and tells where the time goes:
//
//	prepare-ms wrap-ms import-ms   each stage
//	hsm-ms vault-ms unlock-ms      in HSM, in the vault, deriving keys from passphrases
//	own-ms own-%                   all else; goal: at most 1 s or 20 %
func BenchmarkRehearsal(b *testing.B) {
	var c clockwork
	for b.Loop() {
		b.StopTimer()
		s, _ := newRehearsal(b, rehearsal.Options{}, "RSA-3072", "P-256", "AES-256")
		b.StartTimer()
		for _, r := range stageRuns {
			c.hold(b, s, r)
		}
	}
	ms := func(d time.Duration, unit string) { b.ReportMetric(d.Seconds()*1000/float64(b.N), unit) }
	var all time.Duration
	for i, r := range stageRuns {
		all += c.stages[i]
		ms(c.stages[i], r.name+"-ms")
	}
	own := all - c.hsm - c.vault - c.unlock
	ms(c.hsm, "hsm-ms")
	ms(c.vault, "vault-ms")
	ms(c.unlock, "unlock-ms")
	ms(own, "own-ms")
	b.ReportMetric(100*own.Seconds()/all.Seconds(), "own-%")
}

// clockwork sums where the time goes.
type clockwork struct {
	stages             [3]time.Duration
	hsm, vault, unlock time.Duration
}

// hold holds one stage as `ceremony run` does.
func (c *clockwork) hold(b *testing.B, s *scene, r stageRun) {
	b.Helper()
	began := time.Now()
	w, err := world(func(string) {})
	if err != nil {
		b.Fatal(err)
	}
	c.watch(&w)
	flags := runFlags{answers: s.path(r.name + ".answers.toml")}
	if r.begins {
		flags.stage, flags.plan = r.name, s.path("plan.toml")
	}
	ceremony, err := openCeremony(s.path(r.folder), flags, w)
	if err != nil {
		b.Fatal(err)
	}
	room, err := openRoom(ceremony, flags.answers, io.Discard)
	if err != nil {
		b.Fatal(err)
	}
	c.watchRoom(b, room.(*script), s)
	if err := (&lead{c: ceremony, room: room, words: io.Discard}).lead(context.Background()); err != nil {
		b.Fatal(err)
	}
	if err := ceremony.Close(); err != nil {
		b.Fatal(err)
	}
	for i := range stageRuns {
		if stageRuns[i].name == r.name {
			c.stages[i] += time.Since(began)
		}
	}
}

func (c *clockwork) watch(w *steps.World) {
	openVault, openToken := w.OpenVault, w.OpenToken
	w.OpenVault = func(ctx context.Context, v plan.Vault, s steps.SignIn) (keyvault.Vault, error) {
		vault, err := timed(&c.vault, func() (keyvault.Vault, error) { return openVault(ctx, v, s) })
		return timedVault{vault, &c.vault}, err
	}
	w.OpenToken = func(ctx context.Context, h plan.HSM) (hsm.Token, error) {
		token, err := timed(&c.hsm, func() (hsm.Token, error) { return openToken(ctx, h) })
		return timedToken{token, &c.hsm}, err
	}
}

// watchRoom unlocks every key beforehand, and watches the vault that the
// operators ask by their own machines.
func (c *clockwork) watchRoom(b *testing.B, s *script, scene *scene) {
	b.Helper()
	for _, a := range scene.people {
		if _, err := timed(&c.unlock, func() (any, error) { return s.signer(a.id) }); err != nil {
			b.Fatal(err)
		}
	}
	open := s.table.vault
	s.table.vault = func() (keyvault.Vault, error) {
		vault, err := timed(&c.vault, open)
		return timedVault{vault, &c.vault}, err
	}
}

func timed[T any](sum *time.Duration, act func() (T, error)) (T, error) {
	began := time.Now()
	v, err := act()
	*sum += time.Since(began)
	return v, err
}

// timedToken is a Token whose time is summed.
type timedToken struct {
	hsm.Token
	sum *time.Duration
}

func (t timedToken) Info(ctx context.Context) (hsm.Info, error) {
	return timed(t.sum, func() (hsm.Info, error) { return t.Token.Info(ctx) })
}

func (t timedToken) Login(ctx context.Context, pin []byte, insist bool) error {
	_, err := timed(t.sum, func() (any, error) { return nil, t.Token.Login(ctx, pin, insist) })
	return err
}

func (t timedToken) Logout(ctx context.Context) error {
	_, err := timed(t.sum, func() (any, error) { return nil, t.Token.Logout(ctx) })
	return err
}

func (t timedToken) Probe(ctx context.Context, bits int, types []byok.KeyType, trusted bool) (hsm.Capability, error) {
	return timed(t.sum, func() (hsm.Capability, error) { return t.Token.Probe(ctx, bits, types, trusted) })
}

func (t timedToken) Generate(ctx context.Context, r hsm.Request) (hsm.Key, error) {
	return timed(t.sum, func() (hsm.Key, error) { return t.Token.Generate(ctx, r) })
}

func (t timedToken) Find(ctx context.Context, q hsm.Query) ([]hsm.Key, error) {
	return timed(t.sum, func() ([]hsm.Key, error) { return t.Token.Find(ctx, q) })
}

func (t timedToken) LoadKEK(ctx context.Context, kek *byok.KEK) (*byok.KEK, error) {
	return timed(t.sum, func() (*byok.KEK, error) { return t.Token.LoadKEK(ctx, kek) })
}

func (t timedToken) Wrap(ctx context.Context, id []byte) ([]byte, error) {
	return timed(t.sum, func() ([]byte, error) { return t.Token.Wrap(ctx, id) })
}

func (t timedToken) Sign(ctx context.Context, id []byte, h hsm.Hash, d []byte) ([]byte, error) {
	return timed(t.sum, func() ([]byte, error) { return t.Token.Sign(ctx, id, h, d) })
}

func (t timedToken) Decrypt(ctx context.Context, id, ciphertext []byte) ([]byte, error) {
	return timed(t.sum, func() ([]byte, error) { return t.Token.Decrypt(ctx, id, ciphertext) })
}

func (t timedToken) Encrypt(ctx context.Context, id []byte, m hsm.Mode, iv, p []byte) ([]byte, error) {
	return timed(t.sum, func() ([]byte, error) { return t.Token.Encrypt(ctx, id, m, iv, p) })
}

func (t timedToken) Settle(ctx context.Context, id []byte, f hsm.Fate) (hsm.Key, error) {
	return timed(t.sum, func() (hsm.Key, error) { return t.Token.Settle(ctx, id, f) })
}

func (t timedToken) Clean(ctx context.Context) (hsm.Cleaned, error) {
	return timed(t.sum, func() (hsm.Cleaned, error) { return t.Token.Clean(ctx) })
}

func (t timedToken) Close() error {
	_, err := timed(t.sum, func() (any, error) { return nil, t.Token.Close() })
	return err
}

// timedVault is a Vault whose time is summed.
type timedVault struct {
	keyvault.Vault
	sum *time.Duration
}

func (v timedVault) Info(ctx context.Context) (keyvault.Info, error) {
	return timed(v.sum, func() (keyvault.Info, error) { return v.Vault.Info(ctx) })
}

func (v timedVault) CreateKEK(ctx context.Context, n string, p keyvault.KEKParams) (keyvault.Key, error) {
	return timed(v.sum, func() (keyvault.Key, error) { return v.Vault.CreateKEK(ctx, n, p) })
}

func (v timedVault) Import(ctx context.Context, n string, p keyvault.ImportParams) (keyvault.Key, error) {
	return timed(v.sum, func() (keyvault.Key, error) { return v.Vault.Import(ctx, n, p) })
}

func (v timedVault) Get(ctx context.Context, n, version string) (keyvault.Key, error) {
	return timed(v.sum, func() (keyvault.Key, error) { return v.Vault.Get(ctx, n, version) })
}

func (v timedVault) Attestation(ctx context.Context, n, version string) (*keyvault.Attestation, error) {
	return timed(v.sum, func() (*keyvault.Attestation, error) { return v.Vault.Attestation(ctx, n, version) })
}

func (v timedVault) Versions(ctx context.Context, n string) ([]keyvault.Version, error) {
	return timed(v.sum, func() ([]keyvault.Version, error) { return v.Vault.Versions(ctx, n) })
}

func (v timedVault) Deleted(ctx context.Context, n string) (*keyvault.Deleted, error) {
	return timed(v.sum, func() (*keyvault.Deleted, error) { return v.Vault.Deleted(ctx, n) })
}

func (v timedVault) Delete(ctx context.Context, n string) (*keyvault.Deleted, error) {
	return timed(v.sum, func() (*keyvault.Deleted, error) { return v.Vault.Delete(ctx, n) })
}

func (v timedVault) Sign(ctx context.Context, n, version, alg string, d []byte) ([]byte, error) {
	return timed(v.sum, func() ([]byte, error) { return v.Vault.Sign(ctx, n, version, alg, d) })
}

func (v timedVault) Encrypt(ctx context.Context, n, version string, op keyvault.CryptoParams) ([]byte, error) {
	return timed(v.sum, func() ([]byte, error) { return v.Vault.Encrypt(ctx, n, version, op) })
}

func (v timedVault) Decrypt(ctx context.Context, n, version string, op keyvault.CryptoParams) ([]byte, error) {
	return timed(v.sum, func() ([]byte, error) { return v.Vault.Decrypt(ctx, n, version, op) })
}
