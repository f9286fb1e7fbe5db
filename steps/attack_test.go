package steps

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/attacks"
	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/machine"
	"github.com/keyceremony/ceremony/transfer/qr"
)

// This file plays attackers. A stand is a hall at one step; each attack begins
// there anew. With every check taken away that would notice it, it passes. With
// them it is refused by these checks and no others, leaves nothing behind but
// records, and the honest act afterwards succeeds.

// A stand holds a hall at one step of one side.
type stand struct {
	*hall
	side, id string
	was      moment
	sheets   map[string]string
	shown    map[string]qr.Message // what each side shows
	stage    Stage
	lies     bool // whoever stands between lies
}

// stand goes on to a step and keeps everything as it is there.
func (h *hall) stand(side, id string) *stand {
	h.t.Helper()
	var c *Ceremony
	if _, err := os.Stat(h.path(side)); err != nil {
		c = h.begin(map[string]Stage{"online": Prepare, "offline": Wrap}[side])
	} else {
		c = h.open(side)
	}
	h.until(c, id)
	stage := c.Now().Stage
	h.shut(c)
	return &stand{hall: h, side: side, id: id, stage: stage, was: h.remember(), sheets: maps.Clone(h.sheets), shown: maps.Clone(h.screens)}
}

// again comes back to the step as it was, with honest people.
func (s *stand) again(t testing.TB) *Ceremony {
	t.Helper()
	s.back(t)
	return s.reopen()
}

// back puts the world back; nothing is open.
func (s *stand) back(t testing.TB) {
	t.Helper()
	s.hall.t = t
	s.restore(s.was)
	s.hall.sheets = maps.Clone(s.sheets)
	s.honest()
}

// honest ends all tampering with people and parts.
func (s *stand) honest() {
	s.answers, s.token, s.cloud, s.signer, s.clock, s.lies, s.gone = nil, nil, nil, nil, 0, false, ""
	s.unpinned, s.report = false, machine.Report{}
	s.screens, s.frames, s.anew = maps.Clone(s.shown), nil, false
}

// reopen opens the folder and does again what lives in the process alone.
func (s *stand) reopen() *Ceremony {
	s.hall.t.Helper()
	if s.id == stepReturn.ID {
		return s.reopened(s.side)
	}
	c := s.open(s.side)
	s.until(c, s.id)
	return c
}

// An attack does something to a stand, and is noticed.
type attack struct {
	attacks.Row
	do    func(*stand)                  // what is done before the step comes; nil: nothing
	act   func(*stand, *Ceremony) error // how the step is done; nil: as honest people do it
	blind map[string]blind              // for what notices it and is in no list of checks or rules, by its name
	acted bool                          // the act is done, and its result is what is refused
	stuck bool                          // what was done cannot be undone in the room
	gains func(*stand, *Ceremony)       // shows what the attacker has where nothing noticed it
}

// holds tries each attack.
func (s *stand) holds(t *testing.T, list []attack) {
	for _, a := range list {
		a.Try(t, func(t *testing.T, gone int) { s.try(t, a, gone) })
	}
	s.back(t)
}

// try carries an attack out once, with its first walls taken away.
func (s *stand) try(t *testing.T, a attack, gone int) {
	s.back(t)
	if a.do != nil {
		a.do(s)
	}
	c := s.reopen()
	defer func() {
		if c != nil {
			s.shut(c)
		}
	}()
	putBack := s.blinded(t, c, a, gone)
	defer putBack()
	before := s.remember()
	err := s.act(c, a)
	if gone < len(a.Walls) && s.isHere(a.Walls[gone]) {
		s.noticed(t, c, a.Walls[gone], err)
		if gone == 0 {
			s.leaves(t, c, a, before, err)
		}
		return
	}
	s.passes(t, c, a, err)
	for _, w := range a.Walls[:gone] {
		s.goesBy(t, c, w)
	}
	if gone < len(a.Walls) {
		if a.Walls[gone].Where == verifies {
			putBack() // the auditor's program is whole
		}
		c = s.later(t, c, a.Walls[gone])
	} else if a.gains != nil && !t.Failed() {
		a.gains(s, c)
	}
}

