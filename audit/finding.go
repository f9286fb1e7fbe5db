package audit

import (
	"fmt"
	"slices"
	"strings"
)

// A Finding is one thing that is wrong or missing.
type Finding struct {
	Text string `json:"text"`
	// RestsOn is the file without which a rule cannot be applied here, why, and
	// the rule that has the cause. It is "" where a finding stands alone.
	RestsOn string `json:"rests_on,omitzero"`
}

// Follows says whether all that does not hold of a rule rests on a cause that
// another rule has.
func (r Rule) Follows() bool {
	return len(r.Findings) > 0 && !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.RestsOn == "" })
}

// FewLines is how much of what a rule found people read at once.
const FewLines = 5

// Lines are what a rule has to say, for people, each on a line of its own: what
// stands alone, the first of it and how many more there are, and then once of
// each cause what the rest of it rests on.
func (r Rule) Lines(most int) []string {
	var alone, rests []string
	for _, f := range r.Findings {
		switch on := "rests on " + f.RestsOn; {
		case f.RestsOn == "":
			alone = append(alone, f.Text)
		case !slices.Contains(rests, on):
			rests = append(rests, on)
		}
	}
	if len(r.Findings) == 0 && r.Detail != "" {
		alone = []string{r.Detail}
	}
	return append(some(alone, most), rests...)
}

// some are the first items, and how many more there are.
func some(items []string, most int) []string {
	if len(items) > most {
		items = append(items[:most:most], fmt.Sprintf("and %d more", len(items)-most))
	}
	return items
}

// manyLines is how much of what was found stands in one line.
const manyLines = 20

// detail joins the lines of a rule.
func (r Rule) detail() string { return strings.Join(r.Lines(manyLines), "; ") }

// list joins the first of some items.
func list(items []string) string { return strings.Join(some(items, manyLines), "; ") }

// Cause is the rule that people read first: the first that fails by itself, or
// else that lacks something. There is none in a complete ceremony.
func (v Verdict) Cause() (Rule, bool) {
	for _, result := range []string{ResultFails, ResultMissing} {
		for _, r := range v.Rules {
			if r.Result == result && !r.Follows() {
				return r, true
			}
		}
	}
	return Rule{}, false
}

// Parted are the rules that have something to say of their own, and those that
// only follow, each in their order.
func (v Verdict) Parted() (alone, follow []Rule) {
	for _, r := range v.Rules {
		if r.Follows() {
			follow = append(follow, r)
		} else {
			alone = append(alone, r)
		}
	}
	return alone, follow
}

// A Resting cause is on what rules rest that only follow.
type Resting struct {
	On    string // as a line: "rests on FILE, ..."
	Rules []Rule
}

// ByCause are rules that only follow, by what they rest on.
func ByCause(follow []Rule) (out []Resting) {
	for _, r := range follow {
		for _, on := range r.Lines(FewLines) {
			i := slices.IndexFunc(out, func(one Resting) bool { return one.On == on })
			if i < 0 {
				i, out = len(out), append(out, Resting{On: on})
			}
			out[i].Rules = append(out[i].Rules, r)
		}
	}
	return out
}

// A finding collects what a rule has to say.
type finding struct {
	wrong, lacking []string
	rests          []Finding // what cannot be known; it counts as wrong
	unchecked      bool
	note           string // what was counted, if all is well
}

func (f *finding) bad(format string, args ...any) {
	f.wrong = append(f.wrong, fmt.Sprintf(format, args...))
}

func (f *finding) lack(format string, args ...any) {
	f.lacking = append(f.lacking, fmt.Sprintf(format, args...))
}

// rest says what cannot be known for a cause that another rule has.
func (f *finding) rest(on, format string, args ...any) {
	f.rests = append(f.rests, Finding{fmt.Sprintf(format, args...), on})
}

func (f *finding) rule(id string) Rule {
	r := Rule{ID: id, Detail: f.note}
	alone := f.wrong
	if len(alone) == 0 {
		alone = f.lacking
	}
	for _, text := range alone {
		r.Findings = append(r.Findings, Finding{Text: text})
	}
	r.Findings = append(r.Findings, f.rests...)
	switch {
	case len(f.wrong)+len(f.rests) > 0:
		r.Result = ResultFails
	case len(f.lacking) > 0:
		r.Result = ResultMissing
	case f.unchecked:
		r.Result = ResultNotChecked
	default:
		r.OK, r.Result = true, ResultHolds
	}
	if len(r.Findings) > 0 {
		r.Detail = r.detail()
	}
	return r
}

// places collects where each of some things was found, in the order in which
// they came: one file that is not as it was makes one finding, however many
// records and seals have it.
type places struct {
	what  []string
	where map[string][]string
}

func (p *places) add(what, where string) {
	if p.where == nil {
		p.where = map[string][]string{}
	}
	if p.where[what] == nil {
		p.what = append(p.what, what)
	}
	p.where[what] = append(p.where[what], where)
}

// tell makes one finding of each thing.
func (p *places) tell(f *finding) {
	for _, what := range p.what {
		f.bad("%s %s", what, and(some(p.where[what], 5)))
	}
}

// and joins names for people: "a, b and c".
func and(names []string) string {
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " and " + strings.TrimPrefix(names[last], "and ")
}
