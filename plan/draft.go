package plan

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A Draft is a plan that is being written. Every value of it is text as
// somebody typed it, right or not: nothing is refused before Check is asked.
// An editor draws it from Tables and needs to know no key by its name.
type Draft struct {
	tables []draftTable // one for each table of the schema, in its order
}

// A draftTable holds the texts of a table: one row, or any number of a table
// that may be there many times.
type draftTable struct {
	*table
	rows [][]string // in the order of the fields
}

// An InputKind says how a value is given.
type InputKind string

// The kinds of input.
const (
	KindText      InputKind = "text"       // one line
	KindBlock     InputKind = "block"      // lines, as of a PEM file
	KindNumber    InputKind = "number"     // a whole number in decimal digits
	KindYesNo     InputKind = "yes-no"     // true or false
	KindChoice    InputKind = "choice"     // one of Options
	KindList      InputKind = "list"       // some of Options, each in a line of its own
	KindTime      InputKind = "time"       // RFC 3339 with whole seconds and offset
	KindDigest    InputKind = "digest"     // SHA-256 in 64 lower-case hex digits
	KindDigests   InputKind = "digests"    // the same, each in a line of its own
	KindPublicKey InputKind = "public key" // the line of an OpenSSH .pub file
)

// A DraftTable is one table of the draft, with what people should know of it.
type DraftTable struct {
	Name     string // in the file; "" is its top
	Title    string // for people
	One      string // what one row is, for people: "Target key"; "" unless Many
	Doc      string
	Many     bool // rows may be added and removed
	Required bool // at least one row must be there
	Rows     [][]Input
}

// An Input is one value of the draft.
type Input struct {
	Path     string // "kek.bits"; "key[2].name" is of the second row, as in Error.Key
	Name     string // key in the file
	Label    string // for people
	Doc      string
	Kind     InputKind
	Options  []string // of a choice or list
	Example  string   // what such a value looks like; may be ""
	Required bool
	Idle     bool   // has no meaning beside the other values, and is left out of the file
	Gap      bool   // Value is what the template left to be filled in
	Line     int    // line of Encode on which the value begins, from 1; 0 where it is left out
	Value    string // as it was typed
}

// NewDraft begins with the values of a plan.
func NewDraft(p *Plan) *Draft {
	d := emptyDraft()
	v := reflect.ValueOf(p).Elem()
	for i := range d.tables {
		t := &d.tables[i]
		switch {
		case t.name == "":
			t.rows[0] = t.textsOf(v)
		case !t.many:
			t.rows[0] = t.textsOf(member(v, t.name))
		default:
			list := member(v, t.name)
			for n := range list.Len() {
				t.rows = append(t.rows, t.textsOf(list.Index(n)))
			}
		}
	}
	return d
}

// emptyDraft has the tables that every plan has once, without values.
func emptyDraft() *Draft {
	d := &Draft{}
	for i := range schema {
		t := draftTable{table: &schema[i]}
		if !t.many {
			t.rows = [][]string{make([]string, len(t.fields))}
		}
		d.tables = append(d.tables, t)
	}
	return d
}

// textsOf writes the values of a struct as people would type them.
func (t *table) textsOf(v reflect.Value) []string {
	row := make([]string, len(t.fields))
	for i, f := range t.fields {
		value := member(v, f.name)
		if !value.IsZero() || f.required || value.Kind() == reflect.Bool {
			row[i] = textOf(value)
		}
	}
	return row
}

// Set puts a value as it was typed. The only error is that there is no such
// input.
func (d *Draft) Set(path, value string) error {
	t, row, column := d.find(path)
	if t == nil {
		return fmt.Errorf("plan: a draft has no input %q", path)
	}
	if value = strings.ToValidUTF8(value, string(utf8.RuneError)); t.fields[column].kind == KindBlock {
		value = strings.ReplaceAll(value, "\r\n", "\n")
	}
	t.rows[row][column] = value
	return nil
}

// find returns where an input is; the table is nil where there is none.
func (d *Draft) find(path string) (t *draftTable, row, column int) {
	for i := range d.tables {
		t := &d.tables[i]
		for row := range t.rows {
			name, ok := strings.CutPrefix(path, t.prefix(row))
			column := slices.IndexFunc(t.fields, func(f field) bool { return f.name == name })
			if ok && column >= 0 {
				return t, row, column
			}
		}
	}
	return nil, 0, 0
}

