package audit

import (
	"bytes"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/digest"
)

func statement() Statement {
	return Statement{
		Mode: Production, Ceremony: "demo", Run: "r1", Stage: "import", Attempt: 1, Step: "target.import",
		Action: "approve the import", Subjects: []string{"signing-2026", "blob " + digest.Of(nil).String()},
		Role: "operator", Person: "op2", Nonce: [32]byte{1, 2, 3},
		Head: Head{Log: "online.2.log", Seq: 7, SHA256: digest.Of([]byte("log"))},
	}
}

const statementText = `keyceremony 1
mode: production
ceremony: demo
run: r1
stage: import
attempt: 1
step: target.import
action: approve the import
subject: signing-2026
subject: blob e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
role: operator
person: op2
log: online.2.log
seq: 7
head: 2c29ea43a96caaa8ca14c33f71a5a1a15a3172e9fd6078c5ba7b2ae7a6bea7a9
nonce: 0102030000000000000000000000000000000000000000000000000000000000
`

func TestStatementText(t *testing.T) {
	want := strings.Replace(statementText, "2c29ea43a96caaa8ca14c33f71a5a1a15a3172e9fd6078c5ba7b2ae7a6bea7a9", digest.Of([]byte("log")).String(), 1)
	if got := string(statement().Text()); got != want {
		t.Fatalf("text is\n%s", got)
	}
	s := statement()
	s.Ceremony, s.Run, s.Subjects = "Zürich\n\u202eevil", "", []string{" x ", "a b"}
	text := string(s.Text())
	for _, line := range []string{"ceremony: ZU+00FCrichU+000AU+202Eevil\n", "run: -\n", "subject: U+0020xU+0020\n", "subject: a b\n"} {
		if !strings.Contains(text, line) {
			t.Errorf("no line %q in\n%s", line, text)
		}
	}
}

func TestParseStatement(t *testing.T) {
	text := statement().Text()
	s, err := ParseStatement(text)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(s.Text(), text) || s.Head != statement().Head || s.Nonce != statement().Nonce || len(s.Subjects) != 2 {
		t.Fatalf("read %+v", s)
	}
	for _, e := range []struct{ old, new string }{
		{"keyceremony 1", "keyceremony 2"},
		{"mode: production\n", ""},
		{"mode: production\nceremony: demo\n", "ceremony: demo\nmode: production\n"},
		{"step: target.import\n", "step: target.import\nstep: target.import\n"},
		{"stage: import", "stage:import"},
		{"stage: import", "stage: import "},
		{"stage: import", "stage:  import"},
		{"stage: import", "stage: "},
		{"stage: import", "Stage: import"},
		{"stage: import", "stage: imp\u00f6rt"},
		{"attempt: 1", "attempt: 01"},
		{"attempt: 1", "attempt: +1"},
		{"attempt: 1", "attempt: -1"},
		{"attempt: 1", "attempt: one"},
		{"role: operator\n", "role: operator\nsubject: more\n"},
		{"nonce: 01", "nonce: 0"},
		{"\n", "\r\n"},
		{"person: op2\n", "person: op2\r\n"},
	} {
		m := bytes.Replace(text, []byte(e.old), []byte(e.new), 1)
		if bytes.Equal(m, text) {
			t.Fatalf("%q: the edit changes nothing", e.new)
		}
		if _, err := ParseStatement(m); err == nil {
			t.Errorf("%q for %q was taken", e.new, e.old)
		}
	}
	for _, m := range [][]byte{nil, text[:len(text)-1], append(bytes.Clone(text), '\n'), append(bytes.Clone(text), "more: x\n"...), bytes.Repeat(text, 100)} {
		if _, err := ParseStatement(m); err == nil {
			t.Errorf("%d bytes were taken", len(m))
		}
	}
}

