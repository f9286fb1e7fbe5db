package ui

import (
	"github.com/keyceremony/ceremony/ui/kit"
)

// This file lets people see the window as they like it.

const (
	leastScale = 0.75
	mostScale  = 2
)

func (w *Window) scale(by float32) {
	t := w.host.Taste
	t.Scale = min(max(t.Scale*by, leastScale), mostScale)
	w.setTaste(t)
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
