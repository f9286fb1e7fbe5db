package steps

import (
	"crypto/rand"
	"errors"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/transfer"
	"github.com/keyceremony/ceremony/transfer/qr"
)

func messageOf(t *testing.T, files map[string][]byte) qr.Message {
	t.Helper()
	m, err := qr.NewMessage(files)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestFromCodes: of what comes as codes one thing is taken, the signature of
// this person over this text; everything else is named.
func TestFromCodes(t *testing.T) {
	olga, otto := newSigner(t), newSigner(t)
	s := Signing{
		Person: "op1", Namespace: "approve@keyceremony", File: "online-0007-kek.create.op1.txt",
		Text: []byte("keyceremony 1\n"), Keys: []ssh.PublicKey{olga.PublicKey()},
	}
	sign := func(with ssh.Signer, namespace, text string) []byte {
		sig, err := audit.Sign(with, rand.Reader, namespace, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return sig
	}
	good := sign(olga, s.Namespace, string(s.Text))
	got, err := s.FromCodes(messageOf(t, map[string][]byte{"any-name.sig": good}))
	if err != nil || string(got) != string(good) {
		t.Fatalf("the signature is not taken: %v", err)
	}
	for name, c := range map[string]struct {
		files map[string][]byte
		err   error
		said  string
	}{
		"another's key":     {map[string][]byte{"a.sig": sign(otto, s.Namespace, string(s.Text))}, audit.ErrSignature, "not this person's"},
		"another statement": {map[string][]byte{"a.sig": sign(olga, s.Namespace, "keyceremony 1\nother\n")}, audit.ErrSignature, "other content was signed"},
		"another use":       {map[string][]byte{"a.sig": sign(olga, "signin@keyceremony", string(s.Text))}, audit.ErrNamespace, "-n signin@keyceremony, wanted -n approve@keyceremony"},
		"cut off":           {map[string][]byte{"a.sig": good[:len(good)-9]}, ErrSignature, "not an SSH signature"},
		"the text":          {map[string][]byte{s.File: s.Text}, ErrNoSignature, "is the text itself"},
		"something else":    {map[string][]byte{"a.sig": []byte("hello")}, ErrNoSignature, "a.sig is something else"},
		"two files":         {map[string][]byte{"a.sig": good, s.File: s.Text}, ErrNoSignature, "2 files came, a.sig, online-0007"},
		"a bundle":          {map[string][]byte{transfer.ListName: []byte("x"), "kek.pem": []byte("y"), "plan.toml": []byte("z")}, ErrNoSignature, "a bundle of 2 files"},
		"a private key":     {map[string][]byte{"a.sig": []byte("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n")}, ErrKeyShown, "private key"},
	} {
		sig, err := s.FromCodes(messageOf(t, c.files))
		if !errors.Is(err, c.err) || !strings.Contains(err.Error(), c.said) {
			t.Errorf("%s: %v", name, err)
		}
		if sig != nil && s.Verify(sig) == nil {
			t.Errorf("%s: a signature was taken", name)
		}
		if p := Explain(err); p.Code == "signature.invalid" && errors.Is(err, audit.ErrNamespace) {
			t.Errorf("%s: key or text are blamed: %+v", name, p)
		}
		if p := Explain(err); p.Code == "unknown" || strings.Contains(p.Title, "AAAA") {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

// TestToSign: the command is that for the file that came, and comes from the
// text itself.
func TestToSign(t *testing.T) {
	st := audit.Statement{
		Mode: audit.Rehearsal, Ceremony: "hall-2026", Run: strings.Repeat("a", 32), Stage: "prepare", Attempt: 1,
		Step: "people.signin", Action: audit.ActionSignIn, Role: "operator", Person: "op1", Head: audit.Head{Log: "online.log"},
	}
	s := Signing{Namespace: st.Namespace(), File: "online-0002-people.signin.op1.txt", Text: st.Text()}
	m, err := s.Message()
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range m.Files() {
		if got := ToSign(name, "in/"+name, b); got != s.Command("in/"+s.File) || !strings.Contains(got, "-n rehearsal-signin@keyceremony ") {
			t.Errorf("to sign %s: %q", name, got)
		}
	}
	list := audit.Manifest{{Name: "online.log"}}.Encode()
	for name, want := range map[string]string{audit.SealFinal: " -n final-seal@keyceremony ", "other.sha256": ""} {
		if got := ToSign(name, name, list); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("to sign %s: %q", name, got)
		}
	}
	if got := ToSign(audit.SealFinal, "x", append(list, "…"...)); got != "" {
		t.Errorf("to sign what is no list: %q", got)
	}
}
