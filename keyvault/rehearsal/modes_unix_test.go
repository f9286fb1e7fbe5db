//go:build !windows

package rehearsal

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

func TestFileModes(t *testing.T) {
	s := newServer(t, Options{})
	if status, _ := s.ask(t, "POST", "/keys/k/create", `{"kty":"EC","crv":"P-256"}`); status != 200 {
		t.Fatal(status)
	}
	files := 0
	err := filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == s.dir {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %s", path, info.Mode())
		}
		if strings.HasPrefix(d.Name(), ".tmp-") {
			t.Errorf("%s is left over", path)
		}
		files++
		return err
	})
	if err != nil || files < 8 {
		t.Errorf("%d files, %v", files, err)
	}
}
