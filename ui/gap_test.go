package ui

import (
	"context"
	"image"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/plan"
	"github.com/keyceremony/ceremony/steps"
	"github.com/keyceremony/ceremony/transfer/camera"
	"github.com/keyceremony/ceremony/transfer/qr"
	"github.com/keyceremony/ceremony/ui/kit"
)

// This file crosses the gap by codes in the window: what one page shows is what
// the camera of another sees.

func byQR(p *plan.Plan) { p.Transfer = plan.Transfer{KEK: plan.QR, Blob: plan.QR} }

// A screenCamera sees what the page of a window shows.
type screenCamera struct {
	frames []camera.Frame
	closed bool
}

func (s *screenCamera) Next(ctx context.Context) (camera.Frame, error) {
	if err := ctx.Err(); err != nil {
		return camera.Frame{}, err
	}
	if len(s.frames) == 0 {
		return camera.Frame{}, io.EOF
	}
	f := s.frames[0]
	s.frames = s.frames[1:]
	return f, nil
}

func (s *screenCamera) Close() error {
	s.closed = true
	return nil
}

// A room has a camera that sees what the last page that sent had shown.
type room struct {
	*hall
	w       *Window
	seen    []camera.Frame
	cameras []*screenCamera
	chosen  string
	ticks   []func()
	stopped int
	now     time.Time
}

func newRoom(t *testing.T, change func(*plan.Plan)) *room {
	t.Helper()
	h := newHall(t, change)
	r := &room{hall: h}
	host := h.host()
	r.now = host.Now()
	host.Now = func() time.Time { return r.now }
	host.Every = func(_ time.Duration, f func()) func() {
		r.ticks = append(r.ticks, f)
		n := len(r.ticks) - 1
		return func() { r.ticks[n] = nil; r.stopped++ }
	}
	host.Cameras = camera.Cameras{
		List: func() ([]camera.Device, error) {
			return []camera.Device{{ID: "front", Name: "Front camera"}, {ID: "stand", Name: "USB camera on the stand"}}, nil
		},
		Open: func(id string) (camera.Source, error) {
			if id == "front" {
				return nil, camera.ErrBusy
			}
			one := &screenCamera{frames: r.seen}
			r.cameras = append(r.cameras, one)
			return one, nil
		},
		Choose: func(id string) { r.chosen = id },
	}
	a := test.NewTempApp(t)
	r.w = New(a, host)
	r.w.Start()
	r.w.win.Resize(fyne.NewSize(1440, 900))
	return r
}

// sendAll lets the page of a sender run until everything was shown, with a
// camera in front of it.
func (r *room) sendAll() *sending {
	r.t.Helper()
	s, ok := r.w.page.(*sending)
	if !ok {
		r.t.Fatalf("the page is a %T", r.w.page)
	}
	r.seen = nil
	for range s.stream.Blocks() {
		r.seen = append(r.seen, camera.Frame{Image: grey(s)})
		key(r.w, fyne.KeyRight)
	}
	return s
}

// grey is what a good camera sees of a code.
func grey(s *sending) *image.Gray {
	const px = 4
	code := s.codes[s.at]
	out := image.NewGray(image.Rect(0, 0, code.Side()*px+40, code.Side()*px+30))
	for i := range out.Pix {
		out.Pix[i] = 0xD0
	}
	for y := range code.Side() * px {
		for x := range code.Side() * px {
			if code.Dark(x/px, y/px) {
				out.Pix[(y+15)*out.Stride+x+20] = 0x20
			} else {
				out.Pix[(y+15)*out.Stride+x+20] = 0xF0
			}
		}
	}
	return out
}

func cornersOf(img *image.Gray) [4][2]float64 {
	w, h := float64(img.Rect.Dx()), float64(img.Rect.Dy())
	return [4][2]float64{{36, 31}, {w - 36, 31}, {w - 36, h - 31}, {36, h - 31}}
}

// until leads on until a step is awaited.
func (r *room) until(id string) *step {
	r.t.Helper()
	for range 60 {
		p := page_(r.t, r.w)
		switch v := p.now.(type) {
		case *step:
			if v.now.Step.ID == id {
				return v
			}
			r.fill(r.w)
			r.signAll(r.w)
		case *over:
			r.t.Fatalf("it is over, and %s was awaited", id)
		}
		r.now = r.now.Add(time.Minute)
		p.changed()
		test.Tap(p.primary)
	}
	r.t.Fatalf("%s does not come", id)
	return nil
}

