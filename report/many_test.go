package report

import (
	"io"
	"runtime"
	"strconv"
	"testing"

	"github.com/keyceremony/ceremony/report/reporttest"
)

// A meter counts bytes, and looks now and then at how much memory is in use.
type meter struct {
	bytes, peak uint64
	writes      int
}

func (m *meter) Write(b []byte) (int, error) {
	m.bytes += uint64(len(b))
	if m.writes++; m.writes%20000 == 0 {
		var s runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&s)
		m.peak = max(m.peak, s.HeapAlloc)
	}
	return len(b), nil
}

// TestManyRecords: ten times the records take ten times the work, and no more
// memory at once.
func TestManyRecords(t *testing.T) {
	work := func(n int) (allocated, peak uint64) {
		m := reporttest.New(t)
		m.Bulk = n
		m.Make()
		v := m.Verdict()
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		w := &meter{}
		if err := Write(w, m.Dir.Path(), v); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		if w.bytes < uint64(n)*300 {
			t.Fatalf("%d bytes for %d records", w.bytes, n)
		}
		return after.TotalAlloc - before.TotalAlloc, w.peak - min(w.peak, before.HeapAlloc)
	}
	small, _ := work(1000)
	large, peak := work(10000)
	if ratio := float64(large) / float64(small); ratio > 11 {
		t.Errorf("10,000 records allocate %.1f times what 1,000 do", ratio)
	}
	if peak > 4<<20 {
		t.Errorf("%d bytes are held at once", peak)
	}
}

// BenchmarkReport draws 1,000 records and 10,000: linear is ten times as long.
func BenchmarkReport(b *testing.B) {
	for _, n := range []int{1000, 10000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			m := reporttest.New(b)
			m.Bulk = n
			m.Make()
			v := m.Verdict()
			for b.Loop() {
				if err := Write(io.Discard, m.Dir.Path(), v); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
