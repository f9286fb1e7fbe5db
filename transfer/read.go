package transfer

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/durable"
)

// Read finds the one bundle that is wanted on a mounted medium and reads it
// into memory. It opens each file once and never writes. What else lies on
// the medium does not stop it and is named in Foreign: whether the medium may
// hold more is for the people in the room.
func Read(medium string, want Want) (Bundle, error) {
	root, err := durable.OpenRoot(medium)
	if err != nil {
		return Bundle{}, fmt.Errorf("opening the medium: %w", err)
	}
	defer root.Close()
	entries, more, err := list(root, maxEntries)
	if err != nil {
		return Bundle{}, fmt.Errorf("listing the medium: %w", err)
	}
	name, err := find(entries, want)
	if err != nil {
		return Bundle{}, err
	}
	got, err := readFolder(root, name)
	if err != nil {
		return Bundle{}, fmt.Errorf("bundle %s: %w", name, err)
	}
	if err := got.holds(want); err != nil {
		return Bundle{}, fmt.Errorf("bundle %s: %w", name, err)
	}
	got.Foreign = foreign(entries, more, name)
	return got.Bundle, nil
}

// A taken is a bundle as it was read, before anything of it is believed.
type taken struct {
	Bundle
	there  []string       // names in its folder
	listed audit.Manifest // what BUNDLE.sha256 says of them
}

// A rule is something that must hold of a bundle that could be read.
type rule struct {
	id  string
	see func(taken, Want) error
}

// rules are made in their order; the first that does not hold refuses the
// bundle.
var rules = []rule{
	{"folder", sameFolder},
	{"listed", allListed},
	{"digest", asListed},
	{"wanted", func(t taken, w Want) error { return t.Header.fits(w) }},
}

func (t taken) holds(w Want) error {
	for _, r := range rules {
		if err := r.see(t, w); err != nil {
			return err
		}
	}
	return nil
}

func sameFolder(t taken, _ Want) error {
	if name := t.Header.Folder(); name != t.Folder {
		return fmt.Errorf("the folder is %s, but its list says %s: %w", t.Folder, name, ErrHeader)
	}
	return nil
}

// allListed wants nothing in the folder beside the list and what it lists.
func allListed(t taken, _ Want) error {
	for _, name := range t.there {
		if _, ok := t.listed.Find(name); !ok && name != ListName {
			return fmt.Errorf("%s is there, but %s does not list it: %w", show(name), ListName, ErrShape)
		}
	}
	return nil
}

// asListed wants every file to be the one that the sender wrote.
func asListed(t taken, _ Want) error {
	for _, f := range t.listed {
		if got := digest.Of(t.Files[f.Name]); got != f.SHA256 {
			return fmt.Errorf("%s has the SHA-256 %s, wanted %s: %w", show(f.Name), got, f.SHA256, ErrDigest)
		}
	}
	return nil
}

// Unpack reads a bundle that came as files in memory, as [Pack] made them: all
// that BUNDLE.sha256 lists, and nothing else.
func Unpack(files map[string][]byte, want Want) (Bundle, error) {
	text, ok := files[ListName]
	if !ok {
		return Bundle{}, fmt.Errorf("wanted %s: %w", ListName, ErrNoBundle)
	}
	h, listed, err := parseList(text)
	if err != nil {
		return Bundle{}, err
	}
	there := slices.Sorted(maps.Keys(files))
	if err := canRead(listed, there); err != nil {
		return Bundle{}, err
	}
	if err := notLarge(listed, files); err != nil {
		return Bundle{}, err
	}
	got := taken{Bundle{Header: h, SHA256: digest.Of(text), Folder: h.Folder(), Files: without(files, ListName)}, there, listed}
	if err := got.holds(want); err != nil {
		return Bundle{}, err
	}
	return got.Bundle, nil
}

// notLarge holds the sizes of files in memory against the limits of a bundle.
func notLarge(listed audit.Manifest, files map[string][]byte) error {
	left := MaxBundle
	for _, f := range listed {
		n := len(files[f.Name])
		if left -= n; n > MaxFile || left < 0 {
			return tooLarge(f.Name, int64(n))
		}
	}
	return nil
}

// find picks the folder by its name. Those of other ceremonies, stages and
// attempts are named where none fits: mixed-up media are the likeliest cause.
func find(entries []fs.DirEntry, want Want) (string, error) {
	var fit, other []string
	for _, e := range entries {
		m := folderForm.FindStringSubmatch(e.Name())
		switch {
		case m == nil:
		case m[1] == want.Ceremony && m[2] == want.From && (want.Attempt == 0 || m[3] == strconv.Itoa(want.Attempt)):
			fit = append(fit, e.Name())
		default:
			other = append(other, show(e.Name()))
		}
	}
	switch {
	case len(fit) == 1:
		return fit[0], nil
	case len(fit) > 1:
		return "", fmt.Errorf("found %s, wanted one: %w", strings.Join(fit, ", "), ErrSeveral)
	case len(other) > 0:
		return "", fmt.Errorf("found %s, wanted one of ceremony %s from %s%s: %w",
			strings.Join(other, ", "), want.Ceremony, want.From, attempt(want.Attempt), ErrOther)
	default:
		return "", fmt.Errorf("wanted a folder %s%s-%s-…: %w", folderPrefix, want.Ceremony, want.From, ErrNoBundle)
	}
}

func attempt(n int) string {
	if n == 0 {
		return ""
	}
	return ", attempt " + strconv.Itoa(n)
}
