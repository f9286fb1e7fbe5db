//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/keyceremony/ceremony/ui"
)

// BenchmarkWindowStart compares the start of the process to its first painted
// page with that of an empty window of Fyne, in interleaved runs on the same
// display. It reports the minimum of each, for what else the machine does adds
// to it; of time, and of processor time, which others disturb less:
//
//	start-ratio    the start page / empty; goal: at most 1.5
//	folder-ratio   a finished ceremony's folder with 10,000 records, verified / empty; goal: at most 1.5
//	small-ratio    the same with 100 records
//	…-low, …-high  between which the ratios of the middle half of the rounds lie
func BenchmarkWindowStart(b *testing.B) {
	large, small := apart(b, longCeremony(b, 10000)), apart(b, longCeremony(b, 100))
	d, exe, empty := newDesktop(b, b.Context()), windowProgram(b), built(b, "./testdata/empty")
	page := func(name string) func(ui.Trace) bool { return func(t ui.Trace) bool { return t.Page == name } }
	var took startTimes
	for b.Loop() {
		for range 12 {
			took.add("empty", d, empty, page("empty"), asLarge...)
			took.add("start", d, exe, page("start"))
			took.add("folder", d, exe, page("verdict"), "open", large)
			took.add("small", d, exe, page("verdict"), "open", small)
		}
	}
	b.ReportMetric(0, "ns/op")
	for _, what := range []string{"empty", "start", "folder", "small"} {
		b.ReportMetric(slices.Min(took.wall[what]).Seconds()*1000, what+"-ms")
		b.ReportMetric(slices.Min(took.cpu[what]).Seconds()*1000, what+"-cpu-ms")
	}
	for _, what := range []string{"start", "folder", "small"} {
		ratios(b, what, took.wall[what], took.wall["empty"])
		ratios(b, what+"-cpu", took.cpu[what], took.cpu["empty"])
	}
}

// TestEmptyWindow: what the benchmarks compare the window with starts as they
// start it.
func TestEmptyWindow(t *testing.T) {
	ctx, cancel := inTime(t)
	defer cancel()
	s := newDesktop(t, ctx).sit(&bytes.Buffer{}, built(t, "./testdata/empty"), asLarge...)
	s.until("main", "the window", func(t ui.Trace) bool { return t.Page == "empty" })
	s.kill()
}

// startTimes are those of each kind of start.
type startTimes struct{ wall, cpu map[string][]time.Duration }

// add starts a program, waits until a page is painted, and ends it.
func (st *startTimes) add(what string, d *desktop, exe string, is func(ui.Trace) bool, args ...string) {
	d.t.Helper()
	if st.wall == nil {
		st.wall, st.cpu = map[string][]time.Duration{}, map[string][]time.Duration{}
	}
	began := time.Now()
	s := d.sit(&bytes.Buffer{}, exe, args...)
	s.until("main", "the page", is)
	st.wall[what] = append(st.wall[what], time.Since(began))
	s.kill()
	st.cpu[what] = append(st.cpu[what], s.cmd.ProcessState.UserTime()+s.cmd.ProcessState.SystemTime())
}

// apart copies a ceremony's folder out of its rehearsal, which would be opened
// with it.
func apart(b *testing.B, folder string) string {
	b.Helper()
	dir := filepath.Join(b.TempDir(), "online")
	if err := os.CopyFS(dir, os.DirFS(folder)); err != nil {
		b.Fatal(err)
	}
	return dir
}

// asLarge makes the empty window as large as ours is on newDesktop.
var asLarge = []string{"-width", "1600", "-height", "860"}

// ratios reports the ratio of the minimums, and those of the middle half of
// the rounds.
func ratios(b *testing.B, what string, ours, theirs []time.Duration) {
	var each []float64
	for i := range ours {
		each = append(each, float64(ours[i])/float64(theirs[i]))
	}
	slices.Sort(each)
	b.ReportMetric(float64(slices.Min(ours))/float64(slices.Min(theirs)), what+"-ratio")
	b.ReportMetric(each[len(each)/4], what+"-low")
	b.ReportMetric(each[len(each)*3/4], what+"-high")
}

// BenchmarkWindowMemory compares the resident memory of the window after a
// sitting, led by keyboard, with that of an empty window of Fyne:
//
//	start-ratio     on the start page; goal: at most 1.5
//	sitting-ratio   after a sitting, with the window "On the table" and the vault; goal: at most 1.5
//	main-ratio      the folder that was led through, opened alone; goal: at most 1.5
func BenchmarkWindowMemory(b *testing.B) {
	d, exe, empty := newDesktop(b, b.Context()), windowProgram(b), built(b, "./testdata/empty")
	mib := map[string]float64{}
	measure := func(what string, s *seat) {
		mib[what] = resident(b, s.cmd.Process.Pid)
		s.kill()
	}
	for b.Loop() {
		s := d.sit(&bytes.Buffer{}, empty, asLarge...)
		s.until("main", "the window", func(t ui.Trace) bool { return t.Page == "empty" })
		measure("empty", s)
		s = d.sit(&bytes.Buffer{}, exe)
		s.until("main", "the start page", func(t ui.Trace) bool { return t.Page == "start" })
		measure("start", s)
		l := newLeader(b, d, exe)
		l.lead("over")
		measure("sitting", l.seat)
		s = d.sit(&bytes.Buffer{}, exe, "open", l.scene.path("online"))
		s.until("main", "the ceremony", func(t ui.Trace) bool { return t.Page == "ceremony" })
		measure("main", s)
	}
	b.ReportMetric(0, "ns/op")
	for what, m := range mib {
		b.ReportMetric(m, what+"-MB")
		b.ReportMetric(m/mib["empty"], what+"-ratio")
	}
}

// resident is the memory of a process that is in RAM, in MiB.
func resident(b *testing.B, pid int) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, after, _ := bytes.Cut(status, []byte("\nVmRSS:"))
	var kib float64
	if _, err := fmt.Sscan(string(after), &kib); err != nil {
		b.Fatal(err)
	}
	return kib / 1024
}
