package transfer

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"testing"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/durable"
)

var errFault = errors.New("fault")

// failAt makes the k-th file operation fail, and returns how many there were.
func failAt(t *testing.T, k int, do func()) (operations int, failed string) {
	t.Helper()
	durable.Fault = func(op, name string) error {
		operations++
		if operations == k {
			failed = op + " " + name
			return errFault
		}
		return nil
	}
	defer func() { durable.Fault = nil }()
	do()
	return operations, failed
}

// TestEveryFault fails every operation of Write once. Whatever fails, the
// medium holds the whole bundle or none, and the next try succeeds.
func TestEveryFault(t *testing.T) {
	files := contents()
	for k := 1; ; k++ {
		medium := t.TempDir()
		var err error
		n, failed := failAt(t, k, func() { _, err = Write(medium, header(), files) })
		if failed == "" {
			if n < 100 || err != nil {
				t.Errorf("without fault there are %d operations, %v", n, err)
			}
			break
		}
		if b, rerr := Read(medium, want()); rerr == nil {
			if !maps.EqualFunc(b.Files, files, bytes.Equal) {
				t.Errorf("after a fault in %s the bundle differs", failed)
			}
		} else if !errors.Is(rerr, ErrNoBundle) {
			t.Errorf("after a fault in %s: %v", failed, rerr)
		} else if err == nil {
			t.Errorf("a fault in %s was not reported, and there is no bundle", failed)
		}
		if _, err := Write(medium, header(), files); err != nil {
			t.Errorf("the try after a fault in %s: %v", failed, err)
		}
		if b, err := Read(medium, want()); err != nil || len(b.Foreign) != 0 {
			t.Errorf("after a fault in %s and another try: %v, foreign %q", failed, err, b.Foreign)
		}
	}
}

// TestEveryReadFault: an error while reading never gives files.
func TestEveryReadFault(t *testing.T) {
	medium := t.TempDir()
	if _, err := Write(medium, header(), contents()); err != nil {
		t.Fatal(err)
	}
	for k := 1; ; k++ {
		var b Bundle
		var err error
		_, failed := failAt(t, k, func() { b, err = Read(medium, want()) })
		if failed == "" {
			break
		}
		if !errors.Is(err, errFault) || len(b.Files) > 0 {
			t.Errorf("fault in %s: %v, %d files", failed, err, len(b.Files))
		}
	}
}

// FuzzParseList: what parses is written back to the same bytes; nothing
// panics.
func FuzzParseList(f *testing.F) {
	list := audit.Manifest{{Name: "a.txt", SHA256: digest.Of(nil)}, {Name: "plan.toml", SHA256: digest.Of([]byte("x"))}}
	f.Add(encodeList(header(), list))
	f.Add([]byte(firstLine + "\n# ceremony: x\n" + endField))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, files, err := parseList(b)
		if err != nil {
			// The same with a right end line, so that the fuzzer gets behind it.
			b = append(bytes.Clone(b), fmt.Sprintf("%s%s\n", endField, digest.Of(b))...)
			if h, files, err = parseList(b); err != nil {
				return
			}
		}
		if !bytes.Equal(encodeList(h, files), b) {
			t.Fatalf("%q is written back as %q", b, encodeList(h, files))
		}
	})
}

// TestParseListRefuses edits the header, with an end line that fits.
func TestParseListRefuses(t *testing.T) {
	list := audit.Manifest{{Name: "a.txt", SHA256: digest.Of(nil)}, {Name: "b.txt", SHA256: digest.Of(nil)}}
	good := encodeList(header(), list)
	body := good[:bytes.LastIndex(good, []byte("# end"))]
	for _, c := range []struct{ old, changed, says string }{
		{"bundle 1", "bundle 2", "begins with"},
		{"# ceremony: contoso-2026-11\n", "", "wanted the field ceremony"},
		{"# run: 8e4c01\n", "# run: 8e4c01\n# run: 8e4c01\n", "wanted the field mode"},
		{"# run: 8e4c01\n# mode: production\n", "# mode: production\n# run: 8e4c01\n", "wanted the field run"},
		{"# mode: ", "# Mode: ", "wanted the field mode"},
		{"attempt: 1", "attempt: one", "wanted a number"},
		{"attempt: 1", "attempt: 01", "not written as this program writes it"},
		{"seq: 42", "seq: +42", "not written as this program writes it"},
		{"seq: 42", "seq: ", "wanted a number"},
		{"head: ", "head: x", "head: "},
		{"from: prepare", "from: import", "wanted prepare or wrap"},
		{"  a.txt\n", "  a.txt\n\n", "BUNDLE.sha256"},
		{"  a.txt\n", " *a.txt\n", "BUNDLE.sha256"},
		{"  a.txt\n", "  a.txt\r\n", "BUNDLE.sha256"},
		{"  a.txt\n", "  ../a.txt\n", "BUNDLE.sha256"},
		{"  a.txt\n", "  b.txt\n", "BUNDLE.sha256"},
		{"  a.txt\n", "  c.txt\n", "BUNDLE.sha256"},
	} {
		edited := bytes.Replace(body, []byte(c.old), []byte(c.changed), 1)
		if bytes.Equal(edited, body) {
			t.Fatalf("the edit of %q changes nothing", c.old)
		}
		edited = fmt.Appendf(edited, "%s%s\n", endField, digest.Of(edited))
		_, _, err := parseList(edited)
		if !errors.Is(err, ErrHeader) || !bytes.Contains([]byte(err.Error()), []byte(c.says)) {
			t.Errorf("%q instead of %q: error is %v, wanted %q", c.changed, c.old, err, c.says)
		}
	}
}
