//go:build linux

package main

import (
	"bytes"
	"crypto/rand"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/keyceremony/ceremony/ui"
)

// BenchmarkWindowCodes shows codes of version 30, twenty a second, in the real
// window, which has no graphics card here, in turns with an empty window that is
// painted anew as often: what comes late there is the machine's doing.
//
//	late         codes of 400 that were not painted in their time; goal: 0
//	empty-late   the same of the empty window
func BenchmarkWindowCodes(b *testing.B) {
	const rounds, each = 4, 100
	d, exe, empty := newDesktop(b, b.Context()), windowProgram(b), built(b, "./testdata/empty")
	file := filepath.Join(b.TempDir(), "files.bin")
	text := make([]byte, 60_000)
	_, _ = rand.Read(text)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		b.Fatal(err)
	}
	late, theirs := 0, 0
	for b.Loop() {
		s := d.sit(&bytes.Buffer{}, exe, "qr", "send", "--window", file)
		s.until("main", "the codes", func(t ui.Trace) bool { return t.Page == "send" && t.Focus == "code" })
		s.turnTo("main")
		parts := s.now["main"].Parts
		s.after("larger codes", func() { s.key("Prior") }, func(t ui.Trace) bool { return t.Parts < parts })
		s.key("Up", "Up", "Up", "Up", "Up", "Up", "Up")
		s.run(2 * s.now["main"].Parts) // meanwhile all are drawn
		before := s.now["main"].Late
		for range rounds {
			e := d.sit(&bytes.Buffer{}, empty, append(asLarge, "-repaint", strconv.Itoa(each))...)
			theirs += e.until("main", "its end", func(t ui.Trace) bool { return t.Page == "over" }).Late
			e.kill()
			s.turnTo("main")
			s.run(each)
		}
		late += s.now["main"].Late - before
		s.kill()
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(late)/float64(b.N), "late")
	b.ReportMetric(float64(theirs)/float64(b.N), "empty-late")
}

// run has the codes run until so many were painted.
func (s *seat) run(codes int) {
	s.after("the codes to run", func() { s.key("space") }, func(t ui.Trace) bool { return t.Running })
	shown, last := 0, 0
	s.until("main", "codes", func(t ui.Trace) bool {
		if t.Code != last {
			shown, last = shown+1, t.Code
		}
		return shown > codes
	})
	s.after("the codes to stand still", func() { s.key("space") }, func(t ui.Trace) bool { return !t.Running })
}
