//go:build linux

package main

import (
	"image"
	"os"
	"path/filepath"
	"testing"

	"github.com/keyceremony/ceremony/transfer/qr"
	"github.com/keyceremony/ceremony/transfer/receive"
)

// TestTerminal: the blocks that a terminal draws, black on white as white on
// black, are codes for a camera before it.
func TestTerminal(t *testing.T) {
	d := newDesktop(t, t.Context())
	text := make([]byte, 700)
	for i := range text {
		text[i] = byte(i * i * 31 >> 3)
	}
	m, err := qr.NewMessage(map[string][]byte{"a.bin": text})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "a.bin")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, colours := range map[string][]string{
		"white on black": {"-bg", "black", "-fg", "white"},
		"black on white": {"-bg", "white", "-fg", "black"},
	} {
		args := append(colours, "-u8", "-geometry", "80x45+0+0", "-e", "ceremony", "qr", "send", "--loop", "--fps", "3", file)
		xterm := d.command("xterm", args...)
		if err := xterm.Start(); err != nil {
			t.Fatal(err)
		}
		r, err := receive.New(receive.KQ1, receive.Keep{})
		if err != nil {
			t.Fatal(err)
		}
		sees := &region{desktop: d, place: image.Rect(0, 0, 600, 700)}
		err = r.From(t.Context(), sees, nil)
		_ = xterm.Process.Kill()
		_ = xterm.Wait()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got, err := r.Message(); err != nil || got.Digest() != m.Digest() || r.Progress().Need < 2 {
			t.Errorf("%s: another message of %d codes: %v", name, r.Progress().Need, err)
		}
	}
}
