package steps

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"os"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/hsm"
	"github.com/keyceremony/ceremony/hsm/pkcs11"
	"github.com/keyceremony/ceremony/plan"
)

const sealLabel = "seal key"

// sealKey makes the HSM's own signing key, before the ceremony, and returns
// its public half as the plan has it.
func (h *hall) sealKey() string {
	h.t.Helper()
	ctx := h.t.Context()
	token, err := pkcs11.Open(ctx, pkcs11.Options{Module: h.device.Module, Serial: h.device.Serial})
	if err != nil {
		h.t.Fatal(err)
	}
	defer token.Close()
	if err := token.Login(ctx, append([]byte(nil), h.device.PIN...), false); err != nil {
		h.t.Fatal(err)
	}
	key, err := token.Generate(ctx, hsm.Request{Type: byok.P256, Label: sealLabel, ID: []byte("seal key of tests")})
	if err != nil {
		h.t.Fatal(err)
	}
	pub, err := ssh.NewPublicKey(key.Public.Crypto())
	if err != nil {
		h.t.Fatal(err)
	}
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(pub)))
}

// The HSM seals the record of its room too, also when the program was stopped
// between the freeze and the seal, so that it must log in again.
func TestHSMSealsItsRoom(t *testing.T) {
	h := newHall(t, nil, "P-256")
	key := h.sealKey()
	h.setPlan(func(p *plan.Plan) { p.HSM.SealKey, p.HSM.SealKeyLabel = key, sealLabel }, []string{"P-256"})
	c := h.begin(Prepare)
	h.run(c, Prepare)
	h.shut(c)
	c = h.begin(Wrap)
	h.until(c, "wrap.seal")
	if err := h.step(c); err != nil {
		t.Fatal(err)
	}
	h.shut(c)
	before, err := os.ReadFile(h.path("offline/offline.log"))
	if err != nil {
		t.Fatal(err)
	}
	c = h.open("offline")
	if now := c.Now(); now.Step.ID != "hsm.connect" {
		t.Errorf("after the freeze %s is awaited, want hsm.connect", now.Step.ID)
	}
	h.until(c, "hsm.logout")
	after, err := os.ReadFile(h.path("offline/offline.log"))
	if err != nil || string(after) != string(before) {
		t.Errorf("the frozen log changed (%v)", err)
	}
	h.run(c, Wrap)
	h.shut(c)
	if _, err := os.Stat(h.path("offline/OFFLINE.sha256.hsm.sig")); err != nil {
		t.Error(err)
	}
	c = h.open("online")
	h.run(c, Import)
	h.shut(c)
	h.complete(audit.OutcomeComplete)
}

// TestSealKeyOfThePlan: a key that merely has the label does not seal.
func TestSealKeyOfThePlan(t *testing.T) {
	h := newHall(t, nil, "P-256")
	h.sealKey()
	other := h.sealKeyElsewhere()
	h.setPlan(func(p *plan.Plan) { p.HSM.SealKey, p.HSM.SealKeyLabel = other, sealLabel }, []string{"P-256"})
	c := h.begin(Prepare)
	h.run(c, Prepare)
	h.shut(c)
	c = h.begin(Wrap)
	h.until(c, "wrap.seal")
	for range 3 { // the freeze, and the seal
		if err := h.step(c); err != nil {
			if !errors.Is(err, ErrSealKey) {
				t.Error(err)
			}
			return
		}
	}
	t.Error("a key that is not the plan's sealed")
}

func (h *hall) sealKeyElsewhere() string {
	h.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(h.t, err)
	pub, err := ssh.NewPublicKey(key.Public())
	must(h.t, err)
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(pub)))
}
