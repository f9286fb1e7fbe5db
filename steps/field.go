package steps

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/plan"
)

// Kind is how a field is supplied.
type Kind string

// The kinds of fields.
const (
	Text   Kind = "text"
	Secret Kind = "secret" // handed to Do alone, wiped after; never recorded
	Choice Kind = "choice"
	Code   Kind = "code" // 35 digits typed blind, in 7 groups of 5
	Word   Kind = "word" // a word typed exactly
	Time   Kind = "time" // date and time of day; UTC where no zone stands with it
	Folder Kind = "folder"
	File   Kind = "file" // the path of a file to read
	Person Kind = "person"

	Send    Kind = "send"    // what Ceremony.Sending gives is shown as codes; the answer is the SHA-256 of the message
	Receive Kind = "receive" // codes go into Ceremony.Receiving; the answer is the SHA-256 of the message
)

// A Field is one thing that people supply or attest.
type Field struct {
	Name, Label string
	Kind        Kind
	Options     []string
	Optional    bool
	Blind       bool                                            // the value to compare with is never on this screen
	Example     string                                          // hint in the window, line in the script
	Exact       string                                          // Word: what must be typed
	Only        func(name string, soFar map[string]string) bool // nil: always asked; else by the answers so far
	Late        func(*Ceremony) bool                            // nil: from the start; else only when it makes sense
	Last        bool                                            // asked first, for others hang on it, and shown last: it is only the way out
	Way         string                                          // of a step that carries files: asked where they go this way, plan.USB or plan.QR
	FromFile    bool                                            // Secret: may be given as @FILE, because it has several lines
	Whose       Role                                            // Word, Code: on whose word it is typed, or who types it; "" = whoever has the keyboard

	Each    Role // one field for each person of this role, named NAME.PERSON
	Least   int  // Each: how many must be filled in; 0 = all
	EachKey bool // one field for each target key that has a public half, named NAME.KEY

	Valid  func(string) error
	Starts func(string) bool // whether what is not valid yet may become so when people type on; nil: by the kind

	whose, typist string // the same as names, where the ceremony knows them
}

// expand makes the fields that are asked in this ceremony.
func (f Field) expand(c *Ceremony) []Field {
	switch {
	case f.Late != nil && !f.Late(c):
		return nil
	case f.Each != "":
		return f.expandPeople(c)
	case f.EachKey:
		return f.expandKeys(slices.DeleteFunc(slices.Clone(c.plan.Keys), func(k plan.Key) bool { return !isUnproved(&Run{c: c}, k) }))
	case f.Kind == Person:
		f.Options = c.ids(f.Options...)
	case f.Kind == Word || f.Kind == Code:
		f.typist = c.Person(c.Keyboard()).Name
		if f.Whose != "" {
			f.whose = c.calledBy(f.Whose)
		}
	}
	return []Field{f}
}

// calledBy names those who are here in a role: "Inga Witness or Ivo Witness".
func (c *Ceremony) calledBy(role Role) string {
	var names []string
	for _, id := range c.ids(role) {
		names = append(names, c.Person(id).Name)
	}
	return strings.Join(names, " or ")
}

func (f Field) expandPeople(c *Ceremony) []Field {
	var out []Field
	roles := []Role{f.Each}
	if f.Each == everyone {
		roles = nil
	}
	ids := c.ids(roles...)
	for _, id := range ids {
		one := f
		one.Name, one.Label, one.Each = f.Name+"."+id, f.Label+" ("+c.Person(id).Name+")", ""
		one.Optional = f.Optional || f.Least > 0 && f.Least < len(ids)
		out = append(out, one)
	}
	return out
}

func (f Field) expandKeys(keys []plan.Key) []Field {
	var out []Field
	for _, k := range keys {
		if !hasPublic(k) {
			continue
		}
		one := f
		one.Name, one.Label, one.EachKey = f.Name+"."+k.Name, f.Label+" ("+k.Name+")", false
		out = append(out, one)
	}
	return out
}

// Hint says in words what form a field wants, "" where anything will do.
func (f Field) Hint() string {
	var hints []string
	switch {
	case f.Kind == Code && f.whose != "":
		hints = append(hints, f.whose+" types 35 digits in 7 groups, blind")
	case f.Kind == Code:
		hints = append(hints, "35 digits in 7 groups, typed blind")
	case f.Kind == Word && f.whose != "":
		hints = append(hints, "when "+f.whose+" says so, "+f.typing())
	case f.Kind == Word:
		hints = append(hints, f.typing())
	case f.Kind == Time:
		hints = append(hints, "as 2026-11-22 09:14:03")
	case f.Kind == Secret:
		hints = append(hints, "not shown, never recorded")
	case f.Kind == Send:
		hints = append(hints, "until the other machine has them all")
	case f.Kind == Receive:
		hints = append(hints, "in any order; nothing is lost by looking away")
	case f.Blind:
		hints = append(hints, "read it off: this screen does not show it")
	case f.Example != "":
		hints = append(hints, "as: "+f.Example)
	}
	if f.Name == insteadField {
		hints = append(hints, "choosing it makes an exception, on which people decide")
	}
	if f.Optional {
		hints = append(hints, "may be left out")
	}
	return strings.Join(hints, "; ")
}

