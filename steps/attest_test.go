package steps

import (
	"bytes"
	"context"
	"crypto/x509"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/attacks"
	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/keyvault"
	"github.com/keyceremony/ceremony/keyvault/attest"
	"github.com/keyceremony/ceremony/keyvault/rehearsal"
	"github.com/keyceremony/ceremony/keyvault/vaulttest"
	"github.com/keyceremony/ceremony/plan"
)

// This file has what is attested of the KEK, and what a vault's audit log
// shows.

// An attestingVault attests something else than it has.
type attestingVault struct {
	keyvault.Vault
	lies   *bool
	attest func(*keyvault.Attestation) (*keyvault.Attestation, error)
}

func (v attestingVault) Attestation(ctx context.Context, name, version string) (*keyvault.Attestation, error) {
	a, err := v.Vault.Attestation(ctx, name, version)
	if err != nil || !*v.lies {
		return a, err
	}
	return v.attest(a)
}

// attesting lets the vault attest what f makes of the truth.
func attesting(f func(*keyvault.Attestation) (*keyvault.Attestation, error)) func(*stand) {
	return func(s *stand) {
		s.lies = true
		s.cloud = func(v keyvault.Vault) keyvault.Vault { return attestingVault{v, &s.lies, f} }
	}
}

// otherAttested makes one more KEK in the vault, and fetches what is attested
// of it.
func (h *hall) otherAttested() (keyvault.Key, *keyvault.Attestation) {
	h.t.Helper()
	v := vaulttest.Open(h.t, h.vault)
	k, err := v.CreateKEK(h.t.Context(), "rehearsal-other", keyvault.KEKParams{Bits: 2048, Expires: vaulttest.Now().AddDate(0, 0, 7)})
	must(h.t, err)
	a, err := v.Attestation(h.t.Context(), k.Name, k.Version)
	must(h.t, err)
	return k, a
}

// TestAttackAttestation: online, whatever else is attested than this KEK, in
// the HSM of the plan.
func TestAttackAttestation(t *testing.T) {
	h := newHall(t, nil, "P-256")
	_, other := h.otherAttested()
	_, attackers := attackersKEK(t)
	behind, err := x509.MarshalPKCS8PrivateKey(attackers)
	must(t, err)
	s := h.stand("online", "kek.attest")
	s.holds(t, []attack{
		{Row: attacks.New("attest/other-key", "shows the true attestation of another key", attacks.At("kek.attest", "attest.key", "attest.kid")), do: edited("rehearsal-kek", func(k *rehearsal.Key) { k.Attestation = other })},
		{Row: attacks.New("attest/imported", "has brought a key into the vault, under the KEK's name", attacks.At("kek.attest", "attest.local", "attest.never-extractable")), do: edited("rehearsal-kek", func(k *rehearsal.Key) { k.Imported = true })},
		{Row: attacks.New("attest/other-private", "has the vault hold another key than it shows", attacks.At("kek.attest", "attest.key")), do: edited("rehearsal-kek", func(k *rehearsal.Key) { k.Private = behind })},
		{Row: attacks.New("attest/none", "shows no attestation, though the plan requires one", attacks.At("kek.attest", "attest.present")), do: attesting(func(*keyvault.Attestation) (*keyvault.Attestation, error) { return nil, nil })},
		{Row: attacks.New("attest/forbidden", "an account that may not ask for it", attacks.At("kek.attest", "attest.present")), do: attesting(func(*keyvault.Attestation) (*keyvault.Attestation, error) {
			return nil, &keyvault.Problem{Code: keyvault.Forbidden}
		})},
		{
			Row: attacks.New("attest/one-bit", "changes a bit of what the HSM signed", attacks.At("kek.attest", "attest.signature", "attest.form", "attest.kind", "attest.pair", "attest.key", "attest.kid", "attest.not-extractable", "attest.sensitive", "attest.local", "attest.never-extractable")),
			do: attesting(func(a *keyvault.Attestation) (*keyvault.Attestation, error) {
				a.Private = bytes.Clone(a.Private)
				a.Private[len(a.Private)/2] ^= 1
				return a, nil
			}),
		},
		{
			Row: attacks.New("attest/version", "an attestation of another version", attacks.At("kek.attest", "attest.version")),
			do: attesting(func(a *keyvault.Attestation) (*keyvault.Attestation, error) {
				a.Version = "MRVL-0"
				return a, nil
			}),
		},
		{
			Row: attacks.New("attest/forged", "forges the whole chain, from a root of the own", attacks.At("kek.attest", "attest.certificates", "attest.manufacturer", "attest.owner", "attest.owner-root", "attest.signature", "attest.form", "attest.kind", "attest.pair", "attest.key", "attest.kid", "attest.not-extractable", "attest.sensitive", "attest.local", "attest.never-extractable")),
			do:  attesting(ofAnotherVault(t)),
		},
	})
}

