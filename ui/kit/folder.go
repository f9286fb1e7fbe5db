package kit

import (
	"cmp"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// parent is the name of the row that leads to the folder above.
const parent = ".."

// An item is a row of a folder.
type item struct {
	name   string
	folder bool
}

// readFolder lists a folder: the way up, folders, files; what is hidden, and
// what is neither, is not shown. What is read before an error is kept.
func readFolder(dir string, files bool) ([]item, error) {
	entries, err := os.ReadDir(dir)
	var items []item
	for _, e := range entries {
		folder, file := kindOf(dir, e)
		if !strings.HasPrefix(e.Name(), ".") && (folder || file && files) {
			items = append(items, item{e.Name(), folder})
		}
	}
	slices.SortFunc(items, byName)
	if filepath.Dir(dir) != dir {
		items = slices.Insert(items, 0, item{parent, true})
	}
	return items, err
}

// kindOf follows a link, so that what it leads to counts.
func kindOf(dir string, e fs.DirEntry) (folder, file bool) {
	mode := e.Type()
	if mode&fs.ModeSymlink != 0 {
		info, err := os.Stat(filepath.Join(dir, e.Name()))
		if err != nil {
			return false, false
		}
		mode = info.Mode()
	}
	return mode.IsDir(), mode.IsRegular()
}

func byName(a, b item) int {
	switch {
	case a.folder && !b.folder:
		return -1
	case b.folder && !a.folder:
		return 1
	}
	return cmp.Or(strings.Compare(strings.ToLower(a.name), strings.ToLower(b.name)), strings.Compare(a.name, b.name))
}