func controlOf[T control](t testing.TB, s *step) (c T) {
	t.Helper()
	for _, r := range s.form.rows {
		if one, ok := r.control.(T); ok {
			return one
		}
	}
	t.Fatalf("%s has no %T", s.now.Step.ID, c)
	return c
}

// handOver shows the codes of the step that is awaited, and does the step.
func (r *room) handOver(id string) *sending {
	r.t.Helper()
	v := r.until(id)
	if _, ready, waiting := v.primary(); ready || !strings.Contains(waiting, "codes") {
		r.t.Errorf("%s can be done before anything was shown (%s)", id, waiting)
	}
	title := r.w.win.Title()
	test.Tap(controlOf[*sendControl](r.t, v).show)
	s := r.sendAll()
	if got := r.w.win.Title(); got != title {
		r.t.Errorf("with codes in front of it the window is called %q", got)
	}
	r.shot(r.w, "send."+id)
	test.Tap(s.cards.primary)
	if _, ready, waiting := v.primary(); !ready {
		r.t.Fatalf("%s: %s", id, waiting)
	}
	test.Tap(page_(r.t, r.w).primary)
	return s
}

// takeOver takes them, and types the words from the sender's page.
func (r *room) takeOver(id string, s *sending) {
	r.t.Helper()
	v := r.until(id)
	c := controlOf[*takeControl](r.t, v)
	r.shot(r.w, "take."+id)
	full := r.seen
	r.seen = full[:len(full)-2]
	c.t.cameras.OnChanged("stand")
	if p := c.g.Progress(); p.Have != len(full)-2 || !r.cameras[len(r.cameras)-1].closed {
		r.t.Errorf("%d parts of %d", p.Have, len(full))
	}
	c.t.preview.See(full[0].Image, []kit.Outline{{Corners: cornersOf(full[0].Image), Taken: true}}) // the file is at its end: a camera would go on
	c.t.note.SetText("")
	c.t.stop = func() {}
	c.t.turned()
	r.shot(r.w, "take."+id+".part")
	r.seen = full
	c.t.cameras.OnChanged("stand")
	v = page_(r.t, r.w).now.(*step)
	if !strings.Contains(v.form.missing(), "on the other machine's screen") {
		r.t.Errorf("all is there, and what is awaited is %q", v.form.missing())
	}
	r.typeWords(v, qr.Words(s.m.Digest()))
	r.shot(r.w, "take."+id+".words")
}

// typeWords types those of the eight words that a step asks for.
func (r *room) typeWords(v *step, words []string) {
	for _, row := range v.form.asked() {
		if place, ok := strings.CutPrefix(row.f.Name, "screen."); ok {
			r.w.focus(row.focus())
			typed(r.w, words[place[0]-'1'])
		}
	}
}

// mistakes types words of another message: all that was received is forgotten,
// and taken again.
func (r *room) mistakes(id string) {
	r.t.Helper()
	v := r.until(id)
	controlOf[*takeControl](r.t, v).t.cameras.OnChanged("stand")
	v = page_(r.t, r.w).now.(*step)
	r.fill(r.w)
	r.typeWords(v, qr.Words(digest.Of([]byte("another message"))))
	r.signAll(r.w)
	r.now = r.now.Add(time.Minute)
	page_(r.t, r.w).changed()
	test.Tap(page_(r.t, r.w).primary)
	v = page_(r.t, r.w).now.(*step)
	c := controlOf[*takeControl](r.t, v)
	if v.problems.Code != "check.transfer.words" || c.g.Done() || c.value() != "" || !c.t.live.Visible() {
		r.t.Fatalf("after wrong words %q is said, and all is there: %v", v.problems.Code, c.g.Done())
	}
	r.shot(r.w, "take."+id+".forgotten")
}

