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

// A voucher is an approval that is wanted, and why it does not count.
type voucher struct {
	name string
	sigs func(s *stand, c *Ceremony) sigs
	err  error
}

var vouchers = []voucher{
	{"nobody", func(*stand, *Ceremony) sigs { return nil }, ErrNoApproval},
	{"the person at the keyboard", func(s *stand, c *Ceremony) sigs { return sigs{"op1": s.by(c, "op2", "op1", c.side)} }, ErrNotAsked},
	{"the person at the keyboard as another", func(s *stand, c *Ceremony) sigs { return sigs{"op2": s.by(c, "op2", "op1", c.side)} }, ErrSignature},
	{"a role that is not asked", func(s *stand, c *Ceremony) sigs { return sigs{"guest": s.by(c, "op2", "guest", c.side)} }, ErrNotAsked},
	{"nobody of the plan", func(s *stand, c *Ceremony) sigs { return sigs{"mallory": s.by(c, "op2", "op2", c.side)} }, ErrNotAsked},
	{"an unknown key", func(s *stand, c *Ceremony) sigs {
		one := s.text(c, "op2")
		sig, err := audit.Sign(newSigner(s.hall.t), rand.Reader, one.Namespace, one.Text)
		must(s.hall.t, err)
		return sigs{"op2": sig}
	}, ErrSignature},
	{"one key for two people", func(s *stand, c *Ceremony) sigs {
		return sigs{"op2": s.by(c, "op2", "witness", c.side), "witness": s.by(c, "witness", "witness", c.side)}
	}, ErrSignature},
	{"another's signature", func(s *stand, c *Ceremony) sigs { return sigs{"op2": s.by(c, "witness", "witness", c.side)} }, ErrSignature},
	{"another's statement", func(s *stand, c *Ceremony) sigs { return sigs{"op2": s.by(c, "witness", "op2", c.side)} }, ErrSignature},
	{"the key of the other machine", func(s *stand, c *Ceremony) sigs {
		return sigs{"op2": s.by(c, "op2", "op2", map[string]string{"online": "offline", "offline": "online"}[c.side])}
	}, ErrSignature},
	{"the sign-in of this stage again", func(s *stand, c *Ceremony) sigs {
		files, err := filepath.Glob(filepath.Join(s.path(c.side), "*people.signin.op2.txt.sig"))
		if err != nil || len(files) == 0 {
			s.hall.t.Fatalf("no sign-in (%v)", err)
		}
		b, err := os.ReadFile(files[len(files)-1])
		must(s.hall.t, err)
		return sigs{"op2": b}
	}, ErrSignature},
	{"a sign-in instead", altering(func(st *audit.Statement) { st.Action = audit.ActionSignIn }), ErrSignature},
	{"another step", altering(func(st *audit.Statement) { st.Step, st.Action = "kek.create", "approve kek.create" }), ErrSignature},
	{"another stage", altering(func(st *audit.Statement) { st.Stage = "prepare" }), ErrSignature},
	{"another attempt", altering(func(st *audit.Statement) { st.Attempt++ }), ErrSignature},
	{"another ceremony", altering(func(st *audit.Statement) { st.Ceremony = "other-2026" }), ErrSignature},
	{"another run", altering(func(st *audit.Statement) { st.Run = strings.Repeat("0", 32) }), ErrSignature},
	{"a production", altering(func(st *audit.Statement) { st.Mode = audit.Production }), ErrSignature},
	{"fewer keys", altering(func(st *audit.Statement) { st.Subjects = st.Subjects[:len(st.Subjects)-1] }), ErrSignature},
	{"another head", altering(func(st *audit.Statement) { st.Head.Seq-- }), ErrSignature},
	{"another nonce", altering(func(st *audit.Statement) { st.Nonce[0] ^= 1 }), ErrSignature},
	{"another role", altering(func(st *audit.Statement) { st.Role = plan.InternalWitness }), ErrSignature},
	{"another use of the key", func(s *stand, c *Ceremony) sigs {
		return sigs{"op2": s.hall.sign("op2", c.side, audit.PlanNamespace(s.plan.Mode()), s.text(c, "op2").Text)}
	}, ErrSignature},
	{"no signature at all", func(*stand, *Ceremony) sigs { return sigs{"op2": []byte("-----BEGIN SSH SIGNATURE-----\n")} }, ErrSignature},
}

func altering(change func(*audit.Statement)) func(*stand, *Ceremony) sigs {
	return func(s *stand, c *Ceremony) sigs { return sigs{"op2": s.altered(c, "op2", change)} }
}

