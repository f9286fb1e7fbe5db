package qr

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/durable"
)

func TestMessage(t *testing.T) {
	files := map[string][]byte{"b.txt": []byte("two"), "a.pem": []byte("one"), "empty.log": {}}
	m := message(t, files)
	const list = "\x00\x03\x05a.pem\x00\x00\x00\x03\x05b.txt\x00\x00\x00\x03\x09empty.log\x00\x00\x00\x00"
	if string(m.plain) != list+"onetwo" {
		t.Errorf("the message is %q", m.plain)
	}
	if want := digest.SHA256(sha256.Sum256([]byte("keyceremony qr message 1\x00" + list + "onetwo"))); m.Digest() != want {
		t.Errorf("its digest is %s, wanted %s", m.Digest(), want)
	}
	if !maps.EqualFunc(m.Files(), files, bytes.Equal) {
		t.Errorf("its files are %q", m.Files())
	}
}

func TestNames(t *testing.T) {
	for _, name := range []string{"a.pem", "kek.publickey.pem", "BUNDLE.sha256", "allowed_signers", "A-1_b.byok"} {
		if err := CheckName(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{
		"", ".", "..", "/a.txt", "a/b.txt", `a\b.txt`, "../a.txt", ".a.txt", "a..txt", "a.txt/", "a", "a.exe", "a.desktop", "a.html",
		"CON.txt", "nul.log", "a b.txt", "a\x00.txt", "a\n.txt", "ä.txt", "a.txt ", "-a.txt", "c:a.txt", strings.Repeat("a", 157) + ".txt",
	} {
		if err := CheckName(name); !errors.Is(err, ErrMessage) {
			t.Errorf("%q is taken: %v", name, err)
		}
		if _, err := NewMessage(map[string][]byte{name: nil}); !errors.Is(err, ErrMessage) {
			t.Errorf("a message takes %q: %v", name, err)
		}
	}
}

func TestMessageLimits(t *testing.T) {
	many := map[string][]byte{}
	for i := range MaxFiles + 1 {
		many[fmt.Sprintf("%d.txt", i)] = nil
	}
	for _, c := range []struct {
		what  string
		files map[string][]byte
		err   error
	}{
		{"no file", nil, ErrMessage},
		{"too many", many, ErrMessage},
		{"twins", map[string][]byte{"a.txt": nil, "A.txt": nil}, ErrMessage},
		{"too large", map[string][]byte{"a.txt": make([]byte, MaxPlain)}, ErrTooLarge},
		{"too large in all", map[string][]byte{"a.txt": make([]byte, MaxPlain/2), "b.txt": make([]byte, MaxPlain/2)}, ErrTooLarge},
	} {
		if _, err := NewMessage(c.files); !errors.Is(err, c.err) {
			t.Errorf("%s: %v, wanted %v", c.what, err, c.err)
		}
	}
	delete(many, "0.txt")
	m := message(t, many)
	if len(m.Files()) != MaxFiles {
		t.Errorf("%d files", len(m.Files()))
	}
}

// TestParseMessageRefuses: only the one form is read.
func TestParseMessageRefuses(t *testing.T) {
	good := string(message(t, map[string][]byte{"a.txt": []byte("one"), "b.txt": []byte("two")}).plain)
	if _, err := parseMessage([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ what, bad string }{
		{"nothing", ""},
		{"one byte", "\x00"},
		{"no file", "\x00\x00"},
		{"more files than are listed", strings.Replace(good, "\x00\x02", "\xff\xff", 1)},
		{"a file less", strings.Replace(good, "\x00\x02", "\x00\x01", 1)},
		{"a byte more", good + "x"},
		{"a byte less", good[:len(good)-1]},
		{"a size too large", strings.Replace(good, "\x00\x00\x00\x03", "\xff\xff\xff\xff", 1)},
		{"a path", strings.Replace(good, "a.txt", "/.txt", 1)},
		{"twice", strings.Replace(good, "b.txt", "a.txt", 1)},
		{"twice but for case", strings.Replace(good, "b.txt", "A.txt", 1)},
		{"unsorted", strings.Replace(good, "a.txt", "c.txt", 1)},
	} {
		if c.bad == good {
			t.Fatalf("%s: the edit changes nothing", c.what)
		}
		if _, err := parseMessage([]byte(c.bad)); !errors.Is(err, ErrMessage) {
			t.Errorf("%s: %v", c.what, err)
		}
	}
}

func TestPack(t *testing.T) {
	r := seeded(1)
	for _, plain := range [][]byte{{0}, []byte("text text text text"), noise(r, 100_000), make([]byte, 900_000)} {
		packed, err := pack(plain)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := unpack(packed); err != nil || !bytes.Equal(back, plain) {
			t.Errorf("%d bytes come back as %d, %v", len(plain), len(back), err)
		}
		if _, err := unpack(append(packed, 0)); err == nil {
			t.Error("a byte too many is taken")
		}
		if _, err := unpack(packed[:len(packed)-1]); err == nil {
			t.Error("a byte too few is taken")
		}
	}
	if _, err := pack(noise(r, MaxPacked+1)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("more than %d bytes: %v", MaxPacked, err)
	}
	if _, err := pack(make([]byte, MaxPacked+1)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("zeros that must not shrink: %v", err)
	}
}

// TestBombs: what inflates beyond the limits is stopped at them.
func TestBombs(t *testing.T) {
	for _, n := range []int{100_000, MaxPlain + 1, 64 << 20} {
		bomb, err := deflate(make([]byte, n), 9)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := unpack(bomb); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%d bytes out of %d: %v", n, len(bomb), err)
		}
	}
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	d, err := durable.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	m := message(t, map[string][]byte{"a.txt": []byte("one"), "b.txt": []byte("two")})
	for range 2 { // the second time all is there already
		if err := m.Write(d); err != nil {
			t.Fatal(err)
		}
	}
	for name, b := range m.Files() {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !bytes.Equal(got, b) {
			t.Errorf("%s is %q, %v", name, got, err)
		}
	}
	other := message(t, map[string][]byte{"0.txt": []byte("new"), "b.txt": []byte("2")})
	if err := other.Write(d); !errors.Is(err, durable.ErrExists) || !strings.Contains(err.Error(), "b.txt") {
		t.Errorf("over another file: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "0.txt")); err == nil {
		t.Error("a file was written although another could not be")
	}
}
