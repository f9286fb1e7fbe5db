package transfer

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/keyceremony/ceremony/attacks"
)

// errorsOf are the errors that notice attacks, by their names, and rulesOf the
// rules that tell them.
var (
	errorsOf = map[string]error{"transfer.ErrDigest": ErrDigest, "transfer.ErrShape": ErrShape, "transfer.ErrHeader": ErrHeader, "transfer.ErrOther": ErrOther}
	rulesOf  = map[string]string{"transfer.ErrDigest": "digest", "transfer.ErrShape": "listed", "transfer.ErrHeader": "folder", "transfer.ErrOther": "wanted"}
)

// TestAttackBundle: a medium that was tampered with is not taken. Without the
// rule that notices it, all of it is, and what is in it is for the seal.
func TestAttackBundle(t *testing.T) {
	for _, a := range []struct {
		attacks.Row
		do func(t *testing.T, medium, folder string)
	}{
		{attacks.New("swap/file", "exchanges the KEK's file on the medium", attacks.At("kek.receive", "transfer.ErrDigest")), func(t *testing.T, _, folder string) {
			put(t, filepath.Join(folder, "kek.publickey.pem"), []byte("-----BEGIN another\n"))
		}},
		{attacks.New("medium/unlisted", "puts a file into the bundle's folder", attacks.At("kek.receive", "transfer.ErrShape")), func(t *testing.T, _, folder string) {
			put(t, filepath.Join(folder, "more.json"), nil)
		}},
		{attacks.New("medium/production", "brings the bundle of a rehearsal to a production", attacks.At("kek.receive", "transfer.ErrOther")), func(t *testing.T, medium, folder string) {
			h := header()
			h.Mode = "rehearsal"
			rewrite(t, medium, folder, h)
		}},
		{attacks.New("medium/other-ceremony", "renames the bundle of another ceremony", attacks.At("kek.receive", "transfer.ErrHeader"), attacks.At("kek.receive", "transfer.ErrOther")), func(t *testing.T, medium, folder string) {
			h := header()
			h.Ceremony = "other-2026-11"
			rewrite(t, medium, folder, h)
		}},
		{attacks.New("medium/other-direction", "renames the bundle of the HSM room, so that it comes back there", attacks.At("kek.receive", "transfer.ErrHeader"), attacks.At("kek.receive", "transfer.ErrOther")), func(t *testing.T, medium, folder string) {
			h := header()
			h.From = FromWrap
			rewrite(t, medium, folder, h)
		}},
	} {
		a.Try(t, func(t *testing.T, gone int) {
			medium, folder := written(t)
			a.do(t, medium, folder)
			all := rules
			defer func() { rules = all }()
			for _, w := range a.Walls[:gone] {
				rules = slices.DeleteFunc(slices.Clone(rules), func(r rule) bool { return r.id == rulesOf[w.By[0]] })
			}
			w := want()
			w.Mode = "production"
			switch _, err := Read(medium, w); {
			case gone < len(a.Walls) && !errors.Is(err, errorsOf[a.Walls[gone].By[0]]):
				t.Errorf("%v, wanted %s", err, a.Walls[gone].By)
			case gone == len(a.Walls) && err != nil:
				t.Errorf("still noticed: %v", err)
			}
		})
	}
}

// rewrite puts a bundle with another header into the folder of the first.
func rewrite(t *testing.T, medium, folder string, h Header) {
	t.Helper()
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	w, err := Write(medium, h, contents())
	if err != nil {
		t.Fatal(err)
	}
	if from := filepath.Join(medium, w.Folder); from != folder {
		if err := os.Rename(from, folder); err != nil {
			t.Fatal(err)
		}
	}
}
