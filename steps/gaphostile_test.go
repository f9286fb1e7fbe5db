package steps

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/transfer"
	"github.com/keyceremony/ceremony/transfer/camera"
	"github.com/keyceremony/ceremony/transfer/qr"
)

// This file has what hostile screens show, and what the receiver makes of it.

// TestHostileCodes: whatever is shown, what a medium may not hold is refused
// here too.
func TestHostileCodes(t *testing.T) {
	s := receivingStand(t)
	honest := s.screens["online"]
	for _, a := range []struct {
		name   string
		do     func(*stand)
		checks []string
		err    error
	}{
		{"a file more", func(s *stand) {
			files := honest.Files()
			files["extra.json"] = []byte("{}")
			s.seesMessage(files)
		}, nil, transfer.ErrShape},
		{"no list", func(s *stand) {
			files := honest.Files()
			delete(files, "BUNDLE.sha256")
			s.seesMessage(files)
		}, nil, transfer.ErrNoBundle},
		{"a file changed", func(s *stand) {
			files := honest.Files()
			files["kek.json"] = append(slices.Clone(files["kek.json"]), '\n')
			s.seesMessage(files)
		}, nil, transfer.ErrDigest},
		{"of another ceremony", sees(func(_ *stand, h *transfer.Header, _ map[string][]byte) { h.Ceremony = "other-2026" }), nil, transfer.ErrOther},
		{"of a production", sees(func(_ *stand, h *transfer.Header, _ map[string][]byte) { h.Mode = audit.Production }), nil, transfer.ErrOther},
		{"of the other direction", sees(func(_ *stand, h *transfer.Header, _ map[string][]byte) { h.From = transfer.FromWrap }), nil, transfer.ErrOther},
		{"a file missing", sees(func(_ *stand, _ *transfer.Header, files map[string][]byte) { delete(files, "kek.json") }), []string{"bundle.files"}, nil},
		{"a file that nobody sealed", sees(func(_ *stand, _ *transfer.Header, files map[string][]byte) {
			files["kek.json"] = append(slices.Clone(files["kek.json"]), '\n')
		}), []string{"bundle.files"}, nil},
	} {
		t.Run(a.name, func(t *testing.T) {
			s.back(t)
			s.screens["online"] = honest
			a.do(s)
			c := s.reopen()
			defer s.shut(c)
			err := s.step(c)
			if a.err != nil && !errors.Is(err, a.err) {
				t.Fatalf("%v, want %v", err, a.err)
			}
			if a.err == nil {
				wantRefused(t, err, a.checks...)
			}
			// Begun anew, with the honest screen alone, it goes on.
			s.screens["online"] = honest
			g, err := c.Receiving()
			must(t, err)
			must(t, g.Anew())
			must(t, s.step(c))
			if id := c.Now().Step.ID; id != "kek.confirm" {
				t.Errorf("%s is current", id)
			}
		})
	}
	s.screens["online"] = honest
}

// TestOlderTransfer shows what the first attempt had shown: everything in it is
// genuine, and the head from the sheet is another.
func TestOlderTransfer(t *testing.T) {
	h := newHall(t, byQR, "P-256")
	start := h.remember()
	h.stand("online", "blob.receive")
	old := h.screens["online"]
	h.restore(start)
	h.stand("online", "blob.receive")
	fresh := h.screens["online"]
	if fresh.Digest() == old.Digest() {
		t.Fatal("two runs show the same")
	}
	s := h.stand("offline", "kek.receive")
	s.screens["online"] = old
	c := s.again(t)
	defer s.shut(c)
	wantRefused(t, s.step(c), "bundle.head")
	g, err := c.Receiving()
	must(t, err)
	must(t, g.Anew())
	s.screens["online"] = fresh
	must(t, s.step(c))
}

// TestForeignCodes come into view among the right ones: counted, named, and in
// the way of nothing.
func TestForeignCodes(t *testing.T) {
	s := receivingStand(t)
	c := s.again(t)
	defer s.shut(c)
	other, err := qr.NewMessage(map[string][]byte{"other.txt": []byte(strings.Repeat("another screen ", 400))})
	must(t, err)
	g, err := c.Receiving()
	must(t, err)
	right, foreign := s.codes(s.screens["online"]), s.codes(other)
	add := func(text string) qr.Event {
		t.Helper()
		seen, err := g.Take(t.Context(), camera.Frame{Text: text})
		must(t, err)
		return seen.Codes[0].Event
	}
	if e := add(right[0]); e != qr.New {
		t.Fatalf("the first code is %s", e)
	}
	for _, text := range []string{foreign[0], "HTTPS://EXAMPLE.COM", "UR:BYTES/1-2/LPADAOCFADBAFPCYZC", "B$HB0200"} {
		if e := add(text); e != qr.Foreign {
			t.Errorf("%.12s is %s", text, e)
		}
	}
	if e := add(right[1][:len(right[1])-1] + "0"); e != qr.Damaged {
		t.Errorf("a damaged code is %s", e)
	}
	if p := g.Progress(); p.Have != 1 || p.Foreign != 4 || p.Damaged != 1 {
		t.Errorf("%+v", p)
	}
	if fields := c.Now().Fields; slices.ContainsFunc(fields, func(f Field) bool { return strings.HasPrefix(f.Name, "screen.") }) {
		t.Error("words are asked before all is there")
	}
	must(t, s.step(c))
}

// TestWrongWords: the two words decide, and what they should be is not told.
func TestWrongWords(t *testing.T) {
	s := receivingStand(t)
	words := qr.Words(s.screens["online"].Digest())
	for _, which := range []int{0, 1} {
		c := s.again(t)
		s.answers = func(now Now, a *Answers) {
			var asked []string
			for _, f := range c.Now().Fields {
				if strings.HasPrefix(f.Name, "screen.") {
					asked = append(asked, f.Name)
				}
			}
			for _, d := range []string{"another", "a third", "a fourth"} { // one whose word differs there
				_, place, _ := strings.Cut(asked[which], ".")
				if w := qr.Words(digest.Of([]byte(d)))[int(place[0]-'1')]; w != a.Text[asked[which]] {
					a.Text[asked[which]] = w
				}
			}
		}
		err := s.step(c)
		wantRefused(t, err, "transfer.words")
		for _, w := range words {
			if n := strings.Count(err.Error(), w); n > 1 {
				t.Errorf("%q is told: %v", w, err)
			}
		}
		var refused *Refused
		if !errors.As(err, &refused) || Explain(err).Code != "check.transfer.words" {
			t.Errorf("%v", err)
		}
		s.answers = nil
		must(t, s.step(c))
		s.shut(c)
	}
	c := s.again(t)
	defer s.shut(c)
	s.answers = func(_ Now, a *Answers) {
		for name := range a.Text {
			if strings.HasPrefix(name, "screen.") {
				a.Text[name] = "xylophone"
			}
		}
	}
	var wrong *AnswerError
	if err := s.step(c); !errors.As(err, &wrong) || !strings.HasPrefix(wrong.Field, "screen.") {
		t.Errorf("a word that is none: %v", err)
	}
}
