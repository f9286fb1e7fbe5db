package editor

import (
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"

	"github.com/keyceremony/ceremony/plan"
	"github.com/keyceremony/ceremony/ui/kit"
)

// askSave asks under which path, and saves. A file that is there is never
// overwritten: what was signed must stay.
func (e *Editor) askSave() {
	path := kit.NewEntry(e.keys)
	path.SetValue(e.proposal())
	field := kit.NewField("Path of the new file", "A file that is there already is never overwritten.", path)
	var s *kit.Sheet
	save := func() {
		if err := e.save(path.Value()); err != nil {
			field.SetError("Not saved: " + err.Error() + ".")
			return
		}
		s.Hide()
		e.savedAs(path.Value())
	}
	path.OnSubmitted = func(string) { save() }
	folder := kit.NewButton("Folder…", kit.Plain, func() {
		kit.PickFolder(e.win, e.keys, "Where to save the plan", filepath.Dir(path.Value()), nil, func(dir string) {
			path.SetValue(filepath.Join(dir, filepath.Base(path.Value())))
		})
	})
	content := []fyne.CanvasObject{field, kit.NewRow(0, -1, folder)}
	if n := len(e.errs); n > 0 {
		content = append(content, kit.NewText("The plan still has "+number(n, "error")+". It can be saved to go on later, but no ceremony begins with it.", kit.Body))
	}
	cancel := kit.NewButton("Cancel", kit.Plain, func() { s.Hide() })
	s = kit.NewSheet(e.win, e.keys, "Save the plan", kit.NewColumn(2, content...), cancel, kit.NewButton("Save", kit.Primary, save))
	s.First = path
	s.Show()
}

// proposal is the path that is offered: the plan's id names the file.
func (e *Editor) proposal() string {
	for _, in := range e.tables[0].Rows[0] {
		if in.Kind == plan.KindText && in.Value != "" && !strings.ContainsAny(in.Value, `/\:`) {
			return filepath.Join(e.host.Start, in.Value+".toml")
		}
	}
	return filepath.Join(e.host.Start, "plan.toml")
}

func (e *Editor) save(path string) error {
	path = strings.TrimSpace(path)
	file := e.draft.Encode()
	if err := e.host.Save(path, file); err != nil {
		return err
	}
	e.saved, e.path = file, path
	e.refresh()
	return nil
}

// savedAs says what is next, and shows the code of a valid plan.
func (e *Editor) savedAs(path string) {
	if e.valid == nil {
		return
	}
	var s *kit.Sheet
	content := kit.NewColumn(2,
		kit.NewText("It is in "+path+".", kit.Body),
		kit.NewText("Code of the plan", kit.Overline), kit.NewCodeText(plan.CodeOf(e.saved)),
		kit.NewText("Print the script for everybody, and let all who are named in the plan sign the file before the day. "+
			"A plan that is changed has another code and wants new signatures.", kit.Body))
	s = kit.NewSheet(e.win, e.keys, "The plan is saved", content, kit.NewButton("Close", kit.Primary, func() { s.Hide() }))
	s.Width = 760
	s.Show()
}
