package audit

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// python runs the independent verifier and returns its last line, the outcome.
func python(t testing.TB, args ...string) (outcome, all string) {
	t.Helper()
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("no python3")
	}
	cmd := exec.Command("python3", append([]string{filepath.Join("..", "docs", "verify.py")}, args...)...)
	out, err := cmd.CombinedOutput()
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	outcome = lines[len(lines)-1]
	if complete := outcome == OutcomeComplete || outcome == OutcomeExceptions; complete != (err == nil) {
		t.Fatalf("exit %v with\n%s", err, out)
	}
	return outcome, string(out)
}

// The second verifier shares no code with the first, and knows every lie.
func TestPythonKnowsEveryLie(t *testing.T) {
	for _, l := range lies {
		t.Run(strings.ReplaceAll(l.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			m := newMaker(t)
			l.tell(m)
			outcome, all := python(t, m.make())
			if outcome != l.outcome {
				t.Errorf("%s, not %s\n%s", outcome, l.outcome, all)
			}
		})
	}
}
