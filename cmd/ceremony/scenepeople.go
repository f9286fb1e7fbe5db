package main

import (
	"crypto/rand"
	"os"
	"strings"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/plan"
)

// actor is somebody who plays in a rehearsal.
type actor struct{ id, name, role string }

var actors = []actor{
	{"admin", "Ada Admin", plan.Administrator},
	{"op1", "Olga Operator", plan.Operator},
	{"op2", "Otto Operator", plan.Operator},
	{"officer", "Carl Officer", plan.CryptoOfficer},
	{"witness", "Inga Witness", plan.InternalWitness},
	{"guest", "Emil Guest", plan.ExternalWitness},
}

// makePeople gives each actor a passphrase and two keys, one for each side.
func (s *scene) makePeople() error {
	for _, a := range s.people {
		pass := passphrase()
		if err := s.put("table/"+a.id+".passphrase", []byte(pass+"\n")); err != nil {
			return err
		}
		for _, side := range []string{"online", "offline"} {
			private, public, err := audit.NewKey([]byte(pass), audit.RehearsalComment+" "+a.id+" "+side)
			if err != nil {
				return err
			}
			if err := s.put("people/"+a.id+"."+side, private); err != nil {
				return err
			}
			if err := s.put("people/"+a.id+"."+side+".pub", public); err != nil {
				return err
			}
		}
	}
	return nil
}

// passphrase is two words, as aardvark-adroitness: people type it often in a
// rehearsal, and it protects nothing.
func passphrase() string {
	for {
		if p := strings.ToLower(strings.Join(digest.Words(randomBytes(2)), "-")); len(p) >= minPassphrase {
			return p
		}
	}
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	if _, err := rand.Read(b); err != nil {
		panic("ceremony: internal error: no randomness")
	}
	return b
}

// randomPIN is eight digits.
func randomPIN() string {
	return strings.ReplaceAll(digest.Of(randomBytes(16)).Code(), " ", "")[:8]
}

// passphraseOf reads an actor's passphrase off the table.
func (s *scene) passphraseOf(a actor) ([]byte, error) {
	b, err := os.ReadFile(s.path("table", a.id+".passphrase"))
	return []byte(strings.TrimSpace(string(b))), err
}

func (s *scene) public(a actor, side string) (string, error) {
	b, err := os.ReadFile(s.path("people", a.id+"."+side+".pub"))
	return strings.TrimSpace(string(b)), err
}

// planPeople lists the actors as the plan does.
func (s *scene) planPeople() ([]plan.Person, error) {
	var out []plan.Person
	for _, a := range s.people {
		online, err := s.public(a, "online")
		if err != nil {
			return nil, err
		}
		offline, err := s.public(a, "offline")
		if err != nil {
			return nil, err
		}
		out = append(out, plan.Person{ID: a.id, Name: a.name, Role: a.role, Key: online, KeyOffline: offline, Kept: "file"})
	}
	return out, nil
}
