package ui

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/plan"
	"github.com/keyceremony/ceremony/report"
	"github.com/keyceremony/ceremony/steps"
	"github.com/keyceremony/ceremony/ui/kit"
)

// TestSentences: what errors say, several that came together too, is read as
// sentences: a title, and what more there is below it.
func TestSentences(t *testing.T) {
	for name, v := range map[string]struct {
		err   error
		title string
		first string // of what stands below
	}{
		"one":              {steps.ErrQuorum, capital(steps.ErrQuorum.Error()), "The plan wants more people of this role to sign."},
		"two together":     {errors.Join(fmt.Errorf("%w: at this machine", steps.ErrSignature), errors.New("it is of another text")), capital(steps.ErrSignature.Error()) + ": at this machine", "It is of another text."},
		"mistakes of plan": {plan.Errors{{Line: 2, Column: 1, Key: "id", Message: "is missing"}, {Line: 3, Column: 1, Key: "name", Message: "is empty"}}, "The plan has 2 mistakes", "Line 2, column 1: id is missing."},
	} {
		p := steps.Explain(v.err)
		title, _ := headline(p)
		if lines := remedies(p); title != v.title || len(lines) == 0 || lines[0] != v.first {
			t.Errorf("%s: %q, %q; wanted %q, %q", name, title, remedies(p), v.title, v.first)
		}
		if strings.Contains(title, "\n") {
			t.Errorf("%s: the title has several lines: %q", name, title)
		}
	}
}

// TestTitles: the window is named after the ceremony and the machine, and no
// longer when the page is another.
func TestTitles(t *testing.T) {
	h := newHall(t, nil)
	w := h.window()
	want := func(title string) {
		t.Helper()
		if got := w.win.Title(); got != title {
			t.Errorf("the window is called %q, wanted %q", got, title)
		}
	}
	want("Key ceremony")
	w.Rehearse("", false)
	want("hall-2026 · online machine — Key ceremony")
	w.home()
	want("Key ceremony")
	w.verify(h.path("online"))
	want("hall-2026 · transcript — Key ceremony")
}

// TestRecordsInWords: a record names people and questions, not their ids.
func TestRecordsInWords(t *testing.T) {
	h, w := led(t)
	h.until(w, "vault.signin")
	p := page_(t, w)
	var said []string
	for _, b := range p.journal {
		r, _, err := p.c.Record(b.Log, b.Seq)
		if err != nil {
			t.Fatal(err)
		}
		var end audit.End
		if r.Ev == audit.EvEnd && r.Decode(&end) == nil {
			for name := range end.Answers {
				said = append(said, p.asked(r.Step, name))
			}
		}
	}
	for _, want := range []string{"Who has the keyboard", "The time now, in UTC, by a clock that is not this machine's (Otto Operator)"} {
		if !slices.Contains(said, want) {
			t.Errorf("%q is not there: %q", want, said)
		}
	}
}

// TestWhoseSignatures: who may sign is said by role, where their names do not
// stand beside it.
func TestWhoseSignatures(t *testing.T) {
	_, w := led(t)
	p := page_(t, w)
	for want, now := range map[string]steps.Now{
		"one operator or internal witness": {Needed: "one of them", Sign: []string{"op1", "op2", "witness"}},
		"each operator":                    {Needed: "each of them", Sign: []string{"op1", "op2"}},
		"the quorum of each role":          {Needed: "the quorum of each role", Sign: []string{"op1"}},
		"one of them":                      {Needed: "one of them"},
	} {
		if got := p.needed(now); got != want {
			t.Errorf("it says %q, wanted %q", got, want)
		}
	}
}

// TestCounts: one is said as one.
func TestCounts(t *testing.T) {
	for want, got := range map[string]string{
		"1 part": count(1, "part"), "2 parts": count(2, "part"), "0 parts": count(0, "part"),
		"The part is there":                 allOf(1, "part", "is there", "are there"),
		"Both parts are there":              allOf(2, "part", "is there", "are there"),
		"All 15 parts are there":            allOf(15, "part", "is there", "are there"),
		"1 of 31 checks does not hold":      someOf(1, 31, "check", "does", "do") + " not hold",
		"2 of 31 checks do not hold":        someOf(2, 31, "check", "does", "do") + " not hold",
		"The check does not hold, alone":    someOf(1, 1, "check", "does", "do") + " not hold, alone",
		"Both checks are noted, none holds": someOf(2, 2, "check", "is", "are") + " noted, none holds",
	} {
		if got != want {
			t.Errorf("%q, wanted %q", got, want)
		}
	}
}

// TestNothingIsCountedByHand: who counts a noun with %d forgets that there may
// be one.
func TestNothingIsCountedByHand(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	plural := regexp.MustCompile(`%d (more )?[a-z]+s\b`)
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if found := plural.Find(b); found != nil && !strings.HasSuffix(name, "_test.go") {
			t.Errorf("%s says %q: use count", name, found)
		}
	}
}

// TestChecksInWords: tables of checks have names and the codes that are on
// paper; an id that this version does not know stands for itself.
func TestChecksInWords(t *testing.T) {
	sum := digest.Of([]byte("kek"))
	for _, c := range []struct {
		id, value string
		want      kit.CheckRow
	}{
		{"kek.loaded", sum.String(), kit.CheckRow{Name: "The KEK that the HSM has loaded · payments", ID: "kek.loaded", Found: sum.Code(), Wanted: sum.Code()}},
		{"hsm.module", sum.String(), kit.CheckRow{Name: "PKCS#11 library of the HSM · payments", ID: "hsm.module", Found: sum.Groups(), Wanted: sum.Groups()}},
		{"later.check", "true", kit.CheckRow{Name: "later.check · payments", Found: "true", Wanted: "true"}},
	} {
		c.want.Result, c.want.Mark = "holds", kit.Holds
		if got := checkRow("payments", audit.Check{ID: c.id, Found: c.value, Wanted: c.value, Result: audit.ResultHolds}); got != c.want {
			t.Errorf("%+v, wanted %+v", got, c.want)
		}
	}
}

// TestFactsInWords: so have the facts of a record in the timeline.
func TestFactsInWords(t *testing.T) {
	w := newHall(t, nil).window()
	sum := digest.Of([]byte("kek"))
	e := &report.Entry{Title: "Read the KEK back", Lines: []report.Line{{Label: "kek.sha256", Value: sum.String(), Mono: true}}}
	w.win.SetContent((&timeline{}).readable(e))
	text := strings.Join(strings.Fields(shown(w)), " ")
	if !strings.Contains(text, "Digest of the KEK (kek.sha256) "+sum.Code()) {
		t.Errorf("the record says %s", text)
	}
}
