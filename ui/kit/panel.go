package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// A PanelKind says how loud a panel is.
type PanelKind int

// Panels are drawn in the colour of their kind, with an icon of their own.
const (
	PanelPlain   PanelKind = iota // something to know
	PanelGood                     // it holds
	PanelWarning                  // mind this
	PanelError                    // it does not hold
)

type panelDress struct {
	icon                     string
	ground, line, title, ink fyne.ThemeColorName
	width                    float32
}

var panelDresses = map[PanelKind]panelDress{
	PanelPlain:   {"", ColorBox, ColorLine, theme.ColorNameForeground, "", 1},
	PanelGood:    {"state-done", ColorSurface, ColorGreen, theme.ColorNameForeground, ColorGreen, 2},
	PanelWarning: {"warning", ColorSurface, ColorOrange, theme.ColorNameForeground, ColorOrange, 2},
	PanelError:   {"state-failed", ColorRedGround, ColorRed, ColorRedText, ColorRed, 2},
}

// A Panel tells something in place: what is the case, what it means, what to
// do, and the code to ask for help with.
type Panel struct {
	widget.BaseWidget
	content *fyne.Container
}

// NewPanel has a title, a paragraph for each line, and a code or "".
func NewPanel(title string, lines []string, code string, kind PanelKind) *Panel {
	d := panelDresses[kind]
	parts := []fyne.CanvasObject{panelTitle(title, d)}
	for _, line := range lines {
		parts = append(parts, NewText(line, Body))
	}
	if code != "" {
		parts = append(parts, NewText(code, SmallMono))
	}
	p := &Panel{content: container.New(frame{3, 2.5}, newBox(d.ground, d.line, d.width, 1.25), NewColumn(1, parts...))}
	p.ExtendBaseWidget(p)
	return p
}

func panelTitle(title string, d panelDress) fyne.CanvasObject {
	words := NewText(title, Heading)
	words.SetColor(d.title)
	if d.icon == "" {
		return words
	}
	return container.New(row{gap: 1.25, stretch: 1, top: true}, newMark(d.icon, d.ink, 3.25), words)
}

// CreateRenderer is for Fyne.
func (p *Panel) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(p.content) }
