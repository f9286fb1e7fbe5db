package steps

import (
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// A Key names a public value carried from step to step.
type Key string

// A Fact is a typed Key: a value that one step gives and later steps need. It
// is kept as JSON in the transcript.
type Fact[T any] struct{ Key Key }

// fact declares a Fact.
func fact[T any](k Key) Fact[T] { return Fact[T]{k} }

// of narrows a fact to one target key.
func (f Fact[T]) of(key string) Fact[T] { return Fact[T]{f.Key + "/" + Key(key)} }

// at narrows a fact to one step, where several steps give the like.
func (f Fact[T]) at(step string) Fact[T] { return f.of(step) }

// Put gives the value; the engine records it when the step ends.
func (f Fact[T]) Put(r *Run, v T) {
	b, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		panic(fmt.Sprintf("steps: internal error: fact %s: %v", f.Key, err))
	}
	r.gives[string(f.Key)] = jsontext.Value(b)
}

// Has reports whether the value was given, and in its form: the other side's
// log may have been written by a stranger.
func (f Fact[T]) Has(r *Run) bool {
	raw, ok := f.raw(r)
	var v T
	return ok && json.Unmarshal(raw, &v) == nil
}

func (f Fact[T]) raw(r *Run) (jsontext.Value, bool) {
	if raw, ok := r.gives[string(f.Key)]; ok {
		return raw, true
	}
	raw, ok := r.c.state.facts[string(f.Key)]
	return raw, ok
}

// Get returns the value. Validate has shown that an earlier step gives it.
func (f Fact[T]) Get(r *Run) T {
	raw, ok := f.raw(r)
	if !ok {
		panic("steps: internal error: fact not given: " + string(f.Key))
	}
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		panic(fmt.Sprintf("steps: internal error: fact %s: %v", f.Key, err))
	}
	return v
}
