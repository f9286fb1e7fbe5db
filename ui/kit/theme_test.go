package kit

import (
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// brightness and contrast are those of WCAG 2.2.
func brightness(c color.Color) float64 {
	r, g, b, _ := c.RGBA()
	part := func(v uint32) float64 {
		s := float64(v) / 0xFFFF
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*part(r) + 0.7152*part(g) + 0.0722*part(b)
}

func contrast(a, b color.Color) float64 {
	la, lb := brightness(a), brightness(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

// over lays a colour that is not opaque on a ground.
func over(c, ground color.Color) color.Color {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	g := color.NRGBAModel.Convert(ground).(color.NRGBA)
	mix := func(a, b uint8) uint8 { return uint8((int(a)*int(n.A) + int(b)*(255-int(n.A))) / 255) }
	return color.NRGBA{mix(n.R, g.R), mix(n.G, g.G), mix(n.B, g.B), 0xFF}
}

const (
	forWords = 4.5 // WCAG AA for text
	forMarks = 3.0 // WCAG AA for borders and icons
)

// pairs are all that stand on each other.
var pairs = []struct {
	above, ground fyne.ThemeColorName
	least         float64
}{
	{theme.ColorNameForeground, theme.ColorNameBackground, forWords},
	{theme.ColorNameForeground, ColorSurface, forWords},
	{theme.ColorNameForeground, ColorPanel, forWords},
	{theme.ColorNameForeground, ColorBox, forWords},
	{theme.ColorNameForeground, ColorCurrent, forWords},
	{theme.ColorNameForeground, ColorRedGround, forWords},
	{theme.ColorNameForeground, theme.ColorNameInputBackground, forWords},
	{theme.ColorNameForeground, theme.ColorNameSelection, forWords},
	{ColorMuted, theme.ColorNameBackground, forWords},
	{ColorMuted, ColorSurface, forWords},
	{ColorMuted, ColorPanel, forWords},
	{ColorMuted, ColorBox, forWords},
	{ColorMuted, ColorCurrent, forWords},
	{ColorMuted, ColorRedGround, forWords},
	{theme.ColorNamePlaceHolder, theme.ColorNameInputBackground, forWords},
	{theme.ColorNamePrimary, theme.ColorNameBackground, forWords},
	{theme.ColorNamePrimary, ColorSurface, forWords},
	{theme.ColorNamePrimary, ColorCurrent, forWords},
	{theme.ColorNameForegroundOnPrimary, theme.ColorNamePrimary, forWords},
	{theme.ColorNameForegroundOnError, ColorRed, forWords},
	{theme.ColorNameForegroundOnSuccess, ColorGreen, forWords},
	{theme.ColorNameForegroundOnWarning, ColorOrange, forMarks},
	{theme.ColorNameDisabled, theme.ColorNameDisabledButton, forWords},
	{theme.ColorNameDisabled, theme.ColorNameInputBackground, forWords},
	{theme.ColorNameDisabled, theme.ColorNameBackground, forWords},
	{theme.ColorNameDisabled, ColorSurface, forWords},
	{ColorGreen, ColorSurface, forWords},
	{ColorGreen, theme.ColorNameBackground, forWords},
	{ColorOrangeText, ColorSurface, forWords},
	{ColorOrangeText, theme.ColorNameBackground, forWords},
	{ColorRed, ColorSurface, forWords},
	{ColorRed, theme.ColorNameBackground, forWords},
	{ColorRedText, ColorRedGround, forWords},
	{ColorRedText, ColorSurface, forWords},
	{ColorRedText, theme.ColorNameBackground, forWords},
	{ColorOnlineText, ColorOnlineGround, forWords},
	{ColorOfflineText, ColorOfflineGround, forWords},
	{ColorBandText, ColorBand, forWords},
	{ColorBandText, ColorBandStripe, forWords},
	{ColorOrange, ColorSurface, forMarks},
	{ColorOrange, theme.ColorNameBackground, forMarks},
	{ColorRed, ColorRedGround, forMarks},
	{theme.ColorNameInputBorder, theme.ColorNameInputBackground, forMarks},
	{theme.ColorNameInputBorder, theme.ColorNameBackground, forMarks},
	{theme.ColorNameInputBorder, ColorSurface, forMarks},
	{theme.ColorNameInputBorder, ColorCurrent, forMarks},
	{theme.ColorNameScrollBar, ColorSurface, forMarks},
	{theme.ColorNameScrollBar, theme.ColorNameBackground, forMarks},
	{theme.ColorNameScrollBar, ColorPanel, forMarks},
	{ColorOnlineGround, ColorSurface, 2}, // a badge has words too
	{ColorOfflineGround, ColorSurface, forMarks},
}

func TestEveryPairCanBeRead(t *testing.T) {
	for _, look := range Looks {
		th := NewTheme(look, 1)
		for _, p := range pairs {
			ground := th.Color(p.ground, 0)
			got := contrast(over(th.Color(p.above, 0), ground), ground)
			if got < p.least {
				t.Errorf("%s: %s on %s has %.2f, wanted %.1f", look, p.above, p.ground, got, p.least)
			}
		}
	}
}

// TestContrast keeps the measure itself honest.
func TestContrast(t *testing.T) {
	if c := contrast(color.Black, color.White); c < 20.99 || c > 21.01 {
		t.Errorf("black on white has %f, wanted 21", c)
	}
	if c := contrast(rgb(0x767676), color.White); c < 4.5 || c > 4.6 {
		t.Errorf("#767676 on white has %f, wanted 4.54", c)
	}
}

// On hover the words of a button stand on a mixed ground.
func TestWordsUnderThePointerCanBeRead(t *testing.T) {
	for _, look := range Looks {
		th := NewTheme(look, 1)
		hover := th.Color(theme.ColorNameHover, 0)
		for _, p := range [][2]fyne.ThemeColorName{
			{theme.ColorNameForeground, ColorSurface},
			{theme.ColorNameForegroundOnPrimary, theme.ColorNamePrimary},
			{theme.ColorNameForegroundOnError, ColorRed},
			{theme.ColorNamePrimary, theme.ColorNameBackground},
		} {
			if got := contrast(th.Color(p[0], 0), over(hover, th.Color(p[1], 0))); got < forWords {
				t.Errorf("%s: %s on %s has %.2f under the pointer, wanted %.1f", look, p[0], p[1], got, forWords)
			}
		}
	}
}

// A look has all names that another has, or Fyne's own colours come through.
func TestLooksAreWhole(t *testing.T) {
	for _, a := range Looks {
		for _, b := range Looks {
			for name := range palettes[a] {
				if _, ok := palettes[b][name]; !ok {
					t.Errorf("%s has no %s", b, name)
				}
			}
		}
	}
	for _, name := range fyneColours {
		if _, ok := palettes[Light][name]; !ok {
			t.Errorf("Fyne's %s is not ours", name)
		}
	}
}

// fyneColours are the names of Fyne 2.8.1 that its widgets ask for.
var fyneColours = []fyne.ThemeColorName{
	"background", "button", "disabledButton", "disabled", "error", "focus", "foreground", "foregroundOnError",
	"foregroundOnPrimary", "foregroundOnSuccess", "foregroundOnWarning", "headerBackground", "hover", "hyperlink",
	"innerWindowBorder", "innerWindowBorderInactive", "inputBackground", "inputBorder", "menuBackground",
	"overlayBackground", "placeholder", "pressed", "primary", "scrollBar", "scrollBarBackground", "selection",
	"separator", "shadow", "success", "warning",
}

func TestScale(t *testing.T) {
	for _, c := range []struct{ asked, got float32 }{{1, 1}, {1.5, 1.5}, {0, MinScale}, {9, MaxScale}} {
		th := NewTheme(Dark, c.asked)
		if th.Scale() != c.got || th.Size(SizeBody) != 18*c.got || th.Size(theme.SizeNameText) != 18*c.got {
			t.Errorf("scale %g gives %g and text of %g", c.asked, th.Scale(), th.Size(SizeBody))
		}
	}
}

func TestUnknownLookIsLight(t *testing.T) {
	if got := NewTheme("sepia", 1).Look(); got != Light {
		t.Errorf("an unknown look is %q, wanted %q", got, Light)
	}
}
