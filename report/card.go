package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"text/template"

	_ "embed"

	"github.com/keyceremony/ceremony/durable"
	"github.com/keyceremony/ceremony/plan"
)

//go:embed card.txt
var cardText string

var card = template.Must(template.New("card").Parse(cardText))

// WriteCard writes the auditor's card of a folder: how to check it with stock
// tools alone, as a script of sh. It is ASCII, a pure function of the plan, and
// stands on the last pages too.
func WriteCard(w io.Writer, dir string) error {
	return withPlan(dir, func(_ *durable.Dir, p *plan.Plan) error {
		_, err := w.Write(cardOf(p))
		return err
	})
}

func cardOf(p *plan.Plan) []byte {
	c := struct {
		ID, Mode, R  string // R: what every namespace of a rehearsal begins with
		People, Keys string // ids and names, for loops of a shell
		Signing      string // names of the keys that the vault proved by a signature
		HSM, Time    bool
	}{ID: p.ID, Mode: p.Mode(), HSM: p.Policy().SealKey != nil, Time: p.Time.Root != ""}
	if p.Rehearsal {
		c.R = "rehearsal-"
	}
	var people, keys, signing []string
	for _, who := range p.People {
		people = append(people, who.ID)
	}
	for _, k := range p.Keys {
		if k.Type != "AES" {
			keys = append(keys, k.Name)
		}
		for _, op := range k.Ops {
			if op == "sign" {
				signing = append(signing, k.Name)
			}
		}
	}
	c.People, c.Keys, c.Signing = strings.Join(people, " "), strings.Join(keys, " "), strings.Join(signing, " ")
	var b bytes.Buffer
	if err := card.Execute(&b, c); err != nil {
		panic(fmt.Sprintf("report: internal error: card: %v", err))
	}
	return b.Bytes()
}

// A Part is a paragraph of the card, and the commands below it.
type Part struct{ Words, Commands string }

// CardParts is the card for the last pages: what is a comment in the script is
// text here.
func (t *Transcript) CardParts() []Part {
	var out []Part
	for block := range strings.SplitSeq(string(cardOf(t.Plan)), "\n\n") {
		switch words, isWords := strings.CutPrefix(block, "# "); {
		case isWords:
			out = append(out, Part{Words: strings.ReplaceAll(words, "\n# ", " ")})
		case len(out) > 0:
			out[len(out)-1].Commands = strings.Trim(block, "\n")
		}
	}
	return out[1:] // the first is the title
}
