package steps

import (
	"fmt"
	"slices"
	"time"

	"github.com/keyceremony/ceremony/plan"
)

// This file has what the printed script says besides the steps.

func minute(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04") }

// quorumWords says how many of each role the plan wants.
func quorumWords(p *plan.Plan) (list []string) {
	quorum := p.Policy().Quorum
	for _, role := range plan.Roles {
		if n := quorum[role]; n > 0 {
			list = append(list, fmt.Sprintf("%d × %s", n, role))
		}
	}
	return list
}

const headAtPause = "Head of the log, at a pause"

func headAfter(s *Step) string { return "Head of the log, after “" + s.Title + "”" }

// sheetCodes lists the codes that somebody writes down in one sitting and
// types, or compares, in another.
func sheetCodes(p *plan.Plan) []string {
	list := []string{"Code of the KEK, got from the vault by your own path"}
	for _, stage := range []Stage{Prepare, Wrap, Import} {
		for _, s := range Steps(stage) {
			if s.Seal != nil {
				list = append(list, headAfter(s))
			}
		}
	}
	for _, k := range p.Keys {
		if hasPublic(k) {
			list = append(list, "Code of the target key "+k.Name+", from the HSM")
		}
	}
	return slices.Concat(list, []string{headAtPause, headAtPause})
}
