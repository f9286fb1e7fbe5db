package editor

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"github.com/keyceremony/ceremony/plan"
	"github.com/keyceremony/ceremony/ui/kit"
)

// TestWholePlan types a plan from the template, saves it, and reads the file.
func TestWholePlan(t *testing.T) {
	k := template(t)
	if k.Unsaved() || k.valid != nil || !k.foot.print.Disabled() {
		t.Error("the template is taken for changed, or for a plan")
	}
	k.complete()
	if len(k.errs) > 0 || k.foot.errors.Visible() || !k.foot.fine.Visible() || k.foot.print.Disabled() {
		t.Fatalf("%v", k.errs)
	}
	if k.source.text() != string(k.draft.Encode()) {
		t.Error("the file is shown otherwise than it is")
	}
	if !k.Unsaved() {
		t.Error("nothing is unsaved")
	}
	k.chord(fyne.KeyS)
	k.press(fyne.KeyReturn)
	file := k.files["folder/contoso-2030-01.toml"]
	p, err := plan.Parse(file)
	if err != nil {
		t.Fatalf("%v\n%s", err, file)
	}
	if p.Name != "Contoso payments" || p.Keys[0].Curve != "P-384" || p.Keys[0].Size != 0 || p.People[1].KeyOffline != keyLine("bob offline") || p.Workloads != nil {
		t.Errorf("saved as %+v", p)
	}
	if k.Unsaved() {
		t.Error("what was saved is unsaved")
	}
	if !shows(k.w.Canvas().Overlays().Top(), "The plan is saved") {
		t.Error("nobody is told that the plan is saved")
	}
	k.press(fyne.KeyReturn)
	k.chord(fyne.KeyP)
	if string(k.printed["contoso-2030-01-script.html"]) != "script of contoso-2030-01" {
		t.Errorf("printed %q", k.printed)
	}
	k.Close()
	if k.done != 1 {
		t.Error("the editor did not close")
	}
}

// shows tells whether a text is anywhere in what is drawn.
func shows(o fyne.CanvasObject, text string) bool {
	for _, one := range test.LaidOutObjects(o) {
		if t, ok := one.(*kit.Text); ok && strings.Contains(t.Value(), text) && t.Visible() {
			return true
		}
	}
	return false
}

func TestErrorsComeAndGo(t *testing.T) {
	k := ready(t)
	k.goTo("kek.days")
	days := func() string { return k.controls["kek.days"].field.Error() }
	for _, c := range []struct{ value, message string }{
		{"9", ""},
		{"91", "It is 91, wanted 1 to 90."},
		{"9x", `It is "9x", which is no number, wanted a whole number.`},
		{"", "It is empty, wanted a whole number."},
		{"14", ""},
	} {
		k.fillIn("kek.days", c.value)
		if days() != c.message {
			t.Errorf("%q: %q, wanted %q", c.value, days(), c.message)
		}
		if wrong := c.message != ""; wrong != k.foot.errors.Visible() || wrong != k.foot.print.Disabled() {
			t.Errorf("%q: %s, printing %v", c.value, k.foot.errors.Text(), !k.foot.print.Disabled())
		}
	}
}

// TestGapsWait: what nobody has come to yet is counted, and not shown as a
// mistake before somebody was there.
func TestGapsWait(t *testing.T) {
	k := template(t)
	k.open(2, false)
	url := k.controls["vault.url"]
	if url.field.Error() != "" || !strings.HasPrefix(url.doc, "To be filled in") || k.count(k.tables[2]) != 2 {
		t.Errorf("an untouched gap: %q, %q, %d errors in the table", url.field.Error(), url.doc, k.count(k.tables[2]))
	}
	if e := url.focus.(*entry); e.Value() != "" || e.PlaceHolder == "" {
		t.Errorf("a gap shows %q and the example %q", e.Value(), e.PlaceHolder)
	}
	k.focus("vault.url")
	k.focus("vault.tenant")
	if url.field.Error() != "It is still to be filled in." {
		t.Errorf("left empty: %q", url.field.Error())
	}
}

// TestNextError walks through the template's gaps by Ctrl+E, in the order of
// the file, and comes back to the first.
func TestNextError(t *testing.T) {
	k := template(t)
	want := []string{"name", "program.sha256", "vault.url", "vault.tenant", "hsm.module", "hsm.module_sha256", "hsm.serial", "person[1].name", "person[1].key"}
	for _, path := range want {
		k.chord(fyne.KeyE)
		if k.focused() != path {
			t.Fatalf("at %q, wanted %s", k.focused(), path)
		}
	}
	k.goTo("person[5].key")
	k.chord(fyne.KeyE)
	if k.focused() != "name" {
		t.Errorf("after the last at %q", k.focused())
	}
}

