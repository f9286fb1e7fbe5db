package ui

import (
	"context"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/steps"
	"github.com/keyceremony/ceremony/transfer/camera"
	"github.com/keyceremony/ceremony/transfer/qr"
	"github.com/keyceremony/ceremony/transfer/receive"
)

// This file has people who sign at machines of their own: text and signature
// cross as the codes that a screen shows and a camera sees.

// atSigning leads to the sign-in, with all that it asks filled in.
func atSigning(t *testing.T) (*room, *step) {
	t.Helper()
	r := newRoom(t, nil)
	r.w.Rehearse("", false)
	v := r.until("people.signin")
	r.fill(r.w)
	return r, v
}

// elsewhere opens somebody's sheet, and chooses the last way there by keyboard.
func (r *room) elsewhere(v *step, person string) {
	r.t.Helper()
	test.Tap(v.signing.buttons[person])
	for f, name := range r.w.keys.Sheet().Named {
		if name == "way" {
			r.w.focus(f)
		}
	}
	key(r.w, fyne.KeyEnd)
	key(r.w, fyne.KeySpace)
	if got := r.focused(); got != "Show it as codes…" {
		r.t.Fatalf("where people sign elsewhere %q has the focus", got)
	}
}

func (r *room) focused() string {
	return focusName(r.w.win.Canvas().Focused(), nil)
}

// passed is a key that what has the focus passes on to the page: the test driver
// would take it to the table, which is the last window.
func (r *room) passed(name fyne.KeyName) {
	r.w.win.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: name})
}

// carried shows the text of somebody as codes, with the keyboard alone, and is
// what the camera of the person's own machine received.
func (r *room) carried(v *step, person string) qr.Message {
	r.t.Helper()
	r.elsewhere(v, person)
	key(r.w, fyne.KeyReturn)
	r.shot(r.w, "sign.codes")
	s := r.sendAll()
	r.passed(fyne.KeyReturn)
	if page_(r.t, r.w).now != view(v) || r.focused() != "Take it as codes…" {
		r.t.Fatalf("after the text was shown %q has the focus", r.focused())
	}
	got, err := receive.New(receive.KQ1, receive.Keep{})
	if err != nil {
		r.t.Fatal(err)
	}
	for _, f := range r.seen {
		if _, err := got.Take(context.Background(), f); err != nil {
			r.t.Fatal(err)
		}
	}
	m, err := got.Message()
	if err != nil || m.Digest() != s.m.Digest() {
		r.t.Fatalf("the camera sees another message: %v", err)
	}
	return m
}

// signedElsewhere signs the one file of a message as its own words want it, and
// gives the file of ssh-keygen.
func (r *room) signedElsewhere(m qr.Message, person, side string) map[string][]byte {
	r.t.Helper()
	for name, text := range m.Files() {
		command := strings.Fields(steps.ToSign(name, name, text))
		return map[string][]byte{audit.SigName(name): r.sign(person, side, command[4], text)}
	}
	return nil
}

// film is what a camera sees of files that another machine shows as codes.
func (r *room) film(files map[string][]byte) (out []camera.Frame) {
	r.t.Helper()
	m, err := qr.NewMessage(files)
	if err != nil {
		r.t.Fatal(err)
	}
	s, err := newSending(r.w, "", "Another machine", m, nil, func(bool) {})
	if err != nil {
		r.t.Fatal(err)
	}
	for i := range s.stream.Blocks() {
		s.show(i)
		out = append(out, camera.Frame{Image: grey(s)})
	}
	return out
}

// bringing is the page on which signatures are taken, opened by keyboard.
func (r *room) bringing() *bringing {
	r.t.Helper()
	key(r.w, fyne.KeyReturn)
	p, ok := r.w.page.(*bringing)
	if !ok {
		r.t.Fatalf("the page is a %T", r.w.page)
	}
	if text := shown(r.w); !strings.Contains(text, "MACHINE") || !strings.Contains(text, where(p.g.s.now)) {
		r.t.Errorf("neither machine nor step is said:\n%s", text)
	}
	return p
}

