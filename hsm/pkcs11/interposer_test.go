//go:build cgo

package pkcs11

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/keyceremony/ceremony/hsm/hsmtest"
)

// built is the interposer's library, compiled once.
var built = sync.OnceValues(func() (string, error) {
	var err error
	if scratch, err = os.MkdirTemp("", "interposer"); err != nil {
		return "", err
	}
	path := filepath.Join(scratch, "interposer.so")
	return path, compile(path, "testdata/interposer/interposer.c", "-shared", "-fPIC", "-fvisibility=hidden")
})

// compile runs the C compiler; the error says what it said.
func compile(out, source string, flags ...string) error {
	gcc, err := exec.LookPath("gcc")
	if err != nil {
		return &missing{"gcc"}
	}
	args := append(flags, "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-I", ".", "-o", out, source, "-ldl")
	text, err := exec.Command(gcc, args...).CombinedOutput()
	if err != nil {
		return &compileError{source, string(text)}
	}
	return nil
}

type missing struct{ name string }

func (m *missing) Error() string { return m.name + " is missing: apt-get install " + m.name }

type compileError struct{ source, text string }

func (c *compileError) Error() string { return c.source + " does not compile:\n" + c.text }

// interpose makes a SoftHSM token behind the interposer, which the settings
// (NAME=VALUE) configure.
func interpose(t testing.TB, settings ...string) hsmtest.Device {
	t.Helper()
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	d := hsmtest.SoftHSM(t)
	t.Setenv("INTERPOSER_MODULE", d.Module)
	d.Module = path
	set(t, settings...)
	return d
}

func set(t testing.TB, settings ...string) {
	t.Helper()
	for _, s := range settings {
		name, value, _ := strings.Cut(s, "=")
		t.Setenv(name, value)
	}
}
