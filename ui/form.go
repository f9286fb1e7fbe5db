package ui

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"github.com/keyceremony/ceremony/steps"
	"github.com/keyceremony/ceremony/ui/kit"
)

// A form is the fields that a step asks, in their order.
type form struct {
	p       *ceremony
	rows    []*row
	refused string // what the engine says against the answers as they are
	box     *fyne.Container
	changed func()
}

// A row is one field with its control.
type row struct {
	f     steps.Field
	field *kit.Field
	control
}

func newForm(p *ceremony, fields []steps.Field, changed func()) *form {
	f := &form{p: p, box: kit.NewColumn(2.5), changed: changed}
	for _, field := range fields {
		r := &row{f: field, control: newControl(p, field)}
		r.field = kit.NewField(field.Label, field.Hint(), r.object())
		r.onChanged(func() {
			f.edited()
			kit.Reveal(r.field) // nobody types what cannot be seen
		})
		r.onSubmitted(func() { f.submitted(r) })
		r.onRefused(r.field.SetError)
		f.rows = append(f.rows, r)
	}
	for _, last := range []bool{false, true} {
		for _, r := range f.rows {
			if r.f.Last == last {
				f.box.Add(r.field)
			}
		}
	}
	f.sieve()
	f.box.Hidden = len(f.rows) == 0
	return f
}

func (f *form) object() fyne.CanvasObject { return f.box }

// edited follows every change: other fields may be asked now.
func (f *form) edited() {
	f.refused = ""
	f.sieve()
	f.check()
	f.changed()
}

// sieve shows only what is asked after the answers so far.
func (f *form) sieve() {
	soFar := map[string]string{}
	for _, r := range f.rows {
		if !r.f.Asked(soFar) {
			r.field.Hide()
			continue
		}
		r.field.Show()
		if c, ok := r.control.(interface{ asked() }); ok {
			c.asked()
		}
		if v := strings.TrimSpace(r.value()); v != "" {
			soFar[r.f.Name] = v
		}
	}
}

// check says beside each field what is wrong with what it holds.
func (f *form) check() {
	for _, r := range f.rows {
		r.field.SetError(r.wrong())
	}
}

// wrong is what is wrong with a field that holds something whole.
func (r *row) wrong() string {
	if r.value() == "" || r.partial() || r.f.Begun(r.value()) {
		return ""
	}
	if err := r.f.Check(r.value()); err != nil {
		return err.Error()
	}
	return ""
}

// missing says what is still awaited from people, or "".
func (f *form) missing() string {
	short := ""
	filled := map[string]int{}
	for _, r := range f.asked() {
		m := r.missing()
		if m == "" && (r.value() != "" || r.f.Kind == steps.Secret) {
			filled[family(r.f.Name)]++
		}
		if short == "" {
			short = m
		}
	}
	for _, r := range f.asked() {
		if n := filled[family(r.f.Name)]; short == "" && r.f.Least > n {
			short = fmt.Sprintf("Waiting for %d more: %s", r.f.Least-n, familyLabel(r.f.Label))
		}
	}
	return short
}

// missing says what is awaited for this field.
func (r *row) missing() string {
	switch {
	case r.partial():
		return r.waits()
	case r.f.Kind == steps.Secret && r.value() == "" && !r.f.Optional:
		return "Waiting for: " + r.f.Label
	case r.f.Kind == steps.Secret:
		return ""
	}
	if err := r.f.Check(r.value()); err != nil {
		return "Waiting for: " + r.f.Label
	}
	return ""
}

// family is a field's name without the person or key.
func family(name string) string {
	base, _, _ := strings.Cut(name, ".")
	return base
}

// familyLabel is a label without the person.
func familyLabel(label string) string {
	base, _, _ := strings.Cut(label, " (")
	return base
}

func (f *form) asked() []*row {
	var out []*row
	for _, r := range f.rows {
		if r.field.Visible() {
			out = append(out, r)
		}
	}
	return out
}

// answers are the public answers as they are.
func (f *form) answers() map[string]string {
	out := map[string]string{}
	for _, r := range f.asked() {
		if v := strings.TrimSpace(r.value()); v != "" && r.f.Kind != steps.Secret {
			out[r.f.Name] = v
		}
	}
	return out
}

// secrets are copies that the engine wipes.
func (f *form) secrets() map[string][]byte {
	out := map[string][]byte{}
	for _, r := range f.asked() {
		if r.f.Kind == steps.Secret {
			out[r.f.Name] = r.secret()
		}
	}
	return out
}

// wipe clears secrets, and codes that the next person must not see.
func (f *form) wipe() {
	for _, r := range f.rows {
		if r.f.Kind == steps.Secret {
			r.clear()
		}
	}
}

// take takes over what an earlier form of the same step held, but for codes:
// after a refusal they are typed anew.
func (f *form) take(old *form) {
	for _, r := range f.rows {
		for _, o := range old.rows {
			if o.f.Name == r.f.Name && o.f.Kind == r.f.Kind && r.f.Kind != steps.Secret && r.f.Kind != steps.Code && o.value() != "" {
				r.set(o.value())
			}
		}
	}
	f.edited()
}

// refuse shows an error beside the field that it is about.
func (f *form) refuse(err error) {
	var wrong *steps.AnswerError
	if !errors.As(err, &wrong) {
		return
	}
	for _, r := range f.rows {
		if r.f.Name == wrong.Field {
			r.field.SetError(wrong.Err.Error())
			f.refused = "Not so: " + r.f.Label
		}
	}
}

// submitted is Enter in a field: the act if all is there, else the next field
// that is empty, and after the last the signatures. It never leads on to the
// buttons that turn away from the script.
func (f *form) submitted(r *row) {
	if _, ready, _ := f.p.now.primary(); ready {
		f.p.press()
		return
	}
	if r.missing() == "" {
		f.p.w.focus(f.next(r))
		return
	}
	if err := r.f.Check(r.value()); err != nil && r.value() != "" && !r.partial() {
		r.field.SetError(err.Error()) // whoever presses Enter has typed all
	}
}

// next is where people go on after a field.
func (f *form) next(r *row) fyne.Focusable {
	asked := f.asked()
	for _, later := range asked[slices.Index(asked, r)+1:] {
		if later.value() == "" {
			return later.focus()
		}
	}
	return f.p.now.first()
}

// first is the first field that is not filled in, or nil.
func (f *form) first() fyne.Focusable {
	for _, r := range f.asked() {
		if r.value() == "" && !r.f.Optional {
			return r.focus()
		}
	}
	return nil
}

// files gives a file that was dropped to the field that takes one.
func (f *form) files(paths []string) bool {
	for _, r := range f.asked() {
		aFile := r.f.Kind == steps.File || r.f.Kind == steps.Secret && r.f.FromFile
		if r.f.Kind == steps.Receive || r.f.Kind == steps.Folder && isDir(paths[0]) || aFile && !isDir(paths[0]) {
			return r.take(paths[0])
		}
	}
	return false
}

func isDir(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.IsDir()
}

func (f *form) mark(t *Trace) {
	t.focused = map[fyne.Focusable]string{}
	for _, r := range f.asked() {
		if c, ok := r.control.(interface{ mark(t *Trace) }); ok {
			c.mark(t)
		}
		t.Asked = append(t.Asked, TraceField{Name: r.f.Name, Kind: r.f.Kind, Options: r.f.Options, Done: r.missing() == "" && r.value() != ""})
		t.focused[r.focus()] = r.f.Name
	}
}
