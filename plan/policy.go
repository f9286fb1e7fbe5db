package plan

import (
	"golang.org/x/crypto/ssh"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/timestamp"
)

// The two modes of a ceremony, as its records spell them.
const (
	Production = audit.Production
	Rehearsal  = audit.Rehearsal
)

// Mode tells production from rehearsal.
func (p *Plan) Mode() string {
	if p.Rehearsal {
		return Rehearsal
	}
	return Production
}

// CodeOf returns the code of a plan's file, which two people type on the day.
func CodeOf(file []byte) string { return digest.Of(file).Code() }

// Roster lists the people and their keys, in the order of the plan. It leaves
// out a key that cannot be read; a plan from Parse has none.
func (p *Plan) Roster() audit.Roster {
	roster := make(audit.Roster, len(p.People))
	for i, person := range p.People {
		roster[i] = audit.Person{ID: person.ID, Name: person.Name, Role: person.Role, Kept: person.Kept}
		for _, line := range []string{person.Key, person.KeyOffline} {
			if key, err := parseKey(line); err == nil {
				roster[i].Keys = append(roster[i].Keys, key)
			}
		}
	}
	return roster
}

// Policy is what the auditor's check of a ceremony folder needs of the plan.
// Everyone whom the plan names signs it.
func (p *Plan) Policy() audit.Policy {
	policy := audit.Policy{
		Ceremony: p.ID, Mode: p.Mode(), Roster: p.Roster(),
		Quorum: map[string]int{}, SealKey: p.sealKey(), Plan: p.SHA256(),
	}
	if root, err := timestamp.ParseRoot(p.Time.Root); err == nil {
		policy.TimeRoot = root
	}
	for _, n := range p.needs() {
		if n.number > 0 {
			policy.Quorum[n.role] = n.number
		}
	}
	for _, person := range p.People {
		policy.PlanSigners = append(policy.PlanSigners, person.ID)
	}
	return policy
}

// sealKey returns the HSM's seal key, or nil where the plan names none.
func (p *Plan) sealKey() ssh.PublicKey {
	key, err := parseKey(p.HSM.SealKey)
	if err != nil {
		return nil
	}
	return key
}

// fill sets what a plan may leave out.
func (p *Plan) fill() {
	if p.Vault.API == "" {
		p.Vault.API = DefaultAPI
	}
	for i := range p.Keys {
		if p.Keys[i].Close != "" {
			continue
		}
		p.Keys[i].Close = Unextractable
		if p.Keys[i].Source == Select {
			p.Keys[i].Close = Keep
		}
	}
}
