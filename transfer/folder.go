package transfer

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/durable"
)

// maxEntries bounds what is listed of a medium's top folder.
const maxEntries = 4096

// fault lets tests fail this package's own file operations in the same place
// as those of durable.
func fault(op, name string) error {
	if durable.Fault == nil {
		return nil
	}
	return durable.Fault(op, name)
}

// list returns up to most entries of a folder, and whether there are more.
func list(root *os.Root, most int) (entries []fs.DirEntry, more bool, err error) {
	if err := fault("list", root.Name()); err != nil {
		return nil, false, err
	}
	f, err := root.Open(".")
	if err != nil {
		return nil, false, err
	}
	defer f.Close()
	entries, err = f.ReadDir(most + 1)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, false, err
	}
	if more = len(entries) > most; more {
		entries = entries[:most]
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, more, nil
}

// foreign lists what lies on the medium beside the bundle, made visible.
func foreign(entries []fs.DirEntry, more bool, bundle string) []string {
	var names []string
	for _, e := range entries {
		if e.Name() == bundle {
			continue
		}
		name := show(e.Name())
		switch {
		case e.IsDir():
			name += " (folder)"
		case !e.Type().IsRegular():
			name += " (" + kind(e.Type()) + ")"
		}
		names = append(names, name)
	}
	if more {
		names = append(names, "and more")
	}
	return names
}

// kind names what is neither a file nor, where it stands, allowed.
func kind(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "folder"
	case m&fs.ModeSymlink != 0:
		return "symbolic link"
	case m&fs.ModeNamedPipe != 0:
		return "pipe"
	case m&fs.ModeSocket != 0:
		return "socket"
	default:
		return "device"
	}
}

// openFolder opens a bundle's folder and proves that it is the one that was
// looked at and not a link.
func openFolder(root *os.Root, name string) (*os.Root, error) {
	if err := fault("open", name); err != nil {
		return nil, err
	}
	before, err := root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !before.IsDir() {
		return nil, fmt.Errorf("%s is a %s, wanted a folder: %w", show(name), kind(before.Mode().Type()), ErrShape)
	}
	folder, err := root.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	after, err := folder.Stat(".")
	if err == nil && !os.SameFile(before, after) {
		err = fmt.Errorf("%s changed while it was opened: %w", show(name), ErrShape)
	}
	if err != nil {
		folder.Close()
		return nil, err
	}
	return folder, nil
}

// readFolder reads a bundle's folder: BUNDLE.sha256 and every file that it
// lists, each once.
func readFolder(root *os.Root, name string) (taken, error) {
	folder, err := openFolder(root, name)
	if err != nil {
		return taken{}, err
	}
	defer folder.Close()
	there, err := inspect(folder)
	if err != nil {
		return taken{}, err
	}
	if !slices.Contains(there, ListName) {
		return taken{}, fmt.Errorf("%s is missing in %s: %w", ListName, name, ErrShape)
	}
	text, err := readFile(folder, ListName, MaxList)
	if err != nil {
		return taken{}, err
	}
	h, listed, err := parseList(text)
	if err != nil {
		return taken{}, err
	}
	if err := canRead(listed, there); err != nil {
		return taken{}, err
	}
	files, err := readFiles(folder, listed)
	return taken{Bundle{Header: h, SHA256: digest.Of(text), Folder: name, Files: files}, there, listed}, err
}

// inspect looks at every entry before anything is opened: names, kinds, sizes
// and number.
func inspect(folder *os.Root) (names []string, err error) {
	entries, more, err := list(folder, MaxFiles+1)
	if err != nil {
		return nil, err
	}
	if more {
		return nil, fmt.Errorf("more than %d files, wanted at most that: %w", MaxFiles, ErrShape)
	}
	var total int64
	for _, e := range entries {
		if err := checkName(e.Name()); err != nil && e.Name() != ListName {
			return nil, err
		}
		info, err := folder.Lstat(e.Name())
		if err != nil {
			return nil, err
		}
		if !info.Mode().IsRegular() {
			return nil, fmt.Errorf("%s is a %s, wanted a file: %w", show(e.Name()), kind(info.Mode().Type()), ErrShape)
		}
		total += info.Size()
		if info.Size() > MaxFile || total > MaxBundle+MaxList {
			return nil, tooLarge(e.Name(), info.Size())
		}
		names = append(names, e.Name())
	}
	return names, nil
}

func tooLarge(name string, size int64) error {
	return fmt.Errorf("%s has %d bytes, wanted at most %d in one file and %d in all: %w", show(name), size, MaxFile, MaxBundle, ErrShape)
}

// canRead wants every listed file in the folder, under a name that a bundle may
// hold.
func canRead(listed audit.Manifest, there []string) error {
	for _, f := range listed {
		if err := checkName(f.Name); err != nil {
			return err
		}
		if !slices.Contains(there, f.Name) {
			return fmt.Errorf("%s is missing, wanted every file that %s lists: %w", show(f.Name), ListName, ErrShape)
		}
	}
	return nil
}

func readFiles(folder *os.Root, listed audit.Manifest) (map[string][]byte, error) {
	files := make(map[string][]byte, len(listed))
	left := int64(MaxBundle)
	for _, f := range listed {
		b, err := readFile(folder, f.Name, min(left, MaxFile))
		if err != nil {
			return nil, err
		}
		left -= int64(len(b))
		files[f.Name] = b
	}
	return files, nil
}

// readFile reads a regular file of at most most bytes, opened once.
func readFile(folder *os.Root, name string, most int64) ([]byte, error) {
	f, size, err := durable.OpenRegular(folder, name, os.O_RDONLY)
	if errors.Is(err, durable.ErrNotRegular) {
		return nil, fmt.Errorf("%w, wanted a file: %w", err, ErrShape)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := fault("read", name); err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(b)) > most {
		err = tooLarge(name, size)
	}
	return b, err
}
