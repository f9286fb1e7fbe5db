package transfer

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/digest"
)

func header() Header {
	return Header{
		Ceremony: "contoso-2026-11", Run: "8e4c01", Mode: "production", From: FromPrepare, Attempt: 1,
		Head: audit.Head{Log: "online.log", Seq: 42, SHA256: digest.Of([]byte("head"))},
	}
}

func contents() map[string][]byte {
	return map[string][]byte{
		"plan.toml":           []byte("format = 1\n"),
		"online.log":          bytes.Repeat([]byte("{}\n"), 1000),
		"allowed_signers":     []byte("ada …\n"),
		"kek.publickey.pem":   []byte("-----BEGIN PUBLIC KEY-----\n"),
		"PREPARE.sha256":      nil,
		"plan.toml.ada.sig":   []byte("sig"),
		"online-0004-x.a.txt": []byte("text"),
	}
}

func want() Want { return Want{Ceremony: "contoso-2026-11", From: FromPrepare} }

// written is a medium with one bundle, and the bundle's folder on it.
func written(t *testing.T) (medium, folder string) {
	t.Helper()
	medium = t.TempDir()
	w, err := Write(medium, header(), contents())
	if err != nil {
		t.Fatal(err)
	}
	return medium, filepath.Join(medium, w.Folder)
}

func put(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestReadTakesWhatWriteWrote(t *testing.T) {
	medium := t.TempDir()
	w, err := Write(medium, header(), contents())
	if err != nil {
		t.Fatal(err)
	}
	if w.Folder != "keyceremony-contoso-2026-11-prepare-1" || len(w.Files) != len(contents()) || len(w.Foreign) != 0 {
		t.Errorf("written is %+v", w)
	}
	b, err := Read(medium, Want{Ceremony: "contoso-2026-11", Run: "8e4c01", Mode: "production", From: FromPrepare, Attempt: 1})
	if err != nil {
		t.Fatal(err)
	}
	if b.Header != header() || b.SHA256 != w.SHA256 || b.Folder != w.Folder {
		t.Errorf("read is %+v", b.Header)
	}
	if !maps.EqualFunc(b.Files, contents(), bytes.Equal) {
		t.Errorf("files differ: %v", b.Files)
	}
}

func TestWriteAgain(t *testing.T) {
	medium, folder := written(t)
	first, err := os.ReadFile(filepath.Join(folder, ListName))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Write(medium, header(), contents()); err != nil {
		t.Errorf("the same bundle again: %v", err)
	}
	files := contents()
	files["plan.toml"] = []byte("format = 2\n")
	if _, err := Write(medium, header(), files); !errors.Is(err, ErrDiffers) {
		t.Errorf("other files: %v", err)
	}
	h := header()
	h.Run = "other"
	if _, err := Write(medium, h, contents()); !errors.Is(err, ErrDiffers) {
		t.Errorf("another run: %v", err)
	}
	after, err := os.ReadFile(filepath.Join(folder, ListName))
	if err != nil || !bytes.Equal(first, after) {
		t.Errorf("a refused bundle changed the one on the medium (%v)", err)
	}
}

func TestWriteSweepsAnEarlierTry(t *testing.T) {
	medium := t.TempDir()
	part := filepath.Join(medium, "."+header().Folder()+".part")
	if err := os.Mkdir(part, 0o700); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(part, "plan.toml"), []byte("half"))
	if _, err := Read(medium, want()); !errors.Is(err, ErrNoBundle) {
		t.Errorf("half a bundle: %v", err)
	}
	if _, err := Write(medium, header(), contents()); err != nil {
		t.Fatal(err)
	}
	if b, err := Read(medium, want()); err != nil || len(b.Foreign) != 0 {
		t.Errorf("read: %v, foreign %q", err, b.Foreign)
	}
}

func TestWriteRefuses(t *testing.T) {
	with := func(name string, b []byte) map[string][]byte {
		files := contents()
		files[name] = b
		return files
	}
	many := map[string][]byte{}
	for i := range MaxFiles + 1 {
		many[fmt.Sprintf("%d.txt", i)] = nil
	}
	total := map[string][]byte{}
	for i := range 9 {
		total[fmt.Sprintf("%d.byok", i)] = make([]byte, MaxFile)
	}
	for what, files := range map[string]map[string][]byte{
		"no file":             {},
		"too many":            many,
		"too large a file":    with("a.byok", make([]byte, MaxFile+1)),
		"too large in all":    total,
		"up":                  with("../a.txt", nil),
		"folder":              with("a/b.txt", nil),
		"backslash":           with(`a\b.txt`, nil),
		"hidden":              with(".a.txt", nil),
		"dots":                with("a..txt", nil),
		"program":             with("a.exe", nil),
		"html":                with("a.html", nil),
		"no suffix":           with("a", nil),
		"device":              with("COM1.txt", nil),
		"space":               with("a b.txt", nil),
		"bidi":                with("a\u202e.txt", nil),
		"the list":            with("BUNDLE.sha256", nil),
		"the list, lowercase": with("bundle.sha256", nil),
		"twins":               with("Plan.toml", nil),
	} {
		medium := t.TempDir()
		if _, err := Write(medium, header(), files); !errors.Is(err, ErrShape) {
			t.Errorf("%s: %v", what, err)
		}
		if left, _ := os.ReadDir(medium); len(left) > 0 {
			t.Errorf("%s: the refused bundle left %v", what, left)
		}
	}
}

func TestWriteRefusesHeaders(t *testing.T) {
	for want, edit := range map[string]func(*Header){
		"ceremony is \"../x\"": func(h *Header) { h.Ceremony = "../x" },
		"run is \"\"":          func(h *Header) { h.Run = "" },
		"run is \"a\\n\"":      func(h *Header) { h.Run = "a\n" },
		"mode is \"prod\"":     func(h *Header) { h.Mode = "prod" },
		"from is \"import\"":   func(h *Header) { h.From = "import" },
		"attempt is \"0\"":     func(h *Header) { h.Attempt = 0 },
		"attempt is \"100\"":   func(h *Header) { h.Attempt = 100 },
		"log is \"x\"":         func(h *Header) { h.Head.Log = "x" },
		"seq is \"-1\"":        func(h *Header) { h.Head.Seq = -1 },
	} {
		h := header()
		edit(&h)
		if _, err := Write(t.TempDir(), h, contents()); !errors.Is(err, ErrHeader) || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, wanted %s", err, want)
		}
	}
}
