package ui

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/keyceremony/ceremony/steps"
	"github.com/keyceremony/ceremony/transfer/qr"
	"github.com/keyceremony/ceremony/transfer/receive"
	"github.com/keyceremony/ceremony/ui/kit"
)

// This file lets a text and its signature go as codes, to a machine of the
// person's own and back.

// showText shows the text as codes, in front of the ceremony.
func (g *signer) showText() {
	g.aside()
	m, err := g.t.Message()
	if err == nil {
		err = g.s.p.sendPage(g.s.now.Step.ID, g.s.now.Step.Title+": "+g.t.Name+"'s text", m, func(has bool) {
			g.shown = g.shown || has
			g.again()
		})
	}
	if err != nil {
		g.again()
		g.tell(err)
	}
}

// bringBack takes the signature as codes, in front of the ceremony.
func (g *signer) bringBack() {
	got, err := receive.New(receive.KQ1, receive.Keep{})
	if err != nil {
		g.tell(err)
		return
	}
	g.aside()
	g.w.show(newBringing(g, got))
}

// aside takes the sheet away for a while.
func (g *signer) aside() {
	g.pass.Clear()
	g.forget()
	g.on.Hide()
}

// again brings the sheet back, with all that was entered.
func (g *signer) again() {
	g.draw()
	g.sheet()
}

// bringing is the page on which the codes of a signature are taken. The first
// one that verifies ends it. What is anything else is named and forgotten, and
// the camera looks on: so nothing has to be pressed when the right one comes.
type bringing struct {
	*receive.Receiving
	scrolling
	g       *signer
	t       *taking
	sig     []byte
	refused steps.Problem
	said    *fyne.Container
	back    *kit.Button
	box     fyne.CanvasObject
}

func newBringing(g *signer, got *receive.Receiving) *bringing {
	p := &bringing{Receiving: got, g: g, said: kit.NewColumn(1)}
	fillWith(p.said)
	p.t = newTaking(g.w, p, p.changed)
	p.back = kit.NewButton("Back", kit.Plain, p.escape)
	head := kit.NewColumn(1, kit.NewRow(1, 0, kit.NewText(where(g.s.now), kit.OverlineBlue), kit.Badge(g.s.p.c.Side())), kit.NewText(g.s.now.Step.Title+": "+g.t.Name+"'s signature", kit.Title))
	about := "At the other machine: ceremony qr send, with the file that ssh-keygen wrote. Hold this machine's camera to its codes. " +
		"The signature is taken as soon as it is there and verifies with " + g.t.Name + "'s key over the text of this step: no words are compared for it."
	body := kit.NewColumn(2.5, head, kit.NewText(about, kit.Body), p.said, p.t.box)
	var band fyne.CanvasObject = container.NewWithoutLayout()
	if g.s.p.c.Plan().Rehearsal {
		band = kit.NewBand("REHEARSAL — NOTHING HERE COUNTS")
	}
	p.box = container.NewBorder(band, kit.NewBar(kit.NewRow(2, 1, p.back, kit.NewText("", kit.Body))), nil, nil, p.over(760, body))
	return p
}

// Add takes what was read in a frame. A message that is not the signature is
// forgotten.
func (p *bringing) Add(l receive.Looked) (receive.Seen, error) {
	seen, err := p.Receiving.Add(l)
	if err != nil || !p.Done() {
		return seen, err
	}
	m, err := p.Message()
	if err == nil {
		p.sig, err = p.g.take(m)
	}
	if err == nil {
		return seen, nil
	}
	p.tell(err)
	err = p.Anew()
	seen.Progress = p.Progress()
	return seen, err
}

// take is the person's signature, or says what came instead.
func (g *signer) take(m qr.Message) ([]byte, error) {
	sig, err := g.t.FromCodes(m)
	if err == nil {
		return sig, nil
	}
	for _, other := range g.s.texts {
		if _, its := other.FromCodes(m); its == nil {
			return nil, fmt.Errorf("%w: it is %s's, wanted %s's", steps.ErrSignature, other.Name, g.t.Name)
		}
	}
	return nil, err
}

// tell says once what came that is not the signature: the camera may see it
// many times a second.
func (p *bringing) tell(err error) {
	problem := steps.Explain(err)
	if problem == p.refused {
		return
	}
	p.refused = problem
	fillWith(p.said, problemPanel(problem))
	p.box.Refresh()
	p.scroll.Scroll.ScrollToTop()
}

// changed takes the signature when it is there.
func (p *bringing) changed() {
	if p.sig == nil {
		p.scroll.Refresh()
		return
	}
	p.under()
	p.g.taken(p.sig)
}

// escape leads back to the sheet.
func (p *bringing) escape() {
	p.under()
	p.g.again()
}

// under ends the camera, and shows the ceremony.
func (p *bringing) under() {
	p.t.end()
	p.g.w.show(p.g.s.p)
	p.g.s.p.content().Refresh() // the look may have changed meanwhile
}

func (p *bringing) title() string { return p.g.s.p.title() }

func (p *bringing) content() fyne.CanvasObject { return p.box }
func (p *bringing) first() fyne.Focusable      { return p.t.first() }
func (p *bringing) enter()                     {}
func (p *bringing) below() page                { return p.g.s.p }

func (p *bringing) files(paths []string) bool {
	p.t.file(paths[0])
	return true
}

func (p *bringing) leave() error {
	p.t.end()
	return p.g.s.p.leave()
}

func (p *bringing) help() (title, text string) {
	return p.g.t.Name + "'s signature", "The other machine shows the file that ssh-keygen wrote, with ceremony qr send or with Send a file as codes… of this program. " +
		"Whatever else comes is named and not taken. Escape leads back to the sheet; nothing is lost."
}

func (p *bringing) mark(t *Trace) {
	t.Page, t.Step, t.Problem = "bring", p.g.s.now.Step.ID, p.refused.Code
	p.t.mark(t)
	t.focused = map[fyne.Focusable]string{p.t.cameras: "cameras", p.t.scanner: "scanner"}
	t.box(p.g.w, p.back.Text(), p.back)
}
