package steps

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/attacks"
	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/durable"
	"github.com/keyceremony/ceremony/hsm"
	"github.com/keyceremony/ceremony/hsm/hsmtest"
	"github.com/keyceremony/ceremony/plan"
)

func trusting(p *plan.Plan) { p.HSM.Trusted = true }

// Keys that leave under a trusted KEK alone come through a whole ceremony, and
// the HSM trusts nothing of it afterwards.
func TestTrustedWrapping(t *testing.T) {
	h := newHall(t, trusting, "P-256", "RSA-2048", "AES-256")
	h.hold()
	h.complete(audit.OutcomeComplete)
	log, err := os.ReadFile(filepath.Join(h.path("online"), "offline.log"))
	must(t, err)
	for _, want := range []string{
		`"ev":"approve","step":"kek.trust"`, `"id":"kek.trusted","class":"stop","found":"trusted objects of the confirmed KEK: 1, trusted wrapping keys: 1"`,
		`"id":"hsm.refuses-untrusted"`, `"found":"only under a trusted KEK (CKA_WRAP_WITH_TRUSTED): true"`, `"id":"kek.untrusted"`,
	} {
		if !bytes.Contains(log, []byte(want)) {
			t.Errorf("%s is not in the record", want)
		}
	}
	if bytes.Contains(log, h.device.SOPIN) || bytes.Contains(log, h.device.PIN) {
		t.Error("a PIN is in the record")
	}
	// An older list of steps does not excuse that nobody trusted the KEK.
	for i, list := range Required(h.plan) {
		at := slices.IndexFunc(list, func(m audit.Must) bool { return m.Step == stepTrust.ID })
		if at < 0 || len(list[at].Approves) == 0 {
			t.Errorf("list %d does without kek.trust", i+1)
		}
	}
}

// A trustToken changes what the HSM says of trusted wrapping.
type trustToken struct {
	hsm.Token
	lies                      *bool
	trusted                   func(*hsm.Trusted)
	untrusted, untagged, keep bool
}

func (k trustToken) Trusted(ctx context.Context, kek *byok.KEK) (hsm.Trusted, error) {
	there, err := k.Token.Trusted(ctx, kek)
	if *k.lies && k.trusted != nil {
		k.trusted(&there)
	}
	return there, err
}

func (k trustToken) Probe(ctx context.Context, bits int, types []byok.KeyType, trusted bool) (hsm.Capability, error) {
	c, err := k.Token.Probe(ctx, bits, types, trusted)
	if *k.lies && k.untrusted {
		c.Untrusted = &hsm.Refusal{Found: "it wrapped the key"}
	}
	return c, err
}

func (k trustToken) Generate(ctx context.Context, r hsm.Request) (hsm.Key, error) {
	r.Trusted = r.Trusted && (!*k.lies || !k.untagged)
	return k.Token.Generate(ctx, r)
}

func (k trustToken) Clean(ctx context.Context) (hsm.Cleaned, error) {
	c, err := k.Token.Clean(ctx)
	if *k.lies && k.keep {
		c.Trusted = 1
	}
	return c, err
}

func lying(k trustToken) func(*stand) {
	return func(s *stand) {
		s.hall.token = func(real hsm.Token) hsm.Token {
			k.Token, k.lies = real, &s.lies
			return k
		}
	}
}

// TestAttackTrust: an HSM that does not keep to what the plan demands is noticed
// at each step.
func TestAttackTrust(t *testing.T) {
	other, _ := hsmtest.KEK(t, 2048)
	h := newHall(t, trusting, "P-256")
	h.stand("online", "blob.receive")
	// at tries attacks by a token that begins to lie at the step itself.
	at := func(id string, rows ...trustAttack) {
		s := h.stand("offline", id)
		var list []attack
		for _, r := range rows {
			list = append(list, attack{Row: r.Row, acted: id == stepTrust.ID || id == "target.generate", stuck: true, do: lying(r.token), act: func(s *stand, c *Ceremony) error {
				s.lies = true
				return s.step(c)
			}})
		}
		s.holds(t, list)
	}
	at("kek.trust",
		trustAttack{attacks.New("hsm/trusts-nothing", "an HSM that trusts no KEK, though its security officer told it to", attacks.At("kek.trust", "kek.trusted")), trustToken{trusted: func(there *hsm.Trusted) { there.KEKs, there.KEK = 0, nil }}},
		trustAttack{attacks.New("hsm/trusts-another", "an HSM that trusts the attacker's KEK", attacks.At("kek.trust", "kek.trusted")), trustToken{trusted: func(there *hsm.Trusted) { there.KEK = other }}},
		trustAttack{attacks.New("hsm/no-trusted-wrapping-key", "an HSM without a trusted wrapping key", attacks.At("kek.trust", "kek.trusted")), trustToken{trusted: func(there *hsm.Trusted) { there.WrappingKeys = 0 }}})
	at("hsm.probe",
		trustAttack{attacks.New("hsm/wraps-under-any", "an HSM that wraps under a KEK which nobody trusts", attacks.At("hsm.probe", "hsm.refuses-untrusted")), trustToken{untrusted: true}})
	at("target.generate",
		trustAttack{attacks.New("hsm/key-leaves-under-any", "a target key that may leave under any KEK", attacks.At("target.generate", "target.trusted")), trustToken{untagged: true}})
	at("kek.load",
		trustAttack{attacks.New("hsm/trusts-two", "has the HSM trust a second KEK before the wrap", attacks.At("kek.load", "kek.trusted")), trustToken{trusted: func(there *hsm.Trusted) { there.KEKs = 2 }}})
}

