package steps

import (
	"context"
	"crypto/x509"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/attacks"
	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/keyvault"
	"github.com/keyceremony/ceremony/keyvault/rehearsal"
	"github.com/keyceremony/ceremony/keyvault/vaulttest"
	"github.com/keyceremony/ceremony/plan"
)

// This file has what a vault may not be, show or answer.

// edited changes a key in the vault behind everybody's back.
func edited(name string, change func(*rehearsal.Key)) func(*stand) {
	return func(s *stand) {
		s.hall.t.Helper()
		_, err := s.vault.Edit(name, "", change)
		must(s.hall.t, err)
	}
}

// otherKey is a key of the attacker's, as a vault keeps it.
func otherKey(t testing.TB, typ byok.KeyType) (private, public []byte) {
	t.Helper()
	k := vaulttest.Target(t, typ)
	if pub := k.Public(); pub != nil {
		public = pub.SPKI()
	}
	return k.Plaintext(), public
}

// TestAttackKEK changes the KEK between its creation and its read-back.
func TestAttackKEK(t *testing.T) {
	s := newHall(t, nil, "P-256").stand("online", "kek.readback")
	const kek = "rehearsal-kek"
	now := vaulttest.Now().Unix()
	large, largeSPKI := largerKEK(t)
	s.holds(t, []attack{
		{Row: attacks.New("kek/more-operations", "lets the KEK decrypt too", attacks.At("kek.readback", "kek.ops")), do: edited(kek, func(k *rehearsal.Key) { k.Ops = []string{"import", "decrypt"} })},
		{Row: attacks.New("kek/other-operations", "a KEK that unwraps, and may not import", attacks.At("kek.readback", "kek.ops")), do: edited(kek, func(k *rehearsal.Key) { k.Ops = []string{"unwrapKey"} })},
		{Row: attacks.New("kek/exportable", "a KEK that may leave the vault", attacks.At("kek.readback", "kek.not-exportable")), do: edited(kek, func(k *rehearsal.Key) { k.Exportable = true })},
		{Row: attacks.New("kek/release-policy", "a KEK that is released under a policy", attacks.At("kek.readback", "kek.no-release-policy")), do: changedInfo(func(k *keyvault.Key) { k.Release = true })},
		{Row: attacks.New("kek/disabled", "disables the KEK", attacks.At("kek.readback", "kek.enabled")), do: edited(kek, func(k *rehearsal.Key) { k.Enabled = false })},
		{Row: attacks.New("kek/expired", "a KEK that has expired", attacks.At("kek.readback", "kek.expiry")), do: edited(kek, func(k *rehearsal.Key) { k.Expires = now - 1 })},
		{Row: attacks.New("kek/short-lived", "a KEK that expires within the hour", attacks.At("kek.readback", "kek.expiry")), do: edited(kek, func(k *rehearsal.Key) { k.Expires = now + 3600 })},
		{Row: attacks.New("kek/long-lived", "a KEK that lives longer than planned", attacks.At("kek.readback", "kek.expiry")), do: edited(kek, func(k *rehearsal.Key) { k.Expires = now + 400*86400 })},
		{Row: attacks.New("kek/immortal", "a KEK that never expires", attacks.At("kek.readback", "kek.expiry")), do: edited(kek, func(k *rehearsal.Key) { k.Expires = 0 })},
		{Row: attacks.New("kek/software", "a KEK outside any HSM", attacks.At("kek.readback", "kek.kty")), do: edited(kek, func(k *rehearsal.Key) { k.Kty = "RSA" })},
		{Row: attacks.New("kek/other-size", "a KEK of another size", attacks.At("kek.readback", "kek.size")), do: edited(kek, func(k *rehearsal.Key) { k.Private, k.Public = large, largeSPKI })},
		{Row: attacks.New("kek/other-version", "another version of the KEK", attacks.At("kek.readback", "kek.kid")), do: changedInfo(func(k *keyvault.Key) { k.KID = k.KID[:len(k.KID)-1] + flip(k.KID[len(k.KID)-1]) })},
	})
}

