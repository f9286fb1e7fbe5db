package steps

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/attacks"
	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/plan"
)

// This file has seals, sign-offs, exceptions and the ways to end early.

// sealing goes to a step that seals and freezes the log.
func (s *stand) sealing(t *testing.T) *Ceremony {
	t.Helper()
	c := s.again(t)
	must(t, s.step(c))
	if now := c.Now(); now.Phase != Sealing || now.Step.ID != s.id {
		t.Fatalf("%s is awaited, %s", now.Step.ID, now.Phase)
	}
	return c
}

// sealBy signs what is sealed now with a person's key of a side.
func (s *stand) sealBy(c *Ceremony, who, side string) []byte {
	one := s.text(c, who)
	return s.hall.sign(who, side, one.Namespace, one.Text)
}

// TestSeals: a seal is the quorum's, over this list, for this use.
func TestSeals(t *testing.T) {
	s := newHall(t, nil, "P-256").stand("online", "prepare.seal")
	for _, v := range []voucher{
		{"the other machine's key", func(s *stand, c *Ceremony) sigs { return sigs{"op1": s.sealBy(c, "op1", "offline")} }, ErrSignature},
		{"another's key", func(s *stand, c *Ceremony) sigs { return sigs{"op1": s.sealBy(c, "op2", "online")} }, ErrSignature},
		{"nobody of the plan", func(s *stand, c *Ceremony) sigs { return sigs{"mallory": s.sealBy(c, "op1", "online")} }, ErrNotAsked},
		{"another seal", func(s *stand, c *Ceremony) sigs {
			return sigs{"op1": s.hall.sign("op1", "online", audit.SealNamespace("final", s.plan.Mode()), s.text(c, "op1").Text)}
		}, ErrSignature},
		{"a production's seal", func(s *stand, c *Ceremony) sigs {
			return sigs{"op1": s.hall.sign("op1", "online", audit.SealNamespace("prepare", audit.Production), s.text(c, "op1").Text)}
		}, ErrSignature},
		{"another list", func(s *stand, c *Ceremony) sigs {
			one := s.text(c, "op1")
			return sigs{"op1": s.hall.sign("op1", "online", one.Namespace, one.Text[1:])}
		}, ErrSignature},
		{"nobody", func(*stand, *Ceremony) sigs { return nil }, ErrQuorum},
	} {
		t.Run(v.name, func(t *testing.T) {
			c := s.sealing(t)
			defer s.shut(c)
			before := s.remember()
			if err := s.give(c, v.sigs(s, c)); !errors.Is(err, v.err) {
				t.Errorf("%v, want %v", err, v.err)
			}
			if !maps.EqualFunc(before, s.remember(), slices.Equal) {
				t.Error("something was written")
			}
			must(t, s.step(c))
			if c.Now().Step.ID != "kek.export" {
				t.Errorf("%s is current", c.Now().Step.ID)
			}
		})
	}
	t.Run("one after the other", func(t *testing.T) {
		c := s.sealing(t)
		defer func() { s.shut(c) }()
		for _, who := range []string{"op1", "witness", "guest", "officer"} {
			if err := s.give(c, sigs{who: s.sealBy(c, who, "online")}); !errors.Is(err, ErrQuorum) || c.Now().Phase != Sealing {
				t.Errorf("%s: %v, %s", who, err, c.Now().Phase)
			}
			s.shut(c)
			c = s.open("online")
		}
		must(t, s.give(c, sigs{"op2": s.sealBy(c, "op2", "online")}))
	})
}

// TestDisagreement never blocks a seal, and is named.
func TestDisagreement(t *testing.T) {
	s := imports(t, "final.seal", nil, "P-256")
	disagree := func(_ Now, a *Answers) {
		if a.Text["agree.op2"] != "" {
			a.Text["agree.op2"], a.Text["reason.op2"] = disagrees, "the bag was <b>open</b>"
		}
	}
	t.Run("what is signed is what is recorded", func(t *testing.T) {
		c := s.again(t)
		defer s.shut(c)
		agreed := sigs{}
		for _, who := range everyoneOf() {
			agreed[who] = s.by(c, who, who, "online")
		}
		a := s.answer(c, c.Now())
		disagree(c.Now(), &a)
		a.Sig = agreed
		if err := c.Do(t.Context(), a); !errors.Is(err, ErrSignature) {
			t.Errorf("%v, want %v", err, ErrSignature)
		}
	})
	t.Run("everybody signs off", func(t *testing.T) {
		c := s.again(t)
		defer s.shut(c)
		s.signer = func(_ Now, who string) (string, bool) { return who, who != "guest" }
		var answer *AnswerError
		if err := s.step(c); !errors.As(err, &answer) || c.Now().Phase != Act {
			t.Errorf("%v", err)
		}
	})
	c := s.again(t)
	s.answers = disagree
	s.run(c, Import)
	s.shut(c)
	v := s.verdict()
	if v.Outcome != audit.OutcomeComplete || !slices.Equal(v.Disagree, []string{"op2"}) {
		t.Errorf("%s, and %v disagree", v.Outcome, v.Disagree)
	}
}

