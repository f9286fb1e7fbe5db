//go:build linux

package main

import (
	"bytes"
	"crypto/rand"
	"os"
	"path/filepath"
	"testing"

	"github.com/keyceremony/ceremony/ui"
)

// BenchmarkWindowCodes shows codes of version 30, twenty a second, in the real
// window, which has no graphics card here:
//
//	late       codes of 400 that were not painted in their time; goal: 0
func BenchmarkWindowCodes(b *testing.B) {
	d, exe := newDesktop(b, b.Context()), windowProgram(b)
	file := filepath.Join(b.TempDir(), "files.bin")
	text := make([]byte, 60_000)
	_, _ = rand.Read(text)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		b.Fatal(err)
	}
	late := 0
	for b.Loop() {
		s := d.sit(&bytes.Buffer{}, exe, "qr", "send", "--window", file)
		s.until("main", "the codes", func(t ui.Trace) bool { return t.Page == "send" && t.Focus == "code" })
		s.turnTo("main")
		parts := s.now["main"].Parts
		s.after("larger codes", func() { s.key("Prior") }, func(t ui.Trace) bool { return t.Parts < parts })
		s.key("Up", "Up", "Up", "Up", "Up", "Up", "Up")
		s.after("the codes to run", func() { s.key("space") }, func(t ui.Trace) bool { return t.Running })
		s.until("main", "all codes to be drawn", func(t ui.Trace) bool { return t.Code > 2*t.Parts })
		before, shown, last := s.now["main"].Late, 0, 0
		s.until("main", "400 codes", func(t ui.Trace) bool {
			if t.Code != last {
				shown, last = shown+1, t.Code
			}
			return shown == 400
		})
		late += s.now["main"].Late - before
		s.kill()
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(late)/float64(b.N), "late")
}
