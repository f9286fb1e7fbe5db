//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/keyceremony/ceremony/transfer/camera"
	"github.com/keyceremony/ceremony/transfer/qr"
	"github.com/keyceremony/ceremony/transfer/qr/scan"
	"github.com/keyceremony/ceremony/transfer/receive"
	"github.com/keyceremony/ceremony/ui"
)

// TestWindowSignsByCodes has somebody sign in at a machine of the own, which
// shares no folder with the ceremony's: a camera before the window takes the
// text to the command there, OpenSSH signs it with the command that it is told,
// and the codes of the signature come back before the window's camera.
func TestWindowSignsByCodes(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
	defer cancel()
	exe, d := windowProgram(t), newDesktop(t, ctx)
	film := pipe(t)
	l := newLeader(t, d, exe, "--camera-film", film)
	l.stand(0)
	l.turnTo("main")
	l.lead("people.signin")
	l.enter()
	l.openSigner("sign.op1")
	l.focus("way")
	l.after("the way with codes", func() { l.key("End", "space") }, func(t ui.Trace) bool { return t.Focus == "Show it as codes…" })
	l.after("the codes", func() { l.key("Return") }, func(t ui.Trace) bool { return t.Page == "send" && t.Focus == "code" && t.Ready })
	signature := l.signedThere("op1")
	l.after("the sheet", func() { l.key("Return") }, func(t ui.Trace) bool { return t.Sheet != "" && t.Focus == "Take it as codes…" })
	l.after("the page", func() { l.key("Return") }, func(t ui.Trace) bool { return t.Page == "bring" && t.Focus == "cameras" })
	l.bringsBack(film, signature)
	l.do()
	l.lead("vault.signin")
}

// signedThere is the person's own machine: it receives what a camera sees of
// the window, signs it, and shows the signature. It returns the picture of that.
func (l *leader) signedThere(who string) string {
	l.t.Helper()
	own := l.d.another(l.t)
	dir := l.t.TempDir()
	photo := filepath.Join(dir, "photo.jpg")
	if err := os.WriteFile(photo, l.picture("main", 1), 0o600); err != nil {
		l.t.Fatal(err)
	}
	ask := filepath.Join(dir, "ask")
	if err := os.WriteFile(ask, []byte("#!/bin/sh\ncat '"+l.scene.path("table", who+".passphrase")+"'\n"), 0o700); err != nil {
		l.t.Fatal(err)
	}
	run := func(name string, args ...string) string {
		l.t.Helper()
		c := own.command(name, args...)
		c.Dir, c.Env = dir, append(c.Env, "SSH_ASKPASS="+ask, "SSH_ASKPASS_REQUIRE=force")
		out, err := c.CombinedOutput()
		if err != nil {
			l.fail("%s: %v\n%s", name, err, out)
		}
		return string(out)
	}
	said := run(l.exe, "qr", "receive", "--out", "in", "--from", photo, "--digest", l.seenDigest(photo))
	var commands [][]string
	for line := range strings.Lines(said) {
		if command, ok := strings.CutPrefix(line, "  "); ok {
			commands = append(commands, strings.Fields(command))
		}
	}
	if len(commands) != 2 {
		l.fail("the own machine says:\n%s", said)
	}
	key := strings.Replace(strings.Join(commands[0], "\n"), "\nKEY\n", "\n"+l.scene.path("people", who+".online")+"\n", 1)
	sign := strings.Split(key, "\n")
	run(sign[0], sign[1:]...)
	run(l.exe, append(commands[1][1:], "--png", "out")...)
	return filepath.Join(dir, "out", "frame-0001.png")
}

// seenDigest is what the person reads off the ceremony's screen: here by another
// reader of the same photograph.
func (l *leader) seenDigest(photo string) string {
	l.t.Helper()
	source, err := camera.OpenFile(photo)
	if err != nil {
		l.t.Fatal(err)
	}
	defer source.Close()
	got, err := receive.New(receive.KQ1, receive.Keep{})
	if err == nil {
		err = got.From(l.d.ctx, source, nil)
	}
	var m qr.Message
	if err == nil {
		m, err = got.Message()
	}
	if err != nil {
		l.fail("the photograph: %v", err)
	}
	return m.Digest().String()
}

// bringsBack holds a picture of codes before the window's camera until the
// signature is taken.
func (l *leader) bringsBack(film, picture string) {
	l.t.Helper()
	b, err := os.ReadFile(picture)
	if err != nil {
		l.t.Fatal(err)
	}
	code, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		l.t.Fatal(err)
	}
	screen := scan.Gray(code)
	l.key("Home", "space")
	pipe, err := os.OpenFile(film, os.O_WRONLY, 0) // waits for the program to open the camera
	if err != nil {
		l.t.Fatal(err)
	}
	defer pipe.Close()
	for n := 1; ; n++ {
		var seen bytes.Buffer
		if err := jpeg.Encode(&seen, askew(screen, ui.Box{0, 0, screen.Rect.Dx(), screen.Rect.Dy()}, uint64(n)), &jpeg.Options{Quality: 70}); err != nil {
			l.t.Fatal(err)
		}
		if _, err := pipe.Write(seen.Bytes()); err != nil {
			l.fail("the camera is not looked through any more: %v", err)
		}
		t := l.until("main", "the picture to be looked at", func(t ui.Trace) bool { return t.Page == "ceremony" || t.Frames >= n })
		if t.Page == "ceremony" {
			break
		}
		if n > 50 {
			l.fail("the signature is not taken after %d pictures", n)
		}
	}
	if t := l.now["main"]; !done(t, "sign.op1") || t.Sheet != "" {
		l.fail("the signature is not there")
	}
	for err == nil { // the camera is closed: a pipe without a reader takes nothing
		_, err = pipe.Write(b)
	}
	if !errors.Is(err, syscall.EPIPE) {
		l.fail("the camera: %v", err)
	}
}
