package audit

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// openLine is a first record whose log.open is written in other ways.
func openLine(t *testing.T, old, other string) []byte {
	t.Helper()
	m := newMaker(t)
	m.begin("online.log", "prepare", nil)
	b, err := m.dir.Read("online.log", MaxFile)
	m.must(err)
	changed := strings.Replace(string(b), old, other, 1)
	if old != other && changed == string(b) {
		t.Fatalf("%q is not in the record", old)
	}
	return []byte(changed)
}

// Records of older versions read as they always did; of a record of a later
// version nothing is believed, and it is not called damaged.
func TestFormsOfOpen(t *testing.T) {
	for name, f := range map[string]struct {
		old, other, why string
		newer           bool
	}{
		"today's":                 {"", "", "", false},
		"before there was a list": {`"format":2,`, `"format":1,`, "form 1 with the list of steps 1", false},
		"no list":                 {`,"steps":1}`, `}`, "form 2 with the list of steps 0", false},
		"list 0":                  {`"steps":1`, `"steps":0`, "list of steps 0", false},
		"no form":                 {`"format":2,`, `"format":0,`, "wanted a form", false},
		"a later form":            {`"format":2,`, `"format":3,"of":[],`, "log.open has form 3, and this program knows up to 2", true},
		"a later record":          {`{"v":1,`, `{"v":2,"other":0,`, "the record has form 2, and this program knows up to 1", true},
	} {
		_, err := ReadLog(openLine(t, f.old, f.other), "online.log", nil)
		if (err == nil) != (f.why == "") || errors.Is(err, ErrNewer) != f.newer || err != nil && !strings.Contains(err.Error(), f.why) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var first Open
	old := strings.Replace(string(openLine(t, `,"steps":1}`, `}`)), `"format":2,`, `"format":1,`, 1)
	_, err := ReadLog([]byte(old), "online.log", func(r Record) error { return r.Decode(&first) })
	if err != nil || first.List() != 1 {
		t.Errorf("the first form: list %d, %v", first.List(), err)
	}
}

// A log of a later form is not damaged, and nothing is added to it.
func TestOpenLaterLog(t *testing.T) {
	m := newMaker(t)
	m.must(m.dir.WriteNew("online.log", openLine(t, `"format":2,`, `"format":3,`)))
	_, _, err := OpenLog(m.dir, "online.log", m.stamp)
	if !errors.Is(err, ErrNewer) || errors.Is(err, ErrDamaged) {
		t.Errorf("%v, wanted %v", err, ErrNewer)
	}
}

// A record is held against the list of steps that led it; what was in that
// list is known to the verifier, and not taken from the record.
func TestStepsByTheirList(t *testing.T) {
	did, never := Must{Stage: "wrap", Step: "kek.receive"}, Must{Stage: "wrap", Step: "came.later"}
	for name, f := range map[string]struct {
		list    int // of the offline log
		known   [][]Must
		outcome string
		detail  string
	}{
		"its own list":             {1, [][]Must{{did}}, OutcomeComplete, ""},
		"an older list":            {1, [][]Must{{did}, {did, never}}, OutcomeComplete, "offline.log by the list of steps 1"},
		"the list with the step":   {2, [][]Must{{did}, {did, never}}, OutcomeBroken, "wrap: came.later was never done"},
		"a step of the older list": {1, [][]Must{{did, never}, {did}}, OutcomeBroken, "wrap: came.later was never done"},
		"a list of the future":     {3, [][]Must{{did}, {did}}, OutcomeBroken, "offline.log was led by the list of steps 3, and this program knows up to 2: verify it with the version that made it, or a later one"},
	} {
		m := newMaker(t)
		m.policy.Steps = f.known
		m.entry = func(log string, e *Entry) {
			if o, ok := e.Data.(Open); ok && log == "offline.log" {
				o.Steps = f.list
				e.Data = o
			}
		}
		v := Verify(m.make(), m.policy, Anchors{})
		i := slices.IndexFunc(v.Rules, func(r Rule) bool { return r.ID == "steps.done" })
		if v.Outcome != f.outcome || i < 0 || !strings.Contains(v.Rules[i].Detail, f.detail) {
			t.Errorf("%s: %s\n%s", name, v.Outcome, failing(v))
		}
	}
}
