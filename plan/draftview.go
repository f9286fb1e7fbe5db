package plan

import (
	"slices"
	"strconv"
	"strings"
)

// A view is what the rules of one input may look at: the other values, as
// they were typed but for spaces around them.
type view struct {
	draft *Draft
	table *draftTable
	row   int
}

// text gives a value of the same row.
func (v view) text(name string) string { return v.table.text(v.row, name) }

func (t *draftTable) text(row int, name string) string {
	i := slices.IndexFunc(t.fields, func(f field) bool { return f.name == name })
	return strings.TrimSpace(t.rows[row][i])
}

// column gives the values of one key in all rows of a table.
func (v view) column(table, name string) (list []string) {
	for i := range v.draft.tables {
		if t := &v.draft.tables[i]; t.name == table {
			for row := range t.rows {
				list = append(list, t.text(row, name))
			}
		}
	}
	return list
}

// words is a choice that is always the same.
func words(list ...string) func(view) []string {
	return func(view) []string { return list }
}

func cloudsOf(v view) (list []string) {
	for _, c := range clouds {
		if c.name != Rehearsal || v.column("", "rehearsal")[0] == "true" {
			list = append(list, c.name)
		}
	}
	return list
}

func sizesOf(v view) (list []string) {
	for _, n := range sizes[v.text("type")] {
		list = append(list, strconv.Itoa(n))
	}
	return list
}

func opsFor(v view) []string { return opsOf[v.text("type")] }

func keyNamesOf(v view) []string {
	return slices.DeleteFunc(v.column("key", "name"), func(s string) bool { return s == "" })
}

func (v view) keyVault() bool        { return !Vault{URL: v.text("url")}.ManagedHSM() }
func (v view) realVault() bool       { return v.text("cloud") != Rehearsal }
func (v view) noSealKey() bool       { return v.text("seal_key") == "none" }
func (v view) noTimeAuthority() bool { return v.text("authority") == "" }
func (v view) isEC() bool            { return v.text("type") == "EC" }
func (v view) noCurve() bool         { return !v.isEC() }
func (v view) notSelected() bool     { return v.text("source") != Select }
func (v view) noPublic() bool        { return v.notSelected() || v.text("type") == "AES" }
func (v view) noOfflineKey() bool    { return v.text("kept") != File }
