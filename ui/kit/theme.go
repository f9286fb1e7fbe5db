package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// A Look is one of the sets of colours.
type Look string

// The looks. Contrast is for projectors in bright rooms and for weak eyes.
const (
	Light    Look = "light"
	Dark     Look = "dark"
	Contrast Look = "contrast"
)

// Looks lists them in the order in which they are offered.
var Looks = []Look{Light, Dark, Contrast}

// The bounds of a theme's scale.
const (
	MinScale float32 = 0.75
	MaxScale float32 = 2
)

// A Theme gives colours, sizes, fonts and icons to everything on the screen.
// It never changes: to change the look or the scale, set a new one.
type Theme struct {
	look  Look
	scale float32
}

// NewTheme makes the theme of a look. All sizes are multiplied by scale, which
// is brought into MinScale to MaxScale; a look that is not known is Light.
func NewTheme(l Look, scale float32) *Theme {
	if _, ok := palettes[l]; !ok {
		l = Light
	}
	return &Theme{look: l, scale: max(MinScale, min(MaxScale, scale))}
}

// Look tells which look it has.
func (t *Theme) Look() Look { return t.look }

// Scale tells by what its sizes are multiplied.
func (t *Theme) Scale() float32 { return t.scale }

// Color gives the colour of a name of ours or of Fyne's. The variant, which
// follows the desktop, counts for nothing: a look is chosen here.
func (t *Theme) Color(n fyne.ThemeColorName, _ fyne.ThemeVariant) color.Color {
	if c, ok := palettes[t.look][n]; ok {
		return c
	}
	v := theme.VariantLight
	if t.look != Light {
		v = theme.VariantDark
	}
	return theme.DefaultTheme().Color(n, v)
}

// Font gives the fonts that are part of the program, and no others: what is
// shown must not depend on what a machine has installed.
func (t *Theme) Font(s fyne.TextStyle) fyne.Resource { return font(s) }

// Icon gives Fyne's icons, which take their colours from this theme.
func (t *Theme) Icon(n fyne.ThemeIconName) fyne.Resource { return theme.DefaultTheme().Icon(n) }

// Size gives the size of a name of ours or of Fyne's, in pixels at scale 1.
func (t *Theme) Size(n fyne.ThemeSizeName) float32 {
	s, ok := sizes[n]
	if !ok {
		s = theme.DefaultTheme().Size(n)
	}
	return s * t.scale
}

// Color gives a colour of the theme that the program has now.
func Color(n fyne.ThemeColorName) color.Color {
	s := fyne.CurrentApp().Settings()
	return s.Theme().Color(n, s.ThemeVariant())
}

// Size gives a size of the theme that the program has now.
func Size(n fyne.ThemeSizeName) float32 { return fyne.CurrentApp().Settings().Theme().Size(n) }