// A trustAttack is a row, and the token that carries it out.
type trustAttack struct {
	attacks.Row
	token trustToken
}

// What the crypto officer may not remove is decided on by people.
func TestTrustedObjectsLeft(t *testing.T) {
	h := newHall(t, trusting, "P-256")
	h.stand("online", "blob.receive")
	s := h.stand("offline", "hsm.clean")
	s.back(t)
	lying(trustToken{keep: true})(s)
	c := s.reopen()
	s.lies = true
	must(t, s.step(c))
	if now := c.Now(); now.Step.ID != "exception" {
		t.Errorf("%s is awaited, wanted an exception", now.Step.ID)
	}
	s.honest()
	h.goOn(c, audit.OutcomeExceptions)
}

// A key of before that may leave under any KEK is refused, in words.
func TestUntrustingKeySelected(t *testing.T) {
	h := newHall(t, trusting, "P-256")
	token := openDevice(t, h.device)
	k, err := token.Generate(t.Context(), hsm.Request{Type: byok.P256, Label: "old", ID: []byte("old")})
	must(t, err)
	must(t, token.Close())
	h.setPlan(func(p *plan.Plan) {
		trusting(p)
		p.Keys[0].Source, p.Keys[0].ID, p.Keys[0].Public, p.Keys[0].Close = "select", hexOf("old"), string(k.Public.PEM()), "keep"
	}, []string{"P-256"})
	h.stand("online", "blob.receive")
	s := h.stand("offline", "target.select")
	c := s.again(t)
	defer s.shut(c)
	err = s.step(c)
	wantRefused(t, err, "target.trusted")
	if p := Explain(err); !strings.Contains(p.Remedy, "CKA_WRAP_WITH_TRUSTED") {
		t.Errorf("%+v", p)
	}
}

// The security officer's PIN is tried once, and is written nowhere; and nobody
// trusts a KEK without a second person.
func TestSecurityOfficersPIN(t *testing.T) {
	h := newHall(t, trusting, "P-256")
	h.stand("online", "blob.receive")
	s := h.stand("offline", stepTrust.ID)
	c := s.again(t)
	defer s.shut(c)
	s.answers = func(_ Now, a *Answers) { a.Secret["so-pin"] = []byte("wrong-so-pin") }
	s.signer = func(_ Now, who string) (string, bool) { return who, false }
	if err := s.step(c); Explain(err).Code != "approval.missing" {
		t.Errorf("without an approval: %v", err)
	}
	s.signer = nil
	if err := s.step(c); Explain(err).Code != "hsm.pin-wrong" {
		t.Errorf("%v", err)
	}
	log, err := os.ReadFile(filepath.Join(s.path("offline"), "offline.log"))
	if err != nil || strings.Contains(string(log), "wrong-so-pin") {
		t.Errorf("the PIN is in the log (%v)", err)
	}
	s.honest()
	must(t, s.step(c))
	if now := c.Now(); now.Step.ID != "hsm.login" {
		t.Errorf("%s is awaited", now.Step.ID)
	}
	must(t, s.step(c))
}

func (m mortalToken) Trust(ctx context.Context, pin []byte, kek *byok.KEK, insist bool) error {
	_, err := around(m.k, func() (any, error) { return nil, m.Token.Trust(ctx, pin, kek, insist) })
	return err
}

func (m mortalToken) Trusted(ctx context.Context, kek *byok.KEK) (hsm.Trusted, error) {
	return around(m.k, func() (hsm.Trusted, error) { return m.Token.Trusted(ctx, kek) })
}

// Killed at every operation of the steps of trusted wrapping, the same step
// comes back; what was trusted is adopted, and there is never more of it.
func TestKilledWhileTrusting(t *testing.T) {
	k := &killer{}
	h := newHall(t, trusting, "P-256")
	h.stand("online", "blob.receive")
	h.token = func(tok hsm.Token) hsm.Token { return mortalToken{tok, k} }
	durable.Fault = func(string, string) error { return k.op() }
	defer func() { durable.Fault = nil }()
	for _, step := range []struct {
		id   string
		keks int
	}{{stepTrust.ID, 1}, {"kek.load", 1}, {"target.wrap", 1}, {"hsm.clean", 0}} {
		s := h.stand("offline", step.id)
		c := s.reopen()
		now := c.Now()
		s.shut(c)
		kills := h.killStep(k, Wrap, now)
		t.Logf("%s: %d kills", step.id, kills)
		if kills < 5 {
			t.Errorf("%s: only %d kills", step.id, kills)
		}
		h.trustsOnly(t, step.keks)
	}
	c := h.open("offline")
	h.goOn(c, audit.OutcomeComplete)
}

// trustsOnly wants so many trusted KEKs on the token, each with its wrapping
// key.
func (h *hall) trustsOnly(t *testing.T, keks int) {
	t.Helper()
	c := h.open("offline")
	defer h.shut(c)
	kek := confirmedKEK(&Run{c: c})
	token := openDevice(t, h.device)
	defer token.Close()
	there, err := token.Trusted(t.Context(), kek)
	if err != nil || there.KEKs != keks || there.WrappingKeys != keks {
		t.Errorf("%+v (%v), wanted %d", there, err, keks)
	}
}
