package timestamp_test

import (
	"bytes"
	"crypto/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/timestamp"
	"github.com/keyceremony/ceremony/timestamp/tsatest"
)

var data = []byte("HEX  plan.toml\n")

// stamped asks an authority for a token over data.
func stamped(t testing.TB, a *tsatest.Authority) (timestamp.Request, []byte) {
	t.Helper()
	q, err := timestamp.NewRequest(digest.Of(data), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := a.Answer(q.DER())
	if err != nil {
		t.Fatal(err)
	}
	return q, answer
}

func kept(t testing.TB, a *tsatest.Authority) []byte {
	t.Helper()
	q, answer := stamped(t, a)
	file, _, err := q.Take(answer, a.Root)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestToken(t *testing.T) {
	a := tsatest.New(t)
	q, answer := stamped(t, a)
	file, s, err := q.Take(answer, a.Root)
	if err != nil {
		t.Fatal(err)
	}
	again, err := timestamp.Verify(file, digest.Of(data), a.Root)
	if err != nil || again != s {
		t.Fatalf("%v, %v, not %v", err, again, s)
	}
	if d := s.Latest().Sub(s.Earliest()); d != 3*time.Second || s.At.Year() < 2026 {
		t.Errorf("between %v and %v: the authority is exact to 1.5 s", s.Earliest(), s.Latest())
	}
	if len(file) >= len(answer) {
		t.Errorf("%d bytes are kept of %d: the root is not needed", len(file), len(answer))
	}
}

// What is kept is what OpenSSL verifies, with the root of the plan alone.
func TestStockToolTakesOurFile(t *testing.T) {
	a := tsatest.New(t)
	dir := t.TempDir()
	write := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	file, over, root := write("x.tsr", kept(t, a)), write("x", data), write("root.pem", []byte(a.RootPEM))
	out, err := exec.Command("openssl", "ts", "-verify", "-data", over, "-in", file, "-CAfile", root).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "Verification: OK") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestRefuses(t *testing.T) {
	a, other := tsatest.New(t), tsatest.New(t)
	file := kept(t, a)
	for what, err := range map[string]error{
		"another file": second(timestamp.Verify(file, digest.Of([]byte("another")), a.Root)),
		"descend":      second(timestamp.Verify(file, digest.Of(data), other.Root)),
		"more than":    second(timestamp.Verify(make([]byte, timestamp.MaxSize+1), digest.Of(data), a.Root)),
		"not the":      second(timestamp.Verify(append(bytes.Clone(file), 0), digest.Of(data), a.Root)),
	} {
		if err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, answer := stamped(t, a)
	q, _ := stamped(t, a)
	if _, _, err := q.Take(answer, a.Root); err == nil || !strings.Contains(err.Error(), "another question") {
		t.Errorf("the answer to another question: %v", err)
	}
	if _, err := timestamp.Verify(answer, digest.Of(data), a.Root); err == nil || !strings.Contains(err.Error(), "one form") {
		t.Errorf("an answer that was not reduced: %v", err)
	}
	if _, _, err := q.Take([]byte("\x30\x05\x30\x03\x02\x01\x02"), a.Root); err == nil || !strings.Contains(err.Error(), "status 2") {
		t.Errorf("an authority that refuses: %v", err)
	}
}

func second(_ timestamp.Stamp, err error) error { return err }

// Every bit of a file that is kept counts, and every byte.
func TestEveryBitOfAToken(t *testing.T) {
	a := tsatest.New(t)
	file := kept(t, a)
	sum := digest.Of(data)
	for bit := range len(file) * 8 {
		m := bytes.Clone(file)
		m[bit/8] ^= 1 << (bit % 8)
		if _, err := timestamp.Verify(m, sum, a.Root); err == nil {
			t.Errorf("bit %d of byte %d was flipped", bit%8, bit/8)
		}
	}
	for n := range len(file) {
		if _, err := timestamp.Verify(file[:n], sum, a.Root); err == nil {
			t.Errorf("cut to %d bytes", n)
		}
	}
}

func TestParseRoot(t *testing.T) {
	a := tsatest.New(t)
	if c, err := timestamp.ParseRoot(a.RootPEM); err != nil || !c.Equal(a.Root) {
		t.Error(err)
	}
	for _, text := range []string{"", "x", a.RootPEM + a.RootPEM, "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"} {
		if _, err := timestamp.ParseRoot(text); err == nil {
			t.Errorf("taken: %q", text)
		}
	}
}

// Whatever is read is read again from what is written.
func FuzzVerify(f *testing.F) {
	a := tsatest.New(f)
	f.Add(kept(f, a))
	sum := digest.Of(data)
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := timestamp.Verify(b, sum, a.Root); err == nil && s.Latest().Before(s.Earliest()) {
			t.Errorf("%v", s)
		}
	})
}
