package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/transfer/camera"
	"github.com/keyceremony/ceremony/transfer/qr"
	"github.com/keyceremony/ceremony/transfer/qr/scan"
)

// A desk is a machine with cameras, each with what it sees and how it ends.
type desk struct {
	list   []camera.Device
	sees   []*image.Gray
	end    error
	busy   error
	chosen string
	opened []string
}

func (d *desk) cameras() camera.Cameras {
	return camera.Cameras{
		List: func() ([]camera.Device, error) { return d.list, nil },
		Open: func(id string) (camera.Source, error) {
			d.opened = append(d.opened, id)
			return &sight{d, 0}, d.busy
		},
		Chosen: func() string { return d.chosen },
		Choose: func(id string) { d.chosen = id },
	}
}

type sight struct {
	*desk
	at int
}

func (s *sight) Next(context.Context) (camera.Frame, error) {
	if s.at >= len(s.sees) {
		return camera.Frame{}, s.end
	}
	s.at++
	return camera.Frame{Number: s.at - 1, Image: s.sees[s.at-1]}, nil
}

func (s *sight) Close() error { return nil }

// codes draws the frames of a stream with some numbers.
func codes(t *testing.T, s *qr.Stream, version int, numbers ...int) (all []*image.Gray) {
	t.Helper()
	for _, i := range numbers {
		code, err := qr.Bitmap(s.Frame(i), version, qr.L)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, scan.Gray(code.Image(4)))
	}
	return all
}

// receives runs the command.
func receives(c camera.Cameras, in io.Reader, args ...string) (out, words string, err error) {
	var o, w bytes.Buffer
	cmd := qrReceiveCommand(c)
	cmd.SetArgs(args)
	cmd.SetIn(in)
	cmd.SetOut(&o)
	cmd.SetErr(&w)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	err = cmd.ExecuteContext(context.Background())
	return o.String(), w.String(), err
}

// several is a message in several codes.
func several(t *testing.T) (qr.Message, *qr.Stream, int) {
	t.Helper()
	text := make([]byte, 200)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range text {
		text[i] = byte(random.Uint32())
	}
	m, err := qr.NewMessage(map[string][]byte{"a.txt": text})
	if err != nil {
		t.Fatal(err)
	}
	s, version, err := qr.Fit(m, 3, qr.L)
	if err != nil {
		t.Fatal(err)
	}
	if s.Blocks() < 3 {
		t.Fatalf("%d blocks, too few for this test", s.Blocks())
	}
	return m, s, version
}

// TestCamera: the plug is pulled half way, and the rest comes from another
// camera; the choice is kept.
func TestCamera(t *testing.T) {
	m, s, version := several(t)
	dir := t.TempDir()
	out, state := filepath.Join(dir, "out"), filepath.Join(dir, "state")
	d := &desk{list: []camera.Device{{ID: "/dev/a", Name: "Desk"}, {ID: "/dev/b", Name: "Hand"}}, chosen: "/dev/gone", end: camera.ErrUnplugged}
	d.sees = codes(t, s, version, 0, 0, 7)
	args := []string{"--out", out, "--state", state, "--digest", m.Digest().String()}
	_, words, err := receives(d.cameras(), nil, append(args, "--camera")...)
	code := new(exit)
	if !errors.As(err, &code) || code.code != exitFault || !strings.Contains(words, "the camera is gone") || !strings.Contains(words, "are kept in") {
		t.Fatalf("%v\n%s", err, words)
	}
	if !strings.Contains(words, "chosen last is not there") || d.chosen != "/dev/a" {
		t.Errorf("%s is chosen\n%s", d.chosen, words)
	}
	if _, err := os.Stat(out); !errors.Is(err, os.ErrNotExist) {
		t.Error("something was written")
	}
	d.sees = codes(t, s, version, 9, 10, 11, 12, 13, 14, 15, 16, 17)
	files, words, err := receives(d.cameras(), nil, append(args, "--camera", "Hand")...)
	if err != nil || files != "a.txt\n" || d.chosen != "/dev/b" {
		t.Fatalf("%v, %s, %s is chosen\n%s", err, files, d.chosen, words)
	}
	if strings.Contains(words, "1 of ") {
		t.Errorf("it began anew\n%s", words)
	}
	if _, _, err := receives(d.cameras(), nil, "--out", out, "--digest", m.Digest().String(), "--camera"); err != nil || d.opened[len(d.opened)-1] != "/dev/b" {
		t.Errorf("%v, opened %v", err, d.opened)
	}
}