// isHere reports whether a wall stands at the step of the stand, or at one that
// was asked for there.
func (s *stand) isHere(w attacks.Wall) bool { return w.Where == s.id || anytime[w.Where] != nil }

// goesBy does the step of a wall that was taken away, if it comes later: the
// attack must pass there too.
func (s *stand) goesBy(t *testing.T, c *Ceremony, w attacks.Wall) {
	t.Helper()
	if s.isHere(w) || w.Where == verifies || t.Failed() {
		return
	}
	s.until(c, w.Where)
	if err := s.step(c); err != nil {
		t.Errorf("still noticed at %s: %v", w.Where, err)
	}
}

// refuses does the step, wants it to be refused by these and no others, and
// nothing to be left of it.
func (s *stand) refuses(t *testing.T, c *Ceremony, by ...string) {
	t.Helper()
	before := s.remember()
	err := s.step(c)
	s.noticed(t, c, attacks.At(s.id, by...), err)
	s.nothingBut(t, before)
	if now := c.Now(); now.Step == nil || now.Step.ID != s.id {
		t.Errorf("the step is not current any more: %+v", now.Step)
	}
}

func (s *stand) act(c *Ceremony, a attack) error {
	if a.act != nil {
		return a.act(s, c)
	}
	return s.step(c)
}

// noticed wants a wall, and nothing else, to have noticed the attack, in words
// for people.
func (s *stand) noticed(t *testing.T, c *Ceremony, w attacks.Wall, err error) {
	t.Helper()
	if got := noticedBy(c, w, err); !slices.Equal(got, w.By) {
		t.Fatalf("noticed by %q, want %q: %v", got, w.By, err)
	}
	if p := Explain(err); err != nil && (p.Meaning == "" || p.Remedy == "") {
		t.Errorf("no words for people: %+v", p)
	}
}

// noticedBy names what notices an attack: the checks that refuse the step or
// of which people must decide, the error of the wall, or the code of another.
func noticedBy(c *Ceremony, w attacks.Wall, err error) (ids []string) {
	var refused *Refused
	switch {
	case errors.As(err, &refused):
		for _, ch := range refused.Checks {
			ids = append(ids, ch.ID)
		}
	case err == nil:
		ids = c.pendingIDs()
	case errorsOf[w.By[0]] != nil && errors.Is(err, errorsOf[w.By[0]]):
		ids = w.By[:1]
	default:
		ids = []string{Explain(err).Code}
	}
	return ids
}

// passes wants the step to have ended, and nobody to be asked about it.
func (s *stand) passes(t *testing.T, c *Ceremony, a attack, err error) {
	t.Helper()
	now, id := c.Now(), s.id
	if w := a.Walls[0].Where; anytime[w] != nil {
		id = w
	}
	stays := now.Step != nil && now.Step.ID == id && now.Phase != Sealing
	if asked := len(c.state.pending) > 0; err != nil || stays || asked {
		t.Errorf("still noticed: %v, and %+v is awaited", err, now)
	}
}

// later goes on to where the next wall stands. It closes what an auditor is to
// see, and returns nil then.
func (s *stand) later(t *testing.T, c *Ceremony, w attacks.Wall) *Ceremony {
	t.Helper()
	if w.Where != verifies {
		s.until(c, w.Where)
		s.noticed(t, c, w, s.step(c))
		return c
	}
	s.honest()
	s.shut(c)
	s.ends(s.open(s.side))
	var ids []string
	for _, r := range s.verdict().Rules {
		if r.Result == audit.ResultFails || r.Result == audit.ResultMissing {
			ids = append(ids, r.ID)
		}
	}
	if !slices.Equal(ids, w.By) {
		t.Errorf("noticed by %q, want %q", ids, w.By)
	}
	return nil
}

