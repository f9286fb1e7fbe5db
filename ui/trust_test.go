package ui

import (
	"testing"

	"fyne.io/fyne/v2/test"

	"github.com/keyceremony/ceremony/plan"
	"github.com/keyceremony/ceremony/steps"
)

// TestTrustInTheWindow: the security officer's PIN is typed as the crypto
// officer's, in the step that the plan asks for.
func TestTrustInTheWindow(t *testing.T) {
	h := newHall(t, func(p *plan.Plan) { p.HSM.Trusted = true })
	w := h.window()
	w.Rehearse("", false)
	trusted := false
	visit := func(id string) {
		h.shot(w, id)
		if v, ok := page_(t, w).now.(*result); ok && v.was.Step.ID == "kek.trust" {
			trusted = true
		}
	}
	for _, stage := range []steps.Stage{steps.Prepare, steps.Wrap} {
		h.sitting(w, visit)
		if got := page_(t, w).stage; got != stage {
			t.Fatalf("%s, wanted %s", got, stage)
		}
		test.Tap(page_(t, w).primary)
	}
	if !trusted {
		t.Error("nobody trusted the KEK")
	}
}
