package report

import (
	"slices"
	"strings"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/plan"
)

// This file maps what standards want of the record of a key ceremony to what
// this record has. They are rules for certification authorities and for PIN
// keys: a yardstick for a key transfer, no legal duty. The clause counts, not
// our words for it.

// A clause is one thing that a record must have, and where this one has it.
type clause struct {
	Wants   string
	Sources string   // "" for what only a key transfer needs
	Steps   []string // whose records have it, once they have ended
	Events  []string // events that have it, where they happened
	Rules   []string // of the verdict, that must hold for it
	Origin  bool     // the record that looked at the KEK's origin has it
	Beside  string   // what is not in the record: on paper, or nowhere
	Gap     func(*Transcript) string
}

var clauses = []clause{
	{Wants: "approval of the ceremony beforehand", Sources: "WebTrust", Steps: []string{"ceremony.open"}, Rules: []string{"plan.signatures"}},
	{Wants: "the script, and which version was followed", Sources: "BR 6.1.1.1; ETSI 6.5.1-11, -12; WebTrust", Steps: []string{"ceremony.open"}, Rules: []string{"plan.digest", "steps.done"}},
	{Wants: "roles, inside and outside, by phase, and responsibilities", Sources: "ETSI 6.5.1-12, -13A; WebTrust", Steps: []string{"people.signin"}, Beside: "on paper: responsibilities after the ceremony"},
	{Wants: "identity and trusted role of every person", Sources: "BR 5.4.1; ETSI 6.5.1-03 to -05", Steps: []string{"people.signin"}, Events: []string{audit.EvChange}, Beside: "on paper: identity documents, attendance"},
	{Wants: "date, time and description of each event", Sources: "BR 5.4.1", Steps: []string{"clock.check"}, Gap: missingTime},
	{Wants: "dual control and split knowledge: who did which half", Sources: "BR 5.2.2, 6.1.1.1; ETSI 6.5.1-04; PCI DSS 3.7.6", Steps: []string{"kek.code", "kek.confirm", "target.wrap", "target.import"}, Rules: []string{"signin.quorum", "statement.signatures"}, Gap: keptAsFiles},
	{Wants: "place, physical security, dual occupancy, who entered and left", Sources: "BR 6.1.1.1; ETSI 6.5.1-03; WebTrust", Events: []string{audit.EvChange}, Beside: "on paper: place and attendance"},
	{Wants: "the device: id, model, firmware, certification", Sources: "ETSI 6.5.1-13A; BR 6.2.7", Steps: []string{"hsm.connect"}, Gap: func(*Transcript) string { return "the HSM's certificate is not in the record" }},
	{Wants: "settings of the device, and how keys are generated", Sources: "ETSI 6.5.1-13A", Steps: []string{"hsm.probe", "target.generate"}, Gap: func(*Transcript) string {
		return "operation mode and random generator of the HSM are not in the record"
	}},
	{Wants: "inventory of keys: id, algorithm, size, fingerprint", Sources: "ETSI 6.5.1-13A", Steps: []string{"kek.readback", "target.generate", "target.select"}},
	{Wants: "hardware and activation material that was used", Sources: "WebTrust", Steps: []string{"machine.check", "hsm.connect", "hsm.login"}, Beside: "on paper: cards and other activation material"},
	{Wants: "numbered tamper-evident bags, checked on receipt", Sources: "PCI PIN 9-4", Steps: []string{"kek.export", "kek.receive", "blob.export", "blob.receive"}, Beside: "on paper: the bags themselves"},
	{Wants: "each step with time and initials, expected against seen", Sources: "WebTrust", Steps: []string{"final.seal"}, Rules: []string{"steps.done", "checks.stop"}, Beside: "on paper: initials"},
	{Wants: "deviations: what, when, what was decided, who agreed", Sources: "WebTrust", Events: []string{audit.EvException, audit.EvStop}, Rules: []string{"exceptions.approved"}},
	{Wants: "safe storage afterwards", Sources: "WebTrust", Steps: []string{"target.close", "hsm.clean", "kek.retire"}, Beside: "on paper: where HSM, media and sheets went"},
	{Wants: "sign-off by participants and witnesses, also of those who do not agree", Sources: "WebTrust; ETSI 6.5.1-14", Steps: []string{"final.seal"}, Rules: []string{"signoff", "seal.final"}},
	{Wants: "an independent witness or a recording; the auditor's report", Sources: "BR 6.1.1.1; WebTrust", Steps: []string{"people.signin"}, Gap: noOutsider, Beside: "outside: the auditor's report"},
	{Wants: "the evidence that was collected, and its integrity", Sources: "ETSI 6.5.1-13, -13A", Steps: []string{"prepare.seal", "wrap.seal", "final.seal"}, Rules: []string{"manifest.files", "log.links"}},
	{Wants: "keys that were made beforehand are marked so", Sources: "ETSI 6.5.1-13B", Steps: []string{"target.generate", "target.select"}},
	{Wants: "retention: two years after the key's end", Sources: "BR 5.4.3", Beside: "outside: keep this folder"},
	{Wants: "the KEK is the vault's own", Origin: true, Steps: []string{"kek.readback", "kek.code", "kek.confirm"}, Gap: func(t *Transcript) string {
		if t.KEK().Origin {
			return ""
		}
		return "not proved that the vault made this KEK"
	}},
	{Wants: "vault, kid and fingerprint of the KEK", Steps: []string{"vault.signin", "kek.readback"}},
	{Wants: "the digest of each key transfer blob, and the KEK that it is under", Steps: []string{"target.wrap"}, Rules: []string{"files.recorded"}},
	{Wants: "what crossed the gap is what was sealed", Steps: []string{"kek.receive", "blob.receive"}, Rules: []string{"seal.prepare", "seal.offline"}},
	{Wants: "attributes of the target keys before and after", Steps: []string{"target.generate", "target.select", "target.close"}},
	{Wants: "the key in the vault is the key in the HSM", Steps: []string{"target.import", "target.readback", "target.code"}},
	{Wants: "the KEK is of no use afterwards", Steps: []string{"kek.retire"}},
}

