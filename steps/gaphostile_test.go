package steps

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/transfer"
	"github.com/keyceremony/ceremony/transfer/camera"
	"github.com/keyceremony/ceremony/transfer/qr"
)

// This file has what hostile screens show, and what the receiver makes of it.

// TestHostileCodes: what a medium may not hold is refused here too, before any
// check, and in words. What is refused is in the tables of the transfer package.
func TestHostileCodes(t *testing.T) {
	s := receivingStand(t)
	for _, a := range []struct {
		name string
		err  error
		do   func(files map[string][]byte)
	}{
		{"a file more", transfer.ErrShape, func(files map[string][]byte) { files["extra.json"] = []byte("{}") }},
		{"no list", transfer.ErrNoBundle, func(files map[string][]byte) { delete(files, "BUNDLE.sha256") }},
	} {
		t.Run(a.name, func(t *testing.T) {
			s.back(t)
			files := s.screens["online"].Files()
			a.do(files)
			var err error
			s.screens["online"], err = qr.NewMessage(files)
			must(t, err)
			c := s.reopen()
			defer s.shut(c)
			before := s.remember()
			err = s.step(c)
			if p := Explain(err); !errors.Is(err, a.err) || p.Meaning == "" || p.Remedy == "" {
				t.Fatalf("%v, want %v", err, a.err)
			}
			s.nothingBut(t, before)
			s.goesOn(t, c, attack{})
			if id := c.Now().Step.ID; id != "kek.confirm" {
				t.Errorf("%s is current", id)
			}
		})
	}
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
	if len(asked(c)) > 0 {
		t.Error("words are asked before all is there")
	}
	must(t, s.step(c))
}

// asked are the fields of the words that are asked now.
func asked(c *Ceremony) (names []string) {
	for _, f := range c.Now().Fields {
		if strings.HasPrefix(f.Name, "screen.") {
			names = append(names, f.Name)
		}
	}
	return names
}

// TestWordsOnce: which two words are asked of a message is drawn once. Beginning
// anew draws no others, until two come that suit somebody.
func TestWordsOnce(t *testing.T) {
	s := receivingStand(t)
	c := s.again(t)
	defer s.shut(c)
	s.see(c)
	first := asked(c)
	for range 20 {
		s.anew = true
		s.see(c)
		if again := asked(c); len(first) != 2 || !slices.Equal(again, first) {
			t.Fatalf("%q are asked, and then %q", first, again)
		}
	}
}

// TestWrongWords: the two words decide, and what they should be is not told.
// After a wrong one all is forgotten, also on the disk, and of the same message
// the same two are asked: nobody has a second try with two others.
func TestWrongWords(t *testing.T) {
	s := receivingStand(t)
	words := qr.Words(s.screens["online"].Digest())
	for _, which := range []int{0, 1} {
		c := s.again(t)
		typed, names := map[string]int{}, []string(nil) // how often each word was, and what was asked
		s.answers = func(now Now, a *Answers) {
			names = asked(c)
			right := a.Text[names[which]]
			_, place, _ := strings.Cut(names[which], ".")
			for _, d := range []string{"another", "a third"} { // one of the two has another word there
				if w := qr.Words(digest.Of([]byte(d)))[place[0]-'1']; w != right {
					a.Text[names[which]] = w
				}
			}
			for _, f := range names {
				typed[a.Text[f]]++
			}
		}
		err := s.step(c)
		wantRefused(t, err, "transfer.words")
		for _, w := range words {
			if n := strings.Count(err.Error(), w); n > typed[w] {
				t.Errorf("%q is told: %v", w, err)
			}
		}
		var refused *Refused
		if !errors.As(err, &refused) || Explain(err).Code != "check.transfer.words" {
			t.Errorf("%v", err)
		}
		if b, err := os.ReadFile(filepath.Join(s.path("offline"), ".kek.receive.codes")); c.gap.Done() || len(b) > 0 || err != nil {
			t.Errorf("after a wrong word %d bytes are kept, all is there: %v (%v)", len(b), c.gap.Done(), err)
		}
		if len(asked(c)) > 0 {
			t.Error("words of what is forgotten are asked")
		}
		s.answers = nil
		if which == 1 { // the record knows it, and so does whoever starts again
			s.shut(c)
			c = s.reopen()
		}
		s.see(c)
		if again := asked(c); !slices.Equal(again, names) {
			t.Errorf("%q are asked, and of the same codes %q", names, again)
		}
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
