package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"github.com/keyceremony/ceremony/transfer/camera"
	"github.com/keyceremony/ceremony/transfer/qr"
	"github.com/keyceremony/ceremony/transfer/receive"
	"github.com/keyceremony/ceremony/ui/kit"
)

// A taker takes the codes that were read in a frame: that of a step, or one of
// its own. It is used on Fyne's thread alone.
type taker interface {
	Add(l receive.Looked) (receive.Seen, error)
	Progress() qr.Progress
	Done() bool
	Anew() error
}

// taking is where codes are received: which camera, what it sees, and a grid
// that fills. What was received is the taker's to keep.
type taking struct {
	w       *Window
	t       taker
	changed func() // more is there, or it begins anew
	preview *kit.Preview
	parts   *kit.Parts
	count   *kit.Text
	note    *kit.Text
	rate    *kit.Text
	left    *kit.Text
	foreign *kit.Text
	cameras *kit.Choice
	scanner *kit.Entry
	files   *kit.Button
	anew    *kit.Button
	whole   *fyne.Container   // when all is there
	live    *fyne.Container   // before that
	sight   fyne.CanvasObject // what is seen, and what came of it
	lens    *fyne.Container   // which camera
	ways    fyne.CanvasObject // where codes come from
	typing  fyne.CanvasObject // a scanner that is a keyboard
	box     fyne.CanvasObject

	frames int       // that were looked at
	stop   func()    // ends the source; nil: none
	turn   int       // which source it is: what another delivered late is not taken
	since  time.Time // of the first part in this window
	had    int       // that were there then
}

func newTaking(w *Window, t taker, changed func()) *taking {
	k := &taking{
		w: w, t: t, changed: changed, preview: kit.NewPreview(""), parts: kit.NewParts(),
		count: kit.NewText("", kit.Strong), note: kit.NewText("", kit.Small),
		rate: kit.NewText("—", kit.Strong), left: kit.NewText("—", kit.Strong), foreign: kit.NewText("", kit.Strong),
		cameras: kit.NewChoice(w.keys, nil), scanner: kit.NewEntry(w.keys),
	}
	k.files = kit.NewButton("From files…", kit.Plain, k.pick)
	k.anew = kit.NewButton("Begin anew…", kit.Quiet, k.askAnew)
	k.cameras.OnChanged = k.open
	k.scanner.OnSubmitted = k.typed
	k.build()
	k.list()
	k.tell(qr.Progress{})
	return k
}

func (k *taking) build() {
	row := func(label string, value *kit.Text) fyne.CanvasObject {
		value.SetAlign(fyne.TextAlignTrailing)
		return kit.NewRow(1, 0, kit.NewText(label, kit.Body), value)
	}
	k.whole = kit.NewColumn(1)
	k.sight = kit.NewBeside(280, k.preview, kit.NewColumn(1, k.count, k.parts, row("Rate", k.rate), row("Left", k.left), row("Not of this transfer", k.foreign)))
	k.cameras.Across = true
	k.lens = kit.NewColumn(1, kit.NewText("Camera", kit.Strong), k.cameras)
	k.ways = kit.NewColumn(1, k.lens, kit.NewRow(1, -1, k.files, k.anew))
	k.typing = kit.NewColumn(1, kit.NewText("No camera? Take the codes from files, pictures or a film, or from a scanner that types them here:", kit.SmallMuted), k.scanner)
	k.live = kit.NewColumn(2)
	k.arrange()
	k.box = kit.NewColumn(1, k.whole, k.live)
}

// arrange has on top what is looked at: the choice of where codes come from or,
// as long as they come, what is seen.
func (k *taking) arrange() {
	k.live.Objects = []fyne.CanvasObject{k.ways, k.note, k.typing}
	switch {
	case k.stop != nil:
		k.live.Objects = []fyne.CanvasObject{k.sight, k.note, k.ways, k.typing}
	case k.t.Progress().Need > 0:
		k.live.Objects = []fyne.CanvasObject{k.ways, k.note, k.sight, k.typing}
	}
	k.note.Hidden = k.note.Value() == ""
	k.live.Refresh()
}

// turned shows that a source has begun, or has ended.
func (k *taking) turned() {
	k.arrange()
	k.changed()
	kit.Reveal(k.live)
}

