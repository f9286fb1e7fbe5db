package audit

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/keyceremony/ceremony/digest"
)

// statementForm wants every statement readable in its only form, under the
// name that it gives itself, with a signature beside it.
func (c *checker) statementForm(f *finding) {
	c.statements = map[string]Statement{}
	for _, e := range c.entries {
		base := strings.TrimSuffix(e.Name, ".sig")
		if !statementNames.MatchString(base) {
			continue
		}
		if _, ok := c.texts[base]; !ok {
			f.bad("%s has no statement", e.Name)
			continue
		}
		if _, ok := c.texts[SigName(base)]; !ok {
			f.bad("%s has no signature", base)
		}
		if base != e.Name {
			continue
		}
		s, err := ParseStatement(c.texts[base])
		if err == nil && base != StatementName(s.Head.Log, s.Head.Seq+1, s.Step, s.Person) {
			err = errors.New("says another log, record, step or person than its name")
		}
		if err != nil {
			f.bad("%s: %v", base, err)
			continue
		}
		c.statements[base] = s
	}
	f.note = fmt.Sprintf("%d statements", len(c.statements))
}

// statementSignatures wants each statement that a record names to be signed by
// that person, over a text that belongs to that record, and used once.
func (c *checker) statementSignatures(f *finding) {
	c.verified = map[string]bool{}
	c.markAbsent()
	used, nonces := map[string]bool{}, map[[32]byte]bool{}
	for _, l := range c.sortedLogs() {
		for _, s := range l.signed {
			err := c.statement(l, s)
			st := c.statements[s.File]
			switch {
			case err != nil:
			case used[s.File]:
				err = errors.New("the statement was used before")
			case nonces[st.Nonce]:
				err = errors.New("the nonce was used before")
			}
			if err != nil {
				f.bad("%s, record %d, %s by %s: %v", l.name, s.seq, Visible(s.Action), Visible(s.Person), err)
				continue
			}
			used[s.File], nonces[st.Nonce], c.verified[s.File] = true, true, true
		}
	}
	f.note = fmt.Sprintf("%d signed statements", len(c.verified))
	if n := len(c.statements) - len(used); n > 0 && len(f.wrong) == 0 {
		f.note += fmt.Sprintf(", and %d that no record names", n)
	}
}

// statement checks one statement of a record: files, person, signature, text.
func (c *checker) statement(l *logFacts, s signedRecord) error {
	text, sig := c.texts[s.File], c.texts[SigName(s.File)]
	st, ok := c.statements[s.File]
	if !ok {
		return fmt.Errorf("no statement %s", Visible(s.File))
	}
	if digest.Of(text) != s.SHA256 || digest.Of(sig) != s.Sig {
		return errors.New("statement or signature are not those of the record")
	}
	p, ok := c.policy.Roster.Find(s.Person)
	if !ok {
		return errors.New("nobody in the plan")
	}
	if isApproval(s.Action) && isAct(s.ev) && slices.Contains(s.actor, s.Person) {
		return errors.New("the person who acts approves")
	}
	if s.absent {
		return errors.New("who approves has left, or has not signed in since a pause or a crash")
	}
	if err := c.verifySig(sig, p.KeysAt(l.side), actionNamespace(s.Action, c.policy.Mode), text); err != nil {
		return err
	}
	return c.belongs(l, s, st, p)
}

// isAct says whether a record's actors do what its statements approve. In an
// exception and a stop they only type what others have decided.
func isAct(ev string) bool { return ev != EvException && ev != EvStop }

// belongs compares what a statement says with the record that uses it.
func (c *checker) belongs(l *logFacts, s signedRecord, st Statement, p Person) error {
	wanted := []struct{ name, said, want string }{
		{"mode", st.Mode, c.policy.Mode},
		{"ceremony", st.Ceremony, Visible(c.ceremonyOf(l, st))},
		{"stage", st.Stage, Visible(s.stage)},
		{"step", st.Step, Visible(s.step)},
		{"action", st.Action, Visible(s.Action)},
		{"role", st.Role, Visible(p.Role)},
		{"person", st.Person, Visible(p.ID)},
		{"log", st.Head.Log, l.name},
		{"attempt", fmt.Sprint(st.Attempt), fmt.Sprint(l.open.Attempt)},
	}
	for _, w := range wanted {
		if w.said != w.want {
			return fmt.Errorf("%s is %s, not %s", w.name, w.said, w.want)
		}
	}
	if err := c.sameRun(s, st); err != nil {
		return err
	}
	if d, ok := l.headAt(st.Head.Seq); !ok || st.Head.Seq >= s.seq || d != st.Head.SHA256 {
		return errors.New("its head is not one that the log had before the record")
	}
	return nil
}

// ceremonyOf is the ceremony that a statement has to name: that of the plan.
// Where the plan is not the one of the log, that is what plan.digest says, and
// a statement only has to fit its log.
func (c *checker) ceremonyOf(l *logFacts, st Statement) string {
	if !l.begun() || l.cer == c.policy.Ceremony || st.Ceremony != Visible(l.cer) {
		return c.policy.Ceremony
	}
	c.doubt("plan.toml, which is not the plan of the logs: see plan.digest", "the ceremony that statements name is not that of the plan")
	return l.cer
}

// sameRun wants a statement to name the run of the ceremony, but where it was
// not known yet.
func (c *checker) sameRun(s signedRecord, st Statement) error {
	if st.Run == "-" && s.mayLackRun {
		return nil
	}
	if c.logs["online.log"] == nil {
		c.doubt(c.absent("online.log"), "the run of the ceremony is not known from its first log")
	}
	run, known := c.run()
	switch {
	case known && st.Run != Visible(run):
		return fmt.Errorf("run is %s, not %s", st.Run, Visible(run))
	case !known && st.Run == "-":
		return errors.New("run is -, where it was known")
	}
	return nil
}

