package steps

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"golang.org/x/crypto/ssh"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/digest"
)

// A Signing is one text that one person may sign.
type Signing struct {
	Person, Name, Role string
	Namespace          string
	File               string // what the text is kept as
	Text               []byte
	Shown              string          // the text for people, codes hidden; "" where it is a list of files
	Keys               []ssh.PublicKey // with one of which it is signed
}

// Statements are the texts to be signed for what Now asks, given the answers
// so far. They stay the same until a record is written.
func (c *Ceremony) Statements(text map[string]string) []Signing {
	now := c.Now()
	if now.Phase == Sealing {
		return c.sealTexts(now)
	}
	if normal, err := validate("", now.Fields, Answers{Text: text}); err == nil {
		text = normal // what is signed is what will be recorded
	}
	var out []Signing
	for _, who := range now.Sign {
		st := c.statement(now, who, text)
		out = append(out, Signing{
			Person: who, Name: c.Person(who).Name, Role: st.Role, Namespace: st.Namespace(),
			File: c.statementFile(now, who), Text: st.Text(), Keys: c.keys(who),
			Shown: veil(now.Fields, text, string(st.Text())),
		})
	}
	return out
}

func (c *Ceremony) statementFile(now Now, who string) string {
	return audit.StatementName(c.log.Name(), c.log.Head().Seq+1, now.Step.ID, who)
}

// statement is the one text over which everything but a seal is signed.
func (c *Ceremony) statement(now Now, who string, text map[string]string) audit.Statement {
	return audit.Statement{
		Mode: c.plan.Mode(), Ceremony: c.plan.ID, Run: c.state.run, Stage: string(now.Stage), Attempt: c.state.attempt,
		Step: now.Step.ID, Action: c.action(now, who), Subjects: c.subjects(now, who, text),
		Role: c.Person(who).Role, Person: who, Head: c.log.Head(), Nonce: c.nonce(now, who),
	}
}

// action is what somebody signs that they do.
func (c *Ceremony) action(now Now, who string) string {
	switch {
	case now.Step == stepPeople && !c.here()[who]:
		return audit.ActionSignIn
	case now.Phase == Interrupted:
		return "approve resuming " + now.Step.ID
	case now.Step.Sign != nil:
		return now.Step.Sign.Action
	}
	return "approve " + now.Step.ID
}

// nonce is fresh for each statement, and the same each time it is shown.
func (c *Ceremony) nonce(now Now, who string) [32]byte {
	id := fmt.Sprintf("%s %d %s %s", c.log.Name(), c.log.Head().Seq+1, now.Step.ID, who)
	n, ok := c.nonces[id]
	if !ok {
		if _, err := io.ReadFull(c.world.Rand, n[:]); err != nil {
			panic(fmt.Sprintf("steps: internal error: no randomness: %v", err))
		}
		c.nonces[id] = n
	}
	return n
}

// subjects say what a statement is about: the KEK, every key of the batch, and
// what was entered.
func (c *Ceremony) subjects(now Now, who string, text map[string]string) []string {
	r := c.newRun(now, first(now.Keys), text, nil)
	var out []string
	if now.Phase == Interrupted {
		out = append(out, r.Answer(resumeField.Name))
	}
	if now.Step.Subjects != nil {
		out = append(out, now.Step.Subjects(r, who)...)
	}
	if factKID.Has(r) {
		out = append(out, "kid "+factKID.Get(r))
	}
	if factKEKSum.Has(r) {
		out = append(out, "kek sha256 "+factKEKSum.Get(r).String())
	}
	for _, k := range now.Keys {
		out = append(out, c.keySubject(r, k))
	}
	return out
}

func (c *Ceremony) keySubject(r *Run, key string) string {
	if f := factBlob.of(key); f.Has(r) {
		return "key " + key + " blob sha256 " + f.Get(r).String()
	}
	return "key " + key
}

// signers lists who may sign for what is awaited.
func (c *Ceremony) signers(now *Now) ([]string, string) {
	s := now.Step
	switch {
	case s.Sign != nil && s.Sign.Present:
		return c.ids(s.Sign.Roles...), "each of them"
	case s.Sign != nil:
		return c.everybody(s.Sign.Roles), "the quorum of each role"
	case s == stepException || s == stepStop:
		return c.ids(s.Approves...), "one operator and one internal witness"
	case s == stepPeople:
		return append(c.others(s.Approves), c.absent()...), "one operator, one internal witness, and whoever comes"
	case len(s.Approves) > 0:
		return c.others(s.Approves), "one of them"
	case now.Phase == Interrupted:
		return c.others([]Role{operator, internalWitness}), "one of them"
	}
	return nil, ""
}

// absent lists the people of the plan who have not signed in.
func (c *Ceremony) absent() []string {
	return slices.DeleteFunc(c.everybody(nil), func(id string) bool { return c.here()[id] })
}

// barred are those who never approve, whatever their role: the person who acts.
var barred = []func(c *Ceremony, id string) bool{
	func(c *Ceremony, id string) bool { return id == c.state.keys[c.stage()] },
}

// others lists the people of these roles who may approve.
func (c *Ceremony) others(roles []Role) []string {
	return slices.DeleteFunc(c.ids(roles...), func(id string) bool {
		return slices.ContainsFunc(barred, func(bars func(*Ceremony, string) bool) bool { return bars(c, id) })
	})
}

func (c *Ceremony) everybody(roles []Role) []string {
	var out []string
	for _, p := range c.plan.People {
		if len(roles) == 0 || in(p.Role, roles) {
			out = append(out, p.ID)
		}
	}
	return out
}

