package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/transfer/camera"
	"github.com/keyceremony/ceremony/transfer/qr"
)

// A reader of screens types what it is asked for.
type typist struct {
	lines  io.Reader
	words  []string
	asked  bytes.Buffer
	change func(string) string
}

func (p *typist) Write(b []byte) (int, error) { return p.asked.Write(b) }

func (p *typist) Read(b []byte) (int, error) {
	if n, err := p.lines.Read(b); err == nil {
		return n, nil
	}
	said := p.asked.String()
	at := strings.LastIndex(said, "Word ")
	if at < 0 {
		return 0, io.EOF
	}
	return copy(b, p.change(p.words[said[at+5]-'1'])+"\n"), nil
}

// otherWord is one that can stand in the same places.
func otherWord(w string) string {
	for b := range 256 {
		next := byte(b + 1)
		if i := slices.Index(digest.Words([]byte{byte(b), byte(b)}), w); i >= 0 {
			return digest.Words([]byte{next, next})[i]
		}
	}
	return ""
}

// TestTwoWords: the files are written when both words are those on the
// sender's screen, and not otherwise. What can be no word is asked again; after
// a wrong one nothing is left that could be tried again.
func TestTwoWords(t *testing.T) {
	m, err := qr.NewMessage(map[string][]byte{"a.txt": []byte(strings.Repeat("one ", 50)), "b.txt": []byte("two")})
	if err != nil {
		t.Fatal(err)
	}
	s, _, err := qr.Fit(m, 4, qr.L)
	if err != nil {
		t.Fatal(err)
	}
	var shown strings.Builder
	for i := range 3 * s.Blocks() {
		shown.WriteString(s.Frame(i) + "\n")
	}
	misread := false
	for what, change := range map[string]func(string) string{
		"the true": strings.ToUpper, "another": otherWord,
		"a misread": func(w string) string {
			if misread = !misread; misread {
				return w + "s"
			}
			return w
		},
	} {
		p := &typist{lines: strings.NewReader(shown.String()), words: qr.Words(m.Digest()), change: change}
		dir := t.TempDir()
		out, state := filepath.Join(dir, "out"), filepath.Join(dir, "received.txt")
		c := qrReceiveCommand(camera.Cameras{})
		c.SetArgs([]string{"--out", out, "--state", state})
		c.SetIn(p)
		c.SetErr(p)
		c.SetOut(io.Discard)
		c.SilenceErrors, c.SilenceUsage = true, true
		err, wrong := c.Execute(), what == "another"
		if _, gone := os.Stat(filepath.Join(out, "a.txt")); (err == nil) == wrong || (gone == nil) == wrong {
			t.Errorf("%s word: %v, file: %v\n%s", what, err, gone, p.asked.String())
		}
		said := p.asked.String()
		if wrong && (strings.Contains(said, p.words[0]) || !strings.Contains(said, "is forgotten")) {
			t.Errorf("the words are told before they are typed, or nothing is said:\n%s", said)
		}
		if again := strings.Count(said, "read it again"); (again == 2) != (what == "a misread") {
			t.Errorf("%s word: %d are asked again\n%s", what, again, said)
		}
		if b, err := os.ReadFile(state); err != nil || (len(b) == 0) != wrong {
			t.Errorf("%s word: %d bytes are kept, %v", what, len(b), err)
		}
	}
}

// The largest code that a terminal holds is asked for.
func TestVersionForTerminal(t *testing.T) {
	for _, c := range []struct{ columns, rows, want int }{{0, 0, 25}, {80, 24, 3}, {80, 50, 13}, {200, 70, 25}, {200, 60, 21}, {20, 5, 1}} {
		if got := (&screenful{columns: c.columns, rows: c.rows}).version(); got != c.want {
			t.Errorf("%d columns, %d rows: version %d, wanted %d", c.columns, c.rows, got, c.want)
		}
	}
}
