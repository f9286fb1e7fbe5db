package report

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/keyceremony/ceremony/plan"
)

// That the keys left under a trusted KEK alone is said where it was done, and
// where the plan wants it and no record has it.
func TestTrustIsTold(t *testing.T) {
	l := &logFacts{facts: map[string]jsontext.Value{"hsm.way": jsontext.Value(`"CKM_RSA_AES_KEY_WRAP"`)}}
	for _, f := range []struct {
		trusted, done bool
		want          string
	}{
		{false, false, "CKM_RSA_AES_KEY_WRAP"},
		{true, true, "CKM_RSA_AES_KEY_WRAP, only under the KEK that the HSM's security officer marked as trusted"},
		{true, false, "kek.trust is not in the record"},
	} {
		d := &Transcript{Plan: &plan.Plan{HSM: plan.HSM{Trusted: f.trusted}}, logs: []*logFacts{l}, steps: map[string]*refs{}}
		if f.done {
			d.steps["kek.trust"] = &refs{}
		}
		if got := d.HSM().Way; !strings.HasSuffix(got, f.want) {
			t.Errorf("%+v: %q", f, got)
		}
	}
}