// A given is what was signed for one doing of a step.
type given struct {
	now   Now
	text  map[string]string
	texts map[string]Signing // what was to be signed, by person
	sigs  map[string][]byte  // what was signed, by person
	who   []string           // who signed, sorted
}

// A sigRule is something that must hold of all signatures before any of them
// is kept, and the error where it does not.
type sigRule struct {
	err error
	see func(*Ceremony, given) error
}

// sigRules are made in their order; the first that does not hold refuses all
// signatures.
var sigRules = []sigRule{
	{ErrNotAsked, (*Ceremony).allAsked},
	{ErrSignature, (*Ceremony).allVerify},
	{ErrNotSignedIn, (*Ceremony).keyboardSigned},
	{ErrQuorum, func(c *Ceremony, g given) error { return c.quorum(g.now, g.text, g.who) }},
}

func (c *Ceremony) allAsked(g given) error {
	for _, id := range g.who {
		if _, asked := g.texts[id]; !asked {
			return &AnswerError{g.now.Step.ID, id, c.Person(id).Name, ErrNotAsked}
		}
	}
	return nil
}

func (c *Ceremony) allVerify(g given) error {
	for _, id := range g.who {
		s := g.texts[id]
		if err := audit.VerifySig(g.sigs[id], c.keys(id), s.Namespace, s.Text); err != nil {
			return &AnswerError{g.now.Step.ID, id, c.Person(id).Name, fmt.Errorf("%w: %w", ErrSignature, err)}
		}
	}
	return nil
}

// keyboardSigned wants whoever gets the keyboard after a break to be among
// those who sign in again; at people.signin a check sees to that.
func (c *Ceremony) keyboardSigned(g given) error {
	s := g.now.Step
	if id := g.text["keyboard"]; eventOf[s.ID] == audit.EvResume && !in(id, g.who) {
		return &AnswerError{s.ID, "keyboard", c.Person(id).Name, ErrNotSignedIn}
	}
	return nil
}

// accept holds the signatures given against the rules and keeps them as files.
// One that does not count refuses them all; nothing is recorded.
func (c *Ceremony) accept(now Now, text map[string]string, sigs map[string][]byte) ([]audit.SignedBy, error) {
	g := given{now, text, map[string]Signing{}, sigs, slices.Sorted(maps.Keys(sigs))}
	for _, s := range c.Statements(text) {
		g.texts[s.Person] = s
	}
	for _, rule := range sigRules {
		if err := rule.see(c, g); err != nil {
			return nil, err
		}
	}
	out, err := c.keep(g.texts, g.who, sigs)
	if err != nil {
		c.dead = fmt.Errorf("%w: %w", ErrNotRecorded, err)
	}
	return out, c.dead
}

// keep writes statements and signatures beside the log.
func (c *Ceremony) keep(texts map[string]Signing, who []string, sigs map[string][]byte) ([]audit.SignedBy, error) {
	var out []audit.SignedBy
	for _, id := range who {
		s := texts[id]
		st, err := audit.ParseStatement(s.Text)
		if err != nil {
			return nil, err
		}
		if err := c.write(s.File, s.Text); err != nil {
			return nil, err
		}
		if err := c.write(audit.SigName(s.File), sigs[id]); err != nil {
			return nil, err
		}
		out = append(out, audit.SignedBy{Person: id, File: s.File, SHA256: digest.Of(s.Text), Sig: digest.Of(sigs[id]), Action: st.Action})
	}
	return out, nil
}

// keys are the keys with which a person may sign at this machine.
func (c *Ceremony) keys(id string) []ssh.PublicKey { return c.onRoster(id).KeysAt(c.side) }

// quorum sees to it that enough people signed.
func (c *Ceremony) quorum(now Now, text map[string]string, who []string) error {
	wanted := map[Role]int{}
	s := now.Step
	switch {
	case s.Sign != nil && s.Sign.Present:
		if len(who) < len(now.Sign) {
			return &AnswerError{s.ID, "signatures", "Signatures", fmt.Errorf("%w: %d of %d", ErrTooFew, len(who), len(now.Sign))}
		}
	case s.Sign != nil:
		wanted = c.plan.Policy().Quorum
	case s == stepException || s == stepStop || s == stepPeople:
		wanted[operator], wanted[internalWitness] = 1, 1
		if id := text["comes"]; s == stepPeople && id != "" {
			if !in(id, who) {
				return &AnswerError{s.ID, "comes", c.Person(id).Name, ErrNotSignedIn}
			}
			// Who comes signs in, and approves nothing.
			who = slices.DeleteFunc(slices.Clone(who), func(w string) bool { return w == id })
		}
	case len(now.Sign) > 0 && len(who) == 0:
		return &AnswerError{s.ID, "signatures", "Approval", ErrNoApproval}
	}
	if len(s.Approves) > 0 && !c.state.stopped && anytime[s.ID] == nil {
		// People may have left since they signed in.
		if err := c.enoughRoles(s.ID, c.plan.Policy().Quorum, c.ids()); err != nil {
			return err
		}
	}
	return c.enoughRoles(s.ID, wanted, who)
}

func (c *Ceremony) enoughRoles(step string, wanted map[Role]int, who []string) error {
	have := map[Role]int{}
	for _, id := range who {
		have[c.Person(id).Role]++
	}
	for _, role := range slices.Sorted(maps.Keys(wanted)) {
		if have[role] < wanted[role] {
			return &AnswerError{step, "signatures", "Signatures", fmt.Errorf("%w: %d of %d for the role %s", ErrQuorum, have[role], wanted[role], role)}
		}
	}
	return nil
}