func largerKEK(t testing.TB) (private, public []byte) {
	t.Helper()
	key, err := vaulttest.Prepared()(3072)
	must(t, err)
	private, err = x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	public, err = x509.MarshalPKIXPublicKey(&key.PublicKey)
	must(t, err)
	return private, public
}

// A tamperedVault changes what passes between the vault and the program.
type tamperedVault struct {
	keyvault.Vault
	info   func(*keyvault.Info)
	key    func(*keyvault.Key)
	create func(keyvault.Key)
	lost   *bool // the answer to create is lost
}

func (v tamperedVault) Info(ctx context.Context) (keyvault.Info, error) {
	i, err := v.Vault.Info(ctx)
	if v.info != nil {
		v.info(&i)
	}
	return i, err
}

func (v tamperedVault) Get(ctx context.Context, name, version string) (keyvault.Key, error) {
	k, err := v.Vault.Get(ctx, name, version)
	if v.key != nil && err == nil {
		v.key(&k)
	}
	return k, err
}

func (v tamperedVault) CreateKEK(ctx context.Context, name string, p keyvault.KEKParams) (keyvault.Key, error) {
	k, err := v.Vault.CreateKEK(ctx, name, p)
	if v.create != nil {
		v.create(k)
	}
	if v.lost != nil && *v.lost {
		return keyvault.Key{}, &keyvault.Problem{Code: keyvault.Unreachable}
	}
	return k, err
}

// changedInfo shows keys other than they are.
func changedInfo(change func(*keyvault.Key)) func(*stand) {
	return func(s *stand) {
		s.lies = true
		s.cloud = func(v keyvault.Vault) keyvault.Vault {
			return tamperedVault{Vault: v, key: func(k *keyvault.Key) {
				if s.lies {
					change(k)
				}
			}}
		}
	}
}

// TestAttackVault signs in to something that is not the plan's vault.
func TestAttackVault(t *testing.T) {
	s := newHall(t, nil, "P-256").stand("online", "vault.signin")
	shown := func(change func(*keyvault.Info)) func(*stand) {
		return func(s *stand) {
			s.cloud = func(v keyvault.Vault) keyvault.Vault { return tamperedVault{Vault: v, info: change} }
		}
	}
	s.holds(t, []attack{
		{Row: attacks.New("vault/other-host", "answers for another host", attacks.At("vault.signin", "vault.host")), do: shown(func(i *keyvault.Info) { i.URL = "https://evil.vault.rehearsal.test" })},
		{Row: attacks.New("vault/homoglyph-host", "answers for a host whose name looks the same", attacks.At("vault.signin", "vault.host")), do: shown(func(i *keyvault.Info) { i.URL = strings.Replace(i.URL, "e", "\u0435", 1) })},
		{Row: attacks.New("vault/other-cloud", "is in another cloud", attacks.At("vault.signin", "vault.cloud")), do: shown(func(i *keyvault.Info) { i.Cloud = "public" })},
		{Row: attacks.New("vault/other-tenant", "is in another tenant", attacks.At("vault.signin", "vault.tenant")), do: shown(func(i *keyvault.Info) { i.Tenant = strings.Repeat("0", 36) })},
		{Row: attacks.New("vault/production", "a rehearsal signs in to a vault of production", attacks.At("vault.signin", "vault.mode")), do: shown(func(i *keyvault.Info) { i.Rehearsal = false })},
	})
}