func TestNamespaces(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Statement{Mode: Production, Action: ActionSignIn}.Namespace(), "signin@keyceremony"},
		{Statement{Mode: Production, Action: ActionSignOff}.Namespace(), "signoff@keyceremony"},
		{Statement{Mode: Production, Action: "approve the wrap"}.Namespace(), "approve@keyceremony"},
		{Statement{Mode: Production, Action: "stop"}.Namespace(), "approve@keyceremony"},
		{Statement{Mode: Rehearsal, Action: ActionSignIn}.Namespace(), "rehearsal-signin@keyceremony"},
		{Statement{Action: ActionSignIn}.Namespace(), "rehearsal-signin@keyceremony"},
		{SealNamespace(SealPrepare, Production), "prepare-seal@keyceremony"},
		{SealNamespace("offline", Production), "offline-seal@keyceremony"},
		{SealNamespace(SealFinal, Rehearsal), "rehearsal-final-seal@keyceremony"},
		{PlanNamespace(Rehearsal), "rehearsal-plan@keyceremony"},
	} {
		if c.got != c.want {
			t.Errorf("%s, not %s", c.got, c.want)
		}
	}
}

func TestNames(t *testing.T) {
	name := StatementName("online.2.log", 7, "target.import", "op1")
	if name != "online.2-0007-target.import.op1.txt" || SigName(name) != name+".sig" {
		t.Errorf("statement is %s", name)
	}
	if !statementNames.MatchString(name) || !statementNames.MatchString(StatementName("offline.log", 12345, "pause", "iw")) {
		t.Error("a statement's name is not on the list of names")
	}
	if got := SignedName("plan.toml", "op1"); got != "plan.toml.op1.sig" {
		t.Errorf("signature is %s", got)
	}
}

// FuzzParseStatement: what is read is written again as the same bytes.
func FuzzParseStatement(f *testing.F) {
	f.Add(statement().Text())
	f.Add([]byte(statementText))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := ParseStatement(b)
		if err == nil && !bytes.Equal(s.Text(), b) {
			t.Fatalf("read\n%q\nwritten again\n%q", b, s.Text())
		}
	})
}

func TestManifest(t *testing.T) {
	m := Manifest{{Name: "b", SHA256: digest.Of([]byte("b"))}, {Name: "a.txt", SHA256: digest.Of([]byte("a"))}}
	b := m.Encode()
	want := digest.Of([]byte("a")).String() + "  a.txt\n" + digest.Of([]byte("b")).String() + "  b\n"
	if string(b) != want {
		t.Fatalf("encoded\n%s", b)
	}
	back, err := ParseManifest(b)
	if err != nil || len(back) != 2 {
		t.Fatalf("read %v, %v", back, err)
	}
	if d, ok := back.Find("b"); !ok || d != digest.Of([]byte("b")) {
		t.Fatalf("found %v, %v", d, ok)
	}
	if _, ok := back.Find("c"); ok {
		t.Fatal("found what is not there")
	}
	for _, e := range []struct{ old, new string }{
		{"  a.txt", " *a.txt"},
		{"  a.txt", "  ../a"},
		{"  a.txt", "  .a"},
		{"  a.txt", "  a b"},
		{"  a.txt", "  "},
		{"  a.txt", "  c"},
		{"  a.txt", "  b"},
		{"  a.txt\n", "  a.txt\r\n"},
		{"  a.txt\n", "  a.txt\n\n"},
		{want[:4], strings.ToUpper(want[:4])},
	} {
		edited := strings.Replace(want, e.old, e.new, 1)
		if edited == want {
			t.Fatalf("%q: the edit changes nothing", e.new)
		}
		if _, err := ParseManifest([]byte(edited)); err == nil {
			t.Errorf("%q was taken", e.new)
		}
	}
	for _, b := range []string{"", "\n", want[:len(want)-1], want + "\n", "\\" + want} {
		if _, err := ParseManifest([]byte(b)); err == nil {
			t.Errorf("%q was taken", b)
		}
	}
}

// FuzzParseManifest: what is read is written again as the same bytes.
func FuzzParseManifest(f *testing.F) {
	f.Add(Manifest{{Name: "b", SHA256: digest.Of(nil)}, {Name: "a.txt"}}.Encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ParseManifest(b)
		if err == nil && !bytes.Equal(m.Encode(), b) {
			t.Fatalf("read\n%q\nwritten again\n%q", b, m.Encode())
		}
	})
}
