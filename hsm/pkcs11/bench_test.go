//go:build cgo

package pkcs11

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/hsm"
	"github.com/keyceremony/ceremony/hsm/hsmtest"
)

// BenchmarkWrap wraps an RSA-4096 key under a KEK of 4096 bits through Token
// and its worker, and by a C program that makes the same calls of the same
// module. Batches of both alternate; the least time of each is compared, as
// the other times are the machine's. The goal is a ratio of at most 1.25.
func BenchmarkWrap(b *testing.B) {
	b.Run("SoftHSM two steps", func(b *testing.B) { benchmarkWrap(b, hsmtest.SoftHSM(b), ckmKeyWrapPad) })
	b.Run("NSS two steps", func(b *testing.B) { benchmarkWrap(b, hsmtest.NSS(b), ckmKWP) })
	b.Run("interposer one step", func(b *testing.B) {
		benchmarkWrap(b, interpose(b, "INTERPOSER_SINGLE=1"), ckmRSAAESKeyWrap)
	})
}

const batch = 10 // wraps of one measurement

func benchmarkWrap(b *testing.B, d hsmtest.Device, mechanism uint) {
	token := mustOpen(b, options(d))
	if err := token.Login(b.Context(), d.PIN, false); err != nil {
		b.Fatal(err)
	}
	if _, err := token.Generate(b.Context(), hsm.Request{Type: "RSA-4096", Label: "target", ID: []byte("target")}); err != nil {
		b.Fatal(err)
	}
	if _, err := token.Probe(b.Context(), 2048, []byok.KeyType{"P-256"}, false); err != nil {
		b.Fatal(err)
	}
	token.probed["RSA-4096"] = true // spares the making of a throw-away one
	kek, _ := hsmtest.KEK(b, 4096)
	if _, err := token.LoadKEK(b.Context(), kek); err != nil {
		b.Fatal(err)
	}
	inC := startC(b, d, kek, mechanism)
	leastC, leastGo := math.Inf(1), math.Inf(1)
	for b.Loop() {
		leastC = min(leastC, inC())
		leastGo = min(leastGo, timeWraps(b, token))
	}
	b.ReportMetric(leastC/batch/1e3, "C-µs/wrap")
	b.ReportMetric(leastGo/batch/1e3, "Go-µs/wrap")
	b.ReportMetric(leastGo/leastC, "ratio")
}

// timeWraps wraps a batch through the token; in nanoseconds.
func timeWraps(b *testing.B, token *token) float64 {
	before := b.Elapsed()
	for range batch {
		if _, err := token.Wrap(b.Context(), []byte("target")); err != nil {
			b.Fatal(err)
		}
	}
	return float64(b.Elapsed() - before)
}

// startC compiles and starts the C program; each call of the function that it
// returns wraps a batch and returns its nanoseconds.
func startC(b *testing.B, d hsmtest.Device, kek *byok.KEK, mechanism uint) func() float64 {
	program := filepath.Join(b.TempDir(), "wrapbench")
	if err := compile(program, "testdata/wrapbench/wrapbench.c"); err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(program, d.Module, d.InitArgs, d.Label, string(d.PIN), "target",
		kek.RSA().N.Text(16), fmt.Sprintf("%#x", mechanism))
	cmd.Stderr = b.Output()
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		in.Close()
		_ = cmd.Wait()
	})
	return func() float64 { return askC(b, in, bufio.NewReader(out)) }
}

func askC(b *testing.B, in io.Writer, out *bufio.Reader) (nanoseconds float64) {
	if _, err := fmt.Fprintln(in, batch); err != nil {
		b.Fatal(err)
	}
	if _, err := fmt.Fscan(out, &nanoseconds); err != nil {
		b.Fatal("the C program is gone: ", err)
	}
	return nanoseconds
}
