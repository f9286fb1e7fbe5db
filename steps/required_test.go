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
		{Stage: "wrap", Step: "kek.trusted"},
		{Stage: "import", Step: "kek.retire", Approves: []string{operator, internalWitness}},
		{Stage: "wrap", Step: "target.wrap", Key: "key-1", Approves: []string{"auditor"}},
		{Stage: "wrap", Step: "kek.confirm", Signs: "confirm the KEK", Signer: operator, Least: 3},
		{Stage: "wrap", Step: "kek.confirm", Signs: "sign something else", Signer: operator, Least: 1},
	} {
		policy := h.plan.Policy()
		policy.Steps = slices.Clone(required)
		policy.Steps[List-1] = append(slices.Clone(required[List-1]), must)
		v := audit.Verify(h.path("online"), policy, audit.Anchors{})
		i := slices.IndexFunc(v.Rules, func(r audit.Rule) bool { return r.ID == "steps.done" })
		if v.Outcome != audit.OutcomeBroken || v.Rules[i].OK || !strings.Contains(v.Rules[i].Detail, must.Step) {
			t.Errorf("without %s the folder is %q: %+v", must.Step, v.Outcome, v.Rules[i])
		}
	}
	ids := map[string]bool{}
	for _, m := range required[List-1] {
		ids[m.Step] = true
		if m.Step == "kek.confirm" && (m.Signs == "" || m.Signer != operator || m.Least < 2) {
			t.Errorf("two operators sign for their codes: %+v", m)
		}
		if slices.Contains([]string{"target.wrap", "target.import"}, m.Step) && m.Approves == nil {
			t.Errorf("%s needs no approval", m.Step)
		}
	}
	for _, id := range []string{"kek.attest", "kek.confirm", "target.wrap", "target.readback", "target.code", "kek.retire"} {
		if !ids[id] {
			t.Errorf("%s is not required", id)
		}
	}
}

// What the lists of steps demand is written down here, because a record of
// then is judged by it for ever: a step that is added has a Since, and none is
// taken away, renamed or asked to be approved after the fact. The steps are
// those of a plan that has a Managed HSM and one new key; "!" is approved.
func TestListsOfStepsStay(t *testing.T) {
	h := newHall(t, nil, "P-256")
	first := strings.Fields(`
		prepare:ceremony.open prepare:people.signin prepare:clock.check prepare:vault.signin prepare:kek.create
		prepare:kek.readback prepare:kek.code prepare:kek.attest prepare:prepare.seal prepare:kek.export
		wrap:ceremony.open wrap:people.signin wrap:clock.check wrap:machine.check wrap:kek.receive wrap:kek.confirm
		wrap:hsm.connect wrap:hsm.login wrap:hsm.probe wrap:target.generate wrap:kek.load wrap:target.wrap!
		wrap:target.challenge wrap:target.close wrap:hsm.clean wrap:wrap.seal
		import:ceremony.open import:people.signin import:clock.check import:vault.signin import:blob.receive
		import:target.import! import:target.readback import:target.code import:kek.retire import:final.seal
	`)
	for i, list := range Required(h.plan) {
		var have []string
		for _, m := range list {
			have = append(have, m.Stage+":"+m.Step+map[bool]string{true: "!"}[m.Approves != nil])
		}
		if !slices.Equal(have, first) {
			t.Errorf("list %d demands\n%s\nand not\n%s", i+1, strings.Join(have, " "), strings.Join(first, " "))
		}
	}
	if n := len(Required(h.plan)); n != List {
		t.Errorf("%d lists of steps, and the newest is %d", n, List)
	}
}
