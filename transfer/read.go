package transfer

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/digest"
)

// Read finds the one bundle that is wanted on a mounted medium and reads it
// into memory. It opens each file once and never writes. What else lies on
// the medium does not stop it and is named in Foreign: whether the medium may
// hold more is for the people in the room.
func Read(medium string, want Want) (Bundle, error) {
	root, err := os.OpenRoot(medium)
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
	b, err := readFolder(root, name)
	if err != nil {
		return Bundle{}, fmt.Errorf("bundle %s: %w", name, err)
	}
	if err := b.Header.fits(want); err != nil {
		return Bundle{}, err
	}
	b.Foreign = foreign(entries, more, name)
	return b, nil
}

// Unpack reads a bundle that came as files in memory, as [Pack] made them: all
// that BUNDLE.sha256 lists, and nothing else.
func Unpack(files map[string][]byte, want Want) (Bundle, error) {
	text, ok := files[listName]
	if !ok {
		return Bundle{}, fmt.Errorf("wanted %s: %w", listName, ErrNoBundle)
	}
	h, listed, err := parseList(text)
	if err != nil {
		return Bundle{}, err
	}
	if err := sameNames(listed, slices.Sorted(maps.Keys(files))); err != nil {
		return Bundle{}, err
	}
	if err := sameDigests(listed, files); err != nil {
		return Bundle{}, err
	}
	if err := h.fits(want); err != nil {
		return Bundle{}, err
	}
	return Bundle{Header: h, SHA256: digest.Of(text), Folder: h.Folder(), Files: without(files, listName)}, nil
}

// sameDigests holds files in memory against the list.
func sameDigests(listed audit.Manifest, files map[string][]byte) error {
	left := MaxBundle
	for _, f := range listed {
		b := files[f.Name]
		if left -= len(b); len(b) > MaxFile || left < 0 {
			return tooLarge(f.Name, int64(len(b)))
		}
		if got := digest.Of(b); got != f.SHA256 {
			return fmt.Errorf("%s has the SHA-256 %s, wanted %s: %w", show(f.Name), got, f.SHA256, ErrDigest)
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
