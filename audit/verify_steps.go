package audit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// A Must is a step that the record of a complete ceremony has.
type Must struct {
	Stage, Step string
	Key         string   // the target key, "" if the step is not per key
	Or          string   // another step that may stand for it; "" if none
	Unless      string   // a fact of an earlier attempt that excuses it
	Approves    []string // roles, one of whose people must have approved it; nil if nobody has to
	Signs       string   // the action that each of them signs for, as operators for the own code
	Signer      string   // the role of those
	Least       int      // how many of them at the least
}

// stageLogs says in which log the people of each stage sign in and act.
var stageLogs = []struct{ stage, log string }{{"prepare", "online.log"}, {"wrap", "offline.log"}, {"import", "online.2.log"}}

// stepsDone holds the record against the steps that the plan makes necessary:
// a quorum that signs a record with a step left out does not make it complete.
// A log says by which list of steps it was led, and this program knows what was
// in that list. A list that it does not know is never taken for done.
func (c *checker) stepsDone(f *finding) {
	var older []string
	for _, s := range stageLogs {
		l := c.logs[s.log]
		if l == nil || l.err != nil {
			continue
		}
		if led := l.open.List(); led < len(c.policy.Steps) {
			older = append(older, fmt.Sprintf("%s by the list of steps %d", s.log, led))
		}
		c.stageDone(f, s.stage, l)
	}
	f.note = strings.Join(older, ", ")
}

func (c *checker) stageDone(f *finding, stage string, l *logFacts) {
	led := l.open.List()
	if known := len(c.policy.Steps); led > known {
		f.bad("%s was led by the list of steps %d, and this program knows up to %d: verify it with the version that made it, or a later one", l.name, led, known)
		return
	}
	if !c.saysComplete() {
		return
	}
	ended, carried := c.over()
	if c.mayCarry() {
		for _, m := range c.policy.Steps[led-1] {
			carried[m.Unless] = carried[m.Unless] || !ended[stepAt{m.Stage, m.Step, m.Key}]
		}
	}
	var before []Must
	for _, m := range c.policy.Steps[led-1] {
		if m.Stage != stage {
			continue
		}
		done := ended[stepAt{m.Stage, m.Step, m.Key}] || m.Or != "" && ended[stepAt{m.Stage, m.Or, m.Key}]
		switch late := l.late(m, before, carried); {
		case m.Unless != "" && carried[m.Unless]:
		case !done:
			f.bad("%s: %s was never done", m.Stage, strings.TrimSpace(m.Step+" "+m.Key))
		case m.Approves != nil && !c.approved(l, m):
			f.bad("%s: nobody who may approved %s before it was done", m.Stage, strings.TrimSpace(m.Step+" "+m.Key))
		case m.Signs != "" && c.signed(m) < m.Least:
			f.bad("%s: at %s %d of the role %s signed %q, fewer than %d", m.Stage, m.Step, c.signed(m), m.Signer, m.Signs, m.Least)
		case len(late) > 0:
			f.bad("%s: %s was done before %s", m.Stage, strings.TrimSpace(m.Step+" "+m.Key), list(late))
		}
		before = append(before, m)
	}
}

// mayCarry reports whether what an earlier attempt did may stand where a log
// cannot be read.
func (c *checker) mayCarry() bool {
	for _, l := range c.logs {
		if l.err != nil && l.carried == nil && (l.head.Seq < 0 || l.open.Attempt > 1) {
			return true
		}
	}
	return false
}

// late lists the steps that the list has before one which people approve, and
// the log after it: what was confirmed when it was too late held nothing up.
func (l *logFacts) late(m Must, before []Must, carried map[string]bool) (late []string) {
	act, acted := l.acted[stepAt{m.Stage, m.Step, m.Key}]
	if m.Approves == nil || !acted {
		return nil
	}
	for _, b := range before {
		if b.Step == m.Step || b.Unless != "" && carried[b.Unless] || l.endedBefore(act, b.Stage, b.Step, b.Key) || l.endedBefore(act, b.Stage, b.Or, b.Key) {
			continue
		}
		late = append(late, strings.TrimSpace(b.Step+" "+b.Key))
	}
	return late
}

func (l *logFacts) endedBefore(seq int, stage, step, key string) bool {
	end, ok := l.ended[stepAt{stage, step, key}]
	return step != "" && ok && end < seq
}

// approved wants one person of a role that may to have signed for this key
// before it was done, and statementSignatures saw to it that it is not the one
// who acted.
func (c *checker) approved(l *logFacts, m Must) bool {
	act, acted := l.acted[stepAt{m.Stage, m.Step, m.Key}]
	return slices.ContainsFunc(c.of(m), func(s signedRecord) bool {
		p, _ := c.policy.Roster.Find(s.Person)
		return acted && s.log == l.name && s.seq < act && s.ev == EvApprove && isApproval(s.Action) && slices.Contains(m.Approves, p.Role) && c.statements[s.File].isAbout(m.Key)
	})
}

// isAbout says whether a statement names a target key among its subjects: a
// batch lists every key.
func (s Statement) isAbout(key string) bool {
	return key == "" || slices.ContainsFunc(s.Subjects, func(subject string) bool {
		return subject == "key "+key || strings.HasPrefix(subject, "key "+key+" ")
	})
}

// signed counts the people of a role who signed for themselves.
func (c *checker) signed(m Must) int {
	people := map[string]bool{}
	for _, s := range c.of(m) {
		if p, _ := c.policy.Roster.Find(s.Person); s.ev != EvFail && s.Action == m.Signs && p.Role == m.Signer {
			people[p.ID] = true
		}
	}
	return len(people)
}

// of lists the statements that hold of one step, over all logs.
func (c *checker) of(m Must) (out []signedRecord) {
	for _, l := range c.logs {
		for _, s := range l.signed {
			if s.stage == m.Stage && s.step == m.Step && c.verified[s.File] {
				out = append(out, s)
			}
		}
	}
	return out
}

// saysComplete reports whether the last log claims a complete ceremony.
func (c *checker) saysComplete() bool {
	l := c.logs["online.2.log"]
	return l != nil && l.close != nil && l.close.Outcome != OutcomeIncomplete
}

// over gathers from all logs what was done and carried over.
func (c *checker) over() (ended map[stepAt]bool, carried map[string]bool) {
	ended, carried = map[stepAt]bool{}, map[string]bool{}
	for _, l := range c.logs {
		for at := range l.ended {
			ended[at] = true
		}
		for fact := range l.carried {
			carried[fact] = true
		}
	}
	return ended, carried
}

// stepAt is one doing of a step.
type stepAt struct{ stage, step, key string }

// addDone keeps which steps ended, and what an earlier attempt carried over: a
// first attempt has nothing to carry.
func (l *logFacts) addDone(r Record) error {
	at := stepAt{r.Stage, r.Step, r.Key}
	l.ended, l.acted = first(l.ended, at, r.Seq), first(l.acted, at, r.Seq)
	if r.Step != "ceremony.attempt" || l.open.Attempt < 2 {
		return nil
	}
	var d struct {
		Facts map[string]jsontext.Value `json:"facts"`
	}
	err := json.Unmarshal(r.Data, &d)
	l.carried = map[string]bool{}
	for fact := range d.Facts {
		l.carried[fact] = true
	}
	return err
}
