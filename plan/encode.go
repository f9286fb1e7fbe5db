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
		r := row{text: f.name + " = " + encodeValue(value, f.block)}
		if docs {
			r.doc = f.doc
		}
		rows = append(rows, r)
	}
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
			return `"""` + "\n" + escape(value, true) + `"""`
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
		words := make([]string, len(value))
		for i, s := range value {
			words[i] = quote(s)
		}
		return "[" + strings.Join(words, ", ") + "]"
	case []digest.SHA256:
		lines := make([]string, len(value))
		for i, d := range value {
			lines[i] = "  " + quote(d.String()) + ",\n"
		}
		if len(lines) == 0 {
			return "[]"
		}
		return "[\n" + strings.Join(lines, "") + "]"
	default:
		panic("plan: internal error: no way to write a " + v.Type().String())
	}
}

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

// Template returns a plan to begin with. Parse refuses it until its gaps are
// filled in: keys, digests, the vault and the people.
func Template() []byte { return New().Encode() }

// New returns the plan that Template writes, to be changed in a program.
func New() *Plan {
	person := func(id, name, role string) Person {
		return Person{ID: id, Name: name, Role: role, Kept: Card, Key: gap + ": ssh-ed25519 AAAA…"}
	}
	return &Plan{
		Format: Format, ID: "example-2030-01", Name: gap + ": what this ceremony is for",
		Vault: Vault{
			URL: "https://FILL-IN.vault.azure.net", Cloud: "public", Tenant: gap, API: DefaultAPI, Purge: false,
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
		Evidence: Evidence{Attestation: "none", AuditLog: "none"},
		Time: Time{
			NotBefore: time.Date(2030, 1, 1, 8, 0, 0, 0, time.UTC),
			NotAfter:  time.Date(2030, 1, 14, 18, 0, 0, 0, time.UTC),
		},
	}
}