// TestApprovals: only the signature that is asked for lets the act happen.
func TestApprovals(t *testing.T) {
	wrap := wraps(t, "target.wrap", nil, "P-256", "P-256")
	c := wrap.again(t)
	wrap.run(c, Wrap)
	wrap.shut(c)
	stands := []*stand{wrap, wrap.hall.stand("online", "target.import")}
	for _, s := range stands {
		c := s.again(t)
		for _, v := range vouchers {
			t.Run(s.id+" "+v.name, func(t *testing.T) {
				s.hall.t = t
				before := s.remember()
				log := before[filepath.Join(s.path(s.side), c.log.Name())]
				err := s.give(c, v.sigs(s, c))
				var answer *AnswerError
				if !errors.Is(err, v.err) || !errors.As(err, &answer) {
					t.Errorf("%v, want %v", err, v.err)
				}
				after := s.remember()
				if !maps.EqualFunc(before, after, slices.Equal) || len(log) == 0 {
					t.Error("something was done or recorded")
				}
				if Explain(err).Remedy == "" {
					t.Errorf("no words: %+v", Explain(err))
				}
			})
		}
		s.hall.t = t
		must(t, s.give(c, sigs{"witness": s.by(c, "witness", "witness", c.side)}))
		if c.Now().Step.ID == s.id {
			t.Error("the right approval does not count")
		}
		s.shut(c)
	}
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

// TestVoidApprovals: what was signed before a pause, or before the program
// ended, does not count afterwards.
func TestVoidApprovals(t *testing.T) {
	s := wraps(t, "target.wrap", nil, "P-256")
	t.Run("before a pause", func(t *testing.T) {
		c := s.again(t)
		old := sigs{"op2": s.by(c, "op2", "op2", "offline")}
		must(t, c.Turn("pause"))
		must(t, s.step(c))
		s.hall.sheets["pause.head"] = c.Head().SHA256.Code()
		s.shut(c)
		c = s.open("offline")
		defer s.shut(c)
		if c.Now().Step.ID != "resume" {
			t.Fatalf("%s is current", c.Now().Step.ID)
		}
		if err := s.give(c, old); !errors.Is(err, ErrNotAsked) && !errors.Is(err, ErrSignature) {
			t.Errorf("used to sign in anew: %v", err)
		}
		s.until(c, "target.wrap")
		if err := s.give(c, old); !errors.Is(err, ErrSignature) {
			t.Errorf("%v, want %v", err, ErrSignature)
		}
		must(t, s.step(c))
	})
	t.Run("before the program ended", func(t *testing.T) {
		c := s.again(t)
		old := sigs{"op2": s.by(c, "op2", "op2", "offline")}
		s.shut(c)
		c = s.reopen()
		defer s.shut(c)
		if err := s.give(c, old); !errors.Is(err, ErrSignature) {
			t.Errorf("%v, want %v", err, ErrSignature)
		}
		must(t, s.step(c))
	})
	t.Run("an older head at the return", func(t *testing.T) {
		c := s.again(t)
		must(t, c.Turn("pause"))
		s.hall.sheets["pause.head"] = c.Head().SHA256.Code()
		must(t, s.step(c))
		defer s.shut(c)
		if err := s.step(c); !errors.Is(err, ErrOtherHead) {
			t.Errorf("%v, want %v", err, ErrOtherHead)
		}
	})
}

// TestSignIn: too few people, and one who acts without having signed.
func TestSignIn(t *testing.T) {
	s := newHall(t, nil, "P-256").stand("online", "people.signin")
	for _, absent := range []string{"op1", "op2", "officer", "witness", "guest"} {
		t.Run("without "+absent, func(t *testing.T) {
			c := s.again(t)
			defer s.shut(c)
			before := s.remember()
			s.signer = func(_ Now, who string) (string, bool) { return who, who != absent }
			if err := s.step(c); !errors.Is(err, ErrQuorum) {
				t.Errorf("%v, want %v", err, ErrQuorum)
			}
			s.nothingBut(t, before)
			s.honest()
			must(t, s.step(c))
		})
	}
	t.Run("one key for everybody", func(t *testing.T) {
		c := s.again(t)
		defer s.shut(c)
		s.signer = func(Now, string) (string, bool) { return "op1", true }
		if err := s.step(c); !errors.Is(err, ErrSignature) {
			t.Errorf("%v, want %v", err, ErrSignature)
		}
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
	h := newHall(t, func(p *plan.Plan) {
		p.People = append(p.People, plan.Person{ID: "op3", Name: "Person op3", Role: plan.Operator, Kept: plan.Laptop, Key: newKeyLine(t)})
	}, "P-256")
	t.Run("the one at the keyboard did not sign", func(t *testing.T) {
		h.t = t
		h.answers = func(now Now, a *Answers) {
			if now.Step.ID == "people.signin" {
				a.Text["keyboard"] = "op3"
			}
		}
		h.signer = func(_ Now, who string) (string, bool) { return who, who != "op3" }
		start := h.start(Prepare)
		start.Signatures["op3"] = start.Signatures["op1"]
		defer without(t, stepOpen, "plan.signatures")()
		c, err := Begin(h.path("online"), start, h.world())
		must(t, err)
		defer h.shut(c)
		h.until(c, "people.signin")
		wantRefused(t, h.step(c), "people.keyboard")
	})
}

func newKeyLine(t *testing.T) string {
	h := hall{t: t}
	h.keys = map[string]map[string]ssh.Signer{"x": {"online": newSigner(t)}}
	return h.publicKey("x", "online")
}

// TestCodes: codes are typed by two people, whole, and each on their own.
func TestCodes(t *testing.T) {
	s := wraps(t, "kek.confirm", nil, "P-256")
	wrong := func(who string) func(*stand) {
		return func(s *stand) {
			s.answers = func(_ Now, a *Answers) { a.Text["code."+who] = s.plan.SHA256().Code() }
		}
	}
	s.holds(t, []attack{
		{name: "mistyped by one", checks: []string{"kek.confirm"}, do: wrong("op1")},
		{name: "mistyped by the other", checks: []string{"kek.confirm"}, do: wrong("op2")},
	})
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
