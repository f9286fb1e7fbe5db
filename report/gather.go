package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/crypto/ssh"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/durable"
	"github.com/keyceremony/ceremony/plan"
	"github.com/keyceremony/ceremony/steps"
)

// This file reads the logs once for what stands before and after the timeline.

// A Transcript is what a folder's record says: everything that stands on its
// pages, but for the timeline, which is read anew each time it is drawn.
type Transcript struct {
	Plan       *plan.Plan
	Verdict    audit.Verdict
	Code       digest.SHA256 // of the manifest, or what stands for it
	CodeOf     string        // its name
	Exceptions []Exception
	NotMade    []Finding // checks that could not be made
	Failed     []Finding // notes that did not hold
	Against    []Dissent // people who do not agree

	dir    string
	logs   []*logFacts
	people map[string]plan.Person
	steps  map[string]*refs // where a step ended, by id
	events map[string]*refs // where an event is
	fails  map[string]int   // how often a step did not hold
	signed map[string]bool  // PERSON STAGE: signed in
	said   map[string]string
	checks map[point]audit.Check // of target keys, by key and id
	asked  map[point]bool        // heads that are named
	seals  map[string][]string   // who signed, by file
	lists  map[string]audit.Manifest

	confirmed []string // who signed for the KEK's code
	origin    string   // result of kek.origin
	originAt  *refs    // where that was looked at
}

// logFacts is one log.
type logFacts struct {
	Name        string
	Open        audit.Open
	Close       *audit.Close
	Head        audit.Head
	First, Last time.Time
	Src         string
	ErrS        *int64
	Bad         error
	facts       map[string]jsontext.Value
}

// An Exception is one as the first page has it.
type Exception struct {
	Ref Ref
	audit.Exception
	By []string
}

// A Finding is a check that did not hold.
type Finding struct {
	Ref Ref
	audit.Check
	Key string
}

// A Dissent is what somebody says who does not agree.
type Dissent struct{ Name, Why string }

// A Ref names a record: Text for people, ID for links.
type Ref struct{ ID, Text string }

func refTo(log string, seq int) Ref {
	stem := strings.TrimSuffix(log, ".log")
	return Ref{fmt.Sprintf("r-%s-%d", stem, seq), fmt.Sprintf("%s %d", stem, seq)}
}

// refs are some records and how many there are.
type refs struct {
	First []Ref // at most maxRefs
	N     int
}

const maxRefs = 8

func (r *refs) More() int { return r.N - len(r.First) }

func count(in map[string]*refs, id, log string, seq int) {
	r := in[id]
	if r == nil {
		r = &refs{}
		in[id] = r
	}
	if r.N++; len(r.First) < maxRefs {
		r.First = append(r.First, refTo(log, seq))
	}
}

// gather reads everything that the page has before its timeline.
func gather(d *durable.Dir, p *plan.Plan, v audit.Verdict) (*Transcript, error) {
	t := &Transcript{
		Plan: p, Verdict: v, dir: d.Path(), people: map[string]plan.Person{}, steps: map[string]*refs{}, events: map[string]*refs{},
		fails: map[string]int{}, signed: map[string]bool{}, said: map[string]string{}, checks: map[point]audit.Check{},
		asked: map[point]bool{}, seals: map[string][]string{}, lists: map[string]audit.Manifest{},
	}
	for _, person := range p.People {
		t.people[person.ID] = person
	}
	names, err := logNames(d)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if err := t.readLog(d, name); err != nil {
			return nil, err
		}
	}
	if len(t.logs) == 0 {
		return nil, fmt.Errorf("the folder has no log: %w", audit.ErrNoRecords)
	}
	t.code(d)
	t.signatures(d)
	return t, nil
}

func (t *Transcript) readLog(d *durable.Dir, name string) error {
	f, _, err := d.OpenFile(name)
	if err != nil {
		return err
	}
	defer f.Close()
	l := &logFacts{Name: name, facts: map[string]jsontext.Value{}}
	t.logs = append(t.logs, l)
	l.Head, l.Bad = audit.ReadLogFrom(f, name, func(r audit.Record) error { return t.add(l, r) })
	return nil
}

// add takes what the page needs from one record.
func (t *Transcript) add(l *logFacts, r audit.Record) error {
	if r.Seq == 0 {
		l.First = r.Wall
	}
	l.Last, l.Src, l.ErrS = r.Wall, r.Src, r.ErrS
	for _, h := range linksOf(l.Name, r) {
		t.asked[point{h.Log, h.Seq}] = true
	}
	count(t.events, r.Ev, l.Name, r.Seq)
	switch r.Ev {
	case audit.EvOpen:
		return json.Unmarshal(r.Data, &l.Open)
	case audit.EvEnd:
		return t.addEnd(l, r)
	case audit.EvFail:
		t.fails[r.Step]++
	case audit.EvException:
		e := Exception{Ref: refTo(l.Name, r.Seq)}
		err := json.Unmarshal(r.Data, &e.Exception)
		e.By = t.names(e.Statements)
		t.Exceptions = append(t.Exceptions, e)
		return err
	case audit.EvResume, audit.EvApprove:
		if isReturn(r) {
			count(t.steps, r.Step, l.Name, r.Seq)
		}
		var n audit.Note
		err := json.Unmarshal(r.Data, &n)
		t.addSigned(r, n.Statements)
		return err
	case audit.EvClose:
		l.Close = new(audit.Close)
		return json.Unmarshal(r.Data, l.Close)
	}
	return nil
}

