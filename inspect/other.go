package inspect

import (
	"strings"

	"github.com/keyceremony/ceremony/byok"
)

// other is a file that has no form of ours: a blob that was never packed, a
// script, an error that somebody saved, or anything.
func (s *subject) other() {
	if words := strings.Fields(s.text); len(words) > 1 && strings.ContainsAny(s.text, " ") {
		s.is("a text")
		for _, p := range problems {
			if p.seen(s) != absent {
				s.Do = p.Do
				return
			}
		}
		s.unknown()
		return
	}
	s.lint = byok.Lint(s.file, byok.Expect{})
	f := s.finding(byok.CheckJSON)
	s.is("no key transfer blob: " + f.Found)
	s.check(f.Check, false, f.Found, f.Wanted, f.Meaning)
	s.Azure = "If it is sent as a blob: it refuses the import with 400; the text of its error is not published."
}

func (s *subject) unknown() {
	if s.What == "" {
		s.is("a file that is not known")
	}
	s.check("file.known", false, "not known", "a file of a key transfer or of a ceremony",
		"Known are: key transfer blob, public key, attestation, a key or an error as Azure shows them, bundle, manifest, log, signature, statement, plan, and scripts and texts that show a known problem.")
}
