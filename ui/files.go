package ui

import (
	"crypto/rand"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/steps"
	"github.com/keyceremony/ceremony/transfer/qr"
	"github.com/keyceremony/ceremony/transfer/receive"
	"github.com/keyceremony/ceremony/ui/kit"
)

// This file carries any files across the gap as codes, without a ceremony.

// Send shows files as codes.
func (w *Window) Send(paths []string) {
	files := map[string][]byte{}
	for _, path := range paths {
		b, err := w.host.Read(path)
		if err != nil {
			w.toStart(err)
			return
		}
		files[filepath.Base(path)] = b
	}
	m, err := qr.NewMessage(files)
	if err == nil {
		err = m.RefuseSecrets()
	}
	if err == nil && w.leave() {
		var s *sending
		if s, err = newSending(w, "", count(len(files), "file"), m, nil, func(bool) {}); err == nil {
			w.show(s)
		}
	}
	if err != nil {
		w.toStart(err)
	}
}

// toStart leads to the start page, and tells what went wrong.
func (w *Window) toStart(err error) {
	w.show(newStart(w))
	w.tell(err)
}

// Receive takes files as codes, and keeps them in a folder: dir, or one that
// people choose.
func (w *Window) Receive(dir string) {
	got, err := receive.New(receive.KQ1, receive.Keep{})
	if err != nil {
		w.toStart(err)
		return
	}
	if w.leave() {
		w.show(newFiles(w, got, dir))
	}
}

// files is the page on which files are received.
type files struct {
	scrolling
	w     *Window
	got   *receive.Receiving
	t     *taking
	asked qr.Challenge
	words [2]*kit.Entry
	rows  [2]*kit.Field
	dir   *kit.Entry
	said  *fyne.Container
	keep  *kit.Button
	box   fyne.CanvasObject
}

func newFiles(w *Window, got *receive.Receiving, dir string) *files {
	p := &files{w: w, got: got, said: kit.NewColumn(1), dir: kit.NewEntry(w.keys)}
	p.keep = kit.NewButton("Keep the files", kit.Primary, p.write)
	p.dir.SetValue(dir)
	p.dir.OnChanged = func(string) { p.changed() }
	p.t = newTaking(w, got, p.changed)
	for i := range p.words {
		p.words[i] = kit.NewEntry(w.keys)
		p.words[i].OnChanged = func(string) { p.rows[i].SetError(""); p.changed() }
		p.rows[i] = kit.NewField("Word", "read it off: this screen does not show it", p.words[i])
	}
	fillWith(p.said)
	choose := kit.NewButton("Choose…", kit.Plain, func() {
		kit.PickNewFolder(w.win, w.keys, "Where do the files go?", p.dir.Value(), w.media(), p.dir.SetValue)
	})
	head := kit.NewColumn(1, kit.NewText("Files as codes", kit.OverlineBlue), kit.NewText("Receive files", kit.Title))
	body := kit.NewColumn(3, head, p.said,
		kit.NewText("Hold the camera to the codes on the other machine's screen. Any order will do, and nothing is lost by looking away. Nothing is written before two words of that screen were typed here.", kit.Body),
		p.t.box, p.rows[0], p.rows[1],
		kit.NewField("Folder for the files", "it is made if it is not there; nothing in it is overwritten", container.NewBorder(nil, nil, nil, choose, p.dir)))
	foot := kit.NewBar(kit.NewRow(2, 1, kit.NewButton("Back", kit.Plain, w.home), kit.NewText("", kit.Body), p.keep))
	p.box = container.NewBorder(nil, foot, nil, nil, p.over(840, body))
	p.changed()
	return p
}

