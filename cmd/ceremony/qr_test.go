package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

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

// TestTwoWords: the files are written when both words are those on the
// sender's screen, and not otherwise.
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
	for what, change := range map[string]func(string) string{"": strings.ToUpper, "wrong": func(w string) string { return w + "s" }} {
		p := &typist{lines: strings.NewReader(shown.String()), words: qr.Words(m.Digest()), change: change}
		out := filepath.Join(t.TempDir(), "out")
		c := qrReceiveCommand(camera.Cameras{})
		c.SetArgs([]string{"--out", out})
		c.SetIn(p)
		c.SetErr(p)
		c.SetOut(io.Discard)
		c.SilenceErrors, c.SilenceUsage = true, true
		err := c.Execute()
		if _, gone := os.Stat(filepath.Join(out, "a.txt")); (err == nil) != (what == "") || (gone == nil) != (what == "") {
			t.Errorf("%q words: %v, file: %v\n%s", what, err, gone, p.asked.String())
		}
		if said := p.asked.String(); what != "" && strings.Contains(said, p.words[0]) {
			t.Errorf("the words are told before they are typed:\n%s", said)
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
