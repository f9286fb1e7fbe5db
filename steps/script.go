package steps

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"

	"github.com/keyceremony/ceremony/plan"
)

//go:embed script.html
var scriptHTML string

var scriptTemplate = template.Must(template.New("script").Parse(scriptHTML))

// scriptStage is one stage of the printed script.
type scriptStage struct {
	Name, Where string
	Steps       []scriptStep
}

type scriptStep struct {
	Number int
	*Step
	Fields []Field
	Keys   []string
	Lines  []Line
}

// Script is the printable list of acts and steps of a plan: what the people
// hold in their hands. It is a pure function of the plan.
func Script(p *plan.Plan) []byte {
	c := &Ceremony{plan: p, state: newState()}
	var stages []scriptStage
	for _, stage := range []Stage{Prepare, Wrap, Import} {
		stages = append(stages, c.scriptStage(stage))
	}
	var b bytes.Buffer
	err := scriptTemplate.Execute(&b, map[string]any{
		"Plan": p, "Code": p.SHA256().Code(), "Words": p.SHA256().Words(), "SHA256": p.SHA256().Groups(),
		"Stages": stages, "Mode": p.Mode(), "AnyTime": []*Step{stepException, stepPause, stepPeople, stepStop},
	})
	if err != nil {
		panic(fmt.Sprintf("steps: internal error: script: %v", err))
	}
	return b.Bytes()
}

func (c *Ceremony) scriptStage(stage Stage) scriptStage {
	where := map[Stage]string{Prepare: "online machine", Wrap: "offline machine, beside the HSM", Import: "online machine"}
	out := scriptStage{Name: string(stage), Where: where[stage]}
	for _, s := range Steps(stage) {
		if s.When != nil && !s.When(c.plan) {
			continue
		}
		one := scriptStep{Number: len(out.Steps) + 1, Step: s}
		for _, k := range c.keysOf(s) {
			one.Keys = append(one.Keys, k.Name)
		}
		if s.PerKey && len(one.Keys) == 0 {
			continue
		}
		if s.Print != nil {
			one.Lines = s.Print(c.plan)
		}
		for _, f := range s.Ask {
			one.Fields = append(one.Fields, f.expand(c)...)
		}
		out.Steps = append(out.Steps, one)
	}
	return out
}
