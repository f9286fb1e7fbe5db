package ui

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/inspect"
	"github.com/keyceremony/ceremony/plan"
	"github.com/keyceremony/ceremony/report"
	"github.com/keyceremony/ceremony/report/reporttest"
	"github.com/keyceremony/ceremony/ui/kit"
)

// An auditor is somebody who reads a folder in the window.
type auditor struct {
	*hall
	m *reporttest.Maker
	w *Window
	p *viewer
}

// auditing drops the folder of a small ceremony on the start page.
func auditing(t testing.TB, change func(*reporttest.Maker)) *auditor {
	t.Helper()
	a := &auditor{hall: &hall{t: t, dir: t.TempDir()}, m: reporttest.New(t)}
	if change != nil {
		change(a.m)
	}
	a.m.Make()
	host := a.host()
	host.Verify = func(dir string, from audit.Anchors) (audit.Verdict, error) {
		return audit.Verify(dir, a.m.Plan.Policy(), from), nil
	}
	host.Inspect = func(path string) (inspect.Report, error) { return inspect.Report{Name: filepath.Base(path)}, nil }
	a.w = New(test.NewTempApp(t), host)
	a.w.Start()
	a.w.win.Resize(fyne.NewSize(1440, 900))
	a.drop()
	return a
}

func (a *auditor) drop() {
	a.t.Helper()
	a.w.Files([]string{a.m.Dir.Path()})
	var ok bool
	if a.p, ok = a.w.page.(*viewer); !ok {
		a.t.Fatalf("a folder that was dropped opens a %T", a.w.page)
	}
}

// part opens a part by its title.
func (a *auditor) part(title string) {
	a.t.Helper()
	i := slices.IndexFunc(a.p.parts, func(one *part) bool { return one.title == title })
	if i < 0 {
		a.t.Fatalf("no part %q", title)
	}
	a.p.open(i)
}

// shown is what the window has, in reading order.
func shown(w *Window) string {
	var b strings.Builder
	for _, o := range test.LaidOutObjects(w.win.Canvas().Content()) {
		if text, ok := o.(*kit.Text); ok && o.Visible() {
			b.WriteString(text.Value() + "\n")
		}
	}
	return b.String()
}

