package qr

import (
	"fmt"
	"testing"
)

// BenchmarkOverhead has the whole table of frames received over frames needed;
// it fails above 1.01.
func BenchmarkOverhead(b *testing.B) {
	for _, k := range []int{1, 2, 3, 4, 5, 8, 13, 20, 40, 80, 200, 257, 512, MaxBlocks} {
		b.Run(fmt.Sprintf("k=%d", k), func(b *testing.B) {
			r := seeded(uint64(k))
			worst := 0.0
			for b.Loop() {
				for _, loss := range []float64{0, .1, .3, .5, .7} {
					worst = max(worst, overhead(b, r, k, max(2, min(1000, 2000/k)), loss))
				}
			}
			b.ReportMetric(worst, "received/needed")
			if worst > wantedOverhead {
				b.Errorf("%.4f, wanted at most %.2f", worst, wantedOverhead)
			}
		})
	}
}

// BenchmarkAdd is what one frame costs a receiver, from the middle of a stream
// on, the last frame included.
func BenchmarkAdd(b *testing.B) {
	for _, c := range []struct{ blocks, size int }{{3, 1130}, {257, 1136}, {MaxBlocks, 1020}} {
		b.Run(fmt.Sprintf("k=%d", c.blocks), func(b *testing.B) {
			s := blocksOf(b, seeded(1), c.blocks, c.size)
			texts := make([]string, c.blocks+10)
			for i := range texts {
				texts[i] = s.Frame(c.blocks/2 + i)
			}
			frames := 0
			for b.Loop() {
				var in Receiver
				for _, text := range texts {
					frames++
					if e, err := in.Add(text); err != nil {
						b.Fatal(err)
					} else if e == Done {
						break
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(frames), "µs/frame")
		})
	}
}

// BenchmarkFrame is what a sum of all blocks costs the sender.
func BenchmarkFrame(b *testing.B) {
	s := blocksOf(b, seeded(2), 257, 1136)
	for b.Loop() {
		_ = s.Frame(1000)
	}
}

// BenchmarkBitmap is what drawing costs.
func BenchmarkBitmap(b *testing.B) {
	for _, version := range []int{10, 25, 30, 40} {
		b.Run(fmt.Sprintf("v%d", version), func(b *testing.B) {
			s := stream(b, message(b, map[string][]byte{"a.bin": noise(seeded(3), 50_000)}), Capacity(version, L))
			for b.Loop() {
				if _, err := s.Render(1000, version, L); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
