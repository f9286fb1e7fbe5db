//go:build unix

package durable

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

var errInjected = errors.New("injected")

// failAt makes the k-th operation fail, from 0, and counts operations.
func failAt(t *testing.T, k int) (count *int, op *string) {
	t.Helper()
	count, op = new(int), new(string)
	Fault = func(o, name string) error {
		*count++
		if *count == k+1 {
			*op = o
			return errInjected
		}
		return nil
	}
	t.Cleanup(func() { Fault = nil })
	return count, op
}

// Whatever fails, the final name holds all of the bytes or is not there, and
// the same call succeeds afterwards.
func TestWriteNewFailsAtEveryOperation(t *testing.T) {
	want := []byte("every byte of this file\n")
	seen := map[string]bool{}
	for k := 0; ; k++ {
		d := open(t)
		_, op := failAt(t, k)
		err := d.WriteNew("file", want)
		Fault = nil
		if *op == "" {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
		seen[*op] = true
		if err == nil && *op != "remove" {
			t.Errorf("%s failed and WriteNew said nothing", *op)
		}
		if b, err := os.ReadFile(filepath.Join(d.Path(), "file")); err == nil && string(b) != string(want) {
			t.Fatalf("%s: half-written: %q", *op, b)
		}
		if err := d.WriteNew("file", want); err != nil {
			t.Fatalf("%s: again: %v", *op, err)
		}
		if err := d.Sweep(); err != nil {
			t.Fatal(err)
		}
		if names := listed(t, d); len(names) != 1 {
			t.Fatalf("%s: folder holds %q", *op, names)
		}
	}
	for _, op := range []string{"create", "write", "short write", "lying write", "sync", "rename", "sync folder", "open", "read back", "remove"} {
		if !seen[op] {
			t.Errorf("%s was never reached", op)
		}
	}
}

// The same where the file is there already, as after a crash.
func TestWriteNewAgainFailsAtEveryOperation(t *testing.T) {
	d := open(t)
	if err := d.WriteNew("file", []byte("bytes")); err != nil {
		t.Fatal(err)
	}
	for k := 0; ; k++ {
		_, op := failAt(t, k)
		err := d.WriteNew("file", []byte("bytes"))
		Fault = nil
		if *op == "" {
			break
		}
		if !errors.Is(err, errInjected) {
			t.Errorf("%s: %v", *op, err)
		}
	}
}

// An acknowledged append is never lost, and the log can always be reopened.
func TestAppendFailsAtEveryOperation(t *testing.T) {
	for k := 0; ; k++ {
		d := open(t)
		_, op := failAt(t, k)
		acknowledged := appendThree(d)
		Fault = nil
		if *op == "" {
			break
		}
		b, err := d.Read("log", 1000)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(b), acknowledged) {
			t.Fatalf("%s: acknowledged %q, on disk %q", *op, acknowledged, b)
		}
		a, err := d.Append("log")
		if err != nil {
			t.Fatalf("%s: reopen: %v", *op, err)
		}
		if err := a.Append([]byte("after\n")); err != nil {
			t.Fatalf("%s: append after reopening: %v", *op, err)
		}
		a.Close()
	}
}

// appendThree stops at the first error and returns what was acknowledged.
func appendThree(d *Dir) (acknowledged string) {
	a, err := d.Append("log")
	if err != nil {
		return ""
	}
	defer a.Close()
	for i := range 3 {
		line := fmt.Sprintf("line %d\n", i)
		if a.Append([]byte(line)) != nil {
			break
		}
		acknowledged += line
	}
	return acknowledged
}

func TestLyingWriteIsNoticed(t *testing.T) {
	d := open(t)
	Fault = func(op, name string) error {
		if op == "lying write" {
			return errInjected
		}
		return nil
	}
	t.Cleanup(func() { Fault = nil })
	if err := d.WriteNew("file", []byte("abcdef")); !errors.Is(err, ErrReadBack) {
		t.Errorf("WriteNew gave %v", err)
	}
	if _, err := os.Lstat(filepath.Join(d.Path(), "file")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the final name is there: %v", err)
	}
	a, err := d.Append("log")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if err := a.Append([]byte("abcdef\n")); !errors.Is(err, ErrReadBack) {
		t.Errorf("Append gave %v", err)
	}
}

// childEnv names the folder in which the re-executed test binary works.
const childEnv = "DURABLE_TEST_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		child(dir)
		return
	}
	os.Exit(m.Run())
}

