package plan

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// A reader fills a Plan from the expressions of a TOML file and remembers
// where each value stands. The library's own decoder matches keys without
// regard to case and lets the last of two win; a reviewed file may not depend
// on either, so the reader takes the syntax tree and decides itself.
type reader struct {
	file   []byte
	plan   *Plan
	errs   Errors
	more   bool            // there are more errors than maxErrors
	where  map[string]int  // offset of each table header and value, by path
	broken map[string]bool // paths that hold an error already
	tables map[string]bool // tables whose header was there, rightly written or not
	table  *table          // the current one; nil inside a table that is refused
	prefix string          // path of the current table with a dot; "" at the top
	into   reflect.Value   // struct of the current table

	// put takes the value of a key. It returns what is wrong with it, or "".
	put func(f *field, path string, n *unstable.Node) string
}

// newReader reads a plan's file; the caller may replace put.
func newReader(file []byte) *reader {
	r := &reader{
		file: file, plan: &Plan{file: file},
		where: map[string]int{}, broken: map[string]bool{}, tables: map[string]bool{},
	}
	r.put = func(f *field, _ string, n *unstable.Node) string {
		return set(member(r.into, f.name), n, f.kind == KindBlock)
	}
	return r
}

// read goes through the file. It reports a syntax error alone, for what comes
// after it cannot be judged, and is false then.
func (r *reader) read() bool {
	r.table, r.into = find(""), reflect.ValueOf(r.plan).Elem()
	r.where[""] = 0
	var p unstable.Parser
	p.Reset(r.file)
	for p.NextExpression() {
		switch e := p.Expression(); e.Kind {
		case unstable.Table, unstable.ArrayTable:
			r.header(e)
		default:
			r.assign(e, &p)
		}
	}
	if err := p.Error(); err != nil {
		r.errs = Errors{r.syntax(err)}
		return false
	}
	return true
}

// syntax words the parser's error.
func (r *reader) syntax(err error) Error {
	offset := len(r.file) - 1
	var pe *unstable.ParserError
	if errors.As(err, &pe) {
		if o := cap(r.file) - cap(pe.Highlight); o >= 0 && o < len(r.file) {
			offset = o
		}
	}
	return at(r.file, offset, "this is not TOML: "+err.Error())
}

// header begins a table.
func (r *reader) header(e *unstable.Node) {
	r.table = nil
	name, offset, ok := r.key(e.Key())
	if !ok {
		r.fail(offset, "", "tables inside tables are not used in a plan, wanted [table] or [[table]]")
		return
	}
	t := find(name)
	switch {
	case t == nil || name == "":
		r.fail(offset, "", r.unknownTable(name))
		return
	case t.many != (e.Kind == unstable.ArrayTable):
		r.fail(offset, "", fmt.Sprintf("%s is written %s here, wanted %s", name, brackets(name, !t.many), brackets(name, t.many)))
	case !t.many && r.tables[name]:
		r.fail(offset, "", fmt.Sprintf("[%s] is there a second time, wanted once", name))
	default:
		r.begin(t, offset)
	}
	r.tables[name] = true
}

// begin makes a table the current one; an array grows by one.
func (r *reader) begin(t *table, offset int) {
	r.table = t
	r.into = member(reflect.ValueOf(r.plan).Elem(), t.name)
	path := t.name
	if t.many {
		path = element(t.name, r.into.Len())
		r.into.Set(reflect.Append(r.into, reflect.Zero(r.into.Type().Elem())))
		r.into = r.into.Index(r.into.Len() - 1)
	}
	r.where[path] = offset
	r.prefix = path + "."
}

// element is the path of one table of an array, counted from 1 as people do.
func element(name string, i int) string { return name + "[" + strconv.Itoa(i+1) + "]" }

// brackets writes a table's header.
func brackets(name string, many bool) string {
	if many {
		return "[[" + name + "]]"
	}
	return "[" + name + "]"
}

