package steps

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/durable"
	"github.com/keyceremony/ceremony/plan"
)

// This file has what happens to a ceremony's folder, and what people must not
// be able to write into it.

// TestDamagedLog: a line that is complete and wrong is never repaired; a line
// that was cut off is, and stands in the record.
func TestDamagedLog(t *testing.T) {
	s := newHall(t, nil, "P-256").stand("online", "kek.readback")
	name := filepath.Join(s.path("online"), "online.log")
	lines := bytes.SplitAfter(bytes.Clone(s.was[name]), []byte("\n"))
	lines = lines[:len(lines)-1]
	for _, d := range []struct {
		name string
		edit func(log []byte) []byte
	}{
		{"a bit of the first line", func(b []byte) []byte { b[30] ^= 1; return b }},
		{"a bit in the middle", func(b []byte) []byte { b[len(b)/2] ^= 1; return b }},
		{"a bit in the line before the last", func(b []byte) []byte { b[len(b)-len(lines[len(lines)-1])-8] ^= 1; return b }},
		{"the last line feed and more", func(b []byte) []byte { return append(b[:len(b)-1], " \n"...) }},
		{"two lines exchanged", func([]byte) []byte {
			l := slices.Clone(lines)
			l[3], l[4] = l[4], l[3]
			return bytes.Join(l, nil)
		}},
		{"a line left out", func([]byte) []byte { return bytes.Join(slices.Delete(slices.Clone(lines), 3, 4), nil) }},
		{"a line twice", func(b []byte) []byte { return append(b, lines[len(lines)-1]...) }},
		{"the beginning", func([]byte) []byte { return bytes.Join(lines[1:], nil) }},
	} {
		t.Run(d.name, func(t *testing.T) {
			s.back(t)
			edited := d.edit(bytes.Clone(s.was[name]))
			if bytes.Equal(edited, s.was[name]) {
				t.Fatal("nothing was edited")
			}
			must(t, os.WriteFile(name, edited, 0o600))
			_, err := Open(s.path("online"), s.world())
			if p := Explain(err); !errors.Is(err, audit.ErrDamaged) || p.Remedy == "" {
				t.Errorf("%v, want %v", err, audit.ErrDamaged)
			}
			if left, _ := os.ReadFile(name); !bytes.Equal(left, edited) {
				t.Error("the damage was touched")
			}
		})
	}
	t.Run("cut in the last line", func(t *testing.T) {
		s.back(t)
		must(t, os.WriteFile(name, s.was[name][:len(s.was[name])-5], 0o600))
		c := s.open("online")
		defer s.shut(c)
		b, err := os.ReadFile(name)
		if err != nil || !strings.Contains(string(b), audit.EvRecovered) {
			t.Errorf("the torn tail is not in the record (%v)", err)
		}
		s.run(c, Prepare)
	})
	t.Run("empty", func(t *testing.T) {
		s.back(t)
		must(t, os.WriteFile(name, nil, 0o600))
		if _, err := Open(s.path("online"), s.world()); !errors.Is(err, audit.ErrNoRecords) {
			t.Errorf("%v, want %v", err, audit.ErrNoRecords)
		}
	})
	t.Run("of another ceremony", func(t *testing.T) {
		other := newHall(t, func(p *plan.Plan) { p.ID = "other-2026" }, "P-256").stand("online", "kek.readback")
		s.back(t)
		must(t, os.WriteFile(name, other.was[filepath.Join(other.path("online"), "online.log")], 0o600))
		if _, err := Open(s.path("online"), s.world()); !errors.Is(err, ErrOtherPlan) {
			t.Errorf("%v, want %v", err, ErrOtherPlan)
		}
	})
}

// TestTwoProcesses: a folder that is open is not opened again.
// TestLogChangedUnderneath: what was changed in the log while the ceremony is
// open is noticed before the next act, and nobody seals it.
func TestLogChangedUnderneath(t *testing.T) {
	h := newHall(t, nil, "P-256")
	c := h.begin(Prepare)
	defer h.shut(c)
	h.until(c, "kek.create")
	name := filepath.Join(h.path("online"), "online.log")
	was, err := os.ReadFile(name)
	must(t, err)
	edited := bytes.Replace(was, []byte(`"SEEN"`), []byte(`"SEEM"`), 1)
	if bytes.Equal(was, edited) {
		t.Fatal("nothing was edited")
	}
	must(t, os.WriteFile(name, edited, 0o600))
	if err := h.step(c); !errors.Is(err, ErrLogChanged) || Explain(err).Code != "log.changed" {
		t.Errorf("%v, want %v", err, ErrLogChanged)
	}
	if left, _ := os.ReadFile(name); !bytes.Equal(left, edited) {
		t.Error("a record was added to it")
	}
	must(t, os.WriteFile(name, was, 0o600))
	must(t, h.step(c))
}

func TestTwoProcesses(t *testing.T) {
	s := newHall(t, nil, "P-256").stand("online", "kek.create")
	c := s.again(t)
	defer s.shut(c)
	before := s.remember()
	_, err := Open(s.path("online"), s.world())
	if p := Explain(err); !errors.Is(err, durable.ErrLocked) || p.Code != "folder.locked" || !strings.Contains(err.Error(), "process") {
		t.Errorf("%v, want %v", err, durable.ErrLocked)
	}
	if _, err := Begin(s.path("online"), s.start(Prepare), s.world()); !errors.Is(err, durable.ErrExists) {
		t.Errorf("begun again: %v, want %v", err, durable.ErrExists)
	}
	if !maps.EqualFunc(before, s.remember(), bytes.Equal) {
		t.Error("something was changed")
	}
	must(t, s.step(c))
}

