package steps

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/plan"
	"github.com/keyceremony/ceremony/timestamp/tsatest"
)

// withAuthority is a hall whose plan names a time-stamp authority.
func withAuthority(t *testing.T) (*hall, *tsatest.Authority) {
	a := tsatest.New(t)
	h := newHall(t, func(p *plan.Plan) { p.Time.Authority, p.Time.Root = "http://timestamp.test/tsa", a.RootPEM }, "P-256")
	return h, a
}

// A ceremony under an authority has its end of each log between two tokens,
// which OpenSSL verifies with the root of the plan.
func TestTimeIsBounded(t *testing.T) {
	h, a := withAuthority(t)
	var asked []string
	h.askTime = func(_ context.Context, address string, request []byte) ([]byte, error) {
		asked = append(asked, address)
		return a.Answer(request)
	}
	h.hold()
	h.complete(audit.OutcomeComplete)
	if len(asked) != 4 || asked[0] != "http://timestamp.test/tsa" {
		t.Errorf("asked %q", asked)
	}
	v := h.verdict()
	for _, id := range []string{"time.prepare", "time.wrap", "time.import"} {
		r := v.Rules[slices.IndexFunc(v.Rules, func(r audit.Rule) bool { return r.ID == id })]
		if !r.OK || !strings.Contains(r.Detail, " was closed between 20") || !strings.Contains(r.Detail, "; the machine's clock said ") {
			t.Errorf("%s %s: %s", id, r.Result, r.Detail)
		}
	}
	root := filepath.Join(t.TempDir(), "root.pem")
	must(t, os.WriteFile(root, []byte(a.RootPEM), 0o600))
	for _, name := range []string{"plan.toml", "PREPARE.sha256", "OFFLINE.sha256", "MANIFEST.sha256"} {
		at := filepath.Join(h.path("online"), name)
		out, err := exec.Command("openssl", "ts", "-verify", "-data", at, "-in", at+".tsr", "-CAfile", root).CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
	// The last token is in no manifest: a changed bit of it is noticed all the same.
	last := filepath.Join(h.path("online"), "MANIFEST.sha256.tsr")
	b, err := os.ReadFile(last)
	must(t, err)
	b[len(b)-1] ^= 1
	must(t, os.WriteFile(last, b, 0o600))
	if v := h.verdict(); v.Outcome != audit.OutcomeBroken {
		t.Errorf("with another last token the folder is %q", v.Outcome)
	}
	must(t, os.Remove(last))
	if v := h.verdict(); v.Outcome != audit.OutcomeComplete {
		t.Errorf("without the last token the folder is %q", v.Outcome)
	}
}

// Without an authority that answers, the ceremony goes on, and the record says
// what is missing.
func TestTimeIsNotAvailable(t *testing.T) {
	h, _ := withAuthority(t)
	h.askTime = func(context.Context, string, []byte) ([]byte, error) { return nil, errors.New("no route to it") }
	h.hold()
	h.complete(audit.OutcomeComplete)
	v := h.verdict()
	if !slices.Contains(v.NotChecked, "time.token") {
		t.Errorf("not checked: %q", v.NotChecked)
	}
	for _, r := range v.Rules {
		if strings.HasPrefix(r.ID, "time.") && (r.Result != audit.ResultNotChecked || !strings.HasPrefix(r.Detail, "not available")) {
			t.Errorf("%s %s: %s", r.ID, r.Result, r.Detail)
		}
	}
	log, err := os.ReadFile(filepath.Join(h.path("online"), "online.log"))
	must(t, err)
	if !strings.Contains(string(log), "not available: no route to it") {
		t.Error("the log does not say why")
	}
}

// What an authority of somebody else answers is not kept.
func TestTimeOfAnotherAuthority(t *testing.T) {
	h, _ := withAuthority(t)
	other := tsatest.New(t)
	h.askTime = func(_ context.Context, _ string, request []byte) ([]byte, error) { return other.Answer(request) }
	s := h.stand("online", "vault.signin")
	if _, err := os.Stat(filepath.Join(s.path("online"), "plan.toml.tsr")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the token was kept (%v)", err)
	}
}

// A token that was written and never recorded, as a crash leaves it, does not
// stand in the way.
func TestTokenWithoutRecord(t *testing.T) {
	h, a := withAuthority(t)
	h.askTime = func(_ context.Context, _ string, request []byte) ([]byte, error) { return a.Answer(request) }
	s := h.stand("online", "clock.check")
	left := filepath.Join(s.path("online"), "plan.toml.tsr")
	must(t, os.WriteFile(left, []byte("left over"), 0o600))
	c := s.reopen()
	defer s.shut(c)
	s.until(c, "vault.signin")
	b, err := os.ReadFile(left)
	must(t, err)
	if string(b) == "left over" {
		t.Error("what was left over was kept")
	}
}
