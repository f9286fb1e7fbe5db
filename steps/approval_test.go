package steps

import (
	"crypto/rand"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/keyceremony/ceremony/attacks"
	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/plan"
)

// This file has signatures that do not count, and decisions of people.

// give does what is awaited with these signatures and no others.
func (s *stand) give(c *Ceremony, sigs map[string][]byte) error {
	a := s.answer(c, c.Now())
	a.Sig = sigs
	return c.Do(s.hall.t.Context(), a)
}

// text is what somebody is asked to sign now.
func (s *stand) text(c *Ceremony, who string) Signing {
	s.hall.t.Helper()
	for _, one := range c.Statements(s.answer(c, c.Now()).Text) {
		if one.Person == who {
			return one
		}
	}
	s.hall.t.Fatalf("%s is not asked to sign %s", who, c.Now().Step.ID)
	return Signing{}
}

// by signs somebody's statement with a key.
func (s *stand) by(c *Ceremony, who, signer, side string) []byte {
	one := s.text(c, who)
	return s.hall.sign(signer, side, one.Namespace, one.Text)
}

// altered signs a statement that says something else.
func (s *stand) altered(c *Ceremony, who string, change func(*audit.Statement)) []byte {
	s.hall.t.Helper()
	one := s.text(c, who)
	st, err := audit.ParseStatement(one.Text)
	must(s.hall.t, err)
	change(&st)
	if string(st.Text()) == string(one.Text) {
		s.hall.t.Fatal("nothing was altered")
	}
	return s.hall.sign(who, c.side, st.Namespace(), st.Text())
}

type sigs map[string][]byte

// A voucher is a signature that is wanted, and why it does not count.
type voucher struct {
	name string
	sigs func(s *stand, c *Ceremony) sigs
	err  error
}

// handsIn does the step with these signatures and no others.
func handsIn(sigs func(*stand, *Ceremony) sigs) func(*stand, *Ceremony) error {
	return func(s *stand, c *Ceremony) error { return s.give(c, sigs(s, c)) }
}

func altering(change func(*audit.Statement)) func(*stand, *Ceremony) sigs {
	return func(s *stand, c *Ceremony) sigs { return sigs{"op2": s.altered(c, "op2", change)} }
}

// own is somebody's signature with the own key: on the own statement, or on
// that of op2 where there is none for this person.
func (s *stand) own(c *Ceremony, who string) []byte {
	of := "op2"
	for _, one := range c.Statements(s.answer(c, c.Now()).Text) {
		if one.Person == who {
			of = who
		}
	}
	return s.by(c, of, who, c.side)
}

// signIns are the signatures with which everybody signs in, but for one.
func (s *stand) signIns(c *Ceremony, who string, sig []byte) sigs {
	out := sigs{}
	for _, one := range c.Statements(s.answer(c, c.Now()).Text) {
		out[one.Person] = s.hall.sign(one.Person, c.side, one.Namespace, one.Text)
	}
	out[who] = sig
	return out
}

// otherSide is the other machine.
func otherSide(side string) string {
	return map[string]string{"online": "offline", "offline": "online"}[side]
}

// lastSigned is the newest signature of a person in the folder.
func (s *stand) lastSigned(c *Ceremony, pattern string) []byte {
	files, err := filepath.Glob(filepath.Join(s.path(c.side), pattern))
	if err != nil || len(files) == 0 {
		s.hall.t.Fatalf("nothing was signed as %s (%v)", pattern, err)
	}
	b, err := os.ReadFile(files[len(files)-1])
	must(s.hall.t, err)
	return b
}

// unknown is a signature on somebody's statement with a key of nobody's.
func (s *stand) unknown(c *Ceremony, who string) []byte {
	one := s.text(c, who)
	sig, err := audit.Sign(newSigner(s.hall.t), rand.Reader, one.Namespace, one.Text)
	must(s.hall.t, err)
	return sig
}

// barsNobody lets the person who acts approve.
func barsNobody(*stand, *Ceremony) func() {
	all := barred
	barred = nil
	return func() { barred = all }
}

// asksGuests lets external witnesses approve the wrap.
func asksGuests(*stand, *Ceremony) func() {
	all := stepWrap.Approves
	stepWrap.Approves = append(slices.Clone(all), externalWitness)
	return func() { stepWrap.Approves = all }
}

