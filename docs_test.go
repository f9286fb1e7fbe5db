package ceremony_test

import (
	"go/ast"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// This file holds the documents against the source: what they name exists, and
// what the source has and an auditor must find is named.

// found is what the source has, by its name in the documents.
type found struct {
	steps, checks, rules, tests map[string]bool
	commands, flags             map[string]bool // of cmd/ceremony
	planKeys, events            map[string]bool
	errors, codes               map[string]bool // as steps.ErrQuorum; as vault.forbidden
}

func look(t *testing.T) found {
	t.Helper()
	f := found{
		steps: map[string]bool{}, checks: map[string]bool{}, rules: map[string]bool{}, tests: map[string]bool{},
		commands: map[string]bool{}, flags: map[string]bool{}, planKeys: map[string]bool{}, events: map[string]bool{},
		errors: map[string]bool{}, codes: map[string]bool{},
	}
	eachSource(t, func(name string, file *ast.File) {
		f.errorsIn(file)
		switch isTest := strings.HasSuffix(name, "_test.go"); {
		case isTest:
			f.testsIn(file)
		case name == "keyvault/problem.go":
			constants(file, "", f.codes)
		case strings.HasPrefix(name, "steps/"):
			f.stepsIn(file)
			f.problemsIn(file)
			f.rulesGiven(file)
		case strings.HasPrefix(name, "audit/"):
			f.rulesIn(file)
		case strings.HasPrefix(name, "report/") && !strings.HasPrefix(name, "report/reporttest/"):
			f.rulesGiven(file)
		case strings.HasPrefix(name, "byok/"), strings.HasPrefix(name, "keyvault/attest/"):
			constants(file, "Check", f.checks)
		case strings.HasPrefix(name, "cmd/ceremony/"):
			f.commandsIn(file)
		case name == "plan/schema.go":
			literals(file, func(keys map[string]string) { f.planKeys[keys["name"]] = true })
		}
	})
	for what, set := range map[string]map[string]bool{
		"steps": f.steps, "checks": f.checks, "rules": f.rules, "tests": f.tests, "commands": f.commands,
		"flags": f.flags, "keys of a plan": f.planKeys, "events": f.events, "errors": f.errors, "codes": f.codes,
	} {
		if delete(set, ""); len(set) < 5 {
			t.Fatalf("the source has %d %s: this test looks in the wrong place", len(set), what)
		}
	}
	return f
}

// literals calls look with the string members, by key, of every struct literal.
func literals(file *ast.File, look func(keys map[string]string)) {
	ast.Inspect(file, func(n ast.Node) bool {
		lit, ok := n.(*ast.CompositeLit)
		if !ok {
			return true
		}
		keys := map[string]string{}
		for _, e := range lit.Elts {
			if kv, ok := e.(*ast.KeyValueExpr); ok {
				if key, ok := kv.Key.(*ast.Ident); ok {
					keys[key.Name], _ = text(kv.Value)
				}
			}
		}
		look(keys)
		return true
	})
}

// text is the value of a string literal.
func text(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}

// constants collects the values of string constants whose name has a prefix.
func constants(file *ast.File, prefix string, into map[string]bool) {
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && strings.HasPrefix(spec.Names[0].Name, prefix) && len(spec.Values) == 1 {
			if s, ok := text(spec.Values[0]); ok {
				into[s] = true
			}
		}
		return true
	})
}

// errorsIn collects the errors that a package tells apart.
func (f found) errorsIn(file *ast.File) {
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && strings.HasPrefix(spec.Names[0].Name, "Err") {
			f.errors[file.Name.Name+"."+spec.Names[0].Name] = true
		}
		return true
	})
}

func (f found) testsIn(file *ast.File) {
	for _, d := range file.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil {
			f.tests[fn.Name.Name] = true
		}
	}
}

// stepsIn takes steps and checks apart: a check has a class.
func (f found) stepsIn(file *ast.File) {
	literals(file, func(keys map[string]string) {
		if _, isCheck := keys["Class"]; isCheck {
			f.checks[keys["ID"]] = true
		} else if _, isStep := keys["Say"]; isStep {
			f.steps[keys["ID"]] = true
		}
	})
}

