package ui

import (
	"context"
	"fmt"
	"path/filepath"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/keyceremony/ceremony/steps"
	"github.com/keyceremony/ceremony/ui/kit"
)

// A signer is the sheet on which one person signs: with a key file, ssh-agent,
// a card, or elsewhere.
type signer struct {
	s       *signing
	w       *Window
	t       steps.Signing
	way     *kit.Choice
	about   *kit.Field // the choice, and what is said of the way taken
	ways    *fyne.Container
	path    *kit.Entry // key file
	text    *kit.Entry // where the text goes that is signed elsewhere
	back    *kit.Entry // the signature that comes back
	module  *kit.Entry
	serial  *kit.Entry
	label   *kit.Entry
	pass    *kit.Secret
	shown   bool        // the text, as codes
	show    *kit.Button // the text as codes
	bring   *kit.Button // the signature as codes
	problem *fyne.Container
	on      *kit.Sheet
}

// The ways to sign.
const (
	byFile  = "file"
	byAgent = "agent"
	byCard  = "card"
	byHand  = "elsewhere"
)

func newSigner(s *signing, t steps.Signing) *signer {
	w := s.p.w
	g := &signer{s: s, w: w, t: t, ways: kit.NewColumn(1.5), problem: kit.NewColumn(1)}
	fillWith(g.problem)
	entry := func() *kit.Entry {
		e := kit.NewEntry(w.keys)
		e.OnSubmitted = func(string) { w.win.Canvas().FocusNext() }
		return e
	}
	g.path, g.text, g.back, g.module, g.serial, g.label = entry(), entry(), entry(), entry(), entry(), entry()
	g.show = kit.NewButton("Show it as codes…", kit.Plain, g.showText)
	g.bring = kit.NewButton("Take it as codes…", kit.Plain, g.bringBack)
	g.pass = kit.NewSecret(w.keys)
	g.pass.OnSubmitted = g.sign
	g.way = kit.NewChoice(w.keys, g.options())
	g.way.Across = true
	g.about = kit.NewField("Signs with", "", g.way)
	g.way.OnChanged = func(string) {
		g.forget()
		g.draw()
		g.focus()
	}
	g.recall()
	return g
}

func (g *signer) options() []kit.Option {
	out := []kit.Option{{Value: byFile, Title: "A key file"}}
	if g.w.host.Sign.Agent != nil {
		out = append(out, kit.Option{Value: byAgent, Title: "ssh-agent"})
	}
	if g.w.host.Sign.Card != nil {
		out = append(out, kit.Option{Value: byCard, Title: "A card"})
	}
	return append(out, kit.Option{Value: byHand, Title: "Elsewhere"})
}

// ofWay says more of a way to sign.
var ofWay = map[string]string{
	byAgent: "or a FIDO key that it holds",
	byCard:  "through its PKCS#11 module",
}

// sheet asks the person to sign.
func (g *signer) sheet() {
	about := fmt.Sprintf("As %s, at the %s machine. Sign only what you have read and seen.", g.t.Role, g.s.p.c.Side())
	text := kit.NewExcerpt(whatIsSigned(g.t))
	body := kit.NewColumn(1.5, kit.NewText(about, kit.Muted), kit.NewField("What is signed", "", text), g.about, g.problem, g.ways)
	sign := kit.NewButton("Sign", kit.Primary, g.sign)
	no := kit.NewButton("Not now", kit.Plain, func() { g.hide() })
	g.on = kit.NewSheet(g.w.win, g.w.keys, g.t.Name+" signs", body, no, sign)
	g.on.Width, g.on.Gives = 960, text
	g.on.OnEscape = g.hide
	g.on.Named = map[fyne.Focusable]string{
		g.way: "way", g.pass: "pass", g.path: "path", g.text: "text", g.back: "back", g.module: "module", g.serial: "serial", g.label: "label",
	}
	g.s.open = g
	g.on.Show()
	g.focus()
	g.w.trace.touch()
}

func (g *signer) hide() {
	g.pass.Clear()
	g.s.refused = ""
	g.on.Hide()
	g.w.trace.touch()
}

// draw shows what the chosen way needs.
func (g *signer) draw() {
	w := g.w
	choose := func(label string, e *kit.Entry) *kit.Button {
		return kit.NewButton("Choose…", kit.Plain, func() {
			kit.PickFile(w.win, w.keys, label, e.Value(), w.media(), e.SetValue)
		})
	}
	file := func(label string, e *kit.Entry) fyne.CanvasObject {
		return kit.NewField(label, "", container.NewBorder(nil, nil, nil, choose(label, e), e))
	}
	g.about.SetHint(ofWay[g.way.Value()])
	g.ways.RemoveAll()
	switch g.way.Value() {
	case byFile:
		g.ways.Add(kit.NewField("Passphrase", "", g.pass))
		g.ways.Add(file("Key file", g.path))
	case byCard:
		g.ways.Add(kit.NewField("PIN", "nothing if the reader has a PIN pad", g.pass))
		g.ways.Add(file("PKCS#11 module", g.module))
		g.ways.Add(kit.NewGrid(2, 2, kit.NewField("Label of the key", "", g.label), kit.NewField("Serial number of the card", "", g.serial)))
	case byHand:
		g.elsewhere(choose("The signature's file", g.back))
	}
	g.ways.Refresh()
	g.refit()
}