// TestCodesInTheWindow holds a whole ceremony without a medium.
func TestCodesInTheWindow(t *testing.T) {
	r := newRoom(t, byQR)
	r.w.Rehearse("", false)
	s := r.handOver("kek.export")
	for page_(t, r.w).stage == steps.Prepare {
		r.now = r.now.Add(time.Minute)
		page_(t, r.w).changed()
		test.Tap(page_(t, r.w).primary)
	}
	r.takeOver("kek.receive", s)
	if words := strings.Fields(r.sheets["kek.export.words"]); len(words) != qr.WordCount {
		t.Errorf("the table has the words %q", words)
	}
	s = r.handOver("blob.export")
	for page_(t, r.w).stage == steps.Wrap {
		r.now = r.now.Add(time.Minute)
		page_(t, r.w).changed()
		test.Tap(page_(t, r.w).primary)
	}
	r.mistakes("blob.receive")
	r.takeOver("blob.receive", s)
	r.until("final.seal")
	if left, _ := filepath.Glob(r.path("usb-*/*")); len(left) > 0 {
		t.Errorf("the media have %v", left)
	}
}

// TestTakingInTheWindow: a camera that is busy is named, a code of others too;
// nothing of that loses a part. Whoever begins anew has none.
func TestTakingInTheWindow(t *testing.T) {
	r := newRoom(t, byQR)
	r.w.Rehearse("", false)
	s := r.handOver("kek.export")
	for page_(t, r.w).stage == steps.Prepare {
		r.now = r.now.Add(time.Minute)
		page_(t, r.w).changed()
		test.Tap(page_(t, r.w).primary)
	}
	v := r.until("kek.receive")
	c := controlOf[*takeControl](t, v)
	c.t.cameras.OnChanged("front")
	if !strings.Contains(c.t.note.Value(), "in use") || r.chosen != "front" {
		t.Errorf("a busy camera: %q", c.t.note.Value())
	}
	other, err := qr.NewMessage(map[string][]byte{"other.bin": noise(4000)})
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := newSending(r.w, "", "Another screen", other, nil, func(bool) {})
	if err != nil {
		t.Fatal(err)
	}
	full := r.seen
	r.seen = append(append([]camera.Frame{}, full[:3]...), camera.Frame{Image: grey(foreign)})
	c.t.cameras.OnChanged("stand")
	if p := c.g.Progress(); p.Have != 3 || p.Foreign != 1 || c.t.foreign.Value() != "1" {
		t.Errorf("%+v, shown %q", p, c.t.foreign.Value())
	}
	r.shot(r.w, "take.foreign")
	r.w.focus(c.t.scanner)
	c.t.scanner.SetValue(foreign.stream.Frame(1))
	key(r.w, fyne.KeyReturn)
	if id := foreign.stream.ID().String(); !strings.Contains(c.t.note.Value(), id) {
		t.Errorf("the foreign code is not named: %q", c.t.note.Value())
	}
	r.w.focus(c.t.scanner)
	c.t.scanner.SetValue(s.stream.Frame(5))
	key(r.w, fyne.KeyReturn)
	if p := c.g.Progress(); p.Have != 4 {
		t.Errorf("what a scanner typed is not taken: %+v", p)
	}
	clip := fyne.CurrentApp().Clipboard()
	clip.SetContent(s.stream.Frame(6) + "\r\n" + s.stream.Frame(7) + "\n")
	c.t.scanner.TypedShortcut(&fyne.ShortcutPaste{Clipboard: clip})
	key(r.w, fyne.KeyReturn)
	if p := c.g.Progress(); p.Have != 6 || c.t.scanner.Value() != "" {
		t.Errorf("lines that were pasted are not taken: %+v", p)
	}
	test.Tap(c.t.anew)
	sheet := r.w.keys.Sheet()
	if sheet == nil {
		t.Fatal("it begins anew without asking")
	}
	for _, b := range sheet.Buttons() {
		if b.Text() == "Begin anew" {
			test.Tap(b)
		}
	}
	if p := c.g.Progress(); p.Have != 0 || p.Need != 0 {
		t.Errorf("%+v", p)
	}
	// Who turns away ends the camera.
	page_(t, r.w).turnTo("exception")
	if c.t.stop != nil {
		t.Error("the camera goes on behind an exception")
	}
}

var _ kit.Pattern = qr.Symbol{}

