package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"github.com/keyceremony/ceremony/transfer/qr"
	"github.com/keyceremony/ceremony/ui/kit"
)

// This file has the page on which codes are shown.

// TestSendPage: it stands still at first; keys and buttons turn it, run it and
// change its speed; above three a second the modules are kept fine.
func TestSendPage(t *testing.T) {
	r := newRoom(t, nil)
	m, err := qr.NewMessage(map[string][]byte{"a.bin": noise(9000)})
	if err != nil {
		t.Fatal(err)
	}
	has := false
	s, err := newSending(r.w, "", "Files", m, nil, func(yes bool) { has = yes })
	if err != nil {
		t.Fatal(err)
	}
	r.w.show(s)
	if s.running || s.at != 0 || rates[s.rate] > safeRate || !s.cards.primary.Disabled() {
		t.Fatal("it does not stand still at first")
	}
	if r.w.win.Canvas().Focused() != fyne.Focusable(s.symbol) {
		t.Error("the code has not the focus")
	}
	k := s.stream.Blocks()
	key(r.w, fyne.KeyRight)
	key(r.w, fyne.KeyRight)
	key(r.w, fyne.KeyLeft)
	if s.at != 1 {
		t.Errorf("code %d is shown", s.at+1)
	}
	key(r.w, fyne.KeySpace)
	if !s.running || s.cards.run.Text() != "Pause" {
		t.Fatal("it does not run")
	}
	tick := func() {
		s.painted = true
		r.ticks[len(r.ticks)-1]()
	}
	for range k {
		tick()
	}
	if !s.all() || s.cards.primary.Disabled() || s.late != 0 {
		t.Errorf("after all codes: %v, late %d", s.all(), s.late)
	}
	before, size := s.symbol.Module()
	if size < 4.5 {
		t.Fatalf("the window is too small for this test: %g", size)
	}
	for rates[s.rate] <= safeRate {
		key(r.w, fyne.KeyUp)
	}
	if px, size := s.symbol.Module(); size > fineModule || px >= before {
		t.Errorf("at %g a second a module has %g pixels", rates[s.rate], size)
	}
	if !s.running {
		t.Error("another speed ends it")
	}
	s.painted = false
	r.ticks[len(r.ticks)-1]()
	if s.late != 1 {
		t.Errorf("a code that nobody saw: late %d", s.late)
	}
	s.painted = true
	r.now = r.now.Add(2 * time.Second)
	r.ticks[len(r.ticks)-1]()
	if s.late < 5 {
		t.Errorf("the clock went on for two seconds: late %d", s.late)
	}
	at := s.at
	key(r.w, fyne.KeySpace)
	if s.running {
		t.Error("it does not pause")
	}
	key(r.w, fyne.KeyRight)
	if s.at != at+1 {
		t.Errorf("code %d after %d", s.at, at)
	}
	version, id := s.used, s.stream.ID()
	key(r.w, fyne.KeyPageDown)
	if s.used >= version || s.stream.ID() == id || s.at != 0 || s.all() {
		t.Errorf("less in one code: version %d, before %d, code %d", s.used, version, s.at+1)
	}
	for s.most < versions[len(versions)-1] {
		key(r.w, fyne.KeyPageUp)
	}
	for range s.stream.Blocks() {
		key(r.w, fyne.KeyRight)
	}
	if !s.all() {
		t.Fatal("with the largest codes not all are shown")
	}
	id = s.stream.ID()
	if key(r.w, fyne.KeyPageUp); s.stream.ID() != id || !s.all() || s.cards.primary.Disabled() {
		t.Error("more than the most in one code forgets which were shown")
	}
	key(r.w, fyne.KeyEscape)
	if _, back := r.w.page.(*start); !back || has {
		t.Error("Escape does not lead back, or claims that it was received")
	}
}

func noise(n int) []byte {
	out := make([]byte, n)
	x := uint32(1)
	for i := range out {
		x = x*1664525 + 1013904223
		out[i] = byte(x >> 24)
	}
	return out
}