// refit gives what is on the sheet its room anew.
func (g *signer) refit() {
	if g.on != nil {
		g.on.Refit()
	}
}

// elsewhere shows the three things to do: each of the ways to and fro can be
// codes or a file.
func (g *signer) elsewhere(choose *kit.Button) {
	write := kit.NewButton("Write the text", kit.Plain, g.write)
	g.ways.Add(kit.NewField("1. Take the text to a machine of your own: as codes, or in a new file", "", kit.NewRow(1, 1, g.show, g.text, write)))
	g.ways.Add(kit.NewField("2. Sign it there", "", kit.NewMono(g.t.Command(g.t.File))))
	g.ways.Add(kit.NewField("3. Bring the signature back: as codes, or in its file", "", kit.NewRow(1, 1, g.bring, g.back, choose)))
}

// suggestion is a place for the text that is signed elsewhere: on the first
// medium that can be written to, or where the program was started.
func (g *signer) suggestion() string {
	for _, m := range g.w.media() {
		if !m.ReadOnly {
			return filepath.Join(m.Path, g.t.File)
		}
	}
	return g.t.File
}

func (g *signer) focus() {
	switch g.way.Value() {
	case byFile:
		if g.path.Value() == "" {
			g.w.focus(g.path)
			return
		}
		g.w.focus(g.pass)
	case byCard:
		g.w.focus(g.pass)
	case byHand:
		g.w.focus(map[bool]fyne.Focusable{false: g.show, true: g.bring}[g.shown])
	}
}

// write writes the text that is signed elsewhere.
func (g *signer) write() {
	if err := g.w.host.WriteNew(g.text.Value(), g.t.Text); err != nil {
		g.tell(err)
		return
	}
	fillWith(g.problem, kit.NewPanel("Written", []string{g.text.Value()}, "", kit.PanelGood))
	g.refit()
}

// sign signs in the background: a card or a key may wait for a touch.
func (g *signer) sign() {
	way, path, back := g.way.Value(), g.path.Value(), g.back.Value()
	card := Card{Module: g.module.Value(), Serial: g.serial.Value(), Label: g.label.Value()}
	pass, mode, h := g.pass.Bytes(), g.s.p.c.Plan().Mode(), g.w.host
	g.pass.Clear()
	var sig []byte
	g.w.work.do(g.t.Name+" signs", func(context.Context) (err error) {
		defer clear(pass)
		switch way {
		case byFile:
			sig, err = h.Sign.File(path, pass, mode, g.t)
		case byAgent:
			sig, err = h.Sign.Agent(g.t)
		case byCard:
			sig, err = h.Sign.Card(card, pass, g.t)
		default:
			sig, err = h.Read(back)
		}
		if err == nil {
			err = g.t.Verify(sig)
		}
		return err
	}, func(err error) { g.done(sig, err) })
}

func (g *signer) done(sig []byte, err error) {
	g.s.p.lay(g.s.p.now) // what was under way is over; the button below the sheet is back
	if err != nil {
		g.tell(err)
		g.focus()
		return
	}
	g.hide()
	g.taken(sig)
}

// taken hands the signature on, and keeps how it was made.
func (g *signer) taken(sig []byte) {
	g.remember()
	g.s.refused = ""
	g.s.take(g.t, sig)
}

func (g *signer) tell(err error) {
	p := steps.Explain(err)
	g.s.refused = p.Code
	fillWith(g.problem, problemPanel(p))
	g.refit()
	if f, ok := g.w.win.Canvas().Focused().(fyne.CanvasObject); ok {
		kit.Reveal(f) // it was moved down, and has the focus already
	}
	g.w.trace.touch()
}

// forget takes away what was said of the try before: another way has begun.
func (g *signer) forget() {
	g.s.refused = ""
	fillWith(g.problem)
	g.w.trace.touch()
}

// A habit is how somebody signed the last time at this machine: where the key
// is, never what unlocks it.
type habit struct {
	way, path string
	card      Card
}

func (g *signer) remember() {
	g.s.p.habits[g.t.Person] = habit{g.way.Value(), g.path.Value(), Card{g.module.Value(), g.serial.Value(), g.label.Value()}}
}

func (g *signer) recall() {
	h, ok := g.s.p.habits[g.t.Person]
	if !ok {
		h.way = byFile
		if g.w.scene != nil {
			h.path = g.w.scene.r.KeyFile(g.t.Person, g.s.p.c.Side())
			g.s.p.habits[g.t.Person] = h
		}
	}
	g.path.SetValue(h.path)
	g.text.SetValue(g.suggestion())
	g.module.SetValue(h.card.Module)
	g.serial.SetValue(h.card.Serial)
	g.label.SetValue(h.card.Label)
	g.way.Select(h.way)
	g.draw()
}