// TestExceptionIsNoWayAround: a check of class stop allows none, and one of
// class exception wants both roles.
func TestExceptionIsNoWayAround(t *testing.T) {
	s := newHall(t, nil, "P-256").stand("online", "clock.check")
	c := s.again(t)
	defer s.shut(c)
	s.answers = func(now Now, a *Answers) {
		if now.Step.ID == "clock.check" {
			a.Text["clock.op2"] = "2026-03-14T09:36:53Z"
			if slices.ContainsFunc(now.Fields, func(f Field) bool { return f.Name == "insist" }) {
				a.Text["insist"] = "INSIST"
			}
		}
	}
	wantRefused(t, s.step(c), "clock.typed")
	must(t, s.step(c))
	if lines := c.Show(); c.Now().Step.ID != "exception" || len(lines) != 2 {
		t.Fatalf("%s is current: %v", c.Now().Step.ID, lines)
	}
	// Asking for it and turning back dismisses nothing.
	must(t, c.Turn("exception"))
	must(t, c.Turn(""))
	if lines := c.Show(); c.Now().Step.ID != "exception" || len(lines) != 2 {
		t.Fatalf("%s is current: %v", c.Now().Step.ID, lines)
	}
	must(t, s.step(c))
	if c.Now().Step.ID == "exception" {
		t.Error("the exception does not end")
	}
}

// TestStops ends the ceremony early in every stage: it is sealed by those
// present and verifies as not completed, and nothing goes on.
func TestStops(t *testing.T) {
	h := newHall(t, nil, "P-256")
	var stands []*stand
	for _, id := range []string{"kek.create", "kek.code", "kek.export"} {
		stands = append(stands, h.stand("online", id))
	}
	h.stand("online", "blob.receive")
	for _, id := range []string{"kek.receive", "target.wrap", "target.close"} {
		stands = append(stands, h.stand("offline", id))
	}
	c := h.open("offline")
	h.run(c, Wrap)
	h.shut(c)
	for _, id := range []string{"blob.receive", "target.import", "target.readback"} {
		stands = append(stands, h.stand("online", id))
	}
	for _, s := range stands {
		t.Run(s.id, func(t *testing.T) { s.stops(t) })
	}
}

func (s *stand) stops(t *testing.T) {
	c := s.again(t)
	defer func() { s.shut(c) }()
	must(t, c.Turn("ceremony.stop"))
	s.signer = func(_ Now, who string) (string, bool) { return who, who == "witness" }
	if err := s.step(c); !errors.Is(err, ErrQuorum) {
		t.Errorf("stopped by the witness alone: %v", err)
	}
	s.honest()
	before := s.remember()
	must(t, s.step(c))
	for range 2 {
		if now := c.Now(); now.Phase == Sealing {
			must(t, s.step(c))
		}
	}
	if now := c.Now(); now.Phase != Done {
		t.Errorf("%s is awaited after the stop, %s", now.Step.ID, now.Phase)
	}
	s.sealedOnly(t, before)
	s.shut(c)
	c = s.open(s.side)
	if now := c.Now(); now.Phase == Act {
		t.Errorf("%s can be done after the stop", now.Step.ID)
	}
	if err := c.Turn("pause"); !errors.Is(err, ErrNotNow) {
		t.Errorf("a pause after the stop: %v", err)
	}
	if s.side == "online" {
		s.complete(audit.OutcomeIncomplete)
	}
}

// sealedOnly wants a stop to write nothing but records, statements and seals.
func (s *stand) sealedOnly(t *testing.T, before moment) {
	t.Helper()
	for path := range s.remember() {
		name := filepath.Base(path)
		ours := strings.HasPrefix(path, s.path(s.side)) && (strings.HasSuffix(name, ".sig") || strings.HasSuffix(name, ".sha256") || statementFile.MatchString(name))
		if _, had := before[path]; !had && !ours {
			t.Errorf("%s was written", path)
		}
	}
}

