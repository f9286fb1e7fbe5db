// Package vectors finds the test vectors and samples of others, which lie
// beside the repository and are no part of it: in the folder that
// CEREMONY_SHARED names, or in shared next to the checkout.
package vectors

import (
	"os"
	"path/filepath"
	"testing"
)

// Path is where a file of the vectors is, named with slashes from their
// folder. A test that needs one is skipped, by name, where the folder is not
// there; a file that is missing in it fails the test.
func Path(t testing.TB, name string) string {
	t.Helper()
	dir := os.Getenv("CEREMONY_SHARED")
	if dir == "" {
		dir = filepath.Join(root(t), "..", "shared")
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("CEREMONY_SHARED: no folder of vectors at %s", dir)
	}
	path := filepath.Join(dir, filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// Read reads a file of the vectors.
func Read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(Path(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// root is the folder of the module, which a test runs somewhere below.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("there is no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
}