// TestAttackKEKName: a KEK is never replaced and never one of two.
func TestAttackKEKName(t *testing.T) {
	s := newHall(t, nil, "P-256").stand("online", "kek.create")
	private, public := largerKEK(t)
	mine := rehearsal.Key{
		Name: "rehearsal-kek", Version: strings.Repeat("a", 32), Kty: "RSA-HSM", Ops: []string{"import"}, Enabled: true, Private: private, Public: public,
	}
	s.holds(t, []attack{
		{Row: attacks.New("kek/name-taken", "has a key under the KEK's name already", attacks.At("kek.create", "kek.name-free"), attacks.At("kek.create", "kek.one-version")), do: func(s *stand) { must(t, s.vault.Add(mine)) }},
		{Row: attacks.New("kek/name-deleted", "has deleted a key of the KEK's name, and can recover it", attacks.At("kek.create", "kek.name-free"), attacks.At("kek.create", "vault.name-deleted")), do: func(s *stand) {
			must(t, s.vault.Add(mine))
			must(t, s.vault.Delete(mine.Name, rehearsal.Deletion{Deleted: 1, Purge: 2}))
		}, blind: forgets("vault.name-deleted", mine.Name)},
		{Row: attacks.New("kek/two-versions", "makes a KEK of the name at the same moment", attacks.At("kek.create", "kek.one-version")), acted: true, stuck: true, act: func(s *stand, c *Ceremony) error {
			if c.Now().Phase == Act {
				c.vault = tamperedVault{Vault: c.vault, create: func(keyvault.Key) { must(t, s.vault.Add(mine)) }}
			}
			return s.step(c)
		}},
	})
}

// forgets lets the vault forget a deleted key, where its refusal is to be
// taken away.
func forgets(refusal, name string) map[string]blind {
	return map[string]blind{refusal: func(s *stand, _ *Ceremony) func() {
		must(s.hall.t, s.vault.Purge(name))
		return nil
	}}
}

// imports holds a ceremony up to a step of the import.
func imports(t *testing.T, id string, change func(*plan.Plan), types ...string) *stand {
	t.Helper()
	h := newHall(t, change, types...)
	h.stand("online", "blob.receive").stand("offline", "kek.receive")
	c := h.open("offline")
	h.run(c, Wrap)
	h.shut(c)
	return h.stand("online", id)
}

// TestAttackTarget changes the imported key on its way into the vault.
func TestAttackTarget(t *testing.T) {
	s := imports(t, "target.readback", nil, "P-256")
	s.holds(t, []attack{
		{Row: attacks.New("target/exportable", "an imported key that may leave the vault", attacks.At("target.readback", "target.not-exportable")), do: edited("key-1", func(k *rehearsal.Key) { k.Exportable = true })},
		{Row: attacks.New("target/release-policy", "an imported key that is released under a policy", attacks.At("target.readback", "target.no-release-policy")), do: changedInfo(func(k *keyvault.Key) { k.Release = true })},
		{Row: attacks.New("target/software", "an imported key outside any HSM", attacks.At("target.readback", "target.kty")), do: edited("key-1", func(k *rehearsal.Key) { k.Kty = "EC" })},
		{Row: attacks.New("target/disabled", "an imported key that is disabled", attacks.At("target.readback", "target.enabled")), do: changedInfo(func(k *keyvault.Key) { k.Enabled = false })},
		{Row: attacks.New("target/more-operations", "lets the imported key do more than planned", attacks.At("target.readback", "target.ops")), do: edited("key-1", func(k *rehearsal.Key) { k.Ops = append(k.Ops, "wrapKey") })},
	})
	s = s.hall.stand("online", "target.code")
	s.holds(t, []attack{{Row: attacks.New("target/second-look", "the online machine lies about the imported key: an operator reads another code by an own way", attacks.At("target.code", "target.code")), do: func(s *stand) {
		s.answers = func(_ Now, a *Answers) { a.Text["code.key-1"] = s.plan.SHA256().Code() }
	}}})
}

// An undyingVault says that it deletes keys.
type undyingVault struct{ keyvault.Vault }

func (undyingVault) Delete(context.Context, string) (*keyvault.Deleted, error) {
	return &keyvault.Deleted{}, nil
}

// TestAttackRetire: a KEK that can import more after the ceremony.
func TestAttackRetire(t *testing.T) {
	imports(t, "kek.retire", nil, "P-256").holds(t, []attack{
		{
			Row: attacks.New("kek/not-retired", "says that the KEK is deleted, and keeps it", attacks.At("kek.retire", "kek.retired")),
			do:  func(s *stand) { s.cloud = func(v keyvault.Vault) keyvault.Vault { return undyingVault{v} } },
		},
	})
}

