//go:build linux

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pelletier/go-toml/v2"

	"github.com/keyceremony/ceremony/steps"
	"github.com/keyceremony/ceremony/ui"
)

// A leader leads through a rehearsal in the window: looks what is asked, reads
// it from the table, types it, and has people sign.
type leader struct {
	*seat
	exe    string
	scene  *scene
	args   []string
	traces *bytes.Buffer
}

func newLeader(t testing.TB, d *desktop, exe string, more ...string) *leader {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "rehearsal")
	return leadIn(t, d, exe, dir, append([]string{"--keys", "P-256,AES-256", "--kek-bits", "2048"}, more...)...)
}

// leadIn leads through the rehearsal in a folder.
func leadIn(t testing.TB, d *desktop, exe, dir string, more ...string) *leader {
	t.Helper()
	s, args := &scene{dir: dir, people: actors}, append([]string{"rehearse", "--dir", dir}, more...)
	l := &leader{exe: exe, scene: s, args: args, traces: &bytes.Buffer{}}
	l.seat = d.sit(l.traces, exe, args...)
	l.come("main")
	return l
}

// come waits until all windows are up. The table is the last one to take the
// keyboard, and so it is asked for first.
func (l *leader) come(window string) {
	l.t.Helper()
	l.turnTo("table")
	l.turnTo(window)
	l.until(window, "the ceremony", func(t ui.Trace) bool { return t.Page == "ceremony" && t.Busy == "" })
}

// again starts the program anew, in the same folder, as people would.
func (l *leader) again() {
	l.t.Helper()
	l.seat = l.d.sit(l.traces, l.exe, l.args...)
	l.come("main")
}

// settled waits until nothing is under way.
func (l *leader) settled() ui.Trace {
	l.t.Helper()
	return l.until(l.at, "the end of what is under way", func(t ui.Trace) bool { return t.Busy == "" && t.Page != "waiting" })
}

// lead leads on until a step is asked for and nothing is entered, or until the
// ceremony is over.
func (l *leader) lead(id string) ui.Trace {
	l.t.Helper()
	for {
		t := l.settled()
		switch {
		case t.Sheet != "":
			l.fail("the sheet %q came up", t.Sheet)
		case t.Problem != "":
			l.fail("the problem %s came up", t.Problem)
		case t.Page == "verdict", id == "over" && t.Phase == "over":
			return t
		case t.Page != "ceremony":
			l.fail("the ceremony's page is gone, and the step %q was awaited", id)
		case t.Step == id && t.Phase == string(steps.Act):
			return t
		case t.Phase == "result":
			l.pastResult()
		case t.Phase == "over":
			l.pass("the next sitting", func(t ui.Trace) bool { return t.Busy == "" && t.Page != "waiting" })
		default:
			l.do()
		}
	}
}

// pass goes on from a page that is only read, when there was time for it.
func (l *leader) pass(to string, there func(ui.Trace) bool) {
	l.t.Helper()
	l.until(l.at, "the time to read", func(t ui.Trace) bool { return t.Ready })
	l.after(to, func() { l.key("Return") }, there)
}

// do enters all that is asked, has people sign, and does the step.
func (l *leader) do() {
	l.t.Helper()
	l.enter()
	l.signAll()
	l.press()
}

// press presses the primary button with the keyboard, and waits for the end.
func (l *leader) press() {
	l.t.Helper()
	acts := l.ready().Acts
	l.key("Return")
	l.until(l.at, "the end of the act", func(t ui.Trace) bool { return t.Acts > acts && t.Busy == "" })
	l.settled()
}

// ready wants that the primary button can be pressed, and goes where Enter
// presses it: to a field, or to the button.
func (l *leader) ready() ui.Trace {
	l.t.Helper()
	t := l.now[l.at]
	if all := !slices.ContainsFunc(t.Asked, func(f ui.TraceField) bool { return !f.Done }); all && !t.Ready {
		t = l.until(l.at, "the time to read", func(t ui.Trace) bool { return t.Ready })
	}
	if !t.Ready {
		l.fail("the button %q cannot be pressed", t.Primary)
	}
	if !slices.ContainsFunc(t.Asked, func(f ui.TraceField) bool { return f.Name == t.Focus && f.Kind != "signature" }) {
		l.focus(t.Primary)
	}
	return t
}

// enter types every answer that somebody would give.
func (l *leader) enter() {
	l.t.Helper()
	for {
		f, answer, ok := l.awaited()
		if !ok {
			return
		}
		l.focus(f.Name)
		l.answer(f, answer)
	}
}

// answer enters one field, and waits until it is taken.
func (l *leader) answer(f ui.TraceField, answer string) {
	l.t.Helper()
	type_ := func() { l.type_(answer) }
	if len(f.Options) > 0 {
		i := slices.Index(f.Options, answer)
		if i < 0 {
			l.fail("%q is no option of %s", answer, f.Name)
		}
		keys := append([]string{"Home"}, slices.Repeat([]string{"Down"}, i)...)
		type_ = func() { l.key(append(keys, "space")...) }
	}
	l.after(f.Name+" to be taken", type_, func(t ui.Trace) bool { return done(t, f.Name) })
}

