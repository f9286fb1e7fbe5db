//go:build !nogui && cgo

package main

import (
	"os"
	"path/filepath"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/keyceremony/ceremony/ui"
	"github.com/keyceremony/ceremony/ui/kit"
)

// memory is what the window remembers between two starts, in a file of its
// own: no state of a ceremony is in it, and a file that is gone or damaged is
// an empty one. It is read anew each time, for another window may write too.
type memory struct{ path string } // "" remembers nothing

// remembered is the file.
type remembered struct {
	Recent []string `json:"recent"` // ceremony folders, the newest first
	Taste  ui.Taste `json:"taste"`
}

// maxRecent is how many folders are remembered.
const maxRecent = 12

// usualMemory lies where this machine keeps the configuration of its users.
func usualMemory() memory {
	dir, err := os.UserConfigDir()
	if err != nil {
		return memory{}
	}
	return memory{filepath.Join(dir, "keyceremony", "window.json")}
}

// maxMemory is far more than twelve paths need, in bytes.
const maxMemory = 1 << 20

func (m memory) read() remembered {
	var r remembered
	b, err := readUpTo(m.path, maxMemory)
	if err != nil || json.Unmarshal(b, &r) != nil {
		return remembered{}
	}
	return r
}

func (m memory) change(f func(*remembered)) {
	if m.path == "" || os.MkdirAll(filepath.Dir(m.path), 0o700) != nil {
		return
	}
	r := m.read()
	f(&r)
	if b, err := json.Marshal(r, jsontext.WithIndent(" ")); err == nil {
		_ = replaceFile(m.path, append(b, '\n')) // what cannot be kept is only forgotten
	}
}

// recent lists the folders that are still there.
func (m memory) recent() []string {
	return slices.DeleteFunc(m.read().Recent, func(dir string) bool {
		st, err := os.Stat(dir)
		return err != nil || !st.IsDir()
	})
}

// remember puts a folder first.
func (m memory) remember(dir string) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return
	}
	m.change(func(r *remembered) {
		others := slices.DeleteFunc(r.Recent, func(d string) bool { return d == dir })
		r.Recent = append([]string{dir}, others...)
		r.Recent = r.Recent[:min(len(r.Recent), maxRecent)]
	})
}

// taste is how the window looked the last time; what it cannot look like is
// forgotten.
func (m memory) taste() ui.Taste {
	t := m.read().Taste
	if !slices.Contains(kit.Looks, t.Look) || t.Scale < 0.5 || t.Scale > 4 {
		return ui.Taste{}
	}
	return t
}

func (m memory) setTaste(t ui.Taste) { m.change(func(r *remembered) { r.Taste = t }) }
