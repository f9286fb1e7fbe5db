package ui

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"github.com/keyceremony/ceremony/keyvault"
	"github.com/keyceremony/ceremony/plan"
	"github.com/keyceremony/ceremony/steps"
	"github.com/keyceremony/ceremony/ui/kit"
)

// until leads on to a step, and stops before anything is entered.
func (h *hall) until(w *Window, id string) *step {
	h.t.Helper()
	for n := 0; n < 200; n++ {
		p := page_(h.t, w)
		if v, ok := p.now.(*step); ok {
			if v.now.Step.ID == id {
				return v
			}
			h.fill(w)
			h.signAll(w)
			if _, ready, waiting := v.primary(); !ready {
				h.t.Fatalf("%s: not ready: %s", v.now.Step.ID, waiting)
			}
		}
		test.Tap(p.primary)
		if v, ok := page_(h.t, w).now.(*step); ok && v.problems.Code != "" {
			h.t.Fatalf("%s: %+v", v.now.Step.ID, v.problems)
		}
	}
	h.t.Fatalf("the step %s never came", id)
	return nil
}

// press fills in, signs and presses the primary button.
func (h *hall) press(w *Window) {
	h.t.Helper()
	h.fill(w)
	h.signAll(w)
	p := page_(h.t, w)
	if _, ready, waiting := p.now.primary(); !ready {
		h.t.Fatalf("not ready: %s", waiting)
	}
	test.Tap(p.primary)
}

// led opens a window on the first sitting.
func led(t *testing.T) (*hall, *Window) {
	h := newHall(t, nil)
	w := h.window()
	w.Rehearse("", false)
	return h, w
}

// TestException: a check that does not hold leads to the exception's page,
// from which nobody goes back, and on after two people signed.
func TestException(t *testing.T) {
	h := newHall(t, nil)
	h.clock = 10 * time.Minute
	w := h.window()
	w.Rehearse("", false)
	h.until(w, "clock.check")
	h.press(w)
	s := page_(t, w).now.(*step)
	if !strings.Contains(string(s.problems.Code), "clock") && s.problems.Code == "" {
		t.Fatalf("no problem is shown: %+v", s.problems)
	}
	h.shot(w, "problem")
	h.fill(w)
	for _, r := range s.form.asked() {
		if r.f.Name == "insist" {
			w.focus(r.focus())
			typed(w, "INSIST")
		}
	}
	test.Tap(page_(t, w).primary)
	h.shot(w, "result.failed")
	test.Tap(page_(t, w).primary)
	s = page_(t, w).now.(*step)
	if s.now.Step.ID != "exception" {
		t.Fatalf("after the failed check the page is %s", s.now.Step.ID)
	}
	h.shot(w, "exception")
	if page_(t, w).c.Turned() {
		t.Error("the exception of a failed check can be left")
	}
	h.fill(w)
	h.signAll(w)
	h.shot(w, "exception.ready")
	test.Tap(page_(t, w).primary)
	if s := page_(t, w).now.(*step); s.now.Step.ID == "exception" {
		t.Fatalf("the exception stays: %+v", s.problems)
	}
}

// TestOtherMachine: where the offline machine is another one, the online one
// goes on by itself; where its window was closed, it is led in the one that is
// left.
func TestOtherMachine(t *testing.T) {
	h := newHall(t, nil)
	h.only = "online"
	w := h.window()
	w.Rehearse("", false)
	if title := w.scene.table.w.title(); !strings.Contains(title, "On the table · online machine") {
		t.Errorf("the table of this machine is called %q", title)
	}
	h.sitting(w, func(string) {})
	h.shot(w, "over.elsewhere")
	p := page_(t, w)
	if label, _, _ := p.now.primary(); label != "Go on with the import" {
		t.Errorf("the sitting ends with %q", label)
	}
	w.scene.r.Machine = "" // and the offline machine has no window
	newOver(p, p.c.Now()).press()
	if got := page_(t, w).stage; got != steps.Wrap {
		t.Fatalf("the other machine's sitting is %s", got)
	}
	w.scene.r.Machine = "online"
	w.scene.goOn()
	if got := page_(t, w).stage; got != steps.Import {
		t.Errorf("after it comes %s", got)
	}
}

