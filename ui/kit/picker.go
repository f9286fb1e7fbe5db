package kit

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
)

// A Place is where people are likely to look: a medium, a recent folder.
type Place struct {
	Name, Path string
	ReadOnly   bool // nothing can be written there
}

// PickFile lets somebody name a file that is there, and hands its absolute
// path to take. It begins in the folder start, or the nearest above it that
// can be read; "" is where a picker of this title took something the last time
// in this window, and at first the home folder.
func PickFile(w fyne.Window, k *Keys, title string, start string, places []Place, take func(path string)) {
	newPicker(w, k, picker{what: aFile, take: take}, title, chooseFile, start, places)
}

// PickFolder does the same for a folder that is there.
func PickFolder(w fyne.Window, k *Keys, title string, start string, places []Place, take func(path string)) {
	newPicker(w, k, picker{what: aFolder, take: take}, title, chooseFolder, start, places)
}

// PickAny does the same for what is there: a file, or a folder with all that is
// in it.
func PickAny(w fyne.Window, k *Keys, title string, start string, places []Place, take func(path string)) {
	newPicker(w, k, picker{what: anything, take: take}, title, chooseFile, start, places)
}

// PickNewFolder does the same for a folder that may still have to be made: a
// name may be typed that is not there, in a folder that is. It makes nothing.
func PickNewFolder(w fyne.Window, k *Keys, title string, start string, places []Place, take func(path string)) {
	newPicker(w, k, picker{what: aNewFolder, take: take}, title, chooseFolder, start, places)
}

type wanted int

const (
	aFile wanted = iota
	aFolder
	aNewFolder
	anything
)

// What the button says.
const (
	chooseFile   = "Choose this file"
	chooseFolder = "Choose this folder"
)

// files tells whether the list has files.
func (w wanted) files() bool { return w == aFile || w == anything }

// A picker is the state of one sheet that asks for a path. What is chosen is
// always what stands in the path entry; list and places only write there.
type picker struct {
	what  wanted
	take  func(path string)
	sheet *Sheet
	body  *fyne.Container

	dir    string // the folder that is shown
	items  []item
	entry  *Entry
	field  *Field
	list   *fileList
	choose *Button
}

func newPicker(w fyne.Window, k *Keys, p picker, title, choose, start string, places []Place) *picker {
	p.entry = NewEntry(k)
	p.entry.OnSubmitted = func(string) { p.submit() }
	p.entry.OnChanged = func(string) { p.typed() }
	p.entry.down = p.toList
	p.field = NewField("Path", usual, p.entry)
	p.list = newFileList(&p)
	p.choose = NewButton(choose, Primary, func() { p.pressed() })
	cancel := NewButton("Cancel", Plain, func() { p.sheet.Hide() })
	p.sheet = NewSheet(w, k, title, p.content(withHome(places)), cancel, p.choose)
	p.sheet.Width, p.sheet.Tall, p.sheet.First = 960, true, p.entry
	p.sheet.Named = map[fyne.Focusable]string{p.entry: "path", p.list: "list"}
	p.goTo(nearest(cmp.Or(start, k.taken[title])), "")
	p.sheet.Show()
	return &p
}

// usual is the hint below the path, and unnamed that where a file is wanted and
// none is named.
const (
	usual   = "Type a path and press Enter, or choose from the list."
	unnamed = "This is a folder. Mark a file in the list, or type its path."
)

// say shows below the path what is wrong, or else a hint.
func (p *picker) say(wrong, hint string) {
	p.field.SetHint(hint)
	p.field.SetError(wrong)
	if p.body != nil {
		p.body.Refresh() // the words may need another line
	}
}

// withHome adds the folder that everybody has.
func withHome(places []Place) []Place {
	if home, err := os.UserHomeDir(); err == nil {
		return append(places[:len(places):len(places)], Place{Name: "Home", Path: home})
	}
	return places
}

