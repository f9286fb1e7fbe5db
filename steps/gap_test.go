package steps

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/durable"
	"github.com/keyceremony/ceremony/plan"
	"github.com/keyceremony/ceremony/transfer/camera"
	"github.com/keyceremony/ceremony/transfer/qr"
)

// This file takes bundles across the gap as codes.

func byQR(p *plan.Plan) { p.Transfer = plan.Transfer{KEK: plan.QR, Blob: plan.QR} }

// ended is the last end of a step in a side's logs.
func (h *hall) ended(log, id string) (out audit.End) {
	h.t.Helper()
	b, err := os.ReadFile(filepath.Join(h.path("online"), log))
	if err == nil {
		_, err = audit.ReadLog(b, log, func(r audit.Record) error {
			if r.Ev == audit.EvEnd && r.Step == id {
				return r.Decode(&out)
			}
			return nil
		})
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return out
}

func resultOf(e audit.End, id string) (c audit.Check) {
	for _, one := range e.Checks {
		if one.ID == id {
			c = one
		}
	}
	return c
}

// TestCodesCrossTheGap holds a whole ceremony without a medium. The transcript
// has the digest of what was shown and of what was received, and that the words
// were compared.
func TestCodesCrossTheGap(t *testing.T) {
	h := newHall(t, byQR, "P-256")
	h.hold()
	h.complete(audit.OutcomeComplete)
	for _, pair := range [][4]string{{"online.2.log", "kek.export", "offline.log", "kek.receive"}, {"", "", "online.2.log", "blob.receive"}} {
		took := h.ended(pair[2], pair[3])
		side := map[string]string{"kek.receive": "online", "blob.receive": "offline"}[pair[3]]
		shown := h.screens[side].Digest()
		if took.Answers["codes"] != shown.String() {
			t.Errorf("%s received %s, and %s was shown", pair[3], took.Answers["codes"], shown)
		}
		if pair[0] != "" && h.ended(pair[0], pair[1]).Answers["codes"] != shown.String() {
			t.Errorf("%s does not record what it showed", pair[1])
		}
		words := resultOf(took, "transfer.words")
		if words.Result != audit.ResultHolds || words.Class != string(Stop) || !strings.Contains(words.Found, strings.Join(qr.Words(shown), " ")) {
			t.Errorf("%s: %+v", pair[3], words)
		}
		if way := resultOf(took, "transfer.way"); way.Result != audit.ResultHolds {
			t.Errorf("%s: %+v", pair[3], way)
		}
	}
	for _, dir := range []string{"usb-kek", "usb-blob"} {
		if list, err := os.ReadDir(h.path(dir)); err != nil || len(list) > 0 {
			t.Errorf("%s has %v (%v)", dir, list, err)
		}
	}
	for _, side := range []string{"online", "offline"} {
		if left, err := filepath.Glob(h.path(side) + "/.*.codes"); err != nil || len(left) > 0 {
			t.Errorf("left over: %v (%v)", left, err)
		}
	}
}

// receivingStand is one before the KEK is received as codes.
func receivingStand(t *testing.T) *stand {
	t.Helper()
	h := newHall(t, byQR, "P-256")
	h.stand("online", "blob.receive")
	return h.stand("offline", "kek.receive")
}

// TestIncompleteCodes: nothing is taken before all is there, or what was never
// received.
func TestIncompleteCodes(t *testing.T) {
	s := receivingStand(t)
	c := s.again(t)
	defer s.shut(c)
	s.frames = func(string) []string { return s.codes(s.screens["online"])[spare+1:] }
	defer func() { s.frames = nil }()
	var wrong *AnswerError
	if err := s.step(c); !errors.As(err, &wrong) || wrong.Field != "codes" {
		t.Errorf("%v", err)
	}
	s.answers = func(_ Now, a *Answers) { a.Text["codes"] = s.screens["online"].Digest().String() }
	if err := s.step(c); !errors.Is(err, ErrNotReceived) {
		t.Errorf("%v", err)
	}
}

// TestCodesSurvive: what was received is there after a crash, whatever the
// crash left of the last one; and what is damaged begins anew.
func TestCodesSurvive(t *testing.T) {
	s := receivingStand(t)
	file := filepath.Join(s.path("offline"), ".kek.receive.codes")
	all := s.codes(s.screens["online"])
	half := func(c *Ceremony) {
		g, err := c.Receiving()
		must(t, err)
		for _, text := range all[:5] {
			_, err := g.Take(t.Context(), camera.Frame{Text: text})
			must(t, err)
		}
	}
	for name, end := range map[string]struct {
		do   func(b []byte) []byte
		have int
	}{
		"whole":      {func(b []byte) []byte { return b }, 5},
		"a torn end": {func(b []byte) []byte { return b[:len(b)-7] }, 4},
		"damaged":    {func(b []byte) []byte { b[100] ^= 1; return b }, 0},
		"gone":       {func([]byte) []byte { return nil }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			c := s.again(t)
			half(c)
			s.shut(c)
			b, err := os.ReadFile(file)
			must(t, err)
			must(t, os.WriteFile(file, end.do(b), 0o600))
			c = s.reopen()
			defer s.shut(c)
			g, err := c.Receiving()
			must(t, err)
			if p := g.Progress(); p.Have != end.have {
				t.Errorf("%d parts are there, want %d", p.Have, end.have)
			}
			must(t, s.step(c))
			if _, err := os.Stat(file); err == nil {
				t.Error("the codes are still there")
			}
		})
	}
}

