package steps

import (
	"slices"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/audit"
)

// A record that lacks a step, or an approval, is not complete, whoever signed
// it: the rule is held against a ceremony of which more was demanded.
func TestStepLeftOut(t *testing.T) {
	h := newHall(t, nil, "P-256")
	h.hold()
	h.complete(audit.OutcomeComplete)
	required := Required(h.plan)
	for _, must := range []audit.Must{
		{Stage: "import", Step: "target.readback", Key: "key-2"},
		{Stage: "wrap", Step: "kek.trust"},
		{Stage: "import", Step: "kek.retire", Approved: true},
	} {
		policy := h.plan.Policy()
		policy.Steps = append(slices.Clone(required), must)
		v := audit.Verify(h.path("online"), policy, audit.Anchors{})
		i := slices.IndexFunc(v.Rules, func(r audit.Rule) bool { return r.ID == "steps.done" })
		if v.Outcome != audit.OutcomeBroken || v.Rules[i].OK || !strings.Contains(v.Rules[i].Detail, must.Step) {
			t.Errorf("without %s the folder is %q: %+v", must.Step, v.Outcome, v.Rules[i])
		}
	}
	ids := map[string]bool{}
	for _, m := range required {
		ids[m.Step] = true
	}
	for _, id := range []string{"kek.attest", "kek.confirm", "target.wrap", "target.readback", "target.code", "kek.retire"} {
		if !ids[id] {
			t.Errorf("%s is not required", id)
		}
	}
}
