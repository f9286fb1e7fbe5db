package ui

import (
	"fmt"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/keyceremony/ceremony/plan"
	"github.com/keyceremony/ceremony/steps"
	"github.com/keyceremony/ceremony/ui/kit"
)

// begin is the page on which a ceremony starts: with a plan that is signed, or
// with one that is yet to be written.
type begin struct {
	scrolling
	w      *Window
	path   *kit.Entry
	plan   *plan.Plan // if it is one
	said   *fyne.Container
	stage  *kit.Choice
	dir    *kit.Entry
	after  *kit.Entry
	script *kit.Button
	sheets *kit.Button
	start  *kit.Button
	box    fyne.CanvasObject
}

func newBegin(w *Window, path string) *begin {
	p := &begin{w: w, said: kit.NewColumn(1), path: kit.NewEntry(w.keys), dir: kit.NewEntry(w.keys), after: kit.NewEntry(w.keys)}
	p.start = kit.NewButton("Begin the ceremony", kit.Primary, p.begin)
	p.stage = kit.NewChoice(w.keys, []kit.Option{
		{Value: string(steps.Prepare), Title: "Prepare", More: "at the online machine: the KEK is made in the vault"},
		{Value: string(steps.Wrap), Title: "Wrap", More: "at the offline machine, beside the HSM"},
	})
	for _, e := range []*kit.Entry{p.path, p.dir, p.after} {
		e.OnChanged = func(string) { p.changed() }
		e.OnSubmitted = func(string) { w.win.Canvas().FocusNext() }
	}
	p.stage.OnChanged = func(string) { p.changed() }
	p.build()
	p.path.SetValue(path)
	p.changed()
	return p
}

func (p *begin) build() {
	w := p.w
	pick := func(e *kit.Entry, pick func()) fyne.CanvasObject {
		return container.NewBorder(nil, nil, nil, kit.NewButton("Choose…", kit.Plain, pick), e)
	}
	file := pick(p.path, func() {
		kit.PickFile(w.win, w.keys, "Which plan?", p.path.Value(), w.media(), p.path.SetValue)
	})
	dir := pick(p.dir, p.pickDir)
	after := pick(p.after, func() {
		kit.PickFolder(w.win, w.keys, "The folder of the attempt before", p.after.Value(), w.places(), p.after.SetValue)
	})
	write := kit.NewButton("Write a plan…", kit.Plain, func() { w.edit(plan.NewDraft(w.blank())) })
	change := kit.NewButton("Open it in the editor…", kit.Plain, p.edit)
	p.script = kit.NewButton("Print the script…", kit.Plain, func() { p.print("script", steps.Script(p.plan)) })
	p.sheets = kit.NewButton("Print the sheets…", kit.Plain, func() { p.print("sheets", steps.Sheets(p.plan)) })
	head := kit.NewColumn(1, kit.NewText("Start a ceremony", kit.OverlineBlue), kit.NewText("With which plan?", kit.Title))
	body := kit.NewColumn(3, head,
		kit.NewText("Every decision is made in the plan, before the day; the people named in it have signed it. Their signatures lie beside it, as plan.toml.WHO.sig.", kit.Body),
		kit.NewField("Plan (TOML)", "choose it, or drop it on the window", file), p.said,
		kit.NewFlow(1, p.script, p.sheets, change, write),
		kit.NewField("Which sitting is this?", "the third sitting, Import, goes on in the folder of Prepare: continue that one", p.stage),
		kit.NewField("Ceremony folder", "a new folder on this machine; it becomes the transcript", dir),
		kit.NewField("Attempt before", "only if the stage is held again: the folder of the attempt that was stopped; may be left out", after))
	foot := kit.NewBar(kit.NewRow(2, 1, kit.NewButton("Back", kit.Plain, w.home), kit.NewText("", kit.Body), p.start))
	p.box = container.NewBorder(nil, foot, nil, nil, p.over(840, body))
}

