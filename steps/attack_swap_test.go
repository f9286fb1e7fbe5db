package steps

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"os"
	"path/filepath"
	"testing"

	"github.com/keyceremony/ceremony/attacks"
	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/keyvault"
)

// This file exchanges the KEK on its way from the vault into the HSM.

// onTheWay is a ceremony in the HSM room, before anything is received.
func onTheWay(t *testing.T) *stand { return onTheWayTo(t, "kek.receive") }

// onTheWayTo is one at a step of that room.
func onTheWayTo(t *testing.T, id string) *stand {
	return newHall(t, nil, "P-256").stand("online", "blob.receive").stand("offline", id)
}

// bundle tampers with a bundle and writes it back in perfect form.
func bundle(name string, change func(*medium)) func(*stand) {
	return func(s *stand) {
		m := s.medium(name)
		change(m)
		m.write()
	}
}

// TestAttackSwappedKEK exchanges the KEK between the machines, by an attacker
// who can do more and more.
func TestAttackSwappedKEK(t *testing.T) {
	kek, private := attackersKEK(t)
	s := onTheWay(t)
	s.holds(t, []attack{
		{
			Row: attacks.New("swap/list", "exchanges the KEK's file and fixes BUNDLE.sha256",
				attacks.At("kek.receive", "bundle.files", "bundle.kek")),
			do: bundle("usb-kek", func(m *medium) { m.swapKEK(kek) }),
		},
		{
			Row: attacks.New("swap/manifest", "fixes the sealed manifest too",
				attacks.At("kek.receive", "bundle.seal", "bundle.kek")),
			do: bundle("usb-kek", func(m *medium) {
				m.swapKEK(kek)
				m.list()
			}),
		},
		{
			Row: attacks.New("swap/unsealed", "takes the seal away",
				attacks.At("kek.receive", "bundle.seal", "bundle.kek")),
			do: bundle("usb-kek", func(m *medium) {
				m.swapKEK(kek)
				m.list()
				m.sign("online")
			}),
		},
		{
			Row: attacks.New("swap/own-seal", "seals with a key of the attacker's own",
				attacks.At("kek.receive", "bundle.seal", "bundle.kek")),
			do: bundle("usb-kek", func(m *medium) {
				m.swapKEK(kek)
				m.list()
				m.forge(everyoneOf()...)
			}),
		},
		{
			Row: attacks.New("swap/log", "writes the whole log anew, chained, with the exchanged KEK in it",
				attacks.At("kek.receive", "bundle.seal", "bundle.head", "attest.key"), attacks.At("kek.confirm", "kek.confirm")),
			do: bundle("usb-kek", func(m *medium) {
				m.swapRecorded(kek)
				m.list()
				m.forge(everyoneOf()...)
			}),
		},
		{
			Row: attacks.New("swap/one-stolen-key", "has the signing key of one person",
				attacks.At("kek.receive", "bundle.seal", "bundle.head", "attest.key"), attacks.At("kek.confirm", "kek.confirm")),
			do: bundle("usb-kek", func(m *medium) {
				m.swapRecorded(kek)
				m.list()
				m.sign("online", "op1")
			}),
		},
		{
			Row: attacks.New("swap/one-key-for-all", "signs with one stolen key under every name",
				attacks.At("kek.receive", "bundle.seal", "bundle.head", "attest.key"), attacks.At("kek.confirm", "kek.confirm")),
			do: bundle("usb-kek", func(m *medium) {
				m.swapRecorded(kek)
				m.list()
				m.sign("online", "op1")
				for _, who := range everyoneOf() {
					m.files[audit.SignedName(sealPrepare.Manifest, who)] = m.files[audit.SignedName(sealPrepare.Manifest, "op1")]
				}
			}),
		},
		{
			Row: attacks.New("swap/offline-keys", "has everybody's keys of the other machine",
				attacks.At("kek.receive", "bundle.seal", "bundle.head", "attest.key"), attacks.At("kek.confirm", "kek.confirm")),
			do: bundle("usb-kek", func(m *medium) {
				m.swapRecorded(kek)
				m.list()
				m.sign("offline", everyoneOf()...)
			}),
		},
		{
			Row: attacks.New("swap/all-keys", "has everybody's keys of this machine, and seals as they do",
				attacks.At("kek.receive", "bundle.head", "attest.key"), attacks.At("kek.confirm", "kek.confirm")),
			do: bundle("usb-kek", func(m *medium) {
				m.swapRecorded(kek)
				m.list()
				m.sign("online", everyoneOf()...)
			}),
		},
		{
			Row: attacks.New("swap/record-alone", "exchanges it in the log and leaves the file",
				attacks.At("kek.receive", "bundle.head", "bundle.kek", "attest.key"), attacks.At("kek.confirm", "kek.confirm")),
			do: bundle("usb-kek", func(m *medium) {
				file := m.files["kek.publickey.pem"]
				m.swapRecorded(kek)
				m.files["kek.publickey.pem"] = file
				m.list()
				m.sign("online", everyoneOf()...)
			}),
		},
		{
			Row: attacks.New("swap/online-machine", "owns the online machine: log, sheet and every seal speak of the exchanged KEK",
				attacks.At("kek.receive", "attest.key"), attacks.At("kek.confirm", "kek.confirm")),
			do: speaksOf(kek), gains: theKey(private),
		},
		{
			Row: attacks.New("swap/bribed-operator", "owns the online machine, and has bribed an operator to type its code",
				attacks.At("kek.receive", "attest.key"), attacks.At("kek.confirm", "kek.confirm")),
			do: func(s *stand) {
				speaksOf(kek)(s)
				s.answers = func(now Now, a *Answers) {
					if now.Step == stepKEKConfirm {
						a.Text["code.op1"] = kek.SHA256().Code()
					}
				}
			},
		},
	})
}

