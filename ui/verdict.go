package ui

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/ui/kit"
)

// verdict is the page for auditors: the outcome, and every rule with its
// result.
type verdict struct {
	scrolling
	w    *Window
	v    audit.Verdict
	back *kit.Button
	box  fyne.CanvasObject
}

func newVerdict(w *Window, dir string, v audit.Verdict) *verdict {
	p := &verdict{w: w, v: v}
	p.back = kit.NewButton("Back to the start", kit.Primary, w.home)
	head := kit.NewColumn(1, kit.NewText("Verify a transcript", kit.OverlineBlue), kit.NewText(v.Ceremony, kit.Title))
	body := kit.NewColumn(3, head, p.outcome(dir), kit.NewChecks(p.rows()), kit.NewText("Check it without this program", kit.Heading), kit.NewMono(stock(dir, v)))
	foot := kit.NewBar(kit.NewRow(2, 0, kit.NewText("", kit.Body), p.back))
	p.box = container.NewBorder(nil, foot, nil, nil, p.over(1040, body))
	if v.Mode == audit.Rehearsal {
		p.box = container.NewBorder(kit.NewBand("REHEARSAL — NOTHING HERE COUNTS"), nil, nil, nil, p.box)
	}
	return p
}

// outcome is the verdict on one panel.
func (p *verdict) outcome(dir string) fyne.CanvasObject {
	kind := kit.PanelError
	switch {
	case p.v.Outcome == audit.OutcomeComplete && len(p.v.NotChecked) == 0:
		kind = kit.PanelGood
	case p.v.Complete():
		kind = kit.PanelWarning
	}
	lines := []string{"Folder: " + dir}
	if p.v.Exceptions > 0 {
		lines = append(lines, fmt.Sprintf("Exceptions: %d. Each stands in the transcript with what was expected, what happened, and who decided.", p.v.Exceptions))
	}
	if len(p.v.NotChecked) > 0 {
		lines = append(lines, "Not checked in the room: "+strings.Join(p.v.NotChecked, ", "))
	}
	if len(p.v.Disagree) > 0 {
		lines = append(lines, "These people do not agree: "+strings.Join(p.v.Disagree, ", "))
	}
	lines = append(lines, "Whoever made the folder also made the plan in it. Compare the plan's code and the heads with sheets that came to you by another way: ceremony verify --plan-code CODE --head offline=CODE.")
	return kit.NewPanel("The ceremony is "+p.v.Outcome, lines, "", kind)
}

var ruleMarks = map[string]kit.Mark{audit.ResultHolds: kit.Holds, audit.ResultFails: kit.Fails, audit.ResultNotChecked: kit.NotChecked, audit.ResultMissing: kit.NotChecked}

func (p *verdict) rows() []kit.CheckRow {
	var out []kit.CheckRow
	for _, r := range p.v.Rules {
		out = append(out, kit.CheckRow{Name: r.ID, Found: r.Detail, Result: r.Result, Mark: ruleMarks[r.Result]})
	}
	return out
}

// stock are the commands that check a folder without this program.
func stock(dir string, v audit.Verdict) string {
	ns := audit.SealNamespace("final", v.Mode)
	return "cd " + dir + "\nsha256sum -c MANIFEST.sha256\n" +
		"ssh-keygen -Y verify -f allowed_signers -I WHO -n " + ns + " -s MANIFEST.sha256.WHO.sig < MANIFEST.sha256"
}

func (p *verdict) content() fyne.CanvasObject { return p.box }
func (p *verdict) first() fyne.Focusable      { return p.back }
func (p *verdict) enter()                     { p.back.Press() }
func (p *verdict) files([]string) bool        { return false }
func (p *verdict) leave() error               { return nil }
func (p *verdict) help() (title, text string) {
	return "Verify a transcript", "Every rule of the verification by name, and what came of it. The auditor's manual says what each rule means."
}

func (p *verdict) mark(t *Trace) {
	t.Page, t.Phase, t.Primary, t.Ready = "verdict", p.v.Outcome, p.back.Text(), true
	t.box(p.w, "primary", p.back)
}
