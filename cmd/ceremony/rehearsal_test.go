package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/keyvault/attest"
)

// TestRehearsal holds a whole rehearsal through the real command, in
// processes of their own, and then looks at it as others would: with our
// verifier and the codes of the sheets, with stock tools, with the verifier in
// Python, and as a thief of secrets.
func TestRehearsal(t *testing.T) {
	s := &scene{dir: filepath.Join(t.TempDir(), awkward), people: actors}
	t.Setenv("SOFTHSM2_CONF", "")
	var out, words bytes.Buffer
	c := exec.Command("ceremony", "rehearse", "--headless", "--dir", s.dir, "--keys", "P-256", "--kek-bits", "2048")
	c.Stdout, c.Stderr = &out, &words
	if err := c.Run(); err != nil {
		t.Fatalf("%v\n%s%s", err, &out, &words)
	}
	if !strings.Contains(out.String(), "(rehearsal): complete.") {
		t.Errorf("the rehearsal says\n%s", &out)
	}
	t.Run("verify", func(t *testing.T) { verifiesWithSheets(t, s) })
	t.Run("stock commands", func(t *testing.T) { stockCommandsHold(t, s, out.String()) })
	t.Run("python", func(t *testing.T) { pythonAgrees(t, s) })
	t.Run("attestation", func(t *testing.T) { attestedAtBothMachines(t, s) })
	t.Run("secrets", func(t *testing.T) { noSecretLeft(t, s, out.Bytes(), words.Bytes()) })
}

// awkward is the name of a folder that is a pattern, and needs quotes.
const awkward = "Inga's [1] $HOME; \"50%\" ü & *"

