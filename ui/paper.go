package ui

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/ui/kit"
)

// paper takes the codes that came to an auditor by another way than the folder:
// the plan's from a copy of before the day, the heads' from the sheets. What
// they are compared with is never shown beside them.
type paper struct {
	p      *viewer
	fields []*paperField
	said   *fyne.Container
}

// A paperField is one code from paper.
type paperField struct {
	rule  string // that compares it
	log   string // stem of the log it is the head of, or "" for the plan
	code  *kit.Code
	field *kit.Field
}

func newPaper(p *viewer) *paper {
	s := &paper{p: p, said: kit.NewColumn(1.5)}
	if p.t == nil {
		return s
	}
	for _, c := range p.t.Codes() {
		log, isLog := strings.CutSuffix(c.Of, ".log")
		f := &paperField{rule: "anchor.head." + log, log: log, code: kit.NewCode(p.w.keys)}
		label := "Head of " + c.Of
		if !isLog {
			f.rule, f.log, label = "anchor.plan", "", "The plan"
		}
		f.code.OnChanged = s.changed
		f.field = kit.NewField(label, capital(c.Sheet), f.code)
		f.code.OnRefused = f.field.SetError
		s.fields = append(s.fields, f)
	}
	fillWith(s.said)
	return s
}

func (s *paper) draw() fyne.CanvasObject {
	head := kit.NewColumn(1, kit.NewText("Compare with the paper", kit.OverlineBlue), kit.NewText("Codes from paper", kit.Title))
	body := kit.NewColumn(3, head,
		kit.NewText("A folder proves only that it fits itself. Type the plan's code from the copy that you got before the day, and the heads from the sheets that people wrote. One head is enough to bind a side; all are better.", kit.Body),
		s.said)
	for _, f := range s.fields {
		body.Add(f.field)
	}
	return s.p.over(840, body)
}

func (s *paper) first() fyne.Focusable {
	if len(s.fields) == 0 {
		return nil
	}
	return s.fields[0].code
}

func (s *paper) changed() {
	for _, f := range s.fields {
		f.field.SetError("")
	}
	fillWith(s.said)
	if s.p.rail != nil && s.p.box != nil {
		s.p.changed()
	}
}

// primary verifies with what was typed: at least one code, and none in part.
func (s *paper) primary() (string, bool, func()) {
	whole, part := 0, 0
	for _, f := range s.fields {
		switch {
		case f.code.Missing() == 0:
			whole++
		case f.code.Value() != "":
			part++
		}
	}
	return "Verify again", whole > 0 && part == 0, func() { s.p.again(s.anchors()) }
}

func (s *paper) anchors() audit.Anchors {
	a := audit.Anchors{Heads: map[string]string{}}
	for _, f := range s.fields {
		switch {
		case f.code.Missing() > 0:
		case f.log == "":
			a.PlanCode = f.code.Value()
		default:
			a.Heads[f.log] = f.code.Value()
		}
	}
	return a
}

// given are the codes that the verdict was made with.
func (s *paper) given() (list []*paperField) {
	for _, f := range s.fields {
		if s.result(f) != audit.ResultNotChecked {
			list = append(list, f)
		}
	}
	return list
}

func (s *paper) result(f *paperField) string {
	for _, r := range s.p.v.Rules {
		if r.ID == f.rule {
			return r.Result
		}
	}
	return audit.ResultNotChecked
}

// judge shows beside each code what came of it.
func (s *paper) judge() {
	good, bad := 0, 0
	for _, f := range s.fields {
		switch s.result(f) {
		case audit.ResultHolds:
			good++
			f.field.SetHint("The same as in the folder.")
		case audit.ResultNotChecked:
			f.field.SetHint("Not compared.")
		default:
			bad++
			f.field.SetError("This is not the code of what is in the folder. Look at the sheet again; if the code was typed as it stands there, the folder is another one.")
		}
	}
	switch {
	case bad > 0:
		fillWith(s.said, kit.NewPanel("A code differs", []string{"Believe nothing of this folder before that is explained."}, "", kit.PanelError))
	case good > 0:
		lines, kind := []string(nil), kit.PanelGood
		if lacks := s.lacks(); lacks != "" {
			lines, kind = []string{"Not bound yet: " + lacks + "."}, kit.PanelWarning
		}
		fillWith(s.said, kit.NewPanel(fmt.Sprintf("%d of %s typed, and the same", good, count(len(s.fields), "code")), lines, "", kind))
	}
}

// state is how the rail shows the codes.
func (s *paper) state() kit.RailState {
	for _, f := range s.given() {
		if s.result(f) != audit.ResultHolds {
			return kit.Failed
		}
	}
	if s.lacks() == "" {
		return kit.Done
	}
	return kit.Exception
}

// lacks says which codes are still needed to bind the folder, or "": that of
// the plan, and a head of each side.
func (s *paper) lacks() string {
	bound := map[string]bool{}
	for _, f := range s.given() {
		bound[f.side()] = true
	}
	var missing []string
	for _, f := range s.fields {
		if side := f.side(); !bound[side] {
			bound[side] = true
			missing = append(missing, map[string]string{"": "the plan's code", "online": "a head of the online machine", "offline": "a head of the offline machine"}[side])
		}
	}
	return strings.Join(missing, ", ")
}

// side is the machine that a head binds; "" for the plan.
func (f *paperField) side() string { return audit.LogSide(f.log + ".log") }