// TestPause: after a pause the window shows the head's code, and the folder
// opens again at the resume step.
func TestPause(t *testing.T) {
	h, w := led(t)
	h.until(w, "vault.signin")
	tapTurn(t, w, "Pause…")
	h.shot(w, "pause")
	h.press(w)
	o, ok := page_(t, w).now.(*over)
	if !ok || !o.paused || o.code != h.sheets["pause.head"] {
		t.Fatalf("after the pause the page is %T", page_(t, w).now)
	}
	h.shot(w, "paused")
	test.Tap(page_(t, w).primary)
	if _, ok := w.page.(*start); !ok {
		t.Fatalf("after the pause the page is a %T", w.page)
	}
	h.shot(w, "start.recent")
	w.Ceremony(h.path("online"))
	s := page_(t, w).now.(*step)
	if s.now.Step.ID != "resume" {
		t.Fatalf("the folder opens at %s", s.now.Step.ID)
	}
	h.shot(w, "resume")
	p := page_(t, w)
	if r, _, err := p.c.Record(p.journal[len(p.journal)-1].Log, p.journal[len(p.journal)-1].Seq); err != nil || !slices.Contains(p.noted(r), kit.Fact{Label: "Why", Value: "some words"}) {
		t.Errorf("the record of the pause says %+v, %v", p.noted(r), err)
	}
	if code := page_(t, w).headCode(); code != "" {
		t.Errorf("the code that is to be typed from the sheet is shown: %s", code)
	}
	h.press(w)
	if id := page_(t, w).now.(*step).now.Step.ID; id != "vault.signin" {
		t.Errorf("after the pause it goes on with %s", id)
	}
}

func tapTurn(t *testing.T, w *Window, label string) {
	t.Helper()
	for _, o := range page_(t, w).turns.Objects {
		if b := o.(interface{ Text() string }); b.Text() == label {
			test.Tap(o.(fyne.Tappable))
			return
		}
	}
	t.Fatalf("there is no button %q", label)
}

// TestTurns: people, stop and exception can be turned to and left.
func TestTurns(t *testing.T) {
	h, w := led(t)
	h.until(w, "vault.signin")
	for label, id := range map[string]string{"Exception…": "exception", "People…": "people.change", "Stop…": "ceremony.stop"} {
		tapTurn(t, w, label)
		if got := page_(t, w).now.(*step).now.Step.ID; got != id {
			t.Errorf("%s leads to %s", label, got)
		}
		h.shot(w, "turn."+id)
		tapTurn(t, w, "Back to the script")
		if got := page_(t, w).now.(*step).now.Step.ID; got != "vault.signin" {
			t.Errorf("back leads to %s", got)
		}
	}
}

// TestRecords: a done step and a record of the transcript can be read.
func TestRecords(t *testing.T) {
	h, w := led(t)
	h.until(w, "vault.signin")
	p := page_(t, w)
	for _, it := range p.c.Outline() {
		if it.Stage == p.stage && it.Step.ID == "people.signin" {
			p.showStep(it)
		}
	}
	h.shot(w, "record.step")
	key(w, fyne.KeyEscape)
	p.showRecord(len(p.journal) - 1)
	h.shot(w, "record.raw")
}

