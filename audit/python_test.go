package audit

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/keyceremony/ceremony/vectors"
)

var verifyPy = filepath.Join("..", "docs", "verify.py")

// A job is a folder and what is changed in it, for both verifiers.
type job struct {
	Dir   string            `json:"dir"`
	Edits []edit            `json:"edits"`
	Codes map[string]string `json:"codes"`
}

// batch is the independent verifier in one process for many jobs.
type batch struct {
	t   testing.TB
	in  io.WriteCloser
	out *bufio.Scanner
}

func startBatch(t testing.TB) *batch {
	t.Helper()
	if _, err := exec.LookPath("python3"); err != nil {
		t.Fatal("python3 is not installed: apt-get install python3")
	}
	cmd := exec.Command("python3", filepath.Join("testdata", "batch.py"), verifyPy)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	return &batch{t: t, in: in, out: bufio.NewScanner(out)}
}

func (b *batch) outcome(j job) string {
	b.t.Helper()
	line, err := json.Marshal(j)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.in.Write(append(line, '\n')); err != nil {
		b.t.Fatal(err)
	}
	if !b.out.Scan() {
		b.t.Fatal("the independent verifier ended")
	}
	return b.out.Text()
}

// The second verifier shares no code with the first, and knows every lie.
func TestPythonKnowsEveryLie(t *testing.T) {
	py := startBatch(t)
	told := truths
	for _, l := range lies {
		told = append(told, truth{l.ID, l.outcome, "", l.tell})
	}
	for _, l := range told {
		t.Run(strings.ReplaceAll(l.name, " ", "-"), func(t *testing.T) {
			m := newMaker(t)
			l.tell(m)
			if got := py.outcome(job{Dir: m.make()}); got != l.outcome {
				t.Errorf("%s, not %s", got, l.outcome)
			}
		})
	}
}

// As an auditor runs it: the program, its words, its exit status.
func TestPythonAsAnAuditorRunsIt(t *testing.T) {
	if _, err := exec.LookPath("python3"); err != nil {
		t.Fatal("python3 is not installed: apt-get install python3")
	}
	m := newMaker(t)
	dir, codes := m.make(), m.codes()
	run := func(args ...string) (string, error) {
		out, err := exec.Command("python3", append([]string{verifyPy, dir}, args...)...).CombinedOutput()
		return string(out), err
	}
	out, err := run("plan="+codes.PlanCode, "online="+codes.Heads["online"], "offline="+codes.Heads["offline"])
	if err != nil || !strings.HasSuffix(out, "\ncomplete\n") || strings.Contains(out, "NOT CHECKED") {
		t.Errorf("%v\n%s", err, out)
	}
	for _, id := range ruleIDs() {
		if !strings.Contains(out, " "+id+" ") {
			t.Errorf("no rule %s in\n%s", id, out)
		}
	}
	if out, err := run(); err != nil || strings.Count(out, "NOT CHECKED") != 3 {
		t.Errorf("without codes: %v\n%s", err, out)
	}
	if out, err := run("online=" + codes.PlanCode); err == nil || !strings.HasSuffix(out, "\ndoes not hold\n") {
		t.Errorf("another code: %v\n%s", err, out)
	}
}

// python is what the other verifier prints of a folder.
func (m *maker) python(args ...string) string {
	m.t.Helper()
	out, err := exec.Command("python3", append([]string{verifyPy, m.dir.Path()}, args...)...).CombinedOutput()
	if _, ended := err.(*exec.ExitError); err != nil && !ended {
		m.t.Fatal(err)
	}
	return string(out)
}

// ruleIDs are the rules of this package; the other verifier has the same.
func ruleIDs() []string {
	var ids []string
	for _, r := range newChecker(Policy{}, Anchors{}).rules() {
		if !strings.HasPrefix(r.id, "anchor.head.") {
			ids = append(ids, r.id)
		}
	}
	return append(ids, "anchor.online", "anchor.offline")
}

func TestPythonIsShort(t *testing.T) {
	b, err := os.ReadFile(verifyPy)
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(b, []byte("\n")); n > 250 {
		t.Errorf("verify.py has %d lines: nobody would read more than 250", n)
	}
}

