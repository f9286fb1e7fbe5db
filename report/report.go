// Package report draws the transcript of a ceremony: one page of HTML without
// programs, for the screen and for paper, and the auditor's card.
//
// [Write] draws it, [WriteCard] the card, [WriteCover] the sheet that goes to
// the archive with the folder, and [Rendered] says whether a folder's copy is
// what its record gives. The page is a pure function of the plan, the logs, the
// manifests, the signatures over plan and manifests, and the verdict over the
// folder: no clock, no name of a machine, no locale. It proves nothing by
// itself, and says on its last page how to check the record without it.
package report

import (
	"cmp"
	_ "embed"
	"html/template"
	"io"
	"slices"
	"strings"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/durable"
	"github.com/keyceremony/ceremony/plan"
)

// Version is the version of the page's form. Whoever changes, after a release,
// what is drawn of a folder counts it up: a page of an older form is not
// compared any more, unless its form is kept.
const Version = 1

var (
	//go:embed report.html
	pageHTML string
	//go:embed cover.html
	coverHTML string
)

// page has the parts of the page, in order: head, entry (many), tail; and the
// cover sheet.
var page = template.Must(template.New("report").Funcs(template.FuncMap{
	"v": visible, "meaning": Meaning, "found": found, "words": strings.Fields, "join": strings.Join,
}).Parse(pageHTML + coverHTML))

// Read reads a folder for those who draw it. V is the verdict over it, with
// every rule. A folder without a plan or a log has no transcript.
func Read(dir string, v audit.Verdict) (t *Transcript, err error) {
	err = withPlan(dir, func(d *durable.Dir, p *plan.Plan) error {
		t, err = gather(d, p, v)
		return err
	})
	return t, err
}

// withPlan opens a folder with its plan.
func withPlan(dir string, use func(*durable.Dir, *plan.Plan) error) error {
	d, err := durable.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	p, err := readPlan(d)
	if err != nil {
		return err
	}
	return use(d, p)
}

// Write draws the page of a folder. V is the verdict over it, with every rule;
// what the auditor brought from outside (anchors) is left out of the page, so
// that it is the same for everybody. Records are drawn as they are read: the
// memory it takes grows with what its first pages list and not with the logs.
func Write(w io.Writer, dir string, v audit.Verdict) error {
	t, err := Read(dir, inside(v))
	if err != nil {
		return err
	}
	if err := page.ExecuteTemplate(w, "head", t); err != nil {
		return err
	}
	if err := t.Timeline(func(e *Entry) error { return page.ExecuteTemplate(w, "entry", e) }); err != nil {
		return err
	}
	return page.ExecuteTemplate(w, "tail", t)
}

func readPlan(d *durable.Dir) (*plan.Plan, error) {
	b, err := d.Read("plan.toml", plan.MaxBytes)
	if err != nil {
		return nil, err
	}
	return plan.Parse(b)
}

// inside is a verdict without what came from outside the folder, and without
// what is said of the page itself.
func inside(v audit.Verdict) audit.Verdict {
	v.Rules = slices.DeleteFunc(slices.Clone(v.Rules), func(r audit.Rule) bool {
		return strings.HasPrefix(r.ID, "anchor.") || r.ID == "report.rendered"
	})
	worst := slices.MaxFunc(append(v.Rules, audit.Rule{Result: audit.ResultHolds}), func(a, b audit.Rule) int {
		return cmp.Compare(weight[a.Result], weight[b.Result])
	})
	switch {
	case worst.Result == audit.ResultFails:
		v.Outcome = audit.OutcomeBroken
	case worst.Result == audit.ResultMissing:
		v.Outcome = audit.OutcomeIncomplete
	case v.Exceptions > 0:
		v.Outcome = audit.OutcomeExceptions
	default:
		v.Outcome = audit.OutcomeComplete
	}
	return v
}

var weight = map[string]int{audit.ResultMissing: 1, audit.ResultFails: 2}
