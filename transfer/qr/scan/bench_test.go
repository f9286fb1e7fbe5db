//go:build unix

package scan_test

import (
	"context"
	"flag"
	"image"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/keyceremony/ceremony/transfer/qr/scan"
	"github.com/keyceremony/ceremony/transfer/qr/scantest"
)

var frames = flag.Int("frames", 100, "frames in each row of BenchmarkReader that has a target; the others have a quarter")

// rows is what is read. Where atLeast is not 0, that many percent are wanted;
// in every row as many as the best of the peers read. No row has photographs:
// what real cameras do beyond the simulation is not shown here.
var rows = []struct {
	name    string
	shot    func(seed uint64) scantest.Shot
	version int
	atLeast float64
}{
	{"easy-v25", scantest.Easy, 25, 99.5},
	{"typical-v25", scantest.Typical, 25, 99},
	{"typical-v30", scantest.Typical, 30, 99},
	{"hard-v25", scantest.Hard, 25, 80},
	{"easy-v10", scantest.Easy, 10, 0},
	{"easy-v40", scantest.Easy, 40, 0},
	{"typical-v15", scantest.Typical, 15, 0},
	{"typical-v20", scantest.Typical, 20, 0},
	{"typical-v40", scantest.Typical, 40, 0},
	{"hard-v15", scantest.Hard, 15, 0},
	{"hard-v20", scantest.Hard, 20, 0},
	{"hard-v30", scantest.Hard, 30, 0},
}

// BenchmarkReader reads single frames of 1280 x 720 pixels, and has peers read
// the same ones.
func BenchmarkReader(b *testing.B) {
	for _, row := range rows {
		b.Run(row.name, func(b *testing.B) {
			n := *frames
			if row.atLeast == 0 {
				n = (n + 3) / 4
			}
			r := newRow(b)
			for seed := range uint64(n) {
				code := scantest.NewCode(row.version, seed)
				r.add(row.shot(seed).Take(code), code.Text)
			}
			r.loop()
			r.report(row.atLeast)
		})
	}
}

// BenchmarkUnfocused has nothing to find: the camera is still looking for its
// focus, and each frame is to be given up in time.
func BenchmarkUnfocused(b *testing.B) {
	r := newRow(b)
	r.peers = nil
	for seed := range uint64(20) {
		shot := scantest.Typical(seed)
		shot.Blur = 5
		r.add(shot.Take(scantest.NewCode(25, seed)), "")
	}
	r.loop()
	r.report(0)
}

// A row counts what was read, and how long it took us.
type row struct {
	*testing.B
	peers []peer
	read  map[string]int
	took  []time.Duration
	last  *image.Gray
}

func newRow(b *testing.B) *row {
	return &row{B: b, peers: peers(b), read: map[string]int{}}
}

func (r *row) add(img *image.Gray, text string) {
	r.last = img
	codes, took := r.timed(img)
	r.took = append(r.took, took)
	if len(codes) == 1 && string(codes[0].Text) == text {
		r.read["scan"]++
	}
	for _, p := range r.peers {
		if p.read(img) == text {
			r.read[p.name]++
		}
	}
}

// timed is the processor time of one reading, with what the collector of memory
// does for it: the faster of two, since other programs empty the caches.
func (r *row) timed(img *image.Gray) (codes []scan.Code, took time.Duration) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	took = time.Hour
	for range 2 {
		start := processor(r)
		codes, _ = scan.Decode(context.Background(), img, scan.Options{})
		took = min(took, processor(r)-start)
	}
	return codes, took
}

// processor is the time that all threads of this process have had.
func processor(t testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// loop reads the last frame as often as the benchmark wants.
func (r *row) loop() {
	for r.Loop() {
		decode(r, r.last, scan.Options{})
	}
}

// report writes the row down, and holds it against what is wanted.
func (r *row) report(atLeast float64) {
	percent := func(name string) float64 { return 100 * float64(r.read[name]) / float64(len(r.took)) }
	r.ReportMetric(percent("scan"), "scan-%")
	for _, p := range r.peers {
		r.ReportMetric(percent(p.name), p.name+"-%")
		if r.read[p.name] > r.read["scan"] {
			r.Errorf("%s reads %d frames, we read %d", p.name, r.read[p.name], r.read["scan"])
		}
	}
	if got := percent("scan"); got < atLeast {
		r.Errorf("%.1f %% are read, wanted %.1f %%", got, atLeast)
	}
	r.time(atLeast > 0)
}

// time writes down what a frame took, and what it may take where that is
// wanted.
func (r *row) time(wanted bool) {
	slices.Sort(r.took)
	median, p95 := r.took[len(r.took)/2], r.took[len(r.took)*95/100]
	r.ReportMetric(float64(median)/1e6, "ms-median")
	r.ReportMetric(float64(p95)/1e6, "ms-p95")
	if wanted && (median > 10*time.Millisecond || p95 > 60*time.Millisecond) {
		r.Errorf("median %v, 95th of 100 %v: wanted 10 ms and 60 ms", median, p95)
	}
}
