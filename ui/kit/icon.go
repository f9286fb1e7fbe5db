package kit

import (
	"fmt"
	"image/color"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"github.com/keyceremony/ceremony/assets"
)

// Icon is a drawn icon in the colour of text, whatever the look: check,
// cross, dot, dash, arrow, bang, warning, power, online, pen, lock, usb,
// people, key, folder, file, clock, copy, and the five states of a step
// (state-done, state-now, state-failed, state-exception, state-tocome).
func Icon(name string) fyne.Resource { return picture{name, theme.ColorNameForeground} }

// A picture is an icon in one colour of the theme.
type picture struct {
	name string
	ink  fyne.ThemeColorName
}

// Name has the colours in it, because Fyne keeps what it drew by name.
func (p picture) Name() string {
	return p.name + hex(Color(p.ink))[1:] + hex(Color(ColorSurface))[1:] + ".svg"
}

// Content is the SVG in the colours of the look that is on now.
func (p picture) Content() []byte {
	b, err := assets.Icons.ReadFile("icons/" + p.name + ".svg")
	if err != nil {
		panic("kit: internal error: no icon " + p.name)
	}
	ink := strings.NewReplacer(`"currentColor"`, `"`+hex(Color(p.ink))+`"`, `"paper"`, `"`+hex(Color(ColorSurface))+`"`)
	return []byte(ink.Replace(string(b)))
}

func hex(c color.Color) string {
	r, g, b, _ := c.RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}

// A mark is an icon in its place: a square with sides of so many grid steps.
type mark struct {
	widget.BaseWidget
	picture
	side float32
	img  *canvas.Image
}

func newMark(name string, ink fyne.ThemeColorName, side float32) *mark {
	m := &mark{picture: picture{name, ink}, side: side, img: &canvas.Image{FillMode: canvas.ImageFillContain}}
	m.img.Resource = m.picture
	m.ExtendBaseWidget(m)
	return m
}

func (m *mark) MinSize() fyne.Size { return fyne.NewSquareSize(grid(m.side)) }

func (m *mark) Refresh() {
	m.img.Resource = m.picture
	m.img.Refresh()
}

// CreateRenderer is for Fyne.
func (m *mark) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(m.img) }