// changed follows what was received and typed. Which words are asked is drawn
// when all is there.
func (p *files) changed() {
	done := p.got.Done()
	if done && p.asked == (qr.Challenge{}) {
		fillWith(p.said) // it was about what is forgotten
		var err error
		if p.asked, err = qr.NewChallenge(rand.Reader); err != nil {
			p.t.say(err)
		}
		for i, place := range []int{p.asked.First, p.asked.Second} {
			p.rows[i].SetLabel(fmt.Sprintf("Word %d of the eight on the other machine's screen", place))
		}
	}
	if !done {
		p.asked = qr.Challenge{}
	}
	ready := done && p.dir.Value() != ""
	for i := range p.words {
		p.rows[i].Hidden = !done
		ready = ready && p.words[i].Value() != ""
	}
	enable(p.keep, ready)
	if p.box != nil {
		p.box.Refresh()
	}
	p.w.trace.touch()
}

// write keeps the files, if both words are right.
func (p *files) write() {
	if !p.areWords() {
		return
	}
	m, err := p.got.Message()
	if err == nil && !p.asked.Holds(m.Digest(), p.words[0].Value(), p.words[1].Value()) {
		p.forget()
		return
	}
	if err == nil {
		err = p.w.host.Keep(p.dir.Value(), m)
	}
	if err != nil {
		p.w.tell(err)
		return
	}
	p.w.sheet("The files are there", p.there(m.Files()))
}

// areWords names what can stand in neither place: that is misread, and no try.
func (p *files) areWords() bool {
	all := true
	for i, place := range []int{p.asked.First, p.asked.Second} {
		if !qr.IsWord(place, p.words[i].Value()) {
			p.rows[i].SetError(fmt.Sprintf("It is none of the words that can stand at place %d: read it again.", place))
			all = false
		}
	}
	p.box.Refresh()
	return all
}

// forget begins anew after words that are not those of the message: another two
// of the same one would be a second try for whoever made it.
func (p *files) forget() {
	fillWith(p.said, kit.NewPanel("The words are not those of what was received",
		[]string{
			"One is mistyped, or the codes came from another screen. Nothing was written, and what was received is forgotten.",
			"Look for a second screen. Then hold the camera to the codes on the other machine's own screen again.",
		}, "", kit.PanelError))
	for _, e := range p.words {
		e.SetValue("")
	}
	p.t.begin()
	p.scroll.Scroll.ScrollToTop()
}

// there says where the files are and, of a text that people sign, how.
func (p *files) there(files map[string][]byte) fyne.CanvasObject {
	body := kit.NewColumn(1.5, kit.NewText(fmt.Sprintf("%s in %s.", count(len(files), "file"), p.dir.Value()), kit.Body))
	for _, name := range slices.Sorted(maps.Keys(files)) {
		kept := filepath.Join(p.dir.Value(), name)
		if command := steps.ToSign(name, kept, files[name]); command != "" {
			body.Add(kit.NewText(name+" is a text to sign. Read it, and compare what stands after -n with the ceremony's screen.", kit.Body))
			body.Add(kit.NewFacts([]kit.Fact{{Label: "Sign it", Value: command, Mono: true, Copy: true}}))
			body.Add(kit.NewText("Then Send a file as codes…, with "+audit.SigName(name)+".", kit.Body))
		}
	}
	return body
}

func (p *files) title() string { return "Files as codes" }

func (p *files) content() fyne.CanvasObject { return p.box }
func (p *files) first() fyne.Focusable      { return p.t.first() }
func (p *files) enter()                     { p.keep.Press() }
func (p *files) escape()                    { p.w.home() }

func (p *files) files(paths []string) bool {
	p.t.file(paths[0])
	return true
}

func (p *files) leave() error {
	p.t.end()
	return p.got.Close()
}

func (p *files) help() (title, text string) {
	return "Receive files", "The other machine shows files as codes: with this program's Send files, or with ceremony qr send. Nothing says that they are good: only that they are what that screen shows."
}

func (p *files) mark(t *Trace) {
	t.Page, t.Primary, t.Ready = "receive", p.keep.Text(), !p.keep.Disabled()
	p.t.mark(t)
	t.focused = map[fyne.Focusable]string{p.words[0]: "first", p.words[1]: "second", p.dir: "dir", p.t.first(): "codes"}
	t.box(p.w, "primary", p.keep)
}
