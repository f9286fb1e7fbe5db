package report

import (
	"io"
	"slices"
	"strings"

	"github.com/keyceremony/ceremony/audit"
)

// WriteCover draws the cover sheet of a folder: one page with the verdict, the
// code of the manifest, boxes for signatures in ink, and where the folder is
// put away. It is printed after the last seal. V is the verdict with what the
// auditor brought from outside: of each code the sheet says whether it was
// compared. It is no part of the folder, and nothing compares it.
func WriteCover(w io.Writer, dir string, v audit.Verdict) error {
	t, err := Read(dir, v)
	if err != nil {
		return err
	}
	return page.ExecuteTemplate(w, "cover", cover{t})
}

// A cover is a transcript as the cover sheet has it.
type cover struct{ *Transcript }

// A compared code is one that stands on paper, and whether the verdict was made
// with it.
type compared struct {
	Code
	Result string // of the rule that compares it
}

// Compared are the codes with what came of each.
func (c cover) Compared() []compared {
	var out []compared
	for _, one := range c.Codes() {
		id := "anchor.plan"
		if log, is := strings.CutSuffix(one.Of, ".log"); is {
			id = "anchor.head." + log
		}
		out = append(out, compared{one, c.Rule(id).Result})
	}
	return out
}

// Hands are those who sign in ink: everybody but the HSM.
func (c cover) Hands() []Signer {
	return slices.DeleteFunc(c.Signers(), func(s Signer) bool { return s.ID == audit.SealKeyID })
}
