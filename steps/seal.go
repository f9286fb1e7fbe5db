package steps

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/durable"
)

// This file freezes a side's log and collects the signatures over its
// manifest. After the freeze the state is which signatures are in the folder.

// sealing finds the seal that is under way: its step has ended, or the
// ceremony was stopped, and the quorum has not signed yet.
func (c *Ceremony) sealing() (entry, bool) {
	for _, e := range c.list {
		if e.step.Seal == nil || c.over(e) {
			continue
		}
		_, ended := c.state.done[c.at(e, "")]
		return e, ended || c.state.stopped
	}
	return entry{}, false
}

// freeze closes the log and writes the manifest; it may be called again.
func (c *Ceremony) freeze(e entry) error {
	c.forgetCodes()
	if !c.state.frozen {
		if err := c.record(e.stage, audit.EvClose, e.step.ID, "", c.closing(e)); err != nil {
			return err
		}
	}
	if c.have(e.step.Seal.Manifest) != nil {
		return nil
	}
	m, err := c.manifest(e.step.Seal.Manifest)
	if err != nil {
		return err
	}
	return c.write(e.step.Seal.Manifest, m.Encode())
}

// closing is a log's last word.
func (c *Ceremony) closing(e entry) audit.Close {
	missing, excused := slices.Clone(c.state.missing), c.state.excused
	if r := (&Run{c: c}); factOffline.Has(r) {
		missing, excused = append(missing, factOffline.Get(r).Missing...), excused+factOffline.Get(r).Exceptions
	}
	slices.Sort(missing)
	out := audit.Close{Exceptions: excused, NotChecked: slices.Compact(missing), Disagree: c.state.disagree}
	switch {
	case c.state.stopped:
		out.Outcome = audit.OutcomeIncomplete
	case e.step.Seal.Name != "final":
	case excused > 0:
		out.Outcome = audit.OutcomeExceptions
	default:
		out.Outcome = audit.OutcomeComplete
	}
	return out
}

// manifest lists every file of the folder but key transfer blobs, which
// auditors may not get and which the log has by digest, and what is drawn from
// the record, which anybody can draw again.
func (c *Ceremony) manifest(self string) (audit.Manifest, error) {
	entries, err := c.dir.Names()
	if err != nil {
		return nil, err
	}
	var m audit.Manifest
	for _, e := range entries {
		if !listed(self, e.Name) || e.Kind != durable.Regular {
			continue
		}
		b, err := c.dir.Read(e.Name, audit.MaxFile)
		if err != nil {
			return nil, err
		}
		m = append(m, audit.File{Name: e.Name, SHA256: digest.Of(b), Bytes: int64(len(b))})
	}
	return m, nil
}

// listed reports whether a manifest lists a file: not itself, not the
// signatures over it, no blob, and none of the folder's own hidden files.
func listed(manifest, name string) bool {
	return name != manifest && !audit.Derived(name) && !strings.HasPrefix(name, manifest+".") && !strings.HasSuffix(name, ".byok") && !strings.HasPrefix(name, ".")
}

// sealed reports whether the quorum has signed a manifest.
func (c *Ceremony) sealed(e entry) bool {
	if c.past(e) {
		return true
	}
	if !c.state.frozen {
		return false
	}
	m := c.have(e.step.Seal.Manifest)
	return m != nil && c.enoughRoles(e.step.ID, c.sealQuorum(), c.sealers(e, m)) == nil
}

// past reports whether a later log has begun, so that this seal was complete.
func (c *Ceremony) past(e entry) bool {
	return e.step.Seal.Name != "final" && strings.HasSuffix(c.state.log, ".2.log")
}

// sealQuorum is what a seal needs: the plan's quorum, or after a stop those
// who are present.
func (c *Ceremony) sealQuorum() map[Role]int {
	if c.state.stopped {
		return map[Role]int{operator: 1, internalWitness: 1}
	}
	return c.plan.Policy().Quorum
}

// sealers lists whose signature over the manifest verifies.
func (c *Ceremony) sealers(e entry, manifest []byte) []string {
	var out []string
	ns := audit.SealNamespace(e.step.Seal.Name, c.plan.Mode())
	for _, p := range c.plan.People {
		sig := c.have(audit.SignedName(e.step.Seal.Manifest, p.ID))
		if sig != nil && audit.VerifySig(sig, c.keys(p.ID), ns, manifest) == nil {
			out = append(out, p.ID)
		}
	}
	return out
}

func (c *Ceremony) sealTexts(now Now) []Signing {
	var out []Signing
	m := c.have(now.Step.Seal.Manifest)
	for _, who := range now.Sign {
		p := c.Person(who)
		out = append(out, Signing{
			Person: who, Name: p.Name, Role: p.Role, File: now.Step.Seal.Manifest,
			Namespace: audit.SealNamespace(now.Step.Seal.Name, c.plan.Mode()), Text: m, Keys: c.keys(who),
		})
	}
	return out
}

// seal takes signatures over the manifest; it is over when the quorum signed.
func (c *Ceremony) seal(ctx context.Context, now Now, sigs map[string][]byte) error {
	texts := map[string]Signing{}
	for _, s := range c.sealTexts(now) {
		texts[s.Person] = s
	}
	for _, who := range slices.Sorted(maps.Keys(sigs)) {
		s, asked := texts[who]
		if !asked {
			return &AnswerError{now.Step.ID, who, c.Person(who).Name, ErrNotAsked}
		}
		if err := audit.VerifySig(sigs[who], c.keys(who), s.Namespace, s.Text); err != nil {
			return &AnswerError{now.Step.ID, who, s.Name, fmt.Errorf("%w: %w", ErrSignature, err)}
		}
		if in(who, c.sealers(entry{now.Stage, now.Step}, s.Text)) {
			continue // signed before: a key may make another signature each time
		}
		if err := c.write(audit.SignedName(now.Step.Seal.Manifest, who), sigs[who]); err != nil {
			return err
		}
	}
	e := entry{now.Stage, now.Step}
	if err := c.sealKey(ctx, e); err != nil {
		return err
	}
	if err := c.enoughRoles(now.Step.ID, c.sealQuorum(), c.sealers(e, c.have(now.Step.Seal.Manifest))); err != nil {
		return err
	}
	if err := c.stampSeal(ctx, e); err != nil {
		return err
	}
	return c.follow(e)
}

// follow begins the log that comes after a seal, if one does.
func (c *Ceremony) follow(e entry) error {
	if e.step.Seal.Name == "final" || c.state.stopped || !c.state.frozen || !c.sealed(e) {
		return nil
	}
	head := c.log.Head()
	if err := c.log.Close(); err != nil {
		return err
	}
	return c.openLog(c.side+".2.log", c.state.attempt, &head)
}

// Show for a seal: the head of the log that was frozen, for the sheets.
func sealLines(r *Run) []Line {
	h := r.c.log.Head()
	return []Line{
		{Label: "Log", Value: h.Log},
		{Label: "Head of the log, as a code for the sheets", Value: h.SHA256.Code(), Sheet: r.Step.Seal.Name + ".head"},
		{Label: "Head of the log, in words", Value: strings.Join(h.SHA256.Words(), " ")},
	}
}
