package steps

import (
	"errors"
	"maps"
	"testing"

	"github.com/keyceremony/ceremony/attacks"
	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/plan"
)

// This file has sign-ins that are not those of the people who are here, now.

// TestAttackPause: whoever goes on after a pause goes on with the same folder.
func TestAttackPause(t *testing.T) {
	s := newHall(t, nil, "P-256").stand("online", "kek.readback")
	paused := func(c *Ceremony) {
		must(t, c.Turn("pause"))
		must(t, s.step(c))
		s.hall.sheets["pause.head"] = c.Head().SHA256.Code()
	}
	c := s.again(t)
	paused(c)
	older := s.remember()
	s.until(c, "prepare.seal")
	paused(c)
	s.shut(c)
	now := &stand{hall: s.hall, side: "online", id: "resume", stage: Prepare, was: s.remember(), sheets: maps.Clone(s.hall.sheets)}
	now.holds(t, []attack{
		{
			Row: attacks.New("replay/older-folder", "puts back the folder as it was at an earlier pause", attacks.At("resume", "steps.ErrOtherHead")), stuck: true,
			do: func(s *stand) { s.restore(older) },
		},
		{
			Row: attacks.New("replay/pause-sign-in", "signs in after the pause with the signature of the morning", attacks.At("resume", "steps.ErrSignature"), attacks.At("verify", "statement.signatures", "signin.quorum")),
			act: handsIn(func(s *stand, c *Ceremony) sigs {
				return s.signIns(c, "op2", s.lastSigned(c, "*people.signin.op2.txt.sig"))
			}),
		},
	})
}

// TestAttackReturn: whoever goes on after a crash has signed in since.
func TestAttackReturn(t *testing.T) {
	plans, joins := thirdOperator(t)
	h := newHall(t, plans, "P-256")
	joins(h)
	h.stand("online", "blob.receive")
	s := h.stand("offline", "target.wrap")
	s.holds(t, []attack{{
		Row:   attacks.New("return/absent-approves", "approves after a crash without having signed in again", attacks.At("target.wrap", "steps.ErrNotAsked"), attacks.At("verify", "statement.signatures", "steps.done")),
		do:    func(s *stand) { s.gone = "op3" },
		act:   handsIn(func(s *stand, c *Ceremony) sigs { return sigs{"op3": s.own(c, "op3")} }),
		blind: map[string]blind{"steps.ErrNotAsked": func(s *stand, c *Ceremony) func() { c.state.present[s.stage]["op3"] = true; return nil }},
	}})
	back := &stand{hall: h, side: s.side, id: stepReturn.ID, stage: s.stage, was: s.was, sheets: s.sheets}
	without := func(id string) func(*stand) {
		return func(s *stand) { s.signer = func(_ Now, who string) (string, bool) { return who, who != id } }
	}
	back.holds(t, []attack{
		{
			Row: attacks.New("return/sign-in-of-before", "signs in again with the signature of the morning", attacks.At("people.return", "steps.ErrSignature"), attacks.At("verify", "statement.signatures")),
			act: handsIn(func(s *stand, c *Ceremony) sigs {
				return s.signIns(c, "op2", s.lastSigned(c, "*people.signin.op2.txt.sig"))
			}),
		},
		{
			Row: attacks.New("return/too-few", "goes on after a crash without the crypto officer", attacks.At("people.return", "steps.ErrQuorum"), attacks.At("verify", "signin.quorum")),
			do:  without("officer"),
		},
		{
			Row: attacks.New("return/keyboard", "takes the keyboard after a crash without having signed in again", attacks.At("people.return", "steps.ErrNotSignedIn")),
			do:  without("op1"),
		},
	})
}

