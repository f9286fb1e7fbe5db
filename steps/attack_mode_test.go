package steps

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/attacks"
	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/keyvault"
	"github.com/keyceremony/ceremony/keyvault/rehearsal"
	"github.com/keyceremony/ceremony/keyvault/vaulttest"
	"github.com/keyceremony/ceremony/plan"
)

// This file brings what belongs to a rehearsal into a production.

// A productionVault passes for one of Azure, until it shows what it is.
type productionVault struct {
	keyvault.Vault
	url    string
	honest *bool
}

func (v productionVault) Info(ctx context.Context) (keyvault.Info, error) {
	i, err := v.Vault.Info(ctx)
	i.URL, i.Cloud, i.Rehearsal = v.url, "public", *v.honest
	return i, err
}

func (v productionVault) named(k keyvault.Key, err error) (keyvault.Key, error) {
	if _, path, ok := strings.Cut(k.KID, "/keys/"); ok {
		k.KID = v.url + "/keys/" + path
	}
	return k, err
}

func (v productionVault) Get(ctx context.Context, name, version string) (keyvault.Key, error) {
	return v.named(v.Vault.Get(ctx, name, version))
}

func (v productionVault) CreateKEK(ctx context.Context, name string, p keyvault.KEKParams) (keyvault.Key, error) {
	return v.named(v.Vault.CreateKEK(ctx, name, p))
}

// TestAttackRehearsalInProduction: a vault, and a blob, of rehearsals.
func TestAttackRehearsalInProduction(t *testing.T) {
	const url = "https://contoso.vault.azure.net"
	h := newHall(t, nil, "P-256")
	h.vault = vaulttest.Start(t, rehearsal.Options{})
	h.setPlan(func(p *plan.Plan) {
		produces(p)
		p.Vault, p.Evidence = plan.Vault{URL: url, Cloud: "public", Tenant: p.Vault.Tenant}, plan.Evidence{Attestation: "none", AuditLog: "none"}
	}, []string{"P-256"})
	shows := false
	h.client = productionVault{vaulttest.Open(t, h.vault), url, &shows}

	s := h.stand("online", "vault.signin")
	s.holds(t, []attack{
		{Row: attacks.New("vault/rehearsal", "a production signs in to a vault of rehearsals", attacks.At("vault.signin", "vault.mode")), act: func(s *stand, c *Ceremony) error {
			shows = true
			defer func() { shows = false }()
			return s.step(c)
		}},
	})

	h.stand("online", "blob.receive")
	c := h.begin(Wrap)
	h.run(c, Wrap)
	h.shut(c)
	h.stand("online", "blob.receive").holds(t, []attack{
		{
			Row: attacks.New("blob/rehearsal", "the blob of a rehearsal in a production, recorded and sealed so", attacks.At("blob.receive", "bundle.lint")),
			do: bundle("usb-blob", func(m *medium) {
				old := m.files["key-1.byok"]
				b, _, err := byok.Decode(old)
				must(t, err)
				b.Generator = rehearsalMark + b.Generator
				m.files["key-1.byok"], err = b.Encode()
				must(t, err)
				m.sealedAs(sum(old), sum(m.files["key-1.byok"]))
			}),
		},
	})
}

// TestAttackBeforeSeal: the KEK's file is exchanged in the folder after it was
// read back; people seal the list with the attacker's file in it.
func TestAttackBeforeSeal(t *testing.T) {
	h := newHall(t, nil, "P-256")
	s := h.stand("online", "prepare.seal")
	kek, _ := attackersKEK(t)
	must(t, os.WriteFile(filepath.Join(s.path("online"), "kek.publickey.pem"), kek.PEM(), 0o600))
	h.stand("online", "blob.receive")
	h.stand("offline", "kek.receive").holds(t, []attack{
		{Row: attacks.New("swap/before-the-seal", "exchanges the KEK's file in the folder, before people seal the list of files", attacks.At("kek.receive", "bundle.kek"), attacks.At("verify", "files.recorded", "checks.again")), stuck: true},
	})
}