func (t *Transcript) addEnd(l *logFacts, r audit.Record) error {
	var e audit.End
	if err := json.Unmarshal(r.Data, &e); err != nil {
		return err
	}
	count(t.steps, r.Step, l.Name, r.Seq)
	t.addSigned(r, e.Statements)
	if r.Step == "kek.confirm" {
		t.confirmed = t.names(e.Statements)
	}
	for name, value := range e.Facts {
		if kept(name) {
			l.facts[name] = slices.Clone(value)
		}
	}
	for _, c := range e.Checks {
		t.addCheck(Finding{refTo(l.Name, r.Seq), c, r.Key})
	}
	for _, p := range t.Plan.People {
		if e.Answers["agree."+p.ID] == audit.SubjectDisagrees {
			t.Against = append(t.Against, Dissent{p.Name, e.Answers["reason."+p.ID]})
		}
		if said := e.Answers["agree."+p.ID]; said != "" {
			t.said[p.ID] = said
		}
	}
	return nil
}

func (t *Transcript) addCheck(f Finding) {
	if f.ID == "kek.origin" {
		t.origin, t.originAt = f.Result, &refs{First: []Ref{f.Ref}, N: 1}
	}
	if f.Key != "" && strings.HasPrefix(f.ID, "target.") {
		if _, planned := t.planned(f.Key); planned {
			t.checks[point{log: f.Key + " " + f.ID}] = f.Check
		}
	}
	switch {
	case f.Result == audit.ResultNotChecked:
		t.NotMade = append(t.NotMade, f)
	case f.Result != audit.ResultHolds && f.Class != audit.ClassException:
		t.Failed = append(t.Failed, f)
	}
}

func (t *Transcript) addSigned(r audit.Record, signed []audit.SignedBy) {
	for _, s := range signed {
		if s.Action == audit.ActionSignIn {
			t.signed[s.Person+" "+r.Stage] = true
		}
	}
}

func (t *Transcript) planned(key string) (plan.Key, bool) {
	i := slices.IndexFunc(t.Plan.Keys, func(k plan.Key) bool { return k.Name == key })
	if i < 0 {
		return plan.Key{}, false
	}
	return t.Plan.Keys[i], true
}

// kept says which facts the page shows.
func kept(name string) bool {
	for _, p := range []string{"kek.", "hsm.", "vault.info", "target/", "carried.", "blob/", "challenge/", "imported/", "target.proof/"} {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

// fact reads a fact into v, from the first log that has it: what the HSM room
// recorded counts before what the other machine says of it.
func (t *Transcript) fact(v any, names ...string) bool {
	for _, name := range names {
		for _, l := range t.logs {
			if raw, ok := l.facts[name]; ok && json.Unmarshal(raw, v) == nil {
				return true
			}
		}
	}
	return false
}

func (t *Transcript) log(name string) *logFacts {
	for _, l := range t.logs {
		if l.Name == name {
			return l
		}
	}
	return nil
}

// code chooses what stands on every page: the code of the last manifest, or
// that of a log where there is none yet.
func (t *Transcript) code(d *durable.Dir) {
	for _, name := range []string{audit.SealFinal, audit.SealOffline, audit.SealPrepare} {
		b, err := d.Read(name, audit.MaxFile)
		if err != nil {
			continue
		}
		if t.CodeOf == "" {
			t.Code, t.CodeOf = digest.Of(b), name
		}
		if m, err := audit.ParseManifest(b); err == nil {
			t.lists[name] = m
		}
	}
	if t.CodeOf == "" && len(t.logs) > 0 {
		last := t.logs[len(t.logs)-1]
		t.Code, t.CodeOf = last.Head.SHA256, last.Name
	}
}

// signatures verifies who signed the plan and each manifest.
func (t *Transcript) signatures(d *durable.Dir) {
	mode, policy := t.Plan.Mode(), t.Plan.Policy()
	for _, of := range []struct{ file, namespace, side string }{
		{"plan.toml", audit.PlanNamespace(mode), ""},
		{audit.SealPrepare, audit.SealNamespace(audit.SealPrepare, mode), "online"},
		{audit.SealOffline, audit.SealNamespace(audit.SealOffline, mode), "offline"},
		{audit.SealFinal, audit.SealNamespace(audit.SealFinal, mode), "online"},
	} {
		text, err := d.Read(of.file, audit.MaxFile)
		if err != nil {
			continue // the rules say that it is missing
		}
		everybody := policy.Roster
		if policy.SealKey != nil && of.file == audit.SealOffline {
			everybody = append(slices.Clone(everybody), audit.Person{ID: audit.SealKeyID, Keys: []ssh.PublicKey{policy.SealKey}})
		}
		for _, p := range everybody {
			keys := p.Keys
			if of.side != "" {
				keys = p.KeysAt(of.side)
			}
			sig, err := d.Read(audit.SignedName(of.file, p.ID), audit.MaxLine)
			if err == nil && audit.VerifySig(sig, keys, of.namespace, text) == nil {
				t.seals[of.file] = append(t.seals[of.file], p.ID)
			}
		}
	}
}

// person is how the page names somebody: by the name in the plan.
func (t *Transcript) person(id string) string {
	if p, ok := t.people[id]; ok {
		return p.Name
	}
	if id == audit.SealKeyID {
		return "the HSM"
	}
	return id + " (nobody in the plan)"
}

func (t *Transcript) names(signed []audit.SignedBy) []string {
	var out []string
	for _, s := range signed {
		out = append(out, t.person(s.Person))
	}
	return out
}

// title names a step, and the key that it is about.
func title(step, key string) string {
	text := steps.Title(step)
	if text == "" {
		text = step
	}
	if key != "" {
		text += ", " + key
	}
	return text
}