// problemsIn collects the codes of the table of problems, which stand second in
// its rows of four.
func (f found) problemsIn(file *ast.File) {
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.CompositeLit); ok && len(lit.Elts) == 4 {
			if s, ok := text(lit.Elts[1]); ok && idForm.MatchString(s) {
				f.codes[s] = true
			}
		}
		return true
	})
}

var ruleForm = regexp.MustCompile(`^[a-z]+(\.[a-z]+)+$`)

// rulesIn takes the first member of each entry of the list of rules, and the
// sides of the rule that there is one of for each side.
func (f found) rulesIn(file *ast.File) {
	constants(file, "Ev", f.events)
	f.rulesGiven(file)
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.CompositeLit); ok && len(lit.Elts) == 2 {
			if s, ok := text(lit.Elts[0]); ok && (ruleForm.MatchString(s) || s == "signoff" || s == "outcome") {
				f.rules[s] = true
			}
		}
		return true
	})
	f.rules["anchor.head.online"], f.rules["anchor.head.offline"] = true, true
}

// rulesGiven takes the rules that are made with their result.
func (f found) rulesGiven(file *ast.File) {
	literals(file, func(keys map[string]string) {
		if _, isRule := keys["Result"]; isRule {
			f.rules[keys["ID"]] = true
		}
	})
}

// commandsIn collects the names of commands, and every other text as a flag's.
func (f found) commandsIn(file *ast.File) {
	literals(file, func(keys map[string]string) {
		name, _, _ := strings.Cut(keys["Use"], " ")
		f.commands[name] = true
	})
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok {
			s, _ := text(lit)
			f.flags[s] = true
		}
		return true
	})
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var (
	quoted   = regexp.MustCompile("`([^`\n]+)`")
	idForm   = regexp.MustCompile(`^[a-z]+(\.[a-z-]+)+$`)
	testForm = regexp.MustCompile(`^(Test|Fuzz|Benchmark)[A-Z][A-Za-z0-9]*$`)
	fileEnds = []string{".toml", ".json", ".pem", ".tsr", ".log", ".byok", ".kcv", ".sig", ".sha", ".py", ".go", ".md", ".txt", ".html"}
)

// TestNamesInDocuments: every step, check, rule, code of a problem and test that
// these documents name exists.
func TestNamesInDocuments(t *testing.T) {
	f := look(t)
	for _, name := range []string{"docs/assurance.md", "docs/threat-model.md", "docs/operator-manual.md", "docs/auditor-manual.md"} {
		n := 0
		for _, m := range quoted.FindAllStringSubmatch(read(t, name), -1) {
			switch id := m[1]; {
			case testForm.MatchString(id):
				n++
				if !f.tests[id] {
					t.Errorf("%s names the test %s, which does not exist", name, id)
				}
			case idForm.MatchString(id) && !slices.Contains(fileEnds, filepath.Ext(id)):
				n++
				if !f.checks[id] && !f.rules[id] && !f.steps[id] && !f.codes[id] && !f.events[id] {
					t.Errorf("%s names %s, which is no step, check, rule, event or code of a problem", name, id)
				}
			}
		}
		if n < 20 {
			t.Errorf("%s names %d steps, checks, rules and tests: this test reads it wrongly", name, n)
		}
	}
}

// TestEverythingIsDocumented: what a reader looks up is there.
func TestEverythingIsDocumented(t *testing.T) {
	f := look(t)
	for _, d := range []struct {
		file, what string
		names      map[string]bool
	}{
		{"docs/assurance.md", "check", f.checks},
		{"docs/auditor-manual.md", "rule", f.rules},
		{"docs/operator-manual.md", "step", f.steps},
		{"docs/formats.md", "event", f.events},
		{"docs/formats.md", "key of a plan", f.planKeys},
	} {
		all := read(t, d.file)
		for name := range d.names {
			if !strings.Contains(all, "`"+name+"`") && !strings.Contains(all, "["+name+"]") {
				t.Errorf("%s does not name the %s %s", d.file, d.what, name)
			}
		}
	}
}

