package ui

import (
	"fyne.io/fyne/v2"

	"github.com/keyceremony/ceremony/ui/kit"
)

// This file lets people see the window as they like it.

const (
	leastScale = 0.75
	mostScale  = 2
)

// The least window at scale 1 in which a step can be led: text grows no further
// than that, or the buttons would leave the window.
const (
	leastWidth  = 720
	leastHeight = 500
)

func (w *Window) scale(by float32) { w.scaleIn(w.win.Canvas().Size(), by) }

// scaleIn makes text larger or smaller, as far as there is room.
func (w *Window) scaleIn(room fyne.Size, by float32) {
	t := w.host.Taste
	most := max(1, min(mostScale, room.Width/leastWidth, room.Height/leastHeight))
	if s := min(max(t.Scale*by, leastScale), most); s != t.Scale {
		t.Scale = s
		w.setTaste(t)
	}
}

func (w *Window) setTaste(t Taste) {
	w.host.Taste = t
	w.app.Settings().SetTheme(kit.NewTheme(t.Look, t.Scale))
	if w.host.SetTaste != nil {
		w.host.SetTaste(t)
	}
	w.trace.touch()
}

// looks name the looks for people.
var looks = []kit.Option{
	{Value: "light", Title: "Light"},
	{Value: "dark", Title: "Dark"},
	{Value: "contrast", Title: "High contrast"},
}

// showView lets people choose look and text size.
func (w *Window) showView() {
	look := kit.NewChoice(w.keys, looks)
	look.Select(string(w.host.Taste.Look))
	look.OnChanged = func(string) { w.setTaste(Taste{Look: kit.Look(look.Value()), Scale: w.host.Taste.Scale}) }
	smaller := kit.NewButton("Smaller text", kit.Plain, func() { w.scale(1 / 1.125) })
	larger := kit.NewButton("Larger text", kit.Plain, func() { w.scale(1.125) })
	body := kit.NewColumn(2, kit.NewField("Colours", "", look),
		kit.NewField("Text", "at any time: Ctrl and plus, Ctrl and minus, Ctrl and 0", kit.NewRow(1, -1, smaller, larger)))
	if p, ok := w.page.(*ceremony); ok {
		fold := kit.NewButton("Show or hide the transcript", kit.Plain, p.fold)
		body.Add(kit.NewField("Transcript", "at any time: Ctrl and T", kit.NewRow(1, -1, fold)))
	}
	var s *kit.Sheet
	s = kit.NewSheet(w.win, w.keys, "View", body, kit.NewButton("Close", kit.Primary, func() { s.Hide() }))
	s.Show()
}