func done(t ui.Trace, name string) bool {
	return slices.ContainsFunc(t.Asked, func(f ui.TraceField) bool { return f.Name == name && f.Done })
}

// awaited is the first field that is not filled in and has an answer.
func (l *leader) awaited() (f ui.TraceField, answer string, ok bool) {
	l.t.Helper()
	for _, f := range l.now[l.at].Asked {
		if !f.Done && f.Kind != "signature" {
			if answer, ok := l.find(f); ok {
				return f, answer, true
			}
		}
	}
	return f, "", false
}

// find reads an answer from the table, as the rehearsal without a window does.
func (l *leader) find(f ui.TraceField) (string, bool) {
	l.t.Helper()
	t := l.now[l.at]
	if f.Name == "resume" && t.Phase == string(steps.Interrupted) {
		return f.Options[map[bool]int{true: 0, false: 1}[t.Found == 1]], true
	}
	all := map[string]map[string]any{}
	b, err := os.ReadFile(l.scene.path(t.Stage + ".answers.toml"))
	if err == nil {
		err = toml.Unmarshal(b, &all)
	}
	if err != nil {
		l.fail("%v", err)
	}
	if where, ok := all[t.Step][family(f.Name)].(map[string]any); ok && strings.HasPrefix(f.Name, "screen.") {
		word, err := wordAt(l.scene.sheet(l.t, where["table"].(string)), f.Name)
		if err != nil {
			l.fail("%v", err)
		}
		return word, true
	}
	if f.Kind == steps.Send || f.Kind == steps.Receive {
		return "", false
	}
	switch v := all[t.Step][f.Name].(type) {
	case nil:
		return map[string]string{"reason": "lunch", "custody": "HSM in safe 2; stick in bag R-0002"}[f.Name], t.Step == "pause"
	case string:
		return strings.Replace(v, "now", time.Now().UTC().Format(time.RFC3339), map[bool]int{true: 1}[f.Kind == steps.Time]), true
	case map[string]any:
		return l.read(v), true
	default:
		l.fail("no answer to %s, %s: %v", t.Step, f.Name, v)
		return "", false
	}
}

// read follows an answer to where it lies.
func (l *leader) read(where map[string]any) string {
	l.t.Helper()
	if path, ok := where["path"].(string); ok {
		return l.scene.path(path)
	}
	if name, ok := where["table"].(string); ok {
		if _, here := l.now["table"].Boxes[name]; here { // else it was carried here
			l.fetch(name)
		}
		return l.scene.sheet(l.t, name)
	}
	b, err := os.ReadFile(l.scene.path(where["file"].(string)))
	if err != nil {
		l.fail("%v", err)
	}
	return strings.TrimSpace(string(b))
}

// fetch has an operator go and get a sheet, by the button on the table.
func (l *leader) fetch(sheet string) {
	l.t.Helper()
	at := l.at
	l.turnTo("table")
	l.focus(sheet)
	acts := l.now["table"].Acts
	l.key("Return")
	l.until("table", "the sheet "+sheet, func(t ui.Trace) bool { return t.Acts > acts && t.Busy == "" })
	l.turnTo(at)
}

// everybody must sign at these steps; else as many as are needed do.
var everybody = []string{"people.signin", "resume", "people.return", "final.seal"}

// signAll has people sign one after the other.
func (l *leader) signAll() {
	l.t.Helper()
	for {
		t := l.now[l.at]
		if t.Ready && t.Phase != string(steps.Sealing) && !slices.Contains(everybody, t.Step) {
			return
		}
		i := slices.IndexFunc(t.Asked, func(f ui.TraceField) bool { return f.Kind == "signature" && !f.Done })
		if i < 0 {
			return
		}
		l.sign(t.Asked[i].Name)
	}
}

// sign has somebody sign with a key file.
func (l *leader) sign(name string) {
	l.t.Helper()
	l.openSigner(name)
	l.focus("pass")
	_, who, _ := strings.Cut(name, ".")
	l.type_(l.scene.sheet(l.t, who+".passphrase"))
	l.signed(name, func() { l.key("Return") })
}

// openSigner opens the sheet on which somebody signs.
func (l *leader) openSigner(name string) {
	l.t.Helper()
	l.focus(name)
	l.after("a sheet to sign on", func() { l.key("Return") }, func(t ui.Trace) bool { return strings.HasSuffix(t.Sheet, " signs") && t.Focus != "" })
}

// signed waits until a signature is taken.
func (l *leader) signed(name string, do func()) {
	l.t.Helper()
	acts := l.now[l.at].Acts
	t := l.after("the signature "+name, do, func(t ui.Trace) bool { return t.Acts > acts && t.Busy == "" })
	if t.Sheet != "" || !done(t, name) {
		l.fail("%s is not there (%s)", name, t.Problem)
	}
}
