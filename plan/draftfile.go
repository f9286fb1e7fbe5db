package plan

import (
	"bytes"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/keyceremony/ceremony/digest"
	"github.com/pelletier/go-toml/v2/unstable"
)

// ReadDraft takes a plan's file to work on it. Values may be missing or
// wrong, and tables too; but a file that is not TOML, or holds what no plan
// has and a draft would lose, is refused as Errors with line and column.
// Comments are not kept: those of Encode take their place.
func ReadDraft(file []byte) (*Draft, error) {
	if errs := checkWhole(file); len(errs) > 0 {
		return nil, errs
	}
	if !utf8.Valid(file) {
		return nil, checkCharacters(file)
	}
	d := emptyDraft()
	r := newReader(bytes.ReplaceAll(file, []byte("\r\n"), []byte("\n")))
	r.put = func(f *field, path string, n *unstable.Node) string {
		d.grow(r.plan)
		return d.put(f, path, n)
	}
	if r.read() {
		r.agree()
	}
	if len(r.errs) > 0 {
		return nil, r.errs
	}
	d.grow(r.plan)
	return d, nil
}

// grow makes as many rows as the plan has.
func (d *Draft) grow(p *Plan) {
	for i := range d.tables {
		t := &d.tables[i]
		for t.many && len(t.rows) < member(reflect.ValueOf(p).Elem(), t.name).Len() {
			t.rows = append(t.rows, make([]string, len(t.fields)))
		}
	}
}

// put takes a value from the file. It returns what is wrong with it, or "".
func (d *Draft) put(f *field, path string, n *unstable.Node) string {
	if n.Kind == unstable.InlineTable || n.Kind == unstable.Array && !f.kind.many() {
		return "is " + kind(n) + ", wanted a single value"
	}
	lines := []string{string(n.Data)}
	if n.Kind == unstable.Array {
		lines = nil
		for it := n.Children(); it.Next(); {
			if k := it.Node().Kind; k == unstable.Array || k == unstable.InlineTable {
				return "has " + kind(it.Node()) + " in it, wanted single values"
			}
			lines = append(lines, string(it.Node().Data))
		}
	}
	if err := d.Set(path, strings.Join(lines, "\n")); err != nil {
		panic("plan: internal error: " + err.Error())
	}
	return ""
}

// many tells whether a text of this kind has an entry in each line.
func (k InputKind) many() bool { return k == KindList || k == KindDigests }

// Encode writes the draft as Plan.Encode writes a plan: Parse takes it where
// Check has nothing to say. What is no value of its kind stands in quotes.
// Idle inputs and empty ones that nothing requires are left out.
func (d *Draft) Encode() []byte {
	var w bytes.Buffer
	for _, t := range d.tables {
		for row := range t.rows {
			if t.name == "" {
				comment(&w, t.doc)
				w.WriteByte('\n')
			} else {
				heading(&w, *t.table, row == 0)
			}
			layOut(&w, d.encodeRow(&t, row))
		}
	}
	return w.Bytes()
}

func (d *Draft) encodeRow(t *draftTable, row int) (rows []row) {
	for i, f := range t.fields {
		text, zero := t.rows[row][i], t.zero(f)
		if f.kind != KindBlock {
			text = strings.TrimSpace(text)
		}
		if _, flag := zero.(bool); flag && text == "" && !f.required {
			text = "false"
		}
		if f.idle != nil && f.idle(view{d, t, row}) || text == "" && !f.required {
			continue
		}
		value, _ := literal(zero, text)
		if f.kind == KindBlock && text != "" {
			value = quoteBlock(text)
		}
		rows = append(rows, f.row(value, row == 0))
	}
	return rows
}

// zero returns the zero value of a key's type.
func (t *table) zero(f field) any {
	v := reflect.ValueOf(&Plan{}).Elem()
	if t.name != "" {
		v = member(v, t.name)
	}
	if t.many {
		v = reflect.Zero(v.Type().Elem())
	}
	return member(v, f.name).Interface()
}

// textOf writes a value as people would type it.
func textOf(v reflect.Value) string {
	switch value := v.Interface().(type) {
	case string:
		return value
	case []string:
		return strings.Join(value, "\n")
	case []digest.SHA256:
		return strings.Join(texts(value), "\n")
	case digest.SHA256:
		return value.String()
	default:
		return encodeValue(v, false)
	}
}

var timeForm = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})$`)

// literal writes a text as a TOML value of this type; ok is false, and the
// text stands in quotes, where it is none.
func literal(zero any, text string) (value string, ok bool) {
	switch zero.(type) {
	case int:
		n, err := strconv.ParseInt(text, 10, 32)
		ok = err == nil && strconv.FormatInt(n, 10) == text
	case bool:
		ok = text == "true" || text == "false"
	case time.Time:
		_, err := time.Parse(time.RFC3339, text)
		ok = err == nil && timeForm.MatchString(text)
	case []string:
		return encodeRow(entries(text)), true
	case []digest.SHA256:
		return encodeColumn(entries(text)), true
	default:
		return quote(text), true
	}
	if !ok {
		return quote(text), false
	}
	return text, true
}

// entries are the lines that hold something.
func entries(text string) (list []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			list = append(list, line)
		}
	}
	return list
}
