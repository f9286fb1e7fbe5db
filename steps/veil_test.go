package steps

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/digest"
)

// TestVeil: of codes those that are typed blind are hidden, and no other.
func TestVeil(t *testing.T) {
	blind, seen := digest.Of([]byte("blind")).Code(), digest.Of([]byte("seen")).Code()
	fields := []Field{{Name: "blind", Kind: Code, Blind: true}, {Name: "seen", Kind: Code}, {Name: "text", Blind: true}}
	got := veil(fields, map[string]string{"blind": strings.ReplaceAll(blind, " ", ""), "seen": seen, "text": "why"}, "why "+blind+" "+seen)
	if want := "why ***** ***** ***** ***** ***** ***** ***** " + seen; got != want {
		t.Errorf("%q, wanted %q", got, want)
	}
}

// TestLogHoldsNoCode: the log crosses the gap, and nobody shall copy from it
// what is to be typed from paper.
func TestLogHoldsNoCode(t *testing.T) {
	h := newHall(t, nil, "P-256")
	c := h.begin(Prepare)
	h.run(c, Prepare)
	h.shut(c)
	b, err := os.ReadFile(h.path("online/online.log"))
	must(t, err)
	if code := regexp.MustCompile(`"(\d{5}[ -]?){7}"`).Find(b); code != nil {
		t.Errorf("the log has %s", code)
	}
	if !strings.Contains(string(b), `":"typed"`) {
		t.Error("no code was typed, so that nothing is shown")
	}
}
