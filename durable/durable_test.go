//go:build unix

package durable

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func open(t *testing.T) *Dir {
	t.Helper()
	d, err := Create(filepath.Join(t.TempDir(), "folder"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func TestCreate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "folder")
	d, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	d.Close()
	if d, err = Create(path); err != nil {
		t.Fatalf("an empty folder was refused: %v", err)
	}
	if err := d.WriteNew("a", []byte("x")); err != nil {
		t.Fatal(err)
	}
	d.Close()
	if _, err := Create(path); !errors.Is(err, ErrExists) {
		t.Fatalf("a folder with a file gave %v", err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o700 {
		t.Fatalf("mode %v, %v", info.Mode(), err)
	}
	if _, err := Create(filepath.Join(path, "no", "parent")); err == nil {
		t.Fatal("a folder without parent was made")
	}
}

func TestWriteNew(t *testing.T) {
	d := open(t)
	if err := d.WriteNew("a.txt", []byte("one")); err != nil {
		t.Fatal(err)
	}
	if err := d.WriteNew("a.txt", []byte("one")); err != nil {
		t.Fatalf("the same bytes again: %v", err)
	}
	for _, other := range []string{"two", "", "one and more"} {
		if err := d.WriteNew("a.txt", []byte(other)); !errors.Is(err, ErrExists) {
			t.Fatalf("other bytes gave %v", err)
		}
	}
	if b, err := d.Read("a.txt", 3); err != nil || string(b) != "one" {
		t.Fatalf("read %q, %v", b, err)
	}
	if _, err := d.Read("a.txt", 2); !errors.Is(err, ErrTooLarge) {
		t.Fatalf("a file over the cap gave %v", err)
	}
	if err := d.WriteNew("empty", nil); err != nil {
		t.Fatal(err)
	}
	names := listed(t, d)
	if strings.Join(names, " ") != "a.txt empty" {
		t.Fatalf("folder holds %q", names)
	}
}

func listed(t *testing.T, d *Dir) []string {
	t.Helper()
	entries, err := d.Names()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name)
	}
	return names
}

func TestNamesAreFlat(t *testing.T) {
	d := open(t)
	for _, name := range []string{"", ".", "..", "a/b", "../a", `a\b`, "c:a", "a\x00", strings.Repeat("n", 201), ".a.part"} {
		if err := d.WriteNew(name, []byte("x")); !errors.Is(err, ErrName) {
			t.Errorf("WriteNew(%q) gave %v", name, err)
		}
		if _, err := d.Append(name); !errors.Is(err, ErrName) {
			t.Errorf("Append(%q) gave %v", name, err)
		}
	}
	if names := listed(t, d); len(names) != 0 {
		t.Fatalf("folder holds %q", names)
	}
}

// Links, pipes, devices and folders are neither read nor written through.
func TestOnlyRegularFiles(t *testing.T) {
	d := open(t)
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.WriteFile(outside, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := d.WriteNew("inside", []byte("x")); err != nil {
		t.Fatal(err)
	}
	at := func(name string) string { return filepath.Join(d.Path(), name) }
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(os.Symlink(outside, at("out")))
	check(os.Symlink("inside", at("in")))
	check(syscall.Mkfifo(at("pipe"), 0o600))
	check(os.Mkdir(at("sub"), 0o700))
	for _, name := range []string{"out", "in", "pipe", "sub"} {
		if _, err := d.Read(name, 100); !errors.Is(err, ErrNotRegular) {
			t.Errorf("Read(%s) gave %v", name, err)
		}
		if _, err := d.Append(name); !errors.Is(err, ErrNotRegular) {
			t.Errorf("Append(%s) gave %v", name, err)
		}
		if err := d.WriteNew(name, []byte("x")); !errors.Is(err, ErrExists) {
			t.Errorf("WriteNew(%s) gave %v", name, err)
		}
		if err := d.Truncate(name, 0); !errors.Is(err, ErrNotRegular) {
			t.Errorf("Truncate(%s) gave %v", name, err)
		}
	}
	if b, _ := os.ReadFile(outside); string(b) != "secret" {
		t.Fatalf("the file outside is now %q", b)
	}
	entries, err := d.Names()
	check(err)
	kinds := map[string]Kind{"out": Symlink, "in": Symlink, "pipe": Other, "sub": Folder, "inside": Regular}
	for _, e := range entries {
		if kinds[e.Name] != e.Kind {
			t.Errorf("%s is listed as kind %d", e.Name, e.Kind)
		}
	}
}

func TestAppend(t *testing.T) {
	d := open(t)
	a, err := d.Append("log")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"one\n", "two\n"} {
		if err := a.Append([]byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	a.Close()
	if a, err = d.Append("log"); err != nil || a.Size() != 8 {
		t.Fatalf("size %d, %v", a.Size(), err)
	}
	defer a.Close()
	other, err := d.Append("log")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := other.Append([]byte("theirs\n")); err != nil {
		t.Fatal(err)
	}
	if err := a.Append([]byte("ours\n")); err == nil {
		t.Fatal("wrote over what another process had added")
	}
	if err := a.Append([]byte("ours\n")); !errors.Is(err, ErrPoisoned) {
		t.Fatalf("a dead appender gave %v", err)
	}
	if b, _ := d.Read("log", 100); string(b) != "one\ntwo\ntheirs\n" {
		t.Fatalf("log is %q", b)
	}
}

func TestTruncate(t *testing.T) {
	d := open(t)
	if err := d.WriteNew("log", []byte("one\ntw")); err != nil {
		t.Fatal(err)
	}
	if err := d.Truncate("log", 4); err != nil {
		t.Fatal(err)
	}
	if err := d.Truncate("log", 5); err == nil {
		t.Fatal("a file was padded")
	}
	if b, _ := d.Read("log", 100); !bytes.Equal(b, []byte("one\n")) {
		t.Fatalf("log is %q", b)
	}
}

func TestLock(t *testing.T) {
	d := open(t)
	unlock, err := d.Lock()
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.Lock()
	if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), "process ") || !strings.Contains(err.Error(), "since 20") {
		t.Fatalf("a second lock gave %v", err)
	}
	unlock()
	if unlock, err = d.Lock(); err != nil {
		t.Fatalf("after unlock: %v", err)
	}
	unlock()
}

func TestSweep(t *testing.T) {
	d := open(t)
	for _, name := range []string{".a.txt.part", "b.part", ".c"} {
		if err := os.WriteFile(filepath.Join(d.Path(), name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Sweep(); err != nil {
		t.Fatal(err)
	}
	if names := strings.Join(listed(t, d), " "); names != ".c b.part" {
		t.Fatalf("folder holds %s", names)
	}
}

// TestRemove: what is no file was not left by an act, and stays.
func TestRemove(t *testing.T) {
	d := open(t)
	for name, make := range map[string]func(path string) error{
		"folder": func(path string) error { return os.Mkdir(path, 0o700) },
		"link":   func(path string) error { return os.Symlink("elsewhere", path) },
	} {
		if err := make(filepath.Join(d.Path(), name)); err != nil {
			t.Fatal(err)
		}
		if err := d.Remove(name); !errors.Is(err, ErrNotRegular) {
			t.Errorf("%s: %v, wanted %v", name, err, ErrNotRegular)
		}
	}
	if err := errors.Join(d.WriteNew("file", nil), d.Remove("file"), d.Remove("file")); err != nil {
		t.Error(err)
	}
	if names := strings.Join(listed(t, d), " "); names != "folder link" {
		t.Errorf("folder holds %s", names)
	}
}

// On media without renameat2 a hard link does the same.
func TestRenameByLink(t *testing.T) {
	d := open(t)
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(d.Path(), name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("part", "new")
	if err := d.renameByLink("part", "name"); err != nil {
		t.Fatal(err)
	}
	write("part", "newer")
	if err := d.renameByLink("part", "name"); !errors.Is(err, os.ErrExist) {
		t.Fatalf("an existing name gave %v", err)
	}
	if b, _ := d.Read("name", 10); string(b) != "new" {
		t.Fatalf("name holds %q", b)
	}
}

// TestLockIsAPlainFile: a link would lead out of the folder, and whoever opens
// a pipe waits.
func TestLockIsAPlainFile(t *testing.T) {
	for _, name := range []string{lockName, lockByName} {
		path := t.TempDir()
		elsewhere := filepath.Join(t.TempDir(), "elsewhere")
		if err := os.Symlink(elsewhere, filepath.Join(path, name)); err != nil {
			t.Fatal(err)
		}
		d, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		if _, err := d.Lock(); !errors.Is(err, ErrNotRegular) {
			t.Errorf("%s is a link: %v, wanted %v", name, err, ErrNotRegular)
		}
		if _, err := os.Lstat(elsewhere); err == nil {
			t.Errorf("%s led to a file outside the folder", name)
		}
	}
}