// sees has the second camera see the codes of files, chosen by keyboard.
func (r *room) sees(p *bringing, files map[string][]byte) {
	r.t.Helper()
	r.seen = r.film(files)
	r.w.focus(p.t.first())
	key(r.w, fyne.KeyEnd)
	key(r.w, fyne.KeySpace)
}

// TestSignatureByCodes: the text that is shown is the one that is signed, the
// signature that comes back counts, and the record has both.
func TestSignatureByCodes(t *testing.T) {
	r, v := atSigning(t)
	m := r.carried(v, "op1")
	var asked steps.Signing
	for _, one := range v.signing.texts {
		if one.Person == "op1" {
			asked = one
		}
	}
	if text := m.Files()[asked.File]; len(m.Files()) != 1 || string(text) != string(asked.Text) {
		t.Fatalf("what crosses is %q", text)
	}
	if len(r.sheets) > 0 {
		t.Errorf("the text of one person lies on the table: %v", r.sheets)
	}
	r.shot(r.w, "sign.elsewhere")
	r.bringing()
	r.shot(r.w, "sign.bring")
	r.passed(fyne.KeyEscape)
	if r.focused() != "Take it as codes…" || v.signing.has("op1") {
		t.Fatalf("Escape leads to %q", r.focused())
	}
	p := r.bringing()
	sig := r.signedElsewhere(m, "op1", "online")
	r.sees(p, sig)
	if !v.signing.has("op1") || r.w.keys.Sheet() != nil || page_(t, r.w).now != view(v) {
		t.Fatalf("the signature is not taken: %+v", p.refused)
	}
	if last := r.cameras[len(r.cameras)-1]; !last.closed || p.t.stop != nil {
		t.Error("the camera is still open")
	}
	if f := r.w.win.Canvas().Focused(); f != v.signing.first() {
		t.Errorf("after it %T has the focus, wanted the next person's button", f)
	}
	r.signAll(r.w)
	test.Tap(page_(t, r.w).primary)
	kept, err := r.w.host.Read(r.path("online/" + audit.SigName(asked.File)))
	if err != nil || string(kept) != string(sig[audit.SigName(asked.File)]) {
		t.Errorf("the record has another signature: %v", err)
	}
}

// TestTextReceivedInTheWindow: who takes the text with the window of an own
// machine is told how to sign it, by what the text itself says.
func TestTextReceivedInTheWindow(t *testing.T) {
	r, v := atSigning(t)
	m := r.carried(v, "op1")
	r.passed(fyne.KeyEscape)
	r.w.home()
	r.w.host.Keep = func(string, qr.Message) error { return nil }
	r.w.Receive(r.path("in"))
	p := r.w.page.(*files)
	p.t.cameras.OnChanged("stand")
	p.asked = qr.Challenge{First: 1, Second: 8}
	words := qr.Words(m.Digest())
	p.words[0].SetValue(words[0])
	p.words[1].SetValue(words[7])
	p.changed()
	test.Tap(p.keep)
	r.shot(r.w, "files.tosign")
	if s := r.w.keys.Sheet(); s == nil || s.Title() != "The files are there" || len(m.Files()) != 1 {
		t.Fatal("it is not kept")
	}
	if markup := test.RenderToMarkup(r.w.win.Canvas()); !strings.Contains(markup, "rehearsal-signin@keyceremony") {
		t.Error("it does not say how the text is signed")
	}
}