// list lists the cameras.
func (k *taking) list() {
	if k.w.host.Cameras.List == nil {
		k.lens.Hide()
		k.say(errors.New("this program has no camera"))
		return
	}
	all, err := k.w.host.Cameras.List()
	var options []kit.Option
	for _, d := range all {
		options = append(options, kit.Option{Value: d.ID, Title: d.Name})
	}
	k.cameras.SetOptions(options)
	k.lens.Hidden = len(options) == 0
	if err == nil && len(all) == 0 {
		err = camera.ErrNone
	}
	k.say(err)
}

// say tells what is wrong with the source, or that nothing is.
func (k *taking) say(err error) {
	k.note.SetStyle(kit.Small)
	text := ""
	if err != nil {
		text = strings.Join(sentences(err.Error()), " ")
	}
	k.note.SetText(text)
	k.arrange()
	k.box.Refresh()
}

// open takes the codes of a camera.
func (k *taking) open(id string) {
	k.from(func() (camera.Source, error) { return k.w.host.Cameras.Open(id) })
	if choose := k.w.host.Cameras.Choose; choose != nil {
		choose(id)
	}
}

// file takes the codes of a picture, a film, lines, or a folder of these.
func (k *taking) file(path string) {
	k.from(func() (camera.Source, error) { return camera.OpenFile(path) })
}

func (k *taking) pick() {
	kit.PickAny(k.w.win, k.w.keys, "Pictures, a film, or lines with codes: a file, or a folder of them", "", k.w.media(), k.file)
}

// typed takes what a scanner typed, or several lines that were pasted: the field
// has made spaces of their ends, and no code has any inside.
func (k *taking) typed(string) {
	lines := strings.Fields(k.scanner.Value())
	k.scanner.SetValue("")
	for _, line := range lines {
		if k.t.Done() {
			return
		}
		looked, _ := receive.Look(context.Background(), camera.Frame{Text: line})
		k.see(looked)
	}
}

