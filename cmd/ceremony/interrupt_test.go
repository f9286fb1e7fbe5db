//go:build !windows

package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/keyceremony/ceremony/keyvault/rehearsal"
)

// until reads up to a text; the pipe's end fails the test.
func until(t *testing.T, from io.Reader, text string) {
	t.Helper()
	var seen []byte
	for b := make([]byte, 1); !bytes.HasSuffix(seen, []byte(text)); seen = append(seen, b[0]) {
		if _, err := from.Read(b); err != nil {
			t.Fatalf("%q never came (%v):\n%s", text, err, seen)
		}
	}
}

// A prompt waits for a line; Ctrl-C must not be lost there.
func TestInterruptedAtAPrompt(t *testing.T) {
	s, _ := newRehearsal(t, rehearsal.Options{}, "P-256")
	c := s.command("run", s.path("online"), "--stage", "prepare", "--plan", s.path("plan.toml"))
	in, out := pipes(t, c)
	defer in.Close()
	until(t, out, "(Olga Operator) (35 digits in 7 groups, typed blind): ")
	interrupt(t, c)
	until(t, out, "Press Ctrl-C again to leave at once; nothing is lost. The question before is still open.\n")
	interrupt(t, c)
	var ended *exec.ExitError
	err := c.Wait()
	if !errors.As(err, &ended) || ended.Sys().(syscall.WaitStatus).Signal() != os.Interrupt {
		t.Errorf("the second Ctrl-C: %v", err)
	}
	// The same step comes back.
	words, _ := s.command("run", s.path("online")).CombinedOutput()
	if !strings.Contains(string(words), "(ceremony.open)") {
		t.Errorf("%s", words)
	}
}

// The vault of rehearsals serves until it is interrupted, and that is no error.
func TestInterruptedVault(t *testing.T) {
	c := exec.Command("ceremony", "rehearsal-vault", "--dir", t.TempDir())
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	until(t, out, "hosts file:\n")
	interrupt(t, c)
	if _, err := io.Copy(io.Discard, out); err != nil {
		t.Error(err)
	}
	if err := c.Wait(); err != nil {
		t.Errorf("interrupted: %v", err)
	}
}

func pipes(t *testing.T, c *exec.Cmd) (io.WriteCloser, io.Reader) {
	t.Helper()
	in, err := c.StdinPipe()
	out, err2 := c.StderrPipe()
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return in, out
}

func interrupt(t *testing.T, c *exec.Cmd) {
	t.Helper()
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
}
