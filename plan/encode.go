package plan

import (
	"bytes"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/keyceremony/ceremony/digest"
)

// Encode writes the plan as a TOML file for people: every table with a
// comment, every key with what it may hold. Parse reads it back to the same
// plan. Optional text and numbers that are empty are left out.
func (p *Plan) Encode() []byte {
	var w bytes.Buffer
	v := reflect.ValueOf(p).Elem()
	for _, t := range schema {
		switch {
		case t.name == "":
			comment(&w, t.doc)
			w.WriteByte('\n')
			encodeTable(&w, t, v, true)
		case !t.many:
			heading(&w, t, true)
			encodeTable(&w, t, member(v, t.name), true)
		default:
			list := member(v, t.name)
			for i := range list.Len() {
				heading(&w, t, i == 0)
				encodeTable(&w, t, list.Index(i), i == 0)
			}
		}
	}
	return w.Bytes()
}

// heading writes [name], the first time with the table's comment above.
func heading(w *bytes.Buffer, t table, first bool) {
	w.WriteByte('\n')
	if first {
		comment(w, t.doc)
	}
	fmt.Fprintf(w, "%s\n", brackets(t.name, t.many))
}

func comment(w *bytes.Buffer, text string) {
	for line := range strings.Lines(text) {
		fmt.Fprintf(w, "# %s\n", strings.TrimSuffix(line, "\n"))
	}
}

// A row is one key with its value, and the comment that explains it.
type row struct{ text, doc string }

// wide is the longest row that takes its comment beside it; that of a longer
// one stands above.
const wide = 56

func encodeTable(w *bytes.Buffer, t table, v reflect.Value, docs bool) {
	var rows []row
	for _, f := range t.fields {
		value := member(v, f.name)
		if value.IsZero() && !f.required && value.Kind() != reflect.Bool {
			continue
		}
		rows = append(rows, f.row(encodeValue(value, f.kind == KindBlock), docs))
	}
	layOut(w, rows)
}

// row is the line of a key with its value.
func (f field) row(value string, docs bool) row {
	r := row{text: f.name + " = " + value}
	if docs {
		r.doc = f.doc
	}
	return r
}

// layOut writes the rows of a table, with the comments in one column.
func layOut(w *bytes.Buffer, rows []row) {
	width := 0
	for _, r := range rows {
		if n := utf8.RuneCountInString(r.text); n <= wide && r.doc != "" {
			width = max(width, n)
		}
	}
	for _, r := range rows {
		r.encode(w, width)
	}
}

func (r row) encode(w *bytes.Buffer, width int) {
	switch n := utf8.RuneCountInString(r.text); {
	case r.doc == "":
		fmt.Fprintf(w, "%s\n", r.text)
	case n > wide || strings.Contains(r.text, "\n"):
		fmt.Fprintf(w, "# %s\n%s\n", r.doc, r.text)
	default:
		fmt.Fprintf(w, "%s%s  # %s\n", r.text, strings.Repeat(" ", width-n), r.doc)
	}
}

// encodeValue writes a value in the one spelling that Parse takes.
func encodeValue(v reflect.Value, block bool) string {
	switch value := v.Interface().(type) {
	case string:
		if block && value != "" {
			return quoteBlock(value)
		}
		return quote(value)
	case int:
		return strconv.Itoa(value)
	case bool:
		return strconv.FormatBool(value)
	case digest.SHA256:
		return quote(value.String())
	case time.Time:
		return value.UTC().Format(time.RFC3339)
	case []string:
		return encodeRow(value)
	case []digest.SHA256:
		return encodeColumn(texts(value))
	default:
		panic("plan: internal error: no way to write a " + v.Type().String())
	}
}

// encodeRow writes a list in one line.
func encodeRow(list []string) string {
	words := make([]string, len(list))
	for i, s := range list {
		words[i] = quote(s)
	}
	return "[" + strings.Join(words, ", ") + "]"
}

// encodeColumn writes a list with a line for each entry.
func encodeColumn(list []string) string {
	if len(list) == 0 {
		return "[]"
	}
	lines := make([]string, len(list))
	for i, s := range list {
		lines[i] = "  " + quote(s) + ",\n"
	}
	return "[\n" + strings.Join(lines, "") + "]"
}

func texts(digests []digest.SHA256) []string {
	list := make([]string, len(digests))
	for i, d := range digests {
		list[i] = d.String()
	}
	return list
}

func quoteBlock(s string) string { return `"""` + "\n" + escape(s, true) + `"""` }

func quote(s string) string { return `"` + escape(s, false) + `"` }

// escape writes the inside of a TOML basic string: what a reader could not
// see is escaped.
func escape(s string, block bool) string {
	var w strings.Builder
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			w.WriteByte('\\')
			w.WriteRune(r)
		case visible(r), block && r == '\n':
			w.WriteRune(r)
		default:
			fmt.Fprintf(&w, `\U%08X`, r)
		}
	}
	return w.String()
}

// gapURL is the vault that the template leaves to be filled in.
const gapURL = "https://FILL-IN.vault.azure.net"

// New returns a plan to begin with. Parse refuses what Encode makes of it until
// its gaps are filled in: keys, digests, the vault and the people.
func New() *Plan {
	person := func(id, name, role string) Person {
		return Person{ID: id, Name: name, Role: role, Kept: Card, Key: gap + ": ssh-ed25519 AAAA…"}
	}
	return &Plan{
		Format: Format, ID: "example-2030-01", Name: gap + ": what this ceremony is for",
		Vault: Vault{
			URL: gapURL, Cloud: "public", Tenant: gap, API: DefaultAPI, Purge: false,
		},
		KEK: KEK{Name: "example-2030-01-kek", Bits: 4096, Days: 14},
		HSM: HSM{Module: gap + ": /usr/lib/…/lib….so", Serial: gap, SealKey: "none"},
		Keys: []Key{{
			Name: "example", Type: "RSA", Size: 3072, Ops: []string{"wrapKey", "unwrapKey"},
			Label: "example", Source: Generate, Close: Unextractable,
		}},
		People: []Person{
			person("ada", gap+": first operator", Operator),
			person("bob", gap+": second operator", Operator),
			person("cyn", gap+": crypto officer", CryptoOfficer),
			person("dan", gap+": internal witness", InternalWitness),
			person("eve", gap+": ceremony administrator", Administrator),
		},
		Quorum:   Quorum{Operators: 2, CryptoOfficers: 1, InternalWitnesses: 1},
		Transfer: Transfer{KEK: "usb", Blob: "usb"},
		Evidence: Evidence{Attestation: "none", AuditLog: "wanted"},
		Time: Time{
			NotBefore: time.Date(2030, 1, 1, 8, 0, 0, 0, time.UTC),
			NotAfter:  time.Date(2030, 1, 14, 18, 0, 0, 0, time.UTC),
		},
	}
}