// TestVerdict: what fails comes first and in words, the rail says it too, and
// a change of one byte is seen.
func TestVerdict(t *testing.T) {
	a := auditing(t, nil)
	if text := shown(a.w); !strings.Contains(text, "The ceremony is complete with exceptions") || !strings.Contains(text, "Every file is as it was sealed") {
		t.Errorf("the verdict says %s", text)
	}
	path := filepath.Join(a.m.Dir.Path(), "kek.json")
	if err := os.WriteFile(path, []byte("{ }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	a.drop()
	text := shown(a.w)
	fails, unchecked, holds := strings.Index(text, "Does not hold ·"), strings.Index(text, "Not checked ·"), strings.Index(text, "Holds ·")
	if fails < 0 || fails > unchecked || unchecked > holds {
		t.Errorf("fails at %d, not checked at %d, holds at %d", fails, unchecked, holds)
	}
	if _, rest, _ := strings.Cut(text, "Does not hold ·"); !strings.Contains(rest[:strings.Index(rest, "Not checked ·")], "manifest.files") {
		t.Error("the rule that fails is not among those that fail")
	}
	if a.p.parts[0].state != kit.Failed {
		t.Error("the rail does not show that it fails")
	}
}

// TestParts: the arrow keys open every part, and each says what it must.
func TestParts(t *testing.T) {
	a := auditing(t, func(m *reporttest.Maker) { m.SealKey = true })
	want := []string{
		"The verdict", "Head of offline.log", "the clock is right within 120 seconds", "All 32 records", "Inga Witness",
		"Not proved that the vault made this KEK", "OFFLINE.sha256", "BR 5.4.1", "sha256sum -c", "The auditor's card",
	}
	if len(want) != len(a.p.parts) {
		t.Fatalf("%d parts", len(a.p.parts))
	}
	for i, words := range want {
		if i > 0 {
			key(a.w, fyne.KeyDown)
		}
		if text := shown(a.w); a.p.at != i || !strings.Contains(text, words) {
			t.Errorf("part %d, %s, does not say %q", i, a.p.parts[a.p.at].title, words)
		}
	}
	key(a.w, fyne.KeyEnter)
	if a.w.page != page(a.p) {
		t.Error("Enter leads away from what is read")
	}
	test.Tap(a.p.back)
	if _, ok := a.w.page.(*start); !ok {
		t.Errorf("back leads to a %T", a.w.page)
	}
}

// TestSignersByName: who signed a seal is named, where the rule has ids.
func TestSignersByName(t *testing.T) {
	a := auditing(t, nil)
	for detail, want := range map[string]string{
		"signed by op1, iw": "signed by Zoë Müller, Inga Witness", "signed by op1, eve": "signed by Zoë Müller, eve", "2 of 3": "2 of 3",
	} {
		if got := a.p.byName(detail); got != want {
			t.Errorf("%q is shown as %q, wanted %q", detail, got, want)
		}
	}
}

// TestCodesFromPaper: codes are typed, verified with, and judged one by one.
func TestCodesFromPaper(t *testing.T) {
	a := auditing(t, nil)
	key(a.w, fyne.KeyTab)
	a.p.enter()
	if a.p.at != 1 || a.w.win.Canvas().Focused() != fyne.Focusable(a.p.paper.fields[0].code) {
		t.Fatal("the button does not lead to the codes")
	}
	typed(a.w, a.m.Plan.SHA256().Code())
	typedInto := func(i int, code string) {
		a.w.focus(a.p.paper.fields[i].code)
		typed(a.w, code)
	}
	typedInto(2, "12345")
	if _, ready, _ := a.p.paper.primary(); ready {
		t.Error("half a code can be verified with")
	}
	typedInto(2, strings.Repeat("0", 30))
	a.p.enter()
	paper := a.p.paper
	if got := paper.fields[2].field.Error(); got == "" {
		t.Error("a wrong head is not told")
	}
	if paper.fields[0].field.Error() != "" || paper.result(paper.fields[0]) != audit.ResultHolds {
		t.Error("the right code of the plan does not hold")
	}
	if a.p.v.Outcome != audit.OutcomeBroken || a.p.parts[0].state != kit.Failed || a.p.parts[1].state != kit.Failed {
		t.Errorf("with a wrong head the ceremony is %s", a.p.v.Outcome)
	}
	for i := range paper.fields {
		paper.fields[i].code.Clear()
	}
	for i, c := range a.p.t.Codes() {
		typedInto(i, c.SHA256.Code())
	}
	a.p.enter()
	if len(paper.given()) != 4 || a.p.v.Outcome != audit.OutcomeExceptions || a.p.parts[1].state != kit.Done {
		t.Errorf("with the right codes: %s, %d given", a.p.v.Outcome, len(paper.given()))
	}
	text := shown(a.w)
	for _, c := range a.p.t.Codes() {
		if strings.Contains(text, c.SHA256.Code()) {
			t.Errorf("the code of %s is shown beside the one that is typed", c.Of)
		}
	}
}

// records are the references of the records in the list.
func (l *timeline) records() (list []string) {
	for _, i := range l.rows {
		list = append(list, l.p.entries[i].Ref.Text)
	}
	return list
}

// TestTimeline: filters and search show what fits, and a reference leads to its
// record whatever is chosen.
func TestTimeline(t *testing.T) {
	a := auditing(t, nil)
	a.part("Timeline")
	l := a.p.line
	if n := len(l.rows); n != 32 || l.at != 0 {
		t.Fatalf("%d records, %d is open", n, l.at)
	}
	choose := func(i int, value string) int {
		l.turns[i].take(value)
		l.filter()
		n := len(l.rows)
		l.turns[i].take("")
		return n
	}
	for _, c := range []struct {
		turn  int
		value string
		fits  func(e report.Entry) bool
	}{
		{0, "loud", func(e report.Entry) bool { return e.Loud }},
		{1, "exceptions", func(e report.Entry) bool { return e.Ev == audit.EvException }},
		{2, "co1", func(e report.Entry) bool { return slices.Contains(e.People, "co1") }},
		{3, "offline", func(e report.Entry) bool { return e.Log == "offline.log" }},
	} {
		want := 0
		for _, e := range a.p.entries {
			if c.fits(e) {
				want++
			}
		}
		if got := choose(c.turn, c.value); got != want || want == 0 || want == 32 {
			t.Errorf("%s %s shows %d records, wanted %d", l.turns[c.turn].label, c.value, got, want)
		}
	}
	a.w.keys.Shortcut(&desktop.CustomShortcut{KeyName: fyne.KeyF, Modifier: fyne.KeyModifierControl})
	typed(a.w, "3 MINUTES late")
	if got := l.records(); !slices.Equal(got, []string{"offline 4"}) {
		t.Errorf("the search finds %v", got)
	}
	if text := shown(a.w); !strings.Contains(text, "go on; the offset is recorded") {
		t.Error("the only record is not open")
	}
	l.find(report.Ref{ID: "r-offline-7", Text: "offline 7"})
	if e := a.p.entries[l.at]; e.Ref.Text != "offline 7" || len(l.rows) != 32 {
		t.Errorf("the reference leads to %s, among %d", e.Ref.Text, len(l.rows))
	}
	l.search.SetValue("no such words")
	if text := shown(a.w); len(l.rows) != 0 || !strings.Contains(text, "No record has that.") {
		t.Error("a search without a result is not told")
	}
}

// TestRawRecord: beside a record stand the bytes of its lines, and the line
// numbers are those of stock tools.
func TestRawRecord(t *testing.T) {
	a := auditing(t, nil)
	lines := 0
	for _, e := range a.p.entries {
		file, err := os.ReadFile(filepath.Join(a.m.Dir.Path(), e.Log))
		if err != nil {
			t.Fatal(err)
		}
		all := bytes.Split(file, []byte("\n"))
		for _, r := range e.Raw {
			lines++
			if !bytes.Equal(r.Bytes, all[r.Number-1]) {
				t.Errorf("%s: line %d is another one", e.Ref.Text, r.Number)
			}
		}
	}
	if lines != 33 { // a begin and its end are one record here
		t.Errorf("%d lines", lines)
	}
}

// TestManyRecords: of ten thousand records those in sight are drawn.
func TestManyRecords(t *testing.T) {
	a := auditing(t, func(m *reporttest.Maker) { m.Bulk = 10000 })
	a.part("Timeline")
	l := a.p.line
	asked := 0
	row := func(i int) kit.ListRow { asked++; return l.row(i) }
	l.list = kit.NewList(row, func(i int) { l.show(l.rows[i]) })
	a.p.parts[a.p.at].drawn = nil
	a.p.open(a.p.at)
	a.w.focus(l.list)
	asked = 0
	for _, name := range []fyne.KeyName{fyne.KeyDown, fyne.KeyPageDown, fyne.KeyEnd, fyne.KeyUp, fyne.KeyHome} {
		key(a.w, name)
	}
	if len(l.rows) != 10032 || asked == 0 || asked > 1000 {
		t.Errorf("%d rows were asked for, of %d", asked, len(l.rows))
	}
	key(a.w, fyne.KeyEnd)
	if e := a.p.entries[l.at]; e.Ev != audit.EvClose {
		t.Errorf("the last record is %s", e.Title)
	}
	l.search.SetValue("RSA-HSM 9876")
	if got := len(l.rows); got != 1 {
		t.Errorf("the search finds %d", got)
	}
}

// TestPrintFromTranscript: what is printed is what the commands draw.
func TestPrintFromTranscript(t *testing.T) {
	a := auditing(t, nil)
	a.part("Print")
	path := filepath.Join(a.t.TempDir(), "page.html")
	a.p.print("The transcript", path, func(w io.Writer) error { return report.Write(w, a.p.dir, a.p.v) })
	a.w.keys.Sheet().Buttons()[1].Press()
	var want bytes.Buffer
	if err := report.Write(&want, a.p.dir, a.p.v); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want.Bytes()) || !slices.Equal(a.hall.shown, []string{path}) {
		t.Errorf("%v, %d of %d bytes, shown %v", err, len(got), want.Len(), a.hall.shown)
	}
}

// TestInspectFromTranscript: a file of the folder is inspected, and the way
// back leads to where the auditor was.
func TestInspectFromTranscript(t *testing.T) {
	a := auditing(t, nil)
	a.part("Files")
	a.p.inspect(filepath.Join(a.p.dir, "plan.toml"))
	in, ok := a.w.page.(*inspected)
	if !ok {
		t.Fatalf("the page is a %T", a.w.page)
	}
	test.Tap(in.back)
	if a.w.page != page(a.p) || a.p.parts[a.p.at].title != "Files" {
		t.Error("back does not lead to the files")
	}
}

// TestNoRecord: a folder without a log has a verdict and nothing else.
func TestNoRecord(t *testing.T) {
	a := auditing(t, nil)
	for _, name := range []string{"online.log", "online.2.log", "offline.log"} {
		if err := a.m.Dir.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	a.w.verify(a.m.Dir.Path())
	p := a.w.page.(*viewer)
	if text := shown(a.w); len(p.parts) != 1 || !strings.Contains(text, "The record cannot be read") || !strings.Contains(text, "The record does not hold") {
		t.Errorf("%d parts: %s", len(p.parts), text)
	}
}

// shotParts keeps pictures of all parts.
func (h *hall) shotParts(w *Window, p *viewer) {
	names := []string{"", ".paper", ".exceptions", ".timeline", ".people", ".keys", ".files", ".standards", ".stock", ".print"}
	if len(names) != len(p.parts) {
		h.t.Fatalf("%d parts have %d names", len(p.parts), len(names))
	}
	for i, name := range names {
		p.open(i)
		w.focus(p.rail)
		switch name {
		case ".paper":
			w.focus(p.paper.fields[0].code)
			typed(w, "48151623421081522")
		case ".timeline":
			w.focus(p.line.list)
			key(w, fyne.KeyEnd)
			for range 5 {
				key(w, fyne.KeyUp)
			}
		}
		h.shot(w, "verdict"+name)
	}
	p.open(0)
}

// TestVerdictOfOneDamage: of a log with one changed byte the page begins with
// what is the case, and what only follows stands apart, a line each.
func TestVerdictOfOneDamage(t *testing.T) {
	a := auditing(t, nil)
	damage := func(name, old, with string) {
		t.Helper()
		path := filepath.Join(a.m.Dir.Path(), name)
		b, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(b, []byte(old)) {
			t.Fatalf("%s has no %q (%v)", name, old, err)
		}
		if err := os.WriteFile(path, bytes.Replace(b, []byte(old), []byte(with), 1), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	damage("online.log", `"mark":"`, `"mark":"x`)
	damage("kek.json", "{", "{ ")
	a.drop()
	a.shot(a.w, "verdict.damaged")
	text := shown(a.w)
	at := -1
	for _, want := range []string{
		"The record does not hold", "Begin with log.form: online.log: line ", "Does not hold ·", "log.form · online.log: line ",
		"kek.json is not as it was sealed in", "Cannot hold because of that ·", "Rests on online.log, which cannot be read: see log.form\n", "signin.quorum · The quorum signed in", "Not checked ·",
	} {
		i := strings.Index(text, want)
		if i < at {
			t.Fatalf("%q is at %d, and what comes before it at %d:\n%s", want, i, at, text)
		}
		at = i
	}
	if strings.Contains(text, " 0 of ") || strings.Contains(text, "run is") {
		t.Errorf("what only follows is told:\n%s", text)
	}
}

// TestVerdictOfDamagedPlan: a folder whose plan cannot be read is verified too
// when it is dropped, and why it cannot be read is said once on the panel.
func TestVerdictOfDamagedPlan(t *testing.T) {
	a := auditing(t, nil)
	path := filepath.Join(a.m.Dir.Path(), "plan.toml")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b = append(b, "x"...)
	_, err = plan.Parse(b)
	if err == nil {
		t.Fatal("the plan can be read")
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	a.w.host.Verify = func(string, audit.Anchors) (audit.Verdict, error) { return audit.WithoutPlan(err), nil }
	a.drop()
	a.shot(a.w, "verdict.planless")
	text, _, _ := strings.Cut(shown(a.w), "Does not hold ·")
	if !strings.HasPrefix(text, filepath.Base(a.m.Dir.Path())+"\n") || strings.Contains(text, " · \n") {
		t.Errorf("the folder is not named: %q", text)
	}
	if why := "Begin with plan.read: plan.toml: " + err.Error(); !strings.Contains(text, why) || strings.Count(text, err.Error()) != 1 {
		t.Errorf("the verdict says %s, wanted once %q", text, why)
	}
}