// ofAnotherVault attests a key of a vault of the attacker's own.
func ofAnotherVault(t *testing.T) func(*keyvault.Attestation) (*keyvault.Attestation, error) {
	h := &hall{t: t, vault: vaulttest.Start(t, rehearsal.Options{ManagedHSM: true})}
	_, a := h.otherAttested()
	return func(*keyvault.Attestation) (*keyvault.Attestation, error) { return a, nil }
}

// TestAttackPool: a genuine HSM is not yet that of the plan.
func TestAttackPool(t *testing.T) {
	newHall(t, func(p *plan.Plan) { p.Vault.OwnerRoot = digest.Of([]byte("another pool")).String() }, "P-256").stand("online", "kek.attest").holds(t, []attack{
		{Row: attacks.New("attest/other-pool", "has a KEK in a genuine HSM of the own, with its true attestation", attacks.At("kek.attest", "attest.owner-root")), stuck: true},
	})
}

// TestAttackInTheRoom: the file is verified again in the HSM room, by an
// attacker who owns the medium and all seals, and then the log and the sheets.
func TestAttackInTheRoom(t *testing.T) {
	h := newHall(t, nil, "P-256")
	k, other := h.otherAttested()
	forged, err := attest.Encode(k, *other)
	must(t, err)
	s := h.stand("online", "blob.receive").stand("offline", "kek.receive")
	sealed := func(change func(*medium)) func(*stand) {
		return bundle("usb-kek", func(m *medium) {
			change(m)
			m.list()
			m.sign("online", everyoneOf()...)
		})
	}
	honest := digest.Of(s.medium("usb-kek").files[attestationFile]).String()
	s.holds(t, []attack{
		{
			Row: attacks.New("attest/file-lost", "leaves the attestation out of the bundle", attacks.At("kek.receive", "bundle.files", "attest.json")),
			do:  bundle("usb-kek", func(m *medium) { delete(m.files, attestationFile) }),
		},
		{
			Row: attacks.New("attest/file-lost-sealed", "leaves it out, and seals that with everybody's keys", attacks.At("kek.receive", "attest.json")),
			do:  sealed(func(m *medium) { delete(m.files, attestationFile) }),
		},
		{
			Row: attacks.New("attest/file-exchanged", "puts another key's attestation there, sealed so", attacks.At("kek.receive", "attest.file", "attest.key", "attest.kid", "attest.beside")),
			do:  sealed(func(m *medium) { m.files[attestationFile] = forged }),
		},
		{
			Row: attacks.New("attest/file-recorded", "puts another key's attestation there, recorded and sealed so", attacks.At("kek.receive", "bundle.head", "attest.key", "attest.kid", "attest.beside")),
			do: sealed(func(m *medium) {
				m.files[attestationFile] = forged
				m.rechain(honest, digest.Of(forged).String())
			}),
		},
		{
			Row: attacks.New("attest/unrecorded", "a log without a word of the attestation", attacks.At("kek.receive", "bundle.head", "attest.present")),
			do:  sealed(func(m *medium) { m.rechain(`"kek.attestation":`, `"kek.attestatiom":`) }),
		},
		{
			Row: attacks.New("attest/one-byte", "adds a byte to the attestation's file", attacks.At("kek.receive", "attest.file")),
			do:  sealed(func(m *medium) { m.files[attestationFile] = append(m.files[attestationFile], '\n') }),
		},
	})
	if s.visited("rehearsal-other") {
		t.Error("the other KEK was used")
	}
}

// visited reports whether a folder of the ceremony names a key of the vault.
func (s *stand) visited(name string) bool {
	b, err := os.ReadFile(filepath.Join(s.path("offline"), "offline.log"))
	return err != nil || bytes.Contains(b, []byte("/keys/"+name+"/"))
}

// keyVault lets the hall have a Key Vault, and what the plan wants of an audit
// log.
func (h *hall) keyVault(attestation, log string) *hall {
	h.t.Helper()
	h.vault = vaulttest.Start(h.t, rehearsal.Options{})
	h.setPlan(func(p *plan.Plan) {
		p.Vault.OwnerRoot, p.Evidence = "", plan.Evidence{Attestation: attestation, AuditLog: log}
	}, []string{"P-256"})
	return h
}

// checked is a check as it stands in a log of the finished folder.
func (h *hall) checked(stage Stage, step, id string) audit.Check {
	h.t.Helper()
	c := h.open("online")
	if stage == Wrap {
		h.shut(c)
		c = h.open("offline")
	}
	defer h.shut(c)
	records, err := c.Records(stage, step)
	must(h.t, err)
	for _, r := range records {
		for _, ch := range data[audit.End](r).Checks {
			if r.Ev == audit.EvEnd && ch.ID == id {
				return ch
			}
		}
	}
	return audit.Check{}
}