// TestFilesInTheWindow: files cross without a ceremony; nothing is written
// before two words were typed that are right.
func TestFilesInTheWindow(t *testing.T) {
	r := newRoom(t, nil)
	kept := map[string]qr.Message{}
	r.w.host.Keep = func(dir string, m qr.Message) error { kept[dir] = m; return nil }
	r.write("notes.txt", []byte(strings.Repeat("what the other side needs. ", 90)))
	r.w.Send([]string{r.path("notes.txt")})
	s := r.sendAll()
	test.Tap(s.cards.primary)
	r.w.Receive(r.path("in"))
	p, ok := r.w.page.(*files)
	if !ok {
		t.Fatalf("the page is a %T", r.w.page)
	}
	if p.rows[0].Visible() || !p.keep.Disabled() {
		t.Error("words are asked before all is there")
	}
	p.t.cameras.OnChanged("stand")
	if !p.got.Done() || !p.rows[0].Visible() || !p.keep.Disabled() {
		t.Fatalf("%+v", p.got.Progress())
	}
	words := qr.Words(s.m.Digest())
	enter := func(first, second string) {
		p.words[0].SetValue(first)
		p.words[1].SetValue(second)
		p.changed()
		test.Tap(p.keep)
	}
	enter("wrong", words[p.asked.Second-1])
	if len(kept) > 0 || p.rows[0].Error() == "" || p.rows[1].Error() != "" || !p.got.Done() {
		t.Error("what is no word is a try")
	}
	r.shot(r.w, "files.misread")
	other := qr.Words(digest.Of([]byte("another message")))
	enter(other[p.asked.First-1], words[p.asked.Second-1])
	if len(kept) > 0 || p.words[0].Value() != "" || p.rows[0].Error() != "" || p.got.Done() || p.rows[0].Visible() || !p.t.live.Visible() {
		t.Error("after a wrong word something is kept, or can be tried again")
	}
	r.shot(r.w, "files.refused")
	p.t.cameras.OnChanged("stand")
	enter(words[p.asked.First-1], words[p.asked.Second-1])
	if m, ok := kept[r.path("in")]; !ok || m.Digest() != s.m.Digest() {
		t.Error("it is not kept")
	}
}

// inSight tells whether an object can be seen whole without scrolling.
func (r *room) inSight(s *kit.Scroll, o fyne.CanvasObject) bool {
	top := fyne.CurrentApp().Driver().AbsolutePositionForObject
	from, at := top(s), top(o)
	return o.Visible() && o.Size().Height > 0 && at.Y >= from.Y && at.Y+o.Size().Height <= from.Y+s.Size().Height
}

// TestChoiceInSight: where codes come from is chosen without scrolling on a
// small projector; when they come, what the camera sees is in sight.
func TestChoiceInSight(t *testing.T) {
	r := newRoom(t, byQR)
	r.w.Rehearse("", false)
	r.w.scene.table.w.win.Close() // or positions are looked for in there
	r.handOver("kek.export")
	for page_(t, r.w).stage == steps.Prepare {
		r.now = r.now.Add(time.Minute)
		page_(t, r.w).changed()
		test.Tap(page_(t, r.w).primary)
	}
	r.w.win.Resize(fyne.NewSize(1024, 768))
	v := r.until("kek.receive")
	p, k := page_(t, r.w), controlOf[*takeControl](t, v).t
	look := func(s *kit.Scroll, list ...fyne.CanvasObject) {
		t.Helper()
		for _, o := range list {
			if !r.inSight(s, o) {
				t.Errorf("%T is out of sight", o)
			}
		}
	}
	look(p.scroll, k.cameras, k.files)
	if p.scroll.Scroll.Offset.Y > 0 || k.sight.Visible() && r.inSight(p.scroll, k.preview) {
		t.Error("the page is scrolled, or shows a picture that is none")
	}
	r.w.host.Go = func(func()) {} // a camera that has no picture yet
	k.cameras.OnChanged("stand")
	look(p.scroll, k.preview, k.count)
	r.w.host.Go = func(f func()) { f() }
	r.seen = r.seen[:2]
	k.cameras.OnChanged("stand")
	look(p.scroll, k.note, k.cameras, k.files)
	r.w.home()
	r.w.Receive("")
	f := r.w.page.(*files)
	look(f.scroll, f.t.cameras, f.t.files)
}
