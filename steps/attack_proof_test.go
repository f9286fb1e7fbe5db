package steps

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/keyceremony/ceremony/attacks"
	"github.com/keyceremony/ceremony/keyvault"
	"github.com/keyceremony/ceremony/keyvault/rehearsal"
	"github.com/keyceremony/ceremony/plan"
)

// This file has the proof after the import, for every kind of key, those that
// may not sign too: the key in the vault must be the key in the HSM.

// crossed is a vault at which two blobs come in under each other's name: the
// first key gets the second one's.
type crossed struct {
	keyvault.Vault
	s *stand
}

func (v crossed) Import(ctx context.Context, name string, p keyvault.ImportParams) (keyvault.Key, error) {
	if v.s.lies && name == "key-1" {
		b, err := os.ReadFile(filepath.Join(v.s.path("online"), "key-2.byok"))
		must(v.s.hall.t, err)
		p.Blob = b
	}
	return v.Vault.Import(ctx, name, p)
}

// underAnotherName crosses the blobs on their way to the vault.
func underAnotherName(s *stand) {
	s.lies = true
	s.cloud = func(v keyvault.Vault) keyvault.Vault { return crossed{v, s} }
}

// proved is a ceremony before the import, with two keys of a type that may do
// these operations and no others.
func proved(t *testing.T, typ string, ops ...string) *stand {
	return imports(t, "target.import", func(p *plan.Plan) {
		for i := range p.Keys {
			p.Keys[i].Ops = ops
		}
	}, typ, typ)
}

// readBack stands at the read-back of such a ceremony.
func (s *stand) readBack() *stand { return s.hall.stand("online", "target.readback") }

// another has the vault hold another key than the one that was imported. With
// its public half it shows so; without, it shows the one that was imported.
func another(s *stand, public bool) func(*stand) {
	typ := s.plan.Keys[0].KeyType()
	private, shown := otherKey(s.hall.t, typ)
	return edited("key-1", func(k *rehearsal.Key) {
		k.Private = private
		if public {
			k.Public = shown
		}
	})
}

// TestAttackProofEC: keys that sign.
func TestAttackProofEC(t *testing.T) {
	s := proved(t, "P-256", "sign", "verify")
	s.holds(t, []attack{
		{Row: attacks.New("proof-ec/wrong-name", "imports one EC key's blob under the name of another",
			attacks.At("target.readback", "target.same-public", "target.proof")), do: underAnotherName},
	})
	s = s.readBack()
	s.holds(t, []attack{
		{Row: attacks.New("proof-ec/exchanged", "exchanges an EC key on its way into the vault",
			attacks.At("target.readback", "target.same-public", "target.proof")), do: another(s, true)},
		{Row: attacks.New("proof-ec/other-material", "has the vault hold another EC key, and show the right public half",
			attacks.At("target.readback", "target.proof")), do: another(s, false)},
		{Row: attacks.New("proof-ec/other-public", "has the vault show another public half than that of the key which it holds",
			attacks.At("target.readback", "target.same-public")), do: otherPublic(s)},
	})
}

// otherPublic has the vault hold the right key and show another.
func otherPublic(s *stand) func(*stand) {
	_, shown := otherKey(s.hall.t, s.plan.Keys[0].KeyType())
	return edited("key-1", func(k *rehearsal.Key) { k.Public = shown })
}

// TestAttackProofRSA: keys that sign.
func TestAttackProofRSA(t *testing.T) {
	s := proved(t, "RSA-2048", "sign", "verify")
	s.holds(t, []attack{
		{Row: attacks.New("proof-rsa/wrong-name", "imports one RSA key's blob under the name of another",
			attacks.At("target.readback", "target.same-public", "target.proof")), do: underAnotherName},
	})
	s = s.readBack()
	s.holds(t, []attack{
		{Row: attacks.New("proof-rsa/exchanged", "exchanges an RSA key on its way into the vault",
			attacks.At("target.readback", "target.same-public", "target.proof")), do: another(s, true)},
		{Row: attacks.New("proof-rsa/other-material", "has the vault hold another RSA key, and show the right public half",
			attacks.At("target.readback", "target.proof")), do: another(s, false)},
	})
}

// TestAttackProofDecrypt: RSA keys that may not sign, and only decrypt.
func TestAttackProofDecrypt(t *testing.T) {
	s := proved(t, "RSA-2048", "decrypt")
	s.holds(t, []attack{
		{Row: attacks.New("proof-decrypt/wrong-name", "imports one decrypt-only RSA key's blob under the name of another",
			attacks.At("target.readback", "target.same-public", "target.proof")), do: underAnotherName},
	})
	s = s.readBack()
	s.holds(t, []attack{
		{Row: attacks.New("proof-decrypt/exchanged", "exchanges a decrypt-only RSA key on its way into the vault",
			attacks.At("target.readback", "target.same-public", "target.proof")), do: another(s, true)},
		{Row: attacks.New("proof-decrypt/other-material", "has the vault hold another one, and show the right public half",
			attacks.At("target.readback", "target.proof")), do: another(s, false)},
	})
}

// TestAttackProofUnwrap: RSA keys that may not sign, and only wrap keys.
func TestAttackProofUnwrap(t *testing.T) {
	s := proved(t, "RSA-2048", "wrapKey", "unwrapKey")
	s.holds(t, []attack{
		{Row: attacks.New("proof-unwrap/wrong-name", "imports one wrap-only RSA key's blob under the name of another",
			attacks.At("target.readback", "target.same-public", "target.proof")), do: underAnotherName},
	})
	s = s.readBack()
	s.holds(t, []attack{
		{Row: attacks.New("proof-unwrap/exchanged", "exchanges a wrap-only RSA key on its way into the vault",
			attacks.At("target.readback", "target.same-public", "target.proof")), do: another(s, true)},
		{Row: attacks.New("proof-unwrap/other-material", "has the vault hold another one, and show the right public half",
			attacks.At("target.readback", "target.proof")), do: another(s, false)},
	})
}

// TestAttackProofAES: keys without a public half, which encrypt.
func TestAttackProofAES(t *testing.T) {
	s := proved(t, "AES-256", "encrypt", "decrypt")
	s.holds(t, []attack{
		{Row: attacks.New("proof-aes/wrong-name", "imports one AES key's blob under the name of another",
			attacks.At("target.readback", "target.proof")), do: underAnotherName},
	})
	s = s.readBack()
	s.holds(t, []attack{
		{Row: attacks.New("proof-aes/exchanged", "exchanges an AES key on its way into the vault",
			attacks.At("target.readback", "target.proof")), do: another(s, true)},
	})
}

// TestAttackProofAESWrap: those which only wrap keys.
func TestAttackProofAESWrap(t *testing.T) {
	s := proved(t, "AES-256", "wrapKey", "unwrapKey")
	s.holds(t, []attack{
		{Row: attacks.New("proof-aes-wrap/wrong-name", "imports one wrap-only AES key's blob under the name of another",
			attacks.At("target.readback", "target.proof")), do: underAnotherName},
	})
	s = s.readBack()
	s.holds(t, []attack{
		{Row: attacks.New("proof-aes-wrap/exchanged", "exchanges a wrap-only AES key on its way into the vault",
			attacks.At("target.readback", "target.proof")), do: another(s, true)},
	})
}