// TestAttackApproval: only the signature that is asked for lets an act happen.
func TestAttackApproval(t *testing.T) {
	s := wraps(t, "target.wrap", nil, "P-256", "P-256")
	var before sigs // what was signed before the program ended
	s.holds(t, []attack{
		{
			Row: attacks.New("approval/none", "nobody approves", attacks.At("target.wrap", "steps.ErrNoApproval"), attacks.At("verify", "steps.done")),
			act: handsIn(func(*stand, *Ceremony) sigs { return nil }),
		},
		{
			Row:   attacks.New("approval/actor", "the person at the keyboard approves the own act", attacks.At("target.wrap", "steps.ErrNotAsked"), attacks.At("verify", "statement.signatures", "steps.done")),
			act:   handsIn(func(s *stand, c *Ceremony) sigs { return sigs{"op1": s.own(c, "op1")} }),
			blind: map[string]blind{"steps.ErrNotAsked": barsNobody},
		},
		{
			Row: attacks.New("approval/actor-as-another", "the person at the keyboard signs for another", attacks.At("target.wrap", "steps.ErrSignature"), attacks.At("verify", "statement.signatures", "steps.done")),
			act: handsIn(func(s *stand, c *Ceremony) sigs { return sigs{"op2": s.by(c, "op2", "op1", c.side)} }),
		},
		{
			Row:   attacks.New("approval/other-role", "somebody of a role that is not asked approves", attacks.At("target.wrap", "steps.ErrNotAsked"), attacks.At("verify", "steps.done")),
			act:   handsIn(func(s *stand, c *Ceremony) sigs { return sigs{"guest": s.own(c, "guest")} }),
			blind: map[string]blind{"steps.ErrNotAsked": asksGuests},
		},
		{
			Row: attacks.New("approval/stranger", "somebody approves who is not in the plan", attacks.At("target.wrap", "steps.ErrNotAsked"), attacks.At("verify", "statement.signatures", "steps.done")),
			act: handsIn(func(s *stand, c *Ceremony) sigs {
				s.hall.keys["mallory"] = s.hall.keys["op2"]
				return sigs{"mallory": s.own(c, "mallory")}
			}),
			blind: map[string]blind{"steps.ErrNotAsked": enlists},
		},
		{
			Row: attacks.New("approval/unknown-key", "signs with a key that nobody knows", attacks.At("target.wrap", "steps.ErrSignature"), attacks.At("verify", "statement.signatures", "steps.done")),
			act: handsIn(func(s *stand, c *Ceremony) sigs { return sigs{"op2": s.unknown(c, "op2")} }),
		},
		{
			Row: attacks.New("approval/one-key-for-two", "one key signs for two people", attacks.At("target.wrap", "steps.ErrSignature"), attacks.At("verify", "statement.signatures")),
			act: handsIn(func(s *stand, c *Ceremony) sigs {
				return sigs{"op2": s.by(c, "op2", "witness", c.side), "witness": s.by(c, "witness", "witness", c.side)}
			}),
		},
		{
			Row: attacks.New("approval/other-signature", "hands in the signature of another", attacks.At("target.wrap", "steps.ErrSignature"), attacks.At("verify", "statement.signatures", "steps.done")),
			act: handsIn(func(s *stand, c *Ceremony) sigs { return sigs{"op2": s.by(c, "witness", "witness", c.side)} }),
		},
		{
			Row: attacks.New("approval/other-statement", "signs the statement of another", attacks.At("target.wrap", "steps.ErrSignature"), attacks.At("verify", "statement.signatures", "steps.done")),
			act: handsIn(func(s *stand, c *Ceremony) sigs { return sigs{"op2": s.by(c, "witness", "op2", c.side)} }),
		},
		{
			Row: attacks.New("approval/other-machine", "signs with the key for the other machine", attacks.At("target.wrap", "steps.ErrSignature"), attacks.At("verify", "statement.signatures", "steps.done")),
			act: handsIn(func(s *stand, c *Ceremony) sigs { return sigs{"op2": s.by(c, "op2", "op2", otherSide(c.side))} }),
		},
		{
			Row: attacks.New("approval/sign-in-again", "hands in the sign-in of this stage", attacks.At("target.wrap", "steps.ErrSignature"), attacks.At("verify", "statement.signatures", "steps.done")),
			act: handsIn(func(s *stand, c *Ceremony) sigs {
				return sigs{"op2": s.lastSigned(c, "*people.signin.op2.txt.sig")}
			}),
		},
		{
			Row: attacks.New("approval/another-action", "signs in, instead of approving", attacks.At("target.wrap", "steps.ErrSignature"), attacks.At("verify", "statement.signatures", "steps.done")),
			act: handsIn(altering(func(st *audit.Statement) { st.Action = audit.ActionSignIn })),
		},
		{
			Row: attacks.New("approval/other-step", "hands in an approval for another step", attacks.At("target.wrap", "steps.ErrSignature"), attacks.At("verify", "statement.signatures", "steps.done")),
			act: handsIn(altering(func(st *audit.Statement) { st.Step, st.Action = "kek.create", "approve kek.create" })),
		},
		{
			Row: attacks.New("approval/other-stage", "hands in an approval for another stage", attacks.At("target.wrap", "steps.ErrSignature"), attacks.At("verify", "statement.signatures", "steps.done")),
			act: handsIn(altering(func(st *audit.Statement) { st.Stage = "prepare" })),
		},
		{
			Row: attacks.New("approval/other-attempt", "hands in an approval for another attempt", attacks.At("target.wrap", "steps.ErrSignature"), attacks.At("verify", "statement.signatures", "steps.done")),
			act: handsIn(altering(func(st *audit.Statement) { st.Attempt++ })),
		},
		{
			Row: attacks.New("approval/other-batch", "hands in an approval for fewer keys", attacks.At("target.wrap", "steps.ErrSignature"), attacks.At("verify", "statement.signatures", "steps.done")),
			act: handsIn(altering(func(st *audit.Statement) { st.Subjects = st.Subjects[:len(st.Subjects)-1] })),
		},
		{
			Row: attacks.New("approval/other-ceremony", "hands in an approval from another ceremony", attacks.At("target.wrap", "steps.ErrSignature"), attacks.At("verify", "statement.signatures", "steps.done")),
			act: handsIn(altering(func(st *audit.Statement) { st.Ceremony = "other-2026" })),
		},
		{
			Row: attacks.New("approval/other-run", "hands in an approval from another run", attacks.At("target.wrap", "steps.ErrSignature"), attacks.At("verify", "statement.signatures", "steps.done")),
			act: handsIn(altering(func(st *audit.Statement) { st.Run = strings.Repeat("0", 32) })),
		},
		{
			Row: attacks.New("approval/of-production", "hands in an approval from a production", attacks.At("target.wrap", "steps.ErrSignature"), attacks.At("verify", "statement.signatures", "steps.done")),
			act: handsIn(altering(func(st *audit.Statement) { st.Mode = audit.Production })),
		},
		{
			Row: attacks.New("approval/other-head", "hands in an approval on an older head of the log", attacks.At("target.wrap", "steps.ErrSignature"), attacks.At("verify", "statement.signatures", "steps.done")),
			act: handsIn(altering(func(st *audit.Statement) { st.Head.Seq-- })),
		},
		{
			Row: attacks.New("approval/other-nonce", "hands in an approval with another nonce", attacks.At("target.wrap", "steps.ErrSignature"), attacks.At("verify", "statement.signatures", "steps.done")),
			act: handsIn(altering(func(st *audit.Statement) { st.Nonce[0] ^= 1 })),
		},
		{
			Row: attacks.New("approval/another-role", "hands in an approval in another role", attacks.At("target.wrap", "steps.ErrSignature"), attacks.At("verify", "statement.signatures", "steps.done")),
			act: handsIn(altering(func(st *audit.Statement) { st.Role = plan.InternalWitness })),
		},
		{
			Row: attacks.New("approval/other-use", "hands in a signature made for another use of the key", attacks.At("target.wrap", "steps.ErrSignature"), attacks.At("verify", "statement.signatures", "steps.done")),
			act: handsIn(func(s *stand, c *Ceremony) sigs {
				return sigs{"op2": s.hall.sign("op2", c.side, audit.PlanNamespace(s.plan.Mode()), s.text(c, "op2").Text)}
			}),
		},
		{
			Row: attacks.New("approval/no-signature", "hands in something that is no signature", attacks.At("target.wrap", "steps.ErrSignature"), attacks.At("verify", "statement.signatures", "steps.done")),
			act: handsIn(func(*stand, *Ceremony) sigs { return sigs{"op2": []byte("-----BEGIN SSH SIGNATURE-----\n")} }),
		},
		{
			Row: attacks.New("approval/before-restart", "hands in an approval signed before the program ended", attacks.At("target.wrap", "steps.ErrSignature"), attacks.At("verify", "statement.signatures", "steps.done")),
			do: func(s *stand) {
				c := s.reopen()
				before = sigs{"op2": s.by(c, "op2", "op2", "offline")}
				s.shut(c)
			},
			act: handsIn(func(*stand, *Ceremony) sigs { return before }),
		},
		{
			Row: attacks.New("approval/before-snapshot", "puts the folder back to what it was, and hands in the approval that it had got then", attacks.At("target.wrap", "steps.ErrSignature"), attacks.At("verify", "statement.signatures", "steps.done")),
			do: func(s *stand) {
				c := s.reopen()
				before = sigs{"op2": s.by(c, "op2", "op2", "offline")}
				must(s.hall.t, s.give(c, before))
				s.shut(c)
				s.back(s.hall.t)
			},
			act: handsIn(func(*stand, *Ceremony) sigs { return before }),
		},
		{
			Row: attacks.New("approval/before-pause", "hands in an approval signed before a pause", attacks.At("target.wrap", "steps.ErrSignature"), attacks.At("verify", "statement.signatures", "steps.done")),
			act: func(s *stand, c *Ceremony) error {
				before := sigs{"op2": s.by(c, "op2", "op2", "offline")}
				must(s.hall.t, c.Turn("pause"))
				must(s.hall.t, s.step(c))
				s.hall.sheets["pause.head"] = c.Head().SHA256.Code()
				s.until(c, "target.wrap")
				return s.give(c, before)
			},
		},
	})
	c := s.again(t)
	s.run(c, Wrap)
	s.shut(c)
	s.hall.stand("online", "target.import").holds(t, []attack{
		{
			Row:   attacks.New("approval/import-actor", "the person at the keyboard approves the import", attacks.At("target.import", "steps.ErrNotAsked"), attacks.At("verify", "statement.signatures", "steps.done")),
			act:   handsIn(func(s *stand, c *Ceremony) sigs { return sigs{"op1": s.own(c, "op1")} }),
			blind: map[string]blind{"steps.ErrNotAsked": barsNobody},
		},
		{
			Row: attacks.New("approval/import-other-stage", "hands in the approval of the wrap for the import", attacks.At("target.import", "steps.ErrSignature"), attacks.At("verify", "statement.signatures", "steps.done")),
			act: handsIn(altering(func(st *audit.Statement) { st.Stage, st.Step, st.Action = "wrap", "target.wrap", "approve target.wrap" })),
		},
		{
			Row: attacks.New("approval/import-other-blob", "approves the import of another blob", attacks.At("target.import", "steps.ErrSignature"), attacks.At("verify", "statement.signatures", "steps.done")),
			act: handsIn(altering(func(st *audit.Statement) {
				last := len(st.Subjects) - 1
				st.Subjects[last] = st.Subjects[last][:len(st.Subjects[last])-1] + "x"
			})),
		},
	})
}

