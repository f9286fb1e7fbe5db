package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// The colours besides Fyne's own. Grounds are what text stands on; a name
// that ends in Text is for words on the ground of the same name.
const (
	ColorSurface       fyne.ThemeColorName = "surface" // cards, bars, the rail
	ColorLine          fyne.ThemeColorName = "line"    // parts surfaces; never the only sign of anything
	ColorMuted         fyne.ThemeColorName = "muted"   // words of second rank
	ColorGreen         fyne.ThemeColorName = "green"
	ColorOrange        fyne.ThemeColorName = "orange"     // icons and borders
	ColorOrangeText    fyne.ThemeColorName = "orangeText" // words
	ColorRed           fyne.ThemeColorName = "red"
	ColorRedGround     fyne.ThemeColorName = "redGround"
	ColorRedText       fyne.ThemeColorName = "redText"
	ColorOnlineGround  fyne.ThemeColorName = "onlineGround"
	ColorOnlineText    fyne.ThemeColorName = "onlineText"
	ColorOfflineGround fyne.ThemeColorName = "offlineGround"
	ColorOfflineText   fyne.ThemeColorName = "offlineText"
	ColorBand          fyne.ThemeColorName = "band" // the rehearsal's
	ColorBandStripe    fyne.ThemeColorName = "bandStripe"
	ColorBandText      fyne.ThemeColorName = "bandText"
	ColorCurrent       fyne.ThemeColorName = "current" // ground of the rail's current line
	ColorPanel         fyne.ThemeColorName = "panel"   // ground of the right pane
	ColorVeil          fyne.ThemeColorName = "veil"    // over the page, below a sheet
	ColorBox           fyne.ThemeColorName = "box"     // ground of a box in that pane
)

type palette map[fyne.ThemeColorName]color.Color