// speaksOf has the whole online machine speak of another KEK.
func speaksOf(kek *byok.KEK) func(*stand) {
	return func(s *stand) {
		bundle("usb-kek", func(m *medium) {
			s.hall.sheets["prepare.head"] = m.swapRecorded(kek).SHA256.Code()
			m.list()
			m.sign("online", everyoneOf()...)
		})(s)
	}
}

// theKey shows that the attacker has the target key: it is wrapped under the
// exchanged KEK.
func theKey(private *rsa.PrivateKey) func(*stand, *Ceremony) {
	return func(s *stand, c *Ceremony) {
		t := s.hall.t
		s.until(c, "target.challenge")
		file, err := os.ReadFile(filepath.Join(s.path("offline"), "key-1.byok"))
		must(t, err)
		blob, _, err := byok.Decode(file)
		must(t, err)
		if _, err := byok.Unwrap(private, crypto.SHA1, blob.Ciphertext); err != nil {
			t.Errorf("the demonstration shows nothing: %v", err)
		}
	}
}

// TestAttackCodes: where nothing is attested, the codes that operators type
// blind are what tells. They are typed by two people, whole, each their own.
func TestAttackCodes(t *testing.T) {
	kek, private := attackersKEK(t)
	s := onTheWay(t)
	speaksOf(kek)(s)
	putBack := without(t, stepKEKReceive, "attest.key")
	s = s.hall.stand("offline", "kek.confirm")
	putBack()
	typed := func(code func(*stand) string, who ...string) func(*stand) {
		return func(s *stand) {
			s.answers = func(_ Now, a *Answers) {
				for _, id := range who {
					a.Text["code."+id] = code(s)
				}
			}
		}
	}
	evil := func(*stand) string { return kek.SHA256().Code() }
	s.holds(t, []attack{
		{Row: attacks.New("code/exchanged", "the KEK that came is not the one on the sheets", attacks.At("kek.confirm", "kek.confirm")), stuck: true, gains: theKey(private)},
		{Row: attacks.New("code/one-bribed", "one operator types the code of the attacker's KEK", attacks.At("kek.confirm", "kek.confirm")), stuck: true, do: typed(evil, "op1")},
		{Row: attacks.New("code/other-bribed", "the other operator does", attacks.At("kek.confirm", "kek.confirm")), stuck: true, do: typed(evil, "op2")},
		{Row: attacks.New("code/signed-by-one", "whoever has the keyboard types both codes, and signs for both", attacks.At("kek.confirm", "steps.ErrSignature")), stuck: true, do: func(s *stand) {
			typed(evil, "op1", "op2")(s)
			s.signer = func(Now, string) (string, bool) { return "op1", true }
		}},
	})
	onTheWayTo(t, "kek.confirm").holds(t, []attack{
		{
			Row: attacks.New("code/mistyped", "an operator mistypes a digit of the KEK's code", attacks.At("kek.confirm", "kek.confirm")),
			do:  typed(func(s *stand) string { return s.plan.SHA256().Code() }, "op2"),
		},
		{
			Row: attacks.New("code/one-operator", "one operator alone signs for both codes", attacks.At("kek.confirm", "steps.ErrTooFew")),
			do:  func(s *stand) { s.signer = func(_ Now, who string) (string, bool) { return who, who == "op1" } },
		},
	})
}

// forge seals with a key that is nobody's.
func (m *medium) forge(who ...string) {
	m.sign(m.side)
	ns := audit.SealNamespace(m.seal.Name, m.s.plan.Mode())
	sig, err := audit.Sign(newSigner(m.s.hall.t), rand.Reader, ns, m.files[m.seal.Manifest])
	if err != nil {
		m.s.hall.t.Fatal(err)
	}
	for _, id := range who {
		m.files[audit.SignedName(m.seal.Manifest, id)] = sig
	}
}

// TestAttackVaultView: the online machine is shown another KEK than the vault
// has. The operators' own codes tell, typed blind, before anything is sealed.
func TestAttackVaultView(t *testing.T) {
	kek, _ := attackersKEK(t)
	shown := func(s *stand) {
		s.lies = true
		s.cloud = func(v keyvault.Vault) keyvault.Vault { return lyingVault{v, kek, &s.lies} }
	}
	s := newHall(t, nil, "P-256").stand("online", "kek.readback")
	s.holds(t, []attack{
		{Row: attacks.New("vault/between", "stands between the online machine and the vault, and shows a KEK of the own",
			attacks.At("kek.code", "kek.code"), attacks.At("kek.attest", "attest.key")), do: shown},
	})
}

// A lyingVault shows another KEK than the one that it has.
type lyingVault struct {
	keyvault.Vault
	kek  *byok.KEK
	lies *bool
}

func (v lyingVault) Get(ctx context.Context, name, version string) (keyvault.Key, error) {
	k, err := v.Vault.Get(ctx, name, version)
	if err == nil && *v.lies {
		k.Public, err = byok.ParsePublicKey(v.kek.PEM())
	}
	return k, err
}