// prefix begins the paths of a row.
func (t *table) prefix(row int) string {
	switch {
	case t.name == "":
		return ""
	case t.many:
		return element(t.name, row) + "."
	default:
		return t.name + "."
	}
}

// Add puts a row at the end of a table that may have many.
func (d *Draft) Add(name string) {
	for i := range d.tables {
		if t := &d.tables[i]; t.name == name && t.many {
			row := make([]string, len(t.fields))
			for n, f := range t.fields {
				row[n] = f.start
			}
			t.rows = append(t.rows, row)
		}
	}
}

// Remove takes a row, counted from 1, out of a table that may have many.
func (d *Draft) Remove(name string, row int) {
	for i := range d.tables {
		if t := &d.tables[i]; t.name == name && t.many && row >= 1 && row <= len(t.rows) {
			t.rows = slices.Delete(t.rows, row-1, row)
		}
	}
}

// Tables lists the draft in the order of the file.
func (d *Draft) Tables() []DraftTable {
	lines := d.lines()
	list := make([]DraftTable, len(d.tables))
	for i, t := range d.tables {
		list[i] = DraftTable{Name: t.name, Title: t.title, One: t.one, Doc: t.doc, Many: t.many, Required: t.required}
		for row := range t.rows {
			list[i].Rows = append(list[i].Rows, d.inputs(&t, row, lines))
		}
	}
	return list
}

func (d *Draft) inputs(t *draftTable, row int, lines map[string]int) []Input {
	list := make([]Input, len(t.fields))
	see := view{d, t, row}
	for i, f := range t.fields {
		in := Input{
			Path: t.prefix(row) + f.name, Name: f.name, Label: f.label, Doc: f.doc, Kind: f.kind, Example: f.example,
			Required: f.required || f.needed, Idle: f.idle != nil && f.idle(see), Value: t.rows[row][i],
		}
		in.Gap = isGap(in.Value)
		in.Line = lines[in.Path]
		if f.choose != nil {
			in.Options = f.choose(see)
		}
		list[i] = in
	}
	return list
}

// isGap tells a value of the template that somebody must replace.
func isGap(text string) bool {
	return strings.HasPrefix(text, gap) || text == zeros || text == gapURL
}

// lines tells on which line of the file each value begins.
func (d *Draft) lines() map[string]int {
	r := newReader(d.Encode())
	r.read()
	list := make(map[string]int, len(r.where))
	for path, offset := range r.where {
		list[path] = bytes.Count(r.file[:offset], []byte("\n")) + 1
	}
	return list
}

// Check returns everything that is wrong with the draft. Line and Column are
// those of Encode; Key names an input, a row or, where a row is missing, a
// table. It is empty where Parse takes the file.
func (d *Draft) Check() Errors {
	var errs Errors
	_, err := Parse(d.Encode())
	if all, ok := err.(Errors); ok {
		errs = all
	}
	for i, e := range errs {
		if t, row, column := d.find(e.Key); t != nil {
			if message := t.malformed(row, column); message != "" {
				errs[i].Message = message
			}
		}
		for _, t := range d.tables {
			if t.many && len(t.rows) == 0 && e.Message == missingTable(t.table) {
				errs[i].Key, errs[i].Message = t.name, "is missing, wanted at least one"
			}
		}
	}
	return errs
}

// malformed says of a text that it cannot be a value of its kind, in words
// for somebody who sees an input and not a file; "" where it can.
func (t *draftTable) malformed(row, column int) string {
	f, text := t.fields[column], strings.TrimSpace(t.rows[row][column])
	if isGap(text) {
		return "is still to be filled in"
	}
	if _, ok := literal(t.zero(f), text); ok {
		return ""
	}
	what := map[InputKind]string{
		KindNumber: "a whole number", KindChoice: "one of the choices", KindYesNo: "true or false",
		KindTime: "a date and time with offset such as 2026-11-22T09:00:00Z",
	}[f.kind]
	switch {
	case text == "":
		return "is empty, wanted " + what
	case f.kind == KindNumber:
		return "is " + strconv.Quote(shorten(text)) + ", which is no number, wanted " + what
	default:
		return "is " + strconv.Quote(shorten(text)) + ", wanted " + what
	}
}