// TestTooSmall: a code whose modules are too small for a camera says so, with
// their size, until there is room or less in it.
func TestTooSmall(t *testing.T) {
	r := newRoom(t, nil)
	m, err := qr.NewMessage(map[string][]byte{"a.bin": noise(9000)})
	if err != nil {
		t.Fatal(err)
	}
	s, err := newSending(r.w, "", "Files", m, nil, func(bool) {})
	if err != nil {
		t.Fatal(err)
	}
	r.w.show(s)
	if _, loud := s.flashing(); loud {
		t.Fatal("it is said before the code is small")
	}
	for s.most < versions[len(versions)-1] {
		key(r.w, fyne.KeyPageUp)
	}
	r.w.win.Resize(fyne.NewSize(800, 560))
	pixels, _ := s.symbol.Module()
	note, loud := s.flashing()
	if pixels >= leastModule || !loud || !strings.Contains(note, fmt.Sprintf("%d pixels", pixels)) || !s.cards.note.Visible() || s.cards.note.Value() != note {
		t.Errorf("modules of %d pixels: %q", pixels, s.cards.note.Value())
	}
	for s.most > versions[0] {
		key(r.w, fyne.KeyPageDown)
	}
	if s.cards.note.Visible() {
		t.Errorf("modules are large again: %q", s.cards.note.Value())
	}
}

// TestOneCode stands still.
func TestOneCode(t *testing.T) {
	r := newRoom(t, nil)
	m, err := qr.NewMessage(map[string][]byte{"a.txt": []byte("short")})
	if err != nil {
		t.Fatal(err)
	}
	s, err := newSending(r.w, "", "One file", m, nil, func(bool) {})
	if err != nil {
		t.Fatal(err)
	}
	r.w.show(s)
	key(r.w, fyne.KeySpace)
	key(r.w, fyne.KeyRight)
	if s.running || s.at != 0 || !s.all() || s.cards.primary.Disabled() {
		t.Errorf("running %v at %d", s.running, s.at)
	}
}

// TestSendTellsTheRoom: beside the codes of a step stands which machine this is
// and which step; all that stands there is in sight in the window that a small
// screen gets, and the code is as large as the window allows.
func TestSendTellsTheRoom(t *testing.T) {
	r := newRoom(t, byQR)
	r.w.Rehearse("", false)
	v := r.until("kek.export")
	test.Tap(controlOf[*sendControl](t, v).show)
	s := r.w.page.(*sending)
	text := shown(r.w)
	for _, want := range []string{"ONLINE MACHINE", where(v.now), "kek.export", v.now.Step.Title} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not said:\n%s", want, text)
		}
	}
	s.turn(-1) // to the one of which most is said
	for _, size := range []fyne.Size{{Width: 1257, Height: 661}, {Width: 1024, Height: 768}, {Width: 1366, Height: 768}} {
		r.w.win.Resize(size)
		scroll := s.cards.box.(*kit.Scroll).Scroll
		if need, room := scroll.Content.MinSize().Height, scroll.Size().Height; need > room {
			t.Errorf("%g x %g: what stands beside the code is %g high, and there is room for %g", size.Width, size.Height, need, room)
		}
		band := s.box.(*fyne.Container).Objects[0].Size().Height
		if got, want := min(s.symbol.Size().Width, s.symbol.Size().Height), min(size.Height-band, size.Width-400)-2*gap(); got != want {
			t.Errorf("%g x %g: the code has %g, wanted %g", size.Width, size.Height, got, want)
		}
	}
}

// TestSendRefusesSecrets: a private key is never shown.
func TestSendRefusesSecrets(t *testing.T) {
	r := newRoom(t, nil)
	r.write("key.pem", []byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"))
	r.w.Send([]string{r.path("key.pem")})
	if _, ok := r.w.page.(*start); !ok || r.w.keys.Sheet() == nil {
		t.Errorf("a private key leads to a %T", r.w.page)
	}
}
