package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// NewCard puts content on a surface of its own.
func NewCard(content fyne.CanvasObject) fyne.CanvasObject {
	return container.New(frame{3, 2.5}, newBox(ColorSurface, ColorLine, 1, 1.5), content)
}