func TestRows(t *testing.T) {
	k := template(t)
	workloads := len(k.tables) - 1
	k.open(workloads, true)
	k.add(k.tables[workloads].Name)
	if k.focused() != "workload[1].name" {
		t.Errorf("the focus is at %q", k.focused())
	}
	k.fillIn("workload[1].name", "etcd")
	k.fillIn("workload[1].key", "example")
	k.fillIn("workload[1].kind", "aks")
	if n := k.count(k.tables[workloads]); n != 0 {
		t.Errorf("%d errors: %v", n, k.errs)
	}
	k.remove(k.tables[workloads], 0)
	k.press(fyne.KeyReturn) // the safe answer
	if len(k.tables[workloads].Rows) != 1 {
		t.Fatal("the safe answer removes")
	}
	k.remove(k.tables[workloads], 0)
	k.w.Canvas().FocusNext()
	k.press(fyne.KeyReturn)
	if len(k.tables[workloads].Rows) != 0 || k.Unsaved() {
		t.Errorf("%d rows are left, unsaved %v", len(k.tables[workloads].Rows), k.Unsaved())
	}
	people := 6
	k.open(people, true)
	name := k.input("person[2].name").Value
	k.draft.Remove("person", 1)
	k.refresh()
	if got := k.input("person[1].name").Value; got != name {
		t.Errorf("the second person is %q now", got)
	}
	for range 4 {
		k.draft.Remove("person", 1)
	}
	k.refresh()
	if k.whole.Value() != "It is missing, wanted at least one." || !k.whole.Visible() {
		t.Errorf("a table without rows says %q", k.whole.Value())
	}
}

// TestKeyFromFile: the text of a .pub file fills an input; a private key never
// gets into a plan.
func TestKeyFromFile(t *testing.T) {
	k := template(t)
	k.open(6, true)
	k.files["ada.pub"] = []byte(keyLine("ada") + "\r\n")
	k.files["ada"] = []byte("-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n")
	k.files["picture"] = []byte{0xff, 0xd8, 0xff}
	c := k.controls["person[1].key"]
	for _, bad := range []string{"ada", "picture", "none"} {
		before := k.draft.Encode()
		k.fill(c, bad)
		if c.field.Error() == "" || !bytes.Equal(before, k.draft.Encode()) || strings.Contains(c.field.Error(), "c2Vj") {
			t.Errorf("%s: %q", bad, c.field.Error())
		}
	}
	k.fill(c, "ada.pub")
	if k.input("person[1].key").Value != keyLine("ada") || c.field.Error() != "" || c.focus.(*entry).Value() != keyLine("ada") {
		t.Errorf("the key is %q, error %q", k.input("person[1].key").Value, c.field.Error())
	}
	if k.focus("person[1].name"); k.Drop("ada.pub") {
		t.Error("a name takes a file")
	}
	if k.focus("person[2].key"); !k.Drop("ada.pub") || c.field.Error() != "" || !strings.Contains(k.controls["person[2].key"].field.Error(), "same key") {
		t.Errorf("a dropped file: %q", k.controls["person[2].key"].field.Error())
	}
}

func TestSaveNeverOverwrites(t *testing.T) {
	k := template(t)
	k.files["folder/example-2030-01.toml"] = []byte("signed")
	k.fillIn("name", "x")
	k.chord(fyne.KeyS)
	k.press(fyne.KeyReturn)
	top := k.w.Canvas().Overlays().Top()
	if string(k.files["folder/example-2030-01.toml"]) != "signed" || top == nil || !shows(top, "file already exists") || !k.Unsaved() {
		t.Error("a file that is there was overwritten, or nobody is told")
	}
	k.w.Canvas().Focused().(*kit.Entry).SetValue("other.toml")
	k.press(fyne.KeyReturn)
	if _, err := plan.ReadDraft(k.files["other.toml"]); err != nil || k.Unsaved() {
		t.Errorf("an unfinished plan is not saved: %v", err)
	}
	if !strings.HasSuffix(k.name.Value(), "saved as other.toml") {
		t.Errorf("the head says %q", k.name.Value())
	}
	k.fillIn("name", "xy")
	if !strings.HasSuffix(k.name.Value(), "not saved") {
		t.Errorf("after a change the head says %q", k.name.Value())
	}
}

func TestCloseAsks(t *testing.T) {
	k := template(t)
	k.fillIn("name", "x")
	k.Close()
	k.press(fyne.KeyEscape)
	if k.done != 0 {
		t.Fatal("closed without asking")
	}
	k.Close()
	k.w.Canvas().FocusNext()
	k.press(fyne.KeyReturn)
	if k.done != 1 {
		t.Fatal("not closed")
	}
	k.chord(fyne.KeyS)
	if k.w.Canvas().Overlays().Top() != nil {
		t.Error("a closed editor takes shortcuts")
	}
}

func TestPrintFails(t *testing.T) {
	k := ready(t)
	k.host.Print = func(string, []byte) error { return errors.New("no printer") }
	k.print()
	if !shows(k.w.Canvas().Overlays().Top(), "no printer") {
		t.Error("nobody is told")
	}
}

