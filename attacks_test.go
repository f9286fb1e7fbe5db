package ceremony_test

import (
	"flag"
	"fmt"
	"go/ast"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/attacks"
)

// This file reads the table of attacks out of the tests that carry them out,
// and holds it against the source and docs/threat-model.md.

var writeAttacks = flag.Bool("write-attacks", false, "write the table of attacks into docs/threat-model.md")

// groups are the groups of the table, in its order: whom, or what, it is about.
var groups = [][2]string{
	{"swap", "Somebody exchanges the KEK on its way"},
	{"code", "The codes that people type"},
	{"vault", "The vault, or somebody between"},
	{"kek", "The KEK in the vault"},
	{"attest", "What is attested of the KEK"},
	{"auditlog", "The vault's audit log"},
	{"medium", "A hostile medium, and mistakes with media"},
	{"screen", "Codes from screen to camera"},
	{"replay", "Replay"},
	{"plan", "The plan"},
	{"machine", "The offline machine"},
	{"clock", "Clocks"},
	{"signin", "Sign-ins"},
	{"return", "Signing in again after a crash"},
	{"approval", "Approvals"},
	{"decision", "Exceptions and stops"},
	{"hsm", "The HSM and its module"},
	{"blob", "Key transfer blobs"},
	{"target", "The imported key"},
	{"proof-ec", "Proof after the import: EC keys"},
	{"proof-rsa", "Proof after the import: RSA keys that sign"},
	{"proof-decrypt", "Proof after the import: RSA keys that only decrypt"},
	{"proof-unwrap", "Proof after the import: RSA keys that only wrap"},
	{"proof-aes", "Proof after the import: AES keys that encrypt"},
	{"proof-aes-wrap", "Proof after the import: AES keys that only wrap"},
	{"record", "Insiders write a false record, with their own keys"},
	{"folder", "Somebody changes the finished folder"},
}

// table is every row, by group.
func table(t *testing.T) map[string][]attacks.Row {
	t.Helper()
	rows := map[string][]attacks.Row{}
	eachSource(t, func(name string, file *ast.File) {
		if !strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "attack") { // this file, and the package itself
			return
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if args, ok := callOf(n, "New"); ok {
				row := rowOf(t, name, args)
				group, _, _ := strings.Cut(row.ID, "/")
				rows[group] = append(rows[group], row)
			}
			return true
		})
	})
	return rows
}

// callOf is the arguments of a call of a function of the package attacks.
func callOf(n ast.Node, fn string) ([]ast.Expr, bool) {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return nil, false
	}
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != fn {
		return nil, false
	}
	pkg, ok := sel.X.(*ast.Ident)
	return call.Args, ok && pkg.Name == "attacks"
}

// rowOf reads a row, which is made of literals alone.
func rowOf(t *testing.T, name string, args []ast.Expr) attacks.Row {
	t.Helper()
	literal := func(e ast.Expr) string {
		s, ok := text(e)
		if !ok || s == "" {
			t.Fatalf("%s: a row of the table of attacks is not made of literals", name)
		}
		return s
	}
	row := attacks.New(literal(args[0]), literal(args[1]))
	for _, wall := range args[2:] {
		at, ok := callOf(wall, "At")
		if !ok || len(at) < 2 {
			t.Fatalf("%s: the walls of %s are not made with attacks.At, of a place and what notices", name, row.ID)
		}
		w := attacks.At(literal(at[0]))
		for _, by := range at[1:] {
			w.By = append(w.By, literal(by))
		}
		row.Walls = append(row.Walls, w)
	}
	return row
}

var attackForm = regexp.MustCompile(`^[a-z-]+/[a-z0-9-]+$`)

// leastAttacks is how many attacks the table has at least.
const leastAttacks = 60