// TestRehearsalElsewhere: a folder that SoftHSM cannot be told of is refused
// before anything is made.
func TestRehearsalElsewhere(t *testing.T) {
	for _, name := range []string{"no #1", "a=b", "two\nlines"} {
		dir := filepath.Join(t.TempDir(), name)
		out, err := exec.Command("ceremony", "rehearse", "--headless", "--dir", dir).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "SoftHSM's configuration cannot name") {
			t.Errorf("%q: %v\n%s", name, err, out)
		}
		if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// attestedAtBothMachines wants every check of the attestation to have been
// made, and to hold; three of them are of the file that crossed the gap.
func attestedAtBothMachines(t *testing.T, s *scene) {
	for log, want := range map[string]int{"online.log": len(attest.Checks()) - 3, "offline.log": len(attest.Checks())} {
		if n := len(attested(t, s, log, audit.ResultHolds)); n != want {
			t.Errorf("%s: %d checks of an attestation hold, want %d", log, n, want)
		}
	}
}

// attested are the checks of an attestation in a log that came out so.
func attested(t *testing.T, s *scene, log, result string) (ids []string) {
	t.Helper()
	b, err := os.ReadFile(s.path("online", log))
	if err != nil {
		t.Fatal(err)
	}
	_, err = audit.ReadLog(b, log, func(r audit.Record) error {
		var end audit.End
		if r.Ev != audit.EvEnd {
			return nil
		}
		err := r.Decode(&end)
		for _, c := range end.Checks {
			if c.Result == result && slices.Contains(attest.Checks(), c.ID) {
				ids = append(ids, c.ID)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// TestRehearsalByCodes crosses the gap as codes both ways: pictures of the one
// screen are what the other machine's camera sees.
func TestRehearsalByCodes(t *testing.T) {
	s := &scene{dir: filepath.Join(t.TempDir(), "rehearsal"), people: actors}
	t.Setenv("SOFTHSM2_CONF", "")
	var out, words bytes.Buffer
	c := exec.Command("ceremony", "rehearse", "--headless", "--transfer", "qr", "--dir", s.dir, "--keys", "P-256", "--kek-bits", "2048")
	c.Stdout, c.Stderr = &out, &words
	if err := c.Run(); err != nil || !strings.Contains(out.String(), "(rehearsal): complete.") {
		t.Fatalf("%v\n%s%s", err, &out, &words)
	}
	if n := strings.Count(words.String(), "transfer.words"); n != 2 {
		t.Errorf("words were compared %d times, want 2\n%s", n, &words)
	}
	if media, err := filepath.Glob(s.path("usb", "*", "*")); err != nil || len(media) > 0 {
		t.Errorf("the media have %v (%v)", media, err)
	}
	for _, what := range []string{"kek", "blob"} {
		if pictures, err := filepath.Glob(s.path("table", "codes."+what, "*.png")); err != nil || len(pictures) < 10 {
			t.Errorf("%d pictures of codes (%v)", len(pictures), err)
		}
	}
	verifiesWithSheets(t, s)
	pythonAgrees(t, s)
}

// TestRehearsalOfAKeyVault: it attests nothing, which is said at both machines,
// and its audit log is looked at.
func TestRehearsalOfAKeyVault(t *testing.T) {
	s := &scene{dir: filepath.Join(t.TempDir(), "rehearsal"), people: actors}
	t.Setenv("SOFTHSM2_CONF", "")
	out, err := exec.Command("ceremony", "rehearse", "--headless", "--managed-hsm=false", "--dir", s.dir, "--keys", "P-256", "--kek-bits", "2048").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "(rehearsal): complete.") {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, log := range []string{"online.log", "offline.log"} {
		if ids := attested(t, s, log, audit.ResultNotChecked); !slices.Equal(ids, []string{attest.CheckPresent}) {
			t.Errorf("%s: not checked are %v", log, ids)
		}
	}
	pythonAgrees(t, s)
}

// TestTrustedRehearsal: the HSM's security officer takes part, and his PIN is
// found nowhere.
func TestTrustedRehearsal(t *testing.T) {
	s := &scene{dir: filepath.Join(t.TempDir(), "rehearsal"), people: actors}
	t.Setenv("SOFTHSM2_CONF", "")
	var out, words bytes.Buffer
	c := exec.Command("ceremony", "rehearse", "--headless", "--trusted", "--dir", s.dir, "--keys", "P-256,AES-256", "--kek-bits", "2048")
	c.Stdout, c.Stderr = &out, &words
	if err := c.Run(); err != nil || !strings.Contains(out.String(), "(rehearsal): complete.") || !strings.Contains(words.String(), "done: kek.trust") {
		t.Fatalf("%v\n%s%s", err, &out, &words)
	}
	if _, there := s.secrets(t)["table/"+soPINSheet]; !there {
		t.Error("the security officer's PIN is not on the table")
	}
	noSecretLeft(t, s, out.Bytes(), words.Bytes())
	pythonAgrees(t, s)
}

func (s *scene) sheet(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(s.path("table", name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}

// anchored are the auditor's arguments: codes from outside the folder.
func (s *scene) anchored(t testing.TB) []string {
	return []string{
		"verify", s.path("online"), "--plan-code", s.sheet(t, "plan.code"),
		"--head", "online=" + s.sheet(t, "prepare.head"), "--head", "offline=" + s.sheet(t, "offline.head"),
	}
}

func verifiesWithSheets(t *testing.T, s *scene) {
	out, err := s.command(s.anchored(t)...).CombinedOutput()
	// A rehearsal's plan names no time-stamp authority: nothing else is open.
	if err != nil || bytes.Count(out, []byte("not checked")) != bytes.Count(out, []byte("not available: the plan names no time-stamp authority")) {
		t.Errorf("%v\n%s", err, out)
	}
	args := s.anchored(t)
	args[3] = digest.Of([]byte("another plan")).Code()
	if out, err := s.command(args...).CombinedOutput(); err == nil || !bytes.Contains(out, []byte("does not hold")) {
		t.Errorf("with the code of another plan: %v\n%s", err, out)
	}
}

// stockCommandsHold runs what the rehearsal printed, line by line, with a
// PATH that does not have this program.
func stockCommandsHold(t *testing.T, s *scene, out string) {
	_, printed, ok := strings.Cut(out, "Check it without this program:")
	if !ok {
		t.Fatalf("no stock commands in\n%s", out)
	}
	for _, word := range []string{"sha256sum -c", "ssh-keygen -Y verify"} {
		if !strings.Contains(printed, word) {
			t.Errorf("%q is not among the commands\n%s", word, printed)
		}
	}
	if out, err := exec.Command("sh", "-ec", printed).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s\n%s", err, printed, out)
	}
	// The same commands must see a change.
	log := s.path("online", "offline.log")
	before, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(log, append(bytes.Clone(before), '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := exec.Command("sh", "-ec", printed).Run(); err == nil {
		t.Error("the stock commands do not see another log")
	}
	if err := os.WriteFile(log, before, 0o600); err != nil {
		t.Fatal(err)
	}
}

func pythonAgrees(t *testing.T, s *scene) {
	out, err := exec.Command("python3", "../../docs/verify.py", s.path("online"), "plan="+s.sheet(t, "plan.code"),
		"online="+s.sheet(t, "prepare.head"), "offline="+s.sheet(t, "offline.head")).CombinedOutput()
	if err != nil || !strings.HasSuffix(string(out), "\ncomplete\n") {
		t.Errorf("%v\n%s", err, out)
	}
}

// noSecretLeft looks for every secret of table, people, vault and token in
// what left them: the folders of both machines, the media, and the output.
func noSecretLeft(t *testing.T, s *scene, out, words []byte) {
	secrets := s.secrets(t)
	texts := map[string][]byte{"standard output": out, "standard error": words}
	for _, dir := range []string{"online", "offline", "usb"} {
		readAll(t, s.path(dir), texts)
	}
	if len(texts) < 100 || len(secrets) < 20 {
		t.Fatalf("%d texts and %d secrets: that is not all", len(texts), len(secrets))
	}
	for name, text := range texts {
		for what, secret := range secrets {
			if secret.in(text) {
				t.Errorf("%s has the secret of %s", name, what)
			}
		}
	}
	// The search does find what is there.
	for what, secret := range secrets {
		text, err := os.ReadFile(s.path(what))
		if err == nil && strings.HasPrefix(what, "vault/keys") || strings.HasPrefix(what, "vault/deleted") {
			_, b64, _ := strings.Cut(string(text), `"private": "`)
			text, err = base64.StdEncoding.DecodeString(b64[:strings.Index(b64, `"`)])
		}
		if err != nil || !secret.in(text) {
			t.Errorf("the search does not see %s where it is (%v)", what, err)
		}
	}
}

func readAll(t *testing.T, dir string, into map[string][]byte) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			into[path], err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A secret is what must not be found, in every form in which it could be
// written by mistake.
type secret struct {
	word  *regexp.Regexp // alone, as digits of a PIN inside a longer number are chance
	forms [][]byte
}

func (s secret) in(text []byte) bool {
	if s.word != nil && s.word.Match(text) {
		return true
	}
	for _, f := range s.forms {
		if bytes.Contains(text, f) {
			return true
		}
	}
	return false
}

// typed is a secret that people type.
func typed(text string) secret {
	s := bytesOf([]byte(text))
	s.word, s.forms = regexp.MustCompile(`(?:^|[^0-9a-f])`+regexp.QuoteMeta(text)+`(?:$|[^0-9a-f])`), s.forms[1:]
	return s
}

func bytesOf(b []byte) secret {
	return secret{forms: [][]byte{b, []byte(hex.EncodeToString(b)), []byte(base64.RawStdEncoding.EncodeToString(b))}}
}

// privatePart is a piece of a PKCS#8 that is not also in the public key: the
// scalar of an EC key begins at byte 36, and an RSA key ends with its primes.
// An AES key is all private.
func privatePart(key []byte) secret {
	switch {
	case len(key) <= 32:
		return bytesOf(key)
	case len(key) < 250:
		return bytesOf(key[36:60])
	}
	return bytesOf(key[len(key)-60:])
}

var (
	pemLines  = regexp.MustCompile(`(?m)^[A-Za-z0-9+/]{40,}`)
	vaultKeys = regexp.MustCompile(`"private": *"([^"]+)"`)
)

// secrets lists them by where they are: passphrases, PINs, the client's
// secret, the vault's private keys, and private key files.
func (s *scene) secrets(t *testing.T) map[string]secret {
	t.Helper()
	texts, out := map[string][]byte{}, map[string]secret{}
	for _, dir := range []string{"table", "people", "vault"} {
		readAll(t, s.path(dir), texts)
	}
	for path, b := range texts {
		where, _ := filepath.Rel(s.dir, path)
		text := strings.TrimSpace(string(b))
		private := vaultKeys.FindStringSubmatch(text)
		switch {
		case strings.HasSuffix(path, ".passphrase"), strings.HasSuffix(path, ".pin"), strings.HasSuffix(path, ".secret"):
			out[where] = typed(text)
		case private != nil:
			pkcs8, err := base64.StdEncoding.DecodeString(private[1])
			if err != nil {
				t.Fatal(err)
			}
			out[where] = privatePart(pkcs8)
		case strings.Contains(text, "PRIVATE KEY"):
			// Its first lines have magic words and the public half.
			_, key, _ := strings.Cut(text, "PRIVATE KEY-----")
			lines := pemLines.FindAllString(key, -1)
			out[where] = secret{forms: [][]byte{[]byte(lines[len(lines)-1])}}
		}
	}
	return out
}
