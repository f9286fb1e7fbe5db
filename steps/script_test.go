package steps

import (
	"html"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// between cuts what stands between two marks, which must be there once.
func between(t *testing.T, s, from, to string) string {
	t.Helper()
	_, rest, ok := strings.Cut(s, from)
	part, _, ok2 := strings.Cut(rest, to)
	if !ok || !ok2 || strings.Contains(rest, from) {
		t.Fatalf("%q … %q is not in the script once", from, to)
	}
	return part
}

// TestScriptFootOnEveryPage: a fixed part is printed on every page, and the
// foot of the table around everything keeps its room free.
func TestScriptFootOnEveryPage(t *testing.T) {
	for _, rehearsal := range []bool{false, true} {
		h := newHall(t, nil, "P-256")
		h.plan.Rehearsal = rehearsal
		script := string(Script(h.plan))
		foot := between(t, script, `<div class="foot">`, "\n")
		if want := h.plan.SHA256(); !strings.Contains(foot, want.Code()) || !strings.Contains(foot, strings.Join(want.Words(), " ")) {
			t.Errorf("the foot has not the plan's code and words: %s", foot)
		}
		print := between(t, script, "@media print {", "}\n")
		for _, part := range []string{".foot { position: fixed; bottom: 0;", ".band { position: fixed; top: 0;"} {
			if !strings.Contains(print, part) {
				t.Errorf("%s is not in %s", part, print)
			}
		}
		if !strings.Contains(between(t, script, "<tfoot>", "</tfoot>"), "foot-room") {
			t.Error("no room is kept for the foot")
		}
		head := between(t, script, "<thead><tr><td>", "</thead>\n<tfoot>")
		if strings.Contains(head, "head-room") != rehearsal || strings.Contains(script, `<div class="band">REHEARSAL`) != rehearsal {
			t.Errorf("rehearsal %v: the band or its room is wrong", rehearsal)
		}
	}
}

// TestScriptBoxes: every step has a box for the time and one for everybody
// who acts, watches or signs.
func TestScriptBoxes(t *testing.T) {
	h := newHall(t, nil, "P-256", "AES-256")
	script := string(Script(h.plan))
	c := &Ceremony{plan: h.plan, state: newState()}
	blocks := strings.Split(script, `<div class="step">`)[1:]
	n := 0
	for _, stage := range []Stage{Prepare, Wrap, Import} {
		for _, one := range c.scriptStage(1, stage).Steps {
			block := blocks[n]
			n++
			if !strings.Contains(block, `<span class="mono">`+one.ID+`</span>`) || !strings.Contains(block, "Time (UTC)") {
				t.Fatalf("%s is not in its place, or has no box for the time", one.ID)
			}
			for _, p := range h.plan.People {
				signs := len(one.Approves) > 0 && slices.Contains(one.Approves, p.Role) || one.Sign != nil && one.Sign.Roles == nil || one.Seal != nil
				wanted := signs || slices.Contains(one.Acts, p.Role) || slices.Contains(one.Watches, p.Role)
				box := `<b>` + html.EscapeString(p.Name) + `</b>` + p.Role
				if has := strings.Contains(block, box); wanted && !has || has && !wanted && one.ID != "people.signin" && len(one.Ask) == 0 {
					t.Errorf("%s: a box for %s is there %v, wanted %v", one.ID, p.ID, has, wanted)
				}
			}
			if one.Head != "" && !strings.Contains(script, `<div class="over act">`+one.Head+`</div>`+"\n"+`<div class="step"><div class="n">`+strconv.Itoa(one.Number)+"<") {
				t.Errorf("the act %s does not stand above %s", one.Head, one.ID)
			}
			for _, k := range one.Keys {
				if !strings.Contains(block, `<span class="tick"></span>`+k) {
					t.Errorf("%s has no tick for the key %s", one.ID, k)
				}
			}
		}
	}
	if n != len(blocks) {
		t.Errorf("%d steps are printed, wanted %d", len(blocks), n)
	}
}

// TestScriptForms: attendance at every stage, forms for exceptions, and a
// place for every code that is written down.
func TestScriptForms(t *testing.T) {
	h := newHall(t, nil, "P-256", "AES-256")
	script := string(Script(h.plan))
	if n := strings.Count(script, "<h3>Attendance</h3>"); n != 3 {
		t.Errorf("attendance is there %d times, wanted 3", n)
	}
	forms := strings.Split(script, `<div class="over">Exception</div>`)[1:]
	if len(forms) < 2 {
		t.Fatalf("%d exception forms", len(forms))
	}
	for _, want := range []string{"What was expected", "What happened instead", "What is decided", "Exception no.", "Time (UTC)", "<b>ceremony administrator</b>", "<b>operator</b>", "<b>internal witness</b>"} {
		if !strings.Contains(forms[0], want) {
			t.Errorf("the form does not ask %q", want)
		}
	}
	sheet := between(t, script, `<h2>Codes written down</h2>`, "</section>")
	for _, k := range h.plan.Keys {
		if strings.Contains(sheet, "target key "+k.Name+",") != (k.Type != "AES") {
			t.Errorf("a place for the code of %s, which is an %s key", k.Name, k.Type)
		}
	}
}

// TestScriptLoadsNothing: the printed page is one file, without programs.
func TestScriptLoadsNothing(t *testing.T) {
	script := string(Script(newHall(t, nil, "P-256").plan))
	if found := regexp.MustCompile(`(?i)<script|<link|<img|src=|url\(|@import`).FindString(script); found != "" {
		t.Errorf("the script has %q", found)
	}
}

// TestSheets: each stage has a sheet with everybody, the code that they sign
// under and what comes or goes on a medium; the code of the plan is on every
// page.
func TestSheets(t *testing.T) {
	h := newHall(t, nil, "P-256")
	parts := strings.Split(string(Sheets(h.plan)), `<section class="sheetpage">`)
	if len(parts) != 4 {
		t.Fatalf("%d sheets for three stages", len(parts)-1)
	}
	for i, wants := range [][]string{
		{"Seal the preparation", stepKEKExport.Title}, {"Seal the offline record", stepKEKReceive.Title, stepBlobExport.Title}, {"Sign off and seal", stepBlobReceive.Title},
	} {
		sheet, _, _ := strings.Cut(parts[i+1], "</section>")
		for _, p := range h.plan.People {
			wants = append(wants, html.EscapeString(p.Name))
		}
		for _, want := range wants {
			if !strings.Contains(sheet, want) {
				t.Errorf("sheet %d has no %q", i+1, want)
			}
		}
		if n := strings.Count(sheet, `<div class="digits7">`); n != 1 {
			t.Errorf("sheet %d has %d codes to write", i+1, n)
		}
	}
	if foot := between(t, string(Sheets(h.plan)), `<div class="foot">`, "\n"); !strings.Contains(foot, h.plan.SHA256().Code()) {
		t.Error("the foot has not the plan's code")
	}
}
