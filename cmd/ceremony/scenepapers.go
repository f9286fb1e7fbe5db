//go:build !nogui && cgo

package main

import (
	"cmp"
	"os"
	"slices"
	"strings"

	"github.com/keyceremony/ceremony/plan"
	"github.com/keyceremony/ceremony/steps"
	"github.com/keyceremony/ceremony/ui"
	"github.com/keyceremony/ceremony/ui/kit"
)

// This file lays the papers of a rehearsal on the table of the window. What
// people would type by hand cannot be copied; names of files and accounts can.

// papers are what lies there now, in the order in which it is needed.
func (s *scene) papers() []ui.Paper {
	out := []ui.Paper{{Title: "The plan", Note: "everybody's own copy", Facts: s.facts(fact("Its code", "plan.code"))}}
	for _, a := range s.people {
		out = append(out, s.personPaper(a))
	}
	if s.vault != nil {
		out = append(out, ui.Paper{Title: "The vault", Note: "the account of this ceremony", Facts: s.vaultFacts()})
	}
	if s.flags.machine != steps.Prepare.Side() { // else it is in another room
		out = append(out, ui.Paper{
			Title: "The HSM", Note: "the label on the device, and the officer's envelope",
			Facts: s.facts(fact("Serial number", "hsm.serial"), fact("PIN", "hsm.pin"), fact("PIN of its security officer", soPINSheet)),
		})
	}
	out = append(out,
		medium("USB stick for the KEK", "from the online machine to the HSM room"+inReserve(s.plan.Transfer.KEK), s.path("usb", "kek"), "R-0001"),
		medium("USB stick for the blobs", "from the HSM room to the online machine"+inReserve(s.plan.Transfer.Blob), s.path("usb", "blob"), "R-0002"),
	)
	if written := s.written(); len(written) > 0 {
		out = append(out, ui.Paper{Title: "The witness's sheet", Note: "what was written down so far", Facts: written})
	}
	return out
}

func (s *scene) vaultFacts() []kit.Fact {
	facts := []kit.Fact{
		{Label: "Sign-in method", Value: "secret"},
		{Label: "Client id", Value: s.vault.ClientID(), Copy: true},
		{Label: "Client secret, in this file", Value: s.vault.SecretFile(), Copy: true},
	}
	if s.plan.Evidence.AuditLog != "none" {
		facts = append(facts, kit.Fact{Label: "Its audit log, in this file", Value: s.vault.AuditLogFile(), Copy: true})
	}
	return facts
}

func (s *scene) personPaper(a actor) ui.Paper {
	p := ui.Paper{Title: a.name, Note: a.role, Facts: s.facts(fact("Passphrase", a.id+".passphrase"))}
	if a.role != plan.Operator {
		return p
	}
	if s.vault == nil {
		p.Note += " · brings the code of the KEK from the other machine's table"
		return p
	}
	p.Note += " · has an own machine and account"
	for _, f := range s.fetched(a) {
		p.Fetch = append(p.Fetch, ui.Errand{Label: "Get the " + f.label, Sheet: f.sheet, Brought: s.facts(f)})
	}
	return p
}

// fetched are the sheets for which an operator goes to an own machine: the
// KEK's code, and the second operator those of the target keys.
func (s *scene) fetched(a actor) []sheetFact {
	out := []sheetFact{fact("code of the KEK", "kek."+a.id)}
	for _, k := range s.plan.Keys {
		if a.id == s.lastOperator() && k.Type != "AES" { // it has a public half
			out = append(out, fact("code of "+k.Name, "vault."+k.Name))
		}
	}
	return out
}

func (s *scene) lastOperator() (id string) {
	for _, a := range s.people {
		if a.role == plan.Operator {
			id = a.id
		}
	}
	return id
}

// A sheetFact is what a sheet says, with a label.
type sheetFact struct{ label, sheet string }

func fact(label, sheet string) sheetFact { return sheetFact{label, sheet} }

// facts reads sheets; one that is not there yet is no fact.
func (s *scene) facts(list ...sheetFact) []kit.Fact {
	var out []kit.Fact
	for _, f := range list {
		if b, err := os.ReadFile(s.path("table", f.sheet)); err == nil {
			out = append(out, kit.Fact{Label: capital(f.label), Value: strings.TrimSpace(string(b)), Mono: true})
		}
	}
	return out
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// inReserve says when a medium is wanted where codes are planned.
func inReserve(way string) string {
	if way == plan.QR {
		return ", only if the codes do not get through"
	}
	return ""
}

func medium(title, note, path, bag string) ui.Paper {
	return ui.Paper{Title: title, Note: note, Facts: []kit.Fact{
		{Label: "Here it is a folder", Value: path, Copy: true},
		{Label: "Number of its bag", Value: bag, Mono: true},
	}}
}

// written are the sheets that people wrote while the ceremony went on.
func (s *scene) written() []kit.Fact {
	entries, err := os.ReadDir(s.path("table"))
	if err != nil {
		return nil
	}
	var list []sheetFact
	for _, e := range entries {
		what, of, _ := strings.Cut(e.Name(), ".")
		switch {
		case of == "head":
			list = append(list, fact(cmp.Or(headNames[what], "head of the log "+what), e.Name()))
		case what == "hsm" && of != "pin" && of != "serial":
			list = append(list, fact("code of "+of+", in the HSM room", e.Name()))
		}
	}
	slices.SortFunc(list, func(a, b sheetFact) int { return strings.Compare(a.sheet, b.sheet) })
	return s.facts(list...)
}

// headNames are for people; the names of sheets are those of the logs.
var headNames = map[string]string{
	"prepare": "head of the preparation's log", "offline": "head of the log of the HSM room",
	"final": "head of the last log", "pause": "head of the log at the pause",
}
