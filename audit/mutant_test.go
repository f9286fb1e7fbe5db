package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/durable"
)

// soak is how many random mutants both verifiers see. It comes from the flag
// -soak or, for runs of many packages, from CEREMONY_SOAK.
var soak = flag.Int("soak", envInt("CEREMONY_SOAK", 500), "random mutants for both verifiers; 10000 for every bit too")

func envInt(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

// An edit changes one file; see testdata/batch.py.
type edit struct {
	file, kind string
	at         int
}

func (e edit) MarshalJSON() ([]byte, error) { return json.Marshal([]any{e.file, e.kind, e.at}) }

// apply returns nil where the file is gone.
func (e edit) apply(b []byte) []byte {
	switch e.kind {
	case "flip":
		m := bytes.Clone(b)
		m[e.at/8] ^= 1 << (e.at % 8)
		return m
	case "cut":
		return bytes.Clone(b[:e.at])
	case "drop":
		return append(bytes.Clone(b[:e.at]), b[e.at+1:]...)
	case "line", "swap":
		lines := bytes.SplitAfter(b, []byte("\n"))
		if n := len(lines); len(lines[n-1]) == 0 {
			lines = lines[:n-1]
		}
		if e.kind == "line" {
			return bytes.Join(append(slices.Clone(lines[:e.at+1]), lines[e.at:]...), nil)
		}
		if e.at+1 < len(lines) {
			lines[e.at], lines[e.at+1] = lines[e.at+1], lines[e.at]
		}
		return bytes.Join(lines, nil)
	}
	return nil
}

// moved are the names that files get; the same are in testdata/batch.py.
var moved = []string{
	"moved.pub.pem", "online.3.log", ".hidden", "plan.toml.iw.sig", "MANIFEST.sha256.op2.sig", "offline-0099-target.wrap.op2.txt",
	"other.byok", "PLAN.TOML", "=1+1.csv", "transcript.html",
}

// A herd verifies mutants of one folder in memory: what is not changed is read
// once, and a signature over the same bytes is verified once.
type herd struct {
	base  *checker
	bytes map[string][]byte
	memo  sync.Map // digest of a question to VerifySig → error
}

func newHerd(t testing.TB, m *maker) *herd {
	t.Helper()
	h := &herd{bytes: map[string][]byte{}}
	h.base = newChecker(m.policy, Anchors{})
	if err := h.base.load(m.dir.Path()); err != nil {
		t.Fatal(err)
	}
	h.base.verifySig = h.verifySig
	h.base.manifests(&finding{})
	for _, e := range h.base.entries {
		h.bytes[e.Name] = read(t, m.dir.Path(), e.Name)
	}
	return h
}

func (h *herd) verifySig(armored []byte, keys []ssh.PublicKey, namespace string, msg []byte) error {
	q := sha256.New()
	fmt.Fprintf(q, "%d %s %d %s %s", len(armored), armored, len(msg), msg, namespace)
	for _, k := range keys {
		q.Write(k.Marshal())
	}
	id := digest.SHA256(q.Sum(nil))
	if err, ok := h.memo.Load(id); ok {
		e, _ := err.(error)
		return e
	}
	err := VerifySig(armored, keys, namespace, msg)
	h.memo.Store(id, err)
	return err
}

// outcome verifies the folder with its edits.
func (h *herd) outcome(edits ...edit) string {
	c, err := h.mutant(edits)
	if err != nil {
		return err.Error()
	}
	return c.verdict(Verdict{}).Outcome
}

// broken says whether any rule fails; those that notice most come first.
func (h *herd) broken(e edit) bool {
	c, err := h.mutant([]edit{e})
	if err != nil {
		return true
	}
	var f finding
	c.manifestFiles(&f)
	for seal := range sealed {
		if LogSide(e.file) == "" && strings.HasPrefix(e.file, seal) {
			c.seal(&f, seal)
		}
	}
	return len(f.wrong) > 0 || c.verdict(Verdict{}).Outcome == OutcomeBroken
}

// mutant is the folder with its edits, as it would be read.
func (h *herd) mutant(edits []edit) (*checker, error) {
	c := *h.base
	c.files, c.texts, c.logs, c.lists = maps.Clone(c.files), maps.Clone(c.texts), maps.Clone(c.logs), maps.Clone(c.lists)
	now := map[string][]byte{}
	for _, e := range edits {
		b, ok := now[e.file]
		if !ok {
			b = h.bytes[e.file]
		}
		switch e.kind {
		case "move":
			now[e.file] = nil
			now[moved[e.at]] = b
		case "more":
			now[moved[e.at]] = b
		default:
			now[e.file] = e.apply(b)
		}
	}
	for name, b := range now {
		delete(c.files, name)
		delete(c.texts, name)
		delete(c.logs, name)
		delete(c.lists, name)
		c.entries = slices.DeleteFunc(slices.Clone(c.entries), func(e durable.Entry) bool { return e.Name == name })
		if b == nil {
			continue
		}
		entry := durable.Entry{Name: name, Size: int64(len(b))}
		c.entries = append(c.entries, entry)
		slices.SortFunc(c.entries, func(a, b durable.Entry) int { return strings.Compare(a.Name, b.Name) })
		if !readable(entry) {
			continue
		}
		if err := c.take(name, int64(len(b)), bytes.NewReader(b)); err != nil {
			return nil, err
		}
	}
	return &c, nil
}

// sealedNames are the files whose every bit matters: all of them.
func (h *herd) sealedNames() []string { return slices.Sorted(maps.Keys(h.bytes)) }

// Every bit of every file counts: no mutant is complete. Without -soak, one
// bit of each byte is flipped, another one in each byte.
func TestEveryFlippedBitOfAFolder(t *testing.T) {
	m := newMaker(t)
	m.make()
	h := newHerd(t, m)
	if got := h.outcome(); got != OutcomeComplete || h.broken(edit{"plan.toml", "cut", len(h.bytes["plan.toml"])}) {
		t.Fatalf("unchanged: %s", got)
	}
	jobs := make(chan edit, 100)
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for e := range jobs {
				if !h.broken(e) {
					t.Errorf("%s, bit %d: %s", e.file, e.at, h.outcome(e))
				}
			}
		})
	}
	n := 0
	for _, name := range h.sealedNames() {
		for bit := range len(h.bytes[name]) * 8 {
			if *soak >= 10000 || bit%8 == (bit/8)%8 && !testing.Short() {
				jobs <- edit{name, "flip", bit}
				n++
			}
		}
	}
	close(jobs)
	wait.Wait()
	t.Logf("%d mutants", n)
}