// TestAttackKEKLater changes the KEK between the two sittings.
func TestAttackKEKLater(t *testing.T) {
	s := imports(t, "target.import", nil, "P-256")
	const kek = "rehearsal-kek"
	s.holds(t, []attack{
		{Row: attacks.New("kek/decrypts-later", "lets the KEK decrypt, once it was read back", attacks.At("target.import", "kek.unchanged")), do: edited(kek, func(k *rehearsal.Key) { k.Ops = append(k.Ops, "decrypt") })},
		{Row: attacks.New("kek/exportable-later", "lets the KEK leave the vault, once it was read back", attacks.At("target.import", "kek.unchanged")), do: edited(kek, func(k *rehearsal.Key) { k.Exportable = true })},
	})
}

// TestAttackTargetName: an import never makes a new version of somebody's key.
func TestAttackTargetName(t *testing.T) {
	s := imports(t, "target.import", nil, "P-256")
	private, public := otherKey(t, byok.P256)
	mine := rehearsal.Key{
		Name: "key-1", Version: strings.Repeat("b", 32), Kty: "EC-HSM", Crv: "P-256", Ops: []string{"sign"}, Enabled: true, Private: private, Public: public,
	}
	s.holds(t, []attack{
		{Row: attacks.New("target/name-taken", "has a key under the target key's name already", attacks.At("target.import", "target.name-free"), attacks.At("target.import", "target.one-version")), do: func(s *stand) { must(t, s.vault.Add(mine)) }},
		{Row: attacks.New("target/name-deleted", "has deleted a key of that name, and can recover it", attacks.At("target.import", "target.name-free"), attacks.At("target.import", "vault.name-deleted")), do: func(s *stand) {
			must(t, s.vault.Add(mine))
			must(t, s.vault.Delete(mine.Name, rehearsal.Deletion{Deleted: 1, Purge: 2}))
		}, blind: forgets("vault.name-deleted", mine.Name)},
	})
}

// TestAttackRotate imports a new version of the key that the plan names, and of no
// other.
func TestAttackRotate(t *testing.T) {
	private, public := otherKey(t, byok.P256)
	old := rehearsal.Key{
		Name: "key-1", Version: strings.Repeat("b", 32), Kty: "EC-HSM", Crv: "P-256", Ops: []string{"sign"}, Enabled: true, Private: private, Public: public,
	}
	s := imports(t, "target.import", func(p *plan.Plan) { p.Keys[0].Rotate = p.Vault.URL + "/keys/key-1/" + old.Version }, "P-256")
	newer := old
	newer.Version = strings.Repeat("c", 32)
	must(t, s.vault.Add(old))
	s.was = s.remember()
	s.holds(t, []attack{
		{Row: attacks.New("target/newer-version", "has a newer version than the one that is to be rotated", attacks.At("target.import", "target.name-free")), do: func(s *stand) { must(t, s.vault.Add(newer)) }},
		{Row: attacks.New("target/rotated-gone", "has deleted the key that is to be rotated", attacks.At("target.import", "target.name-free"), attacks.At("target.import", "vault.name-deleted")), do: func(s *stand) {
			must(t, s.vault.Delete("key-1", rehearsal.Deletion{Deleted: 1, Purge: 2}))
		}, blind: forgets("vault.name-deleted", "key-1")},
	})
	c := s.again(t)
	s.run(c, Import)
	s.shut(c)
	s.complete(audit.OutcomeComplete)
	if n := vaulttestVersions(s.hall, "key-1"); n != 2 {
		t.Errorf("%d versions, want 2", n)
	}
}

// A network stands between the program and the vault: it answers instead of
// the vault, or loses its answer.
type network struct {
	method, path string // of the request that it waits for
	status       int    // the answer instead of the vault's; 0 loses the vault's
	code         string
	times        int
	hits         int
}

func (n *network) between(vault http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n.times == 0 || r.Method != n.method || !strings.Contains(r.URL.Path, n.path) || r.Header.Get("Authorization") == "" {
			vault.ServeHTTP(w, r)
			return
		}
		n.times--
		n.hits++
		if n.status == 0 {
			vault.ServeHTTP(discard{http.Header{}}, r)
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set(rehearsal.Mark, "true")
		w.WriteHeader(n.status)
		_, _ = w.Write([]byte(`{"error":{"code":"` + n.code + `","message":"no"}}`))
	})
}

