package audit

import (
	"cmp"
	"maps"
	"slices"
)

// This file knows who is in the room: an approval counts only of somebody who
// signed in, and has not left since, at a pause, or when the program ended.

// A move is a record by which people come and go.
type move struct {
	place
	signed []string // who signs in with it, by id
	leaves string   // by id, "" if nobody
}

// addMove keeps a record by which people come or go.
func (l *logFacts) addMove(at place, signed []SignedBy, leaves string) {
	m := move{place: at, leaves: leaves}
	for _, s := range signed {
		if s.Action == ActionSignIn {
			m.signed = append(m.signed, s.Person)
		}
	}
	l.moves = append(l.moves, m)
}

// presence is who is there, by stage. A stage at which nobody has signed in is
// not in it: signin.quorum has that.
type presence map[string]map[string]bool

// after follows a move. At a sign-in, also after a pause or a crash, those who
// sign are there and nobody else; at a pause nobody is.
func (p presence) after(m move) {
	here := p[m.stage]
	if m.ev != EvChange {
		here = map[string]bool{}
		p[m.stage] = here
	}
	if here == nil {
		return
	}
	delete(here, m.leaves)
	for _, id := range m.signed {
		here[id] = true
	}
}

// lacks reports whether somebody approves who is not there.
func (p presence) lacks(s signedRecord) bool {
	here := p[s.stage]
	return here != nil && isApproval(s.Action) && !here[s.Person]
}

// markAbsent marks the approvals by people who were not there. A stage may go
// on in a further log of its side.
func (c *checker) markAbsent() {
	here := presence{}
	names := slices.SortedFunc(maps.Keys(c.logs), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) // online.log before online.2.log
	})
	for _, name := range names {
		c.logs[name].markAbsent(here)
	}
}

func (l *logFacts) markAbsent(here presence) {
	moves := l.moves
	for i, s := range l.signed {
		for len(moves) > 0 && moves[0].seq < s.seq {
			here.after(moves[0])
			moves = moves[1:]
		}
		l.signed[i].absent = here.lacks(s)
	}
	for _, m := range moves {
		here.after(m)
	}
	if l.err != nil {
		clear(here) // who came back, and who left, may stand where it cannot be read
	}
}
