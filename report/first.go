package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/plan"
)

// This file has what the first page says: outcome, exceptions, what was not
// checked, what is open, who had to sign and who did; and the page of people.

// Version is that of the page's form.
func (t *Transcript) Version() int { return Version }

// Outcome tells the verdict in one sentence.
func (t *Transcript) Outcome() string {
	return map[string]string{
		audit.OutcomeComplete:   "Every rule that could be checked holds, and there was no exception.",
		audit.OutcomeExceptions: "Every rule that could be checked holds. People decided to go on over what is listed under exceptions: read each.",
		audit.OutcomeIncomplete: "Nothing is wrong. Something is missing, or the ceremony was stopped.",
		audit.OutcomeBroken:     "At least one rule fails. Believe nothing of this record before that is explained.",
	}[t.Verdict.Outcome]
}

// Good says whether the ceremony is complete, with or without exceptions.
func (t *Transcript) Good() bool { return t.Verdict.Complete() }

// Begin is where somebody begins to read of a record that does not hold, or "":
// the rule that fails first by itself, and what it found.
func (t *Transcript) Begin() string {
	cause, ok := t.Verdict.Cause()
	if !ok || t.Verdict.Outcome != audit.OutcomeBroken {
		return ""
	}
	return cause.ID + ": " + shortened(cause.Lines(1)[0]) + "."
}

// BadRules are those that do not hold by themselves.
func (t *Transcript) BadRules() []audit.Rule {
	alone, _ := t.Verdict.Parted()
	return slices.DeleteFunc(alone, func(r audit.Rule) bool {
		return r.Result == audit.ResultHolds || r.Result == audit.ResultNotChecked
	})
}

// Following are the rules that do not hold only for a cause that others have.
func (t *Transcript) Following() []audit.Resting {
	_, follow := t.Verdict.Parted()
	return audit.ByCause(follow)
}

// found is what a rule has to say on the first page, the beginning of it; the
// page of the rules has more.
func found(r audit.Rule) []string {
	lines := r.Lines(audit.FewLines)
	for i, line := range lines {
		lines[i] = shortened(line)
	}
	return lines
}

func shortened(line string) string {
	const most = 300 // bytes
	if len(line) <= most {
		return line
	}
	return strings.ToValidUTF8(line[:most], "") + " ... (all of it under Codes, What was checked)"
}

// Days are the first and last day of the record, by the machines' clocks.
func (t *Transcript) Days() string {
	var first, last string
	for _, l := range t.logs {
		if a := l.First.Format("2006-01-02"); !l.First.IsZero() && (first == "" || a < first) {
			first = a
		}
		last = max(last, l.Last.Format("2006-01-02"))
	}
	if first == last {
		return first
	}
	return first + " to " + last
}

// Times are between which moments each log was closed, as far as tokens of a
// time-stamp authority prove it; none if the plan names no authority.
func (t *Transcript) Times() []string {
	if t.Plan.Time.Root == "" {
		return nil
	}
	var out []string
	for _, rule := range timeRules {
		bounds, _, _ := strings.Cut(t.Rule(rule).Detail, "; the machine's clock said ")
		out = append(out, bounds)
	}
	return out
}

var timeRules = []string{"time.prepare", "time.wrap", "time.import"}

// bounded says whether tokens bound the end of each log from both sides.
func (t *Transcript) bounded() bool {
	return !slices.ContainsFunc(timeRules, func(id string) bool { return !t.Rule(id).OK })
}

// Clocks say where each machine's clock had its time from, and what of it is
// known.
func (t *Transcript) Clocks() []string {
	var order []string
	logs := map[string][]string{}
	for _, l := range t.logs {
		text := clockWords(l.Src, l.ErrS)
		if logs[text] == nil {
			order = append(order, text)
		}
		logs[text] = append(logs[text], l.Name)
	}
	for i, text := range order {
		order[i] = strings.Join(logs[text], ", ") + " " + text
	}
	return order
}

// clockWords say where a clock has its time from, and how wrong it may be, in
// seconds; nil: nobody knows.
func clockWords(src string, errS *int64) string {
	if errS == nil {
		return "source " + src + ", error not known"
	}
	return fmt.Sprintf("source %s, off by at most %d s", src, *errS)
}

// Missed are the checks that could not be made, each reason once.
func (t *Transcript) Missed() []Group { return groups(t.NotMade) }

// A Group is what several records say alike.
type Group struct {
	ID, Found, Wanted string
	Refs              []Ref
}

func groups(list []Finding) []Group {
	var out []Group
	for _, f := range list {
		i := slices.IndexFunc(out, func(g Group) bool { return g.ID == f.ID && g.Found == f.Found })
		if i < 0 {
			i, out = len(out), append(out, Group{f.ID, f.Found, f.Wanted, nil})
		}
		out[i].Refs = append(out[i].Refs, f.Ref)
	}
	return out
}

// A Point is one open point, with the records that it is about.
type Point struct {
	Text string
	Refs []Ref
}

