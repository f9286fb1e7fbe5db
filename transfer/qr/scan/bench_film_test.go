//go:build unix

package scan_test

import (
	"image"
	"runtime"
	"testing"
	"time"

	"github.com/keyceremony/ceremony/transfer/qr/scan"
	"github.com/keyceremony/ceremony/transfer/qr/scantest"
)

// films is what BenchmarkFilm reads. Where atLeast is not 0, that many thousand
// bytes a second are wanted.
var films = []struct {
	name              string
	shot              func(seed uint64) scantest.Shot
	version           int
	shown             float64 // codes a second
	exposure, readout float64 // milliseconds
	atLeast           float64
}{
	{"typical-v25-20fps", scantest.Typical, 25, 20, 12, 20, 20},
	{"typical-v25-20fps-slow-camera", scantest.Typical, 25, 20, 28, 28, 0},
	{"typical-v30-20fps", scantest.Typical, 30, 20, 12, 20, 0},
	{"typical-v30-30fps", scantest.Typical, 30, 30, 12, 20, 40},
	{"hard-v20-15fps", scantest.Hard, 20, 15, 25, 25, 0},
}

// BenchmarkFilm reads codes that change while the camera runs. What is lost are
// codes that were never read; of each that was, all but 26 bytes count. One core
// keeps up with a camera of 30 pictures a second.
func BenchmarkFilm(b *testing.B) {
	for _, row := range films {
		b.Run(row.name, func(b *testing.B) {
			codes := shown(row.version, max(2, *frames*3/10))
			film := scantest.Film{Shot: row.shot(8), Shown: row.shown, Exposure: row.exposure, Readout: row.readout, Unsteady: 1}
			took := new(time.Duration)
			readers := append([]peer{{"scan", first(b, row.version, took)}}, peers(b)...)
			read := watch(film, codes, readers)
			for last := film.Take(0, codes); b.Loop(); {
				decode(b, last, scan.Options{Version: row.version})
			}
			b.ReportMetric(pace(b, *took, film.Pictures(len(codes))), "pictures/s")
			for _, r := range readers {
				b.ReportMetric(100*(1-float64(read[r.name])/float64(len(codes))), r.name+"-lost-%")
			}
			speed := float64(read["scan"]*(len(codes[0].Text)*5/8-26)) / (float64(len(codes)) / row.shown) / 1000
			b.ReportMetric(speed, "kB/s")
			if speed < row.atLeast {
				b.Errorf("%.1f kB/s, wanted %.1f", speed, row.atLeast)
			}
		})
	}
}

// pace is how many pictures a second one core reads of a film, those between two
// codes included. It is held against what a camera delivers.
func pace(b *testing.B, took time.Duration, pictures int) float64 {
	b.Helper()
	const camera = 30
	got := float64(pictures) / took.Seconds()
	if got < camera {
		b.Errorf("%.0f pictures a second are read, wanted %d", got, camera)
	}
	return got
}

// first is our reader as a peer. It adds up the processor time that it takes.
func first(b *testing.B, version int, took *time.Duration) func(*image.Gray) string {
	return func(img *image.Gray) string {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
		start := processor(b)
		codes := decode(b, img, scan.Options{Version: version})
		*took += processor(b) - start
		for _, c := range codes {
			return string(c.Text)
		}
		return ""
	}
}

// watch counts, for each reader, the codes that it has read in a film.
func watch(film scantest.Film, codes []scantest.Code, readers []peer) map[string]int {
	type reading struct{ by, text string }
	seen := map[reading]bool{}
	for i := range film.Pictures(len(codes)) {
		img := film.Take(i, codes)
		for _, r := range readers {
			seen[reading{r.name, r.read(img)}] = true
		}
	}
	count := map[string]int{}
	for _, r := range readers {
		for _, c := range codes {
			if seen[reading{r.name, c.Text}] {
				count[r.name]++
			}
		}
	}
	return count
}
