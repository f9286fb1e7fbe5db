package kit

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
)

// tree makes a folder to pick from.
func tree(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{"media/KEK-TRANSFER", "zoo", ".hidden"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range []string{"plan.toml", "Alpha.pem", "media/bundle.zip", ".secret"} {
		if err := os.WriteFile(filepath.Join(dir, f), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// picking is a picker that is up.
type picking struct {
	w    fyne.Window
	dir  string
	p    *picker
	took []string
}

func pick(t *testing.T, what wanted, start string) *picking {
	t.Helper()
	w, k, _ := pageBelow(t)
	g := &picking{w: w, dir: tree(t)}
	take := func(path string) { g.took = append(g.took, path) }
	g.p = newPicker(w, k, picker{what: what, take: take}, "Choose", "Choose this", filepath.Join(g.dir, start),
		[]Place{{Name: "Zoo", Path: filepath.Join(g.dir, "zoo")}})
	return g
}

func (g *picking) names() string {
	var names []string
	for _, it := range g.p.items {
		names = append(names, it.name)
	}
	return strings.Join(names, " ")
}

func (g *picking) wants(t *testing.T, want string) {
	t.Helper()
	if len(g.took) != 1 || g.took[0] != filepath.Join(g.dir, want) || g.p.sheet.Shown() {
		t.Errorf("took %q, shown %v; wanted %q", g.took, g.p.sheet.Shown(), filepath.Join(g.dir, want))
	}
}

func TestPickerOrder(t *testing.T) {
	if got, want := pick(t, aFile, "").names(), ".. media zoo Alpha.pem plan.toml"; got != want {
		t.Errorf("shows %q, wanted %q", got, want)
	}
	if got, want := pick(t, aFolder, "").names(), ".. media zoo"; got != want {
		t.Errorf("for a folder shows %q, wanted %q", got, want)
	}
}

func TestPickAFileByArrows(t *testing.T) {
	g := pick(t, aFile, "")
	press(g.w, fyne.KeyDown, fyne.KeyReturn) // into media
	if got, want := g.names(), ".. KEK-TRANSFER bundle.zip"; got != want {
		t.Fatalf("shows %q, wanted %q", got, want)
	}
	press(g.w, fyne.KeyEnd, fyne.KeyReturn)
	g.wants(t, "media/bundle.zip")
}

func TestPickerGoesUp(t *testing.T) {
	g := pick(t, aFile, "zoo")
	g.w.Canvas().Focus(g.p.list)
	press(g.w, fyne.KeyBackspace)
	if g.p.dir != g.dir || g.p.items[g.p.list.at].name != "zoo" {
		t.Fatalf("is in %s at %q, wanted %s at zoo", g.p.dir, g.p.items[g.p.list.at].name, g.dir)
	}
	typeInto(g.w, "p") // the next name that begins so
	if g.p.entry.Text != filepath.Join(g.dir, "plan.toml") {
		t.Errorf("the path is %q, wanted that of plan.toml", g.p.entry.Text)
	}
	press(g.w, fyne.KeyHome, fyne.KeyReturn) // ".."
	if g.p.dir != filepath.Dir(g.dir) {
		t.Errorf("is in %s, wanted the folder above", g.p.dir)
	}
}

// What is typed at once is the path, and takes the place of the one that stands
// there; Enter goes there, and the next is typed.
func TestPickerTypesAtOnce(t *testing.T) {
	g := pick(t, aFile, "")
	typeInto(g.w, filepath.Join(g.dir, "media"))
	press(g.w, fyne.KeyReturn)
	if g.p.dir != filepath.Join(g.dir, "media") || len(g.took) != 0 {
		t.Fatalf("is in %s, took %q", g.p.dir, g.took)
	}
	typeInto(g.w, "bundle.zip")
	press(g.w, fyne.KeyReturn)
	g.wants(t, "media/bundle.zip")
}

// The arrow leads to the first row in the folder, and Tab to the list.
func TestPickerLeadsToTheList(t *testing.T) {
	for name, lead := range map[string]func(fyne.Window){
		"arrow": func(w fyne.Window) { press(w, fyne.KeyDown) },
		"tab":   func(w fyne.Window) { w.Canvas().FocusNext() },
	} {
		g := pick(t, aFile, "")
		lead(g.w)
		if g.w.Canvas().Focused() != fyne.Focusable(g.p.list) {
			t.Errorf("%s: it has not the focus", name)
		}
		if at := g.p.items[g.p.list.at].name; name == "arrow" && at != "media" {
			t.Errorf("the arrow leads to %q", at)
		}
	}
}

func TestPickAFileByPath(t *testing.T) {
	g := pick(t, aFile, "")
	g.w.Canvas().Focus(g.p.entry)
	for _, c := range []struct{ typed, says string }{
		{"no/such", "nothing of this name"},
		{"/dev/null", "not a file"},
	} {
		g.p.entry.SetText(c.typed)
		press(g.w, fyne.KeyReturn)
		if !strings.Contains(g.p.field.Error(), c.says) || len(g.took) != 0 {
			t.Errorf("%q: says %q, took %q; wanted %q", c.typed, g.p.field.Error(), g.took, c.says)
		}
	}
	g.p.entry.SetText("media")
	if press(g.w, fyne.KeyReturn); g.p.dir != filepath.Join(g.dir, "media") || g.p.field.Error() != "" {
		t.Errorf("a folder leads to %s, says %q", g.p.dir, g.p.field.Error())
	}
	g.p.entry.SetText("../plan.toml")
	press(g.w, fyne.KeyReturn)
	g.wants(t, "plan.toml")
}

// The button is asleep until a file is named.
func TestPickerButton(t *testing.T) {
	g := pick(t, aFile, "")
	if !g.p.choose.Disabled() {
		t.Error("a folder can be chosen as a file")
	}
	g.w.Canvas().Focus(g.p.list)
	typeInto(g.w, "a")
	if g.p.choose.Disabled() {
		t.Fatal("a highlighted file cannot be chosen")
	}
	g.p.choose.Press()
	g.wants(t, "Alpha.pem")
}

// A folder that was typed in full leaves the text as it is: the button tells all
// the same that it is none of the files that are wanted.
func TestPickerFolderForAFile(t *testing.T) {
	g := pick(t, aFile, "")
	g.w.Canvas().Focus(g.p.entry)
	g.p.entry.SetText(filepath.Join(g.dir, "media"))
	for _, when := range []string{"typed", "entered"} {
		if !g.p.choose.Disabled() || g.p.field.below.Value() != unnamed {
			t.Errorf("%s: asleep %v, says %q", when, g.p.choose.Disabled(), g.p.field.below.Value())
		}
		press(g.w, fyne.KeyReturn)
	}
	g.p.entry.SetText("bundle.zip")
	if g.p.choose.Press(); g.p.field.Error() != "" {
		t.Errorf("says %q", g.p.field.Error())
	}
	g.wants(t, "media/bundle.zip")
}

// Where either will do, the button names what it takes.
func TestPickAny(t *testing.T) {
	g := pick(t, anything, "")
	g.w.Canvas().Focus(g.p.entry)
	g.p.entry.SetText(filepath.Join(g.dir, "media"))
	press(g.w, fyne.KeyReturn)
	if got, want := g.names(), ".. KEK-TRANSFER bundle.zip"; got != want || g.p.choose.Text() != chooseFolder || g.p.choose.Disabled() {
		t.Errorf("shows %q, and the button says %q", got, g.p.choose.Text())
	}
	g.w.Canvas().Focus(g.p.list)
	if press(g.w, fyne.KeyEnd); g.p.choose.Text() != chooseFile {
		t.Errorf("a file is marked, and the button says %q", g.p.choose.Text())
	}
	press(g.w, fyne.KeyHome)
	g.p.choose.Press()
	g.wants(t, "media")

	g = pick(t, anything, "")
	g.w.Canvas().Focus(g.p.list)
	press(g.w, fyne.KeyEnd, fyne.KeyReturn)
	g.wants(t, "plan.toml")
}

// The button takes the folder that is named, also one that was not entered.
func TestPickAFolderByButton(t *testing.T) {
	g := pick(t, aFolder, "")
	g.p.entry.SetText("media")
	g.p.choose.Press()
	g.wants(t, "media")
}

func TestPickAFolder(t *testing.T) {
	g := pick(t, aFolder, "media")
	g.w.Canvas().Focus(g.p.entry)
	g.p.entry.SetText("bundle.zip")
	if press(g.w, fyne.KeyReturn); !strings.Contains(g.p.field.Error(), "a folder is wanted") {
		t.Errorf("a file for a folder: says %q", g.p.field.Error())
	}
	g.p.entry.SetText("new")
	if press(g.w, fyne.KeyReturn); !strings.Contains(g.p.field.Error(), "nothing of this name") {
		t.Errorf("a folder that is not there: says %q", g.p.field.Error())
	}
	g.p.entry.SetText("KEK-TRANSFER")
	press(g.w, fyne.KeyReturn) // goes there
	if len(g.took) != 0 {
		t.Fatal("the first Enter goes there, and takes nothing yet")
	}
	press(g.w, fyne.KeyReturn)
	g.wants(t, "media/KEK-TRANSFER")
}

func TestPickANewFolder(t *testing.T) {
	g := pick(t, aNewFolder, "media")
	g.w.Canvas().Focus(g.p.entry)
	g.p.entry.SetText("no/such/parent")
	if press(g.w, fyne.KeyReturn); g.p.field.Error() == "" {
		t.Error("a folder in a folder that is not there was taken")
	}
	g.p.entry.SetText("Payments root 2026")
	g.p.choose.Press()
	g.wants(t, "media/Payments root 2026")
	if isFolder(g.took[0]) {
		t.Error("the picker has made the folder; that is for others")
	}
}

func TestPickerPlaces(t *testing.T) {
	g := pick(t, aFolder, "")
	g.w.Canvas().FocusPrevious() // around: cancel or choose; the places come after the list
	g.w.Canvas().Focus(g.p.list)
	g.w.Canvas().FocusNext()
	press(g.w, fyne.KeySpace)
	if g.p.dir != filepath.Join(g.dir, "zoo") || g.w.Canvas().Focused() != fyne.Focusable(g.p.list) {
		t.Errorf("the place leads to %s", g.p.dir)
	}
}

func TestPickerBeginsNearby(t *testing.T) {
	if g := pick(t, aFile, "media/gone/for/good"); g.p.dir != filepath.Join(g.dir, "media") {
		t.Errorf("begins in %s, wanted the nearest that is there", g.p.dir)
	}
	if g := pick(t, aFile, "plan.toml"); g.p.dir != g.dir {
		t.Errorf("begins in %s, wanted the folder of the file", g.p.dir)
	}
}

// A picker begins where one of its title took something; others do not.
func TestPickerBeginsWhereItTook(t *testing.T) {
	g := pick(t, aFile, "media")
	g.p.entry.SetText("bundle.zip")
	g.p.choose.Press()
	again := func(title, start string) string {
		p := newPicker(g.w, g.p.sheet.keys, picker{what: aFile}, title, chooseFile, start, nil)
		p.sheet.Hide()
		return p.dir
	}
	media, zoo := filepath.Join(g.dir, "media"), filepath.Join(g.dir, "zoo")
	if got := again("Choose", ""); got != media {
		t.Errorf("it begins in %s", got)
	}
	if got := again("Choose", zoo); got != zoo {
		t.Errorf("where a folder is named it begins in %s", got)
	}
	if got := again("Another", ""); got == media {
		t.Error("a picker for something else begins there too")
	}
}

func TestPickerShowsWhatIsWrongInPlace(t *testing.T) {
	g := pick(t, aFile, "")
	if err := os.RemoveAll(filepath.Join(g.dir, "media")); err != nil {
		t.Fatal(err)
	}
	press(g.w, fyne.KeyDown, fyne.KeyReturn)
	if !strings.Contains(g.p.field.Error(), "no longer there") || g.p.dir != g.dir {
		t.Errorf("is in %s, says %q", g.p.dir, g.p.field.Error())
	}
}

func TestPickerEscape(t *testing.T) {
	g := pick(t, aFile, "")
	press(g.w, fyne.KeyEscape)
	if g.p.sheet.Shown() || len(g.took) != 0 {
		t.Errorf("after Escape: shown %v, took %q", g.p.sheet.Shown(), g.took)
	}
}

// A name that is not what it seems is told next to the path too.
func TestPickerMakesPathsVisible(t *testing.T) {
	g := pick(t, aFile, "")
	g.p.entry.SetText("/tmp/in\u202egnp.exe")
	if got := g.p.field.below.Value(); !strings.Contains(got, "inU+202Egnp.exe") {
		t.Errorf("the hint is %q", got)
	}
}

// The list keeps its room when words below the path come and go, and when the
// sheet is drawn anew.
func TestPickerKeepsItsRoom(t *testing.T) {
	g := pick(t, aFile, "")
	high := g.p.list.Size().Height
	g.p.entry.SetText("no/such")
	g.p.submit()
	g.p.sheet.veil.Refresh()
	if got := g.p.list.Size().Height; high < 250 || got < high-grid(4) {
		t.Errorf("the list is %g high, and was %g", got, high)
	}
}
