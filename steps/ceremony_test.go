package steps

import (
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/plan"
)

func TestStepsAreWhole(t *testing.T) {
	if err := Validate(); err != nil {
		t.Fatal(err)
	}
}

func TestWholeCeremony(t *testing.T) {
	h := newHall(t, nil, "P-256", "RSA-2048", "AES-256")
	h.hold()
	h.complete(audit.OutcomeComplete)
	for _, args := range [][]string{
		{"sha256sum", "--strict", "--quiet", "-c", "MANIFEST.sha256"},
		{"sha256sum", "--strict", "--quiet", "-c", "OFFLINE.sha256"},
		{"sh", "-c", "ssh-keygen -Y verify -f allowed_signers -I witness -n rehearsal-final-seal@keyceremony -s MANIFEST.sha256.witness.sig < MANIFEST.sha256"},
	} {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Dir = h.path("online")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", strings.Join(args, " "), err, out)
		}
	}
}

// The steps hold for every kind of key and every size of KEK.
func TestEveryKeyType(t *testing.T) {
	h := newHall(t, func(p *plan.Plan) { p.KEK.Bits = 4096 }, "P-384", "P-521", "P-256K", "AES-128", "AES-192")
	h.hold()
	h.complete(audit.OutcomeComplete)
}

// Keys that may not sign are proved in other ways.
func TestProofWithoutSignature(t *testing.T) {
	h := newHall(t, func(p *plan.Plan) {
		p.Keys[0].Ops = []string{"decrypt", "encrypt"}
		p.Keys[1].Ops = []string{"wrapKey", "unwrapKey"}
		p.Keys[2].Ops = []string{"wrapKey", "unwrapKey"}
	}, "RSA-2048", "RSA-2048", "AES-256")
	h.hold()
	h.complete(audit.OutcomeComplete)
}

func TestPauseAndResume(t *testing.T) {
	h := newHall(t, nil, "P-256")
	c := h.begin(Prepare)
	h.until(c, "kek.readback")
	if err := c.Turn("pause"); err != nil {
		t.Fatal(err)
	}
	if err := h.step(c); err != nil {
		t.Fatal(err)
	}
	h.sheets["pause.head"] = c.Head().SHA256.Code()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	c = h.open("online")
	if now := c.Now(); now.Step.ID != "resume" {
		t.Fatalf("after a pause %s is awaited, want resume", now.Step.ID)
	}
	wrong := h.sheets["pause.head"]
	h.sheets["pause.head"] = h.plan.SHA256().Code()
	if err := h.step(c); !errors.Is(err, ErrOtherHead) {
		t.Errorf("another head was typed: %v, want %v", err, ErrOtherHead)
	}
	h.sheets["pause.head"] = wrong
	h.run(c, Prepare)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

// An exception in the HSM room makes it a ceremony with exceptions, though the
// last log is the online machine's.
func TestExceptionOffline(t *testing.T) {
	h := newHall(t, nil, "P-256")
	c := h.begin(Prepare)
	h.run(c, Prepare)
	h.shut(c)
	h.clock = -10 * time.Minute
	c = h.begin(Wrap)
	h.until(c, "clock.check")
	var refused *Refused
	if err := h.step(c); !errors.As(err, &refused) || refused.Checks[0].ID != "clock.typed" {
		t.Fatalf("times that are far off: %v", err)
	}
	h.answers = func(now Now, a *Answers) {
		if now.Step.ID == "clock.check" {
			a.Text["insist"] = "INSIST"
		}
	}
	h.until(c, "exception")
	h.run(c, Wrap)
	h.shut(c)
	h.clock, h.answers = 0, nil
	c = h.open("online")
	h.run(c, Import)
	h.shut(c)
	h.complete(audit.OutcomeExceptions)
}

// A code may be typed without spaces: what is signed is what is recorded.
func TestCodeTypedInOneGo(t *testing.T) {
	h := newHall(t, nil, "P-256")
	h.answers = func(_ Now, a *Answers) {
		for name, v := range a.Text {
			if base(name) == "code" {
				a.Text[name] = strings.ReplaceAll(v, " ", "-")
			}
		}
	}
	h.hold()
	h.complete(audit.OutcomeComplete)
}
