//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/keyceremony/ceremony/keyvault/rehearsal"
	"github.com/keyceremony/ceremony/steps"
)

// BenchmarkVerify compares `ceremony verify --no-render`, as the auditor's
// static program, with sha256sum over the same bytes plus the start of
// `ceremony version`. It reports the minimum of interleaved runs:
//
//	ratio        verify / (sha256sum + version) at 10,000 records; goal: at most 3
//	ratio-help   the same with "ceremony --help", which does not hash the program
//	growth       10,000 records / 1,000, both without the start; linear: at most 10
//	MB/1000, MB/10000   peak memory of verify
func BenchmarkVerify(b *testing.B) {
	exe := staticProgram(b)
	small, large := longCeremony(b, 1000), longCeremony(b, 10000)
	best := map[string]time.Duration{}
	try := func(what string, c *exec.Cmd) {
		began := time.Now()
		if out, err := c.CombinedOutput(); err != nil {
			b.Fatalf("%s: %v\n%s", what, err, out)
		}
		if took := time.Since(began); best[what] == 0 || took < best[what] {
			best[what] = took
		}
	}
	for b.Loop() {
		try("verify", exec.Command(exe, "verify", "--no-render", large))
		try("sha256sum", exec.Command("sha256sum", filesOf(b, large)...))
		try("version", exec.Command(exe, "version"))
		try("help", exec.Command(exe, "--help"))
		try("small", exec.Command(exe, "verify", "--no-render", small))
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(best["verify"].Seconds()*1000, "verify-ms")
	b.ReportMetric(best["sha256sum"].Seconds()*1000, "sha256sum-ms")
	b.ReportMetric(best["version"].Seconds()*1000, "version-ms")
	b.ReportMetric(best["small"].Seconds()*1000, "verify-1000-ms")
	b.ReportMetric(float64(best["verify"])/float64(best["sha256sum"]+best["version"]), "ratio")
	b.ReportMetric(float64(best["verify"])/float64(best["sha256sum"]+best["help"]), "ratio-help")
	b.ReportMetric(float64(best["verify"]-best["help"])/float64(best["small"]-best["help"]), "growth")
	b.ReportMetric(peak(b, exe, "verify", "--no-render", small), "MB/1000")
	b.ReportMetric(peak(b, exe, "verify", "--no-render", large), "MB/10000")
	b.ReportMetric(peak(b, exe, "version"), "MB/version")
}

// staticProgram builds the auditor's static file.
func staticProgram(b *testing.B) string {
	b.Helper()
	exe := filepath.Join(b.TempDir(), "ceremony")
	c := exec.Command("go", "build", "-tags", "nogui", "-trimpath", "-ldflags=-s -w -buildid=", "-o", exe, ".")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return exe
}

// filesOf lists the files of a folder.
func filesOf(b *testing.B, dir string) (out []string) {
	b.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		b.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") {
			out = append(out, filepath.Join(dir, e.Name()))
		}
	}
	return out
}

// peak is the peak memory of a command in MiB. The kernel counts into it what
// the parent had at the fork: GNU time is a small parent.
func peak(b *testing.B, args ...string) float64 {
	b.Helper()
	var words bytes.Buffer
	c := exec.Command("/usr/bin/time", append([]string{"-q", "-f", "\n%M"}, args...)...)
	c.Stdout, c.Stderr = io.Discard, &words
	if err := c.Run(); err != nil {
		b.Fatalf("%v\n%s", err, &words)
	}
	kib, err := strconv.ParseFloat(lastLine(words.String()), 64)
	if err != nil {
		b.Fatal(err)
	}
	return kib / 1024
}

// longCeremony holds a real rehearsal whose last log has n records and a few:
// people type the plan's code wrongly, again and again.
func longCeremony(b *testing.B, n int) (folder string) {
	b.Helper()
	s, _ := newRehearsal(b, rehearsal.Options{}, "P-256")
	hold := func(r stageRun) {
		if out, err := s.command(s.stageArgs(r)...).CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
	}
	hold(stageRuns[0])
	hold(stageRuns[1])
	w, err := world(func(string) {})
	if err != nil {
		b.Fatal(err)
	}
	c, err := steps.Open(s.path("online"), w)
	if err != nil {
		b.Fatal(err)
	}
	wrong := fmt.Sprintf("%035d", 1)
	for c.Head().Seq < n {
		err := c.Do(context.Background(), steps.Answers{Text: map[string]string{"code.op1": wrong, "code.op2": wrong}})
		if err == nil || c.Now().Step.ID != "ceremony.open" {
			b.Fatalf("a wrong code was taken (%v)", err)
		}
	}
	if err := c.Close(); err != nil {
		b.Fatal(err)
	}
	hold(stageRuns[2])
	return s.path("online")
}