// documents are all Markdown files of the repository.
func documents(t *testing.T) (names []string) {
	t.Helper()
	err := filepath.WalkDir(".", func(name string, e fs.DirEntry, err error) error {
		if err == nil && e.IsDir() && (e.Name() == "testdata" || len(e.Name()) > 1 && e.Name()[0] == '.') {
			return filepath.SkipDir
		}
		if err == nil && filepath.Ext(name) == ".md" {
			names = append(names, name)
		}
		return err
	})
	if err != nil || len(names) < 8 {
		t.Fatalf("%d documents, %v", len(names), err)
	}
	return names
}

var (
	shell    = regexp.MustCompile("(?ms)^```sh\n(.*?)^```")
	flagForm = regexp.MustCompile(`--([a-z-]+)`)
	fence    = regexp.MustCompile("(?ms)^```.*?^```")
	link     = regexp.MustCompile(`\]\(([^)\s]+)\)`)
)

// TestCommandsInDocuments: every command of this program, and every target of
// make, that a document shows exists, with its flags.
func TestCommandsInDocuments(t *testing.T) {
	f, targets, n := look(t), read(t, "Makefile"), 0
	for _, name := range documents(t) {
		for _, block := range shell.FindAllStringSubmatch(read(t, name), -1) {
			for line := range strings.Lines(block[1]) {
				line, _, _ = strings.Cut(line, "#")
				words := strings.Fields(line)
				if len(words) < 2 {
					continue
				}
				switch words[0] {
				case "make":
					if !strings.Contains(targets, "\n"+words[1]+":") {
						t.Errorf("%s: make has no target %s", name, words[1])
					}
				case "ceremony":
					n++
					f.command(t, name, words)
				}
			}
		}
	}
	if n < 10 {
		t.Errorf("%d commands: this test reads the documents wrongly", n)
	}
}

func (f found) command(t *testing.T, name string, words []string) {
	t.Helper()
	if !f.commands[words[1]] || words[1] == "plan" && (len(words) < 3 || !f.commands[words[2]]) {
		t.Errorf("%s: there is no command %q", name, strings.Join(words, " "))
	}
	for _, m := range flagForm.FindAllStringSubmatch(strings.Join(words, " "), -1) {
		if !f.flags[m[1]] {
			t.Errorf("%s: %s has no flag --%s", name, words[1], m[1])
		}
	}
}

// TestLinks: every relative link leads to a file.
func TestLinks(t *testing.T) {
	n := 0
	for _, name := range documents(t) {
		for _, m := range link.FindAllStringSubmatch(fence.ReplaceAllString(read(t, name), ""), -1) {
			to, _, _ := strings.Cut(m[1], "#")
			if to == "" || strings.Contains(to, "://") || strings.HasPrefix(to, "mailto:") {
				continue
			}
			n++
			if _, err := os.Stat(filepath.Join(filepath.Dir(name), to)); err != nil {
				t.Errorf("%s links to %s, which is not there", name, m[1])
			}
		}
	}
	if n < 10 {
		t.Errorf("%d links: this test reads the documents wrongly", n)
	}
}

// TestWindowKnowsNoStep: pages are drawn from the data of steps. A new step
// needs no line in ui.
func TestWindowKnowsNoStep(t *testing.T) {
	f := look(t)
	n := 0
	eachSource(t, func(name string, file *ast.File) {
		if !strings.HasPrefix(name, "ui/") || strings.HasSuffix(name, "_test.go") {
			return
		}
		ast.Inspect(file, func(node ast.Node) bool {
			if lit, ok := node.(*ast.BasicLit); ok {
				n++
				if s, _ := text(lit); f.steps[s] || f.checks[s] {
					t.Errorf("%s names %s", name, s)
				}
			}
			return true
		})
	})
	if n < 100 {
		t.Fatalf("ui has %d literals: this test looks in the wrong place", n)
	}
}