// TestAttackOpening: the plan that was reviewed, by those who signed it, with the
// program that it names.
func TestAttackOpening(t *testing.T) {
	s := newHall(t, nil, "P-256").stand("online", "ceremony.open")
	sigOf := func(s *stand, who string) string { return filepath.Join(s.path("online"), "plan.toml."+who+".sig") }
	s.holds(t, []attack{
		{Row: attacks.New("plan/other-code", "the plan on the machine is not the one whose code was handed out", attacks.At("ceremony.open", "plan.code")), do: func(s *stand) {
			s.answers = func(_ Now, a *Answers) { a.Text["code.op2"] = strings.Repeat("0", 35) }
		}},
		{
			Row: attacks.New("plan/unsigned", "one of the people has not signed the plan", attacks.At("ceremony.open", "plan.signatures")), stuck: true,
			do: func(s *stand) { must(t, os.Remove(sigOf(s, "guest"))) },
		},
		{Row: attacks.New("plan/signed-by-another", "one signs the plan for another", attacks.At("ceremony.open", "plan.signatures")), stuck: true, do: func(s *stand) {
			must(t, os.WriteFile(sigOf(s, "guest"), s.hall.sign("op1", "online", audit.PlanNamespace(s.plan.Mode()), s.file), 0o600))
		}},
		{Row: attacks.New("plan/signed-for-production", "a signature on the plan of a production, for its rehearsal", attacks.At("ceremony.open", "plan.signatures")), stuck: true, do: func(s *stand) {
			must(t, os.WriteFile(sigOf(s, "guest"), s.hall.sign("guest", "online", audit.PlanNamespace(audit.Production), s.file), 0o600))
		}},
	})
	t.Run("exchanged after the beginning", func(t *testing.T) {
		s.back(t)
		name := filepath.Join(s.path("online"), "plan.toml")
		other := strings.Replace(string(s.file), "Ceremony of a test", "Ceremony of another", 1)
		must(t, os.WriteFile(name, []byte(other), 0o600))
		_, err := Open(s.path("online"), s.world())
		if p := Explain(err); !errors.Is(err, ErrOtherPlan) || p.Remedy == "" {
			t.Errorf("%v, want %v", err, ErrOtherPlan)
		}
	})
}

// TestProductionIsStricter: what a rehearsal notes stops a production.
func TestProductionIsStricter(t *testing.T) {
	for _, mode := range []struct {
		name    string
		produce bool
	}{{"rehearsal", false}, {"production", true}} {
		t.Run(mode.name, func(t *testing.T) {
			h := newHall(t, func(p *plan.Plan) {
				if mode.produce {
					produces(p)
				}
			}, "P-256")
			start := h.start(Wrap)
			world := h.world()
			world.Program.SHA256[0] ^= 1
			c, err := Begin(h.path("offline"), start, world)
			must(t, err)
			err = h.step(c)
			if mode.produce {
				wantRefused(t, err, "program.digest")
			} else {
				must(t, err)
			}
			h.shut(c)
			must(t, os.RemoveAll(h.path("offline")))
			c, err = Begin(h.path("offline"), start, h.world())
			must(t, err)
			defer h.shut(c)
		})
	}
}

// TestRehearsalVaultInProduction is refused by the plan itself.
func TestRehearsalVaultInProduction(t *testing.T) {
	h := newHall(t, nil, "P-256")
	p := *h.plan
	p.Rehearsal = false
	_, err := Begin(h.path("online"), Start{Stage: Prepare, Plan: p.Encode()}, h.world())
	var bad plan.Errors
	if !errors.As(err, &bad) || !strings.Contains(err.Error(), "rehearsal") {
		t.Errorf("%v, want errors of the plan", err)
	}
	if _, err := os.Stat(h.path("online")); !os.IsNotExist(err) {
		t.Errorf("a folder was made (%v)", err)
	}
}

