//go:build linux

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/keyvault/rehearsal"
	"github.com/keyceremony/ceremony/steps"
	"github.com/keyceremony/ceremony/ui"
)

// TestWindow leads through rehearsals in the real program with its window, by
// keyboard and mouse.
func TestWindow(t *testing.T) {
	ctx, cancel := inTime(t)
	defer cancel()
	exe, d := windowProgram(t), newDesktop(t, ctx)
	t.Run("rehearsal", func(t *testing.T) { wholeRehearsal(newLeader(t, d.in(t), exe)) })
	t.Run("two windows", func(t *testing.T) { twoWindows(newLeader(t, d.in(t), exe, "--two-windows")) })
}

// in is the desktop for a test below.
func (d *desktop) in(t *testing.T) *desktop {
	return &desktop{t: t, ctx: d.ctx, display: d.display, env: d.env}
}

// wholeRehearsal is one with all that may happen on a day: a code mistyped, a
// program that is killed four times, an exception, a pause, a signature from
// elsewhere.
func wholeRehearsal(l *leader) {
	l.t.Helper()
	l.lead("ceremony.open")
	l.mistype()
	l.lead("people.signin")
	l.signElsewhere("op1")
	l.lead("kek.create")
	l.killBusy()
	l.lead("kek.export")
	l.enlarge()
	l.pick("medium", "usb/kek")
	l.lead("kek.receive")
	l.killHalfTyped()
	l.lead("hsm.login")
	l.except()
	l.lead("target.wrap")
	l.killStalled()
	l.lead("blob.export")
	l.pause()
	l.lead("blob.receive")
	l.killBetween()
	if t := l.lead(""); t.Phase != audit.OutcomeExceptions {
		l.fail("the verdict is %q, wanted %q", t.Phase, audit.OutcomeExceptions)
	}
	l.closed()
	l.holds()
}

// mistype types another plan's code for both operators, and wants it refused. A
// click beside all fields before that takes the keyboard from none of them.
func (l *leader) mistype() {
	l.t.Helper()
	wrong := digest.Of([]byte("another plan")).Code()
	for _, f := range l.now[l.at].Asked {
		if f.Kind == steps.Code {
			l.focus(f.Name)
			l.d.xdo("", "mousemove", "--window", l.ids[l.at], "20", "10", "click", "1")
			l.answer(f, wrong)
		}
	}
	l.press()
	if t := l.now[l.at]; t.Step != "ceremony.open" || t.Problem == "" {
		l.fail("a wrong code was taken")
	}
	l.do()
}

// killBusy kills the program as soon as it shows that an act is under way. If
// the act was over before that could be painted, the next act is killed.
func (l *leader) killBusy() {
	l.t.Helper()
	for {
		l.enter()
		l.signAll()
		acts, step := l.ready().Acts, l.now[l.at].Step
		l.key("Return")
		t := l.until(l.at, "the act", func(t ui.Trace) bool { return t.Busy != "" || t.Acts > acts })
		if t.Busy != "" {
			l.kill()
			l.resumeAt(step)
			return
		}
		l.pastResult()
	}
}

// pastResult goes on from what a step found to the next step.
func (l *leader) pastResult() {
	l.t.Helper()
	for l.settled().Phase == "result" {
		l.until(l.at, "a moment to read the result", func(t ui.Trace) bool { return t.Ready })
		l.after("what comes after the result", func() { l.click("primary") }, func(t ui.Trace) bool { return t.Busy == "" && t.Phase != "result" })
	}
}

// resumeAt starts the program again. People sign in again, and it must go on
// with a step, or with what its session with vault or HSM needs first.
func (l *leader) resumeAt(step string) {
	l.t.Helper()
	l.again()
	if at := l.now[l.at].Step; at != "people.return" {
		l.fail("nobody signs in again: the program goes on at %s", at)
	}
	l.do()
	if !slices.Contains([]string{step, "vault.signin", "hsm.connect"}, l.now[l.at].Step) {
		l.fail("the program goes on at another step than %s", step)
	}
}

// killStalled kills the program while the HSM takes its time.
func (l *leader) killStalled() {
	l.t.Helper()
	l.enter()
	l.signAll()
	acts, step := l.ready().Acts, l.now[l.at].Step
	goOn := l.stall()
	l.key("Return")
	l.until(l.at, "the HSM", func(t ui.Trace) bool { return t.Busy != "" })
	if l.now[l.at].Acts != acts {
		l.fail("the act is over, and the HSM was stalled")
	}
	l.kill()
	goOn()
	l.resumeAt(step)
}

