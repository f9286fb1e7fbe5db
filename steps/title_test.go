package steps

import (
	"slices"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/keyvault/attest"
)

// TestTitles: every step, and every field that it asks, is found by the name
// that the records have.
func TestTitles(t *testing.T) {
	n := 0
	for _, stage := range []Stage{Prepare, Wrap, Import} {
		for _, s := range Steps(stage) {
			if Title(s.ID) != s.Title {
				t.Errorf("the title of %s is %q", s.ID, Title(s.ID))
			}
			for _, f := range s.Ask {
				n++
				if Question(s.ID, f.Name) == "" {
					t.Errorf("%s asks %s, and no words are found", s.ID, f.Name)
				}
			}
		}
	}
	if n < 15 {
		t.Errorf("%d fields", n)
	}
	if Title("pause") != stepPause.Title || Title("nothing") != "" || Question("pause", "reason") != "Why" || Question("pause", "x") != "" {
		t.Error("steps at any time, or steps that do not exist")
	}
}

// TestCheckNames: every check that is made has a name for people, short enough
// for a table; and no name is left over.
func TestCheckNames(t *testing.T) {
	ids := slices.Concat(attest.Checks(), attest.LogChecks(), byok.Checks())
	add := func(s *Step) {
		for _, c := range s.Checks {
			ids = append(ids, c.ID)
		}
	}
	for _, stage := range []Stage{Prepare, Wrap, Import} {
		for _, s := range Steps(stage) {
			add(s)
		}
	}
	for _, s := range anytime {
		add(s)
	}
	for _, id := range ids {
		if name := CheckName(id); name == "" || len(name) > 35 || strings.Contains(name, ".") {
			t.Errorf("%s is called %q", id, name)
		}
	}
	for id := range checkNames {
		if !slices.Contains(ids, id) {
			t.Errorf("%s is a check of no step", id)
		}
	}
}

// TestFactNames: a fact is named, with the key that it is of.
func TestFactNames(t *testing.T) {
	for key, want := range map[string]string{"kek.sha256": "Digest of the KEK", "blob/payments": "Digest of the blob · payments", "x": "", "x/y": ""} {
		if got := FactName(key); got != want {
			t.Errorf("%s is called %q, wanted %q", key, got, want)
		}
	}
	if !OnPaper("kek.sha256") || !OnPaper("kek.loaded") || OnPaper("hsm.module") {
		t.Error("the codes that are on paper")
	}
}
