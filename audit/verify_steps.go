package audit

import (
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// A Must is a step that the record of a complete ceremony has.
type Must struct {
	Stage, Step string
	Key         string // the target key, "" if the step is not per key
	Or          string // another step that may stand for it
	Unless      string // a fact of an earlier attempt that excuses it
	Approved    bool   // somebody must have approved it
}

// stepsDone holds the record against the steps that the plan makes necessary:
// a quorum that signs a record with a step left out does not make it complete.
// A log says by which list of steps it was led, and this program knows what was
// in that list. A list that it does not know is never taken for done.
func (c *checker) stepsDone(f *finding) {
	var older []string
	for _, s := range []struct{ stage, log string }{{"prepare", "online.log"}, {"wrap", "offline.log"}, {"import", "online.2.log"}} {
		l := c.logs[s.log]
		if l == nil || l.err != nil {
			continue
		}
		if list := l.open.List(); list < len(c.policy.Steps) {
			older = append(older, fmt.Sprintf("%s by the list of steps %d", s.log, list))
		}
		c.stageDone(f, s.stage, l)
	}
	f.note = strings.Join(older, ", ")
}

func (c *checker) stageDone(f *finding, stage string, l *logFacts) {
	list := l.open.List()
	if known := len(c.policy.Steps); list > known {
		f.bad("%s was led by the list of steps %d, and this program knows up to %d: verify it with the version that made it, or a later one", l.name, list, known)
		return
	}
	if !c.saysComplete() {
		return
	}
	ended, approved, carried := c.did()
	for _, m := range c.policy.Steps[list-1] {
		if m.Stage != stage {
			continue
		}
		at := stepAt{m.Stage, m.Step, m.Key}
		switch {
		case m.Unless != "" && carried[m.Unless]:
		case !ended[at] && !ended[stepAt{m.Stage, m.Or, m.Key}]:
			f.bad("%s: %s was never done", Visible(m.Stage), strings.TrimSpace(Visible(m.Step)+" "+m.Key))
		case m.Approved && !approved[stepAt{m.Stage, m.Step, ""}]:
			f.bad("%s: nobody approved %s", Visible(m.Stage), Visible(m.Step))
		}
	}
}

// saysComplete reports whether the last log claims a complete ceremony.
func (c *checker) saysComplete() bool {
	l := c.logs["online.2.log"]
	return l != nil && l.close != nil && l.close.Outcome != OutcomeIncomplete
}

// did gathers from all logs what was done, approved and carried over.
func (c *checker) did() (ended, approved map[stepAt]bool, carried map[string]bool) {
	ended, approved, carried = map[stepAt]bool{}, map[stepAt]bool{}, map[string]bool{}
	for _, l := range c.logs {
		for at := range l.ended {
			ended[at] = true
		}
		for at := range l.approved {
			approved[at] = true
		}
		for fact := range l.carried {
			carried[fact] = true
		}
	}
	return ended, approved, carried
}

// stepAt is one doing of a step.
type stepAt struct{ stage, step, key string }

// addDone keeps which steps ended, and what an earlier attempt carried over.
func (l *logFacts) addDone(r Record) error {
	l.ended = add(l.ended, stepAt{r.Stage, r.Step, r.Key})
	if r.Step != "ceremony.attempt" {
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