// killHalfTyped kills the program while somebody types a code. What is typed
// again begins anew.
func (l *leader) killHalfTyped() {
	l.t.Helper()
	step := l.now[l.at].Step
	l.focus("head")
	l.after("another focus", func() {
		l.type_("12345 12345 12")
		l.key("Tab")
	}, func(t ui.Trace) bool { return t.Focus != "head" })
	l.kill()
	l.resumeAt(step)
}

// killBetween kills the program while nothing is under way.
func (l *leader) killBetween() {
	l.t.Helper()
	step := l.now[l.at].Step
	l.kill()
	l.resumeAt(step)
}

// enlarge makes the text larger and smaller again.
func (l *leader) enlarge() {
	l.t.Helper()
	high := func(t ui.Trace) int { return t.Boxes["primary"][3] }
	before := high(l.now[l.at])
	l.after("larger text", func() { l.key("ctrl+plus") }, func(t ui.Trace) bool { return high(t) > before })
	l.after("the text as it was", func() { l.key("ctrl+0") }, func(t ui.Trace) bool { return high(t) == before })
}

// pick chooses a folder of the rehearsal with the picker: the folder above is
// typed, the last part is chosen from the list.
func (l *leader) pick(field, folder string) {
	l.t.Helper()
	l.focus(field)
	l.focus("Choose…")
	l.after("the picker", func() { l.key("Return") }, func(t ui.Trace) bool { return t.Sheet != "" && t.Focus == "path" })
	l.key("ctrl+a")
	l.type_(l.scene.path(filepath.Dir(folder)))
	l.key("Return")
	l.focus("list")
	l.key(filepath.Base(folder)[:1], "Return")
	l.focus("Choose this folder")
	l.after("the folder", func() { l.key("Return") }, func(t ui.Trace) bool { return t.Sheet == "" && done(t, field) })
}

// except records an exception.
func (l *leader) except() {
	l.t.Helper()
	l.after("the exception", func() { l.click("Exception…") }, func(t ui.Trace) bool { return t.Step == "exception" })
	l.do()
}

// pause rests: the window is closed and opened again, the head is typed, and
// everybody signs in anew.
func (l *leader) pause() {
	l.t.Helper()
	l.after("the pause", func() { l.click("Pause…") }, func(t ui.Trace) bool { return t.Step == "pause" })
	l.do()
	if t := l.now[l.at]; t.Phase != "paused" {
		l.fail("the ceremony does not rest")
	}
	l.pass("the start page", func(t ui.Trace) bool { return t.Page == "start" })
	l.closed()
	l.again()
	if t := l.now[l.at]; t.Step != "resume" {
		l.fail("the ceremony does not go on after the pause")
	}
	l.do()
	if t := l.now[l.at]; t.Problem != "" || t.Step == "resume" && t.Phase != "result" {
		l.fail("people cannot sign in anew: %s", t.Problem)
	}
}

// signElsewhere has somebody sign in with ssh-keygen, and the others as usual.
func (l *leader) signElsewhere(who string) {
	l.t.Helper()
	l.enter()
	l.openSigner("sign." + who)
	l.focus("way")
	l.key("End", "space")
	text := filepath.Join(l.t.TempDir(), "statement.txt")
	l.focus("text")
	l.key("ctrl+a")
	l.type_(text)
	l.focus("Write the text")
	l.after("another focus", func() { l.key("Return", "Tab") }, func(t ui.Trace) bool { return t.Focus != "Write the text" })
	l.sshSign(who, text, audit.Statement{Action: audit.ActionSignIn, Mode: audit.Rehearsal}.Namespace())
	l.focus("back")
	l.type_(text + ".sig")
	l.focus("Sign")
	l.signed("sign."+who, func() { l.key("Return") })
	l.do()
}

// sshSign signs with stock tools, on what would be a machine of one's own.
func (l *leader) sshSign(who, file, namespace string) {
	l.t.Helper()
	ask := filepath.Join(l.t.TempDir(), "ask")
	if err := os.WriteFile(ask, []byte("#!/bin/sh\ncat '"+l.scene.path("table", who+".passphrase")+"'\n"), 0o700); err != nil {
		l.t.Fatal(err)
	}
	c := exec.Command("ssh-keygen", "-Y", "sign", "-n", namespace, "-f", l.scene.path("people", who+".online"), file)
	c.Env = append(os.Environ(), "SSH_ASKPASS="+ask, "SSH_ASKPASS_REQUIRE=force")
	if out, err := c.CombinedOutput(); err != nil {
		l.fail("%v\n%s", err, out)
	}
}