// child appends lines and acknowledges each on standard output, until the
// operation whose number is in DURABLE_TEST_KILL, where it kills itself.
func child(dir string) {
	var kill, count int
	fmt.Sscan(os.Getenv("DURABLE_TEST_KILL"), &kill)
	Fault = func(op, name string) error {
		if count++; count == kill {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		}
		return nil
	}
	d, err := Open(dir)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	a, err := d.Append("log")
	for i := 0; err == nil && i < 1000; i++ {
		line := fmt.Sprintf("%d line %d\n", os.Getpid(), i)
		if err = a.Append([]byte(line)); err == nil {
			fmt.Print(line)
		}
		if err == nil {
			err = d.WriteNew(fmt.Sprintf("file-%d-%d", os.Getpid(), i), []byte(line))
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(3)
}

// A killed process loses nothing that it acknowledged, and no file of the
// folder is ever half-written.
func TestKill(t *testing.T) {
	rounds := 40
	if testing.Short() {
		rounds = 10
	}
	d := open(t)
	var acknowledged strings.Builder
	for round := range rounds {
		cmd := exec.Command(os.Args[0], "-test.run=^$")
		cmd.Env = append(os.Environ(), childEnv+"="+d.Path(), fmt.Sprintf("DURABLE_TEST_KILL=%d", 1+7*round%61))
		out, err := cmd.Output()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != -1 {
			t.Fatalf("the child was not killed: %v", err)
		}
		acknowledged.Write(out)
		b, err := d.Read("log", 1<<20)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		missing := lostLines(string(b), acknowledged.String())
		if missing != "" {
			t.Fatalf("round %d lost %q", round, missing)
		}
		cutTorn(t, d, b)
		wholeFiles(t, d)
	}
}

// lostLines returns the first acknowledged line that is not in the log, in order.
func lostLines(log, acknowledged string) string {
	for _, line := range strings.SplitAfter(acknowledged, "\n") {
		i := strings.Index(log, line)
		if i < 0 {
			return line
		}
		log = log[i+len(line):]
	}
	return ""
}

func cutTorn(t *testing.T, d *Dir, b []byte) {
	t.Helper()
	if end := strings.LastIndexByte(string(b), '\n') + 1; end < len(b) {
		if err := d.Truncate("log", int64(end)); err != nil {
			t.Fatal(err)
		}
	}
}

func wholeFiles(t *testing.T, d *Dir) {
	t.Helper()
	if err := d.Sweep(); err != nil {
		t.Fatal(err)
	}
	for _, name := range listed(t, d) {
		if !strings.HasPrefix(name, "file-") {
			continue
		}
		b, err := d.Read(name, 1000)
		want := strings.ReplaceAll(strings.TrimPrefix(name, "file-"), "-", " line ") + "\n"
		if err != nil || string(b) != want {
			t.Fatalf("%s holds %q, %v", name, b, err)
		}
	}
}

// A full medium leaves a torn tail at most. The test binary runs again in a
// namespace of its own, where it may mount a small tmpfs.
func TestFullMedium(t *testing.T) {
	if os.Getenv("DURABLE_TEST_FULL") == "" {
		dir := t.TempDir()
		// Root mounts here, as in a chroot no namespace can be had; others need
		// to be root of a namespace.
		run := []string{"unshare", "-rm"}
		if os.Geteuid() == 0 {
			run = []string{"env"}
			t.Cleanup(func() { _ = exec.Command("umount", dir).Run() })
		}
		out, err := exec.Command(run[0], append(run[1:], "sh", "-c",
			`mount -t tmpfs -o size=64k none "$1" && DURABLE_TEST_FULL="$1" exec "$2" -test.run='^TestFullMedium$' -test.v`,
			"sh", dir, os.Args[0])...).CombinedOutput()
		if err != nil && !strings.Contains(string(out), "RUN") {
			t.Fatalf("no small tmpfs can be mounted (as root, or with unprivileged user namespaces and util-linux): %v %s", err, out)
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	d, err := Open(os.Getenv("DURABLE_TEST_FULL"))
	if err != nil {
		t.Fatal(err)
	}
	a, err := d.Append("log")
	if err != nil {
		t.Fatal(err)
	}
	line := []byte(strings.Repeat("x", 999) + "\n")
	n := 0
	for err = a.Append(line); err == nil && n < 1000; err = a.Append(line) {
		n++
	}
	if !errors.Is(err, syscall.ENOSPC) || n == 0 {
		t.Fatalf("after %d lines: %v", n, err)
	}
	b, err := d.Read("log", 1<<20)
	if err != nil || len(b) < n*1000 {
		t.Fatalf("%d lines acknowledged, %d bytes on disk, %v", n, len(b), err)
	}
	if err := d.Truncate("log", int64(n*1000)); err != nil {
		t.Fatal(err)
	}
	if err := d.WriteNew("file", make([]byte, 64<<10)); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("WriteNew gave %v", err)
	}
	if names := strings.Join(listed(t, d), " "); names != "log" {
		t.Fatalf("folder holds %s", names)
	}
}