// TestOtherThanTheSignature: whatever else comes is named, nothing is lost, and
// the signature is taken when it comes after all.
func TestOtherThanTheSignature(t *testing.T) {
	r, v := atSigning(t)
	m := r.carried(v, "op1")
	good := r.signedElsewhere(m, "op1", "online")
	p := r.bringing()
	var text []byte
	var file string
	for file, text = range m.Files() {
	}
	namespace := v.signing.texts[0].Namespace
	two := map[string][]byte{"one.txt": []byte("one"), "two.sig": good[audit.SigName(file)]}
	bundle := map[string][]byte{"BUNDLE.sha256": noise(3000), "kek.pem": noise(800)}
	var ottos steps.Signing
	for _, one := range v.signing.texts {
		if one.Person == "op2" {
			ottos = one
		}
	}
	for _, c := range []struct {
		what        string
		files       map[string][]byte
		code, title string
	}{
		{"the key for the other machine", map[string][]byte{"a.sig": r.sign("op1", "offline", namespace, text)}, "signature.invalid", "not this person's"},
		{"another's key", map[string][]byte{"a.sig": r.sign("op2", "online", namespace, text)}, "signature.invalid", "not this person's"},
		{"another's signature", map[string][]byte{"a.sig": r.sign("op2", "online", namespace, ottos.Text)}, "signature.invalid", "it is Otto Operator's, wanted Olga Operator's"},
		{"another use", map[string][]byte{"a.sig": r.sign("op1", "online", "plan@keyceremony", text)}, "signature.namespace", "-n plan@keyceremony, wanted -n rehearsal-signin@keyceremony"},
		{"another text", map[string][]byte{"a.sig": r.sign("op1", "online", namespace, append([]byte("x"), text...))}, "signature.invalid", "other content was signed"},
		{"the text itself", m.Files(), "signature.not-one", "is the text itself"},
		{"two files", two, "signature.not-one", "2 files came, one.txt, two.sig"},
		{"a bundle", bundle, "signature.not-one", "a bundle of 1 file"},
		{"a key", map[string][]byte{"a.sig": []byte("-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n")}, "codes.key-shown", "a private key came"},
	} {
		r.sees(p, c.files)
		if r.w.page != page(p) || p.refused.Code != c.code || !strings.Contains(p.refused.Title, c.title) || v.signing.has("op1") {
			t.Fatalf("%s: the page is a %T with %+v", c.what, r.w.page, p.refused)
		}
		if strings.Contains(p.refused.Title, "c2VjcmV0") {
			t.Errorf("%s: what came is shown", c.what)
		}
		if have := p.Progress().Have; have != 0 {
			t.Errorf("%s: %d parts of it are kept", c.what, have)
		}
		switch c.what {
		case "another use":
			r.shot(r.w, "sign.bring.namespace")
		case "two files":
			r.shot(r.w, "sign.bring.refused")
		}
	}
	// Part of another message is in the way until people begin anew.
	r.seen = r.film(map[string][]byte{"BUNDLE.sha256": noise(9000)})[:2]
	p.t.cameras.OnChanged("stand")
	r.sees(p, good)
	if p.Progress().Have != 2 || p.Progress().Foreign == 0 || !strings.Contains(p.t.note.Value(), "at its end") {
		t.Errorf("%+v, said %q", p.Progress(), p.t.note.Value())
	}
	test.Tap(p.t.anew)
	for _, b := range r.w.keys.Sheet().Buttons() {
		if b.Text() == "Begin anew" {
			test.Tap(b)
		}
	}
	r.sees(p, good)
	if !v.signing.has("op1") {
		t.Errorf("the signature is not taken afterwards: %+v", p.refused)
	}
}

// TestSignatureAfterACrash: the window was killed while the text was signed
// elsewhere. The step comes back with a new text; the signature over the old
// one is refused, and that over the new one counts.
func TestSignatureAfterACrash(t *testing.T) {
	r, v := atSigning(t)
	old := r.signedElsewhere(r.carried(v, "op1"), "op1", "online")
	if err := page_(t, r.w).c.Close(); err != nil {
		t.Fatal(err)
	}
	r.w = New(test.NewTempApp(t), r.w.host)
	r.w.Rehearse("", false)
	v = r.until("people.signin")
	r.fill(r.w)
	m := r.carried(v, "op1")
	p := r.bringing()
	r.sees(p, old)
	if v.signing.has("op1") || !strings.Contains(p.refused.Title, "other content was signed") {
		t.Fatalf("the signature of before: %+v", p.refused)
	}
	r.sees(p, r.signedElsewhere(m, "op1", "online"))
	if !v.signing.has("op1") {
		t.Errorf("the signature is not taken: %+v", p.refused)
	}
}