// holds looks at the folder as others would.
func (l *leader) holds() {
	l.t.Helper()
	t, s := l.t, l.scene
	args := append([]string{"verify"}, s.anchored(t)[1:]...)
	if out, err := exec.Command(l.exe, args...).CombinedOutput(); err != nil || !bytes.Contains(out, []byte(audit.OutcomeExceptions)) {
		t.Errorf("verify: %v\n%s", err, out)
	}
	out, err := exec.Command("python3", "../../docs/verify.py", s.path("online"), "plan="+s.sheet(t, "plan.code"),
		"online="+s.sheet(t, "prepare.head"), "offline="+s.sheet(t, "offline.head")).CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("complete")) {
		t.Errorf("verify.py: %v\n%s", err, out)
	}
	for _, a := range s.people {
		l.stock(a.id)
	}
	l.keysOnce()
	noSecretLeft(t.(*testing.T), s, l.traces.Bytes(), l.words.Bytes())
}

// stock checks a person's signature on the final seal without this program.
func (l *leader) stock(who string) {
	l.t.Helper()
	if out, err := exec.Command("sh", "-ec", stockCommands(l.scene.path("online"), who)).CombinedOutput(); err != nil {
		l.t.Errorf("%s: %v\n%s", who, err, out)
	}
}

// keysOnce wants each key once in the vault and in the HSM, after all the
// kills.
func (l *leader) keysOnce() {
	l.t.Helper()
	l.t.(*testing.T).Setenv("SOFTHSM2_CONF", l.scene.path("token", "softhsm2.conf"))
	vault, err := rehearsal.New(l.scene.path("vault"), rehearsal.Options{Now: time.Now})
	if err != nil {
		l.t.Fatal(err)
	}
	(&hunt{t: l.t.(*testing.T), scene: l.scene, vault: vault}).keysOnce()
}

// twoWindows begins at both machines side by side, and tries to close a window
// while the vault is at work.
func twoWindows(l *leader) {
	l.t.Helper()
	l.until("offline", "the offline machine", func(t ui.Trace) bool { return t.Page == "start" })
	l.turnTo("offline")
	l.begin("wrap", "offline")
	l.open()
	l.turnTo("main")
	l.open()
	l.lead("kek.create")
	l.closeBusy()
}

// open does the first step of a sitting.
func (l *leader) open() {
	l.t.Helper()
	l.lead("ceremony.open")
	l.do()
	if t := l.now[l.at]; t.Problem != "" || t.Head == 0 {
		l.fail("the first step was not done: %s", t.Problem)
	}
}

// begin begins a sitting on the start page.
func (l *leader) begin(stage, folder string) {
	l.t.Helper()
	l.focus("Start a ceremony")
	l.after("the page to begin", func() { l.key("Return") }, func(t ui.Trace) bool { return t.Page == "begin" })
	l.focus("plan")
	l.type_(l.scene.path("plan.toml"))
	l.focus("stage")
	l.key(map[string]string{"prepare": "Home", "wrap": "End"}[stage], "space")
	l.focus("dir")
	l.after("all that is needed", func() { l.type_(l.scene.path(folder)) }, func(t ui.Trace) bool { return t.Ready })
	l.focus(l.now[l.at].Primary)
	l.after("the ceremony", func() { l.key("Return") }, func(t ui.Trace) bool { return t.Page == "ceremony" && t.Stage == stage })
}

// closeBusy tries to close the window while the vault has a request.
func (l *leader) closeBusy() {
	l.t.Helper()
	l.enter()
	l.signAll()
	acts := l.ready().Acts
	goOn := l.holdVault()
	l.key("Return")
	l.until(l.at, "the vault", func(t ui.Trace) bool { return t.Busy != "" })
	l.after("that it is refused", func() { l.key("alt+F4") }, func(t ui.Trace) bool { return t.Sheet != "" && t.Busy != "" })
	l.after("the sheet to go", func() { l.key("Escape") }, func(t ui.Trace) bool { return t.Sheet == "" })
	if l.now[l.at].Acts != acts {
		l.fail("the act is over, and the vault was held")
	}
	goOn()
	if t := l.settled(); t.Acts == acts || t.Problem != "" {
		l.fail("the act did not come to its end: %s", t.Problem)
	}
}

// holdVault makes the vault's requests wait until goOn is called.
func (l *leader) holdVault() (goOn func()) {
	l.t.Helper()
	f, err := os.OpenFile(l.scene.path("vault", ".lock"), os.O_RDWR, 0)
	if err == nil {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
	}
	if err != nil {
		l.t.Fatal(err)
	}
	return func() { _ = f.Close() }
}