// palettes has a whole set for each look: what a name means must not be left
// to Fyne's default theme, whose pairs are too weak.
var palettes = map[Look]palette{
	Light: fill(palette{
		theme.ColorNameBackground:          rgb(0xF4F6F9),
		theme.ColorNameForeground:          rgb(0x14202E),
		theme.ColorNamePrimary:             rgb(0x0F4C9E),
		theme.ColorNameForegroundOnPrimary: rgb(0xFFFFFF),
		theme.ColorNameInputBackground:     rgb(0xFFFFFF),
		theme.ColorNameInputBorder:         rgb(0x73859A),
		theme.ColorNameDisabled:            rgb(0x56636F),
		theme.ColorNameDisabledButton:      rgb(0xDFE5EC),
		theme.ColorNameHover:               rgba(0x0F4C9E, 0x14),
		theme.ColorNamePressed:             rgba(0x0F4C9E, 0x30),
		theme.ColorNameFocus:               rgba(0x0F4C9E, 0x22),
		theme.ColorNameSelection:           rgb(0xBBD3F2),
		theme.ColorNameScrollBar:           rgba(0x3C4A5A, 0xB0),
		theme.ColorNameShadow:              rgba(0x14202E, 0x14),
		ColorVeil:                          rgba(0x14202E, 0x73),

		ColorSurface:       rgb(0xFFFFFF),
		ColorLine:          rgb(0xDCE2EA),
		ColorMuted:         rgb(0x5A6878),
		ColorGreen:         rgb(0x1B7F4B),
		ColorOrange:        rgb(0xC75000),
		ColorOrangeText:    rgb(0x8F3D00),
		ColorRed:           rgb(0xB3261E),
		ColorRedGround:     rgb(0xFCEFEE),
		ColorRedText:       rgb(0x8C1D18),
		ColorOnlineGround:  rgb(0x0F4C9E),
		ColorOnlineText:    rgb(0xFFFFFF),
		ColorOfflineGround: rgb(0x2B2412),
		ColorOfflineText:   rgb(0xFFDF9A),
		ColorBand:          rgb(0xFFD75A),
		ColorBandStripe:    rgb(0xFFC21A),
		ColorBandText:      rgb(0x2B2412),
		ColorCurrent:       rgb(0xE6EFFB),
		ColorPanel:         rgb(0xFBFCFE),
		ColorBox:           rgb(0xECF0F5),
	}),
	Dark: fill(palette{
		theme.ColorNameBackground:          rgb(0x10161D),
		theme.ColorNameForeground:          rgb(0xE9EFF6),
		theme.ColorNamePrimary:             rgb(0x85B7F8),
		theme.ColorNameForegroundOnPrimary: rgb(0x0B1724),
		theme.ColorNameInputBackground:     rgb(0x131B24),
		theme.ColorNameInputBorder:         rgb(0x7C8EA3),
		theme.ColorNameDisabled:            rgb(0x9CAAB9),
		theme.ColorNameDisabledButton:      rgb(0x28333F),
		theme.ColorNameHover:               rgba(0x85B7F8, 0x1E),
		theme.ColorNamePressed:             rgba(0x85B7F8, 0x40),
		theme.ColorNameFocus:               rgba(0x85B7F8, 0x2C),
		theme.ColorNameSelection:           rgb(0x2A4C78),
		theme.ColorNameScrollBar:           rgba(0xB4C2D1, 0xB0),
		theme.ColorNameShadow:              rgba(0x000000, 0x40),
		ColorVeil:                          rgba(0x000000, 0xA6),

		ColorSurface:       rgb(0x19222C),
		ColorLine:          rgb(0x2F3C4A),
		ColorMuted:         rgb(0xA5B3C2),
		ColorGreen:         rgb(0x5FCF93),
		ColorOrange:        rgb(0xF59F45),
		ColorOrangeText:    rgb(0xFFB566),
		ColorRed:           rgb(0xFF8A80),
		ColorRedGround:     rgb(0x371B1D),
		ColorRedText:       rgb(0xFFB4AB),
		ColorOnlineGround:  rgb(0x1D57A8),
		ColorOnlineText:    rgb(0xFFFFFF),
		ColorOfflineGround: rgb(0xFFDF9A),
		ColorOfflineText:   rgb(0x2B2412),
		ColorBand:          rgb(0xFFD75A),
		ColorBandStripe:    rgb(0xFFC21A),
		ColorBandText:      rgb(0x2B2412),
		ColorCurrent:       rgb(0x1D3350),
		ColorPanel:         rgb(0x141C25),
		ColorBox:           rgb(0x212C38),
	}),
	Contrast: fill(palette{
		theme.ColorNameBackground:          rgb(0x000000),
		theme.ColorNameForeground:          rgb(0xFFFFFF),
		theme.ColorNamePrimary:             rgb(0xFFE100),
		theme.ColorNameForegroundOnPrimary: rgb(0x000000),
		theme.ColorNameInputBackground:     rgb(0x000000),
		theme.ColorNameInputBorder:         rgb(0xFFFFFF),
		theme.ColorNameDisabled:            rgb(0xBDBDBD),
		theme.ColorNameDisabledButton:      rgb(0x1C1C1C),
		theme.ColorNameHover:               rgba(0xFFFFFF, 0x30),
		theme.ColorNamePressed:             rgba(0xFFFFFF, 0x50),
		theme.ColorNameFocus:               rgba(0xFFE100, 0x38),
		theme.ColorNameSelection:           rgb(0x0050A8),
		theme.ColorNameScrollBar:           rgb(0xFFFFFF),
		theme.ColorNameShadow:              rgba(0x000000, 0x00),
		ColorVeil:                          rgba(0x000000, 0xD0),

		ColorSurface:       rgb(0x000000),
		ColorLine:          rgb(0xB8B8B8),
		ColorMuted:         rgb(0xE2E2E2),
		ColorGreen:         rgb(0x7CFF9B),
		ColorOrange:        rgb(0xFFB84D),
		ColorOrangeText:    rgb(0xFFC670),
		ColorRed:           rgb(0xFF8C85),
		ColorRedGround:     rgb(0x2B0000),
		ColorRedText:       rgb(0xFFC4BF),
		ColorOnlineGround:  rgb(0x003E9C),
		ColorOnlineText:    rgb(0xFFFFFF),
		ColorOfflineGround: rgb(0xFFDF9A),
		ColorOfflineText:   rgb(0x000000),
		ColorBand:          rgb(0xFFE100),
		ColorBandStripe:    rgb(0xFFB800),
		ColorBandText:      rgb(0x000000),
		ColorCurrent:       rgb(0x00306B),
		ColorPanel:         rgb(0x000000),
		ColorBox:           rgb(0x1A1A1A),
	}),
}

// fill gives Fyne's other names the colours that ours have.
func fill(p palette) palette {
	for name, like := range map[fyne.ThemeColorName]fyne.ThemeColorName{
		theme.ColorNameButton:                    ColorSurface,
		theme.ColorNameError:                     ColorRed,
		theme.ColorNameSuccess:                   ColorGreen,
		theme.ColorNameWarning:                   ColorOrange,
		theme.ColorNameForegroundOnError:         theme.ColorNameBackground,
		theme.ColorNameForegroundOnSuccess:       theme.ColorNameBackground,
		theme.ColorNameForegroundOnWarning:       theme.ColorNameBackground,
		theme.ColorNameHeaderBackground:          ColorSurface,
		theme.ColorNameHyperlink:                 theme.ColorNamePrimary,
		theme.ColorNameInnerWindowBorder:         ColorLine,
		theme.ColorNameInnerWindowBorderInactive: ColorLine,
		theme.ColorNameMenuBackground:            ColorSurface,
		theme.ColorNameOverlayBackground:         ColorSurface,
		theme.ColorNamePlaceHolder:               ColorMuted,
		theme.ColorNameSeparator:                 ColorLine,
	} {
		p[name] = p[like]
	}
	p[theme.ColorNameScrollBarBackground] = color.Transparent
	return p
}

func rgb(v uint32) color.NRGBA { return rgba(v, 0xFF) }

func rgba(v uint32, alpha uint8) color.NRGBA {
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: alpha}
}