// from takes the frames of a source, away from Fyne's thread: only what was
// read in them comes there, and the next frame is fetched when it was taken.
func (k *taking) from(open func() (camera.Source, error)) {
	k.end()
	if k.t.Done() {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	k.turn++
	turn := k.turn
	k.stop = cancel
	k.preview.Clear("Waiting for the first picture …")
	k.turned()
	k.w.host.background(func() {
		source, err := open()
		for err == nil {
			err = k.next(ctx, turn, source)
		}
		if source != nil {
			_ = source.Close() // what it delivered is taken
		}
		fyne.Do(func() { k.ended(turn, err) })
	})
}

// next takes one frame.
func (k *taking) next(ctx context.Context, turn int, source camera.Source) error {
	frame, err := source.Next(ctx)
	if errors.Is(err, camera.ErrFrame) {
		return nil // one picture alone
	}
	if err != nil {
		return err
	}
	looked, err := receive.Look(ctx, frame)
	if err != nil && !errors.Is(err, camera.ErrFrame) {
		return err
	}
	taken := make(chan bool, 1)
	fyne.Do(func() { taken <- k.turn == turn && k.stop != nil && k.see(looked) })
	select {
	case more := <-taken:
		if more {
			return nil
		}
	case <-ctx.Done():
	}
	return context.Canceled
}

// ended tells why a source came to its end.
func (k *taking) ended(turn int, err error) {
	if turn != k.turn || k.stop == nil {
		return
	}
	k.end()
	k.cameras.Select("") // so that it can be chosen again
	k.preview.Clear("No picture. Choose a camera, or take the codes from files.")
	switch {
	case k.t.Done(), errors.Is(err, context.Canceled):
	case errors.Is(err, io.EOF) && k.t.Progress().Need == 0:
		k.say(errors.New("the file is at its end; nothing of it was taken"))
	case errors.Is(err, io.EOF):
		p := k.t.Progress()
		k.say(fmt.Errorf("the file is at its end; still missing: %s; what was received is kept", count(p.Need-p.Have, "part")))
	default:
		k.say(err)
	}
	if !k.t.Done() {
		k.turned()
	}
}

// see takes what was read in a frame, and shows it. It is false when no more
// is wanted.
func (k *taking) see(looked receive.Looked) (more bool) {
	if k.since.IsZero() && k.t.Progress().Have > 0 {
		k.since, k.had = k.w.host.Now(), k.t.Progress().Have
	}
	k.frames++
	was := k.t.Progress().Have
	seen, err := k.t.Add(looked)
	if looked.Frame.Image != nil {
		k.preview.See(looked.Frame.Image, outlines(seen.Codes))
	}
	k.tell(seen.Progress)
	k.advise(seen, err)
	if seen.Progress.Have != was {
		k.changed()
	}
	k.w.trace.touch()
	return err == nil && !k.t.Done()
}

func outlines(codes []receive.Code) (out []kit.Outline) {
	for _, c := range codes {
		out = append(out, kit.Outline{Corners: c.Corners, Taken: c.Event == qr.New || c.Event == qr.Done || c.Event == qr.Duplicate})
	}
	return out
}

// advise says what people can do, and names a code of others.
func (k *taking) advise(seen receive.Seen, err error) {
	if err != nil {
		k.say(err)
		return
	}
	for _, c := range seen.Codes {
		if c.Event == qr.Foreign {
			k.say(fmt.Errorf("a code is not taken: %w", c.Err))
			return
		}
	}
	text := seen.Advice.String()
	if text != k.note.Value() {
		k.note.SetText(text)
		k.arrange()
		k.box.Refresh()
	}
}

// tell shows how far it is.
func (k *taking) tell(p qr.Progress) {
	if p.Need == 0 {
		p = k.t.Progress()
	}
	known := 0
	for _, one := range p.Parts {
		if one {
			known++
		}
	}
	k.parts.Set(p.Parts, p.Have-known)
	switch {
	case k.t.Done():
		k.count.SetText(allOf(p.Need, "part", "is there", "are there"))
	case p.Need == 0:
		k.count.SetText("No part yet")
	default:
		k.count.SetText(fmt.Sprintf("%d of %s", p.Have, count(p.Need, "part")))
	}
	k.parts.Hidden = p.Need == 0
	k.foreign.SetText(fmt.Sprint(p.Foreign))
	k.pace(p)
	enable(k.anew, p.Have > 0)
	k.finish(p)
	k.box.Refresh()
}

// finish leaves one panel of all, when all is there.
func (k *taking) finish(p qr.Progress) {
	k.live.Hidden, k.whole.Hidden = k.t.Done(), !k.t.Done()
	if k.whole.Objects = nil; !k.t.Done() {
		return
	}
	again := kit.NewButton("Begin anew…", kit.Quiet, k.askAnew)
	k.whole.Add(kit.NewPanel(allOf(p.Need, "part", "is there", "are there"), []string{"Now read two words off the other machine's screen. Nothing is believed before they are typed here."}, "", kit.PanelGood))
	k.whole.Add(kit.NewRow(1, -1, again))
}

// pace says how fast it goes, and for how long still.
func (k *taking) pace(p qr.Progress) {
	passed := k.w.host.Now().Sub(k.since).Seconds()
	if k.since.IsZero() || passed < 0.5 || p.Have <= k.had {
		return
	}
	rate := float64(p.Have-k.had) / passed
	k.rate.SetText(fmt.Sprintf("%.1f parts a second", rate))
	k.left.SetText(fmt.Sprintf("about %.0f s", float64(p.Need-p.Have)/rate))
	if k.t.Done() {
		k.left.SetText("nothing")
	}
}

func (k *taking) askAnew() {
	kit.Confirm(k.w.win, k.w.keys, "Forget what was received?",
		"Do this when the codes are not those of the other machine's screen. All parts are taken again.",
		"Begin anew", "Keep it", func(yes bool) {
			if yes {
				k.begin()
			}
		})
}

// begin forgets what was received.
func (k *taking) begin() {
	k.end()
	k.say(k.t.Anew())
	k.since = time.Time{}
	k.tell(qr.Progress{})
	k.changed()
}

// end ends the source, if there is one.
func (k *taking) end() {
	if k.stop != nil {
		k.stop()
		k.stop = nil
	}
}

// first is where people go on.
func (k *taking) first() fyne.Focusable {
	if k.lens.Visible() {
		return k.cameras
	}
	return k.files
}

func (k *taking) mark(t *Trace) {
	p := k.t.Progress()
	t.Have, t.Parts, t.Frames = p.Have, p.Need, k.frames
	t.box(k.w, k.files.Text(), k.files)
}
