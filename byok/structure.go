package byok

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// members are the values of a blob as they stand in the file.
type members struct{ schema, kid, alg, enc, ciphertext, generator string }

const (
	wantJSON    = "one JSON object (the key transfer blob)"
	wantMembers = "schema_version, header {kid, alg, enc}, ciphertext and generator, each once and nothing else"
)

// structure makes the checks blob.json and blob.members. It returns nil where
// the values cannot be told.
func (l *linter) structure(file []byte) *members {
	value, dup := readJSON(file)
	switch {
	case dup != nil:
		l.ok(CheckJSON, plural(len(file), "byte")+" of JSON", wantJSON, "")
		l.stop(CheckMembers, "member "+shown(string(dup.JSONPointer))+" twice", wantMembers,
			"Programs differ in which of the two they take, so nobody can say what was reviewed.")
		return nil
	case value == nil:
		found, meaning := recognise(file)
		l.stop(CheckJSON, found, wantJSON, meaning)
		return nil
	}
	l.ok(CheckJSON, plural(len(file), "byte")+" of JSON", wantJSON, "")
	m := &members{}
	if found := m.read(value); found != "" {
		l.stop(CheckMembers, found, wantMembers, "The vault's reaction to such a file is unknown. Make the blob again with a tool that follows the BYOK specification.")
		return nil
	}
	found := "each member once"
	meaning := ""
	if m.generator == "" {
		found, meaning = "each member once, but no generator", "The generator is informational; the vault does not use it."
	}
	l.ok(CheckMembers, found, wantMembers, meaning)
	return m
}

// readJSON returns the one JSON object of a file, or the error that tells a
// duplicate member, or neither. Byte order marks, UTF-16, invalid UTF-8 and
// data after the object are no JSON (RFC 8259, 8.1).
func readJSON(file []byte) (jsontext.Value, *jsontext.SyntacticError) {
	if len(file) > MaxBlob {
		return nil, nil
	}
	d := jsontext.NewDecoder(bytes.NewReader(file))
	value, err := d.ReadValue()
	if err == nil {
		value = value.Clone()
		if _, err = d.ReadToken(); err == io.EOF && value.Kind() == '{' {
			return value, nil
		}
		return nil, nil
	}
	var syntax *jsontext.SyntacticError
	if errors.Is(err, jsontext.ErrDuplicateName) && errors.As(err, &syntax) {
		return nil, syntax
	}
	return nil, nil
}

// read fills m from the object, or says what is wrong with its members.
func (m *members) read(object jsontext.Value) string {
	var header jsontext.Value
	problem := walk(object, map[string]func(jsontext.Value) string{
		"schema_version": text(&m.schema),
		"header": func(v jsontext.Value) string {
			if v.Kind() != '{' {
				return "is no object"
			}
			header = v.Clone()
			return ""
		},
		"ciphertext": text(&m.ciphertext),
		"generator":  text(&m.generator),
	}, "generator")
	if problem != "" {
		return problem
	}
	problem = walk(header, map[string]func(jsontext.Value) string{
		"kid": text(&m.kid), "alg": text(&m.alg), "enc": text(&m.enc),
	})
	if problem != "" {
		return problem + " in header"
	}
	return ""
}

// text stores a JSON string.
func text(to *string) func(jsontext.Value) string {
	return func(v jsontext.Value) string {
		if v.Kind() != '"' {
			return "is no text"
		}
		b, err := jsontext.AppendUnquote(nil, v)
		if err != nil {
			return "is no text"
		}
		*to = string(b)
		return ""
	}
}

// walk hands the members of an object to their readers. It says which member
// is missing, unknown or of another type.
func walk(object jsontext.Value, readers map[string]func(jsontext.Value) string, optional ...string) string {
	d := jsontext.NewDecoder(bytes.NewReader(object))
	if _, err := d.ReadToken(); err != nil {
		return "damaged JSON"
	}
	var seen []string
	for d.PeekKind() == '"' {
		name, err := d.ReadToken()
		if err != nil {
			return "damaged JSON"
		}
		member := name.String()
		read, ok := readers[member]
		if !ok {
			return unknown(member, readers)
		}
		value, err := d.ReadValue()
		if err != nil {
			return "damaged JSON"
		}
		if problem := read(value); problem != "" {
			return "member " + shown(member) + " " + problem
		}
		seen = append(seen, member)
	}
	return missing(readers, append(seen, optional...))
}

// unknown names a member that the specification does not have.
func unknown(member string, readers map[string]func(jsontext.Value) string) string {
	for name := range readers {
		if strings.EqualFold(member, name) {
			return fmt.Sprintf("member %s for %q in another case", shown(member), name)
		}
	}
	return "unknown member " + shown(member)
}

// missing names the first member, in alphabetical order, that is not there.
func missing(readers map[string]func(jsontext.Value) string, seen []string) string {
	var lacking []string
	for name := range readers {
		if !slices.Contains(seen, name) {
			lacking = append(lacking, name)
		}
	}
	if len(lacking) == 0 {
		return ""
	}
	slices.Sort(lacking)
	return fmt.Sprintf("no member %q", lacking[0])
}