// nearest is the folder at or above path that is there.
func nearest(path string) string {
	if path == "" {
		path, _ = os.UserHomeDir()
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return string(filepath.Separator)
	}
	for !isFolder(path) && filepath.Dir(path) != path {
		path = filepath.Dir(path)
	}
	return path
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// goTo shows a folder, with the row of that name highlighted. A folder that
// cannot be read is not entered; why is said below the path.
func (p *picker) goTo(dir, name string) {
	items, err := readFolder(dir, p.what.files())
	if err != nil {
		p.say(unreadable(dir, err), usual)
		if p.dir != "" {
			return
		}
	}
	p.dir, p.items = dir, items
	p.entry.write(dir)
	p.typed() // also where the same text stands there now
	p.list.show(name)
	if err != nil {
		p.say(unreadable(dir, err), usual)
	}
}

func unreadable(dir string, err error) string {
	why := "it cannot be read"
	switch {
	case errors.Is(err, fs.ErrPermission):
		why = "you may not read it"
	case errors.Is(err, fs.ErrNotExist):
		why = "it is no longer there"
	}
	return Visible(dir) + ": " + why + ". Choose another folder."
}

// typed looks at what stands in the path entry now: the button says what it
// does, and where it does nothing, why. A path that holds characters which
// cannot be seen is shown a second time, with all of them.
func (p *picker) typed() {
	folder := isFolder(p.path())
	hint := usual
	if p.what == aFile && folder {
		hint = unnamed
	}
	if v := Visible(p.entry.Text); v != p.entry.Text {
		hint = "With everything made visible: " + v
	}
	p.say("", hint)
	if p.what == aFile && folder || p.entry.Text == "" {
		p.choose.Disable()
	} else {
		p.choose.Enable()
	}
	if p.what == anything {
		p.choose.SetText(map[bool]string{false: chooseFile, true: chooseFolder}[folder])
		p.sheet.Refit() // the words have another width
	}
}

// path is what stands in the entry as an absolute path.
func (p *picker) path() string {
	path := p.entry.Text
	if rest, ok := strings.CutPrefix(path, "~"); ok && (rest == "" || os.IsPathSeparator(rest[0])) {
		home, _ := os.UserHomeDir()
		path = home + rest
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(p.dir, path)
	}
	return filepath.Clean(path)
}

// pressed takes what the button names, a folder at once.
func (p *picker) pressed() {
	if path := p.path(); p.what != aFile && isFolder(path) {
		p.done(path)
		return
	}
	p.submit()
}

// submit takes what stands in the entry if it is what is wanted, or goes there.
func (p *picker) submit() {
	path := p.path()
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir() && (p.what == aFile || path != p.dir):
		p.goTo(path, "")
	case err == nil && info.IsDir(), err == nil && p.what.files() && info.Mode().IsRegular():
		p.done(path)
	case err == nil && p.what.files():
		p.say("This is not a file with contents, but a device or the like. Choose another.", usual)
	case err == nil:
		p.say("This is a file, and a folder is wanted. Choose a folder.", usual)
	case errors.Is(err, fs.ErrNotExist) && p.what == aNewFolder && isFolder(filepath.Dir(path)):
		p.done(path)
	case errors.Is(err, fs.ErrNotExist):
		p.say("There is nothing of this name. Check the path, or choose from the list.", usual)
	default:
		p.say(unreadable(path, err), usual)
	}
}

func (p *picker) done(path string) {
	p.sheet.Hide()
	p.sheet.keys.taken[p.sheet.Title()] = path
	p.take(path)
}

// up shows the folder above, with the one that was left highlighted.
func (p *picker) up() {
	if above := filepath.Dir(p.dir); above != p.dir {
		p.goTo(above, filepath.Base(p.dir))
	}
}

// toList leads from the path into the list, to the first row that is in the
// folder.
func (p *picker) toList(ev *fyne.KeyEvent) {
	p.sheet.focus(p.list)
	if p.list.at < len(p.items) && p.items[p.list.at].name == parent {
		p.list.turn(ev)
	}
}

// open does what Enter does on a row: it goes into a folder, and takes a file.
func (p *picker) open(i int) {
	switch it := p.items[i]; {
	case it.name == parent:
		p.up()
	case it.folder:
		p.goTo(filepath.Join(p.dir, it.name), "")
	default:
		p.done(filepath.Join(p.dir, it.name))
	}
}

// highlight writes a file into the path entry; a folder writes the one shown.
func (p *picker) highlight(i int) {
	text := p.dir
	if i >= 0 && i < len(p.items) && !p.items[i].folder {
		text = filepath.Join(p.dir, p.items[i].name)
	}
	if p.entry.Text != text {
		p.entry.write(text)
	}
}