// unknownTable says what is wrong with a table's name.
func (r *reader) unknownTable(name string) string {
	var all []string
	for _, t := range schema[1:] {
		if strings.EqualFold(t.name, name) {
			r.tables[t.name] = true
			return fmt.Sprintf("table %q is spelled wrongly, wanted %s", name, brackets(t.name, t.many))
		}
		all = append(all, t.name)
	}
	return fmt.Sprintf("table %q is unknown, wanted one of %s", name, strings.Join(all, ", "))
}

// key returns a simple key; ok is false for a dotted one.
func (r *reader) key(it unstable.Iterator) (name string, offset int, ok bool) {
	for n := 0; it.Next(); n++ {
		if n > 0 {
			return "", offset, false
		}
		node := it.Node()
		offset = int(node.Raw.Offset)
		// The spelling in the file counts: a key in quotes may hold escapes.
		name = string(r.file[offset : offset+int(node.Raw.Length)])
	}
	return name, offset, true
}

// assign takes one key = value.
func (r *reader) assign(e *unstable.Node, p *unstable.Parser) {
	if r.table == nil {
		return // the table's name was refused already
	}
	name, offset, ok := r.key(e.Key())
	if !ok {
		r.fail(offset, "", "keys with dots are not used in a plan, wanted key = value below its [table]")
		return
	}
	f := r.table.field(name)
	if f == nil {
		r.fail(offset, "", r.unknownKey(name))
		return
	}
	path := r.prefix + name
	if _, twice := r.where[path]; twice {
		r.fail(offset, path, "is there a second time, wanted once")
		return
	}
	value := e.Value()
	r.where[path] = offset
	if value.Raw.Length > 0 {
		r.where[path] = int(value.Raw.Offset)
	}
	if message := r.put(f, path, value); message != "" {
		r.fail(r.where[path], path, message)
		r.broken[path] = true
	}
}

// unknownKey says what is wrong with a key's name.
func (r *reader) unknownKey(name string) string {
	for _, f := range r.table.fields {
		if strings.EqualFold(f.name, strings.Trim(name, `"'`)) {
			r.broken[r.prefix+f.name] = true
			return fmt.Sprintf("key %q is spelled wrongly, wanted %q", name, f.name)
		}
	}
	where := "at the top"
	if r.table.name != "" {
		where = "in " + brackets(r.table.name, r.table.many)
	}
	return fmt.Sprintf("key %q is unknown %s, wanted one of %s", name, where, r.table.names())
}

// missing reports required tables and keys that are not there.
func (r *reader) missing() {
	for _, t := range schema {
		switch {
		case t.name == "":
			r.missingKeys(t, "", "")
		case t.many:
			for i := range member(reflect.ValueOf(r.plan).Elem(), t.name).Len() {
				path := element(t.name, i)
				r.missingKeys(t, path, path+".")
			}
		default:
			r.missingKeys(t, t.name, t.name+".")
		}
		if t.required && t.name != "" && !r.tables[t.name] {
			r.fail(len(r.file)-1, "", missingTable(&t))
		}
	}
}

func missingTable(t *table) string { return "the table " + brackets(t.name, t.many) + " is missing" }

// missingKeys reports the required keys of one table. Where its header is
// missing or was refused, that is the one error, and its keys need none.
func (r *reader) missingKeys(t table, path, prefix string) {
	offset, ok := r.where[path]
	for _, f := range t.fields {
		path := prefix + f.name
		if _, there := r.where[path]; ok && f.required && !there && !r.broken[path] {
			r.fail(offset, path, "is missing")
			r.broken[path] = true
		}
		if !ok {
			r.broken[path] = true
		}
	}
}

// failAt adds an error at the value with this path or, where it is not in the
// file, at its table.
func (r *reader) failAt(path, message string) {
	offset, ok := r.where[path]
	for at := path; !ok; offset, ok = r.where[at] {
		at = at[:max(0, strings.LastIndexByte(at, '.'))]
	}
	r.fail(offset, path, message)
}

// fail adds an error at an offset of the file, until there are too many to be
// read by anybody.
func (r *reader) fail(offset int, key, message string) {
	if len(r.errs) >= maxErrors {
		r.more = true
		return
	}
	e := at(r.file, offset, message)
	e.Key = key
	r.errs = append(r.errs, e)
}