// TestAttackSignIn: who acts has signed in, here, now, with the own key.
func TestAttackSignIn(t *testing.T) {
	s := newHall(t, nil, "P-256").stand("online", "people.signin")
	s.holds(t, []attack{
		{
			Row: attacks.New("signin/too-few", "an operator is missing", attacks.At("people.signin", "steps.ErrQuorum"), attacks.At("people.signin", "people.quorum")),
			do:  func(s *stand) { s.signer = func(_ Now, who string) (string, bool) { return who, who != "op2" } },
		},
		{
			Row: attacks.New("signin/no-witness", "the internal witness is missing", attacks.At("people.signin", "steps.ErrQuorum"), attacks.At("people.signin", "people.quorum")),
			do:  func(s *stand) { s.signer = func(_ Now, who string) (string, bool) { return who, who != "witness" } },
		},
		{
			Row: attacks.New("signin/one-key-for-all", "one person signs in for everybody", attacks.At("people.signin", "steps.ErrSignature"), attacks.At("verify", "statement.signatures", "signin.quorum")),
			do:  func(s *stand) { s.signer = func(Now, string) (string, bool) { return "op1", true } },
		},
		{
			Row: attacks.New("signin/unknown-key", "signs in with a key that nobody knows", attacks.At("people.signin", "steps.ErrSignature"), attacks.At("verify", "statement.signatures", "signin.quorum")),
			act: handsIn(func(s *stand, c *Ceremony) sigs { return s.signIns(c, "op2", s.unknown(c, "op2")) }),
		},
		{
			Row: attacks.New("signin/other-machine", "signs in with the key for the other machine", attacks.At("people.signin", "steps.ErrSignature"), attacks.At("verify", "statement.signatures", "signin.quorum")),
			act: handsIn(func(s *stand, c *Ceremony) sigs { return s.signIns(c, "op2", s.by(c, "op2", "op2", "offline")) }),
		},
		{
			Row: attacks.New("signin/other-ceremony", "brings the sign-in of another ceremony", attacks.At("people.signin", "steps.ErrSignature"), attacks.At("verify", "statement.signatures", "signin.quorum")),
			act: handsIn(func(s *stand, c *Ceremony) sigs {
				return s.signIns(c, "op2", s.altered(c, "op2", func(st *audit.Statement) { st.Ceremony = "other-2026" }))
			}),
		},
		{
			Row: attacks.New("signin/stranger", "somebody signs in who is not in the plan", attacks.At("people.signin", "steps.ErrNotAsked"), attacks.At("verify", "statement.signatures")),
			act: handsIn(func(s *stand, c *Ceremony) sigs {
				s.hall.keys["mallory"] = s.hall.keys["op2"]
				return s.signIns(c, "mallory", s.own(c, "mallory"))
			}),
			blind: map[string]blind{"steps.ErrNotAsked": enlists},
		},
	})
	t.Run("somebody else at the keyboard", func(t *testing.T) {
		c := s.again(t)
		defer s.shut(c)
		for _, who := range []string{"witness", "mallory", "op1\u202e"} {
			s.answers = func(_ Now, a *Answers) { a.Text["keyboard"] = who }
			var answer *AnswerError
			if err := s.step(c); !errors.As(err, &answer) || answer.Field != "keyboard" {
				t.Errorf("%s: %v", who, err)
			}
		}
	})
}

// TestAttackKeyboard: who acts has signed in.
func TestAttackKeyboard(t *testing.T) {
	s := newHall(t, func(p *plan.Plan) {
		p.People = append(p.People, plan.Person{ID: "op3", Name: "Person op3", Role: plan.Operator, Kept: plan.Laptop, Key: newKeyLine(t)})
	}, "P-256")
	start := s.start(Prepare)
	start.Signatures["op3"] = start.Signatures["op1"]
	putBack := without(t, stepOpen, "plan.signatures")
	c, err := Begin(s.path("online"), start, s.world())
	must(t, err)
	s.shut(c)
	at := s.stand("online", "people.signin")
	putBack()
	at.holds(t, []attack{
		{Row: attacks.New("signin/keyboard", "somebody has the keyboard who did not sign in", attacks.At("people.signin", "people.keyboard")), stuck: true, do: func(s *stand) {
			s.answers = func(_ Now, a *Answers) { a.Text["keyboard"] = "op3" }
			s.signer = func(_ Now, who string) (string, bool) { return who, who != "op3" }
		}},
	})
}