// TestFullDisk fills the disk at points of a step: the words say so, and with
// room again the step ends, done once.
func TestFullDisk(t *testing.T) {
	h := newHall(t, nil, "P-256")
	stands := []*stand{h.stand("online", "kek.create"), h.stand("online", "kek.readback"), h.stand("online", "kek.export")}
	h.stand("online", "blob.receive")
	stands = append(stands, h.stand("offline", "kek.receive"), h.stand("offline", "target.generate"), h.stand("offline", "target.wrap"))
	c := h.open("offline")
	h.run(c, Wrap)
	h.shut(c)
	stands = append(stands, h.stand("online", "target.import"))
	for _, s := range stands {
		t.Run(s.id, func(t *testing.T) {
			for n, full := 0, true; full; n++ {
				full = s.fullAt(t, n)
			}
		})
	}
}

// fullAt lets n writes succeed; it reports whether the disk was full in time.
func (s *stand) fullAt(t *testing.T, n int) bool {
	t.Helper()
	c := s.again(t)
	left, hit := n, false
	durable.Fault = func(op, _ string) error {
		if op != "write" && op != "create" {
			return nil
		}
		if left--; left >= 0 {
			return nil
		}
		hit = true
		return syscall.ENOSPC
	}
	err := s.step(c)
	durable.Fault = nil
	if !hit {
		must(t, err)
		s.shut(c)
		return false
	}
	if p := Explain(err); !errors.Is(err, syscall.ENOSPC) || (p.Code == "unknown" || p.Remedy == "") {
		t.Errorf("full after %d writes: %+v", n, p)
	}
	_ = c.Close()
	c = s.open(s.side)
	defer s.shut(c)
	s.until(c, s.id)
	for range 2 {
		if now := c.Now(); now.Step.ID == s.id {
			must(t, s.step(c))
		}
	}
	if now := c.Now(); now.Step.ID == s.id {
		t.Errorf("full after %d writes: the step does not end", n)
	}
	if k, v := vaulttestVersions(s.hall, "rehearsal-kek"), vaulttestVersions(s.hall, "key-1"); k > 1 || v > 1 {
		t.Errorf("full after %d writes: %d KEKs, %d keys", n, k, v)
	}
	return true
}

// TestVisibleAnswers: nothing that hides or acts gets into the record.
func TestVisibleAnswers(t *testing.T) {
	s := newHall(t, nil, "P-256").stand("online", "kek.export")
	c := s.again(t)
	defer s.shut(c)
	before := s.remember()
	for name, bag := range map[string]string{
		"escape":            "0042\x1b[2J",
		"null":              "0042\x00",
		"line feed":         "0042\nstep.end",
		"carriage return":   "0042\r0043",
		"delete":            "0042\x7f",
		"C1":                "0042\u009b2J",
		"right to left":     "0042\u202e2400",
		"isolate":           "\u2066\u20690042",
		"Arabic letter":     "0042\u061c",
		"zero width":        "00\u200b42",
		"joiner":            "00\u200d42",
		"byte order mark":   "\ufeff0042",
		"line separator":    "00\u202842",
		"no-break space":    "00\u00a042",
		"tag":               "0042\U000e0041",
		"private use":       "0042\ue000",
		"too long":          strings.Repeat("0", 5000),
		"nothing but space": "   ",
	} {
		t.Run(name, func(t *testing.T) {
			s.answers = func(_ Now, a *Answers) { a.Text["bag"] = bag }
			var answer *AnswerError
			err := s.step(c)
			if !errors.As(err, &answer) || answer.Field != "bag" {
				t.Fatalf("%v, want an error of the answer", err)
			}
			if strings.ContainsAny(err.Error(), "\x00\x1b\u202e\u2066\u009b\r\n") {
				t.Errorf("the error repeats it: %q", err)
			}
		})
	}
	if !maps.EqualFunc(before, s.remember(), bytes.Equal) {
		t.Error("something was recorded")
	}
	const html = `0042 <script>alert(1)</script> "]]>`
	s.answers = func(_ Now, a *Answers) { a.Text["bag"] = html }
	must(t, s.step(c))
	s.honest()
	b, err := os.ReadFile(filepath.Join(s.path("online"), "online.2.log"))
	if err != nil || !strings.Contains(string(b), `0042 <script>alert(1)</script> \"]]>`) {
		t.Errorf("the answer is not in the record as it was typed (%v)", err)
	}
}

// TestScriptEscapes: what the plan says is text in the printed script.
func TestScriptEscapes(t *testing.T) {
	h := newHall(t, func(p *plan.Plan) {
		p.Name = `<script>alert(1)</script>`
		p.People[1].Name = `<img src=x onerror="alert(2)">`
	}, "P-256")
	script := string(Script(h.plan))
	if strings.Contains(script, "<script>alert") || strings.Contains(script, "<img src=x") || !strings.Contains(script, "&lt;script&gt;alert") {
		t.Error("the plan's text is markup in the script")
	}
}

// TestUnknownAnswers: what a step does not ask is refused.
func TestUnknownAnswers(t *testing.T) {
	s := newHall(t, nil, "P-256").stand("online", "kek.export")
	c := s.again(t)
	defer s.shut(c)
	s.answers = func(_ Now, a *Answers) { a.Text["override"] = "yes" }
	var answer *AnswerError
	if err := s.step(c); !errors.As(err, &answer) || answer.Field != "override" {
		t.Errorf("%v", err)
	}
	s.honest()
	must(t, s.step(c))
}