// TestCameraTrouble: each has its words and its exit code.
func TestCameraTrouble(t *testing.T) {
	dark := image.NewGray(image.Rect(0, 0, 320, 240))
	one := []camera.Device{{ID: "/dev/a", Name: "Desk"}}
	for _, c := range []struct {
		what string
		desk desk
		args string
		says string
		code int
	}{
		{"none", desk{}, "--camera", "no camera was found", exitUse},
		{"unknown", desk{list: one}, "--camera=Other", "Other: there is no such camera", exitUse},
		{"busy", desk{list: one, busy: camera.ErrBusy}, "--camera", "Desk: the camera is in use", exitFault},
		{"not allowed", desk{list: one, busy: camera.ErrPermission}, "--camera", "join the group video", exitFault},
		{"silent", desk{list: one, end: camera.ErrSilent}, "--camera", "delivers no picture", exitFault},
		{"dark", desk{list: one, end: context.Canceled, sees: repeat(dark, 20)}, "--camera", "The picture is dark", exitNot},
		{"nothing listed", desk{}, "--cameras", "no camera was found", exitUse},
		{"a file without a flag", desk{list: one}, "film.y4m", "--from", exitUse},
		{"two sources", desk{list: one}, "--camera --video=x", "name one source", exitUse},
		{"no film", desk{}, "--video=" + filepath.Join(t.TempDir(), "none"), "does not exist", exitUse},
		{"a film without digest", desk{}, "--video=-", "needs --digest", exitUse},
	} {
		_, words, err := receives(c.desk.cameras(), strings.NewReader(""), append([]string{"--out", t.TempDir()}, strings.Fields(c.args)...)...)
		code := exitCode(err)
		if own := new(exit); errors.As(err, &own) {
			code = own.code
		}
		if err == nil || code != c.code || !strings.Contains(words+err.Error(), c.says) {
			t.Errorf("%s: exit code %d, wanted %d: %v\n%s", c.what, code, c.code, err, words)
		}
		if c.desk.chosen != "" && c.desk.busy != nil {
			t.Errorf("%s: a camera that cannot be opened is chosen", c.what)
		}
	}
}

func repeat(img *image.Gray, n int) (all []*image.Gray) {
	for range n {
		all = append(all, img)
	}
	return all
}

func TestCamerasListed(t *testing.T) {
	d := &desk{list: []camera.Device{{ID: "/dev/a", Name: "Desk\x1b[2J"}, {ID: "/dev/b", Name: "Hand"}}, chosen: "/dev/b"}
	out, _, err := receives(d.cameras(), nil, "--cameras")
	if err != nil || strings.Contains(out, "\x1b") || !strings.HasSuffix(out, "Hand\t/dev/b\tchosen last\n") || strings.Count(out, "\n") != 2 {
		t.Errorf("%v\n%q", err, out)
	}
}

// TestVideo: a film, from a file and through a pipe.
func TestVideo(t *testing.T) {
	m, s, version := several(t)
	var film bytes.Buffer
	for i, img := range codes(t, s, version, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12) {
		if i == 0 {
			fmt.Fprintf(&film, "YUV4MPEG2 W%d H%d F30:1 Cmono\n", img.Rect.Dx(), img.Rect.Dy())
		}
		film.WriteString("FRAME\n")
		film.Write(img.Pix)
	}
	path := filepath.Join(t.TempDir(), "film.y4m")
	if err := os.WriteFile(path, film.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{path, "-"} {
		out := filepath.Join(t.TempDir(), "out")
		files, words, err := receives(camera.Cameras{}, bytes.NewReader(film.Bytes()), "--out", out, "--video", from, "--digest", m.Digest().String())
		if err != nil || files != "a.txt\n" {
			t.Errorf("%s: %v, %q\n%s", from, err, files, words)
		}
	}
}

func TestChoiceIsKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "camera")
	for _, id := range []string{"", "/dev/a", "/dev/b"} {
		keepChoice(path, id)
		if got := keptChoice(path); got != id {
			t.Errorf("%q is kept, wanted %q", got, id)
		}
	}
	if keepChoice("", "/dev/a"); keptChoice("") != "" {
		t.Error("a choice is kept nowhere")
	}
}

func asPNG(t *testing.T, img image.Image) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := png.Encode(&file, img); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}
