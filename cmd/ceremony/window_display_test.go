//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A desktop is a display without a screen, with a window manager: windows get
// the keyboard on it, and are closed, as people know it.
type desktop struct {
	t       testing.TB
	ctx     context.Context
	display string
	env     []string
}

// inTime ends a minute before the time of all tests is over, so that a test can
// still say what it waits for.
func inTime(t *testing.T) (context.Context, context.CancelFunc) {
	if end, ok := t.Deadline(); ok {
		return context.WithDeadline(t.Context(), end.Add(-time.Minute))
	}
	return context.WithCancel(t.Context())
}

// newDesktop starts Xvfb on a free number. Keys do not repeat: a busy machine
// would else hold one long enough for two.
func newDesktop(t testing.TB, ctx context.Context) *desktop {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	x := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "2800x1000x24", "-r", "-nolisten", "tcp", "-noreset")
	x.ExtraFiles = []*os.File{w}
	start(t, x)
	w.Close()
	number, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatalf("Xvfb gives no display: %v", err)
	}
	display := ":" + strings.TrimSpace(number)
	d := &desktop{t: t, ctx: ctx, display: display, env: homeEnv(t, display)}
	d.manage()
	return d
}

// another is another machine before the same eyes: it has a home of its own.
func (d *desktop) another(t testing.TB) *desktop {
	t.Helper()
	return &desktop{t: t, ctx: d.ctx, display: d.display, env: homeEnv(t, d.display)}
}

// homeEnv is what a program sees on the desktop: nothing of who runs the test.
func homeEnv(t testing.TB, display string) []string {
	t.Helper()
	home := t.TempDir()
	for _, sub := range []string{".cache", ".config", "run"} {
		if err := os.Mkdir(filepath.Join(home, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return []string{
		"DISPLAY=" + display, "HOME=" + home, "XDG_RUNTIME_DIR=" + filepath.Join(home, "run"), "TMPDIR=" + t.TempDir(),
		"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "LIBGL_ALWAYS_SOFTWARE=1", "XDG_SESSION_TYPE=x11",
	}
}

// start starts a process that ends with the test.
func start(t testing.TB, c *exec.Cmd) {
	t.Helper()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
}

// manage starts the window manager, and waits until it manages.
func (d *desktop) manage() {
	d.t.Helper()
	manager := d.command("openbox", "--sm-disable", "--startup", "echo up")
	out, err := manager.StdoutPipe()
	if err != nil {
		d.t.Fatal(err)
	}
	start(d.t, manager)
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		d.t.Fatalf("no window manager came up: %v", err)
	}
}

func (d *desktop) command(name string, args ...string) *exec.Cmd {
	c := exec.CommandContext(d.ctx, name, args...)
	c.Env = d.env
	return c
}

// xdo runs xdotool, with text that is not among its arguments.
func (d *desktop) xdo(input string, args ...string) string {
	d.t.Helper()
	c := d.command("xdotool", args...)
	c.Stdin = strings.NewReader(input)
	var out, words bytes.Buffer
	c.Stdout, c.Stderr = &out, &words
	if err := c.Run(); err != nil {
		d.t.Fatalf("xdotool %s: %v\n%s", strings.Join(args, " "), err, &words)
	}
	return strings.TrimSpace(out.String())
}

// shot takes a picture of the whole desktop.
func (d *desktop) shot(path string) {
	d.t.Helper()
	c := exec.Command("import", "-window", "root", path) // also when the test's time is over
	c.Env = d.env
	if out, err := c.CombinedOutput(); err != nil {
		d.t.Logf("no picture: %v\n%s", err, out)
	}
}

// windowProgram builds the program with its window.
func windowProgram(t testing.TB) string {
	t.Helper()
	return built(t, ".")
}

// built builds a program with the flags that windows are built with.
func built(t testing.TB, dir string) string {
	t.Helper()
	exe := filepath.Join(t.TempDir(), "program")
	c := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-tags", "no_metadata,no_emoji", "-o", exe, dir)
	c.Env = append(os.Environ(), "CGO_ENABLED=1")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return exe
}