// randomEdit is any damage to any file.
func (h *herd) randomEdit(r *rand.Rand) edit {
	names := h.sealedNames()
	return h.editOf(names[r.IntN(len(names))], r)
}

// editOf is any damage to one file.
func (h *herd) editOf(name string, r *rand.Rand) edit {
	size := len(h.bytes[name])
	switch r.IntN(12) {
	case 0:
		return edit{name, "cut", r.IntN(size)}
	case 1:
		return edit{name, "drop", r.IntN(size)}
	case 2:
		return edit{name, "line", r.IntN(max(1, bytes.Count(h.bytes[name], []byte("\n"))))}
	case 3:
		return edit{name, "gone", 0}
	case 4:
		return edit{name, "swap", r.IntN(max(1, bytes.Count(h.bytes[name], []byte("\n"))-1))}
	case 5:
		return edit{name, "move", r.IntN(len(moved))}
	case 6:
		return edit{name, "more", r.IntN(len(moved))}
	}
	return edit{name, "flip", r.IntN(size * 8)}
}

// Both verifiers come to the same outcome over whatever is done to a folder.
func TestBothVerifiersAgreeOnMutants(t *testing.T) {
	py := startBatch(t)
	m := newMaker(t)
	m.except = true
	dir := m.make()
	h := newHerd(t, m)
	r := rand.New(rand.NewPCG(2026, 11))
	count := map[string]int{}
	for i := range *soak {
		e := h.randomEdit(r)
		ours, theirs := h.outcome(e), py.outcome(job{Dir: dir, Edits: []edit{e}})
		if ours != theirs {
			t.Errorf("mutant %d, %s %s %d: %q here, %q there", i, e.file, e.kind, e.at, ours, theirs)
		}
		if ours == OutcomeComplete || (ours == OutcomeExceptions && !h.harmless(e)) {
			t.Errorf("mutant %d, %s %s %d: %s", i, e.file, e.kind, e.at, ours)
		}
		count[ours]++
	}
	t.Logf("%d mutants: %v", *soak, count)
}

// harmless edits leave the folder complete: a blob that the auditor has not,
// one more page, a file under its own name, a line that is alone or like its
// neighbour.
func (h *herd) harmless(e edit) bool {
	switch e.kind {
	case "gone":
		return isBlob(e.file)
	case "swap":
		return bytes.Equal(e.apply(h.bytes[e.file]), h.bytes[e.file])
	case "move":
		return isBlob(e.file) && Derived(moved[e.at]) || e.file == moved[e.at]
	case "more":
		return Derived(moved[e.at]) || e.file == moved[e.at]
	}
	return false
}

// What is done on disk is what is done in memory.
func TestHerdIsVerify(t *testing.T) {
	m := newMaker(t)
	dir := m.make()
	h := newHerd(t, m)
	r := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		e := h.randomEdit(r)
		path := filepath.Join(dir, e.file)
		switch b := e.apply(h.bytes[e.file]); {
		case e.kind == "move" || e.kind == "more":
			m.must(os.WriteFile(filepath.Join(dir, moved[e.at]), h.bytes[e.file], 0o600))
			if e.kind == "move" && e.file != moved[e.at] {
				m.must(os.Remove(path))
			}
		case b == nil:
			m.must(os.Remove(path))
		default:
			m.must(os.WriteFile(path, b, 0o600))
		}
		if got, want := h.outcome(e), Verify(dir, m.policy, Anchors{}).Outcome; got != want {
			t.Errorf("%s %s %d: %s, on disk %s", e.file, e.kind, e.at, got, want)
		}
		if e.kind == "move" || e.kind == "more" {
			m.must(os.Remove(filepath.Join(dir, moved[e.at])))
			if b, ok := h.bytes[moved[e.at]]; ok {
				m.must(os.WriteFile(filepath.Join(dir, moved[e.at]), b, 0o600))
			}
		}
		m.must(os.WriteFile(path, h.bytes[e.file], 0o600))
	}
}