// TestCodesHaveNoPlace: what lies where codes are kept is named and never
// touched, no code is taken, and a medium serves instead.
func TestCodesHaveNoPlace(t *testing.T) {
	h := newHall(t, func(p *plan.Plan) { p.Transfer = plan.Transfer{KEK: plan.QR, Blob: plan.USB} }, "P-256")
	c := h.begin(Prepare)
	h.until(c, "kek.export")
	h.answers = insteadOf(h, c, plan.QR)
	must(t, h.step(c))
	h.answers = nil
	h.run(c, Prepare)
	h.shut(c)
	c = h.begin(Wrap)
	h.until(c, "kek.receive")
	name := ".kek.receive.codes"
	path := filepath.Join(h.path("offline"), name)
	for what, put := range map[string]func() error{
		"a folder": func() error { return os.Mkdir(path, 0o700) },
		"a link":   func() error { return os.Symlink("elsewhere", path) },
		"a disk that does not read": func() error {
			durable.Fault = func(op, at string) error {
				if op == "read" && at == name {
					return syscall.EIO
				}
				return nil
			}
			return os.WriteFile(path, nil, 0o600)
		},
	} {
		must(t, put())
		_, err := c.Receiving()
		p := Explain(err)
		if !errors.Is(err, ErrNotKept) || !strings.Contains(p.Title, path) || !strings.Contains(p.Remedy, "medium") {
			t.Errorf("%s: %+v", what, p)
		}
		durable.Fault = nil
		must(t, os.Remove(path))
	}
	if _, err := c.Receiving(); err != nil {
		t.Errorf("it is mended: %v", err)
	}
	must(t, c.closeGap())
	must(t, os.Remove(path))
	must(t, os.Mkdir(path, 0o700))
	h.answers = insteadOf(h, c, plan.QR)
	must(t, h.step(c))
	h.answers = nil
	h.run(c, Wrap)
	h.shut(c)
	if st, err := os.Stat(path); err != nil || !st.IsDir() {
		t.Errorf("the folder is gone: %v", err)
	}
}

// TestStopWhileReceiving: nothing of the codes is left in what is sealed.
func TestStopWhileReceiving(t *testing.T) {
	s := receivingStand(t)
	c := s.again(t)
	g, err := c.Receiving()
	must(t, err)
	_, err = g.Take(t.Context(), camera.Frame{Text: s.codes(s.screens["online"])[0]})
	must(t, err)
	must(t, c.Turn("ceremony.stop"))
	for c.Now().Phase != Done {
		must(t, s.step(c))
	}
	s.shut(c)
	if left, err := filepath.Glob(s.path("offline") + "/.*.codes"); err != nil || len(left) > 0 {
		t.Errorf("left over: %v (%v)", left, err)
	}
}

