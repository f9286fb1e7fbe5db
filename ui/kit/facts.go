package kit

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// A Fact is a value with its label. Mono boxes it as what is typed at a
// machine, Copy puts a button beside it, and Write makes it huge: it is to be
// written down.
type Fact struct {
	Label, Value      string
	Mono, Write, Copy bool
}

// NewFacts lists facts, label and value; boxed ones stand below their label,
// and so do codes, whose groups stay whole.
func NewFacts(facts []Fact) fyne.CanvasObject {
	facts = slices.Clone(facts)
	for i := range facts {
		facts[i].Mono = facts[i].Mono || isCode(facts[i].Value)
	}
	list := make([]fyne.CanvasObject, len(facts))
	wide := float32(0)
	for _, f := range facts {
		if !f.Mono && !f.Write && !f.Copy {
			wide = max(wide, NewLine(f.Label, Muted).natural())
		}
	}
	for i, f := range facts {
		list[i] = fact(f, wide)
	}
	return NewColumn(1.5, list...)
}

func fact(f Fact, wide float32) fyne.CanvasObject {
	label := NewText(f.Label, Muted)
	if f.Write {
		return NewColumn(0.5, label, written(f.Value))
	}
	if f.Mono || f.Copy {
		return NewColumn(0.5, label, boxed(f))
	}
	return container.New(&pair{label: wide, scale: grid(1)}, label, NewText(dashed(f.Value), Strong))
}

func boxed(f Fact) fyne.CanvasObject {
	style := Body
	if f.Mono {
		style = Mono
	}
	var value fyne.CanvasObject = NewText(dashed(f.Value), style)
	if isCode(f.Value) {
		value = container.New(&codeLayout{gap: 1.4, down: 0.25}, groupsOf(f.Value, style)...)
	}
	parts := []fyne.CanvasObject{container.New(frame{0, 0.25}, value)}
	if f.Copy {
		parts = append(parts, NewButton("Copy", Quiet, func() { fyne.CurrentApp().Clipboard().SetContent(f.Value) }))
	}
	return container.New(frame{1.75, 0.75}, newBox(ColorBox, ColorLine, 1, 0.75), container.New(row{gap: 1.5, stretch: 0}, parts...))
}

func written(value string) fyne.CanvasObject {
	words := NewText("write this down", SmallStrong)
	words.SetColor(theme.ColorNamePrimary)
	hint := container.New(row{gap: 1, stretch: 1}, newMark("pen", theme.ColorNamePrimary, 2.5), words)
	return container.New(frame{2.5, 2}, newBox(ColorSurface, theme.ColorNamePrimary, 2, 1),
		NewColumn(1, hint, NewCodeText(value)))
}

// A pair is a label with its value beside it, or below where it is narrow.
type pair struct {
	label, scale float32 // width of the widest label, and of a grid step then
	width        float32
}

func (p *pair) beside(width float32) (label float32, ok bool) {
	label = p.label * grid(1) / p.scale
	return label, width == 0 || label+grid(3) < width*0.5
}

func (p *pair) MinSize(o []fyne.CanvasObject) fyne.Size {
	a, b := o[0].MinSize(), o[1].MinSize()
	if _, ok := p.beside(p.width); ok {
		return fyne.NewSize(a.Width+b.Width, max(a.Height, b.Height))
	}
	return fyne.NewSize(max(a.Width, b.Width), a.Height+b.Height)
}

func (p *pair) Layout(o []fyne.CanvasObject, size fyne.Size) {
	p.width = size.Width
	label, ok := p.beside(size.Width)
	if !ok {
		h := settle(o[0], size.Width)
		settle(o[1], size.Width)
		o[1].Move(fyne.NewPos(0, h))
		return
	}
	x := label + grid(3)
	settle(o[0], label+1)
	settle(o[1], size.Width-x)
	o[1].Move(fyne.NewPos(x, 0))
}
