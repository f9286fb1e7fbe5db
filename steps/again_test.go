package steps

import (
	"context"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/attacks"
	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/digest"
)

// dishonest has a machine that was taken over write a check down as held, whatever
// is the case, and say what it likes of it. The result gives the true one back.
func dishonest(t *testing.T, step *Step, check string, say func(*Run)) (undo func()) {
	t.Helper()
	do, checks := step.Do, step.Checks
	step.Checks = nil
	for _, c := range checks {
		if c.ID == check {
			c.See = func(context.Context, *Run) Finding { return holds(true, "1", "1") }
		}
		step.Checks = append(step.Checks, c)
	}
	if do != nil {
		step.Do = func(ctx context.Context, r *Run) error {
			err := do(ctx, r)
			say(r)
			return err
		}
	}
	return func() { step.Do, step.Checks = do, checks }
}

// TestAttackAgain: a machine that was taken over leads a whole ceremony, and
// writes checks down as held that are not. People sign what they see.
func TestAttackAgain(t *testing.T) {
	for _, a := range []struct {
		attacks.Row
		step  *Step
		check string
		say   func(*Run)
		finds string
	}{
		{
			attacks.New("record/answer-made-up", "says that the vault answered the challenge, and makes the answer up", attacks.At("verify", "checks.again")),
			stepReadback, "target.proof",
			func(r *Run) { factProof.of(r.Key.Name).Put(r, strings.Repeat("ab", 64)) },
			"the vault's answer",
		},
		{
			attacks.New("record/other-key-in-the-vault", "says that the vault shows the HSM's key, where it shows another one", attacks.At("verify", "checks.again")),
			stepReadback, "target.same-public",
			func(r *Run) {
				_, shown := otherKey(t, r.Key.KeyType())
				r.saw.key.Public, _ = byok.ParseSPKI(shown)
				r.files = nil
				r.File("vault."+r.Key.Name+".json", pretty(r.saw.key))
			},
			"the vault does not show",
		},
		{
			attacks.New("record/private-half-made-up", "says that the HSM signed with the private half, and makes the signature up", attacks.At("verify", "checks.again")),
			stepChallenge, "target.hsm-holds",
			func(r *Run) {
				c := factTask.of(r.Key.Name).Get(r)
				c.HSMSignature = strings.Repeat("ab", 64)
				factTask.of(r.Key.Name).Put(r, c)
			},
			"own signature",
		},
		{
			attacks.New("record/another-kek-offline", "says in the HSM room that the keys left under another KEK than was sealed", attacks.At("verify", "checks.again")),
			stepChallenge, "target.hsm-holds",
			func(r *Run) { factKEKSum.Put(r, digest.Of([]byte("another KEK"))) },
			"offline.log: kek.sha256",
		},
	} {
		a.Try(t, func(t *testing.T, gone int) {
			defer dishonest(t, a.step, a.check, a.say)()
			h := newHall(t, nil, "P-256")
			h.hold()
			policy := h.plan.Policy()
			policy.Steps = Required(h.plan)
			v := audit.Verify(h.path("online"), policy, audit.Anchors{PlanCode: h.plan.SHA256().Code()})
			if v.Outcome != audit.OutcomeComplete {
				t.Fatalf("without checks.again: %s", v.Outcome)
			}
			if gone == 1 {
				return
			}
			v.Add(Again(h.path("online"), h.plan))
			if found := v.Rules[len(v.Rules)-1].Detail; v.Complete() || !strings.Contains(found, a.finds) {
				t.Errorf("%s: %s", v.Outcome, found)
			}
		})
	}
}