func (p *begin) pickDir() {
	w := p.w
	kit.PickNewFolder(w.win, w.keys, "Where does the ceremony folder go?", p.dir.Value(), w.media(), p.dir.SetValue)
}

// blank is the plan that a new one is written from.
func (w *Window) blank() *plan.Plan {
	p := plan.New()
	if a, err := w.host.About(); err == nil {
		p.Program.SHA256 = append(p.Program.SHA256, a.SHA256)
	}
	return p
}

// read reads the plan that was named.
func (p *begin) read() (*plan.Plan, error) {
	b, err := p.w.host.Read(p.path.Value())
	if err != nil {
		return nil, err
	}
	return plan.Parse(b)
}

// changed says what the plan is, and whether all is there.
func (p *begin) changed() {
	fillWith(p.said)
	p.plan = nil
	if strings.HasSuffix(strings.TrimSpace(p.path.Value()), ".toml") {
		p.look()
	}
	enable(p.script, p.plan != nil)
	enable(p.sheets, p.plan != nil)
	enable(p.start, p.plan != nil && p.stage.Value() != "" && strings.TrimSpace(p.dir.Value()) != "")
	p.w.trace.touch()
}

func (p *begin) look() {
	pl, err := p.read()
	if err != nil {
		fillWith(p.said, problemPanel(steps.Explain(err)))
		return
	}
	p.plan = pl
	fillWith(p.said, planPanel(pl))
}

func enable(b *kit.Button, yes bool) {
	if yes {
		b.Enable()
	} else {
		b.Disable()
	}
}

// print prints the script of the plan, or the sheets of the room.
func (p *begin) print(what string, html []byte) {
	p.w.print("Where does it go?", filepath.Join(filepath.Dir(p.path.Value()), p.plan.ID+"-"+what+".html"), html)
}

// planPanel tells a plan, but never its code: that comes from people's own
// copies.
func planPanel(p *plan.Plan) fyne.CanvasObject {
	mode := "A ceremony that counts."
	if p.Rehearsal {
		mode = "A rehearsal: nothing counts."
	}
	lines := []string{
		mode, fmt.Sprintf("%s into %s, from the HSM with serial number %s. %d people.", count(len(p.Keys), "target key"), p.Vault.URL, p.HSM.Serial, len(p.People)),
	}
	if n := len(p.Notes()); n > 0 {
		lines = append(lines, count(n, "note")+" for its reviewers, in the editor.")
	}
	return kit.NewPanel(p.Name, lines, "", kit.PanelPlain)
}

func (p *begin) begin() {
	p.w.begin(Beginning{
		Dir: strings.TrimSpace(p.dir.Value()), Stage: steps.Stage(p.stage.Value()),
		Plan: strings.TrimSpace(p.path.Value()), After: strings.TrimSpace(p.after.Value()),
	})
}

func (p *begin) content() fyne.CanvasObject { return p.box }
func (p *begin) first() fyne.Focusable      { return p.path }
func (p *begin) enter()                     { p.start.Press() }
func (p *begin) leave() error               { return nil }

func (p *begin) files(paths []string) bool {
	if isDir(paths[0]) || !strings.HasSuffix(paths[0], ".toml") {
		return false
	}
	p.path.SetValue(paths[0])
	return true
}

func (p *begin) title() string { return "Start a ceremony" }

func (p *begin) help() (title, text string) {
	return "Start a ceremony", "Choose the plan that everybody signed, say which sitting this is, and name a new folder. " +
		"The first step then has two operators type the plan's code from their own copies."
}

func (p *begin) mark(t *Trace) {
	t.Page, t.Primary, t.Ready = "begin", p.start.Text(), !p.start.Disabled()
	t.box(p.w, "primary", p.start)
	t.focused = map[fyne.Focusable]string{p.path: "plan", p.stage: "stage", p.dir: "dir", p.after: "after"}
}
