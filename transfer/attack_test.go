package transfer

import (
	"bytes"
	"errors"
	"maps"
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
			noticed(t, a.Row, gone, func() error {
				_, err := Read(medium, production())
				return err
			})
		})
	}
}

// TestAttackScreen: a bundle that was tampered with is not taken from codes
// either.
func TestAttackScreen(t *testing.T) {
	other := func(change func(*Header)) func(*testing.T, map[string][]byte) {
		return func(t *testing.T, files map[string][]byte) {
			h := header()
			change(&h)
			all, err := Pack(h, contents())
			if err != nil {
				t.Fatal(err)
			}
			maps.Copy(files, all)
		}
	}
	for _, a := range []struct {
		attacks.Row
		do func(t *testing.T, files map[string][]byte)
	}{
		{attacks.New("screen/file", "exchanges the KEK's file, and shows the list as it was", attacks.At("kek.receive", "transfer.ErrDigest")), func(_ *testing.T, files map[string][]byte) {
			files["kek.publickey.pem"] = []byte("-----BEGIN another\n")
		}},
		{attacks.New("screen/unlisted", "shows a file that the list does not have", attacks.At("kek.receive", "transfer.ErrShape")), func(_ *testing.T, files map[string][]byte) {
			files["more.json"] = nil
		}},
		{attacks.New("screen/production", "shows the bundle of a rehearsal in a production", attacks.At("kek.receive", "transfer.ErrOther")), other(func(h *Header) { h.Mode = "rehearsal" })},
		{attacks.New("screen/other-ceremony", "shows the bundle of another ceremony", attacks.At("kek.receive", "transfer.ErrOther")), other(func(h *Header) { h.Ceremony = "other-2026-11" })},
		{attacks.New("screen/other-direction", "shows the HSM room what it has sent itself", attacks.At("kek.receive", "transfer.ErrOther")), other(func(h *Header) { h.From = FromWrap })},
	} {
		a.Try(t, func(t *testing.T, gone int) {
			files, err := Pack(header(), contents())
			if err != nil {
				t.Fatal(err)
			}
			was := maps.Clone(files)
			if a.do(t, files); maps.EqualFunc(was, files, bytes.Equal) {
				t.Fatal("the attack changed nothing")
			}
			noticed(t, a.Row, gone, func() error {
				_, err := Unpack(files, production())
				return err
			})
		})
	}
}

func production() Want {
	w := want()
	w.Mode = "production"
	return w
}

// noticed wants an attack to be noticed by the next wall, or to pass, where the
// rules of the first ones are taken away.
func noticed(t *testing.T, row attacks.Row, gone int, take func() error) {
	t.Helper()
	all := rules
	defer func() { rules = all }()
	for _, w := range row.Walls[:gone] {
		rules = slices.DeleteFunc(slices.Clone(rules), func(r rule) bool { return r.id == rulesOf[w.By[0]] })
	}
	switch err := take(); {
	case gone < len(row.Walls) && !errors.Is(err, errorsOf[row.Walls[gone].By[0]]):
		t.Errorf("%v, wanted %s", err, row.Walls[gone].By)
	case gone == len(row.Walls) && err != nil:
		t.Errorf("still noticed: %v", err)
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