// TestWrongChange: nobody comes unsigned, nobody acts who is not here, and
// who is left must be enough.
func TestWrongChange(t *testing.T) {
	s := wraps(t, "target.wrap", nil, "P-256")
	change := func(c *Ceremony, leaves, comes, keyboard string, who ...string) error {
		must(t, c.Turn("people.change"))
		a := s.answer(c, c.Now())
		a.Text = map[string]string{"leaves": leaves, "comes": comes, "keyboard": keyboard, "custody": "nothing"}
		for _, one := range c.Statements(a.Text) {
			if slices.Contains(who, one.Person) {
				a.Sig[one.Person] = s.hall.sign(one.Person, "offline", one.Namespace, one.Text)
			}
		}
		return c.Do(t.Context(), a)
	}
	for _, v := range []struct {
		name, leaves, comes, keyboard string
		who                           []string
		field                         string
	}{
		{"nobody of the plan leaves", "mallory", "", "", []string{"op2", "witness"}, "leaves"},
		{"nobody of the plan comes", "", "mallory", "", []string{"op2", "witness"}, "comes"},
		{"who is here comes again", "", "op2", "", []string{"op2", "witness"}, "comes"},
		{"a witness at the keyboard", "", "", "witness", []string{"op2", "witness"}, "keyboard"},
		{"the keyboard without a person", "op1", "", "", []string{"op2", "witness"}, "keyboard"},
		{"the keyboard with one who leaves", "op2", "", "op2", []string{"op2", "witness"}, "keyboard"},
		{"decided by the witness alone", "op2", "", "", []string{"witness"}, "signatures"},
		{"decided by the operator alone", "guest", "", "", []string{"op2"}, "signatures"},
	} {
		t.Run(v.name, func(t *testing.T) {
			c := s.again(t)
			defer s.shut(c)
			before := s.remember()
			var answer *AnswerError
			if err := change(c, v.leaves, v.comes, v.keyboard, v.who...); !errors.As(err, &answer) || answer.Field != v.field {
				t.Errorf("%v, want an error of %s", err, v.field)
			}
			if !maps.EqualFunc(before, s.remember(), slices.Equal) {
				t.Error("something was recorded")
			}
			must(t, c.Turn(""))
			must(t, s.step(c))
		})
	}
	for _, gone := range []string{"guest", "officer", "op2"} {
		t.Run("too few after "+gone+" left", func(t *testing.T) {
			c := s.again(t)
			defer s.shut(c)
			err := change(c, gone, "", "", "op2", "witness")
			must(t, err)
			before := s.remember()
			if err := s.step(c); !errors.Is(err, ErrQuorum) {
				t.Errorf("%v, want %v", err, ErrQuorum)
			}
			s.nothingBut(t, before)
			if err := change(c, "", gone, "", "witness", "op2"); gone != "op2" && !errors.Is(err, ErrNotSignedIn) {
				t.Errorf("%s comes without signing: %v", gone, err)
			}
		})
	}
}

// produces makes a plan one of a production.
func produces(p *plan.Plan) {
	p.Rehearsal, p.KEK.Name = false, "kek"
	p.Vault = plan.Vault{URL: "https://contoso.managedhsm.azure.net", Cloud: "public", Tenant: p.Vault.Tenant, OwnerRoot: p.Vault.OwnerRoot}
}

// TestResumeIsApproved: what becomes of an interrupted act is decided by two,
// and never by the one at the keyboard alone.
func TestResumeIsApproved(t *testing.T) {
	s := newHall(t, nil, "P-256").stand("online", "kek.create")
	c := s.again(t)
	defer s.shut(c)
	s.lies = true
	c.vault = tamperedVault{Vault: c.vault, lost: &s.lies}
	if err := s.step(c); err == nil || c.Now().Phase != Interrupted {
		t.Fatalf("%v, %s", err, c.Now().Phase)
	}
	s.honest()
	for _, v := range []voucher{
		{"nobody", func(*stand, *Ceremony) sigs { return nil }, ErrNoApproval},
		{"the person at the keyboard", func(s *stand, c *Ceremony) sigs { return sigs{"op1": s.by(c, "op2", "op1", "online")} }, ErrNotAsked},
		{"the approval of the step", altering(func(st *audit.Statement) { st.Action = "approve kek.create" }), ErrSignature},
	} {
		if err := s.give(c, v.sigs(s, c)); !errors.Is(err, v.err) || c.Now().Phase != Interrupted {
			t.Errorf("%s: %v, want %v", v.name, err, v.err)
		}
	}
	must(t, s.step(c))
	if n := vaulttestVersions(s.hall, "rehearsal-kek"); n != 1 || c.Now().Step.ID == "kek.create" {
		t.Errorf("%d KEKs, and %s is current", n, c.Now().Step.ID)
	}
}
