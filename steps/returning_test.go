package steps

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/plan"
)

// This file has programs that end in the middle of a sitting, without a pause.

// logOf is a side's first log, as it is on the disk.
func (h *hall) logOf(side string) []byte {
	h.t.Helper()
	b, err := os.ReadFile(filepath.Join(h.path(side), side+".log"))
	must(h.t, err)
	return b
}

// TestReturn: people sign in again before anything else, whoever does not
// counts as gone, and a start alone writes nothing.
func TestReturn(t *testing.T) {
	h := newHall(t, nil, "P-256")
	c := h.begin(Prepare)
	h.until(c, "kek.create")
	h.shut(c)
	before := h.logOf("online")
	for range 3 {
		h.shut(h.reopened("online"))
	}
	c = h.reopened("online")
	if !bytes.Equal(before, h.logOf("online")) {
		t.Error("a start wrote something")
	}
	h.wantsReturn(c)
	h.signer = func(_ Now, who string) (string, bool) { return who, who != "op2" }
	if err := h.step(c); !errors.Is(err, ErrQuorum) {
		t.Errorf("without an operator: %v, want %v", err, ErrQuorum)
	}
	h.signer = func(_ Now, who string) (string, bool) { return who, who != "op1" }
	if err := h.step(c); !errors.Is(err, ErrNotSignedIn) {
		t.Errorf("the keyboard for one who is gone: %v, want %v", err, ErrNotSignedIn)
	}
	h.signer = func(_ Now, who string) (string, bool) { return who, who != "admin" }
	must(t, h.step(c))
	h.signer = nil
	h.returned(c)
	if now := c.Now(); now.Step.ID != "vault.signin" {
		t.Errorf("then %s is awaited, want vault.signin", now.Step.ID)
	}
	h.run(c, Prepare)
	h.shut(c)
	h.holdRest()
	h.complete(audit.OutcomeComplete)
}

// wantsReturn wants people to be asked to sign in again, and nothing else to
// be possible.
func (h *hall) wantsReturn(c *Ceremony) {
	h.t.Helper()
	now := c.Now()
	if now.Step != stepReturn || now.Phase != Act || len(now.Sign) != len(cast) || c.Keyboard() != "" || len(c.Turns()) != 0 || c.Turned() || c.Paused() {
		h.t.Errorf("%+v, keyboard %q, turns %v", now, c.Keyboard(), c.Turns())
	}
	if err := c.Turn("pause"); !errors.Is(err, ErrNotNow) {
		h.t.Errorf("a pause before anybody is back: %v", err)
	}
	shown := c.Show()
	if len(shown) != 2 || !strings.Contains(shown[0].Value, "2026") || !strings.Contains(shown[1].Value, "Person op1 (keyboard), Person op2") {
		h.t.Errorf("shown is %v", shown)
	}
	for _, one := range c.Statements(h.answer(c, now).Text) {
		if text := string(one.Text); !strings.Contains(text, "action: sign in\nsubject: interrupted after the record of ") {
			h.t.Errorf("%s signs\n%s", one.Person, text)
		}
	}
	g, err := Peek(c.Path())
	if err != nil || g.Now.Step == stepReturn {
		h.t.Errorf("a look from outside: %+v, %v", g.Now, err)
	}
}

// returned looks at the record of who came back: all but the administrator.
func (h *hall) returned(c *Ceremony) {
	h.t.Helper()
	recs, err := c.Records(c.stage(), stepReturn.ID)
	if err != nil || len(recs) != 1 {
		h.t.Fatalf("%d records, %v", len(recs), err)
	}
	n := data[audit.Note](recs[0])
	if recs[0].Ev != audit.EvResume || len(recs[0].Actor) != 0 || len(n.Statements) != len(cast)-1 || n.Text["happened"] == "" || n.Text["keyboard"] != "op1" {
		h.t.Errorf("%+v", recs[0])
	}
	last := c.Journal()[len(c.Journal())-1]
	if !strings.HasPrefix(last.Text, "Signed in again after an interruption: Person guest") {
		h.t.Errorf("told as %q", last.Text)
	}
	if c.Keyboard() != "op1" || slices.Contains(c.ids(), "admin") || len(c.ids()) != len(cast)-1 {
		h.t.Errorf("%q has the keyboard, and %v are here", c.Keyboard(), c.ids())
	}
}

