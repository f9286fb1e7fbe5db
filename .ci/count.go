// Count reads what `go test -json` wrote, from the files named, and says in
// words what happened: every failure in full, every skip by name and reason,
// and how many passed and failed. It counts tests without subtests, once
// however many runs there were, and what fails in one run has failed; a package
// that fails outside of a test is one failure.
//
// With -attacks it prints the table of attacks, too.
//
// A test may skip only because the folder of shared vectors is not here, and
// says so with "CEREMONY_SHARED:"; with -shared, not even then. It exits 1
// when anything failed.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// An event is one line of `go test -json` (go doc test2json).
type event struct {
	Action, Package, ImportPath, Test, Output, FailedBuild string
}

// stray is where a line goes that is no event.
const stray = "(go test)"

// A test is all that was said of one test, or of a package where name is "".
type test struct {
	run, pkg, name string
	result         string
	output         strings.Builder
	parent         bool // has subtests, which count instead of it
	unbuilt        bool // a package that was not built; the build is the failure
}

func (t *test) title() string {
	return strings.TrimSuffix(strings.TrimPrefix(t.pkg, "github.com/keyceremony/ceremony/")+" "+t.name, " ")
}

// A tally collects the tests of several runs, in order.
type tally struct {
	tests  []*test
	byName map[string]*test
}

func main() {
	shared := flag.Bool("shared", false, "the shared vectors are here, so that no test may skip")
	plain := flag.Bool("plain", false, "end with passed and failed alone")
	attacks := flag.Bool("attacks", false, "print the table of attacks")
	flag.Parse()
	all := tally{byName: map[string]*test{}}
	for _, name := range flag.Args() {
		if err := all.file(name); err != nil {
			fmt.Fprintln(os.Stderr, "count:", err)
			os.Exit(2)
		}
	}
	if *attacks {
		all.table(os.Stdout)
	}
	passed, failed, skipped := all.report(os.Stdout, *shared)
	if *plain {
		fmt.Printf("%d passed, %d failed\n", passed, failed)
	} else {
		fmt.Printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped)
	}
	if failed > 0 || passed == 0 {
		os.Exit(1)
	}
}

func (a *tally) file(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			e = event{Action: "output", Package: stray, Output: lines.Text() + "\n"}
		}
		a.add(name, e)
	}
	return lines.Err()
}

func (a *tally) add(run string, e event) {
	if e.ImportPath != "" { // output of a build; its package fails later
		e.Package = e.ImportPath
	}
	key := strings.Join([]string{run, e.Package, e.Test}, "\x00")
	t := a.byName[key]
	if t == nil {
		t = &test{run: run, pkg: e.Package, name: e.Test}
		a.byName[key] = t
		a.tests = append(a.tests, t)
		for i := range e.Test { // a name may have slashes of its own
			if e.Test[i] != '/' {
				continue
			}
			if p := a.byName[strings.Join([]string{run, e.Package, e.Test[:i]}, "\x00")]; p != nil {
				p.parent = true
			}
		}
	}
	t.output.WriteString(e.Output)
	switch e.Action {
	case "pass", "fail", "skip", "build-fail":
		t.result = e.Action
	case "start", "run":
		t.result = "unfinished"
	}
	t.unbuilt = t.unbuilt || e.FailedBuild != ""
}

// report prints failures and skips, and counts.
func (a *tally) report(w io.Writer, shared bool) (passed, failed, skipped int) {
	blamed := map[string]bool{} // packages with a failed test of their own
	for _, t := range a.tests {
		blamed[t.run+t.pkg] = blamed[t.run+t.pkg] || t.name != "" && t.bad()
	}
	counts := map[string]string{}
	for _, t := range a.tests {
		switch {
		case t.name == "" && (t.unbuilt || blamed[t.run+t.pkg]):
			continue // the reason is told elsewhere
		case t.bad():
			fmt.Fprintf(w, "FAILED %s\n%s", t.title(), t.output.String())
		case t.pkg == stray:
			fmt.Fprint(w, t.output.String())
		case t.name != "" && t.result == "skip" && t.forbidden(w, shared):
			t.result = "fail"
		}
		if t.parent || (t.name == "" && !t.bad()) {
			continue
		}
		counts[t.title()] = worse(counts[t.title()], t)
	}
	for _, result := range counts {
		switch result {
		case "pass":
			passed++
		case "fail":
			failed++
		case "skip":
			skipped++
		}
	}
	return passed, failed, skipped
}

// bad tells whether a test or package failed, or never came to its end.
func (t *test) bad() bool {
	return t.result == "fail" || t.result == "build-fail" || t.result == "unfinished"
}

// forbidden prints a skip and tells whether it counts as a failure.
func (t *test) forbidden(w io.Writer, shared bool) bool {
	reason := t.reason()
	fmt.Fprintf(w, "skipped %s: %s\n", t.title(), reason)
	if !shared && strings.HasPrefix(reason, "CEREMONY_SHARED:") {
		return false
	}
	fmt.Fprintf(w, "FAILED %s: it may not skip here\n", t.title())
	return true
}

// worse merges the results of one test in several runs.
func worse(before string, t *test) string {
	switch {
	case before == "fail" || t.bad():
		return "fail"
	case before == "skip" || t.result == "skip":
		return "skip"
	}
	return "pass"
}

// reason is what the test said when it skipped.
func (t *test) reason() string {
	for _, line := range slices.Backward(strings.Split(t.output.String(), "\n")) {
		if file, said, ok := strings.Cut(strings.TrimSpace(line), ": "); ok && strings.Contains(file, ".go:") {
			return said
		}
	}
	return "without a reason"
}
