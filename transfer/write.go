package transfer

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/durable"
)

// Write puts a bundle on a mounted medium. In order:
//
//	mkdir .keyceremony-….part, every file written, synced and read back in it
//	rename to the bundle's name, sync the medium's top folder
//	read the whole bundle as a receiver would, and compare
//
// The same bundle there already is a success (the step was repeated after a
// crash, or the medium was taken out too early); any other of that name is
// refused with [ErrDiffers] and left as it is.
func Write(medium string, h Header, files map[string][]byte) (Written, error) {
	all, listed, err := pack(h, files)
	if err != nil {
		return Written{}, err
	}
	root, err := durable.OpenRoot(medium)
	if err != nil {
		return Written{}, fmt.Errorf("opening the medium: %w", err)
	}
	defer root.Close()
	name := h.Folder()
	if err := place(root, name, all); err != nil {
		return Written{}, fmt.Errorf("bundle %s: %w", name, err)
	}
	if err := compare(root, name, all); err != nil {
		return Written{}, fmt.Errorf("bundle %s, read back: %w", name, err)
	}
	entries, more, err := list(root, maxEntries)
	if err != nil {
		return Written{}, fmt.Errorf("listing the medium: %w", err)
	}
	return Written{SHA256: digest.Of(all[ListName]), Folder: name, Files: listed, Foreign: foreign(entries, more, name)}, nil
}

// Pack returns a bundle's files with BUNDLE.sha256, for a carrier that is no
// medium: [Unpack] takes them on the other side.
func Pack(h Header, files map[string][]byte) (map[string][]byte, error) {
	all, _, err := pack(h, files)
	return all, err
}

func pack(h Header, files map[string][]byte) (map[string][]byte, audit.Manifest, error) {
	listed, err := check(h, files)
	if err != nil {
		return nil, nil, err
	}
	all := maps.Clone(files)
	all[ListName] = encodeList(h, listed)
	return all, listed, nil
}

// check refuses to write what Read would refuse to take.
func check(h Header, files map[string][]byte) (audit.Manifest, error) {
	if err := h.check(); err != nil {
		return nil, err
	}
	if len(files) == 0 || len(files) > MaxFiles {
		return nil, fmt.Errorf("%d files, wanted 1 to %d: %w", len(files), MaxFiles, ErrShape)
	}
	var listed audit.Manifest
	folded := map[string]string{} // FAT and Windows know no case
	total := 0
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := checkName(name); err != nil {
			return nil, err
		}
		if twin, ok := folded[strings.ToLower(name)]; ok {
			return nil, fmt.Errorf("%s and %s differ in case alone: %w", twin, name, ErrShape)
		}
		folded[strings.ToLower(name)] = name
		total += len(files[name])
		if len(files[name]) > MaxFile || total > MaxBundle {
			return nil, tooLarge(name, int64(len(files[name])))
		}
		listed = append(listed, audit.File{Name: name, SHA256: digest.Of(files[name])})
	}
	return listed, nil
}

// place makes the folder, unless it is there with these files already.
func place(root *os.Root, name string, files map[string][]byte) error {
	_, err := root.Lstat(name)
	if err == nil {
		if err := compare(root, name, files); err != nil {
			return fmt.Errorf("%w (%w)", ErrDiffers, err)
		}
		// The crash may have come between rename and sync: sync again.
		return finish(root, name, files)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	part := "." + name + ".part"
	if err := remove(root, part); err != nil {
		return fmt.Errorf("left-over of an earlier try: %w", err)
	}
	if err := fill(filepath.Join(root.Name(), part), files); err != nil {
		_ = remove(root, part) // the next try removes it
		return err
	}
	if err := rename(root, part, name); err != nil {
		_ = remove(root, part)
		return err
	}
	return durable.SyncNames(root)
}

// fill creates the folder and writes every file in it; the list comes last,
// so that what has a list is complete.
func fill(path string, files map[string][]byte) error {
	d, err := durable.Create(path)
	if err != nil {
		return err
	}
	defer d.Close()
	return writeAll(d, files)
}

func writeAll(d *durable.Dir, files map[string][]byte) error {
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if name == ListName {
			continue
		}
		if err := d.WriteNew(name, files[name]); err != nil {
			return err
		}
	}
	return d.WriteNew(ListName, files[ListName])
}

// finish makes a bundle durable that is there already.
func finish(root *os.Root, name string, files map[string][]byte) error {
	d, err := durable.Open(filepath.Join(root.Name(), name))
	if err != nil {
		return err
	}
	defer d.Close()
	if err := writeAll(d, files); err != nil {
		return err
	}
	return durable.SyncNames(root)
}

func remove(root *os.Root, name string) error {
	if err := fault("remove", name); err != nil {
		return err
	}
	return root.RemoveAll(name)
}

// rename gives the complete folder its name. A folder that is not empty is
// never replaced by a rename, on any system.
func rename(root *os.Root, part, name string) error {
	if err := fault("rename", name); err != nil {
		return err
	}
	return root.Rename(part, name)
}

// compare reads a bundle as a receiver would and holds it against the files.
func compare(root *os.Root, name string, files map[string][]byte) error {
	b, err := readFolder(root, name)
	if err != nil {
		return err
	}
	if err := b.holds(Want{Ceremony: b.Header.Ceremony, From: b.Header.From}); err != nil {
		return err
	}
	if b.SHA256 != digest.Of(files[ListName]) || !maps.EqualFunc(b.Files, without(files, ListName), bytes.Equal) {
		return fmt.Errorf("the files differ from those to be written: %w", ErrDigest)
	}
	return nil
}

func without(files map[string][]byte, name string) map[string][]byte {
	rest := maps.Clone(files)
	delete(rest, name)
	return rest
}