// TestClockWentBack: a clock that jumped back while the program did not run is
// told to whoever comes back, after a crash and after a pause, and is checked
// again before anything else.
func TestClockWentBack(t *testing.T) {
	for _, pauses := range []bool{false, true} {
		h := newHall(t, nil, "P-256")
		c := h.begin(Prepare)
		h.until(c, "kek.create")
		if pauses {
			must(t, c.Turn("pause"))
			must(t, h.step(c))
			h.sheets["pause.head"] = c.Head().SHA256.Code()
		}
		h.shut(c)
		h.clock = -maxOffset * time.Second
		c = h.reopened("online")
		if slices.ContainsFunc(c.Show(), func(l Line) bool { return strings.Contains(l.Value, "went back") }) || c.Clock() != "checked: within 1 s" {
			t.Errorf("of %d s is told: %v, %s", maxOffset, c.Show(), c.Clock())
		}
		h.shut(c)
		h.clock = -3 * time.Hour
		c = h.reopened("online")
		shown := c.Show()
		if len(shown) == 0 || !strings.Contains(shown[len(shown)-1].Value, "3 hours before the last record: it went back") || c.Clock() != "local clock, went back" {
			t.Errorf("shown is %v, %s", shown, c.Clock())
		}
		h.answers = func(_ Now, a *Answers) { delete(a.Text, clockField.Name) }
		var wrong *AnswerError
		if err := h.step(c); !errors.As(err, &wrong) || wrong.Field != clockField.Name {
			t.Errorf("nobody said why: %v", err)
		}
		h.answers = nil
		must(t, h.step(c))
		if now := c.Now(); now.Step.ID != "clock.check" || c.Clock() != "local clock, unverified" {
			t.Errorf("then %s is awaited, want clock.check; %s", now.Step.ID, c.Clock())
		}
		wantRefused(t, h.step(c), "clock.typed")
		h.shut(c) // what was told is not asked twice, and the clock is still to be checked
		c = h.reopened("online")
		h.clock = 0
		must(t, h.step(c))
		if now := c.Now(); now.Step.ID != "clock.check" {
			t.Errorf("after a further crash %s is awaited, want clock.check", now.Step.ID)
		}
		h.run(c, Prepare)
		h.shut(c)
		h.holdRest()
		h.complete(audit.OutcomeComplete)
	}
}

// holdRest holds the stages after the first.
func (h *hall) holdRest() {
	h.t.Helper()
	for _, stage := range []Stage{Wrap, Import} {
		c := h.reach(stage)
		h.run(c, stage)
		h.shut(c)
	}
}

// TestReturnBeforeTheDecision: who approves to resume an interrupted act has
// signed in again.
func TestReturnBeforeTheDecision(t *testing.T) {
	s := newHall(t, nil, "P-256").stand("online", "kek.create")
	c := s.again(t)
	s.lies = true
	c.vault = tamperedVault{Vault: c.vault, lost: &s.lies}
	if err := s.step(c); err == nil || c.Now().Phase != Interrupted {
		t.Fatalf("%v, %s", err, c.Now().Phase)
	}
	s.shut(c)
	s.honest()
	c = s.reopened("online")
	defer func() { s.shut(c) }()
	s.wantsReturn(c)
	s.gone = "op2"
	s.signer = func(_ Now, who string) (string, bool) { return who, who != "op2" }
	if err := s.step(c); !errors.Is(err, ErrQuorum) {
		t.Errorf("without an operator: %v", err)
	}
	s.honest()
	must(t, s.step(c))
	s.until(c, "kek.create")
	if now := c.Now(); now.Phase != Interrupted {
		t.Errorf("%s is awaited, %s", now.Step.ID, now.Phase)
	}
	must(t, s.step(c))
	if n := vaulttestVersions(s.hall, "rehearsal-kek"); n != 1 {
		t.Errorf("%d KEKs", n)
	}
}