// run is the ceremony's, made at its first sitting and named by each later log
// of that side, so that the others tell where the first cannot be read.
func (c *checker) run() (run string, known bool) {
	for _, name := range []string{"online.log", "online.2.log"} {
		if l := c.logs[name]; l != nil && l.err == nil {
			return l.open.Run, true
		}
	}
	return "", false
}

// doubt adds to what every later rule over records rests on.
func (c *checker) doubt(on, text string) {
	if d := (Finding{text, on}); !slices.Contains(c.doubts, d) {
		c.doubts = append(c.doubts, d)
	}
}

// signinQuorum wants the quorum of each role to have signed in wherever people
// signed in, also after a pause or a crash, and every stage but a stopped one
// to begin so.
func (c *checker) signinQuorum(f *finding) {
	stages := map[string]bool{}
	for _, l := range c.sortedLogs() {
		by := c.did(l, func(action string) bool { return action == ActionSignIn })
		for _, m := range l.moves {
			stages[m.stage] = stages[m.stage] || m.ev == EvEnd
			if m.ev == EvEnd || m.ev == EvResume {
				c.quorumAt(f, m.place, by[m.seq])
			}
		}
	}
	for _, s := range stageLogs {
		if l := c.logs[s.log]; !stages[s.stage] && (l == nil || l.err == nil) {
			f.lack("nobody signed in for %s", s.stage)
		}
	}
}

// quorumAt counts those who signed in with one record. A step only ends with
// the quorum, so fewer is wrong and not merely missing.
func (c *checker) quorumAt(f *finding, at place, signed map[string]bool) {
	var q finding
	c.quorum(&q, signed)
	for _, lacking := range q.lacking {
		f.bad("%s, record %d: %s", at.log, at.seq, lacking)
	}
}

// did gathers who signed for some actions, by record. Once for a log: a hostile
// one has tens of thousands of records that ask.
func (c *checker) did(l *logFacts, action func(string) bool) map[int]map[string]bool {
	by := map[int]map[string]bool{}
	for _, s := range l.signed {
		if !action(s.Action) || !c.verified[s.File] {
			continue
		}
		if by[s.seq] == nil {
			by[s.seq] = map[string]bool{}
		}
		by[s.seq][s.Person] = true
	}
	return by
}

// exceptionsApproved wants every check of class exception over which a step
// ended to be named in an exception after it, and every exception to be signed
// by an operator and the internal witness.
func (c *checker) exceptionsApproved(f *finding) {
	for _, l := range c.sortedLogs() {
		by, last := c.did(l, isApproval), map[string]int{} // last exception for a check
		for _, e := range l.excepted {
			if !c.has(by[e.seq], "operator") || !c.has(by[e.seq], "internal witness") {
				f.bad("%s, record %d: the exception is not signed by an operator and an internal witness", l.name, e.seq)
			}
			for _, id := range e.checks {
				last[id] = e.seq
			}
		}
		for _, check := range l.checks {
			if check.Class != ClassException || last[check.ID] > check.seq {
				continue
			}
			if l.err != nil {
				f.lack("%s, record %d: %s has no exception that can be read", l.name, check.seq, Visible(check.ID))
				continue
			}
			if l.stopped || !l.closed() {
				f.lack("%s, record %d: %s has no exception", l.name, check.seq, Visible(check.ID))
				continue
			}
			f.bad("%s, record %d: %s has no exception", l.name, check.seq, Visible(check.ID))
		}
	}
}

// has says whether somebody of a role is among people.
func (c *checker) has(people map[string]bool, role string) bool {
	for id := range people {
		if p, _ := c.policy.Roster.Find(id); p.Role == role {
			return true
		}
	}
	return false
}

// signoff wants each person who signed off to have said one thing, and the
// last log to name exactly those who do not agree.
func (c *checker) signoff(f *finding) {
	l := c.logs["online.2.log"]
	switch {
	case l == nil:
		f.lack("nobody signed off")
		return
	case l.err == nil && l.close == nil:
		f.lack("%s is not closed, so that nobody's sign-off counts", l.name)
		return
	}
	for _, s := range l.signed {
		if s.Action != ActionSignOff || !c.verified[s.File] {
			continue
		}
		agrees, ok := saidSignoff(c.statements[s.File].Subjects)
		if !ok {
			f.bad("%s does not say one of %q and %q", s.File, SubjectAgrees, SubjectDisagrees)
		} else if !agrees {
			c.disagree = append(c.disagree, s.Person)
		}
	}
	slices.Sort(c.disagree)
	c.disagree = slices.Compact(c.disagree)
	f.note = fmt.Sprintf("%d do not agree", len(c.disagree))
	if l.close == nil {
		return
	}
	said := slices.Sorted(slices.Values(l.close.Disagree))
	if !slices.Equal(said, c.disagree) {
		f.bad("%s says that %q do not agree, the statements %q", l.name, said, c.disagree)
	}
}

// saidSignoff finds the one subject that says whether the person agrees.
func saidSignoff(subjects []string) (agrees, ok bool) {
	n := 0
	for _, s := range subjects {
		word, _, _ := strings.Cut(s, ": ")
		if word == SubjectAgrees || word == SubjectDisagrees {
			n++
			agrees = word == SubjectAgrees
		}
	}
	return agrees, n == 1
}
