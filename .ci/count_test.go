package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// count tells what one or more runs of go test said.
func count(t *testing.T, shared bool, runs ...string) (passed, failed, skipped int, text string) {
	t.Helper()
	all := tally{byName: map[string]*test{}}
	for i, lines := range runs {
		name := filepath.Join(t.TempDir(), string(rune('a'+i)))
		if err := os.WriteFile(name, []byte(lines), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := all.file(name); err != nil {
			t.Fatal(err)
		}
	}
	var w strings.Builder
	passed, failed, skipped = all.report(&w, shared)
	return passed, failed, skipped, w.String()
}

// line writes one line of go test -json.
func line(action, pkg, test, output string) string {
	return `{"Action":"` + action + `","Package":"` + pkg + `","Test":"` + test + `","Output":"` + output + `"}` + "\n"
}

func run(pkg, test, result, output string) string {
	return line("run", pkg, test, "") + line("output", pkg, test, output) + line(result, pkg, test, "")
}

func TestCount(t *testing.T) {
	good := run("p", "TestA", "pass", "") + line("pass", "p", "", "")
	bad := run("p", "TestB", "fail", `    b_test.go:1: why it failed\n`) + line("fail", "p", "", "")
	parent := line("run", "p", "TestC", "") + run("p", "TestC/x", "pass", "") + run("p", "TestC/y", "fail", "") + line("fail", "p", "TestC", "") + line("fail", "p", "", "")
	skip := run("p", "TestD", "skip", `    d_test.go:1: CEREMONY_SHARED: not here\n`)
	lazy := run("p", "TestE", "skip", `    e_test.go:1: no python\n`)
	for _, c := range []struct {
		name                    string
		shared                  bool
		runs                    []string
		passed, failed, skipped int
		says                    string
	}{
		{"good", false, []string{good}, 1, 0, 0, ""},
		{"the same test in two runs", false, []string{good, good}, 1, 0, 0, ""},
		{"failed in one run", false, []string{good, run("p", "TestA", "fail", "") + line("fail", "p", "", "")}, 0, 1, 0, "FAILED p TestA"},
		{"bad", false, []string{good + bad}, 1, 1, 0, "why it failed"},
		{"subtests count, not their parent", false, []string{parent}, 1, 1, 0, "FAILED p TestC/y"},
		{"a subtest with a slash in its name", false, []string{strings.ReplaceAll(parent, "TestC/", "TestC/a/")}, 1, 1, 0, "FAILED p TestC/a/y"},
		{"a skip with leave", false, []string{good + skip}, 1, 0, 1, "skipped p TestD: CEREMONY_SHARED: not here"},
		{"a skip without leave", true, []string{good + skip}, 1, 1, 0, "FAILED p TestD: it may not skip here"},
		{"a lazy skip", false, []string{good + lazy}, 1, 1, 0, "skipped p TestE: no python"},
		{"never ended", false, []string{line("run", "p", "TestF", "") + line("fail", "p", "", "")}, 0, 1, 0, "FAILED p TestF"},
		{"package failed outside of tests", false, []string{good[:strings.LastIndex(good, `{"Action":"pass"`)] + line("fail", "p", "", `exit status 1\n`)}, 1, 1, 0, "FAILED p"},
		{"not built", false, []string{
			`{"ImportPath":"p [p.test]","Action":"build-output","Output":"undefined: x\n"}` + "\n" +
				`{"ImportPath":"p [p.test]","Action":"build-fail"}` + "\n" +
				`{"Action":"start","Package":"p"}` + "\n" + `{"Action":"fail","Package":"p","FailedBuild":"p [p.test]"}` + "\n",
		}, 0, 1, 0, "undefined: x"},
		{"stray lines", false, []string{"go: cannot find module\n" + good}, 1, 0, 0, "go: cannot find module"},
		{"no tests at all", false, []string{line("skip", "p", "", "")}, 0, 0, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			passed, failed, skipped, text := count(t, c.shared, c.runs...)
			if passed != c.passed || failed != c.failed || skipped != c.skipped || !strings.Contains(text, c.says) {
				t.Errorf("%d passed, %d failed, %d skipped, wanted %d, %d, %d; says\n%s\nwanted %q",
					passed, failed, skipped, c.passed, c.failed, c.skipped, text, c.says)
			}
		})
	}
}

// TestTableOfAttacks: only an attack whose test passed is in the table.
func TestTableOfAttacks(t *testing.T) {
	said := `    attacks.go:1: ATTACK\ta/b\tdoes this and that, in a great many words indeed\tx.y\there\tpasses\n`
	name := filepath.Join(t.TempDir(), "run")
	lines := run("p", "TestAttackA/a/b", "pass", said) + run("p", "TestAttackB/c/d", "fail", said)
	if err := os.WriteFile(name, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	all := tally{byName: map[string]*test{}}
	if err := all.file(name); err != nil {
		t.Fatal(err)
	}
	var w strings.Builder
	want := `     attack                                       noticed by                         where            without these
1    a/b: does this and that, in a great many     x.y                                here             passes
     words indeed
1 attacks, each noticed
`
	if n := all.table(&w); n != 1 || w.String() != want {
		t.Errorf("%d attacks:\n%s", n, w.String())
	}
}
