package steps

import (
	"testing"
	"time"

	"github.com/keyceremony/ceremony/attacks"
	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/keyvault/vaulttest"
	"github.com/keyceremony/ceremony/machine"
)

// This file has decisions that are not those of the right people, clocks that
// are wrong, and an offline machine that is not offline.

// TestAttackDecision: an exception is decided by an operator and the internal
// witness, and so is a stop.
func TestAttackDecision(t *testing.T) {
	s := newHall(t, nil, "P-256").stand("online", "kek.export")
	open := func(id string, then func(*stand, *Ceremony) sigs) func(*stand, *Ceremony) error {
		return func(s *stand, c *Ceremony) error {
			must(s.hall.t, c.Turn(id))
			return s.give(c, then(s, c))
		}
	}
	s.holds(t, []attack{
		{
			Row: attacks.New("decision/nobody", "an exception that nobody signs", attacks.At("exception", "steps.ErrQuorum"), attacks.At("verify", "exceptions.approved")), stuck: true,
			act: open("exception", func(*stand, *Ceremony) sigs { return nil }),
		},
		{
			Row: attacks.New("decision/two-operators", "an exception that two operators sign", attacks.At("exception", "steps.ErrQuorum"), attacks.At("verify", "exceptions.approved")), stuck: true,
			act: open("exception", func(s *stand, c *Ceremony) sigs {
				return sigs{"op1": s.own(c, "op1"), "op2": s.own(c, "op2")}
			}),
		},
		{
			Row: attacks.New("decision/witness-alone", "an exception that the internal witness signs alone", attacks.At("exception", "steps.ErrQuorum"), attacks.At("verify", "exceptions.approved")), stuck: true,
			act: open("exception", func(s *stand, c *Ceremony) sigs { return sigs{"witness": s.own(c, "witness")} }),
		},
		{
			Row: attacks.New("decision/other-words", "an exception of which one signed another decision", attacks.At("exception", "steps.ErrSignature"), attacks.At("verify", "statement.signatures", "exceptions.approved")), stuck: true,
			act: open("exception", func(s *stand, c *Ceremony) sigs {
				change := func(st *audit.Statement) { st.Subjects[3] = "decided stop" }
				return sigs{"op1": s.own(c, "op1"), "witness": s.altered(c, "witness", change)}
			}),
		},
		{
			Row: attacks.New("decision/stop", "the internal witness stops the ceremony alone", attacks.At("ceremony.stop", "steps.ErrQuorum")), stuck: true,
			act: open("ceremony.stop", func(s *stand, c *Ceremony) sigs { return sigs{"witness": s.own(c, "witness")} }),
		},
	})
}

// TestAttackClock: times that are typed wrongly, or falsely.
func TestAttackClock(t *testing.T) {
	s := newHall(t, nil, "P-256").stand("online", "clock.check")
	insist := func(s *stand, c *Ceremony) error {
		if err := s.step(c); err == nil {
			return nil
		}
		answers := s.answers
		s.answers = func(now Now, a *Answers) {
			if answers != nil {
				answers(now, a)
			}
			a.Text["insist"] = "INSIST"
		}
		return s.step(c)
	}
	op2 := func(text string) func(*stand) {
		return func(s *stand) { s.answers = func(_ Now, a *Answers) { a.Text["clock.op2"] = text } }
	}
	s.holds(t, []attack{
		{Row: attacks.New("clock/mistyped", "an operator mistypes the time", attacks.At("clock.check", "clock.typed"), attacks.At("clock.check", "clock.offset", "clock.agree")), do: op2("2026-03-14T09:36:53Z")},
		{Row: attacks.New("clock/false", "an operator types a false time and insists", attacks.At("clock.check", "clock.offset", "clock.agree")), do: op2("2026-03-14T09:36:53Z"), act: insist, stuck: true},
		{Row: attacks.New("clock/late", "sets the machine's clock back", attacks.At("clock.check", "clock.typed"), attacks.At("clock.check", "clock.offset")), do: func(s *stand) { s.clock = -10 * time.Minute }},
	})
	s = newHall(t, nil, "P-256").stand("online", "ceremony.open")
	s.holds(t, []attack{
		{Row: attacks.New("clock/before-the-day", "begins before the planned time", attacks.At("ceremony.open", "plan.window")), do: func(s *stand) { s.clock = -2 * time.Hour }},
		{Row: attacks.New("clock/after-the-day", "begins after the planned time", attacks.At("ceremony.open", "plan.window")), do: func(s *stand) { s.clock = 4 * 24 * time.Hour }},
	})
}

// TestAttackKEKLife: the offline clock says that the KEK lives; the clock that
// people read says that it has expired.
func TestAttackKEKLife(t *testing.T) {
	h := newHall(t, nil, "P-256")
	h.stand("online", "blob.receive")
	h.answers = func(now Now, a *Answers) {
		for _, f := range now.Fields {
			switch {
			case f.Kind == Time:
				a.Text[f.Name] = vaulttest.Now().AddDate(0, 0, 8).Format(time.RFC3339)
			case f.Name == "insist":
				a.Text[f.Name] = "INSIST"
			}
		}
	}
	c := h.begin(Wrap)
	h.until(c, "clock.check")
	wantRefused(t, h.step(c), "clock.typed")
	h.until(c, "kek.confirm")
	h.shut(c)
	h.stand("offline", "kek.confirm").holds(t, []attack{
		{Row: attacks.New("clock/dead-kek", "has set the offline clock back, so that an expired KEK seems to live", attacks.At("kek.confirm", "kek.life")), stuck: true},
	})
}

// TestAttackNetwork: what a rehearsal notes stops a production.
func TestAttackNetwork(t *testing.T) {
	newHall(t, produces, "P-256").stand("offline", "machine.check").holds(t, []attack{
		{Row: attacks.New("machine/network", "leaves the offline machine on a network", attacks.At("machine.check", "machine.network")), do: func(s *stand) { s.report.Routes = []string{"default via 192.0.2.1"} }},
		{Row: attacks.New("machine/swap", "leaves swap on", attacks.At("machine.check", "machine.swap")), do: func(s *stand) { s.report.Swap = []machine.Swap{{}} }},
		{Row: attacks.New("machine/core-dumps", "leaves core dumps on", attacks.At("machine.check", "machine.core-dumps")), do: func(s *stand) { s.report.CoreDumps = true }},
	})
}
