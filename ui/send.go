package ui

import (
	"fmt"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/keyceremony/ceremony/transfer/qr"
	"github.com/keyceremony/ceremony/ui/kit"
)

// sending is the page that shows a message as codes, for the camera of another
// machine: the code as large as the window allows, and beside it where it is,
// the words that people compare, speed and density. It stands still until
// somebody lets it run.
type sending struct {
	w      *Window
	step   string // whose codes they are, or ""
	what   string // is shown
	m      qr.Message
	under  page // that comes back, and is left with this one; nil: the start
	done   func(has bool)
	cards  sendWords
	symbol *kit.Symbol
	box    fyne.CanvasObject

	most    int // version at the most
	used    int // version of the codes
	stream  *qr.Stream
	codes   []kit.Pattern // as far as they are drawn
	drawing atomic.Int64  // which drawing goes on; another number ends it
	at      int
	seen    []bool // of the first codes: each that was shown
	rate    int    // index of rates
	running bool
	stop    func() // the ticker
	since   time.Time
	ticks   int
	late    int  // codes that came later than their time
	painted bool // the code that is shown was painted
}

// rates are codes a second, and versions the sizes of codes, as people step
// through them.
var (
	rates    = []float64{1, 2, 3, 5, 8, 10, 15, 20}
	versions = []int{5, 10, 15, 20, 25, 30, 35, 40}
)

const (
	usualRate    = 1  // index: two a second do not flash
	usualVersion = 25 // more than it needs good light and a good camera
	safeRate     = 3  // more often a page must not flash (WCAG 2.3.1) …
	fineModule   = 4  // … but where its squares are as small: a tenth of a degree, seen from half a metre
	leastModule  = 3  // pixels of the screen: what a camera in front of it tells apart
	spare        = 32 // codes more than twice what is needed, before they begin again
)

// newSending makes the page. Done is called when people leave it, with whether
// the other machine has all.
func newSending(w *Window, step, what string, m qr.Message, under page, done func(has bool)) (*sending, error) {
	s := &sending{w: w, step: step, what: what, m: m, under: under, done: done, rate: usualRate, stop: func() {}, symbol: kit.NewSymbol()}
	s.symbol.OnKey = s.key
	s.symbol.Painted = func() { s.painted = true }
	if err := s.cut(s.comfortable()); err != nil {
		return nil, err
	}
	s.build()
	s.show(0)
	s.tell()
	return s, nil
}

// comfortable is the version whose modules are large enough in this window.
func (s *sending) comfortable() int {
	c := s.w.win.Canvas()
	high := c.Size().Height * c.Scale() * 0.9
	best := versions[0]
	for _, v := range versions {
		if side := float32(qr.Modules(v) + 2*qr.QuietZone); v <= usualVersion && high/side >= leastModule+1 {
			best = v
		}
	}
	return best
}

// cut makes codes of at most this version, or larger ones where there would be
// too many, and has them drawn.
func (s *sending) cut(most int) (err error) {
	for _, v := range append([]int{most}, versions...) {
		if v < most {
			continue
		}
		if s.stream, s.used, err = qr.Fit(s.m, v, qr.L); err == nil {
			s.most = v
			break
		}
	}
	if err != nil {
		return err
	}
	k := s.stream.Blocks()
	n := 2*k + spare
	if k == 1 {
		n = 1
	}
	s.codes, s.seen, s.at = make([]kit.Pattern, n), make([]bool, k), 0
	first, err := qr.Bitmap(s.stream.Frame(0), s.used, qr.L)
	s.codes[0] = first
	s.draw()
	return err
}

// draw has the codes drawn ahead, away from the thread that shows them.
func (s *sending) draw() {
	turn, stream, used, n := s.drawing.Add(1), s.stream, s.used, len(s.codes)
	s.w.host.background(func() {
		for i := 1; i < n && s.drawing.Load() == turn; i++ {
			code, err := qr.Bitmap(stream.Frame(i), used, qr.L)
			if err != nil {
				return // as many as can be shown are shown
			}
			fyne.Do(func() {
				if s.drawing.Load() == turn {
					s.codes[i] = code
				}
			})
		}
	})
}

// show shows a code.
func (s *sending) show(i int) {
	s.at, s.painted = i, false
	if i < len(s.seen) {
		s.seen[i] = true
	}
	s.symbol.Set(s.codes[i])
	if s.cards.count != nil {
		s.place()
	}
}

// all tells whether each code that is needed was shown.
func (s *sending) all() bool {
	for _, one := range s.seen {
		if !one {
			return false
		}
	}
	return true
}

// turn shows the next code, or the one before; at the end it begins again.
func (s *sending) turn(by int) {
	s.pause()
	if next := (s.at + by + len(s.codes)) % len(s.codes); s.codes[next] != nil {
		s.show(next)
	}
}

// run shows one code after the other.
func (s *sending) run() {
	if len(s.codes) == 1 || s.running {
		return
	}
	every := time.Duration(float64(time.Second) / rates[s.rate])
	s.running, s.since, s.ticks = true, s.w.host.Now(), 0
	s.stop = s.w.every(every, func() { s.tick(every) })
	s.tell()
}

func (s *sending) pause() {
	s.stop()
	s.running, s.stop = false, func() {}
	s.tell()
}

// toggle runs or pauses.
func (s *sending) toggle() {
	if s.running {
		s.pause()
		return
	}
	s.run()
}

