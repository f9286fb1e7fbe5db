package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/keyvault/rehearsal"
)

// A rehearsal whose program was killed after the first stage goes on: the same
// vault at the same address, with its keys, and the same papers.
func TestSceneTakenUp(t *testing.T) {
	s, vault := newRehearsal(t, rehearsal.Options{}, "P-256")
	if out, err := s.command(s.stageArgs(stageRuns[0])...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	code, pass := s.sheet(t, "plan.code"), s.sheet(t, "op1.passphrase")
	refusedWhileServed(t, s.dir)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again := takenUp(t, s.dir)
	if again.vault.URL() != vault.URL() || again.plan.SHA256().Code() != code || again.sheet(t, "op1.passphrase") != pass {
		t.Errorf("%s with plan %s, before %s with %s", again.vault.URL(), again.plan.SHA256().Code(), vault.URL(), code)
	}
	if keys, err := again.vault.Names(false); err != nil || !slices.Equal(keys, []string{s.plan.KEK.Name}) {
		t.Errorf("the vault has %q (%v), want the KEK", keys, err)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
	heldToTheEnd(t, s.dir)
}

func takenUp(t *testing.T, dir string) *scene {
	t.Helper()
	s, err := setTheScene(dir, rehearsal.Options{}, "P-256")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// headless is `ceremony rehearse` on a folder that has a rehearsal.
func headless(t *testing.T, dir string) (code int, words string) {
	t.Helper()
	out, err := exec.Command("ceremony", "rehearse", "--headless", "--dir", dir).CombinedOutput()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
	if ended != nil {
		code = ended.ExitCode()
	}
	return code, string(out)
}

func refusedWhileServed(t *testing.T, dir string) {
	t.Helper()
	if code, words := headless(t, dir); code != exitUse || !strings.Contains(words, "this rehearsal is open elsewhere") || !strings.Contains(words, "(rehearsal.open)") {
		t.Errorf("exit code %d while the vault is served elsewhere:\n%s", code, words)
	}
}

// heldToTheEnd goes on without people, which ends once.
func heldToTheEnd(t *testing.T, dir string) {
	t.Helper()
	if code, words := headless(t, dir); code != exitHolds || !strings.Contains(words, "(rehearsal): complete.") || strings.Contains(words, "PREPARE 1/") {
		t.Errorf("exit code %d:\n%s", code, words)
	}
	if code, words := headless(t, dir); code != exitUse || !strings.Contains(words, "is over") {
		t.Errorf("exit code %d where all stages are over:\n%s", code, words)
	}
}

// A folder in which the setting up was interrupted is not taken for a whole
// rehearsal, and nothing in it is overwritten.
func TestHalfAScene(t *testing.T) {
	s, _ := newRehearsal(t, rehearsal.Options{}, "P-256")
	if err := errors.Join(s.Close(), os.Remove(s.path(sceneNote))); err != nil {
		t.Fatal(err)
	}
	before := s.sheet(t, "plan.code")
	if code, words := headless(t, s.dir); code != exitUse || !strings.Contains(words, "is not empty") {
		t.Errorf("exit code %d:\n%s", code, words)
	}
	if after := s.sheet(t, "plan.code"); after != before {
		t.Errorf("the plan's code is %s, before %s", after, before)
	}
}

// A folder may be moved: only the plan's address must hold.
func TestMovedScene(t *testing.T) {
	s, vault := newRehearsal(t, rehearsal.Options{}, "P-256")
	moved := filepath.Join(t.TempDir(), "moved")
	if err := errors.Join(s.Close(), os.Rename(s.dir, moved)); err != nil {
		t.Fatal(err)
	}
	again := takenUp(t, moved)
	if serial, err := again.tokenSerial(); err != nil || serial != s.plan.HSM.Serial || again.vault.URL() != vault.URL() {
		t.Errorf("serial number %s (%v) and vault %s, before %s and %s", serial, err, again.vault.URL(), s.plan.HSM.Serial, vault.URL())
	}
}

// The library that a copied folder names is not run, unless it is known here:
// whichever of the folder's plans names it.
func TestCopiedSceneBringsNoLibrary(t *testing.T) {
	s, _ := newRehearsal(t, rehearsal.Options{}, "P-256")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(s.path("plan.toml"))
	if err != nil {
		t.Fatal(err)
	}
	brought := s.path("token", "brought.so")
	forged := bytes.ReplaceAll(b, []byte(s.plan.HSM.Module), []byte(brought))
	if bytes.Equal(forged, b) {
		t.Fatal("the plan names no library")
	}
	for _, name := range []string{"plan.toml", "offline/plan.toml"} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(s.path(name)), 0o700), s.put(name, forged)); err != nil {
			t.Fatal(err)
		}
		var use *useError
		if _, err := setTheScene(s.dir, rehearsal.Options{}, "P-256"); !errors.As(err, &use) || !strings.Contains(err.Error(), s.path(name)+" names the library") {
			t.Errorf("%s names %s: %v", name, brought, err)
		}
		if err := s.put(name, b); err != nil {
			t.Fatal(err)
		}
	}
	f := s.flags
	f.module = brought
	named := &scene{dir: s.dir, flags: f}
	if err := errors.Join(s.put("plan.toml", forged), named.ownModule()); err != nil {
		t.Errorf("named by who started us: %v", err)
	}
}

// Words are typed quickly, and pass where a passphrase is asked.
func TestPassphrasesOfRehearsals(t *testing.T) {
	for range 1000 {
		if p := passphrase(); len(p) < minPassphrase || strings.Count(p, "-") != 1 || strings.ToLower(p) != p {
			t.Fatalf("passphrase %q", p)
		}
	}
}

// What people write down later is in place of what they wrote before.
func TestSheetsAreWrittenAnew(t *testing.T) {
	d := &table{dir: t.TempDir()}
	d.write("pause.head", "first")
	d.write("pause.head", "second")
	d.write("../out", "x")
	if b, err := d.read("pause.head"); err != nil || string(b) != "second" {
		t.Errorf("%s, %v", b, err)
	}
	if _, err := os.Stat(filepath.Join(d.dir, "..", "out")); err == nil {
		t.Error("a sheet was written elsewhere")
	}
}

// TestNoSoftHSM: who has it elsewhere is told where it was looked for, and how
// it is named.
func TestNoSoftHSM(t *testing.T) {
	was := softHSM
	t.Cleanup(func() { softHSM = was })
	softHSM = []string{filepath.Join(t.TempDir(), "one.so"), filepath.Join(t.TempDir(), "two.so")}
	s := &scene{}
	err := s.findModule()
	for _, want := range append([]string{"--module", "apt-get install softhsm2"}, softHSM...) {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %s is not named", err, want)
		}
	}
	if exitCode(err) != exitUse {
		t.Errorf("exit code %d", exitCode(err))
	}
	if err := os.WriteFile(softHSM[1], nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.findModule(); err != nil || s.flags.module != softHSM[1] {
		t.Errorf("%q, %v", s.flags.module, err)
	}
}
