package steps

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"github.com/keyceremony/ceremony/plan"
)

//go:embed script.html sheets.html
var scriptHTML embed.FS

var scriptTemplate = template.Must(template.New("").Funcs(template.FuncMap{
	"contains": strings.Contains,
	"words":    func(s string) []string { return strings.Split(s, " ") },
}).ParseFS(scriptHTML, "*.html"))

// A script is what the templates print.
type script struct {
	Title       string
	Plan        *plan.Plan
	Code        string
	Groups      []string // of the code
	Words       []string
	SHA256      string
	From, Until string
	Quorum      []string
	Notes       []string
	Stages      []scriptStage
	AnyTime     []*Step
	Codes       []string // that people write down
	Deciders    []Role   // on exceptions
	Blank       []int    // lines for people who come later
	Forms       []scriptForm
}

// scriptStage is one stage of the printed script.
type scriptStage struct {
	Number      int
	Name, Where string
	Steps       []scriptStep
	Heads       []string // codes that all sign under
	Media       []string // what comes or goes on a medium
}

type scriptStep struct {
	Number int
	Head   string // the act, above its first step
	*Step
	Fields []Field
	Keys   []string
	Lines  []Line
	Hands  []plan.Person // who act, watch or sign: each has a box
}

type scriptForm struct{ First bool }

// Script is the printable list of acts and steps of a plan: what the people
// hold in their hands. It is a pure function of the plan.
func Script(p *plan.Plan) []byte { return scriptOf(p, "Ceremony script").print("script.html") }

// Sheets are the papers of the room by themselves, to print more of them than
// the script has: who was there and signed under which code, with bags and
// media, for each stage; the sheet of own codes; exceptions.
func Sheets(p *plan.Plan) []byte { return scriptOf(p, "Sheets for the room").print("sheets.html") }

func scriptOf(p *plan.Plan, title string) script {
	c := &Ceremony{plan: p, state: newState()}
	code := p.SHA256().Code()
	s := script{
		Title: title,
		Plan:  p, Code: code, Groups: strings.Fields(code), Words: p.SHA256().Words(), SHA256: p.SHA256().Groups(),
		From: minute(p.Time.NotBefore), Until: minute(p.Time.NotAfter), Quorum: quorumWords(p), Notes: p.Notes(),
		AnyTime:  []*Step{stepException, stepPause, stepReturn, stepPeople, stepStop},
		Codes:    sheetCodes(p),
		Deciders: slices.Concat(stepException.Acts, stepException.Approves),
		Blank:    make([]int, 2), Forms: []scriptForm{{First: true}, {}, {First: true}, {}},
	}
	for i, stage := range []Stage{Prepare, Wrap, Import} {
		s.Stages = append(s.Stages, c.scriptStage(i+1, stage))
	}
	return s
}

func (s script) print(template string) []byte {
	var b bytes.Buffer
	if err := scriptTemplate.ExecuteTemplate(&b, template, s); err != nil {
		panic(fmt.Sprintf("steps: internal error: %s: %v", template, err))
	}
	return b.Bytes()
}

func (c *Ceremony) scriptStage(number int, stage Stage) scriptStage {
	where := map[Stage]string{
		Prepare: "At the online machine", Wrap: "At the offline machine, beside the HSM", Import: "At the online machine",
	}
	out := scriptStage{Number: number, Name: string(stage), Where: where[stage]}
	for _, s := range Steps(stage) {
		if s.When != nil && !s.When(c.plan) || s.PerKey && len(c.keysOf(s)) == 0 {
			continue
		}
		one := c.scriptStep(len(out.Steps)+1, s)
		if one.Number == 1 || out.Steps[one.Number-2].Act != s.Act {
			one.Head = s.Act
		}
		out.Steps = append(out.Steps, one)
		if s.Seal != nil {
			out.Heads = append(out.Heads, headAfter(s))
		}
		if s.Carry != nil && s.Carry.Planned(c.plan) == plan.USB {
			out.Media = append(out.Media, s.Title)
		}
	}
	return out
}

func (c *Ceremony) scriptStep(number int, s *Step) scriptStep {
	one := scriptStep{Number: number, Step: s, Hands: c.hands(s)}
	for _, k := range c.keysOf(s) {
		one.Keys = append(one.Keys, k.Name)
	}
	if s.Print != nil {
		one.Lines = s.Print(c.plan)
	}
	one.Fields = slices.DeleteFunc(c.fields(s, s.Ask), func(f Field) bool {
		return f.Way != "" && f.Way != s.Carry.Planned(c.plan) || f.Name == insteadField
	})
	return one
}

// hands lists the people who may have a part in a step, in the plan's order.
func (c *Ceremony) hands(s *Step) []plan.Person {
	roles := slices.Concat(s.Acts, s.Approves, s.Watches)
	all := s.Seal != nil || s.Sign != nil && s.Sign.Roles == nil
	if s.Sign != nil {
		roles = append(roles, s.Sign.Roles...)
	}
	for _, f := range s.Ask {
		roles = append(roles, f.Each)
		all = all || f.Each == everyone
	}
	return slices.DeleteFunc(slices.Clone(c.plan.People), func(p plan.Person) bool {
		return !all && !slices.Contains(roles, p.Role)
	})
}
