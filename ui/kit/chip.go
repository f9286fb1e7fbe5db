package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// NewChip is a pill that says who does what: "Acts: Operator 1".
func NewChip(label, value string) fyne.CanvasObject {
	inner := container.New(row{gap: 0.75, stretch: 1, top: true}, NewLine(label+":", Small), NewText(value, SmallStrong))
	return container.New(frame{1.75, 0.5}, newBox(ColorSurface, theme.ColorNameInputBorder, 1, 2.25), inner)
}
