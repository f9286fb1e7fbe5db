package audit

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// manyRecords makes a log of n records without a disk.
func manyRecords(t testing.TB, n int) []byte {
	t.Helper()
	r := newReader("online.log")
	stamp := ticker()
	var all []byte
	for i := range n {
		e := endEntry(i)
		if i == 0 {
			e = openEntry()
		}
		line, err := encode(Record{
			V: Version, Seq: i, Prev: r.sum, Side: "online", Cer: "demo", Stage: e.Stage,
			Stamp: stamp(), Actor: e.Actor, Ev: e.Ev, Step: e.Step,
		}, e.Data)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.add(line, nil); err != nil {
			t.Fatal(err)
		}
		all = append(all, line...)
	}
	return all
}

func BenchmarkRead10000(b *testing.B) {
	log := manyRecords(b, 10000)
	b.SetBytes(int64(len(log)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ReadLog(log, "online.log", nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadStream10000(b *testing.B) {
	log := manyRecords(b, 10000)
	b.SetBytes(int64(len(log)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ReadLogFrom(bytes.NewReader(log), "online.log", nil); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSHA256Sum is what the two above are measured against.
func BenchmarkSHA256Sum10000(b *testing.B) {
	file := filepath.Join(b.TempDir(), "online.log")
	if err := os.WriteFile(file, manyRecords(b, 10000), 0o600); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := exec.Command("sha256sum", file).Run(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	d := folder(b)
	l, err := CreateLog(d, "online.log", "online", "demo", ticker())
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	mustAppend(b, l, openEntry())
	for b.Loop() {
		mustAppend(b, l, endEntry(1))
	}
}

// BenchmarkVerify10000 verifies a whole folder whose log has 10,000 records.
func BenchmarkVerify10000(b *testing.B) {
	m := newMaker(b)
	m.bulk = 10000
	dir := m.make()
	b.ReportAllocs()
	for b.Loop() {
		if v := Verify(dir, m.policy, Anchors{}); !v.Complete() {
			b.Fatal(failing(v))
		}
	}
}

// A reader holds one line: at the end of a long log no more is in use than at
// its beginning.
func TestReadingTakesConstantMemory(t *testing.T) {
	log := manyRecords(t, 6000)
	inUse := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	var first, last uint64
	_, err := ReadLogFrom(bytes.NewReader(log), "online.log", func(r Record) error {
		switch r.Seq {
		case 10:
			first = inUse()
		case 5999:
			last = inUse()
		}
		return nil
	})
	if err != nil || last > first+MaxLine {
		t.Fatalf("%d bytes in use at record 10, %d at record 5999, %v", first, last, err)
	}
}
