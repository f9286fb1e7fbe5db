package steps

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/keyvault"
	"github.com/keyceremony/ceremony/transfer/qr"
)

// Every error that a package exports has words for people: what it means and
// what to do.
func TestEveryErrorHasWords(t *testing.T) {
	table, err := os.ReadFile("problem.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, dir := range []string{".", "../hsm", "../byok", "../durable", "../audit", "../transfer", "../plan"} {
		for _, name := range exportedErrors(t, dir) {
			found++
			if dir != "." {
				name = filepath.Base(dir) + "." + name
			}
			if !strings.Contains(string(table), "{"+name+", ") {
				t.Errorf("%s has no row in the table of problems", name)
			}
		}
	}
	if found < 40 {
		t.Errorf("only %d errors found: the test looks in the wrong place", found)
	}
}

// exportedErrors lists the package-level variables Err… of a folder.
func exportedErrors(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if _, inFunc := n.(*ast.FuncDecl); inFunc {
				return false
			}
			v, ok := n.(*ast.ValueSpec)
			if ok {
				for _, name := range v.Names {
					if strings.HasPrefix(name.Name, "Err") {
						out = append(out, name.Name)
					}
				}
			}
			return true
		})
	}
	return out
}

func TestExplain(t *testing.T) {
	for _, p := range problems {
		if e := Explain(&Failed{Step: stepOpen, Err: p.err}); e.Code != p.code || e.Title == "" || e.Meaning == "" || e.Remedy == "" {
			t.Errorf("%v is explained as %+v", p.err, e)
		}
	}
	vault := &keyvault.Problem{Code: keyvault.Throttled, Title: "too many requests", Meaning: "m", Remedy: "r"}
	if e := Explain(&Failed{Step: stepImport, Err: vault}); e.Code != "vault.throttled" || e.Remedy != "r" {
		t.Errorf("a problem of the vault is explained as %+v", e)
	}
	if e := Explain(fmt.Errorf("2 of 3 parts are there: %w", qr.ErrIncomplete)); e.Code != "codes.incomplete" || e.Remedy == "" {
		t.Errorf("codes that are missing are explained as %+v", e)
	}
	swapped := &Refused{Step: stepKEKConfirm, Checks: []audit.Check{{ID: "kek.confirm"}}}
	if e := Explain(swapped); e.Code != "check.kek.confirm" || !strings.Contains(e.Meaning, "exchanged") {
		t.Errorf("a swapped KEK is explained as %+v", e)
	}
}

// Words for a check exist only for checks that exist.
func TestRefusalsNameChecks(t *testing.T) {
	known := map[string]bool{}
	for _, stage := range []Stage{Prepare, Wrap, Import} {
		for _, s := range Steps(stage) {
			for _, c := range s.Checks {
				known[c.ID] = true
			}
		}
	}
	for id := range refusals {
		if !known[id] {
			t.Errorf("there are words for the check %s, which no step makes", id)
		}
	}
}

// TestMeaningSaysMore: what an error means is not what it says once more.
func TestMeaningSaysMore(t *testing.T) {
	for _, row := range problems {
		said, more := strings.Fields(strings.ToLower(row.err.Error())), 0
		for _, word := range strings.FieldsFunc(strings.ToLower(row.meaning), func(r rune) bool { return !unicode.IsLetter(r) }) {
			if !slices.Contains(said, word) {
				more++
			}
		}
		if more < 3 {
			t.Errorf("%s says twice: %s. %s", row.code, row.err, row.meaning)
		}
	}
}