// typing says who types a word, which is not always who answers for it.
func (f Field) typing() string {
	return cmp.Or(f.typist, "whoever has the keyboard") + " types " + f.Exact + ", exactly so"
}

// Asked reports whether the field is asked after the answers before it.
func (f Field) Asked(soFar map[string]string) bool { return f.Only == nil || f.Only(f.Name, soFar) }

// Check says what is wrong with an answer, or nil.
func (f Field) Check(v string) error {
	_, err := f.check(v)
	return err
}

// Begun reports whether an answer that is not right yet may become so when
// people type on. Nobody is told meanwhile that it is wrong.
func (f Field) Begun(v string) bool {
	switch {
	case f.Starts != nil:
		return f.Starts(v)
	case f.Kind == Word:
		return strings.HasPrefix(f.Exact, v)
	}
	return f.Kind == Time && beginsTime(v)
}

// beginsTime compares place by place with a time as people write it down.
func beginsTime(v string) bool {
	for i := range len(v) {
		same := i < len(time.DateTime) && v[i] == time.DateTime[i] || i == len(time.DateOnly) && v[i] == 'T'
		digits := i < len(time.DateTime) && isDigit(time.DateTime[i]) && isDigit(v[i])
		if !same && !digits {
			return false
		}
	}
	return len(v) < len(time.DateTime)
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }

// check validates one answer and returns it in its normal form.
func (f Field) check(v string) (string, error) {
	v = strings.TrimSpace(v)
	if v == "" {
		if f.Optional || f.Kind == Secret {
			return "", nil
		}
		return "", fmt.Errorf("nothing was entered")
	}
	if err := visible(v); err != nil {
		return "", err
	}
	v, err := f.normal(v)
	if err == nil && f.Valid != nil {
		err = f.Valid(v)
	}
	return v, err
}

func (f Field) normal(v string) (string, error) {
	switch f.Kind {
	case Code:
		return digest.ParseCode(v)
	case Word:
		if v != f.Exact {
			return "", fmt.Errorf("the word is %q, typed exactly so", f.Exact)
		}
	case Choice, Person:
		return v, among(v, f.Options)
	case Time:
		return normalTime(v)
	}
	return v, nil
}

// normalTime reads a time as people write it down, in UTC where it names no
// zone, and gives it in RFC 3339.
func normalTime(v string) (string, error) {
	for _, form := range []string{time.DateTime, "2006-01-02 15:04:05Z07:00"} {
		if t, err := time.Parse(form, strings.Replace(v, "T", " ", 1)); err == nil {
			return t.UTC().Format(time.RFC3339), nil
		}
	}
	return "", fmt.Errorf("a time looks like 2026-11-22 09:14:03")
}

func among(v string, options []string) error {
	for _, o := range options {
		if v == o {
			return nil
		}
	}
	return fmt.Errorf("it is one of: %s", strings.Join(options, ", "))
}

// Answers are what people gave for a step.
type Answers struct {
	Text   map[string]string
	Secret map[string][]byte // wiped by Do
	Sig    map[string][]byte // person → armored SSHSIG over the statement shown
}

// wipe clears the secrets.
func (a Answers) wipe() {
	for _, s := range a.Secret {
		clear(s)
	}
}

// An AnswerError says which field was not filled in rightly. Nothing was done
// and nothing was recorded.
type AnswerError struct {
	Step, Field, Label string
	Err                error
}

func (e *AnswerError) Error() string { return fmt.Sprintf("%s: %s: %v", e.Step, e.Label, e.Err) }
func (e *AnswerError) Unwrap() error { return e.Err }

// validate checks all answers against the fields and returns them normalised.
func validate(step string, fields []Field, a Answers) (map[string]string, error) {
	out := map[string]string{}
	known := map[string]bool{}
	filled := map[string]int{}
	for _, f := range fields {
		if !f.Asked(out) {
			continue
		}
		known[f.Name] = true
		if f.Kind == Secret {
			continue
		}
		v, err := f.check(a.Text[f.Name])
		if err != nil {
			return nil, &AnswerError{step, f.Name, f.Label, err}
		}
		if v != "" {
			out[f.Name] = v
			filled[base(f.Name)]++
		}
	}
	for name := range a.Text {
		if !known[name] {
			return nil, &AnswerError{step, name, name, fmt.Errorf("this step asks no such thing, or not after the other answers")}
		}
	}
	return out, enough(step, fields, filled)
}

// enough sees to it that as many people answered as the step wants.
func enough(step string, fields []Field, filled map[string]int) error {
	for _, f := range fields {
		if n := filled[base(f.Name)]; f.Least > 0 && n < f.Least {
			return &AnswerError{step, f.Name, f.Label, fmt.Errorf("%d of at least %d people answered", n, f.Least)}
		}
	}
	return nil
}

// base is a field's name without the person or key.
func base(name string) string {
	b, _, _ := strings.Cut(name, ".")
	return b
}