// ends holds the rest of the ceremony, and closes it.
func (s *stand) ends(c *Ceremony) {
	s.hall.t.Helper()
	if s.stage == Prepare {
		s.shut(c)
		s.finish()
		return
	}
	s.run(c, s.stage)
	s.shut(c)
	if s.stage == Wrap {
		c = s.open("online")
		s.run(c, Import)
		s.shut(c)
	}
}

// leaves wants nothing to have been done by what was refused, and the step to
// be current. An act that is refused by what it made is on record, and is
// refused again when people adopt it.
func (s *stand) leaves(t *testing.T, c *Ceremony, a attack, before moment, err error) {
	t.Helper()
	switch now := c.Now(); {
	case err == nil:
		return // people decide
	case a.acted:
		if now.Phase != Interrupted {
			t.Errorf("%s is awaited, %s", now.Step.ID, now.Phase)
		}
		s.noticed(t, c, a.Walls[0], s.act(c, a))
	default:
		s.nothingBut(t, before)
		if now.Step == nil || now.Step.ID != s.id && anytime[now.Step.ID] == nil {
			t.Errorf("the step is not current any more: %+v", now.Step)
		}
	}
	if !a.stuck {
		s.goesOn(t, c, a)
	}
}

// goesOn wants the honest act to succeed afterwards, in the same process.
func (s *stand) goesOn(t *testing.T, c *Ceremony, a attack) {
	t.Helper()
	log, err := os.ReadFile(filepath.Join(s.path(s.side), c.log.Name()))
	if err != nil {
		t.Fatal(err)
	}
	s.honest()
	if !a.acted {
		s.undo()
	}
	s.hall.sheets = maps.Clone(s.sheets)
	s.anew = true // what came as codes was refused
	s.until(c, s.id)
	if err := s.step(c); err != nil {
		t.Errorf("the honest act afterwards: %v", err)
	}
	now, err := os.ReadFile(filepath.Join(s.path(s.side), c.log.Name()))
	if err != nil || !bytes.HasPrefix(now, log) {
		t.Errorf("the record of the attack is gone (%v)", err)
	}
}

// undo puts everything back but the folder of the ceremony.
func (s *stand) undo() {
	here := moment{}
	for path, b := range s.was {
		if !strings.HasPrefix(path, s.path(s.side)) {
			here[path] = b
		}
	}
	for path, b := range s.remember() {
		if strings.HasPrefix(path, s.path(s.side)) {
			here[path] = b
		}
	}
	s.restore(here)
}

// wantRefused wants exactly these checks of class stop to fail.
func wantRefused(t testing.TB, err error, checks ...string) {
	t.Helper()
	var refused *Refused
	if !errors.As(err, &refused) {
		t.Fatalf("%v, want it refused by %v", err, checks)
	}
	var ids []string
	for _, ch := range refused.Checks {
		ids = append(ids, ch.ID)
	}
	if !slices.Equal(ids, checks) {
		t.Errorf("refused by %v, want %v: %v", ids, checks, err)
	}
}

// statementFile matches what people signed before the attack was noticed.
var statementFile = regexp.MustCompile(`^(on|off)line(\.2)?-[0-9]{4}-.*\.txt(\.sig)?$`)

// nothingBut wants no file of any place to differ but logs, statements, locks,
// codes on their way and what a token keeps of its PINs: no key on the token, no version in the vault, no file of the ceremony.
func (s *stand) nothingBut(t testing.TB, before moment) {
	t.Helper()
	after := s.remember()
	for path := range after {
		before[path] = append([]byte{}, before[path]...)
	}
	for path := range before {
		name := filepath.Base(path)
		if strings.HasSuffix(name, ".log") || strings.HasPrefix(name, ".lock") || strings.HasSuffix(name, ".codes") || name == "token.object" || statementFile.MatchString(name) {
			continue
		}
		if !bytes.Equal(before[path], after[path]) {
			t.Errorf("%s was changed", path)
		}
	}
}
