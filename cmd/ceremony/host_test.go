//go:build !nogui && cgo

package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/keyvault/rehearsal"
	"github.com/keyceremony/ceremony/machine"
	"github.com/keyceremony/ceremony/plan"
	"github.com/keyceremony/ceremony/ui"
	"github.com/keyceremony/ceremony/ui/kit"
)

func TestRecentFolders(t *testing.T) {
	m := memory{filepath.Join(t.TempDir(), "new", "window.json")}
	if got := m.recent(); len(got) != 0 {
		t.Errorf("before the first: %q", got)
	}
	var dirs []string
	for i := range maxRecent + 3 {
		dirs = append(dirs, t.TempDir())
		m.remember(dirs[i])
	}
	m.remember(dirs[5])
	slices.Reverse(dirs)
	want := append([]string{dirs[9]}, slices.Delete(slices.Clone(dirs), 9, 10)...)[:maxRecent]
	if got := m.recent(); !slices.Equal(got, want) {
		t.Errorf("recent folders are\n%q, wanted\n%q", got, want)
	}
	if err := os.Remove(want[1]); err != nil {
		t.Fatal(err)
	}
	if got := m.recent(); !slices.Equal(got, slices.Delete(want, 1, 2)) {
		t.Errorf("one is gone: %q", got)
	}
}

func TestTasteIsKept(t *testing.T) {
	m := memory{filepath.Join(t.TempDir(), "window.json")}
	dir, taste := t.TempDir(), ui.Taste{Look: kit.Looks[1], Scale: 1.25}
	m.remember(dir)
	m.setTaste(taste)
	if got := m.taste(); got != taste || !slices.Equal(m.recent(), []string{dir}) {
		t.Errorf("%+v and %q", got, m.recent())
	}
	for _, damaged := range []string{"", "{", `{"recent":"x"}`, `{"taste":{"look":"neon","scale":1}}`, `{"taste":{"look":"dark","scale":900}}`} {
		if err := os.WriteFile(m.path, []byte(damaged), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := m.taste(); got != (ui.Taste{}) || len(m.recent()) != 0 {
			t.Errorf("%s: %+v and %q", damaged, got, m.recent())
		}
	}
	m.remember(dir) // and what is damaged is written anew
	if !slices.Equal(m.recent(), []string{dir}) {
		t.Errorf("after damage: %q", m.recent())
	}
	memory{}.remember(dir)
}

func TestMediaPlaces(t *testing.T) {
	got := mediaPlaces([]machine.Volume{
		{Mount: machine.Mount{Point: "/media/x"}, Label: "KEYS"}, {Mount: machine.Mount{Point: "/mnt/stick", ReadOnly: true}},
	})
	if want := []kit.Place{{Name: "KEYS", Path: "/media/x"}, {Name: "stick (read only)", Path: "/mnt/stick", ReadOnly: true}}; !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, wanted %+v", got, want)
	}
}

func TestDisplay(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "wayland-7")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, c := range []struct {
		env  map[string]string
		want string // of the error, "" for none
	}{
		{nil, "has no display"},
		{map[string]string{"DISPLAY": ":4711"}, "does not answer"},
		{map[string]string{"DISPLAY": "nonsense"}, "wanted as :0"},
		{map[string]string{"DISPLAY": "localhost:x"}, "wanted as HOST:0"},
		{map[string]string{"WAYLAND_DISPLAY": socket}, ""},
		{map[string]string{"WAYLAND_DISPLAY": "wayland-7", "XDG_RUNTIME_DIR": filepath.Dir(socket)}, ""},
		{map[string]string{"WAYLAND_DISPLAY": "wayland-8", "XDG_RUNTIME_DIR": filepath.Dir(socket), "DISPLAY": ":4711"}, "wayland-8"},
	} {
		err := display(func(name string) string { return c.env[name] })
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, wanted %q", c.env, err, c.want)
		}
	}
}

// What is shown is a file, and nothing else.
func TestShowsFilesOnly(t *testing.T) {
	for _, path := range []string{"https://example.com", t.TempDir(), "/does/not/exist"} {
		var use *useError
		if err := show(path); !errors.As(err, &use) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// The rehearsal of the window is the one of the terminal: its papers have what
// the answers file has, and what people type cannot be copied.
func TestPapers(t *testing.T) {
	s, _ := newRehearsal(t, rehearsal.Options{}, "P-256", "AES-256")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	all := &scenes{open: map[string]*scene{}, flags: rehearseFlags{keys: []string{"P-256"}, bits: 2048, transfer: plan.USB}}
	r, err := all.rehearse(s.dir, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	again, err := all.rehearse(s.dir, func(string) {}) // where it is served already
	if err != nil || again.Dir != r.Dir {
		t.Fatal(err)
	}
	facts, errands := onTable(t, s, r)
	for _, want := range []string{s.sheet(t, "plan.code"), s.sheet(t, "hsm.pin"), s.sheet(t, "op2.passphrase"), s.path("usb", "kek")} {
		if !slices.ContainsFunc(facts, func(f kit.Fact) bool { return f.Value == want }) {
			t.Errorf("%q is not on the table", want)
		}
	}
	if want := []string{"kek.op1", "kek.op2", "vault." + s.plan.Keys[0].Name}; !slices.Equal(errands, want) {
		t.Errorf("sheets to be fetched: %q, wanted %q", errands, want)
	}
	if err := r.Fetch("kek.op1"); err == nil {
		t.Error("a code of a KEK that does not exist was fetched")
	}
	r.Sheet("pause.head", "12345")
	if facts, _ := onTable(t, s, r); !slices.Contains(facts, kit.Fact{Label: "Head of the log at the pause", Value: "12345", Mono: true}) {
		t.Error("what was written down is not on the table")
	}
	if _, err := os.Stat(r.KeyFile("op1", "offline")); err != nil {
		t.Error(err)
	}
	if err := r.Close(); err != nil || len(all.open) != 0 {
		t.Errorf("%v, %d still served", err, len(all.open))
	}
}

func onTable(t *testing.T, s *scene, r *ui.Rehearsal) (facts []kit.Fact, errands []string) {
	t.Helper()
	for _, p := range r.Papers() {
		facts = append(facts, p.Facts...)
		for _, e := range p.Fetch {
			errands = append(errands, e.Sheet)
		}
		for _, f := range p.Facts {
			if f.Copy != (strings.HasPrefix(f.Value, s.dir) || f.Label == "Client id") {
				t.Errorf("%s: copied: %v", f.Label, f.Copy)
			}
		}
	}
	return facts, errands
}

// Every page is one line of JSON.
func TestTrace(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	trace := traceTo(int(w.Fd()))
	trace(ui.Trace{Window: "main", Page: "start"})
	var line string
	if _, err := fmt.Fscanln(r, &line); err != nil || !strings.HasPrefix(line, `{"window":"main","page":"start",`) {
		t.Errorf("%q, %v", line, err)
	}
	if traceTo(0) != nil {
		t.Error("nobody asked for a trace")
	}
}