// TestKilledBetweenScreens kills every operation of a ceremony's steps that
// send and receive codes.
func TestKilledBetweenScreens(t *testing.T) {
	k := &killer{}
	h := newHall(t, byQR, "P-256")
	durable.Fault = func(string, string) error { return k.op() }
	defer func() { durable.Fault = nil }()
	kills := 0
	for _, at := range []struct {
		stage Stage
		id    string
	}{{Prepare, "kek.export"}, {Wrap, "kek.receive"}, {Wrap, "blob.export"}, {Import, "blob.receive"}} {
		side := at.stage.Side()
		h.stand(side, at.id)
		c := h.open(side)
		now := c.Now()
		if now.Step.ID != at.id { // a session comes first
			h.until(c, at.id)
			now = c.Now()
		}
		h.shut(c)
		n := h.killStep(k, at.stage, now)
		t.Logf("%s: %d kills", at.id, n)
		kills += n
	}
	c := h.open("online")
	h.run(c, Import)
	h.shut(c)
	h.complete(audit.OutcomeComplete)
	if kills < 100 {
		t.Errorf("only %d kills", kills)
	}
}

// TestAnotherWay: a medium where codes are planned, and the reverse, are
// exceptions. Codes are offered instead of a medium only once that failed.
func TestAnotherWay(t *testing.T) {
	for _, planned := range []string{plan.QR, plan.USB} {
		t.Run(planned, func(t *testing.T) {
			h := newHall(t, func(p *plan.Plan) { p.Transfer = plan.Transfer{KEK: planned, Blob: plan.USB} }, "P-256")
			c := h.begin(Prepare)
			h.until(c, "kek.export")
			if planned == plan.USB {
				if offers(c) {
					t.Error("another way is offered before the planned one failed")
				}
				h.answers = func(now Now, a *Answers) { a.Text["medium"] = h.path("nowhere") }
				if err := h.step(c); err == nil || !offers(c) {
					t.Fatalf("the medium is not there, and no other way is offered (%v)", err)
				}
			}
			h.answers = insteadOf(h, c, planned)
			must(t, h.step(c))
			h.answers = nil
			if now := c.Now(); now.Step.ID != "exception" || len(c.Show()) != 1 || c.Show()[0].Label != "transfer.way" {
				t.Fatalf("%s is current: %v", now.Step.ID, c.Show())
			}
			h.run(c, Prepare)
			h.shut(c)
			c = h.begin(Wrap)
			h.until(c, "kek.receive")
			if planned == plan.USB {
				h.answers = func(now Now, a *Answers) { a.Text["medium"] = h.path("nowhere") }
				if err := h.step(c); err == nil {
					t.Fatal("there was a medium")
				}
			}
			h.answers = insteadOf(h, c, planned)
			must(t, h.step(c))
			h.answers = nil
			h.run(c, Wrap)
			h.shut(c)
			c = h.open("online")
			h.run(c, Import)
			h.shut(c)
			h.complete(audit.OutcomeExceptions)
		})
	}
}

func offers(c *Ceremony) bool {
	return slices.ContainsFunc(c.Now().Fields, func(f Field) bool { return f.Name == insteadField })
}

// insteadOf has people take the other way than planned.
func insteadOf(h *hall, c *Ceremony, planned string) func(Now, *Answers) {
	return func(now Now, a *Answers) {
		if now.Step.Carry == nil {
			return
		}
		clear(a.Text)
		a.Text[insteadField] = otherWay[planned]
		for fields, i := now.Fields, 0; i < len(fields); i++ {
			f := fields[i]
			if f.Name == insteadField || !f.Asked(a.Text) {
				continue
			}
			if v := h.value(c, now, f); v != "" {
				a.Text[f.Name] = v
			}
			if f.Kind == Receive {
				fields = c.Now().Fields
			}
		}
	}
}

// TestSendingAgain: what was shown can be shown again, and is the same.
func TestSendingAgain(t *testing.T) {
	h := newHall(t, byQR, "P-256")
	c := h.begin(Prepare)
	h.until(c, "prepare.seal")
	if _, err := c.SendingAgain(); !errors.Is(err, ErrNotSealed) {
		t.Errorf("what is not sealed is shown: %v", err)
	}
	h.run(c, Prepare)
	h.shut(c)
	c = h.open("online")
	defer h.shut(c)
	before := c.Head()
	m, err := c.SendingAgain()
	if err != nil || m.Digest() != h.screens["online"].Digest() || c.Head() != before {
		t.Errorf("%v, %v", m.Digest(), err)
	}
	if _, err := c.Sending(); !errors.Is(err, ErrNotNow) {
		t.Errorf("%v", err)
	}
}