// TestOtherPages shows the pages around a ceremony.
func TestOtherPages(t *testing.T) {
	h := newHall(t, nil)
	w := h.window()
	w.show(newBegin(w, h.path("plan.toml")))
	h.shot(w, "begin")
	w.showView()
	h.shot(w, "view")
	key(w, fyne.KeyEscape)
	w.showHelp()
	h.shot(w, "help")
	key(w, fyne.KeyEscape)
	w.page.(*begin).pickDir()
	h.shot(w, "picker")
	key(w, fyne.KeyEscape)
	w.home()
	w.Rehearse("", true)
	h.shot(w.scene.table.w, "table")
	h.until(w, "people.signin")
	h.fill(w)
	s := page_(t, w).now.(*step)
	h.shot(w, "signing")
	test.Tap(s.signing.buttons["op1"])
	h.shot(w, "sign.sheet")
	s.signing.open.hide() // of two windows, the test driver gives Escape to the other
	p := page_(t, w)
	p.w.work.what, p.w.work.said = "Create the KEK", "waiting for Azure to create the key (4s)"
	p.working()
	h.shot(w, "underway")
	w.Close()
	h.shot(w, "close.refused")
}

// dying is a vault whose program dies after it has made a key.
type dying struct {
	keyvault.Vault
	armed *bool
}

func (d dying) CreateKEK(ctx context.Context, name string, p keyvault.KEKParams) (keyvault.Key, error) {
	k, err := d.Vault.CreateKEK(ctx, name, p)
	if *d.armed {
		*d.armed = false
		panic("the program died")
	}
	return k, err
}

// TestInterrupted: after the program died in an act, people sign in again, the
// window comes to the same step, looks for what is there, and nothing is done
// twice.
func TestInterrupted(t *testing.T) {
	h, armed := newHall(t, nil), true
	h.cloud = func(v keyvault.Vault) keyvault.Vault { return dying{v, &armed} }
	w := h.window()
	w.Rehearse("", false)
	h.until(w, "kek.create")
	p := page_(t, w)
	func() {
		defer func() { _ = recover() }()
		h.press(w)
	}()
	if armed {
		t.Fatal("the program did not die")
	}
	if err := p.c.Close(); err != nil {
		t.Fatal(err)
	}
	w = h.window()
	w.Rehearse("", false)
	if id := page_(t, w).now.(*step).now.Step.ID; id != "people.return" {
		t.Fatalf("the window opens at %s, and nobody signs in again", id)
	}
	h.shot(w, "return")
	h.press(w)
	if id := page_(t, w).now.(*step).now.Step.ID; id != "vault.signin" {
		t.Fatalf("the window goes on at %s, wanted the sign-in that the act needs", id)
	}
	h.press(w)
	test.Tap(page_(t, w).primary)
	s := page_(t, w).now.(*step)
	if s.now.Step.ID != "kek.create" || s.now.Phase != steps.Interrupted {
		t.Fatalf("the window goes on with %s, %s", s.now.Step.ID, s.now.Phase)
	}
	if got := s.found.Value(); got != "Results of it found now: 1." {
		t.Errorf("the page says %q", got)
	}
	h.shot(w, "interrupted")
	h.press(w)
	if r, ok := page_(t, w).now.(*result); !ok || r.was.Step.ID != "kek.create" {
		t.Errorf("after the decision the page is %T", page_(t, w).now)
	}
}

// TestEditor: a plan is opened in the editor from the start page, and one that
// is not saved is not lost.
func TestEditor(t *testing.T) {
	h := newHall(t, nil)
	w := h.window()
	w.Files([]string{h.path("plan.toml")})
	b, ok := w.page.(*begin)
	if !ok {
		t.Fatalf("a plan that is dropped leads to a %T", w.page)
	}
	test.Tap(b.script)
	key(w, fyne.KeyReturn)
	if len(h.shown) != 1 || !strings.HasSuffix(h.shown[0], "-script.html") {
		t.Errorf("the script that was printed is %q", h.shown)
	}
	b.edit()
	if _, ok := w.page.(*edit); !ok {
		t.Fatalf("the editor is a %T", w.page)
	}
	h.shot(w, "editor")
	w.home()
	if _, ok := w.page.(*start); !ok {
		t.Fatalf("a plan without changes keeps the editor open: %T", w.page)
	}
	w.edit(plan.NewDraft(w.blank()))
	h.shot(w, "editor.new")
}

