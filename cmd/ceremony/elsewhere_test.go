package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/steps"
	"github.com/keyceremony/ceremony/transfer/qr"
)

// A lineByLine reader is a keyboard: each read has one line.
type lineByLine struct{ lines []string }

func (r *lineByLine) Read(b []byte) (int, error) {
	if len(r.lines) == 0 {
		return 0, io.EOF
	}
	n := copy(b, r.lines[0]+"\n")
	r.lines = r.lines[1:]
	return n, nil
}

// linesOf are the codes of files, in a file of lines.
func linesOf(t *testing.T, path string, from, to int, files map[string][]byte) string {
	t.Helper()
	m, err := qr.NewMessage(files)
	if err != nil {
		t.Fatal(err)
	}
	s, _, err := qr.Fit(m, 5, qr.L)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	for i := from; i < to || to == 0 && i < s.Blocks(); i++ {
		b.WriteString(s.Frame(i) + "\n")
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestSignElsewhereByCodes: at the terminal the text goes as codes, and the
// signature comes back in two parts; what is another's is refused, and people
// are asked again.
func TestSignElsewhereByCodes(t *testing.T) {
	var signers []ssh.Signer
	for range 2 {
		_, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		s, err := ssh.NewSignerFromKey(private)
		if err != nil {
			t.Fatal(err)
		}
		signers = append(signers, s)
	}
	s := steps.Signing{
		Person: "op1", Name: "Olga", Role: "operator", Namespace: "approve@keyceremony", File: "online-0007-kek.create.op1.txt",
		Text: []byte("keyceremony 1\n"), Keys: []ssh.PublicKey{signers[0].PublicKey()},
	}
	var files []map[string][]byte
	for _, one := range signers {
		sig, err := audit.Sign(one, rand.Reader, s.Namespace, s.Text)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, map[string][]byte{audit.SigName(s.File): sig})
	}
	dir := t.TempDir()
	foreign := linesOf(t, filepath.Join(dir, "foreign"), 0, 0, files[1])
	first := linesOf(t, filepath.Join(dir, "first"), 0, 2, files[0])
	rest := linesOf(t, filepath.Join(dir, "rest"), 2, 0, files[0])
	text := filepath.Join(dir, "text.txt")
	var words bytes.Buffer
	keyboard := &lineByLine{[]string{"4", "codes", "", "q", foreign, "4", text, first, rest}}
	p := &people{in: bufio.NewReader(keyboard), words: &words, mode: audit.Production}
	sig, err := p.signOne(context.Background(), s)
	if err != nil || s.Verify(sig) != nil {
		t.Fatalf("%v\n%s", err, words.String())
	}
	said := words.String()
	for _, want := range []string{"which is not this person's", "2 of 4 parts are there", "-n approve@keyceremony -f KEY " + s.File, "-f KEY " + text} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not said:\n%s", want, said)
		}
	}
	if b, err := os.ReadFile(text); err != nil || string(b) != string(s.Text) {
		t.Errorf("the text is written as %q, %v", b, err)
	}

	// The file itself is taken too, and one that is damaged is called so.
	for name, b := range map[string][]byte{"good.sig": files[0][audit.SigName(s.File)], "bad.sig": []byte("-----")} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		words.Reset()
		p.in = bufio.NewReader(&lineByLine{[]string{"4", "", path}})
		if sig, err := p.signOne(context.Background(), s); (err == nil && s.Verify(sig) == nil) != (name == "good.sig") {
			t.Errorf("%s: %v", name, err)
		}
		if name == "bad.sig" && !strings.Contains(words.String(), "not an SSH signature") {
			t.Errorf("said:\n%s", words.String())
		}
	}
}