// TestAttackTable: every attack has an id of its own, and what notices it
// exists, and so does the place.
func TestAttackTable(t *testing.T) {
	f, rows := look(t), table(t)
	seen, n := map[string]bool{}, 0
	for group, list := range rows {
		if !slices.ContainsFunc(groups, func(g [2]string) bool { return g[0] == group }) {
			t.Errorf("the group %s has no place in the table", group)
		}
		for _, r := range list {
			n++
			if seen[r.ID] || !attackForm.MatchString(r.ID) || len(r.Walls) == 0 {
				t.Errorf("%s: the id is used twice or of another form, or nothing notices it", r.ID)
			}
			seen[r.ID] = true
			for _, w := range r.Walls {
				f.wall(t, r, w)
			}
		}
	}
	if n < leastAttacks {
		t.Errorf("%d attacks, wanted %d at least", n, leastAttacks)
	}
}

// wall wants a place to be a step or a command, and what notices the attack
// there to be one of its checks, a rule, an error or a code.
func (f found) wall(t *testing.T, r attacks.Row, w attacks.Wall) {
	t.Helper()
	last := w.Where[strings.LastIndex(w.Where, " ")+1:]
	if !f.steps[w.Where] && !f.commands[last] {
		t.Errorf("%s: there is no step or command %s", r.ID, w.Where)
	}
	for _, by := range w.By {
		key := by[strings.LastIndex(by, " ")+1:] // [[person]] name
		if !f.checks[by] && !f.rules[by] && !f.errors[by] && !f.codes[by] && (w.Where != "plan check" || !f.planKeys[key]) {
			t.Errorf("%s: %s is no check, rule, error, code or key of a plan", r.ID, by)
		}
	}
}

const attackHeading = "## The table of attacks\n"

// TestAttacksInTheThreatModel: the document has the table as the tests have
// it; -write-attacks writes it there.
func TestAttacksInTheThreatModel(t *testing.T) {
	const name = "docs/threat-model.md"
	all := read(t, name)
	before, _, ok := strings.Cut(all, attackHeading)
	if !ok {
		t.Fatalf("%s has no heading %q", name, attackHeading)
	}
	want := before + attackHeading + drawn(table(t))
	if *writeAttacks {
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if all != want {
		t.Errorf("the table in %s is not that of the tests: go test . -run Attack -write-attacks", name)
	}
	for _, m := range quoted.FindAllStringSubmatch(before, -1) {
		if attackForm.MatchString(m[1]) && !strings.Contains(want, "| `"+m[1]+"` |") {
			t.Errorf("%s names the attack %s, which is not in the table", name, m[1])
		}
	}
}

// drawn is the table as Markdown.
func drawn(rows map[string][]attacks.Row) string {
	var b strings.Builder
	n := 0
	for _, list := range rows {
		n += len(list)
	}
	fmt.Fprintf(&b, "\n%d attacks and mistakes. `make attack` carries each of them out, and is part of `make test`. "+
		"Each is tried first with all that would notice it taken away, and then passes: the tests take checks off the lists of steps and rules off those of the verifier; the program has no switch for it. "+
		"*Passes* means that the place lets it through. Where more than one wall stands, the next is named.\n", n)
	for _, g := range groups {
		fmt.Fprintf(&b, "\n### %s\n\n| attack | what is done | noticed by | where | without these |\n|---|---|---|---|---|\n", g[1])
		for _, r := range rows[g[0]] {
			c := r.Columns()
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", c[0], c[1], marked(r.Walls[0].By), place(c[3]), without(r))
		}
	}
	return b.String()
}

func marked(by []string) string { return "`" + strings.Join(by, "`, `") + "`" }

// place shows a command as it is typed.
func place(where string) string {
	if !strings.Contains(where, ".") && where != "exception" && where != "resume" {
		where = "ceremony " + where
	}
	return "`" + where + "`"
}

func without(r attacks.Row) string {
	var b strings.Builder
	for _, w := range r.Walls[1:] {
		b.WriteString(marked(w.By) + " at " + place(w.Where) + "; without: ")
	}
	return b.String() + "passes"
}