// TestReturnOnlyInASitting: before people signed in, while a log is frozen,
// after a stop and after the end nobody signs in again; after a pause, as ever.
func TestReturnOnlyInASitting(t *testing.T) {
	h := newHall(t, nil, "P-256")
	c := h.begin(Prepare)
	c = h.comesBack(c, "ceremony.open", Act)
	must(t, h.step(c))
	c = h.comesBack(c, "people.signin", Act)
	h.until(c, "clock.check")
	c = h.comesBack(c, "people.return", Act)
	h.back(c)
	must(t, c.Turn("pause"))
	must(t, h.step(c))
	h.sheets["pause.head"] = c.Head().SHA256.Code()
	c = h.comesBack(c, "resume", Act)
	h.until(c, "prepare.seal")
	must(t, h.step(c))
	c = h.comesBack(c, "prepare.seal", Sealing)
	must(t, h.step(c))
	if now := c.Now(); now.Step != stepReturn {
		t.Errorf("nobody signed in since the start, and after the seal %s is awaited", now.Step.ID)
	}
	h.run(c, Prepare)
	c = h.comesBack(c, "ceremony.open", Act) // of the next stage
	h.shut(c)
	c = h.begin(Wrap)
	h.run(c, Wrap)
	c = h.comesBack(c, "", Done)
	h.shut(c)
	c = h.open("online")
	h.until(c, "blob.receive")
	must(t, c.Turn("ceremony.stop"))
	must(t, h.step(c))
	c = h.comesBack(c, "final.seal", Sealing)
	must(t, h.step(c))
	c = h.comesBack(c, "", Done)
	h.shut(c)
	h.complete(audit.OutcomeIncomplete)
}

// comesBack ends the program and starts it anew; then a step is awaited.
func (h *hall) comesBack(c *Ceremony, step string, phase Phase) *Ceremony {
	h.t.Helper()
	h.shut(c)
	c = h.reopened(c.Side())
	now, id := c.Now(), ""
	if now.Step != nil {
		id = now.Step.ID
	}
	if id != step || now.Phase != phase {
		h.t.Errorf("after a start %q is awaited, %s, want %q, %s", id, now.Phase, step, phase)
	}
	return c
}

// TestReturnWithATornTail: what a start recovers by itself is not the last
// record that people are shown.
func TestReturnWithATornTail(t *testing.T) {
	h := newHall(t, nil, "P-256")
	c := h.begin(Prepare)
	h.until(c, "clock.check")
	last := c.Journal()[len(c.Journal())-1]
	h.shut(c)
	h.torn("online.log")
	h.clock += time.Hour
	c = h.reopened("online")
	defer func() { h.shut(c) }()
	if got := c.Show()[0].Value; !strings.HasSuffix(got, " UTC: "+last.Text) || !strings.HasPrefix(got, last.At.UTC().Format(time.DateTime)) || c.lastRecord().Seq == c.Head().Seq {
		t.Errorf("the last record is shown as %q, want %q", got, last.Text)
	}
}

// thirdOperator adds a third operator, without whom there is a quorum.
func thirdOperator(t *testing.T) (line func(*plan.Plan), join func(*hall)) {
	key := newSigner(t)
	return func(p *plan.Plan) {
			p.People = append(p.People, plan.Person{ID: "op3", Name: "Person op3", Role: plan.Operator, Kept: plan.Laptop, Key: strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key.PublicKey())))})
		}, func(h *hall) {
			h.keys["op3"] = map[string]ssh.Signer{"online": key, "offline": key}
		}
}
