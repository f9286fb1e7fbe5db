package audit

import (
	"bytes"
	"encoding/base64"
	"sort"
	"strings"

	"golang.org/x/crypto/ssh"
)

// A Person may sign. Keys has one key, or two where they are kept as files:
// one for each side of the gap.
type Person struct {
	ID   string // principal of the signatures
	Name string
	Role string
	Keys []ssh.PublicKey
	Kept string // card, fido, laptop, file
}

// KeysAt returns the keys with which the person signs at one side: somebody
// with two keys has the first at the online and the second at the offline
// machine, so that neither machine can sign for the other.
func (p Person) KeysAt(side string) []ssh.PublicKey {
	switch {
	case len(p.Keys) < 2:
		return p.Keys
	case side == "online":
		return p.Keys[:1]
	}
	return p.Keys[1:]
}

// The HSM signs the offline seal where the plan names a key of its own.
const (
	SealKeyID   = "hsm" // principal and WHO of its signature files
	SealKeyRole = "hsm"
)

// A Roster is who may sign.
type Roster []Person

// Find returns the person of an id.
func (r Roster) Find(id string) (Person, bool) {
	for _, p := range r {
		if p.ID == id {
			return p, true
		}
	}
	return Person{}, false
}

// AllowedSigners returns the roster as ssh-keygen -Y verify reads it (-f): one
// line for each key with the person's id as principal, sorted by id, and the
// namespaces of the mode. There are no dates: a valid-before in the past would
// make stock verification fail for ever. A person of SealKeyRole gets the
// namespace of the offline seal only.
func (r Roster) AllowedSigners(mode string) []byte {
	people := append(Roster(nil), r...)
	sort.SliceStable(people, func(i, j int) bool { return people[i].ID < people[j].ID })
	var b bytes.Buffer
	for _, p := range people {
		for _, k := range p.Keys {
			b.WriteString(p.ID + ` namespaces="` + namespacesOf(p.Role, mode) + `" ` + k.Type() + " " +
				base64.StdEncoding.EncodeToString(k.Marshal()) + "\n")
		}
	}
	return b.Bytes()
}

func namespacesOf(role, mode string) string {
	if role == SealKeyRole {
		return SealNamespace(SealOffline, mode)
	}
	var list []string
	for _, use := range []string{"plan", "signin", "approve", "signoff", "bundle", "prepare-seal", "offline-seal", "final-seal"} {
		list = append(list, namespace(use, mode))
	}
	return strings.Join(list, ",")
}

// AllowedSigners returns the file allowed_signers of the ceremony: the roster
// and, where the plan names one, the HSM's seal key.
func (p Policy) AllowedSigners() []byte {
	return p.signers().AllowedSigners(p.Mode)
}

// signers is everyone whose signature counts for something.
func (p Policy) signers() Roster {
	all := append(Roster(nil), p.Roster...)
	if _, listed := all.Find(SealKeyID); p.SealKey != nil && !listed {
		all = append(all, Person{ID: SealKeyID, Role: SealKeyRole, Keys: []ssh.PublicKey{p.SealKey}})
	}
	return all
}