type discard struct{ h http.Header }

func (d discard) Header() http.Header         { return d.h }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

// TestVaultTrouble: what the service refuses, or answers and nobody hears, is
// explained; afterwards the step ends with exactly one version.
func TestVaultTrouble(t *testing.T) {
	for _, at := range []struct{ step, key, method, path string }{
		{"kek.create", "rehearsal-kek", http.MethodPost, "/keys/rehearsal-kek/create"},
		{"target.import", "key-1", http.MethodPut, "/keys/key-1"},
	} {
		net := &network{method: at.method, path: at.path}
		h := newHall(t, nil, "P-256")
		h.vault = vaulttest.Start(t, rehearsal.Options{ManagedHSM: true, Between: net.between})
		h.setPlan(nil, []string{"P-256"})
		s := h.standAt(at.step)
		for _, c := range []struct {
			name   string
			status int
			code   string
			want   keyvault.Code
			adopts bool
		}{
			{"forbidden", 403, "Forbidden", keyvault.Forbidden, false},
			{"too many requests", 429, "Throttled", keyvault.Throttled, false},
			{"out of order", 503, "ServiceUnavailable", keyvault.ServiceFault, false},
			{"broken", 500, "InternalServerError", keyvault.ServiceFault, false},
			{"a lost answer", 0, "", keyvault.Unreachable, true},
		} {
			t.Run(at.step+" "+c.name, func(t *testing.T) {
				run := s.again(t)
				defer s.shut(run)
				net.status, net.code, net.times = c.status, c.code, 1000
				err := s.step(run)
				net.times = 0
				if p := Explain(err); p.Code != string(c.want) || p.Meaning == "" || p.Remedy == "" {
					t.Errorf("%+v, want %s: %v", p, c.want, err)
				}
				n := vaulttestVersions(s.hall, at.key)
				if (n > 0) != c.adopts || n > 1 {
					t.Errorf("%d versions in the vault after %d requests", n, net.hits)
				}
				s.resumesOnce(t, run, c.adopts)
				if n := vaulttestVersions(s.hall, at.key); n != 1 {
					t.Errorf("%d versions after resuming", n)
				}
			})
		}
	}
}

// standAt goes to a step of any stage.
func (h *hall) standAt(id string) *stand {
	h.t.Helper()
	if slices.ContainsFunc(prepareSteps, func(s *Step) bool { return s.ID == id }) {
		return h.stand("online", id)
	}
	h.stand("online", "blob.receive").stand("offline", "kek.receive")
	c := h.open("offline")
	h.run(c, Wrap)
	h.shut(c)
	return h.stand("online", id)
}

// resumesOnce goes on after an act whose end is not known: the wrong decision
// is refused, the right one ends the step.
func (s *stand) resumesOnce(t *testing.T, c *Ceremony, adopts bool) {
	t.Helper()
	now := c.Now()
	if now.Phase != Interrupted || now.Step.ID != s.id {
		t.Fatalf("%s is awaited, %s", now.Step.ID, now.Phase)
	}
	wrong, refusal := resumeAdopt, ErrNoneFound
	if adopts {
		wrong, refusal = resumeRepeat, ErrOneFound
	}
	for _, text := range c.Statements(map[string]string{"resume": wrong}) {
		if !strings.Contains(string(text.Text), wrong) {
			t.Errorf("%s approves a decision that is not in the text:\n%s", text.Person, text.Text)
		}
	}
	if n, err := c.Look(t.Context()); n == 0 && err == nil && !errors.Is(c.before(c.Now(), map[string]string{"resume": resumeAdopt}), ErrNoneFound) {
		t.Error("people are asked to sign that they adopt what is not there")
	}
	s.answers = func(_ Now, a *Answers) { a.Text["resume"] = wrong }
	if err := s.step(c); !errors.Is(err, refusal) {
		t.Errorf("the wrong decision: %v, want %v", err, refusal)
	}
	s.honest()
	must(t, s.step(c))
	if c.Now().Step.ID == s.id {
		t.Error("the step did not end")
	}
}