// tick is the time of the next code. It counts what comes late: a code that was
// not painted in its time, that is not drawn yet, or whose time passed unseen.
func (s *sending) tick(every time.Duration) {
	if !s.running {
		return
	}
	s.ticks++
	if passed := int(s.w.host.Now().Sub(s.since) / every); passed > s.ticks {
		s.late += passed - s.ticks
		s.ticks = passed
	}
	next := (s.at + 1) % len(s.codes)
	if !s.painted || s.codes[next] == nil {
		s.late++
	}
	if s.codes[next] != nil {
		s.show(next)
	}
}

// faster and slower change the speed.
func (s *sending) faster(by int) {
	s.rate = max(0, min(len(rates)-1, s.rate+by))
	most := float32(0)
	if rates[s.rate] > safeRate {
		most = fineModule
	}
	s.symbol.SetMost(most)
	if s.running {
		s.pause()
		s.run()
	}
	s.tell()
}

// denser puts more or less into one code. That is another transfer: whoever
// has begun to receive begins anew.
func (s *sending) denser(by int) {
	i := 0
	for n, v := range versions {
		if v <= s.most {
			i = n
		}
	}
	to := versions[max(0, min(len(versions)-1, i+by))]
	if s.pause(); to == s.most {
		return // the codes stay, and which of them were shown
	}
	if err := s.cut(to); err != nil {
		return
	}
	s.show(0)
	s.tell()
}

// key is one for the code itself.
func (s *sending) key(ev *fyne.KeyEvent) bool {
	does := map[fyne.KeyName]func(){
		fyne.KeySpace: s.toggle,
		fyne.KeyRight: func() { s.turn(1) }, fyne.KeyLeft: func() { s.turn(-1) },
		fyne.KeyUp: func() { s.faster(1) }, fyne.KeyDown: func() { s.faster(-1) },
		fyne.KeyPageUp: func() { s.denser(1) }, fyne.KeyPageDown: func() { s.denser(-1) },
	}[ev.Name]
	if does == nil {
		return false
	}
	does()
	return true
}

// back leaves the page. Whether the other machine has all is people's word.
func (s *sending) back(has bool) {
	s.end()
	if s.under != nil {
		s.w.show(s.under)
		s.under.content().Refresh() // the look may have changed meanwhile
	} else {
		s.w.show(newStart(s.w))
	}
	s.done(has)
}

// end stops all that goes on.
func (s *sending) end() {
	s.pause()
	s.drawing.Add(1)
}

// title is that of the ceremony in front of which the codes are.
func (s *sending) title() string {
	if p, ok := s.under.(*ceremony); ok {
		return p.title()
	}
	return "Files as codes"
}

func (s *sending) content() fyne.CanvasObject { return s.box }
func (s *sending) first() fyne.Focusable      { return s.symbol }
func (s *sending) enter()                     { s.cards.primary.Press() }
func (s *sending) escape()                    { s.back(false) }
func (s *sending) files([]string) bool        { return true }
func (s *sending) below() page                { return s.under }

func (s *sending) leave() error {
	s.end()
	if s.under != nil {
		return s.under.leave()
	}
	return nil
}

func (s *sending) help() (title, text string) {
	return s.what, "Hold the other machine's camera so that the whole code with its white edge fills most of its picture. " +
		"Any codes will do, in any order: the receiver needs about as many as it says.\n\n" +
		"While the code has the focus: Space runs and pauses, Left and Right turn, Up and Down are faster and slower, Page Up and Page Down put more or less into one code."
}

func (s *sending) mark(t *Trace) {
	t.Page, t.Step, t.Code, t.Parts, t.Late, t.Running = "send", s.step, s.at+1, s.stream.Blocks(), s.late, s.running
	t.Primary, t.Ready = s.cards.primary.Text(), !s.cards.primary.Disabled()
	t.focused = map[fyne.Focusable]string{s.symbol: "code"}
	t.box(s.w, "code", s.symbol)
	for _, b := range s.cards.buttons() {
		t.box(s.w, b.Text(), b)
	}
}

// sendLayout gives the code all the height there is, and what is said about it
// the room beside.
type sendLayout struct{ s *sending }

// MinSize is that of a small projector.
func (sendLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(800, 560) }

// Layout implements fyne.Layout: band, code, words, and what ends it.
func (l sendLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	const wide, most = 400, 480
	scale := kit.Size(kit.SizeBody) / 18
	top := o[0].MinSize().Height
	put(o[0], 0, 0, size.Width, top)
	side := min(size.Height-top, size.Width-wide*scale)
	beside := min(size.Width-side, most*scale)
	left := (size.Width - side - beside) / 2
	put(o[1], left+gap(), top+gap(), side-2*gap(), size.Height-top-2*gap())
	foot := o[3].MinSize().Height
	put(o[2], left+side, top, beside, size.Height-top-foot)
	put(o[3], left+side, size.Height-foot, beside, foot)
	l.s.measured()
}

func (s *sending) build() {
	s.cards = newSendWords(s)
	var band fyne.CanvasObject = container.NewWithoutLayout()
	if p, ok := s.under.(*ceremony); ok && p.c.Plan().Rehearsal {
		band = kit.NewBand("REHEARSAL — NOTHING HERE COUNTS")
	}
	s.box = container.New(sendLayout{s}, band, s.symbol, s.cards.box, s.cards.foot)
}

// flashing says how it is with flashing and size.
func (s *sending) flashing() (note string, loud bool) {
	pixels, _ := s.symbol.Module()
	switch {
	case pixels > 0 && pixels < leastModule:
		return fmt.Sprintf("Too small for most cameras: a module has %s. Make the window larger, or put less into one code.", count(pixels, "pixel")), true
	case rates[s.rate] > safeRate:
		return "More than three a second: the modules are kept so fine that the code does not flash (WCAG 2.3.1). Ask the room all the same whether somebody is sensitive to it.", false
	}
	return "", false
}
