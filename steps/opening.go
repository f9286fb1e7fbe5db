package steps

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/digest"
)

// This file has the steps with which every stage opens.

var stepOpen = &Step{
	ID: "ceremony.open", Title: "Open the ceremony", Act: "Open",
	Say: "Two operators each type the plan's code from the copy that they got before the day. " +
		"The program compares it with the plan that it reads, checks the signatures on the plan, and its own digest. " +
		"So the ceremony that runs is the one that was reviewed.",
	Acts: []Role{operator}, Watches: []Role{internalWitness},
	Ask: []Field{{Name: "code", Label: "The plan's code, from your own copy", Kind: Code, Blind: true, Each: operator, Least: 2}},
	Checks: []Check{
		{ID: "plan.code", Class: Stop, See: seePlanCode},
		{ID: "plan.signatures", Class: Stop, See: seePlanSignatures},
		{ID: "plan.window", Class: Exception, See: seePlanWindow},
		{ID: "program.digest", Class: Stop, Rehearsal: Note, See: seeProgram},
	},
	Show: func(r *Run) []Line {
		p := r.c.world.Program
		return []Line{
			{Label: "Ceremony", Value: r.c.plan.Name},
			{Label: "Kind", Value: r.c.plan.Mode()},
			{Label: "Program", Value: p.Name + " " + p.Version + ", commit " + p.Commit},
			{Label: "SHA-256 of the program", Value: p.SHA256.Groups()},
		}
	},
}

func seePlanCode(_ context.Context, r *Run) Finding {
	return codeMatches(r, "code", r.c.plan.SHA256(), "this plan")
}

func seePlanSignatures(_ context.Context, r *Run) Finding {
	var missing []string
	for _, who := range r.c.plan.Policy().PlanSigners {
		sig := r.c.have(audit.SignedName("plan.toml", who))
		if sig == nil || audit.VerifySig(sig, r.c.onRoster(who).Keys, audit.PlanNamespace(r.c.plan.Mode()), r.c.plan.Bytes()) != nil {
			missing = append(missing, who)
		}
	}
	n := len(r.c.plan.Policy().PlanSigners)
	if len(missing) > 0 {
		return holds(false, "no valid signature of "+strings.Join(missing, ", "), fmt.Sprintf("signatures of all %d people", n))
	}
	return want(fmt.Sprintf("%d signatures", n), fmt.Sprintf("%d signatures", n))
}

