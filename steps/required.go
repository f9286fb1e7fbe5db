package steps

import (
	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/plan"
)

// List numbers the list of steps that this program leads. Whoever adds a step
// that a record must have counts it up once for each release, and writes the
// number into Since; what older lists demanded is never changed. The second is
// the first that logs name, and has kek.trust.
const List = 2

// Required lists the steps that the record of a complete ceremony under this
// plan has, for each list of steps from the first to List: an older record is
// held against the list that led it. Steps after a side's seal are no part of
// the proof, but for what the online machine goes on to record.
func Required(p *plan.Plan) [][]audit.Must {
	var out [][]audit.Must
	for list := 1; list <= List; list++ {
		out = append(out, requiredBy(list, p))
	}
	return out
}

func requiredBy(list int, p *plan.Plan) []audit.Must {
	c := &Ceremony{plan: p, state: newState()}
	var out []audit.Must
	for _, stage := range []Stage{Prepare, Wrap, Import} {
		for _, s := range Steps(stage) {
			if s.Since > list || s.When != nil && !s.When(p) {
				continue
			}
			out = append(out, c.musts(stage, s)...)
			if s.Seal == sealOffline {
				break
			}
		}
	}
	return out
}

func (c *Ceremony) musts(stage Stage, s *Step) []audit.Must {
	one := audit.Must{Stage: string(stage), Step: s.ID, Approves: s.Approves}
	for _, f := range s.Ask {
		if s.Sign != nil && f.Each != "" && f.Least > 0 {
			one.Signs, one.Signer, one.Least = s.Sign.Action, f.Each, f.Least
		}
	}
	if !s.PerKey {
		return []audit.Must{one}
	}
	var out []audit.Must
	for _, k := range c.keysOf(s) {
		one.Key, one.Unless = k.Name, string(factCarriedImport.of(k.Name).Key)
		switch s {
		case stepGenerate: // a further attempt selects what an earlier one made
			one.Or = stepSelect.ID
		case stepReadback:
			one.Unless = string(factCarriedProof.of(k.Name).Key)
		}
		out = append(out, one)
	}
	return out
}
