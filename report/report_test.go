package report

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/plan"
	"github.com/keyceremony/ceremony/report/reporttest"
	"github.com/keyceremony/ceremony/steps"
)

var update = flag.Bool("update", false, "write testdata/transcript.html anew")

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func draw(t testing.TB, m *reporttest.Maker) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, m.Dir.Path(), m.Verdict()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestGolden: the page of a folder is these bytes, wherever and whenever it is
// drawn.
func TestGolden(t *testing.T) {
	m := reporttest.New(t)
	m.Make()
	if v := m.Verdict(); v.Outcome != audit.OutcomeExceptions {
		t.Fatalf("%s: %+v", v.Outcome, v.Rules)
	}
	got := draw(t, m)
	golden := filepath.Join("testdata", "transcript.html")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the page is not that of %s: look at both, count up Version if there was a release since the last change, and run with -update", golden)
	}
	here := time.Local
	time.Local = time.FixedZone("elsewhere", 5*3600)
	defer func() { time.Local = here }()
	if draw(t, m) != got {
		t.Error("the page depends on the place")
	}
}

// TestAnchorsAreNotInThePage: everybody draws the same, whatever they know.
func TestAnchorsAreNotInThePage(t *testing.T) {
	m := reporttest.New(t)
	m.Make()
	want := draw(t, m)
	for _, a := range []audit.Anchors{{PlanCode: m.Plan.SHA256().Code()}, {PlanCode: strings.Repeat("0", 35)}} {
		v := audit.Verify(m.Dir.Path(), m.Plan.Policy(), a)
		v.Add(audit.Rule{ID: "report.rendered", Result: audit.ResultFails})
		var b bytes.Buffer
		if err := Write(&b, m.Dir.Path(), v); err != nil || b.String() != want {
			t.Errorf("another page for %v (%v)", a, err)
		}
	}
}

// What people and machines may have written anywhere.
var attacks = []string{
	"<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "]]><!--", "</style></pre></table>", "{{.Plan}}", "javascript:alert(1)",
	"&lt;b&gt;", "=HYPERLINK(\"http://x\")", "+1+1|cmd", "\x1b]52;c;AAAA\x07", "\x1b[31mred", "\x1b]8;;http://x\x07y", "\x00\x7f\u0085",
	"a\u202ecod.exe", "\u2066x\u2069", "\u200b\u200d\ufeff", "p\u0430ypal", "\u03bf\u0410", "e\u0301", "\U000e0041\ufe0f", "two  spaces ", "line\nline", "\u017fafe \u00d7",
}

// outside are the characters that the page itself has, beside ASCII.
func outside() (own []rune) {
	for _, r := range pageHTML + coverHTML {
		if r > '~' {
			own = append(own, r)
		}
	}
	return own
}

var tag = regexp.MustCompile(`<[a-zA-Z!/][^>]*`)