func seePlanWindow(_ context.Context, r *Run) Finding {
	now, t := r.c.world.now(), r.c.plan.Time
	wanted := "between " + stamp(t.NotBefore) + " and " + stamp(t.NotAfter)
	if t.NotBefore.IsZero() && t.NotAfter.IsZero() {
		return holds(true, stamp(now), "no time set in the plan")
	}
	return holds(!now.Before(t.NotBefore) && !now.After(t.NotAfter), stamp(now), wanted)
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func seeProgram(_ context.Context, r *Run) Finding {
	own := r.c.world.Program.SHA256
	return holds(slices.Contains(r.c.plan.Program.SHA256, own), own.String(), "one of the digests in the plan")
}

var stepSignIn = &Step{
	ID: "people.signin", Title: "Sign in", Act: "Open",
	Say: "Each person signs a fresh statement with their own key: this stage, this hour, this role. " +
		"The internal witness has looked at everybody's identity document. " +
		"Whoever does not sign is not here, and the quorum of each role must be.",
	Acts: []Role{operator}, Watches: []Role{internalWitness},
	Sign: &Sign{Action: audit.ActionSignIn},
	Ask: []Field{
		{Name: "keyboard", Label: "Who has the keyboard", Kind: Person, Options: []string{operator}},
		{Name: "identity", Label: "The internal witness has seen the identity documents", Kind: Word, Exact: "SEEN", Whose: internalWitness},
	},
	Checks: []Check{
		{ID: "people.quorum", Class: Stop, See: seeQuorum},
		{ID: "people.keyboard", Class: Stop, See: seeKeyboard},
	},
}

func seeQuorum(_ context.Context, r *Run) Finding {
	have := map[Role]int{}
	for _, s := range r.signed {
		have[r.c.Person(s.Person).Role]++
	}
	var found, wanted []string
	ok := true
	need := r.c.plan.Policy().Quorum
	for _, role := range slices.Sorted(maps.Keys(need)) {
		found = append(found, counting(have[role], role))
		wanted = append(wanted, counting(need[role], role))
		ok = ok && have[role] >= need[role]
	}
	return holds(ok, strings.Join(found, ", "), "at least "+strings.Join(wanted, ", "))
}

func seeKeyboard(_ context.Context, r *Run) Finding {
	who := r.Answer("keyboard")
	signed := slices.ContainsFunc(r.signed, func(s audit.SignedBy) bool { return s.Person == who })
	return holds(signed, r.c.Person(who).Name+map[bool]string{true: " signed in", false: " did not sign in"}[signed], "an operator who signed in")
}

var stepClock = &Step{
	ID: "clock.check", Title: "Check the clock", Act: "Open",
	Say: "Two operators read an independent clock, as a radio clock or a telephone, and type its time. " +
		"The program records how far this machine's clock is off. It never sets the clock.",
	Acts: []Role{operator}, Watches: []Role{internalWitness},
	Ask:   []Field{{Name: "clock", Label: "The time now, in UTC, by a clock that is not this machine's", Kind: Time, Each: operator, Least: 2, Example: "2026-11-22 09:14:03"}, {Name: "insist", Label: "Both times were read rightly, and this machine's clock is off", Kind: Word, Exact: "INSIST", Optional: true, Late: clockFailed}},
	Gives: []Key{factOffset.Key},
	Do: func(ctx context.Context, r *Run) error {
		factOffset.Put(r, offset(r))
		switch token := audit.TokenName("plan.toml"); {
		case r.Stage != Prepare:
		case r.c.have(token) != nil: // the clock is checked again
			r.saw.time = holds(true, "the token of before", "a time-stamp token over plan.toml")
		default:
			stamped(ctx, r, "plan.toml", r.c.have("plan.toml"))
		}
		return nil
	},
	Checks: []Check{
		{ID: "clock.typed", Class: Stop, Before: true, See: seeClockTyped},
		{ID: "clock.offset", Class: Exception, See: func(_ context.Context, r *Run) Finding {
			off := factOffset.Get(r)
			return holds(abs(off) <= maxOffset, fmt.Sprintf("%d s", off), "at most 120 s either way")
		}},
		{ID: "clock.agree", Class: Exception, See: seeClocksAgree},
		checkTime(Prepare),
	},
}

// Clock is what people know of this machine's clock, by the check of this
// sitting.
func (c *Ceremony) Clock() string {
	r := &Run{c: c}
	if c.clockWentBack() {
		return "local clock, went back"
	}
	if _, done := c.state.done[instance{c.stage(), stepClock.ID, ""}]; !done || !factOffset.Has(r) {
		return "local clock, unverified"
	}
	switch off := factOffset.Get(r); {
	case off > maxOffset:
		return fmt.Sprintf("local clock, %d s ahead", off)
	case off < -maxOffset:
		return fmt.Sprintf("local clock, %d s behind", -off)
	default:
		return fmt.Sprintf("checked: within %d s", max(1, abs(off))) // times are typed to the second
	}
}

// maxOffset is how many seconds the clock may be off before people decide.
const maxOffset = 120

// offset is how many seconds the local clock is ahead of the times typed: the
// one that is further away.
func offset(r *Run) int64 {
	now := r.c.world.now()
	var worst int64
	for _, v := range r.Each("clock") {
		t, _ := time.Parse(time.RFC3339, v)
		if off := int64(now.Sub(t).Seconds()); abs(off) > abs(worst) {
			worst = off
		}
	}
	return worst
}

func abs(v int64) int64 { return max(v, -v) }

// clockFailed reports whether times were typed that are far off.
func clockFailed(c *Ceremony) bool {
	return c.state.failed[instance{c.stage(), "clock.check", ""}] != ""
}

// seeClockTyped takes a great offset for a mistake in typing, until people
// insist.
func seeClockTyped(_ context.Context, r *Run) Finding {
	wanted := "times within 120 s of this machine's, or INSIST"
	off := offset(r)
	return holds(abs(off) <= maxOffset || r.Answer("insist") != "", fmt.Sprintf("%d s", off), wanted)
}

// apart is how far the clocks of two people may differ.
const apart = 2 * time.Minute

func seeClocksAgree(_ context.Context, r *Run) Finding {
	var times []string
	for _, v := range r.Each("clock") {
		times = append(times, v)
	}
	slices.Sort(times)
	first, _ := time.Parse(time.RFC3339, times[0])
	last, _ := time.Parse(time.RFC3339, times[len(times)-1])
	return holds(last.Sub(first) <= apart, spell(last.Sub(first))+" between the two", "at most "+spell(apart)+" between the two")
}

// onRoster is somebody with the keys of the plan; who is not in it has none.
func (c *Ceremony) onRoster(id string) audit.Person {
	p, _ := c.plan.Roster().Find(id)
	return p
}

// codeMatches checks codes that several people typed blind.
func codeMatches(r *Run, field string, sum digest.SHA256, what string) Finding {
	var wrong []string
	for who, code := range r.Each(field) {
		if !sum.Matches(code) {
			wrong = append(wrong, r.c.Person(who).Name)
		}
	}
	slices.Sort(wrong)
	if len(wrong) > 0 {
		return holds(false, "another code typed by "+strings.Join(wrong, ", "), "the code of "+what)
	}
	return holds(true, fmt.Sprintf("%d people typed the code of %s", len(r.Each(field)), what), "the code of "+what)
}
