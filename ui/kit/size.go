package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// The sizes besides Fyne's own.
const (
	SizeTitle    fyne.ThemeSizeName = "title"
	SizeHeading  fyne.ThemeSizeName = theme.SizeNameHeadingText
	SizeBody     fyne.ThemeSizeName = theme.SizeNameText
	SizeSmall    fyne.ThemeSizeName = theme.SizeNameCaptionText
	SizeCode     fyne.ThemeSizeName = "code"
	SizeOverline fyne.ThemeSizeName = "overline"
	SizeGrid     fyne.ThemeSizeName = "grid"    // everything stands on it
	SizeControl  fyne.ThemeSizeName = "control" // height of buttons and entries
	SizeRing     fyne.ThemeSizeName = "ring"    // the focus border
	SizeRadius   fyne.ThemeSizeName = theme.SizeNameInputRadius
)

// sizes are in pixels at scale 1.
var sizes = map[fyne.ThemeSizeName]float32{
	SizeTitle:    34,
	SizeHeading:  24,
	SizeBody:     18,
	SizeSmall:    15,
	SizeCode:     26,
	SizeOverline: 14,
	SizeGrid:     8,
	SizeControl:  48,
	SizeRing:     3,
	SizeRadius:   8,

	theme.SizeNameSubHeadingText:     20,
	theme.SizeNamePadding:            4,
	theme.SizeNameInnerPadding:       12,
	theme.SizeNameLineSpacing:        6,
	theme.SizeNameInlineIcon:         24,
	theme.SizeNameScrollBar:          14,
	theme.SizeNameScrollBarSmall:     6,
	theme.SizeNameScrollBarRadius:    4,
	theme.SizeNameSeparatorThickness: 1,
	theme.SizeNameInputBorder:        2,
	theme.SizeNameSelectionRadius:    4,
	theme.SizeNameButtonRadius:       8,
	theme.SizeNameCardRadius:         12,
	theme.SizeNameDialogRadius:       12,
	theme.SizeNamePopupRadius:        8,
	theme.SizeNameMenuRadius:         8,
	theme.SizeNameModalBlurRadius:    0, // blurring costs most of a processor
}