// TestSignatureDroppedOnItsSheet: a file that is dropped while the person's own
// sheet is up leaves nothing to ask there; somebody else's sheet stays.
func TestSignatureDroppedOnItsSheet(t *testing.T) {
	r, v := atSigning(t)
	r.elsewhere(v, "op1")
	for _, one := range v.signing.texts {
		r.write(one.Person+".sig", r.sign(one.Person, "online", one.Namespace, one.Text))
	}
	r.w.Files([]string{r.path("op2.sig")})
	if !v.signing.has("op2") || r.w.keys.Sheet() == nil {
		t.Error("another's signature is not taken, or closes the sheet")
	}
	r.w.Files([]string{r.path("op1.sig")})
	if !v.signing.has("op1") || r.w.keys.Sheet() != nil {
		t.Error("the signature is not taken, or the sheet still asks for it")
	}
	r.write("guest.sig", r.sign("guest", "online", "plan@keyceremony", v.signing.texts[0].Text))
	r.w.Files([]string{r.path("guest.sig")})
	if up := r.w.keys.Sheet(); up == nil || !strings.Contains(up.Title(), "made with -n plan@keyceremony") {
		t.Error("a dropped signature for another use does not say so")
	}
}

// TestCloseInFrontOfACeremony: whoever closes the window while codes have the
// page is asked first, as on the ceremony's page: signatures would be lost.
func TestCloseInFrontOfACeremony(t *testing.T) {
	r, v := atSigning(t)
	asked := func() {
		t.Helper()
		r.w.askClose()
		s := r.w.keys.Sheet()
		if s == nil || s.Title() != "Close the window?" {
			t.Fatalf("the window closes without asking, the page is a %T", r.w.page)
		}
		s.Hide()
	}
	r.elsewhere(v, "op1")
	key(r.w, fyne.KeyReturn)
	asked()
	r.passed(fyne.KeyReturn)
	r.bringing()
	asked()
}

// TestSealByCodes: the list of a seal crosses as a statement does.
func TestSealByCodes(t *testing.T) {
	r := newRoom(t, nil)
	r.w.Rehearse("", false)
	r.until("prepare.seal")
	r.press(r.w)
	v := page_(t, r.w).now.(*step)
	if v.now.Phase != steps.Sealing {
		t.Fatalf("the phase is %s", v.now.Phase)
	}
	m := r.carried(v, "guest")
	list := m.Files()[audit.SealPrepare]
	sig := r.sign("guest", "online", audit.SealNamespace(audit.SealPrepare, audit.Rehearsal), list)
	p := r.bringing()
	r.sees(p, map[string][]byte{"PREPARE.sha256.sig": sig})
	if !v.signing.has("guest") {
		t.Errorf("the signature on the list is not taken: %+v", p.refused)
	}
}

// TestCameraOfASignature: it is closed when the page is left, however that is.
func TestCameraOfASignature(t *testing.T) {
	for name, leave := range map[string]func(*room, *bringing){
		"Escape": func(r *room, _ *bringing) { r.passed(fyne.KeyEscape) },
		"Back":   func(_ *room, p *bringing) { test.Tap(p.back) },
		"close":  func(r *room, _ *bringing) { r.w.Close() },
	} {
		r, v := atSigning(t)
		r.carried(v, "op1")
		p := r.bringing()
		var later []func()
		r.w.host.Go = func(f func()) { later = append(later, f) }
		p.t.cameras.OnChanged("stand")
		if p.t.stop == nil || len(later) != 1 {
			t.Fatalf("%s: no camera", name)
		}
		leave(r, p)
		if p.t.stop != nil {
			t.Errorf("%s: the camera goes on", name)
		}
		r.seen = r.film(map[string][]byte{"a.txt": []byte("seen too late")})
		later[0]() // it was opening meanwhile
		if last := r.cameras[len(r.cameras)-1]; !last.closed || p.Progress().Frames > 0 {
			t.Errorf("%s: closed %v, %+v", name, last.closed, p.Progress())
		}
	}
}