// TestVeil: the sheet on which somebody signs does not show the codes that the
// other operator typed.
func TestVeil(t *testing.T) {
	h, w := led(t)
	for _, id := range []string{"over", "kek.confirm"} {
		if id == "over" {
			h.sitting(w, func(string) {})
			test.Tap(page_(t, w).primary)
			continue
		}
		h.until(w, id)
	}
	h.fill(w)
	s := page_(t, w).now.(*step)
	code := h.vaultKey(h.plan.KEK.Name).Public.SHA256().Code()
	for _, one := range s.signing.texts {
		if !strings.Contains(string(one.Text), code) || strings.Contains(one.Shown, code) || !strings.Contains(one.Shown, "*****") {
			t.Errorf("%s is shown:\n%s", one.Person, one.Shown)
		}
	}
}

// TestSignatures: after each signature the next person is asked, and one that
// was made elsewhere and dropped is taken for whoever made it.
func TestSignatures(t *testing.T) {
	h, w := led(t)
	h.until(w, "people.signin")
	h.fill(w)
	s := page_(t, w).now.(*step)
	test.Tap(s.signing.buttons["admin"])
	typed(w, "aardvark-adroitness")
	key(w, fyne.KeyReturn)
	if f := w.win.Canvas().Focused(); f != s.signing.buttons["op1"] {
		t.Errorf("after the first signature %T has the focus, wanted the next person's button", f)
	}
	var guest steps.Signing
	for _, one := range s.signing.texts {
		if one.Person == "guest" {
			guest = one
		}
	}
	h.write("elsewhere.sig", h.sign("guest", "online", guest.Namespace, guest.Text))
	w.Files([]string{h.path("elsewhere.sig")})
	if !s.signing.has("guest") {
		t.Error("a signature that was dropped is not taken")
	}
	h.write("forged.sig", h.sign("guest", "offline", guest.Namespace, guest.Text))
	n := len(s.signing.taken)
	w.Files([]string{h.path("forged.sig")})
	if len(s.signing.taken) != n || w.win.Canvas().Overlays().Top() == nil {
		t.Error("a signature by a key for the other machine is taken, or nothing is said")
	}
}

// TestInspect: a file that is dropped on the start page is looked at.
func TestInspect(t *testing.T) {
	h := newHall(t, nil)
	w := h.window()
	h.write("some.byok", []byte("{}"))
	w.Files([]string{h.path("some.byok")})
	p, ok := w.page.(*inspected)
	if !ok {
		t.Fatalf("a file that is dropped leads to a %T", w.page)
	}
	if len(p.r.Checks) == 0 || p.rows()[0].Mark == kit.Holds {
		t.Errorf("an empty blob gives %+v", p.r)
	}
	h.shot(w, "inspect")
	test.Tap(p.back)
	if _, ok := w.page.(*start); !ok {
		t.Errorf("back leads to a %T", w.page)
	}
}

// TestKept: what was entered still stands after somebody turned away and came
// back with Escape.
func TestKept(t *testing.T) {
	h, w := led(t)
	h.until(w, "clock.check")
	h.fill(w)
	want := page_(t, w).now.(*step).form.answers()
	tapTurn(t, w, "Exception…")
	w.win.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyEscape}) // as a field passes it on
	s, ok := page_(t, w).now.(*step)
	if !ok || s.now.Step.ID != "clock.check" || len(want) == 0 || !maps.Equal(s.form.answers(), want) {
		t.Errorf("after coming back the page is %T with %v, wanted %v", page_(t, w).now, s.form.answers(), want)
	}
}

// TestCloseAsks: a window is not closed by mistake in the middle of the script.
func TestCloseAsks(t *testing.T) {
	h, w := led(t)
	h.until(w, "clock.check")
	w.askClose()
	if w.win.Canvas().Overlays().Top() == nil {
		t.Fatal("the window closes unasked")
	}
	w.win.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if _, ok := w.page.(*ceremony); !ok || w.win.Canvas().Overlays().Top() != nil {
		t.Error("Escape does not stay")
	}
}