// tags are the beginnings of all tags, without what records give: ids.
func tags(page string) (out []string) {
	for _, m := range tag.FindAllString(page, -1) {
		m = regexp.MustCompile(`(id|href)="#?r-[^"]*"`).ReplaceAllString(m, "$1")
		if !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	slices.Sort(out)
	return out
}

// TestAlphabet: whatever a record says, the page has visible characters, and
// no tag that it would not have otherwise.
func TestAlphabet(t *testing.T) {
	known := append(tags(pageHTML+coverHTML), tags(draw(t, made(t, "")))...)
	known = append(known, `<span class="u"`, `<a class="ref" href`, `<div class="entry" id`, `<div class="entry loud" id`, `<div class="verdict broken"`)
	own := outside()
	for _, attack := range attacks {
		m := made(t, attack)
		page := draw(t, m) + drawCover(t, m, audit.Anchors{})
		for i, r := range page {
			if r != '\n' && !plain(r) && !slices.Contains(own, r) {
				t.Fatalf("%q: the page has %U: %q", attack, r, page[max(0, i-60):i])
			}
		}
		for _, one := range tags(page) {
			if !slices.Contains(known, one) {
				t.Errorf("%q: the page has %s", attack, one)
			}
		}
		if !strings.Contains(page, string(visible(attack))) {
			t.Errorf("%q is nowhere", attack)
		}
	}
}

func drawCover(t *testing.T, m *reporttest.Maker, a audit.Anchors) string {
	t.Helper()
	var b bytes.Buffer
	must(t, WriteCover(&b, m.Dir.Path(), audit.Verify(m.Dir.Path(), m.Plan.Policy(), a)))
	return b.String()
}

// TestCover: the sheet has the verdict, the manifest's code, a box for
// everybody's signature, and says of each code whether it was compared.
func TestCover(t *testing.T) {
	m := made(t, "")
	manifest, err := m.Dir.Read(audit.SealFinal, audit.MaxFile)
	must(t, err)
	sheet := drawCover(t, m, audit.Anchors{PlanCode: m.Plan.SHA256().Code()})
	for _, want := range []string{
		"✓ Complete with exceptions", strings.Fields(plan.CodeOf(manifest))[0], "Safe number", "Bag number", "Inga Witness", "Zoë Müller",
	} {
		if !strings.Contains(sheet, want) {
			t.Errorf("the cover sheet does not say %q", want)
		}
	}
	same, open := strings.Count(sheet, "compared, the same"), strings.Count(sheet, `<span class="box"></span> the same`)
	if same != 1 || open != 3 {
		t.Errorf("%d codes are compared and %d are open, wanted 1 and 3", same, open)
	}
	wrong := drawCover(t, m, audit.Anchors{Heads: map[string]string{"offline": strings.Repeat("0", 35)}})
	if strings.Count(wrong, `<b class="bad">differs</b>`) != 1 || !strings.Contains(wrong, "✗ Does not hold") {
		t.Error("a head that differs is not told")
	}
}

func made(t *testing.T, foreign string) *reporttest.Maker {
	m := reporttest.New(t)
	m.Foreign, m.Name = foreign, "A <b>name</b> & П\"=1+1"
	m.Make()
	return m
}

// TestVisible: one way of showing for each character.
func TestVisible(t *testing.T) {
	u := func(code string) string { return `<span class="u">U+` + code + `</span>` }
	for in, want := range map[string]string{
		"":                "-",
		"Zoë Müller":      "Zoë Müller",
		"<a b='&\">":      "&#60;a b=&#39;&#38;&#34;&#62;",
		" a  b ":          u("0020") + "a " + u("0020") + "b" + u("0020"),
		"\u202e\x1b":      u("202E") + u("001B"),
		"p\u0430y":        "p" + u("0430") + "y",
		"e\u0301":         "e" + u("0301"),
		"\u017f\u00d7":    u("017F") + u("00D7"),
		"\U000e0041\xff!": u("E0041") + u("FFFD") + "!",
	} {
		if got := string(visible(in)); got != want {
			t.Errorf("%q is shown as %s, wanted %s", in, got, want)
		}
	}
}

// TestPageLoadsNothing: one file, without programs, under a policy that says so.
func TestPageLoadsNothing(t *testing.T) {
	page := draw(t, made(t, ""))
	if found := regexp.MustCompile(`(?i)<script|<link|<img|<iframe|src=|url\(|@import|href="[^#]`).FindString(page); found != "" {
		t.Errorf("the page has %q", found)
	}
	for _, want := range []string{`content="default-src 'none'; style-src 'unsafe-inline'"`, `content="ceremony report 1"`, "@page {"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s", want)
		}
	}
}

// TestFirstPage: what an auditor must not miss comes before everything else.
func TestFirstPage(t *testing.T) {
	m := made(t, "")
	first, _, _ := strings.Cut(draw(t, m), `<section class="new">`)
	manifest, err := m.Dir.Read(audit.SealFinal, audit.MaxFile)
	must(t, err)
	for _, want := range []string{
		"✓ Complete with exceptions", "go on; the offset is recorded", "kek.origin", "the ceremony was paused", "the program ended without a pause", "Confirm the KEK did not come to its end once",
		"2 operators, 1 crypto officer, 1 internal witness", strings.Fields(plan.CodeOf(manifest))[0],
	} {
		if !strings.Contains(first, want) {
			t.Errorf("the first page does not say %q", want)
		}
	}
}

// TestWhoSigned: a cell is checked only where the signature verifies.
func TestWhoSigned(t *testing.T) {
	m := made(t, "")
	signed := func() []bool {
		d := m.Dir
		p, err := readPlan(d)
		must(t, err)
		tr, err := gather(d, p, m.Verdict())
		must(t, err)
		return tr.Signers()[4].Cells // iw
	}
	if all := signed(); slices.Contains(all, false) {
		t.Fatalf("not everything is signed: %v", all)
	}
	name := audit.SignedName(audit.SealFinal, "iw")
	must(t, m.Dir.Remove(name))
	other, err := m.Dir.Read(audit.SignedName(audit.SealOffline, "iw"), audit.MaxLine)
	must(t, err)
	m.Write(name, other)
	if cells := signed(); cells[6] || !cells[5] {
		t.Errorf("a signature on another seal counts: %v", cells)
	}
	if page := draw(t, m); !strings.Contains(page, "✗ Does not hold") || !strings.Contains(page, "Rules that do not hold") {
		t.Error("the first page does not say so")
	}
}