// TestSourceFollows: the line that is typed in is marked and in sight.
func TestSourceFollows(t *testing.T) {
	k := template(t)
	for i := range k.tables {
		k.open(i, true)
		path := k.focused()
		if path == "" {
			continue
		}
		l := k.source.lines[k.source.at-1]
		at := l.ground.Position().Y - k.source.scroll.Scroll.Offset.Y
		if line := k.input(path).Line; k.source.at != line || !l.now || at < 0 || at > k.source.scroll.Size().Height {
			t.Errorf("%s is on line %d; marked is %d, at %v", path, line, k.source.at, at)
		}
	}
}

// TestSmallWindow: at 1024 by 768 the file is behind a key, and Tab visits
// every input.
func TestSmallWindow(t *testing.T) {
	k := newDesk(t, plan.NewDraft(plan.New()), kit.Light, 1, 1024, 768)
	if k.frame.right.Visible() || !k.frame.middle.Visible() {
		t.Fatal("the file stands in the form's way")
	}
	for i, table := range k.tables {
		k.open(i, false)
		k.w.Canvas().Focus(k.rail)
		for _, row := range table.Rows {
			for _, in := range row {
				if c := k.controls[in.Path]; c != nil && c.focus != nil {
					k.tabTo(in.Path)
				}
			}
		}
	}
	k.chord(fyne.KeyT)
	if !k.frame.right.Visible() || k.frame.middle.Visible() {
		t.Error("Ctrl+T does not show the file")
	}
	k.chord(fyne.KeyT)
	if k.frame.right.Visible() || !k.frame.middle.Visible() {
		t.Error("Ctrl+T does not hide the file")
	}
}

// tabTo presses Tab until an input has the focus, and wants it in sight.
func (k *desk) tabTo(path string) {
	k.t.Helper()
	for range 4 {
		k.w.Canvas().FocusNext()
		if k.focused() == path {
			break
		}
	}
	if k.focused() != path {
		k.t.Fatalf("Tab does not come to %s", path)
	}
	driver := fyne.CurrentApp().Driver()
	field := k.controls[path].field
	top := driver.AbsolutePositionForObject(field).Y - driver.AbsolutePositionForObject(k.scroll).Y
	if top < 0 || top+min(field.Size().Height, 100) > k.scroll.Size().Height {
		k.t.Errorf("%s has the focus at %v of %v", path, top, k.scroll.Size().Height)
	}
}

func TestRemarks(t *testing.T) {
	for line, want := range map[string]string{
		`bits = 4096  # 2048, 3072`: "# 2048, 3072", `name = "a # b"`: "", `name = "a\" # b"  # c`: "# c", "# all of it": "",
	} {
		if got := line[remarkAt(line):]; got != want {
			t.Errorf("%s: the comment is %q, wanted %q", line, got, want)
		}
	}
}

// TestOtherLook: the look may change while the page is up.
func TestOtherLook(t *testing.T) {
	k := template(t)
	k.chord(fyne.KeyE)
	l := k.source.lines[k.source.at-1]
	before := l.ground.FillColor
	fyne.CurrentApp().Settings().SetTheme(kit.NewTheme(kit.Dark, 1))
	k.Content().Refresh()
	if l.ground.FillColor == before || l.ground.FillColor != kit.Color(kit.ColorCurrent) || l.bar.FillColor != kit.Color(kit.ColorOrange) {
		t.Error("the file keeps the colours of the old look")
	}
}

// TestHelpIsTrue: every key that is told of does something.
func TestHelpIsTrue(t *testing.T) {
	for name, key := range map[string]fyne.KeyName{"S": fyne.KeyS, "P": fyne.KeyP, "E": fyne.KeyE, "T": fyne.KeyT, "PageDown": fyne.KeyPageDown, "PageUp": fyne.KeyPageUp} {
		k := template(t)
		if !strings.Contains(Help, "Ctrl+"+name) || !k.keys.Shortcut(&desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierControl}) {
			t.Errorf("Ctrl+%s", name)
		}
	}
}

// TestFootHasRoom: nothing in the foot covers anything else, in any window.
func TestFootHasRoom(t *testing.T) {
	for scale, width := range map[float32]float32{0.75: 800, 1: 1024, 1.5: 1024, 2: 1440} {
		for _, d := range []*plan.Draft{finished(t), plan.NewDraft(plan.New())} {
			k := newDesk(t, d, kit.Light, scale, width, 768)
			var before []fyne.CanvasObject
			for _, o := range k.foot.box.Objects {
				for _, b := range before {
					p, q := o.Position(), b.Position()
					if o.Visible() && p.X < q.X+b.Size().Width && q.X < p.X+o.Size().Width && p.Y < q.Y+b.Size().Height && q.Y < p.Y+o.Size().Height {
						t.Errorf("scale %v: something in the foot covers something else", scale)
					}
				}
				if o.Visible() {
					before = append(before, o)
				}
			}
		}
	}
}
