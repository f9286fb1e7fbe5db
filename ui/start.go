package ui

import (
	"fmt"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/keyceremony/ceremony/steps"
	"github.com/keyceremony/ceremony/ui/kit"
)

// start is the first page: four ways in, and the ceremonies of late.
type start struct {
	scrolling
	w     *Window
	tiles []*kit.Tile
	names []string        // of the tiles
	waits *fyne.Container // of the second machine: what it waits for
	came  bool            // and that is there
	lead  *kit.Button
	stop  func() // looking for it
	box   fyne.CanvasObject
}

func newStart(w *Window) *start {
	s := &start{w: w, stop: func() {}}
	tiles := kit.NewGrid(2, 2,
		s.tile("Start a ceremony", "Open an approved plan, or write one. The script is printed from it.", "key", func() { w.show(newBegin(w, "")) }),
		s.tile("Continue a ceremony", "Take up a ceremony where it stopped, on this machine.", "folder", s.choose),
		s.tile("Rehearse", "A whole ceremony with a test HSM and a test vault. Nothing counts.", "people", func() { w.Rehearse("", false) }),
		s.tile("Verify a transcript", "For auditors: one verdict, every check by name.", "check", s.audit))
	body := kit.NewColumn(4)
	if w.standsBy() {
		body.Add(s.standby())
	}
	body.Add(tiles)
	body.Add(s.recent())
	s.box = container.NewBorder(s.top(), nil, nil, nil, s.over(1040, body))
	if w.standsBy() {
		s.box = container.NewBorder(kit.NewBand("REHEARSAL — NOTHING HERE COUNTS"), nil, nil, nil, s.box)
	}
	return s
}

// standsBy tells whether this window is the second machine of a rehearsal.
func (w *Window) standsBy() bool { return w.scene != nil && w.name == offlineWindow }

// standby says what the window of the second machine is for, and leads to it.
func (s *start) standby() fyne.CanvasObject {
	s.lead = kit.NewButton("Lead the offline machine", kit.Plain, func() { s.w.enter(s.w.scene.r.Offline) })
	s.waits = kit.NewColumn(0)
	s.tell("This is the offline machine of the rehearsal",
		"It is needed when the online machine has handed over the KEK. Until then lead the ceremony there, in the other window; its last button leads on here.", kit.PanelPlain)
	s.stop = s.w.every(time.Second, s.look)
	return kit.NewColumn(1.5, s.waits, kit.NewRow(1, -1, s.lead))
}

func (s *start) tell(title, words string, kind kit.PanelKind) {
	fillWith(s.waits, kit.NewPanel(title, []string{words, "The rehearsal is in " + s.w.scene.r.Dir}, "", kind))
}

// look sees whether what the second machine waits for is there.
func (s *start) look() {
	switch {
	case s.w.page != page(s):
		s.stop()
	case !s.came && s.w.scene.stands() == "offline":
		s.came = true
		s.tell("The ceremony goes on here, at the offline machine",
			"The online machine has handed over the KEK. Press “Lead the offline machine”.", kit.PanelGood)
		s.lead.SetKind(kit.Primary)
		s.w.focus(s.lead)
		s.scroll.Refresh()
	}
}

func (s *start) tile(title, more, icon string, tapped func()) fyne.CanvasObject {
	var picture fyne.Resource
	if icon != "" {
		picture = kit.Icon(icon)
	}
	t := kit.NewTile(title, more, picture, tapped)
	s.tiles, s.names = append(s.tiles, t), append(s.names, title)
	return t
}