// TestOrder: a record that names a head comes after it, and what the links
// leave open follows the stages.
func TestOrder(t *testing.T) {
	page := draw(t, made(t, ""))
	place := func(id string) int {
		i := strings.Index(page, `id="`+id+`"`)
		if i < 0 {
			t.Fatalf("no record %s", id)
		}
		return i
	}
	order := []string{"r-online-0", "r-online-6", "r-online.2-0", "r-online.2-1", "r-offline-0", "r-offline-5", "r-offline-13", "r-online.2-2", "r-online.2-4"}
	for i := range order[1:] {
		if place(order[i]) > place(order[i+1]) {
			t.Errorf("%s stands after %s", order[i], order[i+1])
		}
	}
	if n := strings.Count(page, "The head is right"); n != 3 || strings.Contains(page, "never had this head") {
		t.Errorf("%d links are right, wanted 3", n)
	}
	if page := draw(t, made(t, "x")); !strings.Contains(page, "That log never had this head") {
		t.Error("a head that never was is not told")
	}
}

// TestAttemptBefore: the head of another folder is told, and orders nothing
// here, whatever its log is called.
func TestAttemptBefore(t *testing.T) {
	m := reporttest.New(t)
	m.Before = &audit.Head{Log: "online.2.log", Seq: 3}
	m.Make()
	page := draw(t, m)
	if a, b := strings.Index(page, `id="r-online-0"`), strings.Index(page, `id="r-offline-0"`); a < 0 || a > b {
		t.Error("the preparation does not come first")
	}
	for _, want := range []string{"this is attempt 2", "in another folder, online.2.log up to its record 3"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(page, "never had this head") {
		t.Error("a head of another folder is looked for in this one")
	}
}

// TestOrigin: only a check that holds proves that the vault made the KEK.
func TestOrigin(t *testing.T) {
	for _, result := range []string{"holds", "fails", "not checked"} {
		m := reporttest.New(t)
		m.Origin = result
		m.Make()
		page := draw(t, m)
		proved, not := strings.Count(page, "<dd>the vault made it</dd>"), strings.Count(page, "not proved that the vault made this KEK")
		if (proved == 1) != (result == "holds") || (not > 0) != (result != "holds") {
			t.Errorf("%s: proved %d times, not proved %d times", result, proved, not)
		}
	}
}

// TestHSMSeal: the HSM's own signature has a row, and the card a command.
func TestHSMSeal(t *testing.T) {
	m := reporttest.New(t)
	m.SealKey = true
	m.Make()
	if v := m.Verdict(); v.Outcome != audit.OutcomeExceptions {
		t.Fatal(v.Outcome)
	}
	_, row, _ := strings.Cut(draw(t, m), "<td><b>the HSM</b></td>")
	row, _, _ = strings.Cut(row, "</tr>")
	if strings.Count(row, "✓") != 1 {
		t.Errorf("the HSM's row is %s", row)
	}
	if !strings.Contains(string(cardOf(m.Plan)), "\nsigned hsm offline-seal OFFLINE.sha256") {
		t.Error("the card does not check the HSM's signature")
	}
}

// TestDamagedLog: the page ends where a log cannot be read, and says so.
func TestDamagedLog(t *testing.T) {
	m := made(t, "")
	b, err := m.Dir.Read("offline.log", audit.MaxFile)
	must(t, err)
	b[len(b)/2] ^= 1
	must(t, m.Dir.Remove("offline.log"))
	m.Write("offline.log", b)
	if page := draw(t, m); !strings.Contains(page, "The log cannot be read from here on") || !strings.Contains(page, "✗ Does not hold") {
		t.Error("the damage is not told")
	}
}

// TestRendered: the folder's copy is compared byte for byte.
func TestRendered(t *testing.T) {
	m := made(t, "")
	result := func() string { return Rendered(m.Dir.Path(), m.Verdict()).Result }
	if got := result(); got != audit.ResultNotChecked {
		t.Errorf("without a page: %s", got)
	}
	page := []byte(draw(t, m))
	for name, whole := range map[string][]byte{audit.ReportName: page, audit.CardName: cardOf(m.Plan)} {
		m.Write(name, whole)
		if got := result(); got != audit.ResultHolds {
			t.Errorf("%s: %s", name, got)
		}
		for at := 0; at < len(whole); at += 997 {
			bad := bytes.Clone(whole)
			bad[at] ^= 1
			must(t, m.Dir.Remove(name))
			m.Write(name, bad)
			if got := result(); got != audit.ResultFails {
				t.Fatalf("%s with byte %d changed: %s", name, at, got)
			}
		}
		for _, bad := range [][]byte{whole[:len(whole)-1], append(bytes.Clone(whole), '\n'), {}} {
			must(t, m.Dir.Remove(name))
			m.Write(name, bad)
			if got := result(); got != audit.ResultFails {
				t.Errorf("%s with %d of %d bytes: %s", name, len(bad), len(whole), got)
			}
		}
		must(t, m.Dir.Remove(name))
	}
	if m.Verdict().Outcome != audit.OutcomeExceptions {
		t.Error("the folder was changed")
	}
}

// TestOlderForm: a page of an older form is not compared; one that says any
// other is not what the record gives.
func TestOlderForm(t *testing.T) {
	m := made(t, "")
	for n, want := range map[string]bool{"0": false, "1": Version > 1, strconv.Itoa(Version): false, strconv.Itoa(Version + 1): false, "01x": false, "": false} {
		m.Write(audit.ReportName, []byte(`<!doctype html><meta name="generator" content="ceremony report `+n+`">`))
		if older(m.Dir.Path(), audit.ReportName) != want {
			t.Errorf("version %q is older: %v", n, !want)
		}
		if got := Rendered(m.Dir.Path(), m.Verdict()).Result; got != audit.ResultFails && !want {
			t.Errorf("version %q: %s", n, got)
		}
		must(t, m.Dir.Remove(audit.ReportName))
	}
}

// TestClausesNameWhatExists: the map names steps, rules and events by ids that
// this program has.
func TestClausesNameWhatExists(t *testing.T) {
	m := made(t, "")
	rules := []string{"steps.done"}
	for _, r := range m.Verdict().Rules {
		rules = append(rules, r.ID)
	}
	for _, id := range rules {
		if Meaning(id) == "" {
			t.Errorf("the rule %s has no words", id)
		}
	}
	for _, c := range clauses {
		for _, id := range c.Steps {
			if steps.Title(id) == "" {
				t.Errorf("%s: no step %s", c.Wants, id)
			}
		}
		for _, id := range c.Rules {
			if !slices.Contains(rules, id) {
				t.Errorf("%s: no rule %s", c.Wants, id)
			}
		}
		if len(c.Steps)+len(c.Events)+len(c.Rules) == 0 && c.Beside == "" {
			t.Errorf("%s: nothing has it", c.Wants)
		}
	}
}

// TestGapsAreNamed: what the record lacks is a gap.
func TestGapsAreNamed(t *testing.T) {
	page := draw(t, made(t, ""))
	for _, want := range []string{"no record of kek.retire", "not proved that the vault made this KEK", "no external witness was required", "the rule steps.done: not checked"} {
		if !strings.Contains(page, "Gap:</b> "+want) {
			t.Errorf("no gap %q", want)
		}
	}
}

// TestNoLog: a folder with a plan alone has no transcript.
func TestNoLog(t *testing.T) {
	m := reporttest.New(t)
	b := m.TOML()
	var err error
	m.Plan, err = plan.Parse(b)
	must(t, err)
	m.Write("plan.toml", b)
	if err := Write(io.Discard, m.Dir.Path(), m.Verdict()); !errors.Is(err, audit.ErrNoRecords) {
		t.Errorf("%v", err)
	}
}

// TestDamagedFirstPage: page and cover of a damaged folder begin with the
// cause, and name what follows from it once. The page of before is not blamed.
func TestDamagedFirstPage(t *testing.T) {
	m := made(t, "")
	drawn := draw(t, m)
	must(t, os.WriteFile(filepath.Join(m.Dir.Path(), audit.ReportName), []byte(drawn), 0o600))
	path := filepath.Join(m.Dir.Path(), "online.log")
	b, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path, bytes.Replace(b, []byte(`"mark":"`), []byte(`"mark":"x`), 1), 0o600))
	v := m.Verdict()
	page := draw(t, m)
	var cover bytes.Buffer
	must(t, WriteCover(&cover, m.Dir.Path(), v))
	for name, text := range map[string]string{"page": page, "cover": cover.String()} {
		if !strings.Contains(text, "Begin with log.form: online.log: line ") {
			t.Errorf("the %s does not say where to begin", name)
		}
	}
	first, _, _ := strings.Cut(page, "Who had to sign, and who did")
	if n := strings.Count(first, "rests on online.log, which cannot be read: see log.form"); n < 1 || n > 2 {
		t.Errorf("the first page says %d times on what rules rest", n)
	}
	if _, rest, ok := strings.Cut(first, "Rules that cannot hold because of that"); !ok || !strings.Contains(rest, "signin.quorum") {
		t.Error("the first page does not say what cannot hold")
	}
	r := Rendered(m.Dir.Path(), v)
	if r.Result != audit.ResultFails || !r.Follows() || !strings.HasSuffix(r.Lines(1)[0], "see log.form") {
		t.Errorf("the page of before %s: %v", r.Result, r.Findings)
	}
	if r := Rendered(m.Dir.Path(), audit.Verdict{}); r.Follows() {
		t.Error("a page that differs is not blamed where the record holds")
	}
}