// enlists takes a stranger for somebody of the plan.
func enlists(s *stand, c *Ceremony) func() {
	key := s.hall.publicKey("op2", "online")
	c.plan.People = append(slices.Clone(c.plan.People), plan.Person{ID: "mallory", Name: "Mallory", Role: plan.Operator, Kept: plan.File, Key: key, KeyOffline: s.hall.publicKey("op2", "offline")})
	if c.state.present[s.stage] != nil {
		c.state.present[s.stage]["mallory"] = true
	}
	return nil
}

// TestApprovalNamesAll: who approves signs for the KEK and every key.
func TestApprovalNamesAll(t *testing.T) {
	s := wraps(t, "target.wrap", nil, "P-256", "AES-256")
	c := s.again(t)
	defer s.shut(c)
	text := string(s.text(c, "op2").Text)
	kek := s.vaultKey(s.plan.KEK.Name)
	for _, want := range []string{"key key-1", "key key-2", "kid " + kek.KID, "kek sha256 " + kek.Public.SHA256().String(), "mode: rehearsal"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in what is signed:\n%s", want, text)
		}
	}
}

func newKeyLine(t *testing.T) string {
	h := hall{t: t}
	h.keys = map[string]map[string]ssh.Signer{"x": {"online": newSigner(t)}}
	return h.publicKey("x", "online")
}