func (s *start) top() fyne.CanvasObject {
	a, err := s.w.host.About()
	about := kit.NewLine(fmt.Sprintf("version %s · commit %.7s", a.Version, a.Commit), kit.SmallMuted)
	code := kit.NewLine("program code "+a.SHA256.Code(), kit.SmallMuted)
	if err != nil {
		code = kit.NewLine("program code unknown: "+strings.ReplaceAll(err.Error(), "\n", "; "), kit.SmallMuted)
	}
	name := kit.NewColumn(0.5, kit.NewLine("Key ceremony", kit.Heading), kit.NewLine("air-gapped key transfer to Azure", kit.Muted))
	right := kit.NewRow(2, -1, kit.NewColumn(0.5, about, code), kit.NewButton("View", kit.Quiet, s.w.showView))
	if s.w.host.Airgap {
		right.Add(kit.Badge("offline"))
	}
	return kit.NewBar(container.NewBorder(nil, nil, name, right))
}

// recent lists the ceremonies of late with the step at which each stands.
func (s *start) recent() fyne.CanvasObject {
	rows := kit.NewColumn(1)
	if s.w.host.Recent != nil {
		for _, dir := range s.w.host.Recent() {
			if t := s.standing(dir); t != nil {
				rows.Add(t)
			}
		}
	}
	rows.Add(kit.NewText("Drop a file or folder anywhere on this window: a ceremony or a plan to open it; a key transfer blob, a public key, an attestation, a bundle or a log to inspect it.", kit.Muted))
	rows.Add(kit.NewFlow(1, kit.NewButton("Inspect a file…", kit.Plain, s.pickInspect),
		kit.NewButton("Send a file as codes…", kit.Plain, s.pickSend), kit.NewButton("Receive files as codes…", kit.Plain, func() { s.w.Receive("") })))
	return rows
}

func (s *start) standing(dir string) fyne.CanvasObject {
	g, err := steps.Peek(dir)
	if err != nil {
		return nil
	}
	more := string(g.Now.Stage) + " · " + dir
	switch {
	case g.Now.Phase == steps.Done:
		more = "over at this machine · " + dir
	case g.Now.Step != nil:
		more = fmt.Sprintf("stage %s · %s · %s", g.Now.Stage, g.Now.Step.Title, dir)
	}
	return s.tile(g.Plan.Name, more, "", func() { s.w.goOn(dir) })
}

func (s *start) choose() {
	kit.PickFolder(s.w.win, s.w.keys, "Which ceremony folder?", "", s.w.places(), s.w.goOn)
}

func (s *start) audit() {
	kit.PickFolder(s.w.win, s.w.keys, "Which ceremony folder is to be verified?", "", s.w.places(), s.w.verify)
}

func (s *start) pickInspect() {
	kit.PickFile(s.w.win, s.w.keys, "Which file is to be inspected?", "", s.w.places(), s.w.inspect)
}

func (s *start) pickSend() {
	kit.PickFile(s.w.win, s.w.keys, "Which file is to be shown as codes?", "", s.w.places(), func(path string) { s.w.Send([]string{path}) })
}

// places are where people may want to look first.
func (w *Window) places() []kit.Place {
	places := w.media()
	if w.host.Recent != nil {
		for _, dir := range w.host.Recent() {
			places = append(places, kit.Place{Name: dir, Path: dir})
		}
	}
	return places
}

func (s *start) content() fyne.CanvasObject { return s.box }
func (s *start) first() fyne.Focusable      { return s.tiles[0] }
func (s *start) enter()                     {}
func (s *start) files([]string) bool        { return false }

func (s *start) leave() error {
	s.stop()
	return nil
}

func (s *start) help() (title, text string) {
	return "Key ceremony", "A ceremony moves keys from your own HSM into Azure, with everybody watching. " +
		"It begins with a plan that all have signed. To see how it goes, rehearse: a whole ceremony with a test HSM and a test vault."
}

func (s *start) mark(t *Trace) {
	t.Page, t.Ready = "start", true
	t.focused = map[fyne.Focusable]string{}
	if s.lead != nil {
		t.box(s.w, s.lead.Text(), s.lead)
	}
	for i, tile := range s.tiles {
		t.box(s.w, s.names[i], tile)
		t.focused[tile] = s.names[i]
	}
}
