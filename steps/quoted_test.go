package steps

import (
	"os/exec"
	"strings"
	"testing"
)

// TestQuoted: a shell takes each name as one word, and as it is.
func TestQuoted(t *testing.T) {
	for name, want := range map[string]string{
		"online/final.txt":      "online/final.txt",
		"in-1/a_b.c@d+e=f,g:h":  "in-1/a_b.c@d+e=f,g:h",
		"":                      "''",
		"x;id #":                "'x;id #'",
		"it's $(id) `id` \"a\"": `'it'\''s $(id) ` + "`id`" + ` "a"'`,
		`back\slash`:            `'back\slash'`,
		"~":                     "'~'",
		"Žofie/Čas":             "'Žofie/Čas'",
	} {
		got := quotedFor("linux", name)
		if got != want {
			t.Errorf("%q: %s, wanted %s", name, got, want)
		}
		if out, err := exec.Command("sh", "-c", "printf %s "+got).Output(); err != nil || string(out) != name {
			t.Errorf("the shell reads %s as %q, %v", got, out, err)
		}
	}
	for name, want := range map[string]string{"-rf": "./-rf", "-o x": "'./-o x'", "a\nb\x1b": "aU+000AbU+001B"} {
		if got := quotedFor("linux", name); got != want {
			t.Errorf("%q: %s, wanted %s", name, got, want)
		}
	}
	for name, want := range map[string]string{`C:\in\a.txt`: `C:\in\a.txt`, `C:\my files\a&b`: `"C:\my files\a&b"`} {
		if got := quotedFor("windows", name); got != want {
			t.Errorf("%q on Windows: %s, wanted %s", name, got, want)
		}
	}
}

// TestSignCommandIsOneWordForTheFile: a folder of any name adds nothing to the
// command that signs.
func TestSignCommandIsOneWordForTheFile(t *testing.T) {
	got := (Signing{Namespace: "signin@keyceremony"}).Command("x;id #/a.txt")
	if !strings.HasSuffix(got, " -f KEY 'x;id #/a.txt'") {
		t.Error(got)
	}
}
