package qr

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// BenchmarkOverhead has the whole table of frames received over frames needed;
// it fails above 1.01.
func BenchmarkOverhead(b *testing.B) {
	for _, k := range []int{1, 2, 3, 4, 5, 8, 13, 20, 40, 80, 200, 257, 512, MaxBlocks} {
		b.Run(fmt.Sprintf("k=%d", k), func(b *testing.B) {
			r := seeded(uint64(k))
			streams := several(b, r, k, max(1, min(300, 1000/k)))
			worst := 0.0
			for b.Loop() {
				for _, loss := range []float64{0, .1, .3, .5, .7} {
					worst = max(worst, overhead(b, r, streams, loss))
				}
			}
			b.ReportMetric(worst, "received/needed")
			if worst > wantedOverhead {
				b.Errorf("%.4f, wanted at most %.2f", worst, wantedOverhead)
			}
		})
	}
}

// BenchmarkEveryOverhead is BenchmarkOverhead for each number of blocks that
// there can be, with fewer runs: 200 frames at each, at least one run, begun
// anywhere in the first ten thousand frames, with 0 to 70 % lost. It fails if any
// is above 1.01.
func BenchmarkEveryOverhead(b *testing.B) {
	worst, at := 0.0, 0
	for b.Loop() {
		for k := 1; k <= MaxBlocks; k++ {
			r := seeded(uint64(k))
			s := several(b, r, k, 1)[0]
			received, runs := 0, max(1, 200/k)
			for range runs {
				received += crossing(b, r, s, r.IntN(10_000), .7*r.Float64()).Progress().Frames
			}
			if got := float64(received) / float64(runs*k); got > worst {
				worst, at = got, k
			}
		}
	}
	b.ReportMetric(worst, "received/needed")
	b.ReportMetric(float64(at), "blocks-of-the-worst")
	if worst > wantedOverhead {
		b.Errorf("%.4f with %d blocks, wanted at most %.2f", worst, at, wantedOverhead)
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
				if _, err := Bitmap(s.Frame(1000), version, L); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// blob is as large as a key transfer blob of RSA-4096 under a KEK of 4096 bits,
// and shrinks as much.
func blob(r *rand.Rand) []byte {
	const head = `{"schema_version":"1.0.0","header":{"kid":"https://contoso.managedhsm.azure.net/keys/kek-2026/0123456789abcdef0123456789abcdef","alg":"dir","enc":"CKM_RSA_AES_KEY_WRAP"},"generator":"ceremony 0.1; an HSM","ciphertext":"`
	return fmt.Appendf(nil, "%s%s\"}", head, base64.RawURLEncoding.EncodeToString(noise(r, 2900)))
}

// shown counts the frames that are shown until a receiver is done, who joins
// anywhere and loses some: the number that 95 of 100 do with.
func shown(b *testing.B, r *rand.Rand, s *Stream, runs int, loss float64) int {
	var all []int
	for range runs {
		var in Receiver
		for n, start := 1, r.IntN(1000); ; n++ {
			if r.Float64() < loss {
				continue
			}
			if e, err := in.Add(s.Frame(start + n)); err != nil {
				b.Fatal(err)
			} else if e == Done {
				all = append(all, n)
				break
			}
		}
	}
	slices.Sort(all)
	return all[len(all)*95/100]
}

// BenchmarkBlob is how long one blob takes at version 25-L and 10 frames a
// second, from the first frame that is before the camera to the one that
// completes it: 95 of 100 do with this.
func BenchmarkBlob(b *testing.B) {
	for _, c := range []struct{ loss, wanted float64 }{{.1, .4}, {.3, .6}, {.5, 1.1}} {
		b.Run(fmt.Sprintf("loss=%.0f%%", 100*c.loss), func(b *testing.B) {
			r := seeded(60)
			s := stream(b, message(b, map[string][]byte{"key.byok": blob(r)}), Capacity(25, L))
			seconds := 0.0
			for b.Loop() {
				seconds = float64(shown(b, r, s, 2000, c.loss)-1) / 10
			}
			b.ReportMetric(seconds, "s/blob")
			b.ReportMetric(float64(s.Blocks()), "frames")
			if seconds > c.wanted {
				b.Errorf("%.1f s, wanted at most %.1f", seconds, c.wanted)
			}
		})
	}
}

// BenchmarkBatch is how long a hundred blobs take as one message, at version
// 25-L, 15 frames a second and 30 % loss.
func BenchmarkBatch(b *testing.B) {
	r := seeded(61)
	files := map[string][]byte{}
	for i := range 100 {
		files[fmt.Sprintf("key-%03d.byok", i)] = blob(r)
	}
	s := stream(b, message(b, files), Capacity(25, L))
	seconds := 0.0
	for b.Loop() {
		seconds = float64(shown(b, r, s, 20, .3)-1) / 15
	}
	b.ReportMetric(seconds, "s/batch")
	b.ReportMetric(float64(s.Blocks()), "frames")
	if seconds > 30 {
		b.Errorf("%.1f s, wanted at most 30", seconds)
	}
}
