package plan

import "github.com/keyceremony/ceremony/audit"

// The two modes of a ceremony, as audit spells them.
const (
	Production = "production"
	Rehearsal  = "rehearsal"
)

// Mode tells production from rehearsal.
func (p *Plan) Mode() string {
	if p.Rehearsal {
		return Rehearsal
	}
	return Production
}

// Roster lists the people and their keys, in the order of the plan.
func (p *Plan) Roster() audit.Roster { return nil }

// Policy is what the auditor's check of a ceremony folder needs of the plan.
func (p *Plan) Policy() audit.Policy { return audit.Policy{} }

// Encode writes the plan as a commented TOML file.
func (p *Plan) Encode() []byte { return nil }

// Parse reads a plan; what it refuses comes back as Errors.
func Parse(b []byte) (*Plan, error) { return nil, nil }

// Template is a new plan to be filled in.
func Template() []byte { return nil }