// Open are the points that an auditor should ask about.
func (t *Transcript) Open() []Point {
	var out []Point
	for _, g := range groups(t.Failed) {
		out = append(out, Point{g.ID + " did not hold (a note): " + g.Found + "; wanted: " + g.Wanted, g.Refs})
	}
	for _, k := range t.Plan.Keys {
		if c, ok := t.checks[point{log: k.Name + " target.proof-available"}]; ok && c.Result != audit.ResultHolds {
			out = append(out, Point{Text: "nothing proves that the vault's key " + k.Name + " is the one in the HSM: " + c.Found})
		}
	}
	for _, step := range slices.Sorted(maps.Keys(t.fails)) {
		out = append(out, Point{Text: fmt.Sprintf("%s did not come to its end %s: ask why", title(step, ""), times(t.fails[step]))})
	}
	for _, of := range []struct{ event, text string }{
		{audit.EvRecovered, "a record was cut off while it was written, and what was left of it is kept"},
		{audit.EvPause, "the ceremony was paused: compare custody and bags with the sheets"},
		{audit.EvChange, "people left or came"},
		{audit.EvStop, "the ceremony was stopped: read why, and what became of keys and media"},
	} {
		if r := t.events[of.event]; r != nil {
			out = append(out, Point{of.text, r.First})
		}
	}
	if r := t.steps[returned]; r != nil {
		out = append(out, Point{"the program ended without a pause, and people signed in again: ask what happened, who left, and where the HSM and the media were", r.First})
	}
	if n := t.attempt(); n > 1 {
		out = append(out, Point{Text: fmt.Sprintf("this is attempt %d: ask for the folders of the attempts before", n)})
	}
	for _, n := range t.Plan.Notes() {
		out = append(out, Point{Text: n})
	}
	if !t.bounded() {
		out = append(out, Point{Text: "times are what the machines' clocks and people said; no time-stamp tokens bound them all"})
	}
	return out
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

func (t *Transcript) attempt() int {
	n := 1
	for _, l := range t.logs {
		n = max(n, l.Open.Attempt)
	}
	return n
}

// A Code is compared with what is on paper.
type Code struct {
	Of, Sheet string
	SHA256    digest.SHA256
}

// Codes are those that an auditor compares with the sheets.
func (t *Transcript) Codes() []Code {
	out := []Code{{"plan.toml", "handed out before the day", t.Plan.SHA256()}}
	sheets := map[string]string{"online.log": "sheet of prepare.seal", "offline.log": "sheet of wrap.seal", "online.2.log": "sheet of final.seal"}
	for _, l := range t.logs {
		if sheet := sheets[l.Name]; sheet != "" && l.Close != nil {
			out = append(out, Code{l.Name, sheet, l.Head.SHA256})
		}
	}
	return out
}

// Quorum says how many of each role had to sign.
func (t *Transcript) Quorum() string {
	var list []string
	quorum := t.Plan.Policy().Quorum
	for _, role := range plan.Roles {
		if n := quorum[role]; n > 0 {
			list = append(list, fmt.Sprintf("%d %s", n, plural(role, n)))
		}
	}
	return strings.Join(list, ", ")
}

func plural(role string, n int) string {
	switch {
	case n == 1:
		return role
	case strings.HasSuffix(role, "s"):
		return role + "es"
	}
	return role + "s"
}

// A Signer is one person of the plan, and what that person signed.
type Signer struct {
	ID, Name, Role string
	Cells          []bool // plan; sign-in at the three stages; three seals
	Said           string // at the sign-off
}

// Signers lists everybody who could sign.
func (t *Transcript) Signers() []Signer {
	var out []Signer
	for _, p := range t.Plan.People {
		s := Signer{ID: p.ID, Name: p.Name, Role: p.Role, Said: t.said[p.ID]}
		s.Cells = append(s.Cells, slices.Contains(t.seals["plan.toml"], p.ID))
		for _, stage := range stages {
			s.Cells = append(s.Cells, t.signed[p.ID+" "+stage])
		}
		for _, seal := range []string{audit.SealPrepare, audit.SealOffline, audit.SealFinal} {
			s.Cells = append(s.Cells, slices.Contains(t.seals[seal], p.ID))
		}
		out = append(out, s)
	}
	if t.Plan.Policy().SealKey != nil {
		out = append(out, Signer{audit.SealKeyID, "the HSM", "seal key", []bool{
			false, false, false, false, false, slices.Contains(t.seals[audit.SealOffline], audit.SealKeyID), false,
		}, ""})
	}
	return out
}

// Rule finds a rule of the verdict.
func (t *Transcript) Rule(id string) audit.Rule {
	for _, r := range t.Verdict.Rules {
		if r.ID == id {
			return r
		}
	}
	return audit.Rule{ID: id, Result: audit.ResultNotChecked}
}

// A Member is a person with keys.
type Member struct {
	plan.Person
	Keys []Fingerprint
}

// A Fingerprint is a signing key as ssh-keygen -l shows it.
type Fingerprint struct{ Use, Type, SHA256 string }

// People are those of the plan, with their keys.
func (t *Transcript) People() []Member {
	var out []Member
	for i, p := range t.Plan.Roster() {
		m := Member{Person: t.Plan.People[i]}
		uses := []string{"both machines"}
		if len(p.Keys) > 1 {
			uses = []string{"online", "offline"}
		}
		for j, k := range p.Keys {
			m.Keys = append(m.Keys, Fingerprint{uses[j], k.Type(), ssh.FingerprintSHA256(k)})
		}
		out = append(out, m)
	}
	return out
}