// TestMissingEvidence: what is missing follows the plan, at both machines, and
// is said loudly.
func TestMissingEvidence(t *testing.T) {
	for _, c := range []struct {
		name        string
		attestation string
		vault       bool // a Key Vault
		id, class   string
		outcome     string
	}{
		{"unpinned, wanted", "wanted", false, "attest.owner-root", "exception", audit.OutcomeExceptions},
		{"unpinned, none", "none", false, "attest.owner-root", "note", audit.OutcomeComplete},
		{"Key Vault, wanted", "wanted", true, "attest.present", "exception", audit.OutcomeExceptions},
		{"Key Vault, none", "none", true, "attest.present", "note", audit.OutcomeComplete},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHall(t, func(p *plan.Plan) { p.Vault.OwnerRoot, p.Evidence.Attestation = "", c.attestation }, "P-256")
			if c.vault {
				h.keyVault(c.attestation, "none")
			}
			h.hold()
			h.complete(c.outcome)
			v := h.verdict()
			for _, id := range []string{c.id, "kek.origin"} {
				if !slices.Contains(v.NotChecked, id) {
					t.Errorf("%s is not said to be not checked: %v", id, v.NotChecked)
				}
			}
			for step, stage := range map[string]Stage{"kek.attest": Prepare, "kek.receive": Wrap} {
				if got := h.checked(stage, step, c.id); got.Class != c.class || got.Result != audit.ResultNotChecked {
					t.Errorf("%s: %+v", step, got)
				}
			}
			if got := h.checked(Prepare, "kek.attest", c.id); c.vault && !strings.Contains(got.Found, "NO ATTESTATION EXISTS") {
				t.Errorf("%+v", got)
			}
		})
	}
}

// TestAttackAuditLog: a Key Vault attests nothing. Its log must have the
// creation of this version, and no import of the name.
func TestAttackAuditLog(t *testing.T) {
	h := newHall(t, nil, "P-256").keyVault("none", "required")
	s := h.stand("online", "kek.attest")
	honest, err := os.ReadFile(h.vault.AuditLogFile())
	must(t, err)
	answers := func(path string) func(*stand) {
		return func(s *stand) {
			s.answers = func(now Now, a *Answers) {
				if now.Step.ID == "kek.attest" {
					a.Text["log"] = path
				}
			}
		}
	}
	gives := func(file []byte) func(*stand) {
		path := filepath.Join(t.TempDir(), "PT1H.json")
		must(t, os.WriteFile(path, file, 0o600))
		return answers(path)
	}
	imported := strings.ReplaceAll(string(honest), `"KeyGet"`, `"KeyImport"`)
	s.holds(t, []attack{
		{Row: attacks.New("auditlog/none", "brings no audit log, though the plan requires one", attacks.At("kek.attest", "auditlog.form")), do: answers("")},
		{Row: attacks.New("auditlog/no-log", "brings something else than an audit log", attacks.At("kek.attest", "auditlog.form", "auditlog.create", "auditlog.not-imported")), do: gives([]byte("no log"))},
		{Row: attacks.New("auditlog/other-vault", "brings another vault's log", attacks.At("kek.attest", "auditlog.form", "auditlog.create", "auditlog.not-imported")), do: gives([]byte(strings.ReplaceAll(string(honest), h.plan.Vault.Host(), "evil.vault.azure.net")))},
		{Row: attacks.New("auditlog/not-created", "brings a log in which nobody creates the KEK", attacks.At("kek.attest", "auditlog.create")), do: gives([]byte(strings.ReplaceAll(string(honest), "KeyCreate", "KeyUpdate")))},
		{Row: attacks.New("auditlog/imported", "has brought a key under the KEK's name, which the log shows", attacks.At("kek.attest", "auditlog.not-imported")), do: gives([]byte(imported))},
	})
	h.t = t
	h.finish()
	h.complete(audit.OutcomeComplete)
	if got := h.checked(Prepare, "kek.attest", "kek.origin"); got.Result != audit.ResultNotChecked || !strings.Contains(got.Found, "nobody signs that log") {
		t.Errorf("%+v", got)
	}
	if _, err := os.Stat(filepath.Join(h.path("online"), auditLogFile)); err != nil {
		t.Error(err)
	}
}

// finish goes on with a ceremony that stands in prepare.
func (h *hall) finish() {
	h.t.Helper()
	c := h.open("online")
	h.run(c, Prepare)
	h.shut(c)
	c = h.begin(Wrap)
	h.run(c, Wrap)
	h.shut(c)
	c = h.open("online")
	h.run(c, Import)
	h.shut(c)
}

// TestAuditLogLeftOut: where a plan wants the log, people may go on without it
// by an exception; where it wants none, nothing is asked.
func TestAuditLogLeftOut(t *testing.T) {
	h := newHall(t, nil, "P-256").keyVault("none", "wanted")
	h.answers = func(now Now, a *Answers) { delete(a.Text, "log") }
	c := h.begin(Prepare)
	h.until(c, "kek.attest")
	must(t, h.step(c))
	if now := c.Now(); now.Step.ID != "exception" {
		t.Errorf("%s is current", now.Step.ID)
	}
	h.shut(c)
	h = newHall(t, nil, "P-256")
	c = h.begin(Prepare)
	defer h.shut(c)
	h.until(c, "kek.attest")
	if now := c.Now(); len(now.Fields) > 0 {
		t.Errorf("%+v is asked", now.Fields)
	}
}