// TestCodes: codes are typed by two people, whole, and each on their own.
func TestCodes(t *testing.T) {
	s := wraps(t, "kek.confirm", nil, "P-256")
	for name, change := range map[string]func(*Answers){
		"one code":              func(a *Answers) { delete(a.Text, "code.op2") },
		"no code":               func(a *Answers) { clear(a.Text) },
		"a short code":          func(a *Answers) { a.Text["code.op2"] = a.Text["code.op2"][:35] },
		"letters":               func(a *Answers) { a.Text["code.op2"] = "O" + a.Text["code.op2"][1:] },
		"a code of the witness": func(a *Answers) { a.Text["code.witness"] = a.Text["code.op2"]; delete(a.Text, "code.op2") },
		"a code without person": func(a *Answers) { a.Text["code"] = a.Text["code.op2"] },
	} {
		t.Run(name, func(t *testing.T) {
			c := s.again(t)
			defer s.shut(c)
			before := s.remember()
			s.answers = func(_ Now, a *Answers) { change(a) }
			var answer *AnswerError
			if err := s.step(c); !errors.As(err, &answer) {
				t.Errorf("%v, want an error of the answer", err)
			}
			after := s.remember()
			delete(before, s.vault.AuditLogFile()) // it has who looked for the code
			delete(after, s.vault.AuditLogFile())
			if !maps.EqualFunc(before, after, slices.Equal) {
				t.Error("something was recorded")
			}
			s.honest()
			must(t, s.step(c))
		})
	}
}