// The commands on the auditor's card need no program of ours at all.
func TestStockCommands(t *testing.T) {
	m := newMaker(t)
	dir := m.make()
	for _, c := range []string{
		"sha256sum -c --strict --quiet MANIFEST.sha256",
		"sha256sum -c --strict --quiet PREPARE.sha256 && sha256sum -c --strict --quiet OFFLINE.sha256",
		"for who in op1 op2 co1 iw; do ssh-keygen -Y verify -f allowed_signers -I $who -n final-seal@keyceremony -s MANIFEST.sha256.$who.sig < MANIFEST.sha256 || exit 1; done",
		"for who in op1 op2 co1 iw hsm; do ssh-keygen -Y verify -f allowed_signers -I $who -n offline-seal@keyceremony -s OFFLINE.sha256.$who.sig < OFFLINE.sha256 || exit 1; done",
		"for who in op1 op2 co1 iw; do ssh-keygen -Y verify -f allowed_signers -I $who -n plan@keyceremony -s plan.toml.$who.sig < plan.toml || exit 1; done",
		"for s in *people.signin.op2.txt; do ssh-keygen -Y verify -f allowed_signers -I op2 -n signin@keyceremony -s $s.sig < $s || exit 1; done",
		`test "$(head -n 3 online.log | sha256sum | cut -c1-64)" = "$(sed -n 4p online.log | cut -d'"' -f8)"`,
		"! ssh-keygen -Y verify -f allowed_signers -I hsm -n final-seal@keyceremony -s OFFLINE.sha256.hsm.sig < OFFLINE.sha256",
	} {
		cmd := exec.Command("sh", "-c", c)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", c, err, out)
		}
	}
}

// Both verifiers take the same kinds of keys, and refuse the same.
func TestPythonTakesOurKindsOfKeys(t *testing.T) {
	m := newMaker(t)
	for name, kind := range map[string]string{"op1": "p256", "op1 offline": "p384", "op2": "p521", "co1": "rsa2048"} {
		m.signers[name] = newSigner(t, kind)
	}
	for i, p := range m.policy.Roster {
		m.policy.Roster[i].Keys[0] = m.signers[p.ID].PublicKey()
		if len(p.Keys) > 1 {
			m.policy.Roster[i].Keys[1] = m.signers[p.ID+" offline"].PublicKey()
		}
	}
	py := startBatch(t)
	theirs := py.outcome(job{Dir: m.make()})
	if ours := Verify(m.dir.Path(), m.policy, Anchors{}); ours.Outcome != OutcomeComplete || theirs != OutcomeComplete {
		t.Errorf("%s here, %s there\n%s", ours.Outcome, theirs, failing(ours))
	}
}

// The vectors of OpenSSH through the other verifier: FIDO keys too.
func TestPythonOnOpenSSHVectors(t *testing.T) {
	dir := vectors.Path(t, "vectors/sshsig-openssh")
	script := `import importlib.util, sys
spec = importlib.util.spec_from_file_location("verify", sys.argv[1])
v = importlib.util.module_from_spec(spec)
spec.loader.exec_module(v)
read = lambda name: open(sys.argv[2] + "/" + name, "rb").read()
for k in sys.argv[3:]:
    key = " ".join(read(k + ".pub").decode().split()[:2])
    ns, sig, msg = read("namespace").decode(), read(k + ".sig"), read("signed-data")
    print(k, v.why_not("w", (key,), ns, sig, msg) == "", v.why_not("w", (key,), ns, sig, msg + b"x") == "", v.why_not("w", (key,), "other", sig, msg) == "")
`
	args := []string{"-c", script, verifyPy, dir, "ed25519", "ecdsa", "rsa", "ed25519_sk", "ecdsa_sk", "ecdsa_sk_webauthn"}
	out, err := exec.Command("python3", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		want := " True False False"
		if strings.HasPrefix(line, "ecdsa_sk_webauthn") {
			want = " False False False"
		}
		if !strings.HasSuffix(line, want) {
			t.Error(line)
		}
	}
}
