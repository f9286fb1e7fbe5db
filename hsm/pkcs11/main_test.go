package pkcs11

import (
	"os"
	"path/filepath"
	"testing"
)

// TestMain is the test binary's main: the worker of every test is the test
// binary itself.
func TestMain(m *testing.M) {
	if IsWorker(os.Args) {
		WorkerMain()
	}
	code := m.Run()
	if path, err := built(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}