func keptAsFiles(t *Transcript) string {
	if slices.ContainsFunc(t.Plan.People, func(p plan.Person) bool { return p.Kept == plan.File }) {
		return "signing keys are kept as files: dual control is procedural"
	}
	return ""
}

func noOutsider(t *Transcript) string {
	if t.Plan.Quorum.ExternalWitnesses > 0 {
		return ""
	}
	return "no external witness was required; a recording is not part of the record"
}

// A Requirement is a clause, and where the record has it.
type Requirement struct {
	clause
	Refs  []Ref
	More  int
	Rules []audit.Rule
	Gaps  []string
}

// Standards are the clauses of others; Transfer those that only a key transfer
// needs.
func (t *Transcript) Standards() []Requirement {
	return t.mapped(func(c clause) bool { return c.Sources != "" })
}

// Transfer has what no standard asks and a key transfer needs.
func (t *Transcript) Transfer() []Requirement {
	return t.mapped(func(c clause) bool { return c.Sources == "" })
}

func (t *Transcript) mapped(want func(clause) bool) []Requirement {
	var out []Requirement
	for _, c := range clauses {
		if want(c) {
			out = append(out, t.mapClause(c))
		}
	}
	return out
}

func (t *Transcript) mapClause(c clause) Requirement {
	m := Requirement{clause: c}
	add := func(r *refs) {
		if r != nil {
			m.Refs, m.More = append(m.Refs, r.First...), m.More+r.More()
		}
	}
	var without []string
	for _, id := range c.Steps {
		if add(t.steps[id]); t.steps[id] == nil && t.due(id) {
			without = append(without, id)
		}
	}
	for _, ev := range c.Events {
		add(t.events[ev])
	}
	if c.Origin && t.originAt != nil && !slices.Contains(m.Refs, t.originAt.First[0]) {
		add(t.originAt)
	}
	if len(without) > 0 {
		m.Gaps = append(m.Gaps, "no record of "+strings.Join(without, ", "))
	}
	for _, id := range c.Rules {
		r := t.Rule(id)
		if m.Rules = append(m.Rules, r); r.Result != audit.ResultHolds {
			m.Gaps = append(m.Gaps, "the rule "+id+": "+r.Result)
		}
	}
	if c.Gap != nil {
		if gap := c.Gap(t); gap != "" {
			m.Gaps = append(m.Gaps, gap)
		}
	}
	return m
}

// due says whether a complete record under this plan has the step. What comes
// after the offline seal stays at the offline machine.
func (t *Transcript) due(id string) bool {
	has := func(source string) bool {
		return slices.ContainsFunc(t.Plan.Keys, func(k plan.Key) bool { return k.Source == source })
	}
	switch id {
	case "target.generate":
		return has(plan.Generate)
	case "target.select":
		return has(plan.Select)
	case "blob.export":
		return false
	}
	return true
}

// missingTime is a gap where no authority saw each sitting's seal.
func missingTime(t *Transcript) string {
	if t.bounded() {
		return ""
	}
	return "times are claims: no time-stamp tokens bound them all"
}
